// SPDX-License-Identifier: Apache-2.0
#include "oort/core/time.hpp"

#include <gtest/gtest.h>

namespace oort {
namespace {

TEST(MonoTime, AddsAndSubtractsDurations) {
  const MonoTime start{.nanoseconds = 5};
  EXPECT_EQ(start + 2us, MonoTime{.nanoseconds = 2005});
  EXPECT_EQ((start + 2us) - start, 2us);
  EXPECT_EQ(start - (start + 2us), -2us);
  EXPECT_LT(start, start + 1ns);
}

}  // namespace
}  // namespace oort
