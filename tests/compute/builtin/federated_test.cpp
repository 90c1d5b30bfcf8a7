// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/federated.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "builtin/digits.hpp"
#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint32_t members = 8;
constexpr std::uint32_t poisoner = 3;

GlobalState first_state() {
  Network network = initial_network({test::digit_side * test::digit_side, 24, 10}, 7);
  std::vector<std::int32_t> momentum(network.parameters.size(), 0);
  return {0, std::move(network), std::move(momentum)};
}

Dataset shard(std::uint32_t member) { return test::digits(256, 100 + member); }

Delta honest(const FederatedParameters& parameters, const GlobalState& state,
             std::uint32_t member) {
  return local_delta(parameters, state, member, shard(member), best_kernels()).value_or(Delta{});
}

/// The way back, as far as a delta reaches.
Delta poisoned(Delta delta) {
  for (DeltaBlock& block : delta.blocks) {
    if (block.largest > 0) block.largest = std::min<std::uint32_t>(block.largest * 20, 1U << 24U);
    for (std::int8_t& value : block.values) value = static_cast<std::int8_t>(-value);
  }
  return delta;
}

Task merge_of(const FederatedParameters& parameters, const GlobalState& state,
              const std::vector<Delta>& deltas) {
  Task task{{"train_merge", 1}, codec::to_bytes(parameters), {codec::to_bytes(state)}};
  for (const Delta& delta : deltas) task.inputs.push_back(codec::to_bytes(delta));
  return task;
}

struct Ended {
  GlobalState state;
  std::vector<Standing> standings;
};

Ended train(const FederatedParameters& parameters, std::uint32_t rounds, bool is_poisoned) {
  Ended ended{first_state(), {}};
  for (std::uint32_t round = 0; round < rounds; ++round) {
    std::vector<Delta> deltas;
    for (std::uint32_t member = 0; member < members; ++member) {
      Delta delta = honest(parameters, ended.state, member);
      if (is_poisoned && member == poisoner) delta = poisoned(std::move(delta));
      deltas.push_back(std::move(delta));
    }
    const auto bytes = run_to_end(merge_of(parameters, ended.state, deltas));
    EXPECT_TRUE(bytes);
    auto merged = codec::from_bytes<Merged>(*bytes);
    EXPECT_TRUE(merged);
    ended = {std::move(merged->state), std::move(merged->standings)};
  }
  return ended;
}

std::uint32_t correct_of_500(const GlobalState& state) {
  return correct_count(state.network, test::digits(500, 2), 0, 500, best_kernels());
}

TEST(Federated, AMemberAndItsJobGiveTheSameDeltaEveryWay_F5_W1_W3) {
  const FederatedParameters parameters{.local_steps = 9, .seed = 3, .descent = {}};
  const GlobalState state = first_state();
  const Bytes bytes = test::every_way({{"train_local", 1},
                                       codec::to_bytes(LocalParameters{parameters, 4}),
                                       {codec::to_bytes(state), codec::to_bytes(shard(4))}});
  EXPECT_EQ(codec::from_bytes<Delta>(bytes).value_or(Delta{}), honest(parameters, state, 4));
  // One byte a parameter and a scale for each 256.
  EXPECT_LT(bytes.size(), state.network.parameters.size() * 103 / 100 + 64);
  EXPECT_EQ(test::digest_hex(bytes),
            "4216dd44f05b27700afe0b61caf3ae4a2d40bfc7fbe13084be416a7e4af20739");
}

TEST(Federated, AllWhoMergeHaveTheSameState_F3_W1_W3) {
  const FederatedParameters parameters{.local_steps = 4, .trim = 2, .seed = 3, .descent = {}};
  const GlobalState state = first_state();
  std::vector<Delta> deltas;
  for (std::uint32_t member = 0; member < 5; ++member) {
    deltas.push_back(honest(parameters, state, member));
  }
  const Bytes bytes = test::every_way(merge_of(parameters, state, deltas));
  const auto merged = codec::from_bytes<Merged>(bytes);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->state.round, 1U);
  EXPECT_NE(state_digest(merged->state), state_digest(state));
  EXPECT_EQ(state_digest(merged->state).hex(),
            "80b3d626ae4cfead580245bf8b035de1f6992078d618f4ad5b5f2c1479c5ddec");
}

TEST(Federated, LearnsTogetherWithAPoisonerWhoIsTrimmedStandsOutAndIsProven_F4_F5) {
  const FederatedParameters parameters{.local_steps = 16, .trim = 1, .seed = 3, .descent = {}};
  const Ended clean = train(parameters, 20, false);
  const Ended attacked = train(parameters, 20, true);
  FederatedParameters plain = parameters;
  plain.trim = 0;
  const Ended ruined = train(plain, 8, true);

  EXPECT_GE(correct_of_500(clean.state), 425U);
  // An eighth of the data is lost, and one honest extreme of each parameter with it.
  EXPECT_GE(correct_of_500(attacked.state), 400U);
  EXPECT_LE(correct_of_500(ruined.state), 250U);
  for (const Standing& standing : attacked.standings) {
    if (standing.member == poisoner) {
      EXPECT_GE(standing.left_out_permille, 800U);
    } else {
      EXPECT_LE(standing.left_out_permille, 400U);
    }
  }
  // What the poisoner sent is not what its data gives; what others sent is.
  const GlobalState state = first_state();
  const Delta good = honest(parameters, state, poisoner);
  const auto proof = replay(parameters, state, poisoner, shard(poisoner), scalar_kernels());
  ASSERT_TRUE(proof);
  EXPECT_EQ(*proof, delta_digest(good));
  EXPECT_NE(*proof, delta_digest(poisoned(good)));
}

TEST(Federated, NoParameterMovesBeyondWhatHonestMembersSent_F4) {
  const FederatedParameters parameters{.local_steps = 3,
                                       .trim = 1,
                                       .outer_rate_q16 = 65'536,
                                       .outer_momentum_q16 = 0,
                                       .seed = 3,
                                       .descent = {}};
  const GlobalState state = first_state();
  std::vector<Delta> deltas;
  for (std::uint32_t member = 0; member < 4; ++member) {
    deltas.push_back(honest(parameters, state, member));
  }
  deltas.push_back(poisoned(deltas[0]));
  deltas.back().member = 4;
  const auto bytes = run_to_end(merge_of(parameters, state, deltas));
  ASSERT_TRUE(bytes);
  const auto merged = codec::from_bytes<Merged>(*bytes);
  ASSERT_TRUE(merged);
  for (std::size_t i = 0; i < state.network.parameters.size(); ++i) {
    double least = 1e9;
    double most = -1e9;
    for (std::size_t member = 0; member < 4; ++member) {
      const DeltaBlock& block = deltas[member].blocks[i / delta_block];
      const double value = block.values[i % delta_block] * (block.largest / 127.0);
      least = std::min(least, value);
      most = std::max(most, value);
    }
    const double moved = merged->state.network.parameters[i] - state.network.parameters[i];
    ASSERT_GE(moved, least - 1);
    ASSERT_LE(moved, most + 1);
  }
}

TEST(Federated, RefusesForeignRepeatedAndUnevenDeltas_F3) {
  const FederatedParameters parameters{.local_steps = 1, .trim = 0, .descent = {}};
  const GlobalState state = first_state();
  const Delta delta = honest(parameters, state, 1);
  EXPECT_EQ(test::refusal(merge_of(parameters, state, {delta})), "");
  EXPECT_EQ(test::refusal(merge_of(parameters, state, {delta, delta})), "NOT_CANONICAL");
  GlobalState later = state;
  later.round = 1;
  EXPECT_EQ(test::refusal(merge_of(parameters, later, {delta})), "BAD_ARGUMENT");
  Delta slack = delta;
  std::fill(slack.blocks[0].values.begin(), slack.blocks[0].values.end(), std::int8_t{5});
  EXPECT_EQ(test::refusal(merge_of(parameters, state, {slack})), "NOT_CANONICAL");
  FederatedParameters greedy = parameters;
  greedy.trim = 1;
  EXPECT_EQ(test::refusal(merge_of(greedy, state, {delta})), "BAD_ARGUMENT");
}

}  // namespace
}  // namespace oort::compute::builtin
