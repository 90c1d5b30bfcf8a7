// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "bank/bank.hpp"
#include "market/escrow.hpp"
#include "oort/core/assert.hpp"
#include "storage/inner.hpp"

namespace oort::ledger {
namespace {

using Kind = StorageAccountChanged::Kind;

void tell(Call& call, Kind kind, const AccountId& payer, Units amount) {
  call.events.emplace_back(StorageAccountChanged{kind, payer, Oort(amount.units())});
}

/// What the account's bytes cost for as long as the grace is.
Units grace_cost(const StateReader& state, const StorageParams& params,
                 const StorageAccount& account) {
  return cost_ahead(account, storage_prices(state, params), params.grace_ms);
}

Rejection open_storage(Call& call, const StorageFund& operation) {
  EscrowTerms terms;
  terms.payer = operation.payer;
  terms.kind = EscrowKind::Storage;
  terms.arbiter = Module::Storage;
  terms.amount = Units(operation.amount.units());
  const auto escrow = open_escrow_with(call, terms, call.sender);
  if (!escrow) return escrow.error();
  const auto meter = load<StorageMeter>(call.state(), keys::storage_meter());
  OORT_ASSERT(meter.has_value(), "metering begins with a meter");
  StorageAccount account;
  account.escrow = escrow->id;
  account.seen = meter->cost;
  account.settled_ms = meter->time_ms;
  save_account(call.state(), operation.payer, account);
  tell(call, Kind::Opened, operation.payer, terms.amount);
  return Rejection::None;
}

/// Pays what the node has earned from one payer; whether that was anything.
Accepted<bool> collect_from(Call& call, const Node& node, const AccountId& payer) {
  auto opened = open_account(call.block, payer);
  const auto found = load<StorageHolding>(call.state(), keys::storage_holding(node.id, payer));
  if (!opened || !found) return false;
  auto& [account, escrow] = *opened;
  StorageHolding holding = settled_with(*found, account);
  const Units gross(holding.earned.high);
  if (gross.is_zero()) return false;
  const auto net = spend(call.block, call.events, escrow, gross);
  if (!net) return Refused(net.error());
  credit(call.state(), call.events, node.owner, *net, Purpose::StoragePaid, subject_of(escrow.id));
  call.events.emplace_back(
      EscrowChanged{EscrowChanged::Kind::Paid, escrow.id, escrow.currency, gross});
  account.earned = minus(account.earned, {gross.units(), 0});
  holding.earned.high = 0;
  save_holding(call.state(), node.id, payer, holding, account);
  save_account(call.state(), payer, account);
  save(call.state(), keys::escrow(escrow.id), escrow);
  return true;
}

bool may_collect(const Call& call, const Node& node) {
  return call.sender == node.owner || call.view().node_of(call.sender) == node.id;
}

}  // namespace

Rejection check_payer(const Block& block, const AccountId& payer) {
  const auto params = storage_params(block.state);
  if (!params) return Rejection::None;
  const auto opened = open_account(block, payer);
  if (!opened) return Rejection::StorageUnfunded;
  const auto& [account, escrow] = *opened;
  if (account.dry_ms == 0 && escrow.held.is_zero()) return Rejection::StorageUnfunded;
  return is_in_arrears(account, *params, block.header.time_ms) ? Rejection::StorageInArrears
                                                               : Rejection::None;
}

Rejection fund_storage(Call& call, Escrow& escrow, const AccountId& from, Units amount) {
  const auto params = storage_params(call.state());
  auto opened = open_account(call.block, escrow.payer);
  OORT_ASSERT(params && opened, "an escrow for storage belongs to an account");
  StorageAccount& account = opened->account;
  if (const Rejection refused = fund_escrow(call, escrow, from, amount);
      refused != Rejection::None) {
    return refused;
  }
  tell(call, Kind::Funded, escrow.payer, amount);
  const bool is_covered =
      unearned(account, escrow.held) >= grace_cost(call.state(), *params, account);
  if (account.dry_ms != 0 && is_covered) {
    account.dry_ms = 0;
    tell(call, Kind::Resumed, escrow.payer, Units());
  }
  save_account(call.state(), escrow.payer, account);
  return Rejection::None;
}

Rejection apply(Call& call, const StorageFund& operation) {
  if (!storage_params(call.state())) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  auto opened = open_account(call.block, operation.payer);
  if (!opened) return open_storage(call, operation);
  return fund_storage(call, opened->escrow, call.sender, Units(operation.amount.units()));
}

Rejection apply(Call& call, const StorageWithdraw& operation) {
  const auto params = storage_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  auto opened = open_account(call.block, call.sender);
  if (!opened) return Rejection::StorageAccountUnknown;
  auto& [account, escrow] = *opened;
  const Units amount(operation.amount.units());
  const auto left = unearned(account, escrow.held).minus(amount);
  if (!left || *left < grace_cost(call.state(), *params, account)) return Rejection::EscrowTooLow;
  refund_escrow(call, escrow, amount);
  save_account(call.state(), call.sender, account);
  tell(call, Kind::Withdrawn, call.sender, amount);
  return Rejection::None;
}

Rejection apply(Call& call, const StorageCollect& operation) {
  if (!storage_params(call.state())) return Rejection::ModuleOff;
  if (operation.payers.empty() ||
      !ascends(operation.payers, [](const AccountId& payer) { return payer; })) {
    return Rejection::StorageFieldInvalid;
  }
  const auto node = call.view().node(operation.node);
  if (!node) return Rejection::NodeUnknown;
  if (!may_collect(call, *node)) return Rejection::NodeNotYours;
  if (node->status == NodeStatus::Faulty) return Rejection::NodeFaulty;
  bool is_paid = false;
  for (const AccountId& payer : operation.payers) {
    const auto paid = collect_from(call, *node, payer);
    if (!paid) return paid.error();
    is_paid = is_paid || *paid;
  }
  return is_paid ? Rejection::None : Rejection::NothingToWithdraw;
}

}  // namespace oort::ledger
