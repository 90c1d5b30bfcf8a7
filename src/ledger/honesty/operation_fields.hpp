// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "honesty/record_fields.hpp"
#include "oort/ledger/honesty_events.hpp"
#include "oort/ledger/honesty_operations.hpp"

/// The order of these calls is the layout of honesty's operations and events: frozen per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<RoundPost>& v) {
  f(v.node);
  f(v.round);
  f(v.baits);
  f(v.assignments);
  f(v.receipts);
}
template <class F>
void walk(F& f, typename F::template As<BaitReveal>& v) {
  f(v.reveal);
}
template <class F>
void walk(F& f, typename F::template As<PanelCommit>& v) {
  f(v.fault);
  f(v.panelist);
  f(v.commitment);
}
template <class F>
void walk(F& f, typename F::template As<PanelOpen>& v) {
  f(v.reveal);
}
template <class F>
void walk(F& f, typename F::template As<CaseAppeal>& v) {
  f(v.fault);
}
template <class F>
void walk(F& f, typename F::template As<WorkAccuse>& v) {
  f(v.reveal);
}
template <class F>
void walk(F& f, typename F::template As<AuditDemand>& v) {
  f(v.segment);
  f(v.shard);
}
template <class F>
void walk(F& f, typename F::template As<AuditAnswer>& v) {
  f(v.audit);
  f(v.proof);
}
template <class F>
void walk(F& f, typename F::template As<RoundBegan>& v) {
  f(v.round);
  f(v.nodes_count);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<RevealJudged>& v) {
  f(v.officer);
  f(v.executor);
  f.enumeration(v.verdict, RevealVerdict::OwnExecutor);
  f(v.subject);
}
template <class F>
void walk(F& f, typename F::template As<CaseChanged>& v) {
  f(v.fault);
  f.enumeration(v.phase, CasePhase::Drawing);
  f(v.round);
  f.enumeration(v.verdict, PanelVerdict::Split);
}
template <class F>
void walk(F& f, typename F::template As<NodePunished>& v) {
  f(v.node);
  f.enumeration(v.offence, Offence::MissedForgery);
  f(v.subject);
  f(v.burnt);
  f(v.compensated);
}
template <class F>
void walk(F& f, typename F::template As<AuditChanged>& v) {
  f.enumeration(v.kind, AuditChanged::Kind::Void);
  f(v.audit);
  f(v.node);
}

}  // namespace oort::ledger
