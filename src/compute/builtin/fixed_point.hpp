// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/compute/builtin/model.hpp"
#include "oort/core/amount.hpp"

/// Fixed-point arithmetic of the built-in workloads: a number "Qn" is an integer over 2^n. Every
/// rounding is to the nearest, halves upward.
namespace oort::compute::builtin {

[[nodiscard]] constexpr std::int64_t round_shift(std::int64_t value, unsigned bits) noexcept {
  return bits == 0 ? value : (value + (std::int64_t{1} << (bits - 1))) >> bits;
}
/// Requires: divisor > 0, |value| < 2^62.
[[nodiscard]] constexpr std::int64_t round_divide(std::int64_t value,
                                                  std::int64_t divisor) noexcept {
  const std::int64_t doubled = 2 * value + divisor;
  const std::int64_t quotient = doubled / (2 * divisor);
  return doubled % (2 * divisor) < 0 ? quotient - 1 : quotient;
}
[[nodiscard]] constexpr std::int32_t clamp_to(std::int64_t value, std::int32_t bound) noexcept {
  if (value > bound) return bound;
  return value < -std::int64_t{bound} ? -bound : static_cast<std::int32_t>(value);
}

/// The largest root whose square is at most `value`.
[[nodiscard]] std::uint32_t integer_root(std::uint64_t value) noexcept;
/// exp(-x) in Q30 for x in Q16.
[[nodiscard]] std::uint32_t exp_negative_q30(std::uint32_t x_q16) noexcept;
/// The logarithm to base 2 in Q16. Requires: value > 0.
[[nodiscard]] std::uint32_t log2_q16(std::uint64_t value) noexcept;

/// numerator / denominator, rounded down to 31 significant bits; bounded to what the form can hold.
/// Requires: denominator > 0; both below 2^95.
[[nodiscard]] Requantise requantise_by(Uint128 numerator, Uint128 denominator) noexcept;

}  // namespace oort::compute::builtin
