// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/governance_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter governance(char table) { return {Module::Governance, table}; }

}  // namespace

Bytes governance_params() { return governance(table::governance_params).take(); }
Bytes proposal(ProposalId id) { return governance(table::proposal).add(id).take(); }
Bytes proposal_next() { return governance(table::proposal_next).take(); }
Bytes proposals_live() { return governance(table::proposals_live).take(); }
Bytes pool_votes(ProposalId id, const NodeId& pool) {
  return governance(table::pool_votes).add(id).add(pool).take();
}
Bytes pool_votes(ProposalId id) { return governance(table::pool_votes).add(id).take(); }
Bytes delegator_vote(ProposalId id, const NodeId& pool, const AccountId& delegator) {
  return governance(table::delegator_vote).add(id).add(pool).add(delegator).take();
}
Bytes delegator_votes(ProposalId id) { return governance(table::delegator_vote).add(id).take(); }
Bytes proposal_due(ProposalDue kind, std::uint64_t when, ProposalId id) {
  return governance(table::proposal_due)
      .add(static_cast<std::uint8_t>(kind))
      .add(when)
      .add(id)
      .take();
}
Bytes proposal_due(ProposalDue kind) {
  return governance(table::proposal_due).add(static_cast<std::uint8_t>(kind)).take();
}
Bytes proposal_done(ProposalId id) { return governance(table::proposal_done).add(id).take(); }
Bytes proposal_done() { return governance(table::proposal_done).take(); }
Bytes upgrade() { return governance(table::upgrade).take(); }

}  // namespace oort::ledger::keys
