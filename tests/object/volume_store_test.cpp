// SPDX-License-Identifier: Apache-2.0
#include "oort/object/volume_store.hpp"

#include <gtest/gtest.h>

#include <map>

#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "sim/disk.hpp"
#include "support.hpp"

namespace oort::object {
namespace {

using test::id_of;
using test::noise;
using test::shard_of;

const NodeId writer = id_of<NodeId>(9);
constexpr Height hold{1000};

/// A store on a simulated disk that can be crashed and opened again.
struct Bench {
  explicit Bench(std::uint64_t seed, sim::DiskOptions disk_options = {},
                 VolumeStore::Options store_options = small())
      : world(seed), disk(world, disk_options), options(store_options) {
    open();
  }
  static VolumeStore::Options small() {
    VolumeStore::Options options;
    options.volume_bytes_max = 20'000;
    options.reserve_bytes = 0;
    options.cached_shards_max = 4;
    return options;
  }
  void open() {
    store.reset();
    blobs = disk.open_blobs("volumes");
    index = disk.open_kv("index");
    auto opened = VolumeStore::open(*blobs, *index, options);
    ASSERT_TRUE(opened) << opened.error().to_string();
    store = std::move(*opened);
  }
  void crash() {
    disk.crash();
    open();
  }
  Result<void> put(const ShardRef& shard, ByteView bytes, bool is_last = true) {
    OORT_TRY(store->append(shard, 0, bytes, writer, hold));
    if (is_last) OORT_TRY(store->seal(shard));
    return store->sync();
  }
  Bytes whole(const ShardRef& shard) {
    const auto stat = store->stat(shard);
    EXPECT_TRUE(stat && *stat);
    if (!stat || !*stat) return {};
    auto bytes = store->read(shard, 0, (*stat)->length);
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    return bytes ? *bytes : Bytes{};
  }

  sim::World world;
  sim::SimDisk disk;
  VolumeStore::Options options;
  std::unique_ptr<env::BlobStore> blobs;
  std::unique_ptr<env::KvStore> index;
  std::unique_ptr<VolumeStore> store;
};

TEST(VolumeStore, SyncedShardsSurviveACrash_V1) {
  Bench bench(1);
  const Bytes small = noise(1, 10);
  const Bytes large = noise(2, 50'000);
  ASSERT_TRUE(bench.put(shard_of(1), small));
  ASSERT_TRUE(bench.put(shard_of(2, 3, 7), large));
  bench.crash();
  EXPECT_EQ(bench.whole(shard_of(1)), small);
  EXPECT_EQ(bench.whole(shard_of(2, 3, 7)), large);
  const auto stat = **bench.store->stat(shard_of(2, 3, 7));
  EXPECT_TRUE(stat.is_sealed);
  EXPECT_EQ(stat.root, crypto::tree_root(large));
  EXPECT_EQ(stat.hold_until, hold);
  EXPECT_EQ(stat.writer, writer);
  EXPECT_EQ(*bench.store->leaves(shard_of(2, 3, 7)), [&] {
    crypto::TreeBuilder tree;
    tree.update(large);
    return tree.leaves();
  }());
}

TEST(VolumeStore, EveryRangeReadsBack_V2) {
  Bench bench(2);
  const Bytes bytes = noise(3, 13'000);
  std::uint64_t at = 0;
  for (const std::size_t size : {1U, 4095U, 4096U, 4000U, 808U}) {
    ASSERT_TRUE(
        bench.store->append(shard_of(1), at, ByteView(bytes).subspan(at, size), writer, hold));
    at += size;
  }
  ASSERT_EQ(at, bytes.size());
  for (const bool is_sealed : {false, true}) {
    if (is_sealed) {
      ASSERT_TRUE(bench.store->seal(shard_of(1)));
    }
    sim::Generator random(4);
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t begin = random.below(bytes.size() + 1);
      const std::uint64_t size = random.below(bytes.size() - begin + 1);
      const auto read = bench.store->read(shard_of(1), begin, size);
      ASSERT_TRUE(read) << read.error().to_string();
      ASSERT_EQ(*read, to_bytes(ByteView(bytes).subspan(begin, size)));
    }
  }
  EXPECT_EQ(bench.store->read(shard_of(1), 1, bytes.size()).error().reason(),
            reason::invalid_range);
  EXPECT_EQ(bench.store->read(shard_of(8), 0, 1).error().reason(), reason::not_found);
}

TEST(VolumeStore, RefusesWhatDoesNotFollow) {
  Bench bench(3);
  const Bytes bytes = noise(1, 100);
  ASSERT_TRUE(bench.store->append(shard_of(1), 0, bytes, writer, hold));
  EXPECT_EQ(bench.store->append(shard_of(1), 0, bytes, writer, hold).error().code(),
            ErrorCode::OutOfRange);
  EXPECT_EQ(bench.store->append(shard_of(1), 101, bytes, writer, hold).error().code(),
            ErrorCode::OutOfRange);
  EXPECT_EQ(bench.store->append(shard_of(1), 100, bytes, id_of<NodeId>(8), hold).error().reason(),
            reason::not_allowed);
  ASSERT_TRUE(bench.store->seal(shard_of(1)));
  EXPECT_EQ(bench.store->append(shard_of(1), 100, bytes, writer, hold).error().reason(),
            reason::already_exists);
  const auto raised = bench.store->append(shard_of(1), 100, {}, writer, Height(5000));
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->hold_until, Height(5000));
  ASSERT_TRUE(bench.store->sync());
  bench.crash();
  EXPECT_EQ((**bench.store->stat(shard_of(1))).hold_until, Height(5000));
}

TEST(VolumeStore, OpenShardsGrowAfterACrash_V1) {
  Bench bench(4);
  const Bytes bytes = noise(1, 9000);
  ASSERT_TRUE(bench.put(shard_of(1), ByteView(bytes).first(5000), false));
  bench.crash();
  ASSERT_TRUE(bench.store->append(shard_of(1), 5000, ByteView(bytes).subspan(5000), writer, hold));
  ASSERT_TRUE(bench.store->seal(shard_of(1)));
  ASSERT_TRUE(bench.store->sync());
  EXPECT_EQ((**bench.store->stat(shard_of(1))).root, crypto::tree_root(bytes));
  bench.crash();
  EXPECT_EQ(bench.whole(shard_of(1)), bytes);
}

/// What the store says of itself is true, to the last removed shard's last byte.
void check_counts(VolumeStore& store) {
  const auto shards = *store.list({}, 100);
  ASSERT_EQ(store.shards_count(), shards.size());
  std::uint64_t live_bytes = store.used_bytes() - store.dead_bytes();
  for (const ShardStat& stat : shards) {
    ASSERT_TRUE(store.remove(stat.shard));
    const std::uint64_t rest = store.used_bytes() - store.dead_bytes();
    ASSERT_GE(live_bytes - rest, stat.length);
    live_bytes = rest;
  }
  ASSERT_EQ(store.shards_count(), 0U);
  ASSERT_EQ(live_bytes, 0U);
}

/// Puts, removes and compacts at random; the machine dies after `limit` disk operations. Whatever
/// was acknowledged must be there, and nothing may be there in another form.
void crash_after(std::uint64_t seed, std::uint64_t limit, sim::Torn torn) {
  Bench bench(seed, {torn, ~std::uint64_t{0}});
  std::map<ShardRef, Bytes> acknowledged;
  std::map<ShardRef, Bytes> attempted;
  bool is_dead = false;
  bench.disk.die_after(limit, [&] { is_dead = true; });
  sim::Generator random(seed);
  for (std::uint8_t i = 0; i < 60 && !is_dead; ++i) {
    const ShardRef shard = shard_of(static_cast<std::uint8_t>(i + 1));
    const Bytes bytes = noise(i, random.below(6000) + 1);
    attempted[shard] = bytes;
    if (bench.put(shard, bytes, random.below(2) == 0)) acknowledged[shard] = bytes;
    if (random.below(3) == 0 && !acknowledged.empty()) {
      auto victim = acknowledged.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random.below(acknowledged.size())));
      const ShardRef gone = victim->first;
      acknowledged.erase(victim);
      if (bench.store->remove(gone)) static_cast<void>(bench.store->sync());
    }
    if (random.below(6) == 0) static_cast<void>(bench.store->compact());
  }
  bench.crash();
  if (testing::Test::HasFatalFailure()) return;
  for (const auto& [shard, bytes] : acknowledged) {
    const auto stat = bench.store->stat(shard);
    ASSERT_TRUE(stat && *stat) << "seed " << seed << " limit " << limit;
    ASSERT_EQ(bench.whole(shard), bytes) << "seed " << seed << " limit " << limit;
  }
  for (const auto& [shard, bytes] : attempted) {
    const auto stat = bench.store->stat(shard);
    ASSERT_TRUE(stat);
    if (*stat) {
      ASSERT_EQ(bench.whole(shard), bytes);
    }
  }
  check_counts(*bench.store);
}

TEST(VolumeStore, CrashAtAnyStepLosesNothingAcknowledged_V1_V4) {
  for (const sim::Torn torn : {sim::Torn::Prefix, sim::Torn::Nothing, sim::Torn::Everything}) {
    for (std::uint64_t limit = 1; limit < 150; ++limit) {
      crash_after(limit + 1000 * static_cast<std::uint64_t>(torn), limit, torn);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(VolumeStore, EveryFlippedBitOfAPayloadIsFound_V2) {
  Bench bench(5);
  const Bytes bytes = noise(1, 5000);
  ASSERT_TRUE(bench.put(shard_of(1), bytes));
  for (std::uint64_t byte = 128; byte < 128 + 5000; byte += 7) {
    const std::uint64_t bit = byte * 8 + byte % 8;
    ASSERT_TRUE(bench.disk.flip_bit("volumes", "volume-0000000001", bit));
    const auto read = bench.store->read(shard_of(1), 0, bytes.size());
    ASSERT_FALSE(read);
    ASSERT_EQ(read.error().reason(), reason::corrupt_shard);
    ASSERT_TRUE(bench.disk.flip_bit("volumes", "volume-0000000001", bit));
  }
  EXPECT_EQ(bench.whole(shard_of(1)), bytes);
}

TEST(VolumeStore, FullDiskRefusesAndLosesNothing_V3) {
  Bench bench(6, {sim::Torn::Prefix, 60'000});
  std::map<ShardRef, Bytes> kept;
  std::uint8_t next = 1;
  for (; next < 100; ++next) {
    const Bytes bytes = noise(next, 3000);
    const auto put = bench.put(shard_of(next), bytes);
    if (!put) {
      EXPECT_EQ(put.error().reason(), reason::disk_full);
      break;
    }
    kept[shard_of(next)] = bytes;
  }
  ASSERT_LT(next, 100);
  ASSERT_GT(next, 5);
  EXPECT_EQ(bench.store->state(), VolumeState::Full);
  for (const auto& [shard, bytes] : kept) EXPECT_EQ(bench.whole(shard), bytes);
  bench.disk.set_capacity(1'000'000);
  EXPECT_TRUE(bench.put(shard_of(200), noise(200, 3000)));
  EXPECT_EQ(bench.store->state(), VolumeState::Writable);
  bench.crash();
  for (const auto& [shard, bytes] : kept) EXPECT_EQ(bench.whole(shard), bytes);
}

TEST(VolumeStore, FailedSyncMakesItReadOnlyUntilRestart_V3) {
  Bench bench(7);
  const Bytes bytes = noise(1, 3000);
  ASSERT_TRUE(bench.put(shard_of(1), bytes));
  bench.disk.fail_syncs(1);
  EXPECT_EQ(bench.put(shard_of(2), bytes).error().reason(), reason::disk_failed);
  EXPECT_EQ(bench.store->state(), VolumeState::Failed);
  EXPECT_EQ(bench.put(shard_of(3), bytes).error().reason(), reason::disk_failed);
  EXPECT_EQ(bench.whole(shard_of(1)), bytes);
  bench.crash();
  EXPECT_EQ(bench.whole(shard_of(1)), bytes);
  EXPECT_TRUE(bench.put(shard_of(3), bytes));
}

TEST(VolumeStore, CompactionGivesSpaceBackAndKeepsTheRest_V4) {
  Bench bench(8);
  std::map<ShardRef, Bytes> kept;
  for (std::uint8_t i = 1; i <= 60; ++i) {
    const Bytes bytes = noise(i, 3000);
    ASSERT_TRUE(bench.put(shard_of(i), bytes));
    if (i % 5 == 0) kept[shard_of(i)] = bytes;
  }
  for (std::uint8_t i = 1; i <= 60; ++i) {
    if (i % 5 != 0) {
      ASSERT_TRUE(bench.store->remove(shard_of(i)));
    }
  }
  ASSERT_TRUE(bench.store->sync());
  const std::uint64_t before = bench.store->used_bytes();
  int rounds = 0;
  while (*bench.store->compact()) ++rounds;
  EXPECT_GT(rounds, 3);
  EXPECT_LT(bench.store->used_bytes(), before / 2);
  EXPECT_EQ(bench.store->shards_count(), kept.size());
  for (const auto& [shard, bytes] : kept) EXPECT_EQ(bench.whole(shard), bytes);
  bench.crash();
  for (const auto& [shard, bytes] : kept) EXPECT_EQ(bench.whole(shard), bytes);
  EXPECT_EQ(bench.store->list({}, 100)->size(), kept.size());
  check_counts(*bench.store);
}

TEST(VolumeStore, ListsInOrderAndPages) {
  Bench bench(9);
  for (const std::uint8_t i : std::vector<std::uint8_t>{5, 1, 3}) {
    ASSERT_TRUE(bench.put(shard_of(i), noise(i, 10)));
  }
  const auto first = *bench.store->list({}, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].shard, shard_of(1));
  EXPECT_EQ(first[1].shard, shard_of(3));
  const auto second = *bench.store->list(shard_of(3), 2);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].shard, shard_of(5));
}

}  // namespace
}  // namespace oort::object
