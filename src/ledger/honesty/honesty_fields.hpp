// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/honesty_objects.hpp"

/// Fields of honesty's records, in the order of their bytes.
namespace oort::ledger {

inline constexpr std::size_t path_siblings_max = 64;

template <class F>
void walk(F& f, typename F::template As<crypto::MerkleProof>& v) {
  f(v.index);
  f(v.count);
  f.list(v.siblings, path_siblings_max);
}
template <class F>
void walk(F& f, typename F::template As<crypto::TreeProof>& v) {
  f(v.size);
  f(v.leaf);
  f.list(v.siblings, path_siblings_max);
}
template <class F>
void walk(F& f, typename F::template As<BaitLeaf>& v) {
  f(v.task_commitment);
  f(v.answer_commitment);
  f.enumeration(v.rule, VerdictRule::Tolerance);
}
template <class F>
void walk(F& f, typename F::template As<Resources>& v) {
  f(v.cpu_ms);
  f(v.gpu_ms);
  f(v.read_bytes);
  f(v.written_bytes);
}
/// What an executor signs: everything but the signature.
template <class F>
void walk_signed(F& f, typename F::template As<WorkReceipt>& v) {
  f(v.chain);
  f(v.epoch);
  f(v.lease);
  f(v.task_commitment);
  f(v.input_root);
  f(v.result_hash);
  f(v.resources);
  f(v.executor);
}
template <class F>
void walk(F& f, typename F::template As<WorkReceipt>& v) {
  walk_signed(f, v);
  f(v.signature);
}
template <class F>
void walk(F& f, typename F::template As<Reveal>& v) {
  f(v.epoch);
  f(v.officer);
  f(v.drawn);
  f(v.leaf);
  f(v.path);
  f(v.salt);
  f(v.answer);
  f(v.receipt);
}
template <class F>
void walk(F& f, typename F::template As<PanelAnswer>& v) {
  f(v.fault);
  f(v.panelist);
  f(v.nonce);
  f(v.trace_root);
  f(v.steps_count);
  f(v.result_hash);
}
template <class F>
void walk(F& f, typename F::template As<TraceOpening>& v) {
  f(v.state_hash);
  f(v.path);
}
template <class F>
void walk(F& f, typename F::template As<StorageChallenge>& v) {
  f(v.epoch);
  f(v.ordinal);
  f(v.node);
  f(v.shard);
  f(v.leaf);
}
template <class F>
void walk(F& f, typename F::template As<StorageProof>& v) {
  f(v.path);
  f.blob(v.leaf, crypto::tree_leaf_bytes);
}

}  // namespace oort::ledger
