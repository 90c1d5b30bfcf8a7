// SPDX-License-Identifier: Apache-2.0
// What a pool's creator asks.
#include "bank/bank.hpp"
#include "oort/core/assert.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

/// The pool, if it is the sender's and has not begun to leave.
Accepted<Pool> own_pool(const Call& call, const NodeId& node) {
  auto pool = find_pool(call.state(), node);
  if (!pool) return Refused(Rejection::PoolUnknown);
  if (pool->creator != call.sender) return Refused(Rejection::PoolNotYours);
  if (pool->state == PoolState::Exiting || pool->state == PoolState::Exited) {
    return Refused(Rejection::PoolClosed);
  }
  return *std::move(pool);
}

Rejection stake_self(Call& call, Pool& pool, Oort amount) {
  const Rejection refused = debit(call.state(), call.events, call.sender, amount,
                                  Purpose::StakeDelegated, subject_of(pool.node));
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Stake, amount);
  const auto sum = pool.self.plus(amount);
  OORT_ASSERT(sum.has_value(), "stake is part of the supply");
  pool.self = *sum;
  return Rejection::None;
}

}  // namespace

Rejection apply(Call& call, const PoolCreate& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto node = call.view().node(operation.node);
  if (!node) return Rejection::NodeUnknown;
  if (node->owner != call.sender) return Rejection::NodeNotYours;
  if (!has_role(*node, NodeRole::Super)) return Rejection::PoolNodeInvalid;
  if (node->status == NodeStatus::Faulty) return Rejection::NodeFaulty;
  if (find_pool(call.state(), operation.node)) return Rejection::PoolExists;
  if (operation.stake < params->creator_stake_min) return Rejection::StakeTooLow;
  if (operation.commission > params->commission_max) return Rejection::CommissionInvalid;
  StakingEdit edit(call.state(), *params);
  Pool pool;
  pool.node = operation.node;
  pool.creator = call.sender;
  pool.commission = operation.commission;
  pool.commission_epoch = edit.staking.epoch;
  PoolEdit opened(edit, pool);
  const Rejection refused = stake_self(call, opened.pool, operation.stake);
  if (refused != Rejection::None) return refused;
  opened.fit();
  opened.save(call.events);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const PoolStake& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  const auto pool = own_pool(call, operation.pool);
  if (!pool) return pool.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit opened(edit, *pool);
  const Rejection refused = stake_self(call, opened.pool, operation.amount);
  if (refused != Rejection::None) return refused;
  opened.fit();
  opened.save(call.events);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const PoolSetCommission& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto pool = own_pool(call, operation.pool);
  if (!pool) return pool.error();
  StakingEdit edit(call.state(), *params);
  if (operation.commission > params->commission_max) return Rejection::CommissionInvalid;
  if (pool->commission_epoch == edit.staking.epoch) return Rejection::CommissionTooSoon;
  if (operation.commission > pool->commission &&
      operation.commission - pool->commission > params->commission_step) {
    return Rejection::CommissionInvalid;
  }
  PoolEdit opened(edit, *pool);
  opened.pool.commission = operation.commission;
  opened.pool.commission_epoch = edit.staking.epoch;
  opened.save(call.events);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const PoolSetOnline& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto pool = own_pool(call, operation.pool);
  if (!pool) return pool.error();
  if (operation.is_online == (pool->state != PoolState::Offline)) return Rejection::PoolStateWrong;
  StakingEdit edit(call.state(), *params);
  if (operation.is_online && edit.staking.epoch < pool->jailed_until) return Rejection::PoolJailed;
  PoolEdit opened(edit, *pool);
  opened.become(operation.is_online ? PoolState::Pending : PoolState::Offline);
  opened.fit();
  opened.save(call.events);
  edit.save();
  return Rejection::None;
}

Rejection apply(Call& call, const PoolExit& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto pool = own_pool(call, operation.pool);
  if (!pool) return pool.error();
  StakingEdit edit(call.state(), *params);
  PoolEdit opened(edit, *pool);
  leave(call.block, edit, opened);
  opened.save(call.events);
  edit.save();
  return Rejection::None;
}

void leave(const Block& block, const StakingEdit& edit, PoolEdit& opened) {
  opened.become(PoolState::Exiting);
  opened.pool.exits = later(Height(edit.staking.epoch), block.params.unbonding_epochs).value();
  edit.overlay().put(
      keys::staking_due(opened.pool.exits, keys::StakingDue::Exit, opened.pool.node.view()), {});
}

}  // namespace oort::ledger
