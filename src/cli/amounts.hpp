// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oort/core/amount.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/market_records.hpp"

/// Money as people write it.
namespace oort::cli {

/// "12.5". Fails with BAD_ARGUMENT.
[[nodiscard]] Result<Oort> parse_oort(const std::string& text);

/// "12.5" credits, at most 6 decimals; empty for anything else.
[[nodiscard]] std::optional<Credits> credits_from_text(std::string_view text);
[[nodiscard]] std::string to_text(Credits amount);
/// Fails with BAD_ARGUMENT.
[[nodiscard]] Result<Credits> parse_credits(const std::string& text);

/// US dollars for one OORT as the rate that they mean, rounded down; empty for no number and for
/// what no rate can say.
[[nodiscard]] std::optional<ledger::Rate> rate_from_price(std::string_view dollars);
/// The rate as dollars for one OORT, rounded down at 18 decimals.
[[nodiscard]] std::string price_of(ledger::Rate rate);

}  // namespace oort::cli
