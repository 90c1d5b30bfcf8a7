// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/conditions.hpp"

#include <algorithm>
#include <charconv>

#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view etag) noexcept {
  etag = trim(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

bool names_etag(std::string_view list, std::string_view etag) noexcept {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view one = unquoted(list.substr(0, comma));
    if (one == "*" || one == etag) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Dates in fields have no milliseconds, so an object's time is compared without its own.
bool is_after(WallTime modified, WallTime date) noexcept {
  return modified.milliseconds / 1'000 > date.milliseconds / 1'000;
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Verdict judge(const ReadConditions& conditions, std::string_view etag, WallTime modified) noexcept {
  if (!conditions.if_match.empty()) {
    if (!names_etag(conditions.if_match, etag)) return Verdict::PreconditionFailed;
  } else if (const auto date = http::from_http_date(conditions.if_unmodified_since)) {
    if (is_after(modified, *date)) return Verdict::PreconditionFailed;
  }
  if (!conditions.if_none_match.empty()) {
    if (names_etag(conditions.if_none_match, etag)) return Verdict::NotModified;
  } else if (const auto date = http::from_http_date(conditions.if_modified_since)) {
    if (!is_after(modified, *date)) return Verdict::NotModified;
  }
  return Verdict::Proceed;
}

Result<std::optional<object::ByteRange>> select_range(std::string_view field, std::uint64_t size) {
  const std::optional<object::ByteRange> everything;
  if (!field.starts_with("bytes=")) return everything;
  field = trim(field.substr(6));
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos || field.find(',') != std::string_view::npos) {
    return everything;
  }
  const auto first = parse_number(field.substr(0, dash));
  const auto last = parse_number(field.substr(dash + 1));
  const bool is_suffix = dash == 0;
  const bool is_open = dash + 1 == field.size();
  if ((is_suffix && !last) || (!is_suffix && !first) || (!is_open && !last)) return everything;
  if (!is_suffix && !is_open && *last < *first) return everything;
  const auto unsatisfiable = [] {
    return fail(ErrorCode::OutOfRange, reason::invalid_range,
                "The requested range is not satisfiable");
  };
  if (is_suffix) {
    if (*last == 0 || size == 0) return unsatisfiable();
    const std::uint64_t count = std::min(*last, size);
    return std::optional(object::ByteRange{size - count, count});
  }
  if (*first >= size) return unsatisfiable();
  const std::uint64_t end = is_open ? size - 1 : std::min(*last, size - 1);
  return std::optional(object::ByteRange{*first, end - *first + 1});
}

Result<object::ByteRange> parse_copy_range(std::string_view field) {
  const std::string_view text = field.starts_with("bytes=") ? field.substr(6) : std::string_view();
  const std::size_t dash = text.find('-');
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
  if (dash != std::string_view::npos) {
    first = parse_number(text.substr(0, dash));
    last = parse_number(text.substr(dash + 1));
  }
  constexpr std::uint64_t offset_max = object::object_bytes_max;
  if (!first || !last || *last < *first || *last > offset_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                "first and last are the zero-based offsets of the first and last bytes to copy");
  }
  return object::ByteRange{*first, *last - *first + 1};
}

Result<object::Precondition> parse_precondition(std::string_view if_match,
                                                std::string_view if_none_match) {
  object::Precondition precondition;
  if (!if_none_match.empty()) {
    if (trim(if_none_match) != "*") {
      return fail(ErrorCode::Unimplemented, reason::not_supported,
                  "If-None-Match of a write takes only *");
    }
    precondition.if_none_match_any = true;
  }
  if (!if_match.empty()) {
    if (if_match.find(',') != std::string_view::npos) {
      return fail(ErrorCode::Unimplemented, reason::not_supported,
                  "If-Match of a write takes one ETag");
    }
    precondition.if_match = std::string(unquoted(if_match));
  }
  return precondition;
}

}  // namespace oort::s3
