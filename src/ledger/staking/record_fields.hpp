// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/core/limits.hpp"
#include "oort/ledger/staking_records.hpp"
#include "wide_fields.hpp"

/// The order of these calls is the layout of staking's records: frozen per format version.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<Pool>& v) {
  f(v.node);
  f(v.creator);
  f.enumeration(v.state, PoolState::Exited);
  f(v.commission);
  f(v.commission_epoch);
  f(v.self);
  f(v.delegated);
  f(v.shares);
  f(v.share_ratio);
  f(v.stake_ratio);
  f(v.creator_owed);
  f(v.jailed_until);
  f(v.exits);
  f(v.faults_count);
  f(v.slashes_count);
}
template <class F>
void walk(F& f, typename F::template As<Liability>& v) {
  f(v.source);
  f(v.since);
  f(v.until);
  f(v.shares);
  f(v.slashes_seen);
}
template <class F>
void walk(F& f, typename F::template As<Delegation>& v) {
  f(v.shares);
  f(v.share_ratio);
  f.optional(v.liability);
}
template <class F>
void walk(F& f, typename F::template As<UnbondingBatch>& v) {
  f(v.held);
  f(v.shares);
}
template <class F>
void walk(F& f, typename F::template As<Unbonding>& v) {
  f(v.shares);
}
template <class F>
void walk(F& f, typename F::template As<SlashEvent>& v) {
  f(v.fault_epoch);
  f(v.epoch);
  f(v.share);
}
template <class F>
void walk(F& f, typename F::template As<StakingState>& v) {
  f(v.epoch);
  f(v.ends_ms);
  f(v.ratio);
  f(v.carry);
  f(v.dust);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<Witnesses>& v) {
  f.list(v.pools, limits::validators_count_max);
}
template <class F>
void walk(F& f, typename F::template As<EpochStart>& v) {
  f(v.height);
  f(v.chain_epoch);
  f(v.view);
}
template <class F>
void walk(F& f, typename F::template As<StakingParams>& v) {
  f(v.creator_stake_min);
  f(v.pool_stake_min);
  f(v.delegation_min);
  f(v.commission_max);
  f(v.commission_step);
  f(v.moved_weight_max);
  f(v.double_vote_share);
  f(v.finder_share);
  f(v.jail_epochs);
  f(v.emission);
  f(v.halving_epochs);
  f(v.evidence_views);
  f(v.evidence_per_block);
}
template <class F>
void walk(F& f, typename F::template As<GenesisPool>& v) {
  f(v.node);
  f(v.self);
  f(v.commission);
}
template <class F>
void walk(F& f, typename F::template As<StakingGenesis>& v) {
  f(v.params);
  f.list(v.pools, limits::validators_count_max);
}

}  // namespace oort::ledger
