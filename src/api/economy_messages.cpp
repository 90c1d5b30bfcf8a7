// SPDX-License-Identifier: Apache-2.0
#include "economy_messages.hpp"

#include <variant>

#include "call.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/economy_view.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"

namespace oort::api {
namespace {

const char* name_of(ledger::PoolState state) {
  switch (state) {
    case ledger::PoolState::Pending: return "pending";
    case ledger::PoolState::Candidate: return "candidate";
    case ledger::PoolState::Witnessing: return "witnessing";
    case ledger::PoolState::Offline: return "offline";
    case ledger::PoolState::Exiting: return "exiting";
    case ledger::PoolState::Exited: return "exited";
  }
  return "unknown";
}

const char* name_of(ledger::ProposalState state) {
  switch (state) {
    case ledger::ProposalState::Deposit: return "deposit";
    case ledger::ProposalState::Voting: return "voting";
    case ledger::ProposalState::Passed: return "passed";
    case ledger::ProposalState::Executed: return "executed";
    case ledger::ProposalState::Rejected: return "rejected";
    case ledger::ProposalState::Failed: return "failed";
  }
  return "unknown";
}

const char* name_of(ledger::VoteOption option) {
  switch (option) {
    case ledger::VoteOption::Yes: return "yes";
    case ledger::VoteOption::No: return "no";
    case ledger::VoteOption::Abstain: return "abstain";
    case ledger::VoteOption::Veto: return "veto";
  }
  return "unknown";
}

const char* name_of(ledger::EscrowKind kind) {
  switch (kind) {
    case ledger::EscrowKind::Stream: return "stream";
    case ledger::EscrowKind::Storage: return "storage";
    case ledger::EscrowKind::Job: return "job";
    case ledger::EscrowKind::Campaign: return "campaign";
  }
  return "unknown";
}

const char* name_of(ledger::EscrowStatus status) {
  switch (status) {
    case ledger::EscrowStatus::Open: return "open";
    case ledger::EscrowStatus::Frozen: return "frozen";
    case ledger::EscrowStatus::Closed: return "closed";
  }
  return "unknown";
}

const char* name_of(ledger::Pot pot) {
  switch (pot) {
    case ledger::Pot::Escrow: return "escrow";
    case ledger::Pot::Reserve: return "reserve";
    case ledger::Pot::Stake: return "stake";
    case ledger::Pot::Unbonding: return "unbonding";
    case ledger::Pot::Rewards: return "rewards";
    case ledger::Pot::Mining: return "mining";
    case ledger::Pot::Treasury: return "treasury";
    case ledger::Pot::Deposits: return "deposits";
    case ledger::Pot::Remainders: return "remainders";
    case ledger::Pot::OracleBonds: return "oracle bonds";
    case ledger::Pot::Honesty: return "honesty";
  }
  return "unknown";
}

/// A text does nothing, so it has no action in the message.
struct WriteAction {
  v1::Proposal* out;
  void operator()(const ledger::TextAction&) const {}
  void operator()(const ledger::ParamsAction& action) const {
    out->mutable_params()->set_module("params");
    out->mutable_params()->set_canonical(to_field(codec::to_bytes(action.params)));
  }
  void operator()(const ledger::ModuleParamsAction& action) const {
    out->mutable_params()->set_module(std::string(ledger::to_string(action.module)));
    out->mutable_params()->set_canonical(to_field(action.params));
  }
  void operator()(const ledger::SpendAction& action) const {
    out->mutable_spending()->set_to(to_field(action.to.view()));
    out->mutable_spending()->set_amount(digits_of(action.amount));
  }
  void operator()(const ledger::UpgradeAction& action) const {
    out->mutable_upgrade()->set_name(action.name);
    out->mutable_upgrade()->set_height(action.height.value());
  }
};

}  // namespace

void write(const ledger::Pool& pool, v1::Pool* out) {
  out->set_node(to_field(pool.node.view()));
  out->set_creator(to_field(pool.creator.view()));
  out->set_pool_state(name_of(pool.state));
  out->set_commission(pool.commission);
  out->set_self(digits_of(pool.self));
  out->set_delegated(digits_of(pool.delegated));
  out->set_jailed_until(pool.jailed_until);
  out->set_exits(pool.exits);
  out->set_faults_count(pool.faults_count);
  out->set_creator_owed(to_decimal(pool.creator_owed.high));
}

void write(const ledger::Pool& pool, const AccountId& account, const ledger::Delegation& delegation,
           v1::Delegation* out) {
  out->set_pool(to_field(pool.node.view()));
  out->set_account(to_field(account.view()));
  out->set_worth(digits_of(ledger::worth_of(pool, delegation.shares)));
  out->set_reward(to_decimal(ledger::reward_of(pool, delegation).high));
  if (!delegation.liability) return;
  out->set_liable_for(to_field(delegation.liability->source.view()));
  out->set_liable_until(delegation.liability->until);
}

void write(const ledger::Leaver& leaver, v1::Unbonding* out) {
  out->set_node(to_field(leaver.node.view()));
  out->set_is_bond(leaver.is_bond);
  out->set_returns(leaver.returns);
  out->set_amount(digits_of(leaver.amount));
}

void write(const ledger::Proposal& proposal, v1::Proposal* out) {
  const auto votes_for = [&proposal](ledger::VoteOption option) {
    return digits_of(proposal.votes.at(static_cast<std::size_t>(option)));
  };
  out->set_id(proposal.id);
  out->set_proposer(to_field(proposal.proposer.view()));
  out->set_text(proposal.text);
  out->set_proposal_state(name_of(proposal.state));
  out->set_deposit(digits_of(ledger::deposit_of(proposal)));
  out->set_ends(proposal.ends);
  out->set_executes(proposal.executes.value());
  out->set_yes(votes_for(ledger::VoteOption::Yes));
  out->set_no(votes_for(ledger::VoteOption::No));
  out->set_abstain(votes_for(ledger::VoteOption::Abstain));
  out->set_veto(votes_for(ledger::VoteOption::Veto));
  out->set_electorate(digits_of(proposal.electorate));
  std::visit(WriteAction{out}, proposal.action);
}

void write(const NodeId& pool, const ledger::PoolVotes& votes, v1::Ballot* out) {
  const auto shares_for = [&votes](ledger::VoteOption option) {
    return digits_of(votes.shares.at(static_cast<std::size_t>(option)));
  };
  out->set_pool(to_field(pool.view()));
  if (votes.has_voted) out->set_option(name_of(votes.option));
  out->set_yes_shares(shares_for(ledger::VoteOption::Yes));
  out->set_no_shares(shares_for(ledger::VoteOption::No));
  out->set_abstain_shares(shares_for(ledger::VoteOption::Abstain));
  out->set_veto_shares(shares_for(ledger::VoteOption::Veto));
}

void write(const ledger::RateSample& sample, v1::RateSample* out) {
  out->set_time_ms(sample.time_ms);
  out->set_rate(digits_of(sample.rate));
}

void write(const ledger::Escrow& stored, std::uint64_t now_ms, v1::Escrow* out) {
  const ledger::Escrow escrow = ledger::settled_at(stored, now_ms);
  out->set_id(escrow.id.value());
  out->set_payer(to_field(escrow.payer.view()));
  out->set_kind(name_of(escrow.kind));
  out->set_currency(escrow.currency == ledger::Currency::Oort ? "oort" : "credits");
  out->set_status(name_of(escrow.status));
  out->set_funded(digits_of(escrow.funded));
  out->set_paid(digits_of(escrow.paid));
  out->set_refunded(digits_of(escrow.refunded));
  out->set_held(digits_of(escrow.held));
  out->set_rate(digits_of(escrow.rate));
  out->set_expires_ms(escrow.expires_ms);
  out->set_take(escrow.take);
  out->set_holdback(escrow.holdback);
  out->set_holdback_ms(escrow.holdback_ms);
  for (const ledger::Earner& earner : escrow.earners) {
    v1::EscrowEarner* to = out->add_earners();
    to->set_account(to_field(earner.account.view()));
    to->set_weight(earner.weight);
    to->set_earned(digits_of(ledger::earned_by(escrow, earner)));
    to->set_taken(digits_of(earner.taken));
    to->set_withdrawable(digits_of(ledger::withdrawable(escrow, earner, now_ms)));
  }
}

void write_supply(const ledger::StateReader& state, v1::GetSupplyResponse* out) {
  const ledger::View view(state);
  out->set_total(digits_of(view.supply().total));
  out->set_fees(digits_of(view.supply().fees));
  for (std::uint8_t number = 1; number <= ledger::pot_last; ++number) {
    const auto pot = static_cast<ledger::Pot>(number);
    const Oort balance = view.pot(pot);
    if (balance.is_zero()) continue;
    v1::PotBalance* to = out->add_pots();
    to->set_pot(name_of(pot));
    to->set_balance(digits_of(balance));
  }
  out->set_credits(digits_of(view.credit_supply().total));
  out->set_credits_escrowed(digits_of(view.credit_supply().escrowed));
}

}  // namespace oort::api
