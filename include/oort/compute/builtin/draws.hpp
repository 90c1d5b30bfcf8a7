// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/amount.hpp"

namespace oort::compute::builtin {

/// A number for each seed, stream and counter, in any order and on any device alike (the finaliser
/// of splitmix64, thrice). Even and independent to the eye of statistics; no secret, so nothing
/// that must be hard to guess may rest on it.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}
[[nodiscard]] constexpr std::uint64_t drawn(std::uint64_t seed, std::uint64_t stream,
                                            std::uint64_t counter) noexcept {
  return mixed(mixed(mixed(seed) ^ stream) ^ counter);
}
/// `draw` brought below `bound`.
[[nodiscard]] constexpr std::uint64_t below(std::uint64_t draw, std::uint64_t bound) noexcept {
  return static_cast<std::uint64_t>(Uint128{draw} * bound >> 64U);
}

}  // namespace oort::compute::builtin
