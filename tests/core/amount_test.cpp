// SPDX-License-Identifier: Apache-2.0
#include "oort/core/amount.hpp"

#include <gtest/gtest.h>

namespace oort {
namespace {

TEST(Amount, RefusesToWrap_A1) {
  const Oort most(~Uint128{0});
  EXPECT_FALSE(most.plus(Oort(1)));
  EXPECT_FALSE(Oort(1).minus(Oort(2)));
  EXPECT_FALSE(most.times(2));
  EXPECT_EQ(Oort(7).times(6), Oort(42));
}

TEST(Amount, ReadsAndWritesDecimals) {
  EXPECT_EQ(to_text(*oort_from_text("12.5")), "12.5");
  EXPECT_EQ(oort_from_text("0.000000000000000001"), Oort(1));
  EXPECT_EQ(to_text(Oort(1)), "0.000000000000000001");
  EXPECT_EQ(to_text(*oort_from_text("0")), "0");
  for (const char* bad : {"", ".", "1.", ".5", "-1", "1e3", "1.0000000000000000001", "1.2.3",
                          "340282366920938463464"}) {
    EXPECT_FALSE(oort_from_text(bad)) << bad;
  }
}

TEST(Amount, ReadsTheGreatestInteger) {
  EXPECT_EQ(from_decimal("340282366920938463463374607431768211455"), ~Uint128{0});
  EXPECT_FALSE(from_decimal("340282366920938463463374607431768211456"));
}

}  // namespace
}  // namespace oort
