// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "oort/core/bytes.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"

namespace oort::host {
namespace {

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  MonoTime last = clock.now_mono();
  for (int i = 0; i < 1000; ++i) {
    const MonoTime now = clock.now_mono();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, CountsMillisecondsSince1970) {
  const SystemClock clock;
  // 2020-01-01 and 2200-01-01: a unit that is off by a thousand falls outside.
  EXPECT_GT(clock.now_wall().milliseconds, 1'577'836'800'000U);
  EXPECT_LT(clock.now_wall().milliseconds, 7'258'118'400'000U);
}

TEST(KernelRandom, FillsEveryByte) {
  KernelRandom random;
  for (const std::size_t size : {0U, 1U, 32U, 1000U}) {
    Bytes seen(size);
    // A byte that is never written stays zero in all of 20 tries.
    for (int i = 0; i < 20; ++i) {
      Bytes bytes(size);
      random.fill(bytes);
      for (std::size_t at = 0; at < size; ++at) seen[at] |= bytes[at];
    }
    EXPECT_TRUE(std::ranges::none_of(seen, [](std::byte b) { return b == std::byte{0}; }));
  }
}

}  // namespace
}  // namespace oort::host
