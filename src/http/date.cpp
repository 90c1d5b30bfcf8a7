// SPDX-License-Identifier: Apache-2.0
#include "oort/http/date.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace oort::http {
namespace {

constexpr std::array<const char*, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Civil {
  unsigned year = 0, month = 0, day = 0, weekday = 0;
  unsigned hour = 0, minute = 0, second = 0, millisecond = 0;
};

Civil civil_of(WallTime time) {
  using namespace std::chrono;
  const auto since = milliseconds(time.milliseconds);
  const sys_days date = floor<days>(sys_time<milliseconds>(since));
  const year_month_day calendar(date);
  const auto left = static_cast<unsigned>((since - date.time_since_epoch()).count());
  Civil civil;
  civil.year = static_cast<unsigned>(static_cast<int>(calendar.year()));
  civil.month = static_cast<unsigned>(calendar.month());
  civil.day = static_cast<unsigned>(calendar.day());
  civil.weekday = weekday(date).c_encoding();
  civil.hour = left / 3'600'000;
  civil.minute = left / 60'000 % 60;
  civil.second = left / 1'000 % 60;
  civil.millisecond = left % 1'000;
  return civil;
}

std::optional<WallTime> time_of(const Civil& civil) {
  using namespace std::chrono;
  const year_month_day calendar(year(static_cast<int>(civil.year)), month(civil.month),
                                day(civil.day));
  // 60 is a leap second, which civil time here does not know; it counts as the next second.
  if (!calendar.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60 ||
      civil.year < 1970) {
    return std::nullopt;
  }
  const auto date = static_cast<std::uint64_t>(sys_days(calendar).time_since_epoch().count());
  const std::uint64_t seconds = date * 86'400 + civil.hour * std::uint64_t{3'600} +
                                civil.minute * std::uint64_t{60} + civil.second;
  return WallTime{seconds * 1'000};
}

/// Reads exactly `count` digits at `at`.
std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<unsigned> month_of(std::string_view text, std::size_t at) {
  for (unsigned i = 0; i < month_names.size(); ++i) {
    if (text.substr(at, 3) == month_names[i]) return i + 1;
  }
  return std::nullopt;
}

template <std::size_t N, class... Args>
std::string format(const char (&pattern)[N], Args... args) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), pattern, args...);
  return {text.data(), static_cast<std::size_t>(size)};
}

/// "08:49:37 GMT" at `at`, to the end of the text.
bool parse_clock(std::string_view text, std::size_t at, Civil& civil) {
  if (text.size() != at + 12 || text[at + 2] != ':' || text[at + 5] != ':' ||
      text.substr(at + 8) != " GMT") {
    return false;
  }
  const auto hour = digits(text, at, 2);
  const auto minute = digits(text, at + 3, 2);
  const auto second = digits(text, at + 6, 2);
  if (!hour || !minute || !second) return false;
  civil.hour = *hour;
  civil.minute = *minute;
  civil.second = *second;
  return true;
}

}  // namespace

std::string to_http_date(WallTime time) {
  const Civil c = civil_of(time);
  return format("%s, %02u %s %04u %02u:%02u:%02u GMT", day_names[c.weekday], c.day,
                month_names[c.month - 1], c.year, c.hour, c.minute, c.second);
}

std::string to_iso_date(WallTime time) {
  const Civil c = civil_of(time);
  return format("%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year, c.month, c.day, c.hour, c.minute,
                c.second, c.millisecond);
}

std::string to_basic_date(WallTime time) {
  const Civil c = civil_of(time);
  return format("%04u%02u%02uT%02u%02u%02uZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::optional<WallTime> from_http_date(std::string_view text) {
  const std::size_t comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  const std::size_t at = comma + 2;
  if (text.size() < at + 9) return std::nullopt;
  const bool is_rfc850 = text[at + 2] == '-';
  const auto day = digits(text, at, 2);
  const auto month = month_of(text, at + 3);
  const auto year = digits(text, at + 7, is_rfc850 ? 2 : 4);
  const std::size_t clock_at = at + 7 + (is_rfc850 ? 3 : 5);
  Civil civil;
  if (!day || !month || !year || !parse_clock(text, clock_at, civil)) return std::nullopt;
  civil.day = *day;
  civil.month = *month;
  // Two digits mean the century in which such dates were still written or ours (RFC 9110).
  civil.year = !is_rfc850 ? *year : *year >= 70 ? 1900 + *year : 2000 + *year;
  return time_of(civil);
}

std::optional<WallTime> from_basic_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 4, 2);
  const auto day = digits(text, 6, 2);
  const auto hour = digits(text, 9, 2);
  const auto minute = digits(text, 11, 2);
  const auto second = digits(text, 13, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  Civil civil;
  civil.year = *year;
  civil.month = *month;
  civil.day = *day;
  civil.hour = *hour;
  civil.minute = *minute;
  civil.second = *second;
  return time_of(civil);
}

}  // namespace oort::http
