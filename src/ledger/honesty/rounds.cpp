// SPDX-License-Identifier: Apache-2.0
// Rounds: their seeds, the roots that nodes post, and the roll of those who did.
#include <algorithm>

#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"
#include "staking/staking.hpp"

namespace oort::ledger {
namespace {

std::uint64_t staking_epoch_of(const StateReader& state) {
  const auto staking = load<StakingState>(state, keys::staking_state());
  OORT_ASSERT(staking.has_value(), "honesty began beside staking");
  return staking->epoch;
}

void begin_round(Block& block, const HonestyParams& params, HonestyState& honesty,
                 std::vector<Event>& events) {
  const Height now = block.header.height;
  const auto before = load<Round>(block.state, keys::round(honesty.round)).value_or(Round{});
  ++honesty.round;
  honesty.ends = block.height_after(params.round_blocks);
  Round round;
  round.seed = beacon_value(block.state);
  round.starts = now;
  round.posts_until = block.height_after(params.post_blocks - 1);
  round.staking_epoch = staking_epoch_of(block.state);
  round.officers_expected = params.officers_expected;
  save(block.state, keys::round(honesty.round), round);
  weigh_witnesses(block.state, params, honesty.round);
  events.emplace_back(RoundBegan{honesty.round, before.nodes_count, before.weight});
}

/// Erases up to `count_max` records of a table that is keyed by rounds; returns how many.
std::size_t erase_some(Overlay& state, char table, std::uint64_t round, std::size_t count_max) {
  std::vector<Bytes> gone;
  const Bytes prefix = keys::of_round(table, round);
  state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    if (gone.size() == count_max) return false;
    gone.push_back(to_bytes(key));
    return true;
  });
  for (const Bytes& key : gone) state.erase(key);
  return gone.size();
}

/// Forgets rounds that are too old for anything, a bounded number of records in a block.
void sweep(Overlay& state, const HonestyParams& params, HonestyState& honesty) {
  std::size_t left = swept_per_block_max;
  while (left > 0 && honesty.swept + params.keep_rounds < honesty.round) {
    for (const char table : {table::posting, table::roll, table::seen_once, table::round}) {
      left -= erase_some(state, table, honesty.swept, left);
    }
    if (left > 0) ++honesty.swept;
  }
}

}  // namespace

Bytes32 beacon_value(const StateReader& state) {
  const auto beacon = View(state).beacon();
  OORT_ASSERT(beacon.has_value(), "the beacon is advanced before everything else");
  return beacon->value;
}

void begin_honesty(Block& block, std::vector<Event>& events) {
  const auto params = honesty_params(block.state);
  if (!params) return;
  HonestyState honesty = honesty_state(block.state);
  const HonestyState before = honesty;
  if (block.header.height >= honesty.ends) begin_round(block, *params, honesty, events);
  sweep(block.state, *params, honesty);
  if (honesty != before) save(block.state, keys::honesty_state(), honesty);
  go_on_with_what_is_due(block, *params, events);
  draw_audit(block, *params);
}

Rejection apply(Call& call, const RoundPost& operation) {
  const auto params = honesty_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto node = own_node(call, operation.node);
  if (!node) return node.error();
  auto round = load<Round>(call.state(), keys::round(operation.round));
  const HonestyState honesty = honesty_state(call.state());
  if (!round || operation.round != honesty.round || call.block.header.height > round->posts_until) {
    return Rejection::RoundWrong;
  }
  const Bytes key = keys::posting(operation.round, operation.node);
  if (call.state().get(key)) return Rejection::RootKnown;
  const Oort stake = self_stake_of(call.state(), operation.node);
  if (stake < params->stake_min) return Rejection::HonestyStakeTooLow;

  Standing standing = standing_now(call.state(), *params, honesty.round, operation.node);
  if (standing.posted > 0) standing.rounds_missed += honesty.round - standing.posted - 1;
  standing.posted = honesty.round;
  save_standing(call.state(), operation.node, standing);

  const Oort weight(honest_weight(stake.units(), credibility(standing.counters, params->prior)));
  Posting posting;
  posting.baits = operation.baits;
  posting.assignments = operation.assignments;
  posting.receipts = operation.receipts;
  posting.weight = weight;
  save(call.state(), key, posting);
  save(call.state(), keys::roll(operation.round, round->nodes_count),
       RollEntry{operation.node, node->owner, round->weight, weight});
  ++round->nodes_count;
  const auto sum = round->weight.plus(weight);
  OORT_ASSERT(sum.has_value(), "stakes together are part of the supply");
  round->weight = *sum;
  save(call.state(), keys::round(operation.round), *round);
  return Rejection::None;
}

}  // namespace oort::ledger
