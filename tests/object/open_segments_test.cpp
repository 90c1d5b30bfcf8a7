// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/object/layout.hpp"
#include "scenario.hpp"

/// What becomes of an open segment whose gateway, replicas or sealer die. Each case ends whole: no
/// shard missing to anybody, and every acknowledged object readable while any two machines are
/// down.
namespace oort::object {
namespace {

using namespace std::chrono_literals;
using test::Cluster;
using test::ClusterOptions;
using test::expect_whole;
using test::noise;
using test::open_segment;
using test::put_small;
using test::put_some;
using test::Stored;

constexpr std::size_t gateway = 0;

/// Nothing is sealed because it rested.
ClusterOptions restless() {
  ClusterOptions options;
  options.gateway.open_segment_idle = std::chrono::hours(1);
  return options;
}

ledger::Segment record_of(Cluster& cluster, const SegmentId& id) {
  const auto record = cluster.view().segment(id);
  EXPECT_TRUE(record);
  return record.value_or(ledger::Segment());
}

bool holds(Cluster& cluster, const SegmentId& id, std::size_t machine) {
  const auto record = record_of(cluster, id);
  return std::ranges::find(record.shards, cluster.keys(machine).node_id(), &ledger::Shard::node) !=
         record.shards.end();
}

const ledger::SegmentSeal* seal_in(const test::FakeLedger::Submission& submission) {
  for (const auto& one : submission.operations) {
    if (const auto* seal = std::get_if<ledger::SegmentSeal>(&one.operation)) return seal;
  }
  return nullptr;
}

TEST(OpenSegments, AKilledGatewaySealsWhatItLeftOnceItIsBack_U1) {
  Cluster cluster(restless());
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_small(cluster);
  const SegmentId id = open_segment(cluster).first;
  cluster.restart(gateway);
  cluster.run(8s);
  // What the life before submitted could be ordered for so long.
  EXPECT_EQ(record_of(cluster, id).state, ledger::SegmentState::Open);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
  EXPECT_EQ(record_of(cluster, id).state, ledger::SegmentState::Sealed);
}

TEST(OpenSegments, AReplicaWipedWhileItsGatewayRestsIsMadeGood_U1) {
  for (std::size_t wiped = 0; wiped < 4; ++wiped) {
    Cluster cluster;
    ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
    const Stored stored = put_small(cluster);
    cluster.wipe(wiped);
    ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s)) << "wiped " << wiped;
  }
}

TEST(OpenSegments, AReplicaWipedUnderWritesEndsTheSegmentAndLosesNothing_W1) {
  for (std::size_t wiped = 0; wiped < 4; ++wiped) {
    Cluster cluster;
    ASSERT_TRUE(cluster.create_bucket(1, "bucket"));
    Stored stored = put_small(cluster, 1);
    cluster.wipe(wiped);
    for (std::uint64_t i = 0; i < 4; ++i) {
      const std::string name = "later" + std::to_string(i);
      stored[name] = noise(i, 900);
      const auto put = cluster.put(1, name, stored[name]);
      ASSERT_TRUE(put) << put.error().to_string();
      cluster.run(500ms);
    }
    ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s)) << "wiped " << wiped;
  }
}

TEST(OpenSegments, ADeadGatewaysSegmentIsSealedByAReplicaAfterTheLease) {
  ClusterOptions options = restless();
  options.supers = 5;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_small(cluster);
  const auto [id, open] = open_segment(cluster);
  cluster.crash(gateway);
  cluster.world().run_until_holds(
      [&] { return record_of(cluster, id).state == ledger::SegmentState::Sealed; }, 60s);
  const ledger::Segment sealed = record_of(cluster, id);
  EXPECT_EQ(sealed.state, ledger::SegmentState::Sealed);
  EXPECT_EQ(sealed.fence, open.fence + 1);
  EXPECT_GT(cluster.ledger().snapshot().height, open.lease_until);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(OpenSegments, WithTooFewNodesToCodeTheReplicasAreMadeGoodInstead_A1) {
  // Four nodes and one is dead for good: 2-of-4 cannot be had, but three replicas can.
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_small(cluster);
  const auto [id, open] = open_segment(cluster);
  const std::size_t dead = cluster.index_of(open.shards.front().node);
  cluster.crash(dead);
  const std::size_t other = (dead + 1) % 4;
  const bool is_good = cluster.world().run_until_holds(
      [&] {
        const DurabilityState state = cluster.gateway(other).durability();
        return !holds(cluster, id, dead) && state.missing_shards_count == 0 &&
               state.degraded_segments_count == 0;
      },
      60s);
  ASSERT_TRUE(is_good);
  EXPECT_EQ(record_of(cluster, id).state, ledger::SegmentState::Open);
  ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster));
  cluster.crash(other);
  const std::size_t reader = (dead + 2) % 4;
  ASSERT_NO_FATAL_FAILURE(expect_all(cluster, reader, stored));
  cluster.start(other);
  cluster.start(dead);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 90s));
}

TEST(OpenSegments, AWipedReplicaOfADeadGatewayIsMadeGoodBeforeTheLeaseEnds_A1) {
  ClusterOptions options = restless();
  options.segment_lease = 100'000;
  options.supers = 5;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_small(cluster);
  const auto [id, open] = open_segment(cluster);
  std::size_t wiped = cluster.index_of(open.shards.front().node);
  if (wiped == gateway) wiped = cluster.index_of(open.shards.back().node);
  cluster.crash(gateway);
  cluster.wipe(wiped);
  // Nobody writes, and nobody may seal; still nothing stays lost.
  cluster.run(60s);
  EXPECT_EQ(record_of(cluster, id).state, ledger::SegmentState::Open);
  ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster));
  for (std::size_t via = 1; via < 5; ++via) {
    const DurabilityState state = cluster.gateway(via).durability();
    EXPECT_EQ(state.missing_shards_count, 0U) << "gateway " << via;
    EXPECT_EQ(state.degraded_segments_count, 0U) << "gateway " << via;
  }
  cluster.start(gateway);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(OpenSegments, AFencedGatewayWritesIntoAnotherSegment_W2) {
  ClusterOptions options = restless();
  options.supers = 5;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  Stored stored = put_small(cluster);
  const SegmentId id = open_segment(cluster).first;
  cluster.network().links().partition({0, 1, 1, 1, 1});
  ASSERT_TRUE(cluster.world().run_until_holds(
      [&] { return record_of(cluster, id).state == ledger::SegmentState::Sealed; }, 60s));
  cluster.network().links().heal();
  cluster.run(1s);
  // Its replicas still take what it appends; the ledger does not.
  stored["late"] = noise(77, 800);
  const auto put = cluster.put(gateway, "late", stored["late"]);
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_NE(open_segment(cluster).first, id);
  cluster.restart(gateway);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

/// The gateway dies when its `frames`-th append of a sealed shard leaves, or, with none left to
/// count, when its seal reaches the ledger. Whether it died.
bool dies_while_sealing(Cluster& cluster, std::uint64_t frames) {
  std::uint64_t seen = 0;
  bool is_dead = false;
  const auto die = [&] {
    is_dead = true;
    cluster.crash(gateway);
    return false;
  };
  cluster.network().set_filter([&](const sim::FrameOnWire& frame) {
    if (is_dead || frame.from != gateway || frame.type != shard_message::append) return true;
    if (frame.kind != sim::FrameOnWire::Kind::Request) return true;
    const auto append = codec::from_bytes<AppendShard>(frame.payload);
    if (!append || append->shard.generation < 2 || ++seen <= frames) return true;
    return die();
  });
  cluster.ledger().set_filter([&](const test::FakeLedger::Submission& submission) {
    if (is_dead || seal_in(submission) == nullptr) return true;
    return die();
  });
  cluster.world().run_until_holds([&] { return is_dead; }, 60s);
  cluster.network().set_filter({});
  cluster.ledger().set_filter({});
  return is_dead && seen > frames;
}

ClusterOptions of_many_pieces() {
  ClusterOptions options;
  options.gateway.small_object_bytes_max = 1 << 20;
  options.gateway.segment_plain_bytes = 1 << 20;
  options.gateway.open_segment_bytes_max = 8 << 20;
  return options;
}

/// As `expect_whole` but for one pair of dead machines: the sweeps repeat it often.
void expect_held(Cluster& cluster, const Stored& stored) {
  ASSERT_TRUE(test::becomes_durable(cluster, 90s));
  ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster));
  cluster.crash(1);
  if (cluster.machine(gateway).is_up()) cluster.crash(gateway);
  ASSERT_NO_FATAL_FAILURE(expect_all(cluster, 2, stored));
}

Stored put_pieces(Cluster& cluster) {
  Stored stored;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string name = "p" + std::to_string(i);
    stored[name] = noise(i + 1, 900'000);
    EXPECT_TRUE(cluster.put(gateway, name, stored[name]));
  }
  return stored;
}

TEST(OpenSegments, ASealIsTriedAgainByItsGatewayWhateverWriteItDiedAt_G4) {
  bool is_before_the_ledger = true;
  for (std::uint64_t frames = 0; is_before_the_ledger; ++frames) {
    ASSERT_LT(frames, 20U);
    Cluster cluster(of_many_pieces());
    ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
    const Stored stored = put_pieces(cluster);
    is_before_the_ledger = dies_while_sealing(cluster, frames);
    ASSERT_FALSE(cluster.machine(gateway).is_up());
    cluster.start(gateway);
    ASSERT_NO_FATAL_FAILURE(expect_held(cluster, stored)) << "after " << frames;
  }
}

TEST(OpenSegments, ASealIsTriedAgainByAReplicaWhateverWriteItDiedAt_G4) {
  bool is_before_the_ledger = true;
  for (std::uint64_t frames = 0; is_before_the_ledger; ++frames) {
    ASSERT_LT(frames, 20U);
    ClusterOptions options = of_many_pieces();
    options.supers = 5;
    Cluster cluster(options);
    ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
    const Stored stored = put_pieces(cluster);
    is_before_the_ledger = dies_while_sealing(cluster, frames);
    ASSERT_FALSE(cluster.machine(gateway).is_up());
    ASSERT_NO_FATAL_FAILURE(expect_held(cluster, stored)) << "after " << frames;
  }
}

TEST(OpenSegments, AnothersShardsInTheWayAreWaitedOut_H2) {
  // What a sealer that came to nothing left: other content under the very names of the shards.
  ClusterOptions options = restless();
  // Longer than any rest between two tries: what each of them prolonged would stay for ever.
  options.orphan_window = 4000;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_small(cluster);
  const auto [id, open] = open_segment(cluster);
  // As long as the true shards, so that a blind append at their end would be taken.
  const std::uint64_t length = Layout(open.length, 2).shard_bytes();
  for (std::size_t at = 0; at < 4; ++at) {
    for (std::uint8_t index = 0; index < 4; ++index) {
      AppendShard junk;
      junk.shard = {id, index, open.fence + 1};
      junk.is_last = true;
      junk.hold_until = Height(cluster.ledger().snapshot().height.value() + 400);
      junk.bytes = noise(index, length);
      const auto taken = cluster.wait<Bytes>([&](auto done) {
        cluster.node(at).service().handle(cluster.keys(3).node_id(), AppendShard::type,
                                          codec::to_bytes(junk), std::move(done));
      });
      ASSERT_TRUE(taken) << taken.error().to_string();
    }
  }
  cluster.restart(gateway);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 120s));
}

TEST(Background, NodesThatDoNoSuchWorkKeepNothingFromRepair_U3) {
  // Three of seven storage nodes have no gateway; they are drawn as workers too.
  ClusterOptions options;
  options.archives = 3;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  Stored stored;
  for (std::uint64_t i = 0; i < 8; ++i) {
    const std::string name = "l" + std::to_string(i);
    stored[name] = noise(i, 60'000);
    ASSERT_TRUE(cluster.put(gateway, name, stored[name]));
  }
  cluster.wipe(2);
  cluster.run(60s);
  ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster));
}

TEST(Background, WhatOneGatewayRepairedIsMissingToNoOther_U4) {
  for (std::size_t wiped = 0; wiped < 4; ++wiped) {
    ClusterOptions options;
    options.seed = wiped + 1;
    Cluster cluster(options);
    ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
    const Stored stored = put_some(cluster);
    cluster.run(15s);
    cluster.wipe(wiped);
    // All see the loss before any of them has a turn to end it.
    for (std::size_t via = 0; via < 4; ++via) cluster.gateway(via).pause_repair(true);
    cluster.run(40s);
    for (std::size_t via = 0; via < 4; ++via) {
      EXPECT_GT(cluster.gateway(via).durability().missing_shards_count, 0U);
      cluster.gateway(via).pause_repair(false);
    }
    ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s)) << "wiped " << wiped;
  }
}

TEST(Background, ANodeThatTakesNothingKeepsNoOtherWaiting_U3_A3) {
  ClusterOptions options;
  options.gateway.repairs_max = 1;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  Stored stored;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::string name = "l" + std::to_string(i);
    stored[name] = noise(i, 100'000);
    ASSERT_TRUE(cluster.put(gateway, name, stored[name]));
  }
  cluster.run(10s);
  cluster.wipe(1);
  cluster.machine(1).disk().set_capacity(8192);
  cluster.wipe(2);
  const NodeId healthy = cluster.keys(2).node_id();
  const auto is_back = [&] {
    for (const auto& [id, record] : cluster.view().segments({}, 1000)) {
      for (std::size_t i = 0; i < record.shards.size(); ++i) {
        const ledger::Shard& shard = record.shards[i];
        if (shard.node != healthy) continue;
        const auto stat =
            cluster.node(2).volumes().stat({id, static_cast<std::uint8_t>(i), shard.generation});
        if (!stat || !*stat) return false;
      }
    }
    return true;
  };
  ASSERT_TRUE(cluster.world().run_until_holds(is_back, 90s));
  cluster.machine(1).disk().set_capacity(~std::uint64_t{0});
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 120s));
}

SealSummary seal_now(Cluster& cluster, std::size_t via) {
  const auto summary = cluster.wait<SealSummary>(
      [&](auto done) { cluster.gateway(via).seal_open_segments(std::move(done)); });
  EXPECT_TRUE(summary) << summary.error().to_string();
  return summary.value_or(SealSummary());
}

RepairStep step(Cluster& cluster, std::size_t via) {
  const auto done = cluster.wait<RepairStep>(
      [&](auto callback) { cluster.gateway(via).step_repair(std::move(callback)); });
  EXPECT_TRUE(done) << done.error().to_string();
  return done.value_or(RepairStep());
}

TEST(Background, OpenSegmentsAreSealedOnDemandByWhoMay_U1) {
  Cluster cluster(restless());
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  cluster.run(11s);
  const Stored stored = put_small(cluster);
  const SegmentId id = open_segment(cluster).first;
  const SealSummary others = seal_now(cluster, 1);
  EXPECT_EQ(others.sealed_count, 0U);
  EXPECT_EQ(others.left_count, 1U);
  const SealSummary own = seal_now(cluster, gateway);
  EXPECT_EQ(own.sealed_count, 1U);
  EXPECT_EQ(own.failed_count + own.left_count, 0U) << own.why;
  EXPECT_EQ(record_of(cluster, id).state, ledger::SegmentState::Sealed);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(Background, ASealOnDemandSaysWhyItFailed) {
  Cluster cluster(restless());
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  cluster.run(11s);
  put_small(cluster);
  cluster.crash(3);
  const SealSummary summary = seal_now(cluster, gateway);
  EXPECT_EQ(summary.failed_count, 1U);
  EXPECT_EQ(summary.sealed_count + summary.left_count, 0U);
  EXPECT_NE(summary.why.find(reason::not_enough_nodes), std::string::npos) << summary.why;
}

TEST(Background, WhilePausedNothingChangesButByStepsThatSayWhatTheyDid_U5) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  const Stored stored = put_some(cluster);
  cluster.run(15s);
  ASSERT_TRUE(test::becomes_durable(cluster, 60s));
  for (std::size_t via = 0; via < 4; ++via) cluster.gateway(via).pause_repair(true);
  cluster.wipe(3);
  cluster.gateway(3).pause_repair(true);
  cluster.run(40s);
  const DurabilityState before = cluster.gateway(gateway).durability();
  EXPECT_TRUE(before.is_paused);
  EXPECT_GT(before.missing_shards_count, 0U);
  EXPECT_EQ(before.repaired_shards_count, 0U);
  const NodeId wiped = cluster.keys(3).node_id();
  for (std::uint64_t i = 0; i < before.missing_shards_count; ++i) {
    const RepairStep done = step(cluster, gateway);
    ASSERT_EQ(done.kind, RepairStep::Kind::Repaired) << done.why;
    EXPECT_EQ(done.from, wiped);
    EXPECT_EQ(done.to, wiped);
  }
  EXPECT_EQ(step(cluster, gateway).kind, RepairStep::Kind::Nothing);
  ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster));
  for (std::size_t via = 0; via < 4; ++via) cluster.gateway(via).pause_repair(false);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(Background, AStepThatFailsSaysAtWhat_U5) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(gateway, "bucket"));
  ASSERT_TRUE(cluster.put(gateway, "x", noise(1, 100'000)));
  cluster.run(12s);
  for (std::size_t via = 0; via < 4; ++via) cluster.gateway(via).pause_repair(true);
  cluster.wipe(3);
  cluster.gateway(3).pause_repair(true);
  cluster.machine(3).disk().set_capacity(8192);
  cluster.run(40s);
  const RepairStep failed = step(cluster, gateway);
  EXPECT_EQ(failed.kind, RepairStep::Kind::Failed);
  EXPECT_EQ(failed.to, cluster.keys(3).node_id());
  EXPECT_NE(failed.why.find(reason::disk_full), std::string::npos) << failed.why;
}

}  // namespace
}  // namespace oort::object
