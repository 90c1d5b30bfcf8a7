// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/ratio.hpp"

#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

constexpr Uint128 low_half = ~std::uint64_t{0};

struct Product {
  Uint128 high = 0;
  Uint128 low = 0;
};

Product multiply(Uint128 a, Uint128 b) noexcept {
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

struct Quotient {
  Uint128 whole = 0;
  Uint128 rest = 0;
};

/// One bit of the quotient at a time. Requires: `product.high` is below `divisor`, so that the
/// quotient has at most 128 bits.
Quotient divide(const Product& product, Uint128 divisor) noexcept {
  if (product.high == 0) return {product.low / divisor, product.low % divisor};
  Quotient result{0, product.high};
  for (int bit = 127; bit >= 0; --bit) {
    const bool carries = (result.rest >> 127) != 0;
    result.rest = result.rest << 1 | (product.low >> bit & 1);
    result.whole <<= 1;
    if (carries || result.rest >= divisor) {
      result.rest -= divisor;  // With the carry the difference wraps to what it should be.
      result.whole |= 1;
    }
  }
  return result;
}

}  // namespace

std::optional<Uint128> mul_div(Uint128 a, Uint128 b, Uint128 c, Rounding rounding) noexcept {
  if (c == 0) return std::nullopt;
  const Product product = multiply(a, b);
  if (product.high >= c) return std::nullopt;
  const Quotient quotient = divide(product, c);
  if (rounding == Rounding::Down || quotient.rest == 0) return quotient.whole;
  if (quotient.whole == ~Uint128{0}) return std::nullopt;
  return quotient.whole + 1;
}

Uint128 share_of(Uint128 amount, std::uint32_t share, Rounding rounding) noexcept {
  OORT_ASSERT(share <= parts_per_million, "a share is at most one whole");
  const auto part = mul_div(amount, share, parts_per_million, rounding);
  OORT_ASSERT(part.has_value(), "a share of an amount is no more than it");
  return *part;
}

}  // namespace oort::ledger
