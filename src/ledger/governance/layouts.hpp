// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/governance_operations.hpp"
#include "record_fields.hpp"

/// The order of these calls is the layout of governance's records, operations and events: frozen
/// per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F&, typename F::template As<TextAction>&) {}
template <class F>
void walk(F& f, typename F::template As<ParamsAction>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<ModuleParamsAction>& v) {
  f.enumeration(v.module, Module::Reserved20);
  f.blob(v.params, module_params_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<SpendAction>& v) {
  f(v.to);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<UpgradeAction>& v) {
  f.text(v.name, upgrade_name_bytes_max);
  f(v.height);
}
template <class F>
void walk(F& f, typename F::template As<Deposit>& v) {
  f(v.from);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<Proposal>& v) {
  f(v.id);
  f(v.proposer);
  f.text(v.text, proposal_text_bytes_max);
  f(v.action);
  f.enumeration(v.state, ProposalState::Failed);
  f.list(v.deposits, depositors_max);
  f(v.ends);
  f(v.executes);
  for (auto& votes : v.votes) f(votes);
  f(v.electorate);
}
template <class F>
void walk(F& f, typename F::template As<PoolVotes>& v) {
  f(v.has_voted);
  f.enumeration(v.option, VoteOption::Veto);
  for (auto& shares : v.shares) f(shares);
}
template <class F>
void walk(F& f, typename F::template As<DelegatorVote>& v) {
  f.enumeration(v.option, VoteOption::Veto);
  f(v.shares);
}
template <class F>
void walk(F& f, typename F::template As<LiveProposals>& v) {
  f.list(v.ids, proposals_live_max);
}
template <class F>
void walk(F& f, typename F::template As<Upgrade>& v) {
  f.text(v.name, upgrade_name_bytes_max);
  f(v.height);
}
template <class F>
void walk(F& f, typename F::template As<GovernanceParams>& v) {
  f(v.deposit_min);
  f(v.deposit_epochs);
  f(v.voting_epochs);
  f(v.delay);
  f(v.quorum);
  f(v.threshold);
  f(v.veto);
  f(v.live_max);
}
template <class F>
void walk(F& f, typename F::template As<ProposalSubmit>& v) {
  f.text(v.text, proposal_text_bytes_max);
  f(v.action);
  f(v.deposit);
}
template <class F>
void walk(F& f, typename F::template As<ProposalDeposit>& v) {
  f(v.proposal);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<VoteCast>& v) {
  f(v.proposal);
  f(v.pool);
  f.enumeration(v.option, VoteOption::Veto);
}
template <class F>
void walk(F& f, typename F::template As<ProposalChanged>& v) {
  f(v.proposal);
  f.enumeration(v.state, ProposalState::Failed);
}
template <class F>
void walk(F& f, typename F::template As<VoteCounted>& v) {
  f(v.proposal);
  f(v.pool);
  f(v.voter);
  f.enumeration(v.option, VoteOption::Veto);
}
template <class F>
void walk(F& f, typename F::template As<ModuleParamsChanged>& v) {
  f.enumeration(v.module, Module::Reserved20);
}

}  // namespace oort::ledger
