// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/market_records.hpp"

/// Credits for sale, the rate, and escrows.
namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const CreditPurchase& operation);
[[nodiscard]] Rejection apply(Call& call, const OracleReport& operation);
[[nodiscard]] Rejection apply(Call& call, const OracleBondPost& operation);
[[nodiscard]] Rejection apply(Call& call, const OracleBondReturn& operation);
[[nodiscard]] Rejection apply(Call& call, const EscrowOpen& operation);
[[nodiscard]] Rejection apply(Call& call, const EscrowFund& operation);
[[nodiscard]] Rejection apply(Call& call, const EscrowChange& operation);
[[nodiscard]] Rejection apply(Call& call, const EscrowClose& operation);
[[nodiscard]] Rejection apply(Call& call, const EscrowWithdraw& operation);

// Genesis and governance --------------------------------------------------------------------------

/// Fails with BAD_ARGUMENT or as a decoder.
[[nodiscard]] Result<void> check_market(const GenesisParams& genesis, const Bytes& record);
/// Requires: `check_market` passed, and accounts and pots stand in the state.
void enter_market(Overlay& state, const GenesisParams& genesis, const Bytes& record);

// Rate --------------------------------------------------------------------------------------------

/// Takes a sample when one is due. Reads one record in a block, and `reporters_max` in one of many.
void begin_market(Block& block, std::vector<Event>& events);
/// RateStale while the reporters are silent, ModuleOff without a market.
[[nodiscard]] Accepted<Rate> rate_of(const StateReader& state, std::uint64_t now_ms);
/// What collateral counts at: the rate when OORT was lowest, today or yesterday, but no better than
/// the present one. As `rate_of` otherwise.
[[nodiscard]] Accepted<Rate> collateral_rate_of(const StateReader& state, std::uint64_t now_ms);
/// Base units that stand for `amount`; empty when they are more than an amount can count.
[[nodiscard]] std::optional<Oort> oort_for(Credits amount, Rate rate, Rounding rounding);

}  // namespace oort::ledger
