// SPDX-License-Identifier: Apache-2.0
#include "oort/http/target.hpp"

#include <algorithm>
#include <array>

#include "oort/core/reasons.hpp"

namespace oort::http {
namespace {

constexpr std::size_t parameters_count_max = 128;

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<bool, 256> make_unreserved() noexcept {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : {'-', '.', '_', '~'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> unreserved = make_unreserved();

Result<std::vector<Parameter>> parse_query(std::string_view text) {
  std::vector<Parameter> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (query.size() == parameters_count_max) {
      return fail(ErrorCode::InvalidArgument, reason::too_large,
                  "the query has more than 128 parameters");
    }
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value =
        name.size() == pair.size() ? std::string_view{} : pair.substr(name.size() + 1);
    Parameter parameter;
    OORT_TRY(parameter.name, percent_decode(name, Plus::IsSpace));
    OORT_TRY(parameter.value, percent_decode(value, Plus::IsSpace));
    query.push_back(std::move(parameter));
  }
  return query;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus == Plus::IsSpace) {
      out.push_back(' ');
    } else if (c != '%') {
      out.push_back(c);
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low < 0) {
        return fail(ErrorCode::InvalidArgument, reason::malformed,
                    "a percent sign is not followed by two hexadecimal digits");
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text, Slash slash) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (unreserved[code] || (c == '/' && slash == Slash::Keep)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[code >> 4U]);
      out.push_back(digits[code & 15U]);
    }
  }
}

std::string percent_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  append_percent_encoded(out, text, slash);
  return out;
}

const std::string* Target::parameter(std::string_view name) const noexcept {
  for (const Parameter& candidate : query) {
    if (candidate.name == name) return &candidate.value;
  }
  return nullptr;
}

Result<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.size(), target.find_first_of("/?")));
  }
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.empty() && path.front() != '/') {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "the request target does not begin with a slash");
  }
  Target parsed;
  OORT_TRY(parsed.path, percent_decode(path, Plus::IsPlus));
  if (parsed.path.empty()) parsed.path = "/";
  if (path.size() < target.size()) {
    OORT_TRY(parsed.query, parse_query(target.substr(path.size() + 1)));
  }
  return parsed;
}

}  // namespace oort::http
