// SPDX-License-Identifier: Apache-2.0
#include "oort/core/amount.hpp"

#include <algorithm>

namespace oort {

std::string to_decimal(Uint128 value) {
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<Uint128> from_decimal(std::string_view digits) {
  if (digits.empty() || digits.size() > 39) return std::nullopt;
  Uint128 value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<unsigned>(c - '0');
    if (value > (~Uint128{0} - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<Oort> oort_from_text(std::string_view text) {
  constexpr std::size_t decimals_max = 18;
  const auto point = text.find('.');
  std::string digits(text.substr(0, point));
  std::size_t decimals_count = 0;
  if (point != std::string_view::npos) {
    const auto decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.size() > decimals_max) return std::nullopt;
    digits += decimals;
    decimals_count = decimals.size();
  }
  if (text.substr(0, point).empty()) return std::nullopt;
  digits.append(decimals_max - decimals_count, '0');
  const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  const auto units = from_decimal(std::string_view(digits).substr(first));
  if (!units) return std::nullopt;
  return Oort(*units);
}

std::string to_text(Oort amount) {
  std::string text = to_decimal(amount.units() / oort_base_units);
  const Uint128 rest = amount.units() % oort_base_units;
  if (rest == 0) return text;
  std::string decimals = to_decimal(rest);
  decimals.insert(0, 18 - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return text + "." + decimals;
}

}  // namespace oort
