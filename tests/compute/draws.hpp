// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace oort::compute::test {

/// xorshift64*: the same numbers everywhere.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {
    for (int i = 0; i < 8; ++i) static_cast<void>(below(2));
  }
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DU >> 32U) % bound);
  }
  /// True once in so many times.
  [[nodiscard]] bool once_in(std::uint32_t times) { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace oort::compute::test
