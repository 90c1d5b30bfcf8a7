// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: staking: " + std::move(detail));
}

Result<void> check_pool(const GenesisParams& genesis, const StakingParams& params,
                        const GenesisPool& pool) {
  const auto node = std::ranges::lower_bound(genesis.nodes, pool.node, {}, &Node::id);
  if (node == genesis.nodes.end() || node->id != pool.node || !has_role(*node, NodeRole::Super)) {
    return refuse("pool " + pool.node.short_hex() + " is of no super node of the list");
  }
  if (pool.self < params.creator_stake_min || pool.self < params.pool_stake_min) {
    return refuse("pool " + pool.node.short_hex() + " has less stake than a witness needs");
  }
  if (pool.commission > params.commission_max) {
    return refuse("pool " + pool.node.short_hex() + " has an impossible commission");
  }
  return {};
}

}  // namespace

std::optional<StakingParams> staking_params(const StateReader& state) {
  return load<StakingParams>(state, keys::staking_params());
}

bool is_possible(const StakingParams& params) {
  const auto is_share = [](std::uint32_t share) { return share <= parts_per_million; };
  // Below one OORT of stake, rewards for each base unit could outgrow what carries them.
  return params.creator_stake_min >= Oort(oort_base_units) &&
         params.pool_stake_min >= params.creator_stake_min && !params.delegation_min.is_zero() &&
         is_share(params.commission_max) && is_share(params.commission_step) &&
         params.moved_weight_max > 0 && params.moved_weight_max <= 333'333 &&
         is_share(params.double_vote_share) && params.finder_share <= 500'000 &&
         params.halving_epochs > 0 && params.evidence_views > 0 && params.evidence_per_block > 0 &&
         params.evidence_per_block <= 1024;
}

Result<void> check_staking(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto staking, codec::from_bytes<StakingGenesis>(record));
  if (!is_possible(staking.params)) return refuse("params contradict each other or a bound");
  if (!ascends(staking.pools, [](const GenesisPool& pool) { return pool.node; })) {
    return refuse("pools do not ascend by node");
  }
  Oort sum;
  for (const GenesisPool& pool : staking.pools) {
    OORT_TRY(check_pool(genesis, staking.params, pool));
    const auto next = sum.plus(pool.self);
    if (!next) return refuse("stakes add up to more than an amount can hold");
    sum = *next;
  }
  const auto pot = std::ranges::find(genesis.pots, Pot::Stake, &GenesisPot::pot);
  if ((pot == genesis.pots.end() ? Oort() : pot->balance) != sum) {
    return refuse("the pot Stake does not hold what the pools have");
  }
  for (const Validator& validator : genesis.validators) {
    if (!std::ranges::binary_search(staking.pools, validator.node, {}, &GenesisPool::node)) {
      return refuse("validator " + validator.node.short_hex() + " has no pool");
    }
  }
  return {};
}

void enter_staking(Overlay& state, const GenesisParams& genesis, ByteView record) {
  const auto begin = codec::from_bytes<StakingGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::staking_params(), begin->params);
  StakingState staking;
  staking.ends_ms = genesis.time_ms + genesis.params.epoch_ms;
  save(state, keys::staking_state(), staking);
  save(state, keys::epoch_start(0), EpochStart{});
  StakingEdit edit(state, begin->params);
  Witnesses witnesses;
  std::vector<Event> nobody_hears;
  for (const GenesisPool& first : begin->pools) {
    const auto node = std::ranges::lower_bound(genesis.nodes, first.node, {}, &Node::id);
    Pool pool;
    pool.node = first.node;
    pool.creator = node->owner;
    pool.commission = first.commission;
    PoolEdit opened(edit, pool);
    opened.pool.self = first.self;
    opened.fit();
    if (std::ranges::binary_search(genesis.validators, first.node, {}, &Validator::node)) {
      opened.become(PoolState::Witnessing);
      witnesses.pools.push_back(first.node);
    }
    opened.save(nobody_hears);
  }
  save(state, keys::witnesses(), witnesses);
  edit.save();
}

}  // namespace oort::ledger
