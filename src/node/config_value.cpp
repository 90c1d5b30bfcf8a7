// SPDX-License-Identifier: Apache-2.0
#include "config_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <numeric>

#include "oort/core/reasons.hpp"

namespace oort::node {
namespace {

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!trim(text).empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(trim(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

tl::unexpected<Error> wrong(std::string_view text, Kind kind) {
  return fail(ErrorCode::InvalidArgument, reason::bad_config,
              "'" + std::string(text) + "' is not " + std::string(describe(kind)));
}

}  // namespace

std::string_view describe(Kind kind) noexcept {
  switch (kind) {
    case Kind::Boolean: return "true or false";
    case Kind::Integer: return "a whole number";
    case Kind::Text: return "a text";
    case Kind::List: return "a list of texts";
  }
  return "";
}

Kind kind_of(const Value& value) noexcept { return static_cast<Kind>(value.index()); }

std::string to_toml(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
  std::string out = "[";
  for (const std::string& part : std::get<std::vector<std::string>>(value)) {
    if (out.size() > 1) out += ", ";
    out += quote(part);
  }
  return out + "]";
}

Result<Value> parse_value(std::string_view text, Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      if (text == "true" || text == "false") return Value(text == "true");
      return wrong(text, kind);
    case Kind::Integer: {
      std::int64_t number = 0;
      const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (problem != std::errc() || rest != text.data() + text.size()) return wrong(text, kind);
      return Value(number);
    }
    case Kind::Text: return Value(std::string(text));
    case Kind::List: return Value(split(text));
  }
  return wrong(text, kind);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace oort::node
