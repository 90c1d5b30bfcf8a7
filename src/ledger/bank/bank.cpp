// SPDX-License-Identifier: Apache-2.0
#include "bank/bank.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"

namespace oort::ledger {

Rejection apply(Call& call, const Transfer& operation) {
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  Account from = call.view().account(call.sender);
  const auto left = from.balance.minus(operation.amount);
  if (!left) return Rejection::BalanceTooLow;
  from.balance = *left;
  save(call.state(), keys::account(call.sender), from);

  // Read after the first write, so that a transfer to oneself comes out right.
  Account to = call.view().account(operation.to);
  const auto sum = to.balance.plus(operation.amount);
  if (!sum) return Rejection::AmountOverflow;
  to.balance = *sum;
  save(call.state(), keys::account(operation.to), to);
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

void repay(Overlay& state, const AccountId& sender, Oort fee) {
  Account account = View(state).account(sender);
  const auto sum = account.balance.plus(fee);
  OORT_ASSERT(sum.has_value(), "the fee was part of the supply");
  account.balance = *sum;
  save(state, keys::account(sender), account);
}

void collect(Overlay& state, Oort fees) {
  if (fees.is_zero()) return;
  Supply supply = View(state).supply();
  const auto sum = supply.fees.plus(fees);
  OORT_ASSERT(sum.has_value(), "all fees together are part of the supply");
  supply.fees = *sum;
  save(state, keys::supply(), supply);
}

}  // namespace oort::ledger
