// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"
#include "staking/staking.hpp"

namespace oort::ledger {
namespace {

/// Counters that nobody touched for so many rounds hold no pass any more.
constexpr std::uint64_t fading_rounds_max = 256;

HonestyCounters faded(HonestyCounters counters, std::uint64_t rounds, Ppb lost) {
  if (rounds > fading_rounds_max) counters.passed_micro = 0;
  for (std::uint64_t i = 0; i < std::min(rounds, fading_rounds_max); ++i) {
    counters = decayed(counters, lost);
  }
  return counters;
}

std::uint32_t share_for(const HonestyParams& params, Offence offence) {
  return params.slashed[static_cast<std::size_t>(offence)];
}

bool is_dishonest(Offence offence) {
  return offence != Offence::Unavailable && offence != Offence::MissedAudit;
}

Oort sum_of(Oort a, Oort b) {
  const auto sum = a.plus(b);
  OORT_ASSERT(sum.has_value(), "all money together fits an amount");
  return *sum;
}

void write_history(Block& block, const Proven& proven, const Cut& cut, Standing& standing,
                   std::vector<Event>& events) {
  const std::uint64_t number = standing.verdicts_count++;
  save(block.state, keys::verdict(proven.node, number),
       HonestyVerdict{proven.node, proven.offence, proven.subject, block.header.height, cut.burnt,
                      cut.compensated});
  if (number >= verdicts_kept) {
    block.state.erase(keys::verdict(proven.node, number - verdicts_kept));
  }
  events.emplace_back(
      NodePunished{proven.node, proven.offence, proven.subject, cut.burnt, cut.compensated});
}

}  // namespace

Oort self_stake_of(const StateReader& state, const NodeId& id) {
  const auto node = View(state).node(id);
  if (!node) return {};
  const auto pool = load<Pool>(state, keys::pool(id));
  if (!pool || pool->state == PoolState::Exited) return node->bond;
  return sum_of(node->bond, pool->self);
}

Standing standing_now(const StateReader& state, const HonestyParams& params, std::uint64_t round,
                      const NodeId& node) {
  auto standing = load<Standing>(state, keys::standing(node)).value_or(Standing{});
  if (standing.round < round) {
    if (standing.round > 0) {
      standing.counters = faded(standing.counters, round - standing.round, params.lost_per_round);
    }
    standing.round = round;
  }
  return standing;
}

void save_standing(Overlay& state, const NodeId& node, const Standing& standing) {
  save(state, keys::standing(node), standing);
}

void weigh_witnesses(Overlay& state, const HonestyParams& params, std::uint64_t round) {
  constexpr std::uint64_t ppb_per_millionth = ppb_one / parts_per_million;
  const auto witnesses = load<Witnesses>(state, keys::witnesses()).value_or(Witnesses{});
  for (const NodeId& node : witnesses.pools) {
    const Standing standing = standing_now(state, params, round, node);
    const Ppb factor = validator_factor(credibility(standing.counters, params.prior));
    set_weight_factor(state, node, static_cast<std::uint32_t>(factor.value() / ppb_per_millionth));
  }
}

void punish(Block& block, const HonestyParams& params, const Proven& proven,
            std::vector<Event>& events) {
  Fault fault;
  fault.subject = proven.subject;
  fault.share = share_for(params, proven.offence);
  fault.epoch = proven.staking_epoch;
  fault.finder = proven.finder;
  Cut cut = slash_bond(block, proven.node, fault, events);
  fault.share = static_cast<std::uint32_t>(share_of(fault.share, params.pool_part, Rounding::Down));
  if (fault.share > 0) {
    const Cut pool = slash_pool(block, proven.node, fault, events);
    cut = {sum_of(cut.burnt, pool.burnt), sum_of(cut.compensated, pool.compensated)};
  }
  const std::uint64_t round = honesty_state(block.state).round;
  Standing standing = standing_now(block.state, params, round, proven.node);
  if (is_dishonest(proven.offence)) {
    standing.counters = with_failure(standing.counters);
  } else {
    ++standing.unavailable_count;
  }
  write_history(block, proven, cut, standing, events);
  save_standing(block.state, proven.node, standing);
}

bool hold_risk(Overlay& state, const NodeId& node, Oort gain) {
  const auto params = honesty_params(state);
  if (!params) return false;
  Standing standing = standing_now(state, *params, honesty_state(state).round, node);
  const auto sum = Oort(standing.risk.gain_sum).plus(gain);
  if (standing.cases_open > 0 || !sum) return false;
  const ValueAtRisk wanted{sum->units(), std::max(standing.risk.gain_max, gain.units())};
  const Uint128 at_stake = share_of(self_stake_of(state, node).units(),
                                    share_for(*params, Offence::WrongResult), Rounding::Down);
  if (!is_deterred(params->detection, at_stake, wanted)) return false;
  standing.risk = wanted;
  save_standing(state, node, standing);
  return true;
}

void release_risk(Overlay& state, const NodeId& node, Oort gain) {
  const auto params = honesty_params(state);
  OORT_ASSERT(params.has_value(), "a risk was held");
  Standing standing = standing_now(state, *params, honesty_state(state).round, node);
  OORT_ASSERT(gain.units() <= standing.risk.gain_sum, "what is released was held");
  standing.risk.gain_sum -= gain.units();
  // The greatest gain is known again once nothing is held; until then it may be one that is over,
  // which admits less and never more.
  if (standing.risk.gain_sum == 0) standing.risk.gain_max = 0;
  save_standing(state, node, standing);
}

}  // namespace oort::ledger
