// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "oort/core/reasons.hpp"
#include "oort/datahub/json.hpp"
#include "utf8.hpp"

namespace oort::datahub {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), size_(text.size()) {}

  Result<Json> document() {
    OORT_TRY(Json value, this->value());
    skip_space();
    if (!text_.empty()) return malformed("text after the value");
    return value;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> malformed(const std::string& why) const {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "JSON, byte " + std::to_string(size_ - text_.size()) + ": " + why);
  }

  void skip_space() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r"), text_.size()));
  }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  Result<Json> value() {
    skip_space();
    if (take_word("null")) return Json();
    if (take_word("true")) return Json(true);
    if (take_word("false")) return Json(false);
    if (text_.empty()) return malformed("a value is missing");
    switch (text_.front()) {
      case '"': {
        OORT_TRY(std::string text, string());
        return Json(std::move(text));
      }
      case '[': return nested(&Parser::array);
      case '{': return nested(&Parser::object);
      default: return number();
    }
  }

  Result<Json> nested(Result<Json> (Parser::*read)()) {
    if (depth_ == json_depth_max) return malformed("nested too deeply");
    ++depth_;
    text_.remove_prefix(1);
    OORT_TRY(Json value, (this->*read)());
    --depth_;
    return value;
  }

  Result<Json> array() {
    Json::Array values;
    skip_space();
    if (take(']')) return Json(std::move(values));
    while (true) {
      OORT_TRY(Json value, this->value());
      values.push_back(std::move(value));
      skip_space();
      if (take(']')) return Json(std::move(values));
      if (!take(',')) return malformed("a comma or a bracket is missing");
    }
  }

  Result<Json> object() {
    Json::Object members;
    std::set<std::string> names;
    skip_space();
    if (take('}')) return Json(std::move(members));
    while (true) {
      skip_space();
      if (text_.empty() || text_.front() != '"') return malformed("a name is missing");
      OORT_TRY(std::string name, string());
      if (!names.insert(name).second) return malformed("a name stands twice");
      skip_space();
      if (!take(':')) return malformed("a colon is missing");
      OORT_TRY(Json value, this->value());
      members.push_back({std::move(name), std::move(value)});
      skip_space();
      if (take('}')) return Json(std::move(members));
      if (!take(',')) return malformed("a comma or a brace is missing");
    }
  }

  Result<std::string> string() {
    text_.remove_prefix(1);
    std::string out;
    while (!text_.empty()) {
      if (take('"')) return out;
      if (take('\\')) {
        OORT_TRY(escape(out));
        continue;
      }
      if (static_cast<unsigned char>(text_.front()) < 0x20) return malformed("a bare control");
      const std::string_view before = text_;
      if (!take_code_point(text_)) return malformed("no UTF-8");
      out += before.substr(0, before.size() - text_.size());
    }
    return malformed("a text without an end");
  }

  Result<void> escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (take('u')) {
      OORT_TRY(const std::uint32_t code, escaped_code_point());
      append_utf8(out, code);
      return {};
    }
    const std::size_t at = text_.empty() ? std::string_view::npos : letters.find(text_.front());
    if (at == std::string_view::npos) return malformed("an unknown escape");
    out += meanings[at];
    text_.remove_prefix(1);
    return {};
  }

  Result<std::uint32_t> escaped_code_point() {
    const auto high = hex4();
    if (!high) return malformed("four hexadecimal digits are missing");
    if (*high < 0xd800 || *high >= 0xe000) return *high;
    if (*high >= 0xdc00 || !take_word("\\u")) return malformed("a lone surrogate");
    const auto low = hex4();
    if (!low || *low < 0xdc00 || *low >= 0xe000) return malformed("a lone surrogate");
    return 0x10000 + ((*high - 0xd800) << 10) + (*low - 0xdc00);
  }

  std::optional<std::uint32_t> hex4() {
    if (text_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    const char* const begin = text_.data();
    const char* const end = begin + 4;
    const auto [at, error] = std::from_chars(begin, end, value, 16);
    if (error != std::errc() || at != end) return std::nullopt;
    text_.remove_prefix(4);
    return value;
  }

  /// The length of the number that the text begins with, by the grammar; 0 when it is none.
  [[nodiscard]] std::size_t number_size() const {
    std::size_t at = 0;
    const auto digits = [&] {
      const std::size_t begin = at;
      while (at < text_.size() && is_digit(text_[at])) ++at;
      return at - begin;
    };
    const auto is_at = [&](std::string_view any) {
      return at < text_.size() && any.find(text_[at]) != std::string_view::npos;
    };
    if (is_at("-")) ++at;
    const bool is_zero_first = is_at("0");
    const std::size_t whole = digits();
    if (whole == 0 || (is_zero_first && whole > 1)) return 0;
    if (is_at(".")) {
      ++at;
      if (digits() == 0) return 0;
    }
    if (is_at("eE")) {
      ++at;
      if (is_at("+-")) ++at;
      if (digits() == 0) return 0;
    }
    return at;
  }

  Result<Json> number() {
    const std::size_t size = number_size();
    if (size == 0) return malformed("no value begins like this");
    double value = 0;
    const char* const begin = text_.data();
    const char* const end = begin + size;
    const auto [at, error] = std::from_chars(begin, end, value);
    if (error == std::errc::result_out_of_range || !std::isfinite(value)) {
      return fail(ErrorCode::OutOfRange, reason::overflow, "JSON: a number that no double holds");
    }
    if (error != std::errc() || at != end) return malformed("no number");
    text_.remove_prefix(size);
    return Json(value);
  }

  std::string_view text_;
  std::size_t size_;
  std::size_t depth_ = 0;
};

}  // namespace

Result<Json> parse_json(std::string_view text) { return Parser(text).document(); }

}  // namespace oort::datahub
