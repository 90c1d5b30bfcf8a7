// SPDX-License-Identifier: Apache-2.0
#include "builtin/digits.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin::test {
namespace {

/// Rows of five, from the top.
constexpr std::array<std::string_view, 10> glyphs{
    ".###.#...##..###.#.###..##...#.###.", "..#...##....#....#....#....#...###.",
    ".###.#...#....#...#...#...#...#####", "#####...#...#.....#.....##...#.###.",
    "...#...##..#.#.#..#.#####...#....#.", "######....####.....#....##...#.###.",
    "..##..#...#....####.#...##...#.###.", "#####....#...#...#...#....#....#...",
    ".###.#...##...#.###.#...##...#.###.", ".###.#...##...#.####....#...#..##.."};

struct Drawer {
  std::uint64_t seed;
  std::uint64_t counter = 0;
  std::int32_t next(std::int32_t bound) {
    return static_cast<std::int32_t>(
        below(drawn(seed, 7, counter++), static_cast<std::uint64_t>(bound)));
  }
};

std::array<std::int8_t, digit_side * digit_side> picture(std::uint16_t digit, Drawer& draw) {
  std::array<std::int8_t, digit_side * digit_side> pixels{};
  const std::int32_t top = 1 + draw.next(4);
  const std::int32_t left = 2 + draw.next(4);
  const std::int32_t slant = draw.next(3) - 1;
  const std::int32_t strength = 70 + draw.next(50);
  for (std::int32_t row = 0; row < 7; ++row) {
    for (std::int32_t column = 0; column < 5; ++column) {
      if (glyphs.at(digit).at(static_cast<std::size_t>(row * 5 + column)) == '.') continue;
      const std::int32_t x = left + column + slant * (3 - row) / 3;
      const std::int32_t y = top + row;
      pixels.at(static_cast<std::size_t>(y * 12 + x)) = static_cast<std::int8_t>(strength);
    }
  }
  for (std::int8_t& pixel : pixels) {
    const std::int32_t noise = draw.next(41) - 20 + (draw.next(40) == 0 ? 60 : 0);
    pixel = static_cast<std::int8_t>(std::clamp(pixel + noise, 0, 127));
  }
  return pixels;
}

}  // namespace

Dataset digits(std::uint32_t count, std::uint64_t seed) {
  Dataset dataset{digit_side * digit_side, 10, {}, {}};
  Drawer draw{seed};
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto digit = static_cast<std::uint16_t>(draw.next(10));
    const auto pixels = picture(digit, draw);
    dataset.values.insert(dataset.values.end(), pixels.begin(), pixels.end());
    dataset.labels.push_back(digit);
  }
  return dataset;
}

}  // namespace oort::compute::builtin::test
