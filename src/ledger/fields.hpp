// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/record.hpp"

/// One description of a type's fields, `walk(fields, value)`, serves both directions, so that what
/// is written and what is read cannot drift apart.
namespace oort::ledger {

template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

/// Alternatives of a variant are told apart by their `code`.
template <class... Ts>
void encode_variant(codec::Writer& out, const std::variant<Ts...>& value);
template <class... Ts>
[[nodiscard]] Result<void> decode_variant(codec::Reader& in, std::variant<Ts...>& value,
                                          std::string_view what);

class FieldWriter {
 public:
  template <class T>
  using As = const T;

  explicit FieldWriter(codec::Writer& out) noexcept : out_(&out) {}

  template <class T>
  void operator()(const T& value) {
    if constexpr (Record<T>) {
      encode(*out_, value);
    } else if constexpr (requires { walk(*this, value); }) {
      walk(*this, value);
    } else if constexpr (is_variant<T>) {
      encode_variant(*out_, value);
    } else {
      codec::encode(*out_, value);
    }
  }
  template <class T>
  void list(const std::vector<T>& values, std::size_t) {
    out_->u32(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) (*this)(value);
  }
  template <class T>
  void optional(const std::optional<T>& value) {
    out_->boolean(value.has_value());
    if (value) (*this)(*value);
  }
  void text(const std::string& value, std::size_t) { out_->text(value); }
  void blob(const Bytes& value, std::size_t) { out_->blob(value); }
  void blobs(const std::vector<Bytes>& values, std::size_t, std::size_t) {
    out_->u32(static_cast<std::uint32_t>(values.size()));
    for (const Bytes& value : values) out_->blob(value);
  }
  void texts(const std::vector<std::string>& values, std::size_t, std::size_t) {
    out_->u32(static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) out_->text(value);
  }
  template <class E>
  void enumeration(E value, E, E = E{}) {
    codec::encode(*out_, static_cast<std::underlying_type_t<E>>(value));
  }

 private:
  codec::Writer* out_;
};

/// Keeps the first failure and reads nothing after it.
class FieldReader {
 public:
  template <class T>
  using As = T;

  explicit FieldReader(codec::Reader& in) noexcept : in_(&in) {}

  [[nodiscard]] Result<void> finish() && {
    if (failure_) return fail(*std::move(failure_));
    return {};
  }
  /// Refuses what the codec let through.
  void refuse(std::string_view reason, std::string detail) {
    if (!failure_) failure_.emplace(ErrorCode::InvalidArgument, reason, std::move(detail));
  }

  template <class T>
  void operator()(T& value) {
    if (failure_) return;
    if constexpr (Record<T>) {
      keep(decode(*in_, value));
    } else if constexpr (requires { walk(*this, value); }) {
      walk(*this, value);
    } else if constexpr (is_variant<T>) {
      keep(decode_variant(*in_, value, "alternative"));
    } else {
      keep(codec::decode(*in_, value));
    }
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t count_max) {
    if (failure_) return;
    auto count = in_->count(count_max, 1);
    if (!count) return keep(fail(std::move(count).error()));
    values.clear();
    for (std::uint32_t i = 0; i < *count && !failure_; ++i) (*this)(values.emplace_back());
  }
  template <class T>
  void optional(std::optional<T>& value) {
    bool is_there = false;
    (*this)(is_there);
    value.reset();
    if (is_there) (*this)(value.emplace());
  }
  void text(std::string& value, std::size_t size_max) {
    if (failure_) return;
    auto read = in_->text(size_max);
    if (!read) return keep(fail(std::move(read).error()));
    value = *std::move(read);
  }
  void blob(Bytes& value, std::size_t size_max) {
    if (failure_) return;
    auto read = in_->blob(size_max);
    if (!read) return keep(fail(std::move(read).error()));
    value = to_bytes(*read);
  }
  void blobs(std::vector<Bytes>& values, std::size_t count_max, std::size_t size_max) {
    if (failure_) return;
    auto count = in_->count(count_max, sizeof(std::uint32_t));
    if (!count) return keep(fail(std::move(count).error()));
    values.clear();
    for (std::uint32_t i = 0; i < *count && !failure_; ++i) blob(values.emplace_back(), size_max);
  }
  void texts(std::vector<std::string>& values, std::size_t count_max, std::size_t size_max) {
    if (failure_) return;
    auto count = in_->count(count_max, sizeof(std::uint32_t));
    if (!count) return keep(fail(std::move(count).error()));
    values.clear();
    for (std::uint32_t i = 0; i < *count && !failure_; ++i) text(values.emplace_back(), size_max);
  }
  template <class E>
  void enumeration(E& value, E last, E first = E{}) {
    using Number = std::underlying_type_t<E>;
    Number number = 0;
    (*this)(number);
    if (failure_) return;
    if (number < static_cast<Number>(first) || number > static_cast<Number>(last)) {
      return refuse(reason::not_canonical, "an enumeration has no value " + std::to_string(number));
    }
    value = static_cast<E>(number);
  }

 private:
  void keep(Result<void> result) {
    if (!result && !failure_) failure_.emplace(std::move(result).error());
  }

  codec::Reader* in_;
  std::optional<Error> failure_;
};

template <Record T>
void encode(codec::Writer& out, const T& value) {
  out.u8(T::format_version);
  FieldWriter fields(out);
  walk(fields, value);
}

template <Record T>
Result<void> decode(codec::Reader& in, T& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != T::format_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "a record of version " + std::to_string(version) + "; this program reads version " +
                    std::to_string(T::format_version));
  }
  FieldReader fields(in);
  walk(fields, value);
  return std::move(fields).finish();
}

template <class... Ts>
void encode_variant(codec::Writer& out, const std::variant<Ts...>& value) {
  std::visit(
      [&out]<class T>(const T& chosen) {
        out.u16(T::code);
        FieldWriter{out}(chosen);
      },
      value);
}

template <class T, class Variant>
bool decode_alternative(std::uint16_t code, codec::Reader& in, Variant& value,
                        Result<void>& result) {
  if (code != T::code) return false;
  FieldReader fields(in);
  fields(value.template emplace<T>());
  result = std::move(fields).finish();
  return true;
}

template <class... Ts>
Result<void> decode_variant(codec::Reader& in, std::variant<Ts...>& value, std::string_view what) {
  OORT_TRY(const std::uint16_t code, in.u16());
  Result<void> result;
  const bool is_known = (decode_alternative<Ts>(code, in, value, result) || ...);
  if (!is_known) {
    return fail(ErrorCode::InvalidArgument, reason::not_supported,
                "no " + std::string(what) + " has the code " + std::to_string(code));
  }
  return result;
}

}  // namespace oort::ledger
