// SPDX-License-Identifier: Apache-2.0
// Whole networks of engines with something wrong.
#include <gtest/gtest.h>

#include "net.hpp"
#include "oort/core/reasons.hpp"

namespace oort::consensus::test {
namespace {

TEST(Faults, ADeadNodeCostsTimeAndNothingElse_C6) {
  Net net;
  for (std::size_t i = 0; i < 3; ++i) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(60); }));
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
  // I11: leaders take turns within runs of four, so the silent one leads twice in a row at most.
  const auto& ledger = net[0].ledger;
  for (std::size_t h = 1; h < ledger.size(); ++h) {
    EXPECT_LE(ledger[h]->header.view.value(), ledger[h - 1]->header.view.value() + 3);
  }
  // The silent one's turns are given up at once after a while: 60 blocks in less than 20 turns of
  // its waiting.
  EXPECT_LT(net.world().now().nanoseconds, Duration(20s).count());
}

TEST(Faults, WithoutAQuorumNothingIsFinalUntilItReturns_C6) {
  Net net;
  net.start(0);
  net.start(1);
  net.world().run_for(60s);
  EXPECT_TRUE(net[0].ledger.empty());
  net.start(2);
  // R8: the wait is at most timeout_max, so it is over soon.
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }, 25s));
  EXPECT_TRUE(net.agrees());
}

TEST(Faults, LossOfThirtyInAHundredIsRepaired_C6) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Net net(make_epoch(), seed);
    sim::Generator chance(seed);
    net.passes = [&](std::size_t, std::size_t, env::MessageType, ByteView) {
      return chance.below(100) >= 30;
    };
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(30); }, 600s)) << seed;
    EXPECT_TRUE(net.agrees());
    expect_no_guilt(net);
  }
}

TEST(Faults, APartitionHeals_C6) {
  Net net;
  bool is_split = false;
  net.passes = [&](std::size_t from, std::size_t to, env::MessageType, ByteView) {
    return !is_split || (from < 2) == (to < 2);
  };
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  is_split = true;
  net.world().run_for(30s);
  const std::size_t height = net[0].ledger.size();
  is_split = false;
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 10); }, 25s));
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
}

TEST(Faults, OneThatWasAwayFetchesWhatItMissed_C6) {
  Net net;
  bool is_away = true;
  net.passes = [&](std::size_t from, std::size_t to, env::MessageType, ByteView) {
    return !is_away || (from != 3 && to != 3);
  };
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net[0].ledger.size() >= 40; }));
  EXPECT_TRUE(net[3].ledger.empty());
  is_away = false;
  ASSERT_TRUE(net.run_until([&] { return net[3].ledger.size() >= 60; }));
  EXPECT_TRUE(net.agrees());
}

TEST(Faults, CrashesAtAnyMomentContradictNothing_C2) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Net net(make_epoch(), seed);
    sim::Generator chance(seed);
    net.start_all();
    for (int crash = 0; crash < 40; ++crash) {
      net.world().run_for(Duration(chance.below(300'000'000)));
      const std::size_t victim = chance.below(4);
      net.crash(victim);
      net.world().run_for(Duration(chance.below(50'000'000)));
      net.start(victim);
      ASSERT_TRUE(net[victim].refusals.empty());
    }
    const std::size_t height = net[0].ledger.size();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 5); })) << seed;
    EXPECT_TRUE(net.agrees());
    expect_no_guilt(net);
  }
}

TEST(Faults, AllCrashTogetherAndLoseNothingFinal_C2) {
  Net net;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  std::vector<BlockRef> before;
  for (std::size_t i = 0; i < 4; ++i) {
    if (net[i].ledger.size() > before.size()) before = net[i].ledger;
  }
  for (std::size_t i = 0; i < 4; ++i) net.crash(i);
  // The ledgers were lost too: everything final must come back from the logs.
  for (std::size_t i = 0; i < 4; ++i) net[i].ledger.clear();
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(before.size() + 5); }));
  for (std::size_t h = 0; h < before.size(); ++h) EXPECT_EQ(net[1].ledger[h]->id, before[h]->id);
  expect_no_guilt(net);
}

TEST(Faults, AnInvalidPayloadIsVotedDown_R3) {
  Net net;
  const Schedule schedule(net.epoch().validators, net.epoch().seed);
  const ValidatorIndex bad = schedule.leader(View(3));
  net.accepts = [&](std::size_t, const Block& block) { return block.header.proposer != bad; };
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  for (const BlockRef& block : net[0].ledger) EXPECT_NE(block->header.proposer, bad);
  EXPECT_TRUE(net.agrees());
}

TEST(Faults, AnAmnesiacVotesOnlyAboveWhatItCanHaveSigned_A1) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Net net(make_epoch(), seed);
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(10 + seed % 3); }));
    net.lose_disk(2);
    net.start(2, false);
    EXPECT_TRUE(net[2].core->diagnose().is_recovering);
    const std::size_t height = net[0].ledger.size();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
    EXPECT_TRUE(net[2].core->diagnose().is_voting);
    EXPECT_TRUE(net.agrees());
    expect_no_guilt(net);
  }
}

TEST(Faults, AnAmnesiacAsksAQuorumOfOthers_A1) {
  Net net;
  net.start(0);
  net.start(1);
  net.start(2, false);
  net.world().run_for(30s);
  // Two others are not three: it can not know what it signed.
  EXPECT_TRUE(net[2].core->diagnose().is_recovering);
  EXPECT_TRUE(net[2].votes.empty());
  net.start(3);
  ASSERT_TRUE(net.run_until([&] { return net[2].core->diagnose().is_voting; }));
}

TEST(Faults, ASecondInstanceOfAKeyStopsTheFirst_A2) {
  Net net;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }));
  const View ahead(net[1].core->record().view.value() + 3);
  const Vote foreign = sign(net.epoch(), 1, notarize(ahead.value(), filled<BlockId>(1)));
  net.give(1, MessageReceived{net[1].id, message::vote,
                              std::make_shared<const Bytes>(codec::to_bytes(foreign))});
  ASSERT_EQ(net[1].refusals.size(), 1U);
  EXPECT_EQ(net[1].refusals[0].reason, reason::already_running);
  const std::size_t sent = net[1].votes.size();
  const std::size_t height = net[1].ledger.size();
  // The other three are a quorum. It hears their certificates, fetches, checks and reports.
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  EXPECT_TRUE(net.agrees());
  EXPECT_EQ(net[1].votes.size(), sent) << "it follows, and signs nothing";
  EXPECT_FALSE(net[1].core->diagnose().is_voting);
  EXPECT_EQ(net[1].refusals.size(), 1U);
}

TEST(Faults, UnevenWeightsDecide_C6) {
  // 7 of 10 are needed: the heavy one and any light one, or no decision.
  Net net(make_epoch({6, 1, 1, 1, 1}));
  for (const std::size_t i : {0U, 2U, 4U}) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  EXPECT_TRUE(net.agrees());
}

TEST(Faults, OneValidatorAloneIsAQuorum_C6) {
  Net net(make_epoch({1}));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
}

TEST(Faults, EqualSeedsGiveEqualRuns_D1) {
  const auto run = [](std::uint64_t seed) {
    Net net(make_epoch(), seed);
    sim::Generator chance(seed);
    net.passes = [&](std::size_t, std::size_t, env::MessageType, ByteView) {
      return chance.below(10) > 0;
    };
    net.start_all();
    net.world().run_for(10s);
    std::vector<Bytes> votes;
    for (std::size_t i = 0; i < 4; ++i) {
      for (const Vote& vote : net[i].votes) votes.push_back(codec::to_bytes(vote));
    }
    return votes;
  };
  EXPECT_EQ(run(3), run(3));
  EXPECT_NE(run(3), run(4));
}

}  // namespace
}  // namespace oort::consensus::test
