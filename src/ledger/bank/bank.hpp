// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const Transfer& operation);

/// What `check_state` finds, given the parameters and the sender's account.
[[nodiscard]] Rejection admit(const Params& params, const std::optional<Account>& account,
                              Height height, const Transaction& transaction);
/// Takes the fee and moves the lane on. Requires: `admit` found nothing.
void charge(Overlay& state, const Params& params, Account account, const Transaction& transaction);
/// Adds to the fees that wait for distribution.
void collect(Overlay& state, Oort fees);

// How modules move money. Each call takes it out of one place or puts it into another; a module
// does both in one operation, so that L2 holds.

/// BalanceTooLow where `from` has less.
[[nodiscard]] Rejection take(Overlay& state, const AccountId& from, Oort amount);
/// Requires: the amount was taken out somewhere, so that it is part of the supply.
void give(Overlay& state, const AccountId& to, Oort amount);
/// `take` and `give`, told by a BalanceChanged: what every module but the fees uses.
[[nodiscard]] Rejection debit(Overlay& state, std::vector<Event>& events, const AccountId& from,
                              Oort amount, Purpose purpose, const Bytes32& subject);
void credit(Overlay& state, std::vector<Event>& events, const AccountId& to, Oort amount,
            Purpose purpose, const Bytes32& subject);
/// Requires: as `give`.
void put_in(Overlay& state, Pot pot, Oort amount);
/// Requires: the pot holds as much; a module that owes more than its pot holds is wrong.
void draw(Overlay& state, Pot pot, Oort amount);
/// Ends the existence of what was taken out.
void burn(Overlay& state, Oort amount);

}  // namespace oort::ledger
