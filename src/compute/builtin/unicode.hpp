// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "oort/core/bytes.hpp"

namespace oort::compute::builtin {

enum class Letters : std::uint8_t { Space, Digit, Letter, Other };

struct CodePoint {
  char32_t value = 0;    ///< 0xFFFFFFFF for a byte that belongs to no code point.
  std::size_t size = 1;  ///< Bytes.
};

/// The first code point of `text`, by strict UTF-8. Requires: not empty.
[[nodiscard]] CodePoint first_code_point(ByteView text) noexcept;
/// By ranges that are coarse where blocks are mixed; unassigned code points are letters.
[[nodiscard]] Letters letters_of(char32_t value) noexcept;
/// Of ASCII, Latin-1, Greek and Cyrillic.
[[nodiscard]] char32_t lowered(char32_t value) noexcept;

}  // namespace oort::compute::builtin
