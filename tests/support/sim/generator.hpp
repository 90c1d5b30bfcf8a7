// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "oort/core/amount.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/time.hpp"

namespace oort::sim {

/// One chance in a million is 1; certainty is `ppm_certain`.
inline constexpr std::uint32_t ppm_certain = 1'000'000;

/// SplitMix64 (Steele, Lea, Flood 2014): spreads a seed over 64 bits. Advances `state`.
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// xoshiro256** (Blackman, Vigna 2018). Integers only, so that every compiler draws the same
/// numbers. Not for secrets. Threads: one.
class Generator {
 public:
  explicit constexpr Generator(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = split_mix(seed);
  }

  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// Uniform in [0, bound), up to a bias of bound / 2^64. Requires: bound > 0.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    OORT_ASSERT(bound > 0, "there is no number below zero");
    return static_cast<std::uint64_t>((Uint128{next()} * bound) >> 64U);
  }
  /// Uniform in [low, high]. Requires: low <= high and not the whole range.
  [[nodiscard]] constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    OORT_ASSERT(low <= high, "an empty range has no member");
    return low + below(high - low + 1);
  }
  /// True with probability `ppm` / 1,000,000. Draws nothing where the answer is sure.
  [[nodiscard]] constexpr bool chance(std::uint32_t ppm) noexcept {
    if (ppm == 0) return false;
    return ppm >= ppm_certain || below(ppm_certain) < ppm;
  }
  /// Uniform in [low, high]. Requires: 0 <= low <= high.
  [[nodiscard]] constexpr Duration duration(Duration low, Duration high) noexcept {
    OORT_ASSERT(low.count() >= 0, "time does not go back");
    return Duration(static_cast<std::int64_t>(between(static_cast<std::uint64_t>(low.count()),
                                                      static_cast<std::uint64_t>(high.count()))));
  }
  /// A generator whose numbers do not depend on how many this one draws afterwards.
  [[nodiscard]] constexpr Generator fork() noexcept { return Generator(next()); }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace oort::sim
