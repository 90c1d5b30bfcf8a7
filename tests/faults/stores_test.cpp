// SPDX-License-Identifier: Apache-2.0
#include "stores.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "bytes.hpp"
#include "memory_kv.hpp"
#include "oort/core/reasons.hpp"
#include "oort/host/blob_store.hpp"
#include "temp_folder.hpp"

namespace oort::faults {
namespace {

std::vector<Failpoint> points_of(std::string_view text) { return {parse_failpoint(text).value()}; }

TEST(Failpoints, HappenFromTheirPassOn) {
  Failpoints points(points_of("votes.sync=eio@3"));
  EXPECT_TRUE(points.check("votes.sync"));
  EXPECT_TRUE(points.check("votes.append"));
  EXPECT_TRUE(points.check("votes.sync"));
  EXPECT_FALSE(points.check("votes.sync"));
  EXPECT_FALSE(points.check("votes.sync"));
}

TEST(FailingBlobs, FailedAppendWritesNothing_F3) {
  const test::TempFolder folder;
  const auto real = host::open_blob_store(folder.path()).value();
  Failpoints points(points_of("shards.append=enospc@2"));
  FailingBlobs blobs(*real, points, "shards");
  const auto blob = blobs.open("volume").value();
  EXPECT_EQ(blob->append(as_bytes("whole")).value(), 0U);
  const auto refused = blob->append(as_bytes("none of it"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::disk_full);
  EXPECT_EQ(blob->size(), 5U);
  EXPECT_TRUE(blob->sync());
  EXPECT_EQ(blob->read(0, 5).value(), to_bytes("whole"));
}

TEST(FailingBlobs, CrashLeavesATornAppend_F2) {
  const test::TempFolder folder;
  const auto real = host::open_blob_store(folder.path()).value();
  EXPECT_EXIT(
      {
        Failpoints points(points_of("votes.append=crash"));
        FailingBlobs blobs(*real, points, "votes");
        const auto blob = blobs.open("log").value();
        static_cast<void>(blob->append(as_bytes("torn apart")).has_value());
      },
      testing::KilledBySignal(SIGKILL), "votes.append");
  EXPECT_EQ(real->open("log").value()->read(0, 5).value(), to_bytes("torn "));
  EXPECT_EQ(real->open("log").value()->size(), 5U);
}

TEST(FailingStore, FailedCommitChangesNothing_F3) {
  test::MemoryKv real;
  Failpoints points(points_of("ledger.commit=eio@2"));
  FailingStore store(real, points, "ledger.commit");
  env::KvBatch batch;
  batch.put(as_bytes("a"), as_bytes("1"));
  EXPECT_TRUE(store.write(batch, env::Sync::Yes));
  batch.put(as_bytes("b"), as_bytes("2"));
  const auto refused = store.write(batch, env::Sync::Yes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::disk_failed);
  EXPECT_EQ(store.get(as_bytes("a")).value(), to_bytes("1"));
  EXPECT_EQ(store.get(as_bytes("b")).value(), std::nullopt);
}

}  // namespace
}  // namespace oort::faults
