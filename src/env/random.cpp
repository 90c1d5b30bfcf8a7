// SPDX-License-Identifier: Apache-2.0
#include "oort/env/random.hpp"

#include "oort/core/assert.hpp"

namespace oort::env {

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  OORT_ASSERT(bound > 0, "there is no number below zero");
  // 2^64 is no multiple of most bounds. Without its lowest `rejected` values it is one, and every
  // remainder is equally likely.
  const std::uint64_t rejected = (~std::uint64_t{0} - bound + 1) % bound;
  std::uint64_t value = 0;
  do {
    fill(std::as_writable_bytes(std::span(&value, 1)));
  } while (value < rejected);
  return value % bound;
}

}  // namespace oort::env
