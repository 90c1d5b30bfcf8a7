// SPDX-License-Identifier: Apache-2.0
#include "amounts.hpp"

#include <cstddef>

#include "oort/core/amount.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/market_records.hpp"

namespace oort::cli {
namespace {

/// One credit is a cent: 10^16 of the 10^18 parts that a dollar is counted in here. So the rate is
/// 10^16 × 10^18 ÷ price, and the price the same divided by the rate.
constexpr Uint128 price_times_rate = oort_base_units / 100 * oort_base_units;
/// A microcredit is so many of the parts that `oort_from_text` counts.
constexpr Uint128 parts_per_microcredit = oort_base_units / ledger::microcredits_per_credit;
constexpr std::size_t credit_decimals = 6;

}  // namespace

Result<Oort> parse_oort(const std::string& text) {
  if (const auto amount = oort_from_text(text)) return *amount;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no amount of OORT; 12.5 would be one");
}

std::optional<Credits> credits_from_text(std::string_view text) {
  const auto parts = oort_from_text(text);
  if (!parts || parts->units() % parts_per_microcredit != 0) return std::nullopt;
  return Credits(parts->units() / parts_per_microcredit);
}

std::string to_text(Credits amount) {
  std::string text = to_decimal(amount.units() / ledger::microcredits_per_credit);
  const std::string rest = to_decimal(amount.units() % ledger::microcredits_per_credit);
  if (rest == "0") return text;
  text += "." + std::string(credit_decimals - rest.size(), '0') + rest;
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

Result<Credits> parse_credits(const std::string& text) {
  if (const auto amount = credits_from_text(text)) return *amount;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no amount of credits; 12.5 would be one, 6 decimals at most");
}

std::optional<ledger::Rate> rate_from_price(std::string_view dollars) {
  const auto price = oort_from_text(dollars);
  if (!price || price->is_zero()) return std::nullopt;
  const ledger::Rate rate(price_times_rate / price->units());
  if (rate.is_zero() || rate.units() > ledger::rate_max) return std::nullopt;
  return rate;
}

std::string price_of(ledger::Rate rate) {
  return rate.is_zero() ? "0" : oort::to_text(Oort(price_times_rate / rate.units()));
}

}  // namespace oort::cli
