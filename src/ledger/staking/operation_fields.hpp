// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/staking_events.hpp"
#include "oort/ledger/staking_operations.hpp"

/// The order of these calls is the layout of staking's operations and events: frozen per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<PoolCreate>& v) {
  f(v.node);
  f(v.stake);
  f(v.commission);
}
template <class F>
void walk(F& f, typename F::template As<PoolStake>& v) {
  f(v.pool);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<PoolSetCommission>& v) {
  f(v.pool);
  f(v.commission);
}
template <class F>
void walk(F& f, typename F::template As<PoolSetOnline>& v) {
  f(v.pool);
  f(v.is_online);
}
template <class F>
void walk(F& f, typename F::template As<PoolExit>& v) {
  f(v.pool);
}
template <class F>
void walk(F& f, typename F::template As<Delegate>& v) {
  f(v.pool);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<Undelegate>& v) {
  f(v.pool);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<Redelegate>& v) {
  f(v.from);
  f(v.to);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<RewardClaim>& v) {
  f(v.pool);
}
template <class F>
void walk(F& f, typename F::template As<BondPost>& v) {
  f(v.node);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<BondWithdraw>& v) {
  f(v.node);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<PoolChanged>& v) {
  f(v.pool);
  f.enumeration(v.state, PoolState::Exited);
  f(v.self);
  f(v.delegated);
}
template <class F>
void walk(F& f, typename F::template As<StakeSlashed>& v) {
  f(v.node);
  f(v.is_bond);
  f(v.share);
  f(v.burnt);
  f(v.compensated);
  f(v.subject);
}
template <class F>
void walk(F& f, typename F::template As<EpochBegan>& v) {
  f(v.epoch);
  f(v.fees);
  f(v.emission);
  f(v.witnesses_count);
}
template <class F>
void walk(F& f, typename F::template As<BondChanged>& v) {
  f(v.node);
  f(v.bond);
}

}  // namespace oort::ledger
