// SPDX-License-Identifier: Apache-2.0
#include "builtin/unicode.hpp"

#include <array>

namespace oort::compute::builtin {
namespace {

constexpr char32_t broken = 0xFFFFFFFF;

struct Range {
  char32_t first;
  char32_t last;
  Letters letters;
};

/// Above ASCII; what is in no range is a letter.
constexpr std::array ranges{
    Range{0x80, 0x84, Letters::Other},       Range{0x85, 0x85, Letters::Space},
    Range{0x86, 0x9F, Letters::Other},       Range{0xA0, 0xA0, Letters::Space},
    Range{0xA1, 0xA9, Letters::Other},       Range{0xAB, 0xB4, Letters::Other},
    Range{0xB6, 0xB9, Letters::Other},       Range{0xBB, 0xBF, Letters::Other},
    Range{0xD7, 0xD7, Letters::Other},       Range{0xF7, 0xF7, Letters::Other},
    Range{0x660, 0x669, Letters::Digit},     Range{0x6F0, 0x6F9, Letters::Digit},
    Range{0x964, 0x965, Letters::Other},     Range{0x966, 0x96F, Letters::Digit},
    Range{0x1680, 0x1680, Letters::Space},   Range{0x2000, 0x200A, Letters::Space},
    Range{0x200B, 0x2027, Letters::Other},   Range{0x2028, 0x2029, Letters::Space},
    Range{0x202A, 0x202E, Letters::Other},   Range{0x202F, 0x202F, Letters::Space},
    Range{0x2030, 0x205E, Letters::Other},   Range{0x205F, 0x205F, Letters::Space},
    Range{0x2060, 0x206F, Letters::Other},   Range{0x20A0, 0x2BFF, Letters::Other},
    Range{0x2E00, 0x2E7F, Letters::Other},   Range{0x3000, 0x3000, Letters::Space},
    Range{0x3001, 0x3004, Letters::Other},   Range{0x3008, 0x3020, Letters::Other},
    Range{0x3030, 0x3030, Letters::Other},   Range{0x30FB, 0x30FB, Letters::Other},
    Range{0xE000, 0xF8FF, Letters::Other},   Range{0xFE10, 0xFE6F, Letters::Other},
    Range{0xFF01, 0xFF0F, Letters::Other},   Range{0xFF10, 0xFF19, Letters::Digit},
    Range{0xFF1A, 0xFF20, Letters::Other},   Range{0xFF3B, 0xFF40, Letters::Other},
    Range{0xFF5B, 0xFF65, Letters::Other},   Range{0xFFE0, 0xFFFF, Letters::Other},
    Range{0x1F000, 0x1FAFF, Letters::Other}, Range{0xF0000, broken, Letters::Other},
};

}  // namespace

CodePoint first_code_point(ByteView text) noexcept {
  const auto byte = [&](std::size_t i) { return std::to_integer<char32_t>(text[i]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {broken, 1};
  char32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {broken, 1};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  const bool is_long = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (is_long || is_surrogate || value > 0x10FFFF) return {broken, 1};
  return {value, size};
}

Letters letters_of(char32_t value) noexcept {
  if (value < 0x80) {
    if (value == ' ' || (value >= '\t' && value <= '\r')) return Letters::Space;
    if (value >= '0' && value <= '9') return Letters::Digit;
    const char32_t lower = value | 0x20U;
    return lower >= 'a' && lower <= 'z' ? Letters::Letter : Letters::Other;
  }
  for (const Range& range : ranges) {
    if (value < range.first) break;
    if (value <= range.last) return range.letters;
  }
  return Letters::Letter;
}

char32_t lowered(char32_t value) noexcept {
  const bool is_ascii = value >= 'A' && value <= 'Z';
  const bool is_latin = value >= 0xC0 && value <= 0xDE && value != 0xD7;
  const bool is_greek = value >= 0x391 && value <= 0x3A9;
  const bool is_cyrillic = value >= 0x410 && value <= 0x42F;
  return is_ascii || is_latin || is_greek || is_cyrillic ? value + 32 : value;
}

}  // namespace oort::compute::builtin
