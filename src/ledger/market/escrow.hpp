// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "call.hpp"
#include "oort/ledger/market_records.hpp"

/// Escrows as other modules use them: a module opens one for its own kind and names itself as the
/// arbiter; nobody but it closes, freezes or forfeits, and whoever earns withdraws as from any
/// other. Each call tells its events and saves the record that it is given.
namespace oort::ledger {

/// How an escrow begins; see EscrowOpen for what the fields mean.
struct EscrowTerms {
  AccountId payer;
  EscrowKind kind = EscrowKind::Stream;
  Currency currency = Currency::Oort;
  Module arbiter = Module::Market;
  Units amount;
  Units rate;
  std::vector<Earner> earners;  ///< Ascending by account; only account and weight are read.
  std::uint64_t expires_ms = 0;
  std::uint32_t holdback = 0;
  std::uint64_t holdback_ms = 0;
};

/// Takes the amount from the payer. Refused with ModuleOff, EscrowFieldInvalid, BalanceTooLow or
/// CreditsTooLow.
[[nodiscard]] Accepted<Escrow> open_escrow(Call& call, const EscrowTerms& terms);
/// The same with money of `from`; what comes back is the payer's.
[[nodiscard]] Accepted<Escrow> open_escrow_with(Call& call, const EscrowTerms& terms,
                                                const AccountId& from);
/// The record as it stands at the block's time.
[[nodiscard]] Accepted<Escrow> find_escrow(const Block& block, EscrowId id);
/// Adds money of `from`, whoever the payer is.
[[nodiscard]] Rejection fund_escrow(Call& call, Escrow& escrow, const AccountId& from,
                                    Units amount);
/// Pays `gross` of what has not streamed to `to`: work that is paid by receipts. EscrowTooLow where
/// there is less; RateStale where credits cannot be turned into OORT.
[[nodiscard]] Rejection pay_escrow(Call& call, Escrow& escrow, const AccountId& to, Units gross);
/// Gives `amount` of what has not streamed back to the payer; the escrow goes on. Requires: there
/// is as much.
void refund_escrow(Call& call, Escrow& escrow, Units amount);
/// Stops everything until `thaw_escrow`: no time passes for the stream meanwhile.
void freeze_escrow(Call& call, Escrow& escrow);
void thaw_escrow(Call& call, Escrow& escrow);
/// Gives back to the payer up to `amount` of what `earner` has earned and not taken; says how much.
Units forfeit(Call& call, Escrow& escrow, const AccountId& earner, Units amount);
/// Ends the stream and gives the payer back what has not streamed. The record goes when nothing is
/// owed.
void close_escrow(Call& call, Escrow& escrow);

/// Takes `gross` out of what the escrow holds. What is returned is the earner's part in base units,
/// taken out of its pot and put nowhere: the protocol has its take, and the payer its discount.
/// Credits end here: they turn into their part of the reserve, and into no more than the rate says.
[[nodiscard]] Accepted<Oort> spend(Block& block, std::vector<Event>& events, Escrow& escrow,
                                   Units gross);

/// How an escrow is named where 32 bytes are wanted: zeros, then the number, big-endian.
[[nodiscard]] Bytes32 subject_of(EscrowId id) noexcept;

}  // namespace oort::ledger
