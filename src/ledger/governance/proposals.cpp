// SPDX-License-Identifier: Apache-2.0
// The course of a proposal: deposit, vote, delay, deed.
#include <algorithm>

#include "bank/bank.hpp"
#include "governance/governance.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/staking_keys.hpp"

namespace oort::ledger {
namespace {

constexpr std::size_t ends_per_block_max = 4;
// Of a key of what is due: module, table, kind; then when and which.
constexpr std::size_t due_id_at = 2 + 1 + 8;

Bytes32 subject_of(ProposalId id) {
  Bytes32 subject;
  for (std::size_t i = 0; i < sizeof(id); ++i) {
    subject.mutable_view()[31 - i] = static_cast<std::byte>(static_cast<std::uint8_t>(id >> 8 * i));
  }
  return subject;
}

std::uint64_t epoch_now(const StateReader& state) {
  const auto staking = load<StakingState>(state, keys::staking_state());
  OORT_ASSERT(staking.has_value(), "governance stands on stake");
  return staking->epoch;
}

/// The stage ends in the epoch after so many full ones.
void set_end(Overlay& state, Proposal& proposal, std::uint64_t epochs) {
  proposal.ends = later(Height(epoch_now(state)), epochs).value();
  state.put(keys::proposal_due(keys::ProposalDue::Epoch, proposal.ends, proposal.id), {});
}

void put(Overlay& state, const Proposal& proposal, std::vector<Event>& events) {
  save(state, keys::proposal(proposal.id), proposal);
  events.emplace_back(ProposalChanged{proposal.id, proposal.state});
}

Rejection deposit(Call& call, Proposal& proposal, Oort amount) {
  const Rejection refused = debit(call.state(), call.events, call.sender, amount,
                                  Purpose::DepositPaid, subject_of(proposal.id));
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Deposits, amount);
  auto place = std::ranges::lower_bound(proposal.deposits, call.sender, {}, &Deposit::from);
  if (place != proposal.deposits.end() && place->from == call.sender) {
    place->amount = *place->amount.plus(amount);
    return Rejection::None;
  }
  if (proposal.deposits.size() >= depositors_max) return Rejection::DepositorsTooMany;
  proposal.deposits.insert(place, {call.sender, amount});
  return Rejection::None;
}

/// Goes to the vote when the deposit suffices; TooMany when there is no place.
Rejection begin_if_paid(Call& call, const GovernanceParams& params, Proposal& proposal) {
  if (deposit_of(proposal) < params.deposit_min) return Rejection::None;
  if (live_proposals(call.state()).ids.size() >= params.live_max) {
    return Rejection::ProposalsTooMany;
  }
  if (proposal.ends != 0) {
    call.state().erase(keys::proposal_due(keys::ProposalDue::Epoch, proposal.ends, proposal.id));
  }
  proposal.state = ProposalState::Voting;
  set_end(call.state(), proposal, params.voting_epochs);
  begin_vote(call.state(), proposal.id);
  return Rejection::None;
}

void settle_deposits(Overlay& state, Proposal& proposal, bool is_returned,
                     std::vector<Event>& events) {
  draw(state, Pot::Deposits, deposit_of(proposal));
  for (const Deposit& one : proposal.deposits) {
    if (is_returned) {
      credit(state, events, one.from, one.amount, Purpose::DepositReturned,
             subject_of(proposal.id));
    } else {
      put_in(state, Pot::Mining, one.amount);
    }
  }
  proposal.deposits.clear();
}

/// Enough have voted, too few said Veto, and of those who took a side more than the threshold Yes.
bool has_passed(const GovernanceParams& params, const Proposal& proposal) {
  const auto votes = [&](VoteOption option) {
    return proposal.votes[static_cast<std::size_t>(option)].units();
  };
  const Uint128 sides = votes(VoteOption::Yes) + votes(VoteOption::No) + votes(VoteOption::Veto);
  const Uint128 all = sides + votes(VoteOption::Abstain);
  const Uint128 electorate = proposal.electorate.units();
  if (all == 0 || all < share_of(electorate, params.quorum, Rounding::Up)) return false;
  if (votes(VoteOption::Veto) >= share_of(all, params.veto, Rounding::Up)) return false;
  return votes(VoteOption::Yes) > share_of(sides, params.threshold, Rounding::Down);
}

void end_stage(Block& block, const GovernanceParams& params, Proposal& proposal,
               std::vector<Event>& events) {
  bool passed = false;
  if (proposal.state == ProposalState::Voting) {
    count_votes(block.state, proposal);
    end_vote(block.state, proposal.id);
    passed = has_passed(params, proposal);
  }
  settle_deposits(block.state, proposal, passed, events);
  proposal.state = passed ? ProposalState::Passed : ProposalState::Rejected;
  if (passed) {
    proposal.executes = block.height_after(params.delay);
    block.state.put(
        keys::proposal_due(keys::ProposalDue::Height, proposal.executes.value(), proposal.id), {});
  }
  put(block.state, proposal, events);
}

std::vector<Bytes> due(const Overlay& state, keys::ProposalDue kind, std::uint64_t now) {
  std::vector<Bytes> found;
  const Bytes prefix = keys::proposal_due(kind);
  const Bytes end = keys::proposal_due(kind, now, ~ProposalId{0});
  state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    if (!KeyLess{}(key, end) || found.size() == ends_per_block_max) return false;
    found.push_back(to_bytes(key));
    return true;
  });
  return found;
}

Proposal due_proposal(const Overlay& state, ByteView key) {
  ProposalId id = 0;
  for (const std::byte byte : key.subspan(due_id_at)) {
    id = id << 8 | std::to_integer<std::uint8_t>(byte);
  }
  auto proposal = load<Proposal>(state, keys::proposal(id));
  OORT_ASSERT(proposal.has_value(), "a proposal is never forgotten");
  return *std::move(proposal);
}

}  // namespace

Rejection apply(Call& call, const ProposalSubmit& operation) {
  const auto params = governance_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.deposit.is_zero()) return Rejection::ZeroAmount;
  if (operation.text.empty() || !is_possible(call.block, operation.action)) {
    return Rejection::ProposalInvalid;
  }
  Proposal proposal;
  proposal.id = take_number(call.state(), keys::proposal_next());
  proposal.proposer = call.sender;
  proposal.text = operation.text;
  proposal.action = operation.action;
  Rejection refused = deposit(call, proposal, operation.deposit);
  if (refused != Rejection::None) return refused;
  refused = begin_if_paid(call, *params, proposal);
  if (refused != Rejection::None) return refused;
  if (proposal.state == ProposalState::Deposit) {
    set_end(call.state(), proposal, params->deposit_epochs);
  }
  put(call.state(), proposal, call.events);
  return Rejection::None;
}

Rejection apply(Call& call, const ProposalDeposit& operation) {
  const auto params = governance_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (operation.amount.is_zero()) return Rejection::ZeroAmount;
  auto proposal = load<Proposal>(call.state(), keys::proposal(operation.proposal));
  if (!proposal) return Rejection::ProposalUnknown;
  if (proposal->state != ProposalState::Deposit) return Rejection::ProposalStateWrong;
  Rejection refused = deposit(call, *proposal, operation.amount);
  if (refused != Rejection::None) return refused;
  refused = begin_if_paid(call, *params, *proposal);
  if (refused != Rejection::None) return refused;
  put(call.state(), *proposal, call.events);
  return Rejection::None;
}

void end_governance(Block& block, std::vector<Event>& events) {
  const auto params = governance_params(block.state);
  if (!params) return;
  for (const Bytes& key : due(block.state, keys::ProposalDue::Epoch, epoch_now(block.state))) {
    block.state.erase(key);
    Proposal proposal = due_proposal(block.state, key);
    end_stage(block, *params, proposal, events);
  }
  const std::uint64_t height = block.header.height.value();
  for (const Bytes& key : due(block.state, keys::ProposalDue::Height, height)) {
    block.state.erase(key);
    Proposal proposal = due_proposal(block.state, key);
    proposal.state =
        carry_out(block, proposal, events) ? ProposalState::Executed : ProposalState::Failed;
    put(block.state, proposal, events);
  }
  forget_votes(block.state);
}

}  // namespace oort::ledger
