// SPDX-License-Identifier: Apache-2.0
// The end of an epoch, idle times, observers, and blocks that may not carry anything.
#include <gtest/gtest.h>

#include "net.hpp"

namespace oort::consensus::test {
namespace {

bool all_ended(Net& net) {
  for (std::size_t i = 0; i < net.count(); ++i) {
    if (!net[i].core->diagnose().is_ended) return false;
  }
  return true;
}

TEST(EpochEnd, EveryoneStopsAtOneBoundary_B1) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Net net(make_epoch(), seed);
    sim::Generator chance(seed);
    // FINALIZE votes are lost often, so that the boundary waits for finality.
    net.passes = [&](std::size_t, std::size_t, env::MessageType type, ByteView bytes) {
      const auto vote = codec::from_bytes<Vote>(bytes);
      const bool is_finalize = type == message::vote && vote->ballot.kind == VoteKind::Finalize;
      return !is_finalize || chance.below(100) < 50;
    };
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
    for (std::size_t i = 0; i < 4; ++i) net[i].boundary_at_next = true;
    ASSERT_TRUE(net.run_until([&] { return all_ended(net); }, 120s)) << seed;
    EXPECT_TRUE(net.agrees());
    const EpochContext context = net[0].core->context();
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(net[i].ledger.size(), net[0].ledger.size());
      EXPECT_TRUE(net[i].ledger.back()->header.is_last_of_epoch());
      const Finalized& last = net[i].finals.back();
      EXPECT_TRUE(last.ends_epoch);
      for (const BlockRef& block : last.beyond) EXPECT_TRUE(block->header.app.is_empty());
      const BlockRef tip = last.beyond.empty() ? last.blocks.back() : last.beyond.back();
      EXPECT_TRUE(check_final(context, tip->header, *last.certificate));
    }
    // Nothing more is voted for.
    const std::size_t sent = net[0].votes.size();
    net.world().run_for(10s);
    EXPECT_EQ(net[0].votes.size(), sent);
  }
}

TEST(EpochEnd, TheNextEpochStandsOnTheBoundary_B1) {
  Net net;
  net.start_all();
  for (std::size_t i = 0; i < 4; ++i) net[i].boundary_at_next = true;
  ASSERT_TRUE(net.run_until([&] { return all_ended(net); }));
  const BlockRef boundary = net[0].ledger.back();
  EpochStart next = make_epoch();
  next.validators = make_set({1, 1, 1, 1}, Epoch(8));
  next.anchor = boundary->id;
  next.anchor_height = boundary->header.height;
  next.anchor_time_ms = boundary->header.time_ms;
  Net after(next);
  after.start_all();
  ASSERT_TRUE(after.run_until([&] { return after.all_reached(5); }));
  EXPECT_EQ(after[0].ledger[0]->header.parent, boundary->id);
  EXPECT_EQ(after[0].ledger[0]->header.height, boundary->header.height.next());
}

TEST(EpochEnd, VotesOfTheOldSetCountForNothingInTheNext_M3) {
  const EpochStart old = make_epoch();
  EpochStart next = make_epoch();
  next.validators = make_set({1, 1, 1, 1}, Epoch(8));
  Core core(Config{}, next, cheap_verifier(), nullptr);
  MonoTime now{1};
  static_cast<void>(core.step({now, {2000}, Start{}}));
  // The same keys signed this in the epoch before. As it is it says nothing of this one, and with
  // the number of this epoch written over it is not what they signed.
  for (const bool is_relabelled : {false, true}) {
    for (std::uint16_t voter = 0; voter < 4; ++voter) {
      Vote vote = sign(old, voter, nullify(1, 1));
      if (is_relabelled) vote.ballot.epoch = Epoch(8);
      const auto bytes = std::make_shared<const Bytes>(codec::to_bytes(vote));
      const NodeId from = next.validators[ValidatorIndex(voter)].node;
      static_cast<void>(core.step({now, {2000}, MessageReceived{from, message::vote, bytes}}));
    }
    EXPECT_EQ(core.diagnose().view, View(1)) << is_relabelled;
  }
  Certificate certificate = certify(old, {0, 1, 2}, nullify(1, 1));
  for (const std::uint64_t epoch : {7U, 8U}) {
    certificate.epoch = Epoch(epoch);
    const auto bytes = std::make_shared<const Bytes>(codec::to_bytes(certificate));
    const NodeId from = next.validators[ValidatorIndex(0)].node;
    static_cast<void>(core.step({now, {2000}, MessageReceived{from, message::certificate, bytes}}));
    EXPECT_EQ(core.diagnose().view, View(1)) << epoch;
  }
}

TEST(EpochEnd, TheRecordOfAKeyWithoutAVoteIsKept_C2) {
  const EpochStart epoch = make_epoch();
  const auto stranger = sim::cheap_signer(sim::cheap_public_key(99));
  for (const bool has_record : {false, true}) {
    Core core(Config{}, epoch, cheap_verifier(), stranger.get());
    Start start;
    if (has_record) {
      start.recovered.record = SignerRecord{};
      start.recovered.record->epoch = Epoch(5);
      start.recovered.record->view = View(3);
    }
    static_cast<void>(core.step({MonoTime{1}, {2000}, std::move(start)}));
    EXPECT_EQ(core.knows_past(), has_record);
    EXPECT_EQ(core.durable_state().size(), has_record ? 1U : 0U);
    EXPECT_EQ(core.record().view, View(has_record ? 3 : 0));
  }
}

TEST(EpochEnd, ARecordOfAnOlderEpochMayVoteAndOfANewerMayNot_S1) {
  const EpochStart epoch = make_epoch({1});
  const auto signer = sim::cheap_signer(epoch.validators.validators()[0].key);
  for (const std::uint64_t of : {6U, 8U}) {
    Core core(Config{}, epoch, cheap_verifier(), signer.get());
    Start start;
    start.recovered.record = SignerRecord{};
    start.recovered.record->epoch = Epoch(of);
    start.recovered.record->view = View(99);
    MonoTime now{1};
    static_cast<void>(core.step({now, {2000}, std::move(start)}));
    now = now + 10s;
    const Outputs outputs = core.step({now, {2000}, TimerFired{Timer::View}});
    bool persists = false;
    for (const Output& output : outputs) persists |= std::holds_alternative<Persist>(output);
    EXPECT_EQ(persists, of == 6);
  }
}

TEST(Idle, BlocksWaitForAPayloadButNotForEver_I1) {
  Net net;
  for (std::size_t i = 0; i < 4; ++i) net[i].has_payload = false;
  net.start_all();
  net.world().run_for(10s);
  const std::size_t height = net[0].ledger.size();
  // One block each idle_max of 200 ms and a few hops; nobody gives a view up for it.
  EXPECT_GE(height, 40U);
  EXPECT_LE(height, 50U);
  for (const Vote& vote : net[0].votes) EXPECT_NE(vote.ballot.kind, VoteKind::Nullify);
  // With a payload the next block comes at once.
  for (std::size_t i = 0; i < 4; ++i) {
    net[i].has_payload = true;
    net.give(i, PayloadReady{true});
  }
  net.world().run_for(1s);
  EXPECT_GE(net[0].ledger.size(), height + 20);
}

TEST(Depth, FarAboveFinalityBlocksAreEmptyAndFinalityStillReturns_D2) {
  Net net;
  bool is_lost = true;
  net.passes = [&](std::size_t, std::size_t, env::MessageType type, ByteView bytes) {
    if (type != message::vote || !is_lost) return true;
    return codec::from_bytes<Vote>(bytes)->ballot.kind != VoteKind::Finalize;
  };
  net.start_all();
  net.world().run_for(3s);
  EXPECT_TRUE(net[0].ledger.empty());
  EXPECT_GT(net[0].core->diagnose().view, View(20));
  is_lost = false;
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(30); }));
  for (std::size_t h = 0; h < 30; ++h) {
    // Eight blocks carried a payload; those above, until finality returned, did not.
    const bool is_empty = net[0].ledger[h]->header.app.is_empty();
    if (h < 20) {
      EXPECT_EQ(is_empty, h >= 8) << h;
    }
  }
}

TEST(Observer, FollowsWithoutAKey_O1) {
  Net net;
  Core observer(Config{}, net.epoch(), cheap_verifier(), nullptr);
  std::vector<BlockRef> ledger;
  const std::function<void(decltype(Input::event))> give = [&](decltype(Input::event) event) {
    for (const Output& output : observer.step({net.world().now(), {2000}, std::move(event)})) {
      if (const auto* check = std::get_if<CheckPayload>(&output)) {
        give(PayloadChecked{check->block->id, true});
      } else if (const auto* final = std::get_if<Finalized>(&output)) {
        ledger.insert(ledger.end(), final->blocks.begin(), final->blocks.end());
      }
      EXPECT_FALSE(std::holds_alternative<BuildPayload>(output));
    }
  };
  give(Start{});
  net.passes = [&](std::size_t from, std::size_t to, env::MessageType type, ByteView bytes) {
    if (to == (from + 1) % 4) {
      give(MessageReceived{net[from].id, type, std::make_shared<const Bytes>(to_bytes(bytes))});
    }
    return true;
  };
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  ASSERT_GE(ledger.size(), 19U);
  for (std::size_t h = 0; h < 19; ++h) EXPECT_EQ(ledger[h]->id, net[0].ledger[h]->id);
}

TEST(Synced, TheEngineGoesOnFromThere_O2) {
  Net net;
  bool is_away = true;
  net.passes = [&](std::size_t from, std::size_t to, env::MessageType, ByteView) {
    return !is_away || (from != 3 && to != 3);
  };
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net[0].ledger.size() >= 200; }));
  is_away = false;
  const Finalized& last = net[0].finals.back();
  Certificate weak = *last.certificate;
  weak.votes.pop_back();
  net.give(3, Synced{last.blocks.back()->header, weak});
  EXPECT_EQ(net[3].core->diagnose().committed_view, View(0));
  net[3].ledger = net[0].ledger;
  net.give(3, Synced{last.blocks.back()->header, *last.certificate});
  EXPECT_EQ(net[3].core->diagnose().committed_height, last.blocks.back()->header.height);
  const std::size_t height = net[3].ledger.size();
  ASSERT_TRUE(net.run_until([&] { return net[3].ledger.size() >= height + 20; }));
  EXPECT_TRUE(net.agrees());
}

TEST(Memory, IsBoundedByTheUncommitted_C5) {
  Net net;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(300); }));
  EXPECT_LE(net[0].core->diagnose().views_count, 24U);
  EXPECT_LE(net[0].core->diagnose().blocks_count, 8U);
  EXPECT_LE(net[0].core->durable_state().size(), 24U);
}

TEST(Compaction, WhatIsKeptIsEnoughToGoOn_W1) {
  Net net;
  net.start_all();
  for (int round = 0; round < 10; ++round) {
    const std::size_t height = net[0].ledger.size();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 5); }));
    const std::size_t i = static_cast<std::size_t>(round) % 4;
    ASSERT_TRUE(net[i].wal->compact(net[i].core->durable_state()));
    net.crash(i);
    net.start(i, false);
    EXPECT_FALSE(net[i].core->diagnose().is_recovering);
  }
  EXPECT_TRUE(net.agrees());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(net[i].evidence.empty());
}

}  // namespace
}  // namespace oort::consensus::test
