// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"
#include "oort/ledger/market_records.hpp"

/// How credits move. As with OORT, each call is one half of a movement, told by a CreditsChanged.
namespace oort::ledger {

/// CreditsTooLow where `from` has less.
[[nodiscard]] Rejection debit_credits(Overlay& state, std::vector<Event>& events,
                                      const AccountId& from, Credits amount, Purpose purpose,
                                      const Bytes32& subject);
/// Requires: the credits were minted or taken out somewhere.
void credit_credits(Overlay& state, std::vector<Event>& events, const AccountId& to, Credits amount,
                    Purpose purpose, const Bytes32& subject);
/// Brings credits into being; false when they would be more than an amount can count.
[[nodiscard]] bool mint_credits(Overlay& state, Credits amount);
/// Into and out of the escrows. Requires for the latter: they hold as much.
void escrow_credits(Overlay& state, Credits amount);
void release_credits(Overlay& state, Credits amount);
/// Ends the existence of credits that were released.
void burn_credits(Overlay& state, Credits amount);

}  // namespace oort::ledger
