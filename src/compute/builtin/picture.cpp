// SPDX-License-Identifier: Apache-2.0
// Pictures from and to bytes.
#include <array>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/inflate.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

tl::unexpected<Error> broken(const char* why) { return refuse(reason::malformed, why); }

Result<void> check_size(std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) return broken("a picture without extent");
  if (width > picture_side_max || height > picture_side_max ||
      width * height > picture_pixels_max) {
    return refuse(reason::too_large,
                  "a picture of " + std::to_string(width) + " by " + std::to_string(height));
  }
  return {};
}

// PGM and PPM.

/// A number after white space and comments, which it consumes.
Result<std::uint32_t> pnm_number(ByteView& rest) {
  const auto next = [&] { return rest.empty() ? '\0' : static_cast<char>(rest.front()); };
  const auto skip = [&] { rest = rest.subspan(1); };
  while (next() == ' ' || next() == '\n' || next() == '\r' || next() == '\t' || next() == '#') {
    const bool is_comment = next() == '#';
    while (is_comment && !rest.empty() && next() != '\n') skip();
    if (!rest.empty()) skip();
  }
  std::uint32_t number = 0;
  bool has_digit = false;
  while (next() >= '0' && next() <= '9') {
    number = number * 10 + static_cast<std::uint32_t>(next() - '0');
    if (number > 0xFFFFFFU) return broken("a number of a picture is too large");
    has_digit = true;
    skip();
  }
  if (!has_digit) return broken("a picture lacks a number");
  return number;
}

struct PnmHeader {
  PictureSize size;
  std::uint32_t channels = 1;
  ByteView samples;
};

Result<PnmHeader> pnm_header(ByteView bytes) {
  PnmHeader header;
  header.channels = bytes[1] == std::byte{'6'} ? 3 : 1;
  ByteView rest = bytes.subspan(2);
  OORT_TRY(header.size.width, pnm_number(rest));
  OORT_TRY(header.size.height, pnm_number(rest));
  OORT_TRY(const std::uint32_t most, pnm_number(rest));
  if (most != 255) return refuse(reason::not_supported, "a picture not of 8 bits");
  OORT_TRY(check_size(header.size.width, header.size.height));
  if (rest.empty()) return broken("a picture ends after its header");
  header.samples = rest.subspan(1);
  return header;
}

std::vector<std::uint8_t> u8s(ByteView bytes) {
  std::vector<std::uint8_t> values;
  values.reserve(bytes.size());
  for (const std::byte byte : bytes) values.push_back(std::to_integer<std::uint8_t>(byte));
  return values;
}

Result<Picture> decode_pnm(ByteView bytes) {
  OORT_TRY(const PnmHeader header, pnm_header(bytes));
  const auto [width, height] = header.size;
  const std::size_t size = std::size_t{width} * height * header.channels;
  if (header.samples.size() != size) return broken("a picture of another size than it says");
  return Picture{width, height, header.channels, u8s(header.samples)};
}

// PNG (ISO/IEC 15948).

constexpr std::array<std::uint8_t, 8> png_signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

std::uint32_t big_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(4)) {
    value = value << 8U | std::to_integer<std::uint32_t>(byte);
  }
  return value;
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? 0xEDB88320U ^ value >> 1U : value >> 1U;
    }
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte byte : bytes) {
    crc = crc_table.at((crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU) ^ crc >> 8U;
  }
  return ~crc;
}

struct PngHeader {
  PictureSize size;
  std::uint32_t depth = 8;
  std::uint32_t colour = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.

  [[nodiscard]] std::uint32_t values() const {
    return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
  }
  [[nodiscard]] std::size_t row_bytes() const {
    return (std::size_t{size.width} * values() * depth + 7) / 8;
  }
};

Result<PngHeader> png_header(ByteView data) {
  if (data.size() != 13) return broken("a PNG header of another size");
  PngHeader header{{big_endian(data), big_endian(data.subspan(4))},
                   std::to_integer<std::uint32_t>(data[8]),
                   std::to_integer<std::uint32_t>(data[9])};
  OORT_TRY(check_size(header.size.width, header.size.height));
  const bool is_small = header.depth == 1 || header.depth == 2 || header.depth == 4;
  const bool is_wide = header.depth == 8 || header.depth == 16;
  const bool fits = header.colour == 0   ? is_small || is_wide
                    : header.colour == 3 ? is_small || header.depth == 8
                                         : is_wide;
  const bool is_known = header.colour <= 6 && header.colour != 1 && header.colour != 5;
  if (!fits || !is_known || data[10] != std::byte{0} || data[11] != std::byte{0}) {
    return broken("a PNG header says what cannot be");
  }
  if (data[12] != std::byte{0}) return refuse(reason::not_supported, "an interlaced PNG");
  return header;
}

struct PngParts {
  PngHeader header;
  ByteView palette;
  Bytes stream;
};

Result<PngParts> png_parts(ByteView rest) {
  PngParts parts;
  for (bool is_first = true;; is_first = false) {
    if (rest.size() < 12) return broken("a PNG ends early");
    const std::uint32_t size = big_endian(rest);
    if (size > rest.size() - 12) return broken("a PNG ends early");
    const std::string_view kind = as_text(rest.subspan(4, 4));
    const ByteView data = rest.subspan(8, size);
    if (crc32(rest.subspan(4, 4 + std::size_t{size})) !=
        big_endian(rest.subspan(8 + std::size_t{size}))) {
      return refuse(reason::checksum_mismatch, "CRC of a part of a PNG");
    }
    rest = rest.subspan(12 + std::size_t{size});
    if (is_first != (kind == "IHDR")) return broken("a PNG begins with one header");
    if (is_first) {
      OORT_TRY(parts.header, png_header(data));
    } else if (kind == "PLTE") {
      parts.palette = data;
    } else if (kind == "IDAT") {
      parts.stream.insert(parts.stream.end(), data.begin(), data.end());
    } else if (kind == "IEND") {
      return parts;
    } else if (kind[0] >= 'A' && kind[0] <= 'Z') {
      return refuse(reason::not_supported, "a PNG with a part that must be understood");
    }
  }
}

std::uint8_t paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int by_left = std::abs(guess - left);
  const int by_above = std::abs(guess - above);
  const int by_corner = std::abs(guess - corner);
  if (by_left <= by_above && by_left <= by_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(by_above <= by_corner ? above : corner);
}

/// Undoes the filter of one row, given the row above.
Result<void> unfilter(std::uint8_t filter, std::size_t pixel_bytes,
                      std::span<const std::uint8_t> above, std::span<std::uint8_t> row) {
  if (filter > 4) return broken("a PNG row with an unknown filter");
  for (std::size_t i = 0; i < row.size(); ++i) {
    const int left = i < pixel_bytes ? 0 : row[i - pixel_bytes];
    const int corner = i < pixel_bytes ? 0 : above[i - pixel_bytes];
    int guess = 0;
    if (filter == 1) guess = left;
    if (filter == 2) guess = above[i];
    if (filter == 3) guess = (left + above[i]) / 2;
    if (filter == 4) guess = paeth(left, above[i], corner);
    row[i] = static_cast<std::uint8_t>(row[i] + guess);
  }
  return {};
}

/// The value at `index` of a row; of 16 bits the upper 8.
std::uint8_t row_value(std::span<const std::uint8_t> row, std::size_t index, std::uint32_t depth) {
  if (depth == 8) return row[index];
  if (depth == 16) return row[2 * index];
  const std::size_t bit = index * depth;
  const std::uint32_t shift = 8 - depth - static_cast<std::uint32_t>(bit % 8);
  return static_cast<std::uint8_t>(row[bit / 8] >> shift & ((1U << depth) - 1));
}

/// Appends one row's pixels as grey or RGB.
Result<void> append_row(const PngParts& parts, std::span<const std::uint8_t> row,
                        std::vector<std::uint8_t>& samples) {
  const PngHeader& header = parts.header;
  // Grey of few bits is stretched to the whole range.
  const std::uint32_t stretch = header.depth < 8 ? 255 / ((1U << header.depth) - 1) : 1;
  for (std::size_t x = 0; x < header.size.width; ++x) {
    const std::size_t first = x * header.values();
    const std::uint8_t value = row_value(row, first, header.depth);
    if (header.colour == 3) {
      if (std::size_t{value} * 3 + 3 > parts.palette.size()) {
        return broken("a colour that the palette lacks");
      }
      for (const std::byte part : parts.palette.subspan(std::size_t{value} * 3, 3)) {
        samples.push_back(std::to_integer<std::uint8_t>(part));
      }
    } else if (header.colour == 2 || header.colour == 6) {
      samples.push_back(value);
      samples.push_back(row_value(row, first + 1, header.depth));
      samples.push_back(row_value(row, first + 2, header.depth));
    } else {
      samples.push_back(static_cast<std::uint8_t>(value * stretch));
    }
  }
  return {};
}

Result<Picture> decode_png(ByteView bytes) {
  OORT_TRY(const PngParts parts, png_parts(bytes.subspan(png_signature.size())));
  const PngHeader& header = parts.header;
  const std::size_t row_bytes = header.row_bytes();
  OORT_TRY(std::vector<std::uint8_t> rows,
           inflate_zlib(parts.stream, (row_bytes + 1) * header.size.height));
  const bool is_grey = header.colour == 0 || header.colour == 4;
  Picture picture{header.size.width, header.size.height, is_grey ? 1U : 3U, {}};
  picture.samples.reserve(std::size_t{picture.width} * picture.height * picture.channels);
  const std::size_t pixel_bytes = (header.values() * header.depth + 7) / 8;
  const std::vector<std::uint8_t> none(row_bytes, 0);
  std::span<const std::uint8_t> above = none;
  for (std::size_t y = 0; y < picture.height; ++y) {
    const auto row = std::span(rows).subspan(y * (row_bytes + 1) + 1, row_bytes);
    OORT_TRY(unfilter(rows[y * (row_bytes + 1)], pixel_bytes, above, row));
    OORT_TRY(append_row(parts, row, picture.samples));
    above = row;
  }
  return picture;
}

bool is_pnm(ByteView bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{'P'} &&
         (bytes[1] == std::byte{'5'} || bytes[1] == std::byte{'6'});
}

bool is_png(ByteView bytes) {
  return bytes.size() > 33 &&
         as_text(bytes.first(8)) == as_text(std::as_bytes(std::span(png_signature)));
}

}  // namespace

std::optional<PictureSize> picture_size(ByteView bytes) {
  if (is_pnm(bytes)) {
    const auto header = pnm_header(bytes);
    return header ? std::optional(header->size) : std::nullopt;
  }
  if (!is_png(bytes)) return std::nullopt;
  const auto header = png_header(bytes.subspan(16, 13));
  return header ? std::optional(header->size) : std::nullopt;
}

Result<Picture> decode_picture(ByteView bytes) {
  if (is_pnm(bytes)) return decode_pnm(bytes);
  if (is_png(bytes)) return decode_png(bytes);
  return refuse(reason::not_supported, "neither PGM, PPM nor PNG");
}

Bytes encode_pnm(const Picture& picture) {
  Bytes out =
      to_bytes(std::string(picture.channels == 3 ? "P6\n" : "P5\n") +
               std::to_string(picture.width) + " " + std::to_string(picture.height) + "\n255\n");
  const auto samples = std::as_bytes(std::span(picture.samples));
  out.insert(out.end(), samples.begin(), samples.end());
  return out;
}

}  // namespace oort::compute::builtin
