// SPDX-License-Identifier: Apache-2.0
#include "portable_math.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "oort/core/assert.hpp"

namespace oort::datahub {

namespace {

// ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42fee00000p-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double log2_e = 0x1.71547652b82fep+0;

// 1/n! for n = 0 … 13; the first term left out is below 5e-18 for |r| <= ln 2 / 2.
constexpr std::array<double, 14> inverse_factorials = [] {
  std::array<double, 14> values{};
  double factorial = 1;
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (n > 0) factorial *= static_cast<double>(n);
    values[n] = 1 / factorial;
  }
  return values;
}();

}  // namespace

double portable_exp(double x) noexcept {
  if (x < -708) return 0;
  if (x > 709) return std::numeric_limits<double>::max();
  const double n = std::floor(x * log2_e + 0.5);
  const double r = (x - n * ln2_high) - n * ln2_low;
  double sum = inverse_factorials.back();
  for (std::size_t i = inverse_factorials.size() - 1; i-- > 0;) {
    sum = sum * r + inverse_factorials[i];
  }
  const auto power = static_cast<std::int64_t>(n);
  // 2^1024 has no bits of its own, so it is reached in two steps.
  const std::int64_t first = power > 1023 ? 1023 : power;
  const auto scale = std::bit_cast<double>(static_cast<std::uint64_t>(first + 1023) << 52);
  return sum * scale * (power > 1023 ? 2.0 : 1.0);
}

double portable_log(double x) noexcept {
  OORT_DEBUG_ASSERT(x >= std::numeric_limits<double>::min(), "a logarithm is of a normal number");
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  double mantissa =
      std::bit_cast<double>((bits & ((std::uint64_t{1} << 52) - 1)) | (std::uint64_t{1023} << 52));
  if (mantissa > 0x1.6a09e667f3bcdp+0) {
    mantissa *= 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh f with f = (m - 1) / (m + 1), |f| < 0.172.
  const double f = (mantissa - 1) / (mantissa + 1);
  const double square = f * f;
  double sum = 0;
  for (int n = 23; n >= 3; n -= 2) sum = sum * square + 1.0 / n;
  const double twice = 2 * f + 2 * f * square * sum;
  return exponent * ln2_high + (exponent * ln2_low + twice);
}

double portable_log1p_exp(double x) noexcept {
  return x > 0 ? x + portable_log(1 + portable_exp(-x)) : portable_log(1 + portable_exp(x));
}

double portable_logistic(double x) noexcept {
  if (x >= 0) return 1 / (1 + portable_exp(-x));
  const double e = portable_exp(x);
  return e / (1 + e);
}

}  // namespace oort::datahub
