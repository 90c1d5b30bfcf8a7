// SPDX-License-Identifier: Apache-2.0
#include "rests.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "support.hpp"

namespace oort::object {
namespace {

using test::id_of;

TEST(Rests, EachFurtherFailureRestsTwiceAsLongUpToABound) {
  Rests rests(10s);
  const auto id = id_of<SegmentId>(1);
  MonoTime now{};
  EXPECT_FALSE(rests.has(id, now));
  std::uint32_t failures = 0;
  for (const std::int64_t rounds : {1, 2, 4, 8, 16, 32, 32, 32}) {
    const Duration wait = 10s * rounds;
    EXPECT_EQ(rests.failed(id, now), ++failures);
    EXPECT_TRUE(rests.has(id, now + (wait - Duration(1)))) << failures;
    now = now + wait;
    EXPECT_FALSE(rests.has(id, now)) << failures;
  }
}

TEST(Rests, SuccessBeginsAnewAndOnlyForThatSegment) {
  Rests rests(10s);
  const MonoTime now{};
  static_cast<void>(rests.failed(id_of<SegmentId>(1), now));
  static_cast<void>(rests.failed(id_of<SegmentId>(1), now));
  static_cast<void>(rests.failed(id_of<SegmentId>(2), now));
  rests.worked(id_of<SegmentId>(1));
  EXPECT_FALSE(rests.has(id_of<SegmentId>(1), now));
  EXPECT_TRUE(rests.has(id_of<SegmentId>(2), now));
  EXPECT_EQ(rests.failed(id_of<SegmentId>(1), now), 1U);
  EXPECT_FALSE(rests.has(id_of<SegmentId>(1), now + 10s));
}

TEST(Rests, ForgetsWhatIsGone) {
  Rests rests(10s);
  const MonoTime now{};
  static_cast<void>(rests.failed(id_of<SegmentId>(1), now));
  static_cast<void>(rests.failed(id_of<SegmentId>(2), now));
  rests.forget([](const SegmentId& id) { return id == id_of<SegmentId>(1); });
  EXPECT_FALSE(rests.has(id_of<SegmentId>(1), now));
  EXPECT_TRUE(rests.has(id_of<SegmentId>(2), now));
}

}  // namespace
}  // namespace oort::object
