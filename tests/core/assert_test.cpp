// SPDX-License-Identifier: Apache-2.0
#include "oort/core/assert.hpp"

#include <gtest/gtest.h>

namespace oort {
namespace {

TEST(AssertDeathTest, SaysWhereWhatAndWhy_P1) {
  const int weight = 3;
  EXPECT_DEATH(OORT_ASSERT(weight < 3, "no vote counts twice"),
               "assert_test.cpp:[0-9]+: broken program: no vote counts twice .weight < 3.");
}

TEST(Assert, EvaluatesItsConditionOnce) {
  int calls_count = 0;
  OORT_ASSERT(++calls_count == 1, "an assertion is a statement like any other");
  EXPECT_EQ(calls_count, 1);
}

}  // namespace
}  // namespace oort
