// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/amount.hpp"

namespace oort::ledger {

/// A 256-bit number: a product of two amounts, or an amount with 128 bits behind the point, whose
/// whole part is then `high`. A result that does not fit is a broken program.
struct Wide {
  Uint128 high = 0;
  Uint128 low = 0;
  friend bool operator==(const Wide&, const Wide&) = default;
};

[[nodiscard]] constexpr bool is_zero(const Wide& value) noexcept {
  return value.high == 0 && value.low == 0;
}
[[nodiscard]] constexpr bool is_less(const Wide& a, const Wide& b) noexcept {
  return a.high != b.high ? a.high < b.high : a.low < b.low;
}
[[nodiscard]] Wide product_of(Uint128 a, Uint128 b) noexcept;
/// Requires: the sum fits.
[[nodiscard]] Wide plus(const Wide& a, const Wide& b) noexcept;
/// Requires: `b` is at most `a`.
[[nodiscard]] Wide minus(const Wide& a, const Wide& b) noexcept;
/// Requires: the product fits.
[[nodiscard]] Wide times(const Wide& a, Uint128 b) noexcept;

struct WideQuotient {
  Wide whole;
  Uint128 rest = 0;
};
/// Requires: `divisor` is not zero.
[[nodiscard]] WideQuotient divide(const Wide& value, Uint128 divisor) noexcept;

}  // namespace oort::ledger
