// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/wide.hpp"

#include <cstdint>

#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

constexpr Uint128 low_half = ~std::uint64_t{0};

}  // namespace

Wide product_of(Uint128 a, Uint128 b) noexcept {
  const Uint128 a_low = a & low_half;
  const Uint128 a_high = a >> 64;
  const Uint128 b_low = b & low_half;
  const Uint128 b_high = b >> 64;
  const Uint128 low = a_low * b_low;
  const Uint128 first = a_high * b_low + (low >> 64);
  // At most (2^64 − 1)² + 2^64 − 1, which is below 2^128.
  const Uint128 second = a_low * b_high + (first & low_half);
  return {a_high * b_high + (first >> 64) + (second >> 64), second << 64 | (low & low_half)};
}

Wide plus(const Wide& a, const Wide& b) noexcept {
  const Uint128 low = a.low + b.low;
  const Uint128 carry = low < a.low ? 1 : 0;
  const Uint128 high = a.high + b.high;
  OORT_ASSERT(high >= a.high, "a sum of wide numbers fits");
  OORT_ASSERT(high + carry >= high, "a sum of wide numbers fits");
  return {high + carry, low};
}

Wide minus(const Wide& a, const Wide& b) noexcept {
  OORT_ASSERT(!is_less(a, b), "what is taken away is there");
  const Uint128 borrow = a.low < b.low ? 1 : 0;
  return {a.high - b.high - borrow, a.low - b.low};
}

Wide times(const Wide& a, Uint128 b) noexcept {
  const Wide top = product_of(a.high, b);
  OORT_ASSERT(top.high == 0, "a product of a wide number fits");
  return plus({top.low, 0}, product_of(a.low, b));
}

WideQuotient divide(const Wide& value, Uint128 divisor) noexcept {
  OORT_ASSERT(divisor != 0, "whoever divides has something to divide by");
  WideQuotient result{{value.high / divisor, 0}, value.high % divisor};
  if (result.rest == 0) {
    result.whole.low = value.low / divisor;
    result.rest = value.low % divisor;
    return result;
  }
  for (int bit = 127; bit >= 0; --bit) {
    const bool carries = (result.rest >> 127) != 0;
    result.rest = result.rest << 1 | (value.low >> bit & 1);
    result.whole.low <<= 1;
    if (carries || result.rest >= divisor) {
      result.rest -= divisor;  // With the carry the difference wraps to what it should be.
      result.whole.low |= 1;
    }
  }
  return result;
}

}  // namespace oort::ledger
