// SPDX-License-Identifier: Apache-2.0
#include "staking/pool_edit.hpp"

#include "bank/bank.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/economy_view.hpp"

namespace oort::ledger {
namespace {

bool is_ranked(PoolState state) noexcept {
  return state == PoolState::Candidate || state == PoolState::Witnessing;
}

}  // namespace

Pool credited(Pool pool, const StakingState& staking) noexcept {
  // What a whole epoch's rewards gave per base unit since the pool was credited last.
  const Wide ratio = minus(staking.ratio, pool.stake_ratio);
  pool.stake_ratio = staking.ratio;
  if (is_zero(ratio) || pool.state != PoolState::Witnessing) return pool;
  const Wide earned = times(ratio, stake_of(pool).units());
  Wide community;
  if (!pool.shares.is_zero()) {
    const Wide whole = divide(times(ratio, pool.delegated.units()), pool.shares.units()).whole;
    const Wide each =
        divide(times(whole, parts_per_million - pool.commission), parts_per_million).whole;
    pool.share_ratio = plus(pool.share_ratio, each);
    community = times(each, pool.shares.units());
  }
  // The creator has what its stake earned, the commission, and what the two divisions left over:
  // less than 2^-16 base units, so that nothing is lost and nobody else is paid by rounding.
  pool.creator_owed = plus(pool.creator_owed, minus(earned, community));
  return pool;
}

Wide reward_of(const Pool& pool, const Delegation& delegation) noexcept {
  return times(minus(pool.share_ratio, delegation.share_ratio), delegation.shares.units());
}

StakingEdit::StakingEdit(Overlay& state, StakingParams params) : overlay_(&state), params_(params) {
  const auto record = load<StakingState>(state, keys::staking_state());
  OORT_ASSERT(record.has_value(), "staking that is on has a state");
  staking = *record;
}

void StakingEdit::save() { ledger::save(*overlay_, keys::staking_state(), staking); }

void StakingEdit::keep_dust(Uint128 fraction) {
  const Uint128 sum = staking.dust.units() + fraction;
  if (sum < fraction) {
    draw(*overlay_, Pot::Rewards, Oort(1));
    put_in(*overlay_, Pot::Remainders, Oort(1));
  }
  staking.dust = Fraction(sum);
}

PoolEdit::PoolEdit(StakingEdit& edit, const Pool& before)
    : pool(credited(before, edit.staking)),
      edit_(&edit),
      stake_before_(stake_of(pool)),
      state_before_(pool.state) {}

void PoolEdit::become(PoolState state) {
  OORT_ASSERT(may_become(pool.state, state), "a pool changes along its states");
  pool.state = state;
}

void PoolEdit::fit() {
  const bool suffices = has_stake_for_witness(pool, edit_->params());
  if (pool.state == PoolState::Pending && suffices) become(PoolState::Candidate);
  if (pool.state == PoolState::Candidate && !suffices) become(PoolState::Pending);
}

void PoolEdit::save(std::vector<Event>& events) {
  Overlay& state = edit_->overlay();
  const Oort stake = stake_of(pool);
  if (is_ranked(state_before_)) state.erase(keys::pool_rank(stake_before_, pool.node));
  if (is_ranked(pool.state)) state.put(keys::pool_rank(stake, pool.node), {});
  Oort& weight = edit_->staking.weight;
  if (state_before_ == PoolState::Witnessing) {
    const auto left = weight.minus(stake_before_);
    OORT_ASSERT(left.has_value(), "the weight is the sum of the witnesses' stake");
    weight = *left;
  }
  if (pool.state == PoolState::Witnessing) {
    const auto sum = weight.plus(stake);
    OORT_ASSERT(sum.has_value(), "stake is part of the supply");
    weight = *sum;
  }
  ledger::save(state, keys::pool(pool.node), pool);
  if (stake != stake_before_ || pool.state != state_before_) {
    events.emplace_back(PoolChanged{pool.node, pool.state, pool.self, pool.delegated});
  }
  stake_before_ = stake;
  state_before_ = pool.state;
}

bool has_stake_for_witness(const Pool& pool, const StakingParams& params) noexcept {
  return pool.self >= params.creator_stake_min && stake_of(pool) >= params.pool_stake_min;
}

std::optional<Pool> find_pool(const StateReader& state, const NodeId& node) {
  return load<Pool>(state, keys::pool(node));
}

Bytes32 subject_of(const NodeId& node) noexcept { return Bytes32(node.array()); }

}  // namespace oort::ledger
