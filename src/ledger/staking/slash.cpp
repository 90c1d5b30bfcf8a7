// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bank/bank.hpp"
#include "oort/core/assert.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

Oort share_of(Oort amount, std::uint32_t share) {
  return Oort(share_of(amount.units(), share, Rounding::Down));
}

/// What the finder gets of a cut of own money, paid; the rest of it is for burning.
Oort compensate(Block& block, Oort own_cut, const Fault& fault, std::uint32_t finder_share,
                std::vector<Event>& events) {
  if (!fault.finder) return {};
  const Oort part = share_of(own_cut, finder_share);
  credit(block.state, events, *fault.finder, part, Purpose::FaultCompensated, fault.subject);
  return part;
}

/// The epoch of stake in which the chain was in that view of its own epoch. What is older than
/// everything known counts as the oldest that is known.
std::uint64_t epoch_of(const Overlay& state, const StakingState& staking, const Verdict& verdict,
                       std::uint64_t epochs_max) {
  std::uint64_t epoch = staking.epoch;
  for (std::uint64_t i = 0; i < epochs_max && epoch > 0; ++i, --epoch) {
    const auto start = load<EpochStart>(state, keys::epoch_start(epoch));
    if (!start) break;
    const bool is_in_same = start->chain_epoch == verdict.epoch && start->view <= verdict.view;
    if (is_in_same || start->chain_epoch < verdict.epoch) break;
  }
  return epoch;
}

}  // namespace

Cut slash_pool(Block& block, const NodeId& node, const Fault& fault, std::vector<Event>& events) {
  const auto params = staking_params(block.state);
  OORT_ASSERT(params.has_value(), "whoever slashes knows that staking is on");
  OORT_ASSERT(fault.share <= parts_per_million, "a share is at most one whole");
  auto found = find_pool(block.state, node);
  if (!found || found->state == PoolState::Exited) return {};
  StakingEdit edit(block.state, *params);
  PoolEdit opened(edit, *std::move(found));
  Pool& pool = opened.pool;
  const Oort own = share_of(pool.self, fault.share);
  const Oort delegated = share_of(pool.delegated, fault.share);
  pool.self = *pool.self.minus(own);
  pool.delegated = *pool.delegated.minus(delegated);
  draw(block.state, Pot::Stake, *own.plus(delegated));
  const Oort unbonding = slash_unbonding(block.state, keys::Leaving::Stake, node, fault);
  Cut cut;
  cut.compensated = compensate(block, own, fault, params->finder_share, events);
  cut.burnt = *own.minus(cut.compensated)->plus(delegated)->plus(unbonding);
  burn(block.state, cut.burnt);
  save(block.state, keys::slash_event(node, pool.slashes_count),
       SlashEvent{fault.epoch, edit.staking.epoch, fault.share});
  ++pool.slashes_count;
  opened.fit();
  opened.save(events);
  edit.save();
  events.emplace_back(
      StakeSlashed{node, false, fault.share, cut.burnt, cut.compensated, fault.subject});
  return cut;
}

Cut slash_bond(Block& block, const NodeId& id, const Fault& fault, std::vector<Event>& events) {
  const auto params = staking_params(block.state);
  OORT_ASSERT(params.has_value(), "whoever slashes knows that staking is on");
  OORT_ASSERT(fault.share <= parts_per_million, "a share is at most one whole");
  auto node = block.view().node(id);
  if (!node) return {};
  const Oort posted = share_of(node->bond, fault.share);
  node->bond = *node->bond.minus(posted);
  save(block.state, keys::node(id), *node);
  const Oort own = *posted.plus(slash_unbonding(block.state, keys::Leaving::Bond, id, fault));
  Cut cut;
  cut.compensated = compensate(block, own, fault, params->finder_share, events);
  cut.burnt = *own.minus(cut.compensated);
  burn(block.state, cut.burnt);
  events.emplace_back(BondChanged{id, node->bond});
  events.emplace_back(
      StakeSlashed{id, true, fault.share, cut.burnt, cut.compensated, fault.subject});
  return cut;
}

void punish_double_vote(Block& block, const Verdict& verdict, const AccountId& finder,
                        std::vector<Event>& events) {
  const NodeId& offender = verdict.offender;
  const auto params = staking_params(block.state);
  if (!params) return;
  const auto before = find_pool(block.state, offender);
  if (!before || before->state == PoolState::Exited) return;
  Fault fault;
  fault.subject = verdict.fault;
  // Doubled for each fault before: the third that costs 5 % at first costs 20 %.
  const std::uint32_t doublings = std::min<std::uint32_t>(before->faults_count, 20);
  const std::uint64_t share = std::uint64_t{params->double_vote_share} << doublings;
  fault.share = static_cast<std::uint32_t>(std::min<std::uint64_t>(share, parts_per_million));
  fault.finder = finder;
  {
    const StakingEdit now(block.state, *params);
    fault.epoch = epoch_of(block.state, now.staking, verdict, block.params.unbonding_epochs);
  }
  slash_pool(block, offender, fault, events);

  StakingEdit edit(block.state, *params);
  PoolEdit opened(edit, *find_pool(block.state, offender));
  Pool& pool = opened.pool;
  ++pool.faults_count;
  pool.jailed_until = later(Height(edit.staking.epoch), params->jail_epochs).value();
  if (pool.state != PoolState::Exiting) {
    if (pool.faults_count > 1) {
      leave(block, edit, opened);
    } else if (pool.state != PoolState::Offline) {
      opened.become(PoolState::Offline);
    }
  }
  opened.save(events);
  edit.save();
}

}  // namespace oort::ledger
