// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/ratio.hpp"

#include "oort/core/assert.hpp"
#include "oort/ledger/wide.hpp"

namespace oort::ledger {
std::optional<Uint128> mul_div(Uint128 a, Uint128 b, Uint128 c, Rounding rounding) noexcept {
  if (c == 0) return std::nullopt;
  const Wide product = product_of(a, b);
  if (product.high >= c) return std::nullopt;
  const WideQuotient quotient = divide(product, c);
  if (rounding == Rounding::Down || quotient.rest == 0) return quotient.whole.low;
  if (quotient.whole.low == ~Uint128{0}) return std::nullopt;
  return quotient.whole.low + 1;
}

Uint128 share_of(Uint128 amount, std::uint32_t share, Rounding rounding) noexcept {
  OORT_ASSERT(share <= parts_per_million, "a share is at most one whole");
  const auto part = mul_div(amount, share, parts_per_million, rounding);
  OORT_ASSERT(part.has_value(), "a share of an amount is no more than it");
  return *part;
}

}  // namespace oort::ledger
