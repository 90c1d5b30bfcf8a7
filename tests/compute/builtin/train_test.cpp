// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/train.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "builtin/digits.hpp"
#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/compute/builtin/infer.hpp"

namespace oort::compute::builtin {
namespace {

Task task_of(const TrainParameters& parameters, const Dataset& dataset, const Dataset& held_out) {
  return {{"train", 1},
          codec::to_bytes(parameters),
          {codec::to_bytes(dataset), codec::to_bytes(held_out)}};
}

TrainOutput output_of(const Bytes& bytes) {
  const auto output = codec::from_bytes<TrainOutput>(bytes);
  EXPECT_TRUE(output);
  return output ? *output : TrainOutput{};
}

std::uint32_t correct_by_infer(const Model& model, const Dataset& dataset) {
  const auto bytes = run_to_end(
      {{"infer", 1},
       codec::to_bytes(InferParameters{Head::Argmax}),
       {codec::to_bytes(model), codec::to_bytes(Samples{dataset.features, dataset.values})}});
  EXPECT_TRUE(bytes);
  const auto output = codec::from_bytes<InferOutput>(*bytes);
  EXPECT_TRUE(output);
  codec::Reader in(output->records);
  std::uint32_t correct = 0;
  for (const std::uint16_t label : dataset.labels) correct += in.u16().value_or(9999) == label;
  return correct;
}

TEST(Train, LearnsDigitsAndExportsWhatInferTakes_T1_T3_W1) {
  const Dataset held_out = test::digits(1000, 2);
  const TrainParameters parameters{.hidden = {32}, .epochs = 12, .seed = 5, .descent = {}};
  const Bytes bytes = test::every_way(task_of(parameters, test::digits(2000, 1), held_out));
  const TrainOutput output = output_of(bytes);

  ASSERT_EQ(output.losses_q16.size(), 12U);
  EXPECT_LT(output.losses_q16.back() * 8, output.losses_q16.front());
  EXPECT_GE(output.held_out_correct, 950U);
  // Bytes instead of fixed point cost at most one sample in a hundred.
  EXPECT_GE(correct_by_infer(output.model, held_out) + 10, output.held_out_correct);
  EXPECT_EQ(test::digest_hex(bytes),
            "35e9d77775f73c47bd821248de89d674bc89ea99a1f3f3c362be2a4ee22d44d5");
}

TEST(Train, ALogisticClassifierIsTheNetworkWithoutHiddenLayers_T1) {
  const TrainParameters parameters{.hidden = {}, .epochs = 6, .seed = 5, .descent = {}};
  const Bytes bytes =
      test::every_way(task_of(parameters, test::digits(2000, 1), test::digits(500, 2)));
  // Half of them, five times what chance gives: one layer cannot know a shape wherever it stands.
  EXPECT_GE(output_of(bytes).held_out_correct, 250U);
}

TEST(Train, AnotherSeedIsAnotherNetwork_T1) {
  const Dataset dataset = test::digits(64, 1);
  const Task one =
      task_of({.hidden = {8}, .epochs = 1, .seed = 5, .descent = {}}, dataset, dataset);
  const Task two =
      task_of({.hidden = {8}, .epochs = 1, .seed = 6, .descent = {}}, dataset, dataset);
  EXPECT_NE(output_of(*run_to_end(one)).network, output_of(*run_to_end(two)).network);
}

TEST(Train, ExtremesStayInTheirRanges_T2) {
  // Given contradicting labels and the largest steps there are.
  Dataset dataset = test::digits(256, 3);
  std::fill(dataset.values.begin(), dataset.values.end(), std::int8_t{127});
  TrainParameters parameters{.hidden = {64, 64}, .epochs = 4, .seed = 1, .descent = {}};
  parameters.descent = {.rate_q16 = (1U << 20U) - 1, .momentum_q16 = 65535, .batch_log2 = 3};
  const TrainOutput output = output_of(test::every_way(task_of(parameters, dataset, dataset)));
  for (const std::int32_t parameter : output.network.parameters) {
    ASSERT_LE(std::abs(parameter), parameter_max);
  }
}

TEST(Shuffle, TakesEachSampleOnceAnEpochInAnotherOrder_T1) {
  Shuffle shuffle(9, 103, 3);
  ASSERT_EQ(shuffle.batches_per_epoch(), 12U);
  std::set<std::uint32_t> taken;
  std::vector<std::uint32_t> first;
  for (std::uint64_t step = 0; step < 12; ++step) {
    for (const std::uint32_t index : shuffle.batch(step)) {
      EXPECT_LT(index, 103U);
      taken.insert(index);
      first.push_back(index);
    }
  }
  EXPECT_EQ(taken.size(), 96U);
  const auto second = shuffle.batch(12);
  EXPECT_FALSE(std::equal(second.begin(), second.end(), first.begin()));
  const auto again = shuffle.batch(0);
  EXPECT_TRUE(std::equal(again.begin(), again.end(), first.begin()));
}

TEST(Train, RefusesWhatFitsTogetherNowhere) {
  const Dataset dataset = test::digits(40, 1);
  TrainParameters parameters;
  EXPECT_EQ(test::refusal(task_of(parameters, dataset, dataset)), "");
  Dataset narrow = dataset;
  narrow.features = 72;
  narrow.labels.resize(80);
  EXPECT_EQ(test::refusal(task_of(parameters, dataset, narrow)), "BAD_ARGUMENT");
  Dataset mislabelled = dataset;
  mislabelled.labels[7] = 10;
  EXPECT_EQ(test::refusal(task_of(parameters, mislabelled, dataset)), "BAD_ARGUMENT");
  parameters.descent.batch_log2 = 6;
  EXPECT_EQ(test::refusal(task_of(parameters, dataset, dataset)), "BAD_ARGUMENT");
  parameters.descent.batch_log2 = 9;
  EXPECT_EQ(test::refusal(task_of(parameters, dataset, dataset)), "BAD_ARGUMENT");
  parameters = {};
  parameters.hidden = {8192, 8192};
  EXPECT_EQ(test::refusal(task_of(parameters, dataset, dataset)), "TOO_LARGE");
}

}  // namespace
}  // namespace oort::compute::builtin
