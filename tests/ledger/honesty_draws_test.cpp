// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/honesty_draws.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "honesty_kit.hpp"

namespace oort::ledger::test {
namespace {

OfficerDraw draw_of(std::uint64_t weight, std::uint64_t total, std::uint32_t expected) {
  return {same<ChainId>(1), Epoch(2), same<Bytes32>(3), weight, total, expected};
}

std::vector<PanelCandidate> candidates_of(std::size_t count, std::size_t operators) {
  std::vector<PanelCandidate> candidates;
  for (std::size_t i = 0; i < count; ++i) {
    candidates.push_back({same<NodeId>(static_cast<std::uint8_t>(i)),
                          same<OperatorId>(static_cast<std::uint8_t>(i % operators)), 1});
  }
  return candidates;
}

TEST(OfficerDraw, ChanceIsTheShareOfTheWeight_HD1) {
  int drawn = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const Bytes32 low = crypto::blake3(as_bytes(std::to_string(i)));
    crypto::VrfOutput output;
    std::ranges::copy(low.view(), output.mutable_view().begin());
    if (is_drawn(draw_of(3, 100, 10), output)) ++drawn;
    EXPECT_FALSE(is_drawn(draw_of(0, 100, 10), output));
    EXPECT_TRUE(is_drawn(draw_of(10, 100, 10), output));
  }
  EXPECT_NEAR(drawn, 6000, 260);  // Four standard deviations.
}

TEST(OfficerDraw, IsShownByItsOwnKeyAlone_HD1) {
  const OfficerDraw draw = draw_of(1, 1, 1);
  const auto proof = crypto::vrf_prove(key(1), officer_alpha(draw));
  EXPECT_TRUE(is_officer(draw, key(1).node_id(), proof));
  EXPECT_FALSE(is_officer(draw, key(2).node_id(), proof));
  OfficerDraw next = draw;
  next.epoch = Epoch(3);
  EXPECT_FALSE(is_officer(next, key(1).node_id(), proof));
  next = draw;
  next.seed = same<Bytes32>(4);
  EXPECT_FALSE(is_officer(next, key(1).node_id(), proof));
}

TEST(PanelDraw, HasNoTwoOfOneOperatorAndNoneExcluded_HD2) {
  for (std::uint8_t seed = 0; seed < 100; ++seed) {
    const PanelDraw draw{same<Bytes32>(seed), same<Bytes32>(9), 1, 7, {same<OperatorId>(4)}};
    const auto panel = draw_panel(draw, candidates_of(60, 12));
    ASSERT_EQ(panel.size(), 7U);
    std::set<std::size_t> operators;
    for (const NodeId& node : panel) {
      operators.insert(std::to_integer<std::size_t>(node.array()[0]) % 12);
    }
    EXPECT_EQ(operators.size(), 7U);
    EXPECT_FALSE(operators.contains(4));
  }
  const PanelDraw all{same<Bytes32>(1), same<Bytes32>(9), 2, 21, {}};
  EXPECT_EQ(draw_panel(all, candidates_of(60, 12)).size(), 12U);
}

TEST(PanelDraw, FollowsTheWeights_HD2) {
  auto candidates = candidates_of(4, 4);
  candidates[2].weight = 5;
  candidates[3].weight = 0;
  std::map<NodeId, int> first;
  for (std::uint64_t i = 0; i < 7000; ++i) {
    const PanelDraw draw{crypto::blake3(as_bytes(std::to_string(i))), Bytes32{}, 0, 1, {}};
    ++first[draw_panel(draw, candidates).front()];
  }
  EXPECT_NEAR(first[candidates[0].node], 1000, 120);
  EXPECT_NEAR(first[candidates[2].node], 5000, 160);
  EXPECT_EQ(first.count(candidates[3].node), 0U);
}

TEST(Draws, AreFrozen_HD3) {
  const PanelDraw draw{same<Bytes32>(1), same<Bytes32>(2), 0, 3, {}};
  std::string drawn;
  for (const NodeId& node : draw_panel(draw, candidates_of(60, 12)))
    drawn += node.hex().substr(0, 2);
  EXPECT_EQ(drawn, "253429");
  EXPECT_EQ(to_decimal(draw_below(same<Bytes32>(1), DrawPurpose::StorageLeaf, same<Bytes32>(2), 3,
                                  1'000'000)),
            "942794");
  EXPECT_EQ(crypto::blake3(officer_alpha(draw_of(1, 2, 3))).short_hex(), "fa1dab6b");
}

}  // namespace
}  // namespace oort::ledger::test
