// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace oort::env {

/// Randomness: of the kernel in production, of the seed in simulation. Threads: any.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) noexcept = 0;
  /// Uniform in [0, bound). Requires: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
};

}  // namespace oort::env
