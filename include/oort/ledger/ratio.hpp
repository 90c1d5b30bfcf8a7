// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "oort/core/amount.hpp"

namespace oort::ledger {

/// Which whole number stands for a quotient that is none. Whoever divides money says which, and
/// where the rest goes.
enum class Rounding : std::uint8_t { Down, Up };

/// a × b ÷ c, with a 256-bit product in between. Empty when `c` is zero or the quotient needs more
/// than 128 bits.
[[nodiscard]] std::optional<Uint128> mul_div(Uint128 a, Uint128 b, Uint128 c,
                                             Rounding rounding) noexcept;

/// One whole in shares that count millionths.
inline constexpr std::uint32_t parts_per_million = 1'000'000;
/// `share` millionths of `amount`. Requires: `share` is at most one whole, so that it fits.
[[nodiscard]] Uint128 share_of(Uint128 amount, std::uint32_t share, Rounding rounding) noexcept;

}  // namespace oort::ledger
