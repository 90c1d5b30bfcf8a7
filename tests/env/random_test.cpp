// SPDX-License-Identifier: Apache-2.0
#include "oort/env/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace oort::env {
namespace {

/// Hands out the values it was given, one a call, and counts the calls.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> values) : values_(std::move(values)) {}

  void fill(std::span<std::byte> out) noexcept override {
    ASSERT_EQ(out.size(), sizeof(std::uint64_t));
    ASSERT_LT(calls_count_, values_.size());
    std::memcpy(out.data(), &values_[calls_count_++], out.size());
  }
  [[nodiscard]] std::size_t calls_count() const noexcept { return calls_count_; }

 private:
  std::vector<std::uint64_t> values_;
  std::size_t calls_count_ = 0;
};

constexpr std::uint64_t half = std::uint64_t{1} << 63;

TEST(Random, RefusesTheValuesThatWouldFavourSomeRemainders_R1) {
  // 2^64 = 1 · (2^63 + 1) + (2^63 − 1): the lowest 2^63 − 1 values are one too many for some
  // remainders; above them each remainder comes exactly once.
  ScriptedRandom random({0, half - 2, half - 1});
  EXPECT_EQ(random.below(half + 1), half - 1);
  EXPECT_EQ(random.calls_count(), 3U);

  ScriptedRandom edge({~std::uint64_t{0}});
  EXPECT_EQ(edge.below(half + 1), half - 2);
}

TEST(Random, EachRemainderOfASmallBoundHasItsShare_R1) {
  // 2^64 = 3 · n + 1, so exactly one value is refused.
  ScriptedRandom random({0, 1, 2, 3});
  EXPECT_EQ(random.below(3), 1U);
  EXPECT_EQ(random.calls_count(), 2U);
  EXPECT_EQ(random.below(3), 2U);
  EXPECT_EQ(random.below(3), 0U);
}

TEST(Random, APowerOfTwoRefusesNothing) {
  for (const std::uint64_t bound : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{256}, half}) {
    ScriptedRandom random({0, ~std::uint64_t{0}});
    EXPECT_EQ(random.below(bound), 0U);
    EXPECT_EQ(random.below(bound), bound - 1);
  }
}

TEST(Random, StaysBelowTheGreatestBound) {
  ScriptedRandom random({0, 1, ~std::uint64_t{0}});
  EXPECT_EQ(random.below(~std::uint64_t{0}), 1U);
  EXPECT_EQ(random.below(~std::uint64_t{0}), 0U);
}

TEST(RandomDeathTest, ThereIsNoNumberBelowZero) {
  ScriptedRandom random({0});
  EXPECT_DEATH((void)random.below(0), "there is no number below zero");
}

}  // namespace
}  // namespace oort::env
