// SPDX-License-Identifier: Apache-2.0
#include "portable_math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace oort::datahub {
namespace {

double relative_error(double ours, double theirs) {
  return std::abs(ours - theirs) / std::max(std::abs(theirs), 1e-300);
}

TEST(PortableMath, AgreesWithTheLibraryToTheLastBits) {
  for (int i = -70'000; i <= 70'000; i += 7) {
    const double x = i / 100.0;
    EXPECT_LT(relative_error(portable_exp(x), std::exp(x)), 4e-16) << x;
  }
  for (int i = 1; i < 200'000; i += 13) {
    const double x = i / 1000.0;
    EXPECT_LT(std::abs(portable_log(x) - std::log(x)), 4e-16 * std::max(1.0, std::abs(std::log(x))))
        << x;
  }
  for (int i = -600; i <= 600; ++i) {
    const double x = i / 10.0;
    EXPECT_NEAR(portable_log1p_exp(x), std::log1p(std::exp(x)), 4e-16 * std::max(1.0, x)) << x;
    EXPECT_LT(relative_error(portable_logistic(x), 1 / (1 + std::exp(-x))), 1e-15) << x;
  }
}

TEST(PortableMath, KeepsToTheRangeOfADouble) {
  EXPECT_EQ(portable_exp(-709), 0);
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_TRUE(std::isfinite(portable_exp(709)));
  EXPECT_TRUE(std::isfinite(portable_exp(1e6)));
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_LT(relative_error(portable_log(1e-300), std::log(1e-300)), 4e-16);
  EXPECT_LT(relative_error(portable_log(1e300), std::log(1e300)), 4e-16);
}

// The bits themselves: another compiler or machine that gives others would give other records.
TEST(PortableMath, HasGoldenBits) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_exp(1.0)), 0x4005bf0a8b14576aU);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_exp(-12.34)), 0x3ed257c2c1ce3704U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_log(0.3)), 0xbff34378fcbda721U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_log1p_exp(0.7)), 0x3ff1a6a66a15dd2eU);
}

}  // namespace
}  // namespace oort::datahub
