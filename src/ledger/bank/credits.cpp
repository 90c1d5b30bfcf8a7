// SPDX-License-Identifier: Apache-2.0
#include "bank/credits.hpp"

#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Changes the supply by `change`, which says what becomes of one of its amounts.
template <class Change>
void change_supply(Overlay& state, Change change) {
  CreditSupply supply = View(state).credit_supply();
  const bool is_possible = change(supply);
  OORT_ASSERT(is_possible, "credits that move are part of their supply");
  save(state, keys::credit_supply(), supply);
}

bool assign(Credits& to, std::optional<Credits> value) {
  if (!value) return false;
  to = *value;
  return true;
}

}  // namespace

Rejection debit_credits(Overlay& state, std::vector<Event>& events, const AccountId& from,
                        Credits amount, Purpose purpose, const Bytes32& subject) {
  const auto left = View(state).credits(from).minus(amount);
  if (!left) return Rejection::CreditsTooLow;
  if (amount.is_zero()) return Rejection::None;
  save(state, keys::credits(from), CreditBalance{*left});
  events.emplace_back(CreditsChanged{from, false, amount, purpose, subject});
  return Rejection::None;
}

void credit_credits(Overlay& state, std::vector<Event>& events, const AccountId& to, Credits amount,
                    Purpose purpose, const Bytes32& subject) {
  if (amount.is_zero()) return;
  const auto sum = View(state).credits(to).plus(amount);
  OORT_ASSERT(sum.has_value(), "all credits together fit an amount");
  save(state, keys::credits(to), CreditBalance{*sum});
  events.emplace_back(CreditsChanged{to, true, amount, purpose, subject});
}

bool mint_credits(Overlay& state, Credits amount) {
  CreditSupply supply = View(state).credit_supply();
  if (!assign(supply.total, supply.total.plus(amount))) return false;
  save(state, keys::credit_supply(), supply);
  return true;
}

void escrow_credits(Overlay& state, Credits amount) {
  change_supply(state, [amount](CreditSupply& supply) {
    return assign(supply.escrowed, supply.escrowed.plus(amount));
  });
}

void release_credits(Overlay& state, Credits amount) {
  change_supply(state, [amount](CreditSupply& supply) {
    return assign(supply.escrowed, supply.escrowed.minus(amount));
  });
}

void burn_credits(Overlay& state, Credits amount) {
  change_supply(state, [amount](CreditSupply& supply) {
    return assign(supply.total, supply.total.minus(amount));
  });
}

}  // namespace oort::ledger
