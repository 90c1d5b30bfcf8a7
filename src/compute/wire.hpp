// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"

/// One list of fields a type, read by the writer and by the reader alike: so what is written can
/// be read, and nothing else can.
///
/// A type takes part by `template <class Self, class Visit> void fields(Self&, Visit&)`, found by
/// its argument, which visits each field once, in order, with a bound where its length varies.
namespace oort::compute::wire {

class Write {
 public:
  explicit Write(codec::Writer& out) noexcept : out_(out) {}
  template <class T>
  void operator()(const T& value) {
    if constexpr (requires(Write& self) { fields(value, self); }) {
      fields(value, *this);
    } else {
      encode(out_, value);
    }
  }
  void operator()(const std::uint8_t& value) { out_.u8(value); }
  void operator()(const std::uint16_t& value) { out_.u16(value); }
  void operator()(const std::uint32_t& value) { out_.u32(value); }
  void operator()(const std::uint64_t& value) { out_.u64(value); }
  void operator()(const bool& value) { out_.boolean(value); }
  void signed32(const std::int32_t& value) { out_.u32(static_cast<std::uint32_t>(value)); }
  void text(const std::string& value, std::size_t) { out_.text(value); }
  void blob(const Bytes& value, std::size_t) { out_.blob(value); }
  template <class Enum>
  void one_of(const Enum& value, Enum) {
    out_.u8(static_cast<std::uint8_t>(value));
  }
  template <class T>
  void list(const std::vector<T>& values, std::size_t) {
    out_.u32(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) (*this)(value);
  }
  void texts(const std::vector<std::string>& values, std::size_t, std::size_t) {
    out_.u32(static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) out_.text(value);
  }
  template <class T>
  void maybe(const std::optional<T>& value) {
    out_.boolean(value.has_value());
    if (value) (*this)(*value);
  }
  template <class Enum>
  void maybe_one_of(const std::optional<Enum>& value, Enum last) {
    out_.boolean(value.has_value());
    if (value) one_of(*value, last);
  }

 private:
  codec::Writer& out_;
};

/// After the first failure nothing more is read.
class Read {
 public:
  explicit Read(codec::Reader& in) noexcept : in_(in) {}
  [[nodiscard]] Result<void> result() && { return std::move(result_); }

  template <class T>
  void operator()(T& value) {
    if (!result_) return;
    if constexpr (requires(Read& self) { fields(value, self); }) {
      fields(value, *this);
    } else {
      result_ = decode(in_, value);
    }
  }
  void operator()(std::uint8_t& value) { take(value, in_.u8()); }
  void operator()(std::uint16_t& value) { take(value, in_.u16()); }
  void operator()(std::uint32_t& value) { take(value, in_.u32()); }
  void operator()(std::uint64_t& value) { take(value, in_.u64()); }
  void operator()(bool& value) { take(value, in_.boolean()); }
  void signed32(std::int32_t& value) {
    std::uint32_t bits = 0;
    (*this)(bits);
    value = static_cast<std::int32_t>(bits);
  }
  void text(std::string& value, std::size_t size_max) { take(value, in_.text(size_max)); }
  void blob(Bytes& value, std::size_t size_max) {
    if (!result_) return;
    auto view = in_.blob(size_max);
    if (!view) {
      result_ = fail(std::move(view).error());
    } else {
      value = to_bytes(*view);
    }
  }
  template <class Enum>
  void one_of(Enum& value, Enum last) {
    std::uint8_t number = 0;
    (*this)(number);
    if (!result_) return;
    if (number > static_cast<std::uint8_t>(last)) {
      result_ = fail(ErrorCode::InvalidArgument, reason::malformed, "a word out of its list");
      return;
    }
    value = static_cast<Enum>(number);
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t count_max) {
    values.clear();
    const std::uint32_t count = counted(count_max);
    for (std::uint32_t i = 0; i < count && result_; ++i) (*this)(values.emplace_back());
  }
  void texts(std::vector<std::string>& values, std::size_t count_max, std::size_t size_max) {
    values.clear();
    const std::uint32_t count = counted(count_max);
    for (std::uint32_t i = 0; i < count && result_; ++i) text(values.emplace_back(), size_max);
  }
  template <class T>
  void maybe(std::optional<T>& value) {
    value.reset();
    bool is_there = false;
    (*this)(is_there);
    if (is_there && result_) (*this)(value.emplace());
  }
  template <class Enum>
  void maybe_one_of(std::optional<Enum>& value, Enum last) {
    value.reset();
    bool is_there = false;
    (*this)(is_there);
    if (is_there && result_) one_of(value.emplace(), last);
  }

 private:
  template <class T>
  void take(T& value, Result<T> read) {
    if (!result_) return;
    if (!read) {
      result_ = fail(std::move(read).error());
    } else {
      value = *std::move(read);
    }
  }
  /// Each element takes a byte at least, so that the input bounds the count.
  [[nodiscard]] std::uint32_t counted(std::size_t count_max) {
    std::uint32_t count = 0;
    if (result_) take(count, in_.count(count_max, 1));
    return result_ ? count : 0;
  }

  codec::Reader& in_;
  Result<void> result_;
};

/// A version byte and then the fields.
template <class T>
void write_versioned(codec::Writer& out, std::uint8_t version, const T& value) {
  out.u8(version);
  Write write(out);
  write(value);
}
template <class T>
[[nodiscard]] Result<void> read_versioned(codec::Reader& in, std::uint8_t version, T& value) {
  OORT_TRY(const std::uint8_t found, in.u8());
  if (found != version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "a record of compute of version " + std::to_string(found));
  }
  Read read(in);
  read(value);
  return std::move(read).result();
}

}  // namespace oort::compute::wire
