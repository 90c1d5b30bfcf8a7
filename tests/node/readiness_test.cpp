// SPDX-License-Identifier: Apache-2.0
#include "readiness.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace oort::node {
namespace {

NodeId node_of(std::uint8_t number) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = std::byte{number};
  return NodeId(bytes);
}

consensus::ValidatorSet set_of(std::uint8_t count) {
  std::vector<consensus::Validator> validators;
  for (std::uint8_t i = 1; i <= count; ++i) {
    validators.push_back({node_of(i), PublicKey(node_of(i).array()), 1});
  }
  return consensus::ValidatorSet::make(Epoch(0), std::move(validators)).value();
}

chain::Diagnosis heard(std::uint64_t own_height,
                       std::initializer_list<std::pair<std::uint8_t, std::uint64_t>> peers) {
  chain::Diagnosis diagnosis;
  diagnosis.committed = Height(own_height);
  for (const auto& [number, height] : peers) {
    diagnosis.peers.push_back({node_of(number), Height(height), Duration(0)});
  }
  return diagnosis;
}

/// Of validator 1 of four.
Readiness of_four(const chain::Diagnosis& diagnosis, bool has_quorum = true) {
  return readiness_of(set_of(4), node_of(1), has_quorum, diagnosis);
}

TEST(Readiness, WhoHasHeardOfNobodyIsNotReady_R1) {
  const Readiness alone = of_four(heard(50, {}));
  EXPECT_FALSE(alone.is_ready);
  EXPECT_EQ(alone.why, "heard of 1 of 4 validators, which are no quorum; final height is 50");
  EXPECT_FALSE(of_four(heard(50, {{2, 50}})).is_ready);
  EXPECT_TRUE(of_four(heard(50, {{2, 50}, {3, 50}})).is_ready);
  // Nodes without a vote are no help.
  EXPECT_FALSE(of_four(heard(50, {{7, 50}, {8, 50}, {9, 50}})).is_ready);
}

TEST(Readiness, ANodeWithoutAVoteNeedsAQuorumOfOthers_R1) {
  const auto of_observer = [](const chain::Diagnosis& diagnosis) {
    return readiness_of(set_of(4), node_of(9), true, diagnosis);
  };
  EXPECT_FALSE(of_observer(heard(50, {{1, 50}, {2, 50}})).is_ready);
  EXPECT_TRUE(of_observer(heard(50, {{1, 50}, {2, 50}, {3, 50}})).is_ready);
}

TEST(Readiness, TheOnlyValidatorIsItsOwnQuorum_R1) {
  EXPECT_TRUE(readiness_of(set_of(1), node_of(1), true, heard(3, {})).is_ready);
  EXPECT_FALSE(readiness_of(set_of(1), node_of(1), false, heard(3, {})).is_ready);
}

TEST(Readiness, WhoIsFarBehindIsNotReadyAndSaysHowFar) {
  const Readiness behind = of_four(heard(50, {{2, 90}, {3, 91}, {4, 92}}));
  EXPECT_FALSE(behind.is_ready);
  EXPECT_EQ(behind.why, "catching up: height 50 of 91");
  EXPECT_FALSE(of_four(heard(50, {{2, 59}, {3, 59}})).is_ready);
  EXPECT_TRUE(of_four(heard(50, {{2, 58}, {3, 58}})).is_ready);
}

TEST(Readiness, ABoastOfAThirdHoldsNobodyBack_R2) {
  EXPECT_TRUE(of_four(heard(50, {{2, 50}, {3, 50}, {4, 1'000'000}})).is_ready);
  EXPECT_TRUE(of_four(heard(50, {{2, 50}, {3, 51}, {9, 1'000'000}})).is_ready);
}

TEST(Readiness, SaysWhatIsMissing) {
  const Readiness still = of_four(heard(50, {{2, 50}, {3, 50}, {4, 50}}), false);
  EXPECT_FALSE(still.is_ready);
  EXPECT_EQ(still.why, "the ledger has no quorum; final height is 50");
  chain::Diagnosis refused = heard(50, {{2, 50}, {3, 50}, {4, 50}});
  refused.voting_refused = "ALREADY_RUNNING: another";
  EXPECT_EQ(of_four(refused).why, "this validator must not vote: ALREADY_RUNNING: another");
}

}  // namespace
}  // namespace oort::node
