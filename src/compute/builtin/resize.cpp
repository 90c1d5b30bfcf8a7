// SPDX-License-Identifier: Apache-2.0
// What is done to the samples of pictures.
#include <algorithm>
#include <array>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/fixed_point.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

/// What one place of a resampled line is made of: `weights` of the places from `first` on.
struct Tap {
  std::uint32_t first = 0;
  std::vector<std::uint32_t> weights;
};
struct Taps {
  std::vector<Tap> places;
  std::uint64_t sum = 1;  ///< Of the weights of each place.
};

/// Place `o` of `to` covers [o·from, (o + 1)·from) where each of the `from` places is `to` long.
Taps area_taps(std::uint32_t from, std::uint32_t to) {
  Taps taps{{}, from};
  for (std::uint64_t o = 0; o < to; ++o) {
    const std::uint64_t begin = o * from;
    const std::uint64_t end = begin + from;
    Tap tap{static_cast<std::uint32_t>(begin / to), {}};
    for (std::uint64_t at = begin; at < end;) {
      const std::uint64_t next = std::min((at / to + 1) * to, end);
      tap.weights.push_back(static_cast<std::uint32_t>(next - at));
      at = next;
    }
    taps.places.push_back(std::move(tap));
  }
  return taps;
}

/// Centres on centres, in 256ths between the two nearest; the edge goes on beyond the edge.
Taps bilinear_taps(std::uint32_t from, std::uint32_t to) {
  Taps taps{{}, 256};
  for (std::uint64_t o = 0; o < to; ++o) {
    const std::uint64_t centre = ((2 * o + 1) * from << 16U) / (2 * std::uint64_t{to});
    const std::uint64_t place = centre > 32768 ? centre - 32768 : 0;
    const auto first = static_cast<std::uint32_t>(place >> 16U);
    const auto part = static_cast<std::uint32_t>(place >> 8U & 255U);
    if (first + 1 >= from) {
      taps.places.push_back({from - 1, {256}});
    } else {
      taps.places.push_back({first, {256 - part, part}});
    }
  }
  return taps;
}

Taps taps_of(Filter filter, std::uint32_t from, std::uint32_t to) {
  return filter == Filter::Area ? area_taps(from, to) : bilinear_taps(from, to);
}

/// Mean and variance of n numbers in Q8, from their sum and the sum of their squares.
struct Moments {
  std::int64_t sum = 0;
  std::uint64_t squares = 0;
  std::uint64_t count = 0;

  void add(std::int64_t value) {
    sum += value;
    squares += static_cast<std::uint64_t>(value * value);
    ++count;
  }
  [[nodiscard]] std::uint32_t variance_q8() const {
    if (count == 0) return 0;
    const auto magnitude = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
    const Uint128 spread = Uint128{squares} * count - Uint128{magnitude} * magnitude;
    return static_cast<std::uint32_t>(spread * 256 / (Uint128{count} * count));
  }
};

std::uint32_t sharpness(const Picture& picture) {
  Moments moments;
  const std::size_t width = picture.width;
  for (std::size_t y = 1; y + 1 < picture.height; ++y) {
    const std::uint8_t* row = picture.samples.data() + y * width;
    for (std::size_t x = 1; x + 1 < width; ++x) {
      const int around = row[x - 1] + row[x + 1] + *(row + x - width) + row[x + width];
      moments.add(4 * row[x] - around);
    }
  }
  return moments.variance_q8();
}

std::uint32_t entropy(const std::array<std::uint64_t, 256>& histogram, std::uint64_t count) {
  std::uint64_t sum = 0;
  for (const std::uint64_t times : histogram) {
    if (times > 0) sum += times * (log2_q16(count) - log2_q16(times));
  }
  return static_cast<std::uint32_t>(sum / count);
}

}  // namespace

Picture resized(const Picture& picture, std::uint32_t width, std::uint32_t height, Filter filter,
                const Kernels& kernels) {
  OORT_ASSERT(width > 0 && width <= picture_side_max, "a width within the bounds");
  OORT_ASSERT(height > 0 && height <= picture_side_max, "a height within the bounds");
  const Taps columns = taps_of(filter, picture.width, width);
  const Taps rows = taps_of(filter, picture.height, height);
  const std::uint64_t total = columns.sum * rows.sum;
  const std::size_t channels = picture.channels;
  const std::size_t row_size = picture.width * channels;
  Picture out{width, height, picture.channels, {}};
  out.samples.reserve(std::size_t{width} * height * channels);
  std::vector<std::uint32_t> sums(row_size);
  for (const Tap& row : rows.places) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t i = 0; i < row.weights.size(); ++i) {
      const auto samples = std::span(picture.samples).subspan((row.first + i) * row_size, row_size);
      kernels.add_weighted(samples, row.weights[i], sums);
    }
    for (const Tap& column : columns.places) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        std::uint64_t sum = total / 2;
        const std::uint32_t* from = sums.data() + column.first * channels + channel;
        for (std::size_t i = 0; i < column.weights.size(); ++i) {
          sum += std::uint64_t{column.weights[i]} * from[i * channels];
        }
        out.samples.push_back(static_cast<std::uint8_t>(sum / total));
      }
    }
  }
  return out;
}

Result<Picture> cropped(const Picture& picture, const Rectangle& part) {
  if (part.width == 0 || part.height == 0 || part.left > picture.width ||
      part.top > picture.height || part.width > picture.width - part.left ||
      part.height > picture.height - part.top) {
    return refuse(reason::bad_argument, "a part that reaches over the picture's edge");
  }
  Picture out{part.width, part.height, picture.channels, {}};
  for (std::size_t y = part.top; y < std::size_t{part.top} + part.height; ++y) {
    const auto row =
        picture.samples.begin() +
        static_cast<std::ptrdiff_t>((y * picture.width + part.left) * picture.channels);
    out.samples.insert(out.samples.end(), row, row + std::ptrdiff_t{part.width} * picture.channels);
  }
  return out;
}

Picture grey(const Picture& picture) {
  if (picture.channels == 1) return picture;
  Picture out{picture.width, picture.height, 1, {}};
  out.samples.reserve(picture.samples.size() / 3);
  for (std::size_t i = 0; i < picture.samples.size(); i += 3) {
    const std::uint8_t* pixel = picture.samples.data() + i;
    out.samples.push_back(
        static_cast<std::uint8_t>((77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2] + 128) / 256));
  }
  return out;
}

Quality quality_of(const Picture& picture) {
  const Picture luma = grey(picture);
  std::array<std::uint64_t, 256> histogram{};
  for (const std::uint8_t sample : luma.samples) ++histogram.at(sample);
  Moments moments;
  std::uint64_t dark = 0;
  std::uint64_t bright = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    const std::uint64_t times = histogram.at(value);
    moments.sum += static_cast<std::int64_t>(times * value);
    moments.squares += times * value * value;
    dark += value < 16 ? times : 0;
    bright += value > 239 ? times : 0;
  }
  moments.count = luma.samples.size();
  return {.mean_q8 = static_cast<std::uint32_t>(moments.sum * 256 /
                                                static_cast<std::int64_t>(moments.count)),
          .variance_q8 = moments.variance_q8(),
          .sharpness_q8 = sharpness(luma),
          .entropy_q16 = entropy(histogram, moments.count),
          .dark_permille = static_cast<std::uint32_t>(dark * 1000 / moments.count),
          .bright_permille = static_cast<std::uint32_t>(bright * 1000 / moments.count)};
}

}  // namespace oort::compute::builtin
