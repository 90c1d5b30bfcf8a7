// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_sums.hpp"

/// The order of these calls is the layout of jobs' records: frozen per format version.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<JobTotals>& v) {
  f(v.leases);
  f(v.open);
  f(v.pay);
}
template <class F>
void walk(F& f, typename F::template As<ExecutorTotal>& v) {
  f(v.executor);
  f(v.totals);
  f(v.leases);
}
template <class F>
void walk(F& f, typename F::template As<SumRoot>& v) {
  f(v.hash);
  f(v.totals);
}
template <class F>
void walk(F& f, typename F::template As<SumProof>& v) {
  f(v.index);
  f(v.count);
  f.list(v.siblings, sum_path_max);
}
template <class F>
void walk(F& f, typename F::template As<LeaseLine>& v) {
  f(v.lease);
  f(v.task);
  f(v.attempt);
  f(v.task_commitment);
  f(v.result);
  f(v.pay);
}
/// What a broker signs: everything but the signature.
template <class F>
void walk_signed(F& f, typename F::template As<Voucher>& v) {
  f(v.chain);
  f(v.job);
  f(v.escrow);
  f(v.broker_epoch);
  f(v.executor);
  f(v.leases);
  f(v.pay);
}
template <class F>
void walk(F& f, typename F::template As<Voucher>& v) {
  walk_signed(f, v);
  f(v.signature);
}

template <class F>
void walk(F& f, typename F::template As<JobsParams>& v) {
  f(v.lease_ms);
  f(v.dispute_ms_min);
  f(v.dispute_ms_max);
  f(v.claim_ms);
  f(v.cancel_ms);
  f(v.job_ms_max);
  f(v.keep_ms);
  f(v.offer_ms_max);
  f(v.broker_share);
}
template <class F>
void walk(F& f, typename F::template As<JobsGenesis>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<OfferDevices>& v) {
  f.text(v.model, device_model_bytes_max);
  f(v.memory_mib);
  f(v.count);
}
template <class F>
void walk(F& f, typename F::template As<OfferSummary>& v) {
  f(v.digest);
  f.list(v.devices, offer_devices_max);
  f(v.cpu_milli);
  f(v.memory_mib);
  f(v.disk_mib);
  f(v.network_mbps);
  f(v.architecture);
  f(v.tiers);
  f(v.data_class);
  f(v.ask_per_gpu);
  f(v.ask_per_core);
  f(v.expires_ms);
}
template <class F>
void walk(F& f, typename F::template As<OfferRecord>& v) {
  f(v.node);
  f(v.summary);
  f(v.height);
}
template <class F>
void walk(F& f, typename F::template As<Job>& v) {
  f(v.id);
  f(v.payer);
  f(v.spec);
  f.enumeration(v.kind, JobKind::Wasm);
  f.enumeration(v.phase, JobPhase::Closed);
  f.enumeration(v.outcome, JobOutcome::Cancelled);
  f(v.escrow);
  f.enumeration(v.currency, Currency::Credits);
  f(v.budget);
  f.list(v.brokers, job_brokers_max);
  f(v.broker_epoch);
  f(v.broker_until);
  f(v.opened_ms);
  f(v.deadline_ms);
  f(v.due_ms);
  f(v.dispute_ms);
  f(v.walltime_ms);
  f(v.confidence);
  f(v.broker_share);
  f(v.anchored);
  f(v.anchored_at);
  f(v.anchors_count);
  f(v.output);
  f(v.receipts);
  f(v.paid);
  f(v.lost);
  f(v.share);
  f(v.disputes_count);
}
template <class F>
void walk(F& f, typename F::template As<JobEarner>& v) {
  f(v.claimed);
  f(v.withheld);
  f(v.lost);
  f(v.redeemed);
}
template <class F>
void walk(F& f, typename F::template As<JobDisputeRecord>& v) {
  f(v.fault);
  f(v.executor);
  f(v.lease);
  f(v.pay);
  f.enumeration(v.state, JobDisputeRecord::State::Lost);
}

}  // namespace oort::ledger
