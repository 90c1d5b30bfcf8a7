// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/base64.hpp"

namespace oort::s3 {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8U | (j < count ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= count ? alphabet[(word >> (18 - 6 * j)) & 63U] : '=');
    }
  }
  return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool is_last = i + 4 == text.size();
    std::size_t padding = 0;
    if (is_last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 4 - padding; ++j) {
      const std::size_t value = alphabet.find(text[i + j]);
      if (value == std::string_view::npos) return std::nullopt;
      word |= static_cast<std::uint32_t>(value) << (18 - 6 * j);
    }
    for (std::size_t j = 0; j < 3 - padding; ++j) {
      out.push_back(static_cast<std::byte>(word >> (16 - 8 * j) & 0xffU));
    }
    // Bits that belong to no byte must be zero, or two texts would mean one value.
    if (padding > 0 && (word & ((1U << (8 * padding)) - 1U)) != 0) return std::nullopt;
  }
  return out;
}

}  // namespace oort::s3
