// SPDX-License-Identifier: Apache-2.0
// What delegators ask.
#include "bank/bank.hpp"
#include "governance/governance.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/economy_view.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

/// A pool whose shares lost more than this takes no more stake: their number would outgrow.
constexpr Uint128 shares_per_unit_max = Uint128{1} << 20;

/// Pays what the shares have earned. Requires: the pool is credited.
void pay(StakingEdit& edit, const Pool& pool, const AccountId& delegator, Delegation& delegation,
         std::vector<Event>& events) {
  const Wide owed = reward_of(pool, delegation);
  delegation.share_ratio = pool.share_ratio;
  draw(edit.overlay(), Pot::Rewards, Oort(owed.high));
  credit(edit.overlay(), events, delegator, Oort(owed.high), Purpose::RewardPaid,
         subject_of(pool.node));
  edit.keep_dust(owed.low);
}

/// Burns what the source's faults from before the move cost the shares that came from there.
void answer_for_source(StakingEdit& edit, Pool& pool, const AccountId& delegator,
                       Delegation& delegation) {
  Liability& liability = *delegation.liability;
  const auto source = find_pool(edit.overlay(), liability.source);
  OORT_ASSERT(source.has_value(), "a pool is never forgotten");
  for (; liability.slashes_seen < source->slashes_count; ++liability.slashes_seen) {
    const auto event = load<SlashEvent>(
        edit.overlay(), keys::slash_event(liability.source, liability.slashes_seen));
    OORT_ASSERT(event.has_value(), "slash events are numbered without gaps");
    if (event->fault_epoch > liability.since || event->epoch >= liability.until) continue;
    const Shares lost(share_of(liability.shares.units(), event->share, Rounding::Down));
    const Oort burnt = take_shares(edit, pool, lost);
    draw(edit.overlay(), Pot::Stake, burnt);
    burn(edit.overlay(), burnt);
    liability.shares = *liability.shares.minus(lost);
    delegation.shares = *delegation.shares.minus(lost);
    if (!lost.is_zero()) shares_changed(edit.overlay(), pool.node, delegator, delegation.shares);
  }
  if (edit.staking.epoch >= liability.until || liability.shares.is_zero()) {
    delegation.liability.reset();
  }
}

Accepted<Pool> pool_of(const Call& call, const NodeId& node) {
  auto pool = find_pool(call.state(), node);
  if (!pool) return Refused(Rejection::PoolUnknown);
  return *std::move(pool);
}

Delegation delegation_of(const Call& call, const Pool& pool) {
  Delegation fresh;
  fresh.share_ratio = pool.share_ratio;
  return load<Delegation>(call.state(), keys::delegation(pool.node, call.sender)).value_or(fresh);
}

/// Turns `amount` into shares of the pool. Requires: the money is in Pot::Stake.
Accepted<Shares> add_stake(const StakingEdit& edit, Pool& pool, Delegation& delegation,
                           Oort amount) {
  if (pool.state == PoolState::Exiting || pool.state == PoolState::Exited) {
    return Refused(Rejection::PoolClosed);
  }
  const bool is_fresh = pool.shares.is_zero();
  const Uint128 held = pool.delegated.units();
  if (!is_fresh && (held == 0 || pool.shares.units() / held >= shares_per_unit_max)) {
    return Refused(Rejection::PoolSpent);
  }
  const auto units = is_fresh ? std::optional(amount.units())
                              : mul_div(amount.units(), pool.shares.units(), held, Rounding::Down);
  OORT_ASSERT(units.has_value(), "shares are at most 2^20 for each base unit");
  const Shares shares(*units);
  delegation.shares = *delegation.shares.plus(shares);
  pool.shares = *pool.shares.plus(shares);
  pool.delegated = *pool.delegated.plus(amount);
  if (worth_of(pool, delegation.shares) < edit.params().delegation_min &&
      amount < edit.params().delegation_min) {
    return Refused(Rejection::DelegationTooSmall);
  }
  return shares;
}

/// How many shares stand for `amount`, if the delegation can give so many; zero stands for all.
Accepted<Shares> shares_for(const StakingEdit& edit, const Pool& pool, const Delegation& delegation,
                            Oort amount) {
  if (delegation.shares.is_zero()) return Refused(Rejection::DelegationUnknown);
  Shares wanted = delegation.shares;
  if (!amount.is_zero()) {
    if (worth_of(pool, delegation.shares) < amount) return Refused(Rejection::StakeTooLow);
    const auto units =
        mul_div(amount.units(), pool.shares.units(), pool.delegated.units(), Rounding::Up);
    OORT_ASSERT(units.has_value(), "a part of the stake is a part of the shares");
    if (*units < wanted.units()) wanted = Shares(*units);
  }
  const Shares rest = *delegation.shares.minus(wanted);
  if (delegation.liability && rest < delegation.liability->shares) {
    return Refused(Rejection::RedelegationRunning);
  }
  if (!rest.is_zero() && worth_of(pool, rest) < edit.params().delegation_min) {
    return Refused(Rejection::DelegationTooSmall);
  }
  return wanted;
}

void finish(const Call& call, StakingEdit& edit, PoolEdit& opened, const AccountId& delegator,
            const Delegation& delegation) {
  put_delegation(edit.overlay(), opened.pool.node, delegator, delegation);
  shares_changed(edit.overlay(), opened.pool.node, delegator, delegation.shares);
  opened.fit();
  opened.save(call.events);
}

}  // namespace

Oort take_shares(StakingEdit& edit, Pool& pool, Shares shares) {
  const Oort worth = worth_of(pool, shares);
  const auto left = pool.shares.minus(shares);
  OORT_ASSERT(left.has_value(), "a delegation is part of its pool");
  pool.shares = *left;
  pool.delegated = *pool.delegated.minus(worth);
  if (pool.shares.is_zero() && !pool.delegated.is_zero()) {
    draw(edit.overlay(), Pot::Stake, pool.delegated);
    put_in(edit.overlay(), Pot::Remainders, pool.delegated);
    pool.delegated = Oort();
  }
  return worth;
}

void touch(StakingEdit& edit, Pool& pool, const AccountId& delegator, Delegation& delegation,
           std::vector<Event>& events) {
  pay(edit, pool, delegator, delegation, events);
  if (delegation.liability) answer_for_source(edit, pool, delegator, delegation);
}

void put_delegation(Overlay& state, const NodeId& pool, const AccountId& delegator,
                    const Delegation& delegation) {
  if (delegation.shares.is_zero()) {
    state.erase(keys::delegation(pool, delegator));
    state.erase(keys::delegator(delegator, pool));
    return;
  }
  save(state, keys::delegation(pool, delegator), delegation);
  state.put(keys::delegator(delegator, pool), {});
}

Rejection apply(Call& call, const Delegate& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  const auto found = pool_of(call, operation.pool);
  if (!found) return found.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit opened(edit, *found);
  Delegation delegation = delegation_of(call, opened.pool);
  touch(edit, opened.pool, call.sender, delegation, call.events);
  const Rejection refused = debit(call.state(), call.events, call.sender, operation.amount,
                                  Purpose::StakeDelegated, subject_of(operation.pool));
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Stake, operation.amount);
  const auto added = add_stake(edit, opened.pool, delegation, operation.amount);
  if (!added) return added.error();
  finish(call, edit, opened, call.sender, delegation);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const Undelegate& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto found = pool_of(call, operation.pool);
  if (!found) return found.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit opened(edit, *found);
  Delegation delegation = delegation_of(call, opened.pool);
  touch(edit, opened.pool, call.sender, delegation, call.events);
  const auto wanted = shares_for(edit, opened.pool, delegation, operation.amount);
  if (!wanted) return wanted.error();
  delegation.shares = *delegation.shares.minus(*wanted);
  const Oort amount = take_shares(edit, opened.pool, *wanted);
  draw(call.state(), Pot::Stake, amount);
  if (opened.pool.state == PoolState::Exited) {
    credit(call.state(), call.events, call.sender, amount, Purpose::StakeReturned,
           subject_of(operation.pool));
  } else {
    begin_unbonding(call.state(), keys::Leaving::Stake, operation.pool, call.sender, amount,
                    edit.staking.epoch, call.params().unbonding_epochs);
  }
  finish(call, edit, opened, call.sender, delegation);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const Redelegate& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.from == operation.to) return Rejection::PoolStateWrong;
  const auto from = pool_of(call, operation.from);
  if (!from) return from.error();
  const auto to = pool_of(call, operation.to);
  if (!to) return to.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit source(edit, *from);
  PoolEdit target(edit, *to);
  Delegation leaving = delegation_of(call, source.pool);
  touch(edit, source.pool, call.sender, leaving, call.events);
  Delegation entering = delegation_of(call, target.pool);
  touch(edit, target.pool, call.sender, entering, call.events);
  if (entering.liability) return Rejection::RedelegationRunning;
  const auto wanted = shares_for(edit, source.pool, leaving, operation.amount);
  if (!wanted) return wanted.error();
  leaving.shares = *leaving.shares.minus(*wanted);
  const auto added =
      add_stake(edit, target.pool, entering, take_shares(edit, source.pool, *wanted));
  if (!added) return added.error();
  if (source.pool.state != PoolState::Exited && !added->is_zero()) {
    const std::uint64_t epoch = edit.staking.epoch;
    entering.liability = Liability{operation.from, epoch,
                                   later(Height(epoch), call.params().unbonding_epochs).value(),
                                   *added, source.pool.slashes_count};
  }
  finish(call, edit, source, call.sender, leaving);
  finish(call, edit, target, call.sender, entering);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const RewardClaim& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto found = pool_of(call, operation.pool);
  if (!found) return found.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit opened(edit, *found);
  Delegation delegation = delegation_of(call, opened.pool);
  const bool is_creator = opened.pool.creator == call.sender;
  if (!is_creator && delegation.shares.is_zero()) return Rejection::DelegationUnknown;
  touch(edit, opened.pool, call.sender, delegation, call.events);
  if (is_creator) {
    const Oort owed(opened.pool.creator_owed.high);
    opened.pool.creator_owed.high = 0;
    draw(call.state(), Pot::Rewards, owed);
    credit(call.state(), call.events, call.sender, owed, Purpose::RewardPaid,
           subject_of(operation.pool));
  }
  finish(call, edit, opened, call.sender, delegation);
  edit.save();
  return Rejection::None;
}

}  // namespace oort::ledger
