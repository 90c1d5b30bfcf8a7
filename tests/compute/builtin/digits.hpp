// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/compute/builtin/network.hpp"

namespace oort::compute::builtin::test {

inline constexpr std::uint32_t digit_side = 12;

/// Digits of five by seven dots somewhere on twelve by twelve, slanted, of varied strength, with
/// noise, in a random order: a classifier has to learn shapes rather than places.
[[nodiscard]] Dataset digits(std::uint32_t count, std::uint64_t seed);

}  // namespace oort::compute::builtin::test
