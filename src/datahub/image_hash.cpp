// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cstdlib>

#include "oort/core/reasons.hpp"
#include "oort/datahub/near_duplicate.hpp"

namespace oort::datahub {

namespace {

constexpr std::size_t side = 64;         // Of the reduced image.
constexpr std::size_t frequencies = 16;  // Each way, from the first.

/// cos(pi m / 128) in units of 2^-14, for m = 0 … 64; the other three quarters follow from it.
constexpr std::array<std::int32_t, 65> quarter = {
    16384, 16379, 16364, 16340, 16305, 16261, 16207, 16143, 16069, 15986, 15893, 15791, 15679,
    15557, 15426, 15286, 15137, 14978, 14811, 14635, 14449, 14256, 14053, 13842, 13623, 13395,
    13160, 12916, 12665, 12406, 12140, 11866, 11585, 11297, 11003, 10702, 10394, 10080, 9760,
    9434,  9102,  8765,  8423,  8076,  7723,  7366,  7005,  6639,  6270,  5897,  5520,  5139,
    4756,  4370,  3981,  3590,  3196,  2801,  2404,  2006,  1606,  1205,  804,   402,   0};

constexpr std::int32_t cosine(std::size_t m) {
  m %= 256;
  if (m > 128) m = 256 - m;
  return m <= 64 ? quarter[m] : -quarter[128 - m];
}

/// Means over 64 x 64 equal areas, in units of 1/16.
using Reduced = std::array<std::array<std::int64_t, side>, side>;

/// Adds to each of 64 cells what a run of `count` values has in it. A value covers 64 units of
/// length and a cell `count` of them, so every share is whole.
template <class Value, class Add>
void spread(std::uint64_t count, const Value& value, const Add& add) {
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t at = i * side;
    const std::uint64_t end = at + side;
    while (at < end) {
      const std::uint64_t cell = at / count;
      const std::uint64_t until = std::min(end, (cell + 1) * count);
      add(cell, value(i), until - at);
      at = until;
    }
  }
}

Reduced reduce(const GreyImage& image) {
  std::vector<std::array<std::uint64_t, side>> rows(image.height);
  for (std::size_t y = 0; y < image.height; ++y) {
    const auto row = image.pixels.subspan(y * image.width, image.width);
    spread(
        image.width, [&](std::uint64_t x) { return row[x]; },
        [&](std::uint64_t cell, std::uint64_t value, std::uint64_t share) {
          rows[y][cell] += value * share;
        });
  }
  std::array<std::array<std::uint64_t, side>, side> sums{};
  spread(
      image.height, [&](std::uint64_t y) { return y; },
      [&](std::uint64_t cell, std::uint64_t y, std::uint64_t share) {
        for (std::size_t x = 0; x < side; ++x) sums[cell][x] += rows[y][x] * share;
      });
  Reduced reduced;
  const std::uint64_t area = std::uint64_t{image.width} * image.height;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      reduced[y][x] = static_cast<std::int64_t>(sums[y][x] * 16 / area);
    }
  }
  return reduced;
}

/// Frequencies 1 … 16 of the cosine transform each way.
std::array<std::int64_t, frequencies * frequencies> transform(const Reduced& reduced) {
  std::array<std::array<std::int64_t, frequencies>, side> rows{};
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t k = 0; k < frequencies; ++k) {
      for (std::size_t x = 0; x < side; ++x) {
        rows[y][k] += reduced[y][x] * cosine((2 * x + 1) * (k + 1));
      }
    }
  }
  std::array<std::int64_t, frequencies * frequencies> cells{};
  for (std::size_t j = 0; j < frequencies; ++j) {
    for (std::size_t y = 0; y < side; ++y) {
      const std::int64_t factor = cosine((2 * y + 1) * (j + 1));
      for (std::size_t k = 0; k < frequencies; ++k) {
        cells[j * frequencies + k] += rows[y][k] * factor;
      }
    }
  }
  return cells;
}

/// How steep the reduced image is, as PDQ measures it.
std::uint32_t quality_of(const Reduced& reduced) {
  std::int64_t steps = 0;
  const auto add = [&](std::int64_t a, std::int64_t b) {
    steps += std::abs(a - b) * 100 / (255 * 16);
  };
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      if (x + 1 < side) add(reduced[y][x], reduced[y][x + 1]);
      if (y + 1 < side) add(reduced[y][x], reduced[y + 1][x]);
    }
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(100, steps / 90));
}

}  // namespace

Result<ImageHash> hash_of(const GreyImage& image) {
  if (image.width > image_side_max || image.height > image_side_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "the image has too long a side");
  }
  if (image.width == 0 || image.height == 0 ||
      image.pixels.size() != std::size_t{image.width} * image.height) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the pixels are not width times height");
  }
  const Reduced reduced = reduce(image);
  const auto cells = transform(reduced);
  auto sorted = cells;
  const auto middle = sorted.begin() + sorted.size() / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  ImageHash hash;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] < *middle) continue;
    std::byte& byte = hash.bits.mutable_view()[i / 8];
    byte |= static_cast<std::byte>(1U << (i % 8));
  }
  hash.quality = quality_of(reduced);
  return hash;
}

std::uint32_t distance(const ImageHash& a, const ImageHash& b) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const auto different = a.bits.array()[i] ^ b.bits.array()[i];
    bits += static_cast<std::uint32_t>(std::popcount(std::to_integer<std::uint8_t>(different)));
  }
  return bits;
}

}  // namespace oort::datahub
