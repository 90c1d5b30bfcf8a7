// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bank/bank.hpp"
#include "oort/core/assert.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {

void add_bond(Overlay& state, const NodeId& id, Oort amount, std::vector<Event>& events) {
  auto node = View(state).node(id);
  OORT_ASSERT(node.has_value(), "a bond is a registered node's");
  const auto sum = node->bond.plus(amount);
  OORT_ASSERT(sum.has_value(), "all money together fits an amount");
  node->bond = *sum;
  save(state, keys::node(id), *node);
  events.emplace_back(BondChanged{id, node->bond});
}

Oort assign_bond(Block& block, const NodeId& id, const AccountId& to, Oort wanted,
                 std::vector<Event>& events) {
  const auto params = staking_params(block.state);
  auto node = block.view().node(id);
  if (!params || !node) return {};
  const Oort amount = std::min(wanted, node->bond);
  if (amount.is_zero()) return amount;
  node->bond = *node->bond.minus(amount);
  save(block.state, keys::node(id), *node);
  const StakingEdit edit(block.state, *params);
  begin_unbonding(block.state, keys::Leaving::Bond, id, to, amount, edit.staking.epoch,
                  block.params.unbonding_epochs);
  events.emplace_back(BondChanged{id, node->bond});
  return amount;
}

Rejection apply(Call& call, const BondPost& operation) {
  if (!staking_params(call.state())) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  if (!call.view().node(operation.node)) return Rejection::NodeUnknown;
  const Rejection refused = debit(call.state(), call.events, call.sender, operation.amount,
                                  Purpose::BondPosted, subject_of(operation.node));
  if (refused != Rejection::None) return refused;
  add_bond(call.state(), operation.node, operation.amount, call.events);
  return Rejection::None;
}

Rejection apply(Call& call, const BondWithdraw& operation) {
  const auto params = staking_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  auto node = call.view().node(operation.node);
  if (!node) return Rejection::NodeUnknown;
  if (node->owner != call.sender) return Rejection::NodeNotYours;
  const auto left = node->bond.minus(operation.amount);
  if (!left) return Rejection::StakeTooLow;
  node->bond = *left;
  save(call.state(), keys::node(operation.node), *node);
  const StakingEdit edit(call.state(), *params);
  begin_unbonding(call.state(), keys::Leaving::Bond, operation.node, call.sender, operation.amount,
                  edit.staking.epoch, call.params().unbonding_epochs);
  call.events.emplace_back(BondChanged{operation.node, node->bond});
  return Rejection::None;
}

}  // namespace oort::ledger
