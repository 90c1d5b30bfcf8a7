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
/// Gives back what `charge` took.
void repay(Overlay& state, const AccountId& sender, Oort fee);
/// Adds to the fees that wait for distribution.
void collect(Overlay& state, Oort fees);

}  // namespace oort::ledger
