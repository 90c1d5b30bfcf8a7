// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "honesty/honesty_fields.hpp"
#include "jobs/record_fields.hpp"
#include "oort/ledger/jobs_events.hpp"
#include "oort/ledger/jobs_operations.hpp"

/// The order of these calls is the layout of jobs' operations and events: frozen per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<OfferPost>& v) {
  f(v.node);
  f(v.summary);
}
template <class F>
void walk(F& f, typename F::template As<OfferWithdraw>& v) {
  f(v.node);
}
template <class F>
void walk(F& f, typename F::template As<JobOpen>& v) {
  f(v.nonce);
  f(v.spec);
  f.enumeration(v.kind, JobKind::Wasm);
  f.enumeration(v.currency, Currency::Credits);
  f(v.budget);
  f.list(v.brokers, job_brokers_max);
  f(v.walltime_ms);
  f(v.deadline_ms);
  f(v.confidence);
  f(v.dispute_ms);
}
template <class F>
void walk(F& f, typename F::template As<JobTakeOver>& v) {
  f(v.job);
  f(v.broker_epoch);
}
template <class F>
void walk(F& f, typename F::template As<JobAnchor>& v) {
  f(v.job);
  f(v.broker_epoch);
  f(v.root);
}
template <class F>
void walk(F& f, typename F::template As<JobResult>& v) {
  f(v.job);
  f(v.broker_epoch);
  f.enumeration(v.outcome, JobOutcome::Cancelled);
  f(v.output);
  f(v.receipts);
}
template <class F>
void walk(F& f, typename F::template As<JobCancel>& v) {
  f(v.job);
}
template <class F>
void walk(F& f, typename F::template As<JobClaim>& v) {
  f(v.job);
  f(v.total);
  f(v.proof);
}
template <class F>
void walk(F& f, typename F::template As<JobRedeem>& v) {
  f(v.voucher);
}
template <class F>
void walk(F& f, typename F::template As<JobDispute>& v) {
  f(v.job);
  f(v.fault);
  f(v.total);
  f(v.proof);
  f(v.line);
  f(v.path);
}

template <class F>
void walk(F& f, typename F::template As<OfferChanged>& v) {
  f(v.node);
  f(v.digest);
  f(v.is_gone);
}
template <class F>
void walk(F& f, typename F::template As<JobChanged>& v) {
  f(v.job);
  f.enumeration(v.phase, JobPhase::Closed);
  f.enumeration(v.outcome, JobOutcome::Cancelled);
  f(v.broker_epoch);
  f(v.broker);
}
template <class F>
void walk(F& f, typename F::template As<JobAnchored>& v) {
  f(v.job);
  f(v.broker_epoch);
  f(v.root);
}
template <class F>
void walk(F& f, typename F::template As<JobPaid>& v) {
  f.enumeration(v.kind, JobPaid::Kind::Share);
  f(v.job);
  f(v.node);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<JobDisputed>& v) {
  f(v.job);
  f(v.dispute);
}

}  // namespace oort::ledger
