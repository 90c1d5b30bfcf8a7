// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/storage_events.hpp"
#include "oort/ledger/storage_operations.hpp"
#include "oort/ledger/storage_records.hpp"
#include "wide_fields.hpp"

/// The order of these calls is the layout of every record, operation and event of metering: frozen
/// per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<StorageParams>& v) {
  f(v.month_ms);
  f(v.grace_ms);
}
template <class F>
void walk(F& f, typename F::template As<GenesisStorageFund>& v) {
  f(v.payer);
  f(v.amount);
}
inline constexpr std::size_t genesis_storage_funds_max = 10'000;
template <class F>
void walk(F& f, typename F::template As<StorageGenesis>& v) {
  f(v.params);
  f.list(v.funds, genesis_storage_funds_max);
}
template <class F>
void walk(F& f, typename F::template As<StorageMeter>& v) {
  f(v.time_ms);
  for (auto& cost : v.cost) f(cost);
}
template <class F>
void walk(F& f, typename F::template As<StorageAccount>& v) {
  f(v.escrow);
  for (auto& bytes : v.bytes) f(bytes);
  for (auto& seen : v.seen) f(seen);
  for (auto& index : v.index) f(index);
  f(v.earned);
  f(v.settled_ms);
  f(v.dry_ms);
}
template <class F>
void walk(F& f, typename F::template As<StorageHolding>& v) {
  for (auto& bytes : v.bytes) f(bytes);
  for (auto& index : v.index) f(index);
  f(v.earned);
}

template <class F>
void walk(F& f, typename F::template As<StorageFund>& v) {
  f(v.payer);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<StorageWithdraw>& v) {
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<StorageCollect>& v) {
  f(v.node);
  f.list(v.payers, collected_payers_max);
}

template <class F>
void walk(F& f, typename F::template As<StorageAccountChanged>& v) {
  f.enumeration(v.kind, StorageAccountChanged::Kind::Resumed);
  f(v.payer);
  f(v.amount);
}

}  // namespace oort::ledger
