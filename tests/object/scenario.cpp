// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <gtest/gtest.h>

namespace oort::object::test {
namespace {

constexpr std::size_t segments_max = 10'000;

bool is_durable(Cluster& cluster, Height since) {
  for (std::size_t i = 0; i < cluster.machines_count(); ++i) {
    if (!cluster.machine(i).is_up() || !cluster.node(i).has_gateway()) continue;
    const DurabilityState state = cluster.gateway(i).durability();
    if (state.height <= since || state.missing_shards_count > 0 ||
        state.degraded_segments_count > 0 || state.open_segments_count > 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

Stored put_some(Cluster& cluster, std::size_t via) {
  Stored stored;
  for (const std::size_t size : {10U, 5000U, 8192U, 40'000U, 300'000U, 700'000U}) {
    const std::string name = "o" + std::to_string(size);
    stored[name] = noise(size, size);
    const auto put = cluster.put(via, name, stored[name]);
    EXPECT_TRUE(put) << put.error().to_string();
  }
  return stored;
}

Stored put_small(Cluster& cluster, std::size_t via) {
  Stored stored;
  for (const std::size_t size : {1U, 700U, 6000U}) {
    const std::string name = "s" + std::to_string(size);
    stored[name] = noise(size, size);
    const auto put = cluster.put(via, name, stored[name]);
    EXPECT_TRUE(put) << put.error().to_string();
  }
  return stored;
}

void expect_all(Cluster& cluster, std::size_t via, const Stored& stored) {
  for (const auto& [name, content] : stored) {
    const auto got = cluster.get(via, name);
    ASSERT_TRUE(got) << name << " via " << via << ": " << got.error().to_string();
    ASSERT_TRUE(*got == content) << name;
  }
}

bool becomes_durable(Cluster& cluster, Duration limit) {
  for (int i = 0; i < 2; ++i) {
    cluster.run(ClusterOptions::small_gateway().worker_turn);
    const Height since = cluster.ledger().snapshot().height;
    if (!cluster.world().run_until_holds([&] { return is_durable(cluster, since); }, limit)) {
      return false;
    }
  }
  return true;
}

void expect_shards_held(Cluster& cluster) {
  for (const auto& [id, record] : cluster.view().segments({}, segments_max)) {
    if (record.references == 0) continue;
    for (std::size_t i = 0; i < record.shards.size(); ++i) {
      const ledger::Shard& shard = record.shards[i];
      const std::size_t at = cluster.index_of(shard.node);
      ASSERT_TRUE(cluster.machine(at).is_up()) << "shard " << i << " on machine " << at;
      const auto stat =
          cluster.node(at).volumes().stat({id, static_cast<std::uint8_t>(i), shard.generation});
      ASSERT_TRUE(stat && *stat) << "shard " << i << " on machine " << at;
      ASSERT_EQ((*stat)->length, shard.length);
      ASSERT_EQ((*stat)->root, shard.root);
    }
  }
}

void expect_whole(Cluster& cluster, const Stored& stored, Duration limit) {
  ASSERT_TRUE(becomes_durable(cluster, limit));
  ASSERT_NO_FATAL_FAILURE(expect_shards_held(cluster));
  const std::size_t count = cluster.machines_count();
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = a + 1; b < count; ++b) {
      std::vector<std::size_t> downed;
      for (const std::size_t i : {a, b}) {
        if (!cluster.machine(i).is_up()) continue;
        cluster.crash(i);
        downed.push_back(i);
      }
      for (std::size_t via = 0; via < count; ++via) {
        if (!cluster.machine(via).is_up() || !cluster.node(via).has_gateway()) continue;
        ASSERT_NO_FATAL_FAILURE(expect_all(cluster, via, stored)) << a << " and " << b;
        break;
      }
      for (const std::size_t i : downed) cluster.start(i);
    }
  }
}

std::pair<SegmentId, ledger::Segment> open_segment(Cluster& cluster) {
  for (auto& [id, record] : cluster.view().segments({}, segments_max)) {
    if (record.state == ledger::SegmentState::Open) return {id, record};
  }
  ADD_FAILURE() << "no segment is open";
  return {};
}

}  // namespace oort::object::test
