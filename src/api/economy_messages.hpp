// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/governance.pb.h>
#include <oort/v1/ledger.pb.h>
#include <oort/v1/market.pb.h>

#include <cstdint>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/economy_view.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"

/// Records of the economy as messages.
namespace oort::api {

/// Decimal digits of any amount.
template <class Tag>
[[nodiscard]] std::string digits_of(Amount<Tag> amount) {
  return to_decimal(amount.units());
}

void write(const ledger::Pool& pool, v1::Pool* out);
/// Requires: `pool` is credited, and the delegation's.
void write(const ledger::Pool& pool, const AccountId& account, const ledger::Delegation& delegation,
           v1::Delegation* out);
void write(const ledger::Leaver& leaver, v1::Unbonding* out);
void write(const ledger::Proposal& proposal, v1::Proposal* out);
void write(const NodeId& pool, const ledger::PoolVotes& votes, v1::Ballot* out);

void write(const ledger::RateSample& sample, v1::RateSample* out);
/// As the escrow stands at `now_ms`.
void write(const ledger::Escrow& escrow, std::uint64_t now_ms, v1::Escrow* out);

void write_supply(const ledger::StateReader& state, v1::GetSupplyResponse* out);

}  // namespace oort::api
