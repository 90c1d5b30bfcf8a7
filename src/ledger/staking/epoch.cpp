// SPDX-License-Identifier: Apache-2.0
// The turn of an epoch: rewards, witnesses, weights.
#include <algorithm>

#include "bank/bank.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/weights.hpp"
#include "staking/pool_edit.hpp"

namespace oort::ledger {
namespace {

/// Weights count whole OORT: 2 × 10^9 of them leave room below the greatest total.
std::uint64_t whole_oort(Oort amount) {
  return static_cast<std::uint64_t>(amount.units() / oort_base_units);
}

/// Shares the fees and the epoch's emission out among the witnesses' stake. Without witnesses the
/// fees wait and nothing is emitted.
EpochBegan share_rewards(StakingEdit& edit) {
  EpochBegan told;
  told.epoch = edit.staking.epoch;
  if (edit.staking.weight.is_zero()) return told;
  Overlay& state = edit.overlay();
  Supply supply = View(state).supply();
  told.fees = supply.fees;
  supply.fees = Oort();
  save(state, keys::supply(), supply);
  told.emission = emission_of(edit.params(), edit.staking.epoch - 1, View(state).pot(Pot::Mining));
  draw(state, Pot::Mining, told.emission);
  const auto rewards = told.fees.plus(told.emission);
  OORT_ASSERT(rewards.has_value(), "all money together fits an amount");
  put_in(state, Pot::Rewards, *rewards);
  const Wide sum{rewards->units(), edit.staking.carry.units()};
  const WideQuotient each = divide(sum, edit.staking.weight.units());
  edit.staking.ratio = plus(edit.staking.ratio, each.whole);
  edit.staking.carry = Fraction(each.rest);
  return told;
}

/// The heaviest pools whose stake suffices. Ascending.
std::vector<NodeId> heaviest(const Overlay& state, const StakingParams& params,
                             std::size_t count_max) {
  std::vector<NodeId> found;
  const Bytes prefix = keys::prefix(Module::Staking, table::pool_rank);
  state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    const auto node = NodeId::from(key.last(32));
    const auto pool = find_pool(state, *node);
    OORT_ASSERT(pool.has_value(), "a rank is a pool's");
    // Ranks descend by stake: behind a pool that has too little there is none that has enough.
    if (stake_of(*pool) < params.pool_stake_min) return false;
    if (has_stake_for_witness(*pool, params)) found.push_back(*node);
    return found.size() < count_max;
  });
  std::ranges::sort(found);
  return found;
}

void set_state(StakingEdit& edit, const NodeId& node, PoolState state, std::vector<Event>& events) {
  PoolEdit opened(edit, *find_pool(edit.overlay(), node));
  if (opened.pool.state == state) return;
  opened.become(state);
  opened.fit();
  opened.save(events);
}

/// Those of the last epoch that are still there and not chosen step back, the chosen step up.
void change_witnesses(StakingEdit& edit, const std::vector<NodeId>& chosen,
                      std::vector<Event>& events) {
  Overlay& state = edit.overlay();
  const auto before = load<Witnesses>(state, keys::witnesses()).value_or(Witnesses{});
  for (const NodeId& node : before.pools) {
    const auto pool = find_pool(state, node);
    OORT_ASSERT(pool.has_value(), "a pool is never forgotten");
    if (pool->state != PoolState::Witnessing) continue;
    if (!std::ranges::binary_search(chosen, node)) {
      set_state(edit, node, PoolState::Candidate, events);
    }
  }
  for (const NodeId& node : chosen) set_state(edit, node, PoolState::Witnessing, events);
  save(state, keys::witnesses(), Witnesses{chosen});
}

std::uint32_t factor_of(const Overlay& state, const NodeId& node) {
  const auto bytes = state.get(keys::weight_factor(node));
  if (!bytes) return parts_per_million;
  const auto factor = codec::from_bytes<std::uint32_t>(*bytes);
  OORT_ASSERT(factor.has_value(), "a factor is what the machine wrote");
  return *factor;
}

/// Objective faults act at once: a jailed pool has no place in what the weights move from.
bool is_jailed(const Overlay& state, const NodeId& node, std::uint64_t epoch) {
  const auto pool = find_pool(state, node);
  return pool && epoch < pool->jailed_until;
}

void write_validators(const Block& block, const StakingEdit& edit,
                      const std::vector<NodeId>& chosen) {
  Overlay& state = edit.overlay();
  const Epoch next = block.header.epoch.next();
  // Named once: the chain is about to switch to these, and a header already may say so.
  if (View(state).validator_set(next)) return;
  std::vector<Validator> wanted;
  for (const NodeId& node : chosen) {
    const auto weight = share_of(whole_oort(stake_of(*find_pool(state, node))),
                                 factor_of(state, node), Rounding::Down);
    if (weight > 0) wanted.push_back({node, static_cast<std::uint64_t>(weight)});
  }
  const auto ruling = View(state).validator_set(block.header.epoch);
  // Somebody must vote: a network without witnesses keeps whom it has.
  if (wanted.empty()) return;
  std::vector<Validator> now = ruling ? ruling->validators : std::vector<Validator>{};
  std::erase_if(now, [&](const Validator& validator) {
    return is_jailed(state, validator.node, edit.staking.epoch);
  });
  save(state, keys::validator_set(next),
       ValidatorSet{next, move_weights(now, std::move(wanted), edit.params().moved_weight_max,
                                       block.params.validators_max)});
  // Evidence is judged by the set of its epoch for as long as stake can be reached.
  const std::uint64_t kept = block.params.unbonding_epochs + 1;
  if (block.header.epoch.value() > kept) {
    state.erase(keys::validator_set(Epoch(block.header.epoch.value() - kept - 1)));
  }
}

void date(const Block& block, const StakingEdit& edit) {
  const std::uint64_t epoch = edit.staking.epoch;
  save(edit.overlay(), keys::epoch_start(epoch),
       EpochStart{block.header.height, block.header.epoch, block.header.view});
  const std::uint64_t kept = block.params.unbonding_epochs + 1;
  if (epoch > kept) edit.overlay().erase(keys::epoch_start(epoch - kept - 1));
}

}  // namespace

Oort emission_of(const StakingParams& params, std::uint64_t epoch, Oort mining) {
  const std::uint64_t halvings = epoch / params.halving_epochs;
  if (halvings >= 128) return {};
  return std::min(Oort(params.emission.units() >> halvings), mining);
}

void begin_staking(Block& block, std::vector<Event>& events) {
  const auto params = staking_params(block.state);
  if (!params) return;
  StakingEdit edit(block.state, *params);
  if (block.header.time_ms < edit.staking.ends_ms) return;
  ++edit.staking.epoch;
  const std::uint64_t past = block.header.time_ms - edit.staking.ends_ms;
  // However late the block is, one epoch begins, and it ends on the clock's next full one.
  edit.staking.ends_ms += (1 + past / block.params.epoch_ms) * block.params.epoch_ms;
  EpochBegan told = share_rewards(edit);
  const auto chosen = heaviest(block.state, *params, block.params.validators_max);
  change_witnesses(edit, chosen, events);
  edit.save();
  date(block, edit);
  write_validators(block, edit, chosen);
  told.witnesses_count = static_cast<std::uint16_t>(chosen.size());
  events.emplace_back(told);
}

void end_staking(Block& block, std::vector<Event>& events) {
  const auto staking = load<StakingState>(block.state, keys::staking_state());
  if (staking) release_due(block, staking->epoch, events);
}

void set_weight_factor(Overlay& state, const NodeId& node, std::uint32_t millionths) {
  OORT_ASSERT(millionths >= 750'000, "honesty moves a weight by at most a quarter");
  OORT_ASSERT(millionths <= parts_per_million, "honesty never adds weight");
  codec::Writer out;
  out.u32(millionths);
  state.put(keys::weight_factor(node), std::move(out).take());
}

}  // namespace oort::ledger
