// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "oort/core/reasons.hpp"

namespace oort::sim {
namespace {

using env::Sync;

Bytes text_bytes(std::string_view text) { return to_bytes(text); }

Bytes contents(SimDisk& disk, std::string_view name) {
  auto folder = disk.open_blobs("wal");
  auto blob = folder->open(name);
  return *(*blob)->read(0, static_cast<std::size_t>((*blob)->size()));
}

TEST(SimBlob, CrashKeepsWhatWasSyncedAndAnyPrefixOfTheRest_B1) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed);
    SimDisk disk(world);
    auto folder = disk.open_blobs("wal");
    auto blob = *folder->open("log");
    ASSERT_TRUE(blob->append(as_bytes("safe")));
    ASSERT_TRUE(blob->sync());
    ASSERT_TRUE(blob->append(as_bytes("volatile")));
    disk.crash();
    const Bytes left = contents(disk, "log");
    const Bytes whole = text_bytes("safevolatile");
    ASSERT_GE(left.size(), 4U);
    EXPECT_TRUE(std::equal(left.begin(), left.end(), whole.begin()));
    sizes.insert(left.size());
  }
  // Every cut happens, none of the bytes is favoured out of existence.
  EXPECT_EQ(sizes.size(), 9U);
}

TEST(SimBlob, DiesAtAnExactByteAndKeepsWhatIsBefore_B1) {
  for (std::uint64_t total = 1; total <= 12; ++total) {
    for (const bool fills_with_zeros : {false, true}) {
      World world(1);
      SimDisk disk(world, {.torn = Torn::Everything});
      auto folder = disk.open_blobs("wal");
      auto blob = *folder->open("log");
      int deaths = 0;
      disk.die_at_byte(total, fills_with_zeros, [&] {
        ++deaths;
        disk.crash();
      });
      EXPECT_EQ(blob->append(as_bytes("first")).has_value(), total > 5);
      EXPECT_EQ(blob->append(as_bytes("another")).has_value(), false);
      EXPECT_EQ(deaths, 1);
      std::string left = "firstanother";
      left.resize(total);
      if (fills_with_zeros) left.resize(total <= 5 ? 5 : 12);
      EXPECT_EQ(contents(disk, "log"), text_bytes(left)) << total;
    }
  }
}

TEST(SimBlob, SectorsModeLosesSectorsInTheMiddle_B1) {
  bool has_hole = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    SimDisk disk(world, {.torn = Torn::Sectors});
    auto folder = disk.open_blobs("wal");
    auto blob = *folder->open("log");
    ASSERT_TRUE(blob->append(Bytes(600, std::byte{1})));
    ASSERT_TRUE(blob->sync());
    ASSERT_TRUE(blob->append(Bytes(2000, std::byte{2})));
    disk.crash();
    const Bytes left = contents(disk, "log");
    ASSERT_GE(left.size(), 600U);
    for (std::size_t i = 0; i < 600; ++i) ASSERT_EQ(left[i], std::byte{1});
    const auto hole = std::find(left.begin(), left.end(), std::byte{0});
    if (std::find(hole, left.end(), std::byte{2}) != left.end()) has_hole = true;
  }
  EXPECT_TRUE(has_hole);
}

TEST(SimBlob, NothingAfterAFailedSyncBecomesDurable_B2) {
  World world(1);
  SimDisk disk(world);
  auto folder = disk.open_blobs("wal");
  auto blob = *folder->open("log");
  ASSERT_TRUE(blob->append(as_bytes("safe")));
  ASSERT_TRUE(blob->sync());
  ASSERT_TRUE(blob->append(as_bytes("gone")));
  disk.fail_syncs(1);
  const auto failed = blob->sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason(), reason::disk_failed);
  // The caller breaks B2 and goes on; the second sync lies.
  ASSERT_TRUE(blob->append(as_bytes("more")));
  EXPECT_TRUE(blob->sync());
  disk.crash();
  EXPECT_EQ(contents(disk, "log"), text_bytes("safe"));
}

TEST(SimBlob, FailuresLeaveTheBlobWhereItEnded) {
  World world(1);
  SimDisk disk(world, {.capacity_bytes = 10});
  auto folder = disk.open_blobs("wal");
  auto blob = *folder->open("log");
  ASSERT_TRUE(blob->append(as_bytes("12345678")));
  const auto full = blob->append(as_bytes("901"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason(), reason::disk_full);
  EXPECT_EQ(blob->size(), 8U);
  EXPECT_EQ(*folder->free_bytes(), 2U);
  disk.fail_appends(1);
  EXPECT_FALSE(blob->append(as_bytes("9")));
  EXPECT_EQ(blob->size(), 8U);
  disk.fail_reads(1);
  EXPECT_EQ(blob->read(0, 1).error().reason(), reason::disk_failed);
  EXPECT_EQ(blob->read(4, 5).error().code(), ErrorCode::OutOfRange);
  EXPECT_EQ(*blob->read(4, 4), text_bytes("5678"));
}

TEST(SimBlob, WhatWasOpenBeforeACrashIsDead) {
  World world(1);
  SimDisk disk(world);
  auto folder = disk.open_blobs("wal");
  auto blob = *folder->open("log");
  disk.crash();
  EXPECT_FALSE(blob->append(as_bytes("x")));
  EXPECT_FALSE(blob->sync());
  EXPECT_FALSE(folder->open("log"));
  EXPECT_TRUE(disk.open_blobs("wal")->open("log"));
}

TEST(SimBlob, DiesAtTheGivenOperation) {
  World world(1);
  SimDisk disk(world);
  auto folder = disk.open_blobs("wal");
  auto blob = *folder->open("log");
  bool has_died = false;
  disk.die_after(2, [&] { has_died = true; });
  EXPECT_TRUE(blob->append(as_bytes("1")));
  EXPECT_TRUE(blob->append(as_bytes("2")));
  EXPECT_FALSE(has_died);
  EXPECT_FALSE(blob->append(as_bytes("3")));
  EXPECT_TRUE(has_died);
  EXPECT_FALSE(blob->sync());
  EXPECT_EQ(blob->size(), 2U);
}

TEST(SimBlob, SyncsAgainAfterACrashInsideASync_B1) {
  World world(1);
  SimDisk disk(world, {.torn = Torn::Nothing});
  auto blob = *disk.open_blobs("wal")->open("log");
  disk.die_after(0, [&] { disk.crash(); });
  EXPECT_FALSE(blob->sync());
  blob = *disk.open_blobs("wal")->open("log");
  ASSERT_TRUE(blob->append(as_bytes("safe")));
  ASSERT_TRUE(blob->sync());
  disk.crash();
  EXPECT_EQ(contents(disk, "log"), text_bytes("safe"));
}

TEST(SimBlobStore, ReplacesWholeAndDurably) {
  World world(1);
  SimDisk disk(world, {.torn = Torn::Nothing});
  auto folder = disk.open_blobs("conf");
  ASSERT_TRUE(folder->replace("a", as_bytes("one")));
  ASSERT_TRUE(folder->replace("b", as_bytes("two")));
  ASSERT_TRUE(folder->replace("a", as_bytes("three")));
  ASSERT_TRUE(folder->remove("b"));
  ASSERT_TRUE(folder->remove("b"));
  EXPECT_FALSE(folder->open("../a"));
  disk.crash();
  folder = disk.open_blobs("conf");
  EXPECT_EQ(*folder->list(), std::vector<std::string>{"a"});
  EXPECT_EQ(*(*folder->open("a"))->read(0, 5), text_bytes("three"));
  EXPECT_TRUE(disk.flip_bit("conf", "a", 0));
  EXPECT_EQ(*(*folder->open("a"))->read(0, 5), text_bytes("uhree"));
  EXPECT_FALSE(disk.flip_bit("conf", "a", 40));
}

/// Both keys of batch `i` are set to `i`: a torn batch shows as two unequal values.
void write_pair(env::KvStore& store, std::uint8_t i, Sync sync) {
  env::KvBatch batch;
  const Bytes value(1, static_cast<std::byte>(i));
  batch.put(as_bytes("a"), value);
  batch.put(as_bytes("z"), value);
  ASSERT_TRUE(store.write(batch, sync));
}

TEST(SimKv, CrashKeepsWholeBatchesInOrder_K1_K2) {
  std::set<std::byte> survivors;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed);
    SimDisk disk(world);
    auto store = disk.open_kv("state");
    for (std::uint8_t i = 1; i <= 3; ++i) write_pair(*store, i, Sync::No);
    write_pair(*store, 4, Sync::Yes);
    for (std::uint8_t i = 5; i <= 8; ++i) write_pair(*store, i, Sync::No);
    disk.crash();
    auto reopened = disk.open_kv("state");
    const auto a = **reopened->get(as_bytes("a"));
    const auto z = **reopened->get(as_bytes("z"));
    EXPECT_EQ(a, z);
    EXPECT_GE(a[0], std::byte{4});
    survivors.insert(a[0]);
    EXPECT_FALSE(store->get(as_bytes("a")));
  }
  EXPECT_EQ(survivors.size(), 5U);
}

TEST(SimKv, CrashBringsBackWhatAnUnsyncedBatchErased_K1) {
  World world(3);
  SimDisk disk(world, {.torn = Torn::Nothing});
  auto store = disk.open_kv("state");
  write_pair(*store, 1, Sync::Yes);
  env::KvBatch batch;
  batch.erase(as_bytes("a"));
  batch.put(as_bytes("m"), as_bytes("new"));
  ASSERT_TRUE(store->write(batch, Sync::No));
  EXPECT_FALSE(store->get(as_bytes("a"))->has_value());
  disk.crash();
  store = disk.open_kv("state");
  EXPECT_TRUE(store->get(as_bytes("a"))->has_value());
  EXPECT_FALSE(store->get(as_bytes("m"))->has_value());
}

TEST(SimKv, SnapshotsAndIteratorsNeverChange_K3) {
  World world(1);
  SimDisk disk(world);
  auto store = disk.open_kv("state");
  for (const char* key : {"p1", "p2", "p3", "q1"}) {
    env::KvBatch batch;
    batch.put(as_bytes(key), as_bytes("old"));
    ASSERT_TRUE(store->write(batch, Sync::Yes));
  }
  const auto snapshot = store->snapshot();
  const auto iterator = store->iterate(as_bytes("p"));
  env::KvBatch batch;
  batch.erase(as_bytes("p1"));
  batch.erase(as_bytes("p2"));
  batch.put(as_bytes("p3"), as_bytes("new"));
  batch.put(as_bytes("p0"), as_bytes("new"));
  ASSERT_TRUE(store->write(batch, Sync::Yes));

  std::string walked;
  for (; iterator->is_valid(); iterator->next()) {
    walked +=
        std::string(as_text(iterator->key())) + "=" + std::string(as_text(iterator->value())) + " ";
  }
  EXPECT_EQ(walked, "p1=old p2=old p3=old ");
  EXPECT_EQ(**snapshot->get(as_bytes("p2")), text_bytes("old"));
  EXPECT_FALSE(snapshot->get(as_bytes("p0"))->has_value());
  const auto again = snapshot->iterate(as_bytes("p"));
  again->seek(as_bytes("p3"));
  ASSERT_TRUE(again->is_valid());
  EXPECT_EQ(again->value().size(), 3U);
  EXPECT_EQ(as_text(again->value()), "old");
  const auto present = store->iterate(as_bytes("p"));
  EXPECT_EQ(as_text(present->key()), "p0");
}

TEST(SimKv, LaterChangesOfOneKeyWinInsideABatch_K1) {
  World world(1);
  SimDisk disk(world);
  auto store = disk.open_kv("state");
  env::KvBatch batch;
  batch.put(as_bytes("k"), as_bytes("first"));
  batch.erase(as_bytes("k"));
  batch.put(as_bytes("k"), as_bytes("last"));
  ASSERT_TRUE(store->write(batch, Sync::No));
  EXPECT_EQ(**store->get(as_bytes("k")), text_bytes("last"));
}

TEST(SimKv, AFailedWriteShowsNothing) {
  World world(1);
  SimDisk disk(world, {.capacity_bytes = 4});
  auto store = disk.open_kv("state");
  env::KvBatch batch;
  batch.put(as_bytes("k"), as_bytes("12345"));
  EXPECT_EQ(store->write(batch, Sync::Yes).error().reason(), reason::disk_full);
  EXPECT_FALSE(store->get(as_bytes("k"))->has_value());
  disk.set_capacity(100);
  disk.fail_syncs(1);
  EXPECT_EQ(store->write(batch, Sync::Yes).error().reason(), reason::disk_failed);
  EXPECT_FALSE(store->get(as_bytes("k"))->has_value());
  EXPECT_TRUE(store->write(batch, Sync::Yes));
}

}  // namespace
}  // namespace oort::sim
