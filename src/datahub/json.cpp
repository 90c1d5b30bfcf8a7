// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "utf8.hpp"

namespace oort::datahub {

namespace {

tl::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

/// Digits as ECMAScript prints them (ECMA-262, Number::toString). Requires: finite.
void append_number(std::string& out, double value) {
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  std::string digits;
  const char* at = buffer.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits += *at;
  }
  int exponent = 0;
  at += at[1] == '+' ? 2 : 1;
  std::from_chars(at, end, exponent);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // Where it stands, counted in digits from the left.
  const auto zeros = [](int n) { return std::string(static_cast<std::size_t>(n), '0'); };
  if (point > 0 && point <= 21) {
    if (count <= point) {
      out += digits + zeros(point - count);
    } else {
      out += digits.insert(static_cast<std::size_t>(point), ".");
    }
  } else if (point > -6 && point <= 0) {
    out += "0." + zeros(-point) + digits;
  } else {
    if (count > 1) digits.insert(1, ".");
    out += digits + (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
  }
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += hex[static_cast<std::size_t>(c) >> 4];
          out += hex[static_cast<std::size_t>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// Order by UTF-16 code units. Those of a code point beyond U+FFFF begin with D800 … DBFF, so it
/// stands below U+E000 … U+FFFF. Requires: UTF-8.
bool is_before(std::string_view a, std::string_view b) {
  const auto unit = [](std::uint32_t code) { return code < 0x10000 ? code : 0xd800U; };
  while (!a.empty() && !b.empty()) {
    const std::uint32_t left = *take_code_point(a);
    const std::uint32_t right = *take_code_point(b);
    if (left == right) continue;
    return unit(left) != unit(right) ? unit(left) < unit(right) : left < right;
  }
  return a.size() < b.size();
}

class Writer {
 public:
  Writer(bool is_sorted, bool is_indented) : is_sorted_(is_sorted), is_indented_(is_indented) {}

  Result<void> write(const Json& value) {
    if (const auto* flag = value.if_bool()) {
      out_ += *flag ? "true" : "false";
    } else if (const auto* number = value.if_number()) {
      if (!std::isfinite(*number)) return refused("JSON has no number that is not finite");
      append_number(out_, *number);
    } else if (const auto* text = value.if_string()) {
      return write_string(*text);
    } else if (const auto* array = value.if_array()) {
      return write_array(*array);
    } else if (const auto* object = value.if_object()) {
      return write_object(*object);
    } else {
      out_ += "null";
    }
    return {};
  }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  Result<void> write_string(const std::string& text) {
    if (!is_utf8(text)) return refused("a text of the document is not UTF-8");
    append_string(out_, text);
    return {};
  }

  Result<void> write_array(const Json::Array& array) {
    OORT_TRY(open('['));
    for (const Json& value : array) {
      separate(&value == array.data());
      OORT_TRY(write(value));
    }
    close(']', array.empty());
    return {};
  }

  Result<void> write_object(const Json::Object& object) {
    for (const JsonMember& member : object) {
      if (!is_utf8(member.name)) return refused("a name of the document is not UTF-8");
    }
    std::vector<std::size_t> sorted(object.size());
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) {
      return is_before(object[a].name, object[b].name);
    });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (object[sorted[i]].name == object[sorted[i - 1]].name) {
        return refused("an object of the document has a name twice");
      }
    }
    OORT_TRY(open('{'));
    for (std::size_t i = 0; i < object.size(); ++i) {
      const JsonMember& member = object[is_sorted_ ? sorted[i] : i];
      separate(i == 0);
      append_string(out_, member.name);
      out_ += is_indented_ ? ": " : ":";
      OORT_TRY(write(member.value));
    }
    close('}', object.empty());
    return {};
  }

  Result<void> open(char bracket) {
    if (++depth_ > json_depth_max) return refused("the document is nested too deeply");
    out_ += bracket;
    return {};
  }
  void separate(bool is_first) {
    if (!is_first) out_ += ',';
    if (is_indented_) break_line();
  }
  void close(char bracket, bool is_empty) {
    --depth_;
    if (is_indented_ && !is_empty) break_line();
    out_ += bracket;
  }
  void break_line() {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  bool is_sorted_;
  bool is_indented_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

Json::Json() noexcept = default;
Json::~Json() = default;
Json::Json(const Json& other) = default;
Json& Json::operator=(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::Json(bool value) : value_(value) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::int64_t value) : value_(static_cast<double>(value)) {}
Json::Json(std::uint64_t value) : value_(static_cast<double>(value)) {}
Json::Json(std::int32_t value) : value_(static_cast<double>(value)) {}
Json::Json(std::uint32_t value) : value_(static_cast<double>(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}

Json Json::object(std::initializer_list<JsonMember> members) { return {Object(members)}; }

Json Json::array(std::initializer_list<Json> values) { return {Array(values)}; }

bool Json::is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }

const Json* Json::find(std::string_view name) const noexcept {
  const auto* object = if_object();
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [&](const JsonMember& member) { return member.name == name; });
  return found == object->end() ? nullptr : &found->value;
}

void Json::set(std::string name, Json value) {
  auto* object = std::get_if<Object>(&value_);
  OORT_ASSERT(object != nullptr, "only an object has members");
  const auto found = std::find_if(object->begin(), object->end(),
                                  [&](const JsonMember& member) { return member.name == name; });
  if (found != object->end()) {
    found->value = std::move(value);
  } else {
    object->push_back({std::move(name), std::move(value)});
  }
}

void Json::append(Json value) {
  auto* array = std::get_if<Array>(&value_);
  OORT_ASSERT(array != nullptr, "only an array takes values");
  array->push_back(std::move(value));
}

bool operator==(const Json& a, const Json& b) { return a.value_ == b.value_; }

Result<std::string> canonical(const Json& value) {
  Writer writer(true, false);
  OORT_TRY(writer.write(value));
  return std::move(writer).take();
}

Result<std::string> indented(const Json& value) {
  Writer writer(false, true);
  OORT_TRY(writer.write(value));
  return std::move(writer).take();
}

}  // namespace oort::datahub
