// SPDX-License-Identifier: Apache-2.0
#include "oort/env/random.hpp"

#include "oort/core/assert.hpp"

namespace oort::env {

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  OORT_ASSERT(bound > 0, "there is no number below zero");
  // Values at or above the greatest multiple of `bound` would favour small remainders.
  const std::uint64_t rejected = (~std::uint64_t{0} - bound + 1) % bound;
  std::uint64_t value = 0;
  do {
    fill(std::as_writable_bytes(std::span(&value, 1)));
  } while (value < rejected);
  return value % bound;
}

}  // namespace oort::env
