// SPDX-License-Identifier: Apache-2.0
#include "bank/bank.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"

namespace oort::ledger {

Rejection apply(Call& call, const Transfer& operation) {
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  if (const Rejection refused = take(call.state(), call.sender, operation.amount);
      refused != Rejection::None) {
    return refused;
  }
  give(call.state(), operation.to, operation.amount);
  call.events.emplace_back(Transferred{call.sender, operation.to, operation.amount});
  return Rejection::None;
}

std::optional<Oort> fee_of(const Params& params, const Transaction& transaction) {
  const auto operations = params.fee_operation.times(transaction.operations.size());
  const auto bytes = params.fee_byte.times(charged_size(transaction));
  if (!operations || !bytes) return std::nullopt;
  const auto sum = params.fee_transaction.plus(*operations);
  return sum ? sum->plus(*bytes) : std::nullopt;
}

Rejection admit(const Params& params, const std::optional<Account>& account, Height height,
                const Transaction& transaction) {
  if ((transaction.flags & ~transaction_flags_all) != 0) return Rejection::UnknownFlag;
  if (transaction.valid_until < height) return Rejection::Expired;
  if (later(height, params.transaction_lifetime_max) < transaction.valid_until) {
    return Rejection::ValidTooLong;
  }
  if (!account) return Rejection::AccountUnknown;
  if (next_sequence_of(*account, transaction.lane) != transaction.sequence) {
    return Rejection::WrongSequence;
  }
  const bool is_new_lane = std::ranges::none_of(
      account->lanes, [&](const Lane& known) { return known.lane == transaction.lane; });
  if (is_new_lane && account->lanes.size() >= lanes_per_account_max) {
    return Rejection::TooManyLanes;
  }
  const auto fee = fee_of(params, transaction);
  if (!fee || transaction.fee_max < *fee) return Rejection::FeeTooLow;
  if (account->balance < *fee) return Rejection::FeeNotCovered;
  return Rejection::None;
}

void charge(Overlay& state, const Params& params, Account account, const Transaction& transaction) {
  const auto fee = fee_of(params, transaction);
  OORT_ASSERT(fee.has_value(), "an admitted transaction has a fee");
  const auto left = account.balance.minus(*fee);
  OORT_ASSERT(left.has_value(), "an admitted transaction covers its fee");
  account.balance = *left;
  const auto place = std::ranges::lower_bound(account.lanes, transaction.lane, {}, &Lane::lane);
  if (place != account.lanes.end() && place->lane == transaction.lane) {
    ++place->next_sequence;
  } else {
    account.lanes.insert(place, {transaction.lane, transaction.sequence + 1});
  }
  save(state, keys::account(transaction.sender), account);
}

void collect(Overlay& state, Oort fees) {
  if (fees.is_zero()) return;
  Supply supply = View(state).supply();
  const auto sum = supply.fees.plus(fees);
  OORT_ASSERT(sum.has_value(), "all fees together are part of the supply");
  supply.fees = *sum;
  save(state, keys::supply(), supply);
}

Rejection take(Overlay& state, const AccountId& from, Oort amount) {
  Account account = View(state).account(from);
  const auto left = account.balance.minus(amount);
  if (!left) return Rejection::BalanceTooLow;
  account.balance = *left;
  save(state, keys::account(from), account);
  return Rejection::None;
}

void give(Overlay& state, const AccountId& to, Oort amount) {
  Account account = View(state).account(to);
  const auto sum = account.balance.plus(amount);
  OORT_ASSERT(sum.has_value(), "all money together fits an amount");
  account.balance = *sum;
  save(state, keys::account(to), account);
}

Rejection debit(Overlay& state, std::vector<Event>& events, const AccountId& from, Oort amount,
                Purpose purpose, const Bytes32& subject) {
  const Rejection refused = take(state, from, amount);
  if (refused == Rejection::None && !amount.is_zero()) {
    events.emplace_back(BalanceChanged{from, false, amount, purpose, subject});
  }
  return refused;
}

void credit(Overlay& state, std::vector<Event>& events, const AccountId& to, Oort amount,
            Purpose purpose, const Bytes32& subject) {
  if (amount.is_zero()) return;
  give(state, to, amount);
  events.emplace_back(BalanceChanged{to, true, amount, purpose, subject});
}

void put_in(Overlay& state, Pot pot, Oort amount) {
  if (amount.is_zero()) return;
  const auto sum = View(state).pot(pot).plus(amount);
  OORT_ASSERT(sum.has_value(), "all money together fits an amount");
  save(state, keys::pot(pot), PotBalance{*sum});
}

void draw(Overlay& state, Pot pot, Oort amount) {
  if (amount.is_zero()) return;
  const auto left = View(state).pot(pot).minus(amount);
  OORT_ASSERT(left.has_value(), "a pot holds what its module owes");
  save(state, keys::pot(pot), PotBalance{*left});
}

void burn(Overlay& state, Oort amount) {
  if (amount.is_zero()) return;
  Supply supply = View(state).supply();
  const auto left = supply.total.minus(amount);
  OORT_ASSERT(left.has_value(), "what was taken out is part of the supply");
  supply.total = *left;
  save(state, keys::supply(), supply);
}

}  // namespace oort::ledger
