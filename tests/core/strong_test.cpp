// SPDX-License-Identifier: Apache-2.0
#include "oort/core/strong.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "oort/core/ids.hpp"

namespace oort {
namespace {

template <class T, class U>
concept Addable = requires(T a, U b) { a + b; };
template <class T, class U>
concept Comparable = requires(T a, U b) { a == b; };

static_assert(!std::convertible_to<std::uint64_t, Height>);
static_assert(!std::convertible_to<Height, std::uint64_t>);
static_assert(!std::convertible_to<Height, View>);
static_assert(!std::constructible_from<Height, View>);
static_assert(!Addable<Height, Height>);
static_assert(!Comparable<Height, View>);
static_assert(!Comparable<NodeId, PublicKey>);
static_assert(!std::constructible_from<NodeId, PublicKey>);
static_assert(std::is_trivially_copyable_v<Height>);

TEST(Strong, IsOrderedAsItsInteger) {
  EXPECT_LT(Height(1), Height(2));
  EXPECT_EQ(Height(7), Height(7));
  EXPECT_EQ(Height(), Height(0));
}

TEST(Strong, NextIsOneMore) {
  EXPECT_EQ(Height(41).next(), Height(42));
  EXPECT_EQ(ValidatorIndex(65534).next().value(), 65535);
}

TEST(Ids, AreOrderedFieldByField) {
  const SlotRef low{.segment = SegmentId{}, .slot = 9};
  SlotRef high = low;
  high.segment.mutable_view()[31] = std::byte{1};
  high.slot = 0;
  EXPECT_LT(low, high);
  EXPECT_LT((LeaseId{.id = 1, .fence = 9}), (LeaseId{.id = 2, .fence = 0}));
  EXPECT_LT((ShardRef{.segment = {}, .index = 1, .generation = 9}),
            (ShardRef{.segment = {}, .index = 2, .generation = 0}));
}

}  // namespace
}  // namespace oort
