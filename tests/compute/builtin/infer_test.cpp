// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/infer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "builtin/fixed_point.hpp"
#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

std::vector<std::int8_t> bytes_drawn(std::size_t count, std::uint64_t stream) {
  std::vector<std::int8_t> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<std::int8_t>(below(drawn(3, stream, i), 256));
  }
  return values;
}

std::vector<std::int32_t> biases_drawn(std::size_t count, std::uint64_t stream) {
  std::vector<std::int32_t> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<std::int32_t>(below(drawn(3, stream, i), 2001)) - 1000;
  }
  return values;
}

/// Two convolutions, both pools, two dense layers.
Model small_network() {
  const Requantise factor{0x60000000U, 40};
  Model model{{2, 13, 11}, {}};
  model.layers.emplace_back(
      Convolution{5, 3, 1, 1, bytes_drawn(90, 1), biases_drawn(5, 1), factor});
  model.layers.emplace_back(Relu{});
  model.layers.emplace_back(MaxPool{2});
  model.layers.emplace_back(
      Convolution{4, 2, 2, 0, bytes_drawn(80, 2), biases_drawn(4, 2), factor});
  model.layers.emplace_back(AveragePool{2});
  model.layers.emplace_back(Dense{7, bytes_drawn(28, 3), biases_drawn(7, 3), factor});
  model.layers.emplace_back(Dense{3, bytes_drawn(21, 4), biases_drawn(3, 4), {0x40000000U, 28}});
  return model;
}

Task task_of(const Model& model, const Samples& samples, Head head) {
  return {{"infer", 1},
          codec::to_bytes(InferParameters{head}),
          {codec::to_bytes(model), codec::to_bytes(samples)}};
}

InferOutput output_of(const Model& model, const Samples& samples, Head head) {
  const auto output =
      codec::from_bytes<InferOutput>(test::every_way(task_of(model, samples, head)));
  EXPECT_TRUE(output);
  return output ? *output : InferOutput{};
}

TEST(Infer, OneConvolutionByHand_X1) {
  // Given a picture of three by three, a window of two by two that adds its diagonal, one dense
  // sum.
  Model model{{1, 3, 3}, {}};
  model.layers.emplace_back(Convolution{1, 2, 1, 0, {1, 0, 0, 1}, {1}, {1U << 30U, 31}});
  model.layers.emplace_back(Dense{2, {1, 1, 1, 1, 1, 0, 0, 0}, {0, 10}, {}});
  const Samples samples{9, {1, 2, 3, 4, 5, 6, 7, 8, 127}};
  // The diagonals are 6, 8, 12, 132; with the bias and halved, halves upward: 4, 5, 7, 67.
  const InferOutput output = output_of(model, samples, Head::Logits);
  codec::Reader in(output.records);
  EXPECT_EQ(in.u32().value_or(0), 83U);
  EXPECT_EQ(in.u32().value_or(0), 14U);
  EXPECT_EQ(output_of(model, samples, Head::Argmax).records, (Bytes{std::byte{0}, std::byte{0}}));
}

TEST(Infer, GivesTheSameBitsEveryWay_W1_W3) {
  const Samples samples{286, bytes_drawn(std::size_t{286} * 150, 9)};
  const Bytes logits = test::every_way(task_of(small_network(), samples, Head::Logits));
  EXPECT_EQ(test::digest_hex(logits),
            "b2a1b45421e99aa473157e7426244f1a6744e3337a57e11582c5130e9239c307");
  const Bytes shares = test::every_way(task_of(small_network(), samples, Head::Softmax));
  EXPECT_EQ(test::digest_hex(shares),
            "8e644614c4d1bbea2faebfc62af3321ee4f597a0a9be153636907c4872e0994b");
}

TEST(Infer, AnswersASampleAlikeInAnyCompany_X2) {
  const Samples samples{286, bytes_drawn(std::size_t{286} * 70, 9)};
  const InferOutput all = output_of(small_network(), samples, Head::Logits);
  const std::size_t size = record_bytes(all.head, all.classes);
  for (const std::size_t i : {0U, 5U, 63U, 64U, 69U}) {
    const auto begin = samples.values.begin() + static_cast<std::ptrdiff_t>(i * 286);
    const InferOutput one =
        output_of(small_network(), Samples{286, {begin, begin + 286}}, Head::Logits);
    const ByteView expected = ByteView(all.records).subspan(i * size, size);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), one.records.begin()));
  }
}

TEST(Infer, ProbabilitiesAreOrderedAsLogitsAndAddUp_X3) {
  for (std::uint64_t round = 0; round < 300; ++round) {
    std::vector<std::int32_t> logits;
    for (std::uint64_t i = 0; i < 10; ++i) {
      logits.push_back(static_cast<std::int32_t>(below(drawn(round, 1, i), 1U << 31U)) - (1 << 30));
    }
    const auto to_q16 =
        Requantise{1U << 30U, static_cast<std::uint8_t>(below(drawn(round, 2, 0), 63))};
    const auto shares = softmax_q16(logits, to_q16);
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 65536.0, 5.0);
    for (std::size_t i = 0; i < 10; ++i) {
      for (std::size_t j = 0; j < 10; ++j) {
        if (logits[i] >= logits[j]) {
          EXPECT_GE(shares[i], shares[j]);
        }
      }
    }
  }
}

TEST(Model, HasOneEncodingAndRefusesWhatDoesNotFit_X1) {
  const Bytes bytes = codec::to_bytes(small_network());
  const auto model = codec::from_bytes<Model>(bytes);
  ASSERT_TRUE(model);
  EXPECT_EQ(*model, small_network());
  EXPECT_EQ(codec::to_bytes(*model), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<Model>(ByteView(bytes).first(size)));
  }
  const auto reason_of = [](const Model& broken) {
    const auto read = codec::from_bytes<Model>(codec::to_bytes(broken));
    return read ? std::string() : std::string(read.error().reason());
  };
  Model broken = small_network();
  broken.layers.pop_back();
  broken.layers.emplace_back(Relu{});
  EXPECT_EQ(reason_of(broken), "BAD_ARGUMENT");
  broken = small_network();
  broken.layers[2] = MaxPool{14};
  EXPECT_EQ(reason_of(broken), "BAD_ARGUMENT");
  broken = small_network();
  broken.input.width = 0;
  EXPECT_EQ(reason_of(broken), "BAD_ARGUMENT");
  broken = small_network();
  std::get<Dense>(broken.layers.back()).biases[0] = bias_max + 1;
  EXPECT_EQ(reason_of(broken), "BAD_ARGUMENT");
}

TEST(Model, AFactorHasOneForm_X4) {
  Model model = small_network();
  std::get<Dense>(model.layers.back()).factor = {1U << 29U, 27};
  const auto read = codec::from_bytes<Model>(codec::to_bytes(model));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason(), "NOT_CANONICAL");
  for (std::uint64_t i = 1; i < 1000; ++i) {
    const std::uint64_t numerator = drawn(1, 1, i) >> (i % 60);
    const std::uint64_t denominator = 1 + (drawn(1, 2, i) >> (i % 50));
    const Requantise factor = requantise_by(numerator, denominator);
    EXPECT_EQ(factor.multiplier >> 30U, 1U);
    const double exact = static_cast<double>(numerator) / static_cast<double>(denominator);
    const double held = std::ldexp(factor.multiplier, -factor.shift);
    if (exact < 2e9 && exact > 1e-9) {
      EXPECT_NEAR(held / exact, 1.0, 2e-9);
    }
  }
}

TEST(Infer, RefusesSamplesOfAnotherShape) {
  const Samples samples{285, bytes_drawn(285, 9)};
  EXPECT_EQ(test::refusal(task_of(small_network(), samples, Head::Argmax)), "BAD_ARGUMENT");
}

TEST(FixedPoint, FollowsTheFunctionsItStandsFor_X3) {
  for (std::uint32_t x = 0; x < 23U << 16U; x += 997) {
    const double exact = std::ldexp(std::exp(-x / 65536.0), 30);
    EXPECT_NEAR(exp_negative_q30(x), exact, exact * 2e-6 + 2) << x;
  }
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 60U; value = value * 3 + 1) {
    EXPECT_NEAR(log2_q16(value) / 65536.0, std::log2(static_cast<double>(value)), 3e-5);
  }
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t value = drawn(1, 3, i) >> (i % 60);
    const std::uint64_t root = integer_root(value);
    EXPECT_LE(root * root, value);
    EXPECT_TRUE(root == 0xFFFFFFFFU || (root + 1) * (root + 1) > value);
  }
  EXPECT_EQ(round_divide(5, 2), 3);
  EXPECT_EQ(round_divide(-5, 2), -2);
  EXPECT_EQ(round_divide(-7, 4), -2);
  EXPECT_EQ(round_shift(-5, 1), -2);
}

}  // namespace
}  // namespace oort::compute::builtin
