// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::datahub {

struct JsonMember;

/// A JSON value, for documents that are hashed, signed or written for others.
///
/// Invariants
///   J1  `canonical` writes what RFC 8785 asks for: members by UTF-16 code units, numbers as
///       ECMAScript prints them, the least escapes, nothing between tokens.
///   J2  `parse(canonical(v))` is v, and `canonical(parse(text))` is the same for every text of one
///       value.
///   J3  The parser takes RFC 8259 in UTF-8, narrowed by RFC 7493: no name twice in an object, no
///       lone surrogate, no number beyond a double. It descends `json_depth_max` levels and
///       allocates no more than the size of its input times a small constant.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<JsonMember>;

  Json() noexcept;  ///< null
  ~Json();
  Json(const Json& other);
  Json& operator=(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(Json&& other) noexcept;
  // A value is written where a document is built, so conversions are implicit.
  // NOLINTBEGIN(google-explicit-constructor)
  Json(bool value);
  Json(double value);
  /// Integers beyond ±2^53 are rounded to a double, as JSON's readers would.
  Json(std::int64_t value);
  Json(std::uint64_t value);
  Json(std::int32_t value);
  Json(std::uint32_t value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(Array value);
  Json(Object value);
  // NOLINTEND(google-explicit-constructor)
  [[nodiscard]] static Json object(std::initializer_list<JsonMember> members);
  [[nodiscard]] static Json array(std::initializer_list<Json> values);

  [[nodiscard]] bool is_null() const noexcept;
  /// Null unless the value is of that kind.
  [[nodiscard]] const bool* if_bool() const noexcept { return std::get_if<bool>(&value_); }
  [[nodiscard]] const double* if_number() const noexcept { return std::get_if<double>(&value_); }
  [[nodiscard]] const std::string* if_string() const noexcept {
    return std::get_if<std::string>(&value_);
  }
  [[nodiscard]] const Array* if_array() const noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* if_object() const noexcept { return std::get_if<Object>(&value_); }
  /// The member of that name; null when there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const noexcept;
  /// Sets or replaces a member. Requires: an object.
  void set(std::string name, Json value);
  /// Requires: an array.
  void append(Json value);

  /// Members are compared in the order in which they stand.
  friend bool operator==(const Json& a, const Json& b);

 private:
  std::variant<std::monostate, bool, double, std::string, Array, Object> value_;
};

struct JsonMember {
  std::string name;
  Json value;
  friend bool operator==(const JsonMember&, const JsonMember&) = default;
};

inline constexpr std::size_t json_depth_max = 64;

/// The one text of the value. Fails with BAD_ARGUMENT for what has none: text that is not UTF-8, a
/// number that is not finite, a name twice, more levels than `json_depth_max`.
[[nodiscard]] Result<std::string> canonical(const Json& value);
/// The same value with two spaces a level, for people; members as they stand.
[[nodiscard]] Result<std::string> indented(const Json& value);
/// Fails with MALFORMED, and with OVERFLOW for a number that no double holds.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

/// Whether the text is well-formed UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace oort::datahub
