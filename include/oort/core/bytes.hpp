// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oort {

/// Owned bytes of variable length.
using Bytes = std::vector<std::byte>;
/// Borrowed bytes. Never stored past the call that received them.
using ByteView = std::span<const std::byte>;

/// Views the characters of `text` as bytes; the view lives as long as the text.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Views `bytes` as characters; the view lives as long as the bytes.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies a view into owned bytes.
[[nodiscard]] inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
[[nodiscard]] inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

/// Lower-case hexadecimal, two characters a byte.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Parses hexadecimal of either case. Empty when the length is odd or a character is foreign.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view hex);

/// A value of exactly `N` bytes whose `Tag` keeps it apart from other values of that size.
/// Ordered as unsigned bytes, first byte first; zero by default.
template <class Tag, std::size_t N>
class FixedBytes {
 public:
  static constexpr std::size_t size_bytes = N;

  constexpr FixedBytes() noexcept = default;
  constexpr explicit FixedBytes(const std::array<std::byte, N>& bytes) noexcept : bytes_(bytes) {}

  /// Takes exactly `N` bytes; empty for any other length.
  [[nodiscard]] static std::optional<FixedBytes> from(ByteView bytes) noexcept {
    if (bytes.size() != N) return std::nullopt;
    FixedBytes value;
    std::memcpy(value.bytes_.data(), bytes.data(), N);
    return value;
  }
  /// Takes exactly `2 N` hexadecimal characters; empty for anything else.
  [[nodiscard]] static std::optional<FixedBytes> from_hex(std::string_view hex) {
    const auto bytes = oort::from_hex(hex);
    if (!bytes) return std::nullopt;
    return from(*bytes);
  }

  [[nodiscard]] constexpr ByteView view() const noexcept { return bytes_; }
  [[nodiscard]] constexpr std::span<std::byte, N> mutable_view() noexcept { return bytes_; }
  [[nodiscard]] constexpr const std::array<std::byte, N>& array() const noexcept { return bytes_; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes_); }
  /// The first eight hexadecimal characters, for logs.
  [[nodiscard]] std::string short_hex() const {
    return to_hex(ByteView(bytes_).first(N < 4 ? N : 4));
  }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return *this == FixedBytes{}; }

  friend constexpr bool operator==(const FixedBytes&, const FixedBytes&) noexcept = default;
  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) noexcept = default;

 private:
  std::array<std::byte, N> bytes_{};
};

/// 32 bytes of no particular meaning, such as a hash.
using Bytes32 = FixedBytes<struct Bytes32Tag, 32>;

}  // namespace oort
