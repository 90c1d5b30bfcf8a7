// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "oort/env/kv_store.hpp"

namespace oort::env {
namespace {

TEST(KvBatch, KeepsItsChangesInOrderAndOwnsThem_R2) {
  KvBatch batch;
  {
    const std::string key = "key";
    batch.put(as_bytes(key), as_bytes("one"));
    batch.erase(as_bytes(key));
    batch.put(as_bytes(key), ByteView{});
  }
  ASSERT_EQ(batch.changes().size(), 3U);
  for (const auto& change : batch.changes()) EXPECT_EQ(as_text(change.key), "key");
  EXPECT_EQ(batch.changes()[0].value, to_bytes("one"));
  EXPECT_EQ(batch.changes()[1].value, std::nullopt);
  EXPECT_EQ(batch.changes()[2].value, Bytes{}) << "an empty value is a value";
}

TEST(KvBatch, IsEmptyUntilSomethingIsPut) {
  KvBatch batch;
  EXPECT_TRUE(batch.empty());
  batch.erase(as_bytes("a"));
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace oort::env
