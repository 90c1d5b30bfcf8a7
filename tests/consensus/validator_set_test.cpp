// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/validator_set.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "bytes.hpp"

namespace oort::consensus::test {
namespace {

TEST(ValidatorSet, QuorumsOfEveryTotalShareMoreThanAThird_V2) {
  for (std::uint64_t total = 1; total <= 3000; ++total) {
    const std::uint64_t quorum = make_set({total}).quorum();
    EXPECT_GT(3 * (2 * quorum - total), total) << total;
    // And the rest alone, less than a third, never blocks: a quorum remains without it.
    const std::uint64_t faulty_max = (total - 1) / 3;
    EXPECT_LE(quorum, total - faulty_max) << total;
  }
}

TEST(ValidatorSet, QuorumOfUnalignedCounts_V2) {
  const std::vector<std::uint64_t> expected{1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9};
  for (std::size_t n = 1; n <= expected.size(); ++n) {
    EXPECT_EQ(make_set(std::vector<std::uint64_t>(n, 1)).quorum(), expected[n - 1]) << n;
  }
  const std::uint64_t most = std::uint64_t{1} << 60;
  EXPECT_EQ(make_set({most}).quorum(), 768614336404564651U);
}

TEST(ValidatorSet, RefusesWhatItCannotWeigh_V1) {
  const auto refuses = [](std::vector<Validator> validators) {
    return !ValidatorSet::make(Epoch(1), std::move(validators)).has_value();
  };
  const std::vector<Validator> good = make_set({1, 2, 3}).validators();
  EXPECT_FALSE(refuses(good));
  EXPECT_TRUE(refuses({}));
  auto changed = good;
  changed[1].weight = 0;
  EXPECT_TRUE(refuses(changed));
  changed = good;
  changed[1].node = good[0].node;
  EXPECT_TRUE(refuses(changed));
  changed = good;
  changed[1].key = good[0].key;
  EXPECT_TRUE(refuses(changed));
  changed = good;
  changed[1].weight = std::uint64_t{1} << 60;
  EXPECT_TRUE(refuses(changed));
  EXPECT_TRUE(refuses(std::vector<Validator>(101, good[0])));
}

TEST(ValidatorSet, HasOneEncodingAndAFrozenHash_V1) {
  const ValidatorSet set = make_set({5, 1, 2});
  const Bytes bytes = codec::to_bytes(set);
  EXPECT_EQ(codec::from_bytes<ValidatorSet>(bytes).value(), set);
  Bytes swapped = bytes;
  constexpr std::size_t one = 32 + 32 + 8;
  std::swap_ranges(swapped.begin() + 12, swapped.begin() + 12 + one, swapped.begin() + 12 + one);
  EXPECT_FALSE(codec::from_bytes<ValidatorSet>(swapped).has_value());
  EXPECT_EQ(set.hash().hex(), "06fb7cb3772622ad56cd0938d667fa1d94b007b21ad1b7e5b895304a948e22ca");
  EXPECT_NE(set.hash(), make_set({5, 1, 2}, Epoch(8)).hash());
  for (std::uint16_t i = 0; i < 3; ++i) {
    EXPECT_EQ(set.index_of(set[ValidatorIndex(i)].node), ValidatorIndex(i));
  }
  EXPECT_FALSE(set.index_of(filled<NodeId>(0xff)).has_value());
}

TEST(Schedule, GivesEachItsShareOfTurns_V3) {
  oort::test::SeededRandom random(1);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::uint64_t> weights(1 + random.below(20));
    for (auto& weight : weights) weight = 1 + random.below(1U << random.below(20));
    const ValidatorSet set = make_set(weights);
    const Schedule schedule(set, filled<Bytes32>(static_cast<std::uint8_t>(round)));
    std::vector<std::uint64_t> turns(weights.size(), 0);
    for (const ValidatorIndex turn : schedule.turns()) ++turns[turn.value()];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Uint128 share = Uint128{weights[i]} * schedule.turns().size();
      const Uint128 given = Uint128{turns[i]} * set.weight_total();
      const Uint128 gap = share > given ? share - given : given - share;
      EXPECT_LT(gap, Uint128{set.weight_total()}) << weights.size() << " " << i;
    }
  }
}

TEST(Schedule, EqualWeightsTakeOneTurnInEveryRun_V3) {
  const ValidatorSet set = make_set({9, 9, 9, 9, 9});
  const Schedule schedule(set, filled<Bytes32>(3));
  for (std::uint64_t run = 0; run < 32; ++run) {
    std::set<ValidatorIndex> leaders;
    for (std::uint64_t i = 0; i < 5; ++i) leaders.insert(schedule.leader(View(run * 5 + i)));
    EXPECT_EQ(leaders.size(), 5U);
  }
}

TEST(Schedule, IsFrozenAndDependsOnTheSeed_V4) {
  const ValidatorSet set = make_set({3, 1, 2, 7});
  std::string turns;
  const Schedule schedule(set, filled<Bytes32>(0x5e));
  for (const ValidatorIndex turn : schedule.turns()) {
    turns += std::to_string(turn.value());
  }
  EXPECT_EQ(turns.substr(0, 40), "2033303123303033123333020033323102333303");
  EXPECT_EQ(schedule.turns(), Schedule(set, filled<Bytes32>(0x5e)).turns());
  EXPECT_NE(schedule.turns(), Schedule(set, filled<Bytes32>(0x5f)).turns());
  EXPECT_EQ(schedule.leader(View(3)), schedule.leader(View(3 + 128)));
}

}  // namespace
}  // namespace oort::consensus::test
