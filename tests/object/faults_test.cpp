// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "oort/core/reasons.hpp"
#include "scenario.hpp"

namespace oort::object {
namespace {

using namespace std::chrono_literals;
using test::Cluster;
using test::ClusterOptions;
using test::expect_all;
using test::expect_whole;
using test::noise;
using test::put_some;

TEST(Faults, AnyTwoOfFourNodesMayDie_G1_D1) {
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = a + 1; b < 4; ++b) {
      ClusterOptions options;
      options.seed = a * 4 + b;
      Cluster cluster(options);
      ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
      const auto stored = put_some(cluster, b);
      cluster.crash(a);
      cluster.crash(b);
      for (std::size_t via = 0; via < 4; ++via) {
        if (via != a && via != b) expect_all(cluster, via, stored);
      }
    }
  }
}

TEST(Faults, TwoNodesMayDieAfterSealingToo_U1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  cluster.run(15s);
  for (const auto& [id, record] : cluster.view().segments({}, 100)) {
    EXPECT_EQ(record.state, ledger::SegmentState::Sealed);
  }
  cluster.crash(0);
  cluster.crash(2);
  expect_all(cluster, 1, stored);
}

TEST(Faults, WritesGoOnWithThreeAndStopWithTwo_P3) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  cluster.crash(3);
  const auto large = cluster.put(0, "large", noise(1, 300'000));
  ASSERT_TRUE(large) << large.error().to_string();
  EXPECT_EQ(large->tolerance, 1U);
  EXPECT_TRUE(large->is_degraded);
  const auto small = cluster.put(0, "small", noise(2, 100));
  ASSERT_TRUE(small) << small.error().to_string();
  EXPECT_GE(small->tolerance, 1U);
  cluster.crash(2);
  EXPECT_EQ(cluster.put(0, "large", noise(1, 300'000)).error().reason(), reason::not_enough_nodes);
  EXPECT_EQ(cluster.put(0, "small", noise(1, 10)).error().reason(), reason::not_enough_nodes);
  EXPECT_EQ(*cluster.get(1, "large"), noise(1, 300'000));
  EXPECT_EQ(*cluster.get(1, "small"), noise(2, 100));
}

TEST(Faults, StrictDurabilityRefusesWithThree_P3) {
  ClusterOptions options;
  options.gateway.durability = Durability::Strict;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  ASSERT_TRUE(cluster.put(0, "one", noise(1, 300'000)));
  cluster.crash(3);
  EXPECT_EQ(cluster.put(0, "two", noise(1, 300'000)).error().reason(), reason::not_enough_nodes);
}

TEST(Faults, DegradedSegmentsAreWidenedWhenNodesReturn_A1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  cluster.crash(1);
  const auto stored = put_some(cluster);
  cluster.start(1);
  cluster.run(15s);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
  for (const auto& [id, record] : cluster.view().segments({}, 100)) {
    EXPECT_EQ(record.shards.size(), 4U);
    EXPECT_FALSE(record.is_degraded);
  }
}

TEST(Faults, AWipedNodeGetsItsShardsBack_U2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  cluster.run(15s);
  cluster.wipe(2);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(Faults, ALiarCostsTimeNeverTruth_D1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  for (const std::size_t liar : {1U, 2U}) cluster.node(liar).lie();
  expect_all(cluster, 0, stored);
  cluster.run(15s);
  expect_all(cluster, 3, stored);
}

TEST(Faults, DamagedDisksAreReadAroundAndRepaired_V2_U2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const Bytes content = noise(9, 2'000'000);
  ASSERT_TRUE(cluster.put(0, "x", content));
  for (std::uint64_t byte = 1000; byte < 900'000; byte += 3001) {
    cluster.machine(1).disk().flip_bit("volumes", "volume-0000000001", byte * 8);
  }
  for (std::size_t via = 0; via < 4; ++via) EXPECT_EQ(*cluster.get(via, "x"), content);
  // The damage is found by scrubbing, in a few rounds.
  cluster.run(20s);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, {{"x", content}}, 60s));
}

TEST(Faults, AScrubOnDemandNamesTheDamagedShardsAndTheyAreRepaired_H4) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const test::Stored stored = put_some(cluster);
  ASSERT_TRUE(test::becomes_durable(cluster, 60s));
  const auto scrub = [&](std::size_t at) {
    return *cluster.wait<ShardService::ScrubSummary>(
        [&](auto done) { cluster.node(at).service().scrub(std::move(done)); });
  };
  const auto clean = scrub(1);
  EXPECT_GT(clean.shards_count, 0U);
  EXPECT_GT(clean.bytes, 500'000U);
  EXPECT_EQ(clean.damaged_count + clean.unreadable_count, 0U);
  for (std::uint64_t byte = 1000; byte < 200'000; byte += 3001) {
    cluster.machine(1).disk().flip_bit("volumes", "volume-0000000001", byte * 8);
  }
  const auto damaged = scrub(1);
  EXPECT_GT(damaged.damaged_count, 0U);
  EXPECT_EQ(damaged.damaged.size(), damaged.damaged_count);
  EXPECT_EQ(damaged.shards_count, clean.shards_count);
  EXPECT_EQ(scrub(2).damaged_count, 0U);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 60s));
}

TEST(Faults, ASlowNodeIsReadAroundAndWrittenAround_D1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  cluster.network().links().slow(1, 20'000);
  const MonoTime before = cluster.world().now();
  expect_all(cluster, 0, stored);
  EXPECT_LT((cluster.world().now() - before).count(), Duration(10s).count());
  const auto put = cluster.put(0, "new", noise(5, 1000));
  ASSERT_TRUE(put) << put.error().to_string();
  const auto large = cluster.put(0, "new-large", noise(6, 400'000));
  ASSERT_TRUE(large) << large.error().to_string();
  EXPECT_EQ(*cluster.get(2, "new-large"), noise(6, 400'000));
}

TEST(Faults, WithoutQuorumWritesSayItAndReadsGoOn) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  EXPECT_FALSE(cluster.gateway(1).state().is_stale);
  cluster.ledger().has_quorum = false;
  EXPECT_TRUE(cluster.gateway(1).state().is_stale);
  EXPECT_EQ(cluster.put(1, "new", noise(1, 10)).error().reason(), reason::no_quorum);
  expect_all(cluster, 1, stored);
  cluster.ledger().has_quorum = true;
  ASSERT_TRUE(cluster.put(1, "new", noise(1, 10)));
}

TEST(Faults, WhatIsNotSeenIsNotDeniedBeforeAQuorumHasSpoken) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  EXPECT_EQ(cluster.get(1, "none").error().reason(), reason::no_such_key);
  cluster.ledger().answers_barriers = false;
  // It might have been acknowledged by a gateway that is ahead of this one.
  EXPECT_EQ(cluster.get(1, "none").error().reason(), reason::no_quorum);
  EXPECT_TRUE(cluster.gateway(1).state().is_stale);
  expect_all(cluster, 1, stored);
  cluster.ledger().has_quorum = false;
  EXPECT_EQ(cluster.get(1, "none").error().reason(), reason::no_quorum);
  cluster.ledger().has_quorum = true;
  cluster.ledger().answers_barriers = true;
  EXPECT_EQ(cluster.get(1, "none").error().reason(), reason::no_such_key);
  EXPECT_FALSE(cluster.gateway(1).state().is_stale);
}

TEST(Faults, APartitionedGatewayFailsAndHealsWithoutLoss) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  auto stored = put_some(cluster);
  cluster.network().links().partition({0, 1, 1, 1});
  EXPECT_FALSE(cluster.put(0, "lonely", noise(1, 300'000)));
  const auto put = cluster.put(1, "beside", noise(2, 300'000));
  ASSERT_TRUE(put) << put.error().to_string();
  stored["beside"] = noise(2, 300'000);
  expect_all(cluster, 2, stored);
  cluster.network().links().heal();
  cluster.run(10s);
  expect_all(cluster, 0, stored);
  ASSERT_TRUE(cluster.put(0, "again", noise(3, 300'000)));
}

TEST(Faults, AFullDiskIsWrittenAround_V3) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  auto stored = put_some(cluster);
  cluster.machine(2).disk().set_capacity(cluster.machine(2).disk().used_bytes() + 4096);
  for (std::uint64_t i = 0; i < 4; ++i) {
    const std::string name = "full" + std::to_string(i);
    stored[name] = noise(i, 3000 + i * 200'000);
    const auto put = cluster.put(i % 2, name, stored[name]);
    ASSERT_TRUE(put) << put.error().to_string();
    EXPECT_GE(put->tolerance, 1U);
  }
  expect_all(cluster, 2, stored);
  cluster.machine(2).disk().set_capacity(~std::uint64_t{0});
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 90s));
}

TEST(Faults, ADiskWhoseSyncsFailIsWrittenAroundUntilItsNodeRestarts_V3) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  test::Stored stored = put_some(cluster);
  cluster.machine(2).disk().fail_syncs(1);
  for (std::uint64_t i = 0; i < 4; ++i) {
    const std::string name = "failing" + std::to_string(i);
    stored[name] = noise(i, 2000 + i * 150'000);
    const auto put = cluster.put(i % 2, name, stored[name]);
    ASSERT_TRUE(put) << put.error().to_string();
    EXPECT_GE(put->tolerance, 1U);
  }
  EXPECT_EQ(cluster.node(2).volumes().state(), VolumeState::Failed);
  expect_all(cluster, 2, stored);
  cluster.restart(2);
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 120s));
}

TEST(Faults, AOneWayCutIsWrittenAndReadAround_D1) {
  // What the node does arrives nowhere, though it hears everything.
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  test::Stored stored = put_some(cluster);
  for (const std::uint32_t to : {0U, 1U, 2U}) cluster.network().links().cut(3, to);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string name = "deaf" + std::to_string(i);
    stored[name] = noise(i, 1000 + i * 200'000);
    const auto put = cluster.put(i, name, stored[name]);
    ASSERT_TRUE(put) << put.error().to_string();
    EXPECT_GE(put->tolerance, 1U);
  }
  expect_all(cluster, 1, stored);
  cluster.network().links().heal();
  ASSERT_NO_FATAL_FAILURE(expect_whole(cluster, stored, 120s));
}

/// Small and large objects put while `fault` may strike; those that were acknowledged.
test::Stored put_under(Cluster& cluster) {
  test::Stored acknowledged;
  for (const std::size_t size : {600U, 4000U, 90'000U, 300'000U}) {
    const std::string name = "under" + std::to_string(size);
    const Bytes content = noise(size + 1, size);
    if (!cluster.machine(0).is_up()) break;
    if (cluster.put(0, name, content)) acknowledged[name] = content;
  }
  return acknowledged;
}

/// What was put is there entirely or not at all, whether it was acknowledged or not.
void expect_whole_or_absent(Cluster& cluster, std::size_t via) {
  const auto listed = cluster.list(via);
  ASSERT_TRUE(listed);
  for (const ObjectMeta& meta : listed->objects) {
    const auto got = cluster.get(via, meta.name);
    ASSERT_TRUE(got) << meta.name << ": " << got.error().to_string();
    ASSERT_TRUE(*got == noise(meta.size + 1, meta.size)) << meta.name;
  }
}

TEST(Faults, ANodeMayDieAtAnyWriteOfItsDisk_G1_V1) {
  bool has_died = true;
  for (std::uint64_t writes = 0; has_died; writes += 3) {
    ASSERT_LT(writes, 500U);
    Cluster cluster;
    ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
    has_died = false;
    cluster.machine(1).disk().die_after(writes, [&] {
      has_died = true;
      cluster.crash(1);
    });
    const test::Stored acknowledged = put_under(cluster);
    EXPECT_EQ(acknowledged.size(), 4U) << "after " << writes;
    if (!has_died) break;
    cluster.run(100ms);
    cluster.start(1);
    ASSERT_TRUE(test::becomes_durable(cluster, 90s)) << "after " << writes;
    ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster)) << "after " << writes;
    ASSERT_NO_FATAL_FAILURE(expect_all(cluster, 1, acknowledged)) << "after " << writes;
  }
}

TEST(Faults, AGatewayMayDieAtAnyStepOfAPut_G1_G4) {
  bool has_died = true;
  for (std::uint64_t steps = 0; has_died; ++steps) {
    ASSERT_LT(steps, 100U);
    Cluster cluster;
    ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
    has_died = false;
    std::uint64_t seen = 0;
    // Whether what it is about to do still leaves it.
    const auto goes_on = [&] {
      if (has_died || ++seen <= steps) return true;
      has_died = true;
      cluster.crash(0);
      return false;
    };
    cluster.network().set_filter([&](const sim::FrameOnWire& frame) {
      return frame.from != 0 || frame.type != shard_message::append || goes_on();
    });
    cluster.ledger().set_filter([&](const test::FakeLedger::Submission&) { return goes_on(); });
    const test::Stored acknowledged = put_under(cluster);
    cluster.network().set_filter({});
    cluster.ledger().set_filter({});
    if (!has_died) break;
    cluster.run(100ms);
    cluster.start(0);
    ASSERT_TRUE(test::becomes_durable(cluster, 90s)) << "after " << steps;
    ASSERT_NO_FATAL_FAILURE(test::expect_shards_held(cluster)) << "after " << steps;
    ASSERT_NO_FATAL_FAILURE(expect_all(cluster, 2, acknowledged)) << "after " << steps;
    ASSERT_NO_FATAL_FAILURE(expect_whole_or_absent(cluster, 3)) << "after " << steps;
  }
}

TEST(Faults, OrphansAreCollectedAndNothingElse_H2_G4) {
  ClusterOptions options;
  options.orphan_window = 60;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  for (int i = 0; i < 3; ++i) {
    auto writer = cluster.wait<std::unique_ptr<ObjectWriter>>(
        [&](auto done) { cluster.gateway(0).put(cluster.put_request("gone"), std::move(done)); });
    ASSERT_TRUE(writer);
    ASSERT_TRUE(cluster.wait<void>(
        [&](auto done) { (*writer)->write(noise(1, 600'000), std::move(done)); }));
    cluster.run(1s);
  }
  cluster.run(60s);
  std::size_t named = 0;
  for (const auto& [id, record] : cluster.view().segments({}, 100)) named += record.shards.size();
  std::size_t held = 0;
  for (std::size_t i = 0; i < 4; ++i) held += cluster.node(i).volumes().list({}, 1000)->size();
  EXPECT_EQ(held, named);
  expect_all(cluster, 1, stored);
}

TEST(Faults, TheBucketIndexCanBeLost_X2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto stored = put_some(cluster);
  ASSERT_TRUE(cluster.remove(1, "o10"));
  cluster.wipe(3);
  const auto listed = cluster.list(3);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->objects.size(), stored.size() - 1);
  EXPECT_EQ(listed->objects, cluster.list(0)->objects);
}

/// Puts from several gateways while machines crash and come back. Whatever was acknowledged must be
/// there in the end; an object that was not is there entirely or not at all.
void chaos(std::uint64_t seed) {
  ClusterOptions options;
  options.seed = seed;
  options.links.loss_ppm = 2000;
  options.links.stall_ppm = 20'000;
  options.links.stall_max = 400ms;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  sim::Generator random(seed);
  std::map<std::string, Bytes> acknowledged;
  std::map<std::string, Bytes> attempted;
  constexpr std::size_t nobody = 4;
  std::size_t down = nobody;
  for (std::uint64_t step = 0; step < 30; ++step) {
    // At most one machine is down, so that writes can go on.
    if (random.below(4) == 0) {
      if (down != nobody) {
        cluster.run(300ms);
        cluster.start(down);
        down = nobody;
      } else {
        down = random.below(4);
        const Duration later = random.duration(Duration(0), Duration(300ms));
        cluster.world().after(later, [&cluster, victim = down] { cluster.crash(victim); });
      }
    }
    std::size_t via = random.below(4);
    if (via == down) via = (via + 1) % 4;
    const std::string name = "k" + std::to_string(step);
    const Bytes content = noise(seed * 100 + step, random.below(3) == 0 ? 400'000 : 1 + step * 150);
    attempted[name] = content;
    if (cluster.put(via, name, content)) acknowledged[name] = content;
  }
  cluster.run(300ms);
  if (down != nobody) cluster.start(down);
  cluster.run(5s);
  EXPECT_GT(acknowledged.size(), 14U) << "seed " << seed;
  for (std::size_t via = 0; via < 4; ++via) {
    ASSERT_NO_FATAL_FAILURE(expect_all(cluster, via, acknowledged)) << "seed " << seed;
  }
  const auto listed = cluster.list(1);
  ASSERT_TRUE(listed);
  for (const ObjectMeta& meta : listed->objects) {
    ASSERT_EQ(*cluster.get(1, meta.name), attempted[meta.name]) << "seed " << seed;
  }
}

TEST(Faults, ChaosLosesNothingAcknowledged_G1_G4) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    ASSERT_NO_FATAL_FAILURE(chaos(seed));
  }
}

}  // namespace
}  // namespace oort::object
