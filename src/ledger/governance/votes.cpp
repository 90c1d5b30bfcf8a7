// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "governance/governance.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/staking_keys.hpp"

namespace oort::ledger {
namespace {

constexpr std::size_t votes_forgotten_per_block = 256;

Shares& shares_of(PoolVotes& votes, VoteOption option) {
  return votes.shares[static_cast<std::size_t>(option)];
}

/// Replaces what the delegator's vote counts for.
void put_vote(Overlay& state, ProposalId id, const NodeId& pool, const AccountId& delegator,
              std::optional<DelegatorVote> vote) {
  const Bytes key = keys::delegator_vote(id, pool, delegator);
  auto votes = load<PoolVotes>(state, keys::pool_votes(id, pool)).value_or(PoolVotes{});
  if (const auto before = load<DelegatorVote>(state, key)) {
    const auto left = shares_of(votes, before->option).minus(before->shares);
    OORT_ASSERT(left.has_value(), "a ballot holds every vote");
    shares_of(votes, before->option) = *left;
  }
  if (vote) {
    const auto sum = shares_of(votes, vote->option).plus(vote->shares);
    OORT_ASSERT(sum.has_value(), "votes are shares of one pool");
    shares_of(votes, vote->option) = *sum;
    save(state, key, *vote);
  } else {
    state.erase(key);
  }
  save(state, keys::pool_votes(id, pool), votes);
}

void add(Oort& sum, Oort amount) {
  const auto next = sum.plus(amount);
  OORT_ASSERT(next.has_value(), "votes are stake");
  sum = *next;
}

void count_pool(const Pool& pool, const PoolVotes& votes, Proposal& proposal) {
  Shares silent = pool.shares;
  for (std::size_t i = 0; i < vote_options_count; ++i) {
    add(proposal.votes[i], worth_of(pool, votes.shares[i]));
    const auto left = silent.minus(votes.shares[i]);
    OORT_ASSERT(left.has_value(), "votes follow the shares of their pool");
    silent = *left;
  }
  if (!votes.has_voted) return;
  Oort& chosen = proposal.votes[static_cast<std::size_t>(votes.option)];
  add(chosen, pool.self);
  add(chosen, worth_of(pool, silent));
}

/// Erases up to `count_max` keys; returns how many are left of it.
std::size_t erase_below(Overlay& state, const Bytes& prefix, std::size_t count_max) {
  std::vector<Bytes> found;
  if (count_max == 0) return 0;
  state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    found.push_back(to_bytes(key));
    return found.size() < count_max;
  });
  for (const Bytes& key : found) state.erase(key);
  return count_max - found.size();
}

}  // namespace

LiveProposals live_proposals(const StateReader& state) {
  return load<LiveProposals>(state, keys::proposals_live()).value_or(LiveProposals{});
}

Rejection apply(Call& call, const VoteCast& operation) {
  if (!governance_params(call.state())) return Rejection::ModuleOff;
  const auto proposal = load<Proposal>(call.state(), keys::proposal(operation.proposal));
  if (!proposal) return Rejection::ProposalUnknown;
  if (proposal->state != ProposalState::Voting) return Rejection::ProposalStateWrong;
  const auto pool = load<Pool>(call.state(), keys::pool(operation.pool));
  if (!pool) return Rejection::PoolUnknown;
  if (pool->state != PoolState::Witnessing) return Rejection::VoteWithoutStake;
  const auto delegation =
      load<Delegation>(call.state(), keys::delegation(operation.pool, call.sender));
  const bool is_creator = pool->creator == call.sender;
  if (!is_creator && !delegation) return Rejection::VoteWithoutStake;
  if (delegation) {
    put_vote(call.state(), operation.proposal, operation.pool, call.sender,
             DelegatorVote{operation.option, delegation->shares});
  }
  if (is_creator) {
    const Bytes key = keys::pool_votes(operation.proposal, operation.pool);
    auto votes = load<PoolVotes>(call.state(), key).value_or(PoolVotes{});
    votes.has_voted = true;
    votes.option = operation.option;
    save(call.state(), key, votes);
  }
  call.events.emplace_back(
      VoteCounted{operation.proposal, operation.pool, call.sender, operation.option});
  return Rejection::None;
}

void shares_changed(Overlay& state, const NodeId& pool, const AccountId& delegator, Shares shares) {
  for (const ProposalId id : live_proposals(state).ids) {
    const auto vote = load<DelegatorVote>(state, keys::delegator_vote(id, pool, delegator));
    if (!vote) continue;
    if (shares.is_zero()) {
      put_vote(state, id, pool, delegator, std::nullopt);
    } else {
      put_vote(state, id, pool, delegator, DelegatorVote{vote->option, shares});
    }
  }
}

void count_votes(const Overlay& state, Proposal& proposal) {
  proposal.votes = {};
  const auto witnesses = load<Witnesses>(state, keys::witnesses()).value_or(Witnesses{});
  for (const NodeId& node : witnesses.pools) {
    const auto pool = load<Pool>(state, keys::pool(node));
    OORT_ASSERT(pool.has_value(), "a pool is never forgotten");
    if (pool->state != PoolState::Witnessing) continue;
    const auto votes = load<PoolVotes>(state, keys::pool_votes(proposal.id, node));
    if (votes) count_pool(*pool, *votes, proposal);
  }
  const auto staking = load<StakingState>(state, keys::staking_state());
  OORT_ASSERT(staking.has_value(), "governance stands on stake");
  proposal.electorate = staking->weight;
}

void begin_vote(Overlay& state, ProposalId id) {
  LiveProposals live = live_proposals(state);
  live.ids.insert(std::ranges::upper_bound(live.ids, id), id);
  save(state, keys::proposals_live(), live);
}

void end_vote(Overlay& state, ProposalId id) {
  LiveProposals live = live_proposals(state);
  std::erase(live.ids, id);
  save(state, keys::proposals_live(), live);
  state.put(keys::proposal_done(id), {});
}

void forget_votes(Overlay& state) {
  std::optional<Bytes> oldest;
  const Bytes prefix = keys::proposal_done();
  state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    oldest = to_bytes(key);
    return false;
  });
  if (!oldest) return;
  ProposalId id = 0;
  for (const std::byte byte : ByteView(*oldest).subspan(prefix.size())) {
    id = id << 8 | std::to_integer<std::uint8_t>(byte);
  }
  std::size_t left = erase_below(state, keys::delegator_votes(id), votes_forgotten_per_block);
  left = erase_below(state, keys::pool_votes(id), left);
  if (left > 0) state.erase(*oldest);
}

}  // namespace oort::ledger
