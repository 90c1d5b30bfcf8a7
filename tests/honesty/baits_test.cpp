// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/baits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"

namespace oort::honesty::test {
namespace {

std::vector<BaitSecret> secrets(std::size_t count, env::Random& random) {
  std::vector<BaitSecret> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<std::uint8_t>(i);
    all.push_back(
        commit_bait(same<Bytes32>(byte), same<Bytes32>(7), ledger::VerdictRule::Exact, random));
  }
  return all;
}

TEST(BaitTree, OfAnyNumberOfBaitsHasOneForm_B1) {
  SeededRandom random(1);
  for (const std::size_t count : {0U, 1U, 17U, 256U}) {
    const auto baits = secrets(count, random);
    const BaitTree tree(baits, random);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(tree.path(i).count, ledger::bait_leaves_count);
      EXPECT_EQ(tree.path(i).siblings.size(), 8U);
    }
  }
}

TEST(BaitTree, ShowsEveryBaitUnderItsRoot_B2) {
  SeededRandom random(2);
  const auto baits = secrets(40, random);
  const BaitTree tree(baits, random);
  for (std::size_t i = 0; i < baits.size(); ++i) {
    const Bytes32 leaf = ledger::leaf_hash(baits[i].salt, baits[i].leaf);
    EXPECT_TRUE(crypto::merkle_verify(tree.root(), tree.path(i), leaf));
    EXPECT_FALSE(crypto::merkle_verify(tree.root(), tree.path((i + 1) % 40), leaf));
  }
}

// The place of a bait tells nothing of its number: each is as likely at every leaf.
TEST(BaitTree, PlacesAreUniform_B1) {
  SeededRandom random(3);
  std::vector<int> first_half(3);
  for (int round = 0; round < 1500; ++round) {
    const auto baits = secrets(3, random);
    const BaitTree tree(baits, random);
    for (std::size_t i = 0; i < 3; ++i) {
      if (tree.path(i).index < ledger::bait_leaves_count / 2) ++first_half[i];
    }
  }
  for (const int count : first_half) EXPECT_NEAR(count, 750, 80);
}

TEST(BaitCount, IsGeometricAboveItsQuota_B1) {
  SeededRandom random(4);
  const BaitCount rules{2, ledger::Ppb(750'000'000), 200};
  std::vector<int> counts(201);
  for (int i = 0; i < 20'000; ++i) ++counts[draw_count(rules, random)];
  EXPECT_EQ(counts[0] + counts[1], 0);
  int left = 20'000;
  // However many were seen, one more comes with the same chance.
  for (std::size_t seen = 2; seen < 10; ++seen) {
    const double chance = 1 - static_cast<double>(counts[seen]) / left;
    EXPECT_NEAR(chance, 0.75, 0.04) << seen;
    left -= counts[seen];
  }
  EXPECT_EQ(draw_count({5, ledger::Ppb(0), 3}, random), 3U);
}

TEST(TraceRecord, OpensAtWhateverStepIsDrawn_P1) {
  SeededRandom random(5);
  const auto fault = same<Bytes32>(1);
  const std::vector<Bytes32> states{same<Bytes32>(1), same<Bytes32>(2), same<Bytes32>(3)};
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    const TraceRecord one(fault, same<NodeId>(1), states, same<Bytes32>(9), random);
    const TraceRecord other(fault, same<NodeId>(2), states, same<Bytes32>(9), random);
    EXPECT_NE(one.answer().trace_root, other.answer().trace_root);
    const auto drawn = same<Bytes32>(seed);
    const std::vector<std::optional<ledger::PanelReveal>> seats{one.open(drawn), other.open(drawn)};
    const ledger::PanelVote nine = same<Bytes32>(9);
    EXPECT_EQ(ledger::panel_votes(fault, drawn, seats), (std::vector{nine, nine}));
  }
}

}  // namespace
}  // namespace oort::honesty::test
