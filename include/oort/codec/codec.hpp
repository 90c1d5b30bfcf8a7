// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/strong.hpp"

namespace oort::codec {

/// Canonical bytes of everything signed, hashed or stored: one value has one encoding.
///
/// Rules: integers little-endian at full width; a variable length is a u32 before the bytes or the
/// elements; a boolean is one byte, 0 or 1; an optional is such a byte and then the value; an enum
/// is its integer, checked against its range by the type's own `decode`; strings are UTF-8 bytes;
/// maps are vectors in ascending key order. No padding, no field tags, no floating point.
///
/// A type T takes part by two functions in its own namespace:
///   void encode(codec::Writer&, const T&);
///   Result<void> decode(codec::Reader&, T&);
///
/// Invariants
///   E1  decode(encode(x)) == x, and encode(decode(b)) == b for every b that decodes.
///   E2  No input makes the reader read past its end or allocate more than the input's size times a
///       small constant.
class Writer {
 public:
  /// Room for `size` bytes, so that fewer allocations are made on the way there.
  void reserve(std::size_t size) { bytes_.reserve(size); }
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u16(std::uint16_t value) { integer(value); }
  void u32(std::uint32_t value) { integer(value); }
  void u64(std::uint64_t value) { integer(value); }
  void u128(Uint128 value) { integer(value); }
  void boolean(bool value) { u8(value ? 1 : 0); }
  /// The bytes alone, without their length.
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  /// u32 length, then the bytes. Requires: fewer than 2^32.
  void blob(ByteView bytes);
  void text(std::string_view text) { blob(as_bytes(text)); }

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] Bytes take() && noexcept { return std::move(bytes_); }

 private:
  template <class T>
  void integer(T value) {
    std::array<std::byte, sizeof(T)> little;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      little[i] = static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    raw(little);
  }
  Bytes bytes_;
};

/// Reads what Writer wrote. Every call fails with MALFORMED at the end of the input, and with
/// NOT_CANONICAL for an encoding that Writer would not have made; nothing is consumed then.
class Reader {
 public:
  /// Borrows `bytes` for its own lifetime.
  explicit Reader(ByteView bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] Result<std::uint8_t> u8();
  [[nodiscard]] Result<std::uint16_t> u16();
  [[nodiscard]] Result<std::uint32_t> u32();
  [[nodiscard]] Result<std::uint64_t> u64();
  [[nodiscard]] Result<Uint128> u128();
  [[nodiscard]] Result<bool> boolean();
  [[nodiscard]] Result<ByteView> raw(std::size_t size);
  /// Fails with TOO_LARGE when the length is over `size_max`.
  [[nodiscard]] Result<ByteView> blob(std::size_t size_max);
  [[nodiscard]] Result<std::string> text(std::size_t size_max);
  /// A count of elements that each take at least `element_size_min` bytes (1 or more), so that the
  /// rest of the input bounds it. Fails with TOO_LARGE over `count_max`.
  [[nodiscard]] Result<std::uint32_t> count(std::size_t count_max, std::size_t element_size_min);

  [[nodiscard]] ByteView rest() const noexcept { return rest_; }
  /// Fails with MALFORMED unless everything was read.
  [[nodiscard]] Result<void> finish() const;

 private:
  ByteView rest_;
};

// What every room uses: fixed bytes, strong integers, amounts, optionals, slot and shard
// references.
template <class Tag, std::size_t N>
void encode(Writer& out, const FixedBytes<Tag, N>& value) {
  out.raw(value.view());
}
template <class Tag, std::size_t N>
[[nodiscard]] Result<void> decode(Reader& in, FixedBytes<Tag, N>& value) {
  OORT_TRY(const ByteView bytes, in.raw(N));
  value = *FixedBytes<Tag, N>::from(bytes);
  return {};
}

inline void encode(Writer& out, std::uint8_t value) { out.u8(value); }
inline void encode(Writer& out, std::uint16_t value) { out.u16(value); }
inline void encode(Writer& out, std::uint32_t value) { out.u32(value); }
inline void encode(Writer& out, std::uint64_t value) { out.u64(value); }
inline void encode(Writer& out, bool value) { out.boolean(value); }
[[nodiscard]] Result<void> decode(Reader& in, std::uint8_t& value);
[[nodiscard]] Result<void> decode(Reader& in, std::uint16_t& value);
[[nodiscard]] Result<void> decode(Reader& in, std::uint32_t& value);
[[nodiscard]] Result<void> decode(Reader& in, std::uint64_t& value);
[[nodiscard]] Result<void> decode(Reader& in, bool& value);

template <class Tag, std::integral Rep>
void encode(Writer& out, Strong<Tag, Rep> value) {
  encode(out, value.value());
}
template <class Tag, std::integral Rep>
[[nodiscard]] Result<void> decode(Reader& in, Strong<Tag, Rep>& value) {
  Rep rep{};
  OORT_TRY(decode(in, rep));
  value = Strong<Tag, Rep>(rep);
  return {};
}

template <class Tag>
void encode(Writer& out, Amount<Tag> value) {
  out.u128(value.units());
}
template <class Tag>
[[nodiscard]] Result<void> decode(Reader& in, Amount<Tag>& value) {
  OORT_TRY(const Uint128 units, in.u128());
  value = Amount<Tag>(units);
  return {};
}

void encode(Writer& out, const SlotRef& value);
[[nodiscard]] Result<void> decode(Reader& in, SlotRef& value);
void encode(Writer& out, const ShardRef& value);
[[nodiscard]] Result<void> decode(Reader& in, ShardRef& value);
void encode(Writer& out, const LeaseId& value);
[[nodiscard]] Result<void> decode(Reader& in, LeaseId& value);

template <class T>
void encode(Writer& out, const std::optional<T>& value) {
  out.boolean(value.has_value());
  if (value) encode(out, *value);
}
template <class T>
[[nodiscard]] Result<void> decode(Reader& in, std::optional<T>& value) {
  OORT_TRY(const bool is_there, in.boolean());
  if (!is_there) {
    value.reset();
    return {};
  }
  return decode(in, value.emplace());
}

/// u32 count, then the elements.
template <class T>
void encode_vector(Writer& out, const std::vector<T>& values) {
  out.u32(static_cast<std::uint32_t>(values.size()));
  for (const T& value : values) encode(out, value);
}
/// Fails with TOO_LARGE over `count_max` elements.
template <class T>
[[nodiscard]] Result<void> decode_vector(Reader& in, std::vector<T>& values,
                                         std::size_t count_max) {
  OORT_TRY(const std::uint32_t count, in.count(count_max, 1));
  values.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    T value{};
    OORT_TRY(decode(in, value));
    values.push_back(std::move(value));
  }
  return {};
}

/// All bytes of one value.
template <class T>
[[nodiscard]] Bytes to_bytes(const T& value) {
  Writer out;
  encode(out, value);
  return std::move(out).take();
}
/// One value from exactly these bytes; fails with MALFORMED when some are left over.
template <class T>
[[nodiscard]] Result<T> from_bytes(ByteView bytes) {
  Reader in(bytes);
  T value{};
  OORT_TRY(decode(in, value));
  OORT_TRY(in.finish());
  return value;
}

}  // namespace oort::codec
