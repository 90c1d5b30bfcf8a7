// SPDX-License-Identifier: Apache-2.0
#include "oort/core/assert.hpp"
#include "oort/ledger/honesty_math.hpp"

namespace oort::ledger {
namespace {

constexpr Uint128 uint128_max = ~Uint128{0};

std::uint64_t times_up(std::uint64_t a, std::uint64_t b) noexcept {
  return static_cast<std::uint64_t>((Uint128{a} * b + quint_one - 1) / quint_one);
}

/// log2(a / b) as a fraction of 2^56, truncated.
Uint128 log2_ratio(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint32_t whole = 0;
  Uint128 scaled_b = b;
  while (scaled_b * 2 <= a) {
    scaled_b *= 2;
    ++whole;
  }
  // x = a / b in [1, 2), as a fraction of 2^62; each squaring yields one binary digit.
  Uint128 x = saturating_mul_div(a, Uint128{1} << 62, scaled_b, Rounding::Down);
  Uint128 digits = 0;
  for (std::uint32_t digit = 0; digit < 56; ++digit) {
    x = (x * x) >> 62;
    const bool is_over = x >= (Uint128{1} << 63);
    if (is_over) x >>= 1;
    digits = digits * 2 + (is_over ? 1 : 0);
  }
  return (Uint128{whole} << 56) + digits;
}

}  // namespace

Uint128 saturating_mul_div(Uint128 a, Uint128 b, Uint128 c, Rounding rounding) noexcept {
  OORT_ASSERT(c > 0, "nothing is divided by zero");
  return mul_div(a, b, c, rounding).value_or(uint128_max);
}

Uint128 saturating_sum(Uint128 a, Uint128 b) noexcept {
  return a > uint128_max - b ? uint128_max : a + b;
}

std::uint64_t survival(Ppb d, std::uint64_t n) noexcept {
  OORT_ASSERT(d.value() <= ppb_one, "a probability is at most one");
  std::uint64_t power = (ppb_one - d.value()) * ppb_one;
  std::uint64_t result = quint_one;
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) result = times_up(result, power);
    power = times_up(power, power);
  }
  return result;
}

std::int64_t log_ratio(std::uint64_t a, std::uint64_t b) noexcept {
  OORT_ASSERT(b > 0, "the logarithm of a fraction");
  OORT_ASSERT(a >= b && a >> 63 == 0, "a fraction of one or more");
  constexpr Uint128 ln2 = 693'147'180'559'945'309;  // In quintillionths.
  const Uint128 nats =
      saturating_mul_div(log2_ratio(a, b), ln2, Uint128{ppb_one} << 56, Rounding::Down);
  return static_cast<std::int64_t>(nats);
}

}  // namespace oort::ledger
