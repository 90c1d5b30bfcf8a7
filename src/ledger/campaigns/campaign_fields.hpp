// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/datahub_operations.hpp"

/// The order of these calls is the layout of every record, operation and event of campaigns: frozen
/// per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<CampaignsParams>& v) {
  f(v.appeal_ms_min);
  f(v.appeal_ms_max);
  f(v.holdback_max);
  f(v.overlap_max);
}
template <class F>
void walk(F& f, typename F::template As<CampaignsGenesis>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<CampaignTerms>& v) {
  f.enumeration(v.kind, CampaignKind::Transform);
  f(v.task);
  f(v.guide);
  f(v.consent);
  f(v.licence);
  f(v.overlap);
  f(v.gold_share);
  f.enumeration(v.method, CampaignMethod::ByGold);
  f(v.price);
  f(v.holdback);
  f(v.appeal_ms);
  f(v.steward);
  f(v.reviewer);
}
template <class F>
void walk(F& f, typename F::template As<Campaign>& v) {
  f(v.id);
  f(v.requester);
  f(v.terms);
  f(v.escrow);
  f.enumeration(v.currency, Currency::Credits);
  f.enumeration(v.status, CampaignStatus::Settled);
  f(v.opened);
  f(v.opened_ms);
  f(v.gold);
  f(v.gold_count);
  f(v.stage);
  f(v.batches_count);
  f(v.last_batch);
  f(v.answers_count);
  f(v.accepted_count);
  f(v.paid);
  f(v.held);
  f(v.reserved);
  f(v.appeals_open);
  f(v.closed_ms);
  f(v.result_ms);
  f(v.result);
  f(v.gold_root);
}
template <class F>
void walk(F& f, typename F::template As<Contribution>& v) {
  f(v.pseudonym);
  f(v.account);
  f(v.answers);
  f(v.answers_root);
}
template <class F>
void walk(F& f, typename F::template As<ContributionPath>& v) {
  f(v.index);
  f(v.count);
  f.list(v.siblings, contribution_path_max);
}
template <class F>
void walk(F& f, typename F::template As<Batch>& v) {
  f(v.number);
  f(v.stage);
  f(v.root);
  f(v.contributors);
  f(v.answers);
  f(v.consent);
  f(v.not_before);
  f(v.height);
  f(v.time_ms);
  f(v.accepted);
  f(v.claimed);
}
template <class F>
void walk(F& f, typename F::template As<StageEnd>& v) {
  f(v.answers);
  f(v.height);
  f(v.time_ms);
}
template <class F>
void walk(F& f, typename F::template As<ContributorPay>& v) {
  f(v.account);
  f(v.accepted);
  f(v.amount);
  f(v.held);
}
template <class F>
void walk(F& f, typename F::template As<PayAppeal>& v) {
  f(v.account);
  f(v.claimed);
  f(v.deadline_ms);
  f.optional(v.by_steward);
  f.optional(v.by_reviewer);
  f.enumeration(v.status, AppealStatus::TimedOut);
  f(v.granted);
}
template <class F>
void walk(F& f, typename F::template As<Consent>& v) {
  f(v.commitment);
  f(v.given_ms);
  f(v.withdrawn_ms);
}

template <class F>
void walk(F& f, typename F::template As<CampaignOpen>& v) {
  f(v.nonce);
  f(v.terms);
  f.enumeration(v.currency, Currency::Credits);
  f(v.budget);
}
template <class F>
void walk(F& f, typename F::template As<CampaignPause>& v) {
  f(v.campaign);
  f(v.is_paused);
}
template <class F>
void walk(F& f, typename F::template As<CampaignClose>& v) {
  f(v.campaign);
}
template <class F>
void walk(F& f, typename F::template As<GoldCommit>& v) {
  f(v.campaign);
  f(v.commitment);
  f(v.count);
}
template <class F>
void walk(F& f, typename F::template As<BatchCommit>& v) {
  f(v.campaign);
  f(v.number);
  f(v.root);
  f(v.contributors);
  f(v.answers);
  f(v.consent);
  f(v.not_before);
}
template <class F>
void walk(F& f, typename F::template As<StageOpen>& v) {
  f(v.campaign);
  f(v.stage);
  f(v.answers);
}
template <class F>
void walk(F& f, typename F::template As<ResultPost>& v) {
  f(v.campaign);
  f(v.result);
  f(v.gold_root);
  f(v.gold_salt);
}
template <class F>
void walk(F& f, typename F::template As<PayoutLine>& v) {
  f(v.contribution);
  f(v.path);
  f(v.accepted);
}
template <class F>
void walk(F& f, typename F::template As<PayoutPost>& v) {
  f(v.campaign);
  f(v.batch);
  f(v.result);
  f.list(v.lines, payout_lines_max);
}
template <class F>
void walk(F& f, typename F::template As<AppealOpen>& v) {
  f(v.campaign);
  f(v.batch);
  f(v.contribution);
  f(v.path);
  f(v.claimed);
}
template <class F>
void walk(F& f, typename F::template As<AppealVote>& v) {
  f(v.campaign);
  f(v.batch);
  f(v.pseudonym);
  f(v.granted);
}
template <class F>
void walk(F& f, typename F::template As<AppealExpire>& v) {
  f(v.campaign);
  f(v.batch);
  f(v.pseudonym);
}
template <class F>
void walk(F& f, typename F::template As<HoldbackRelease>& v) {
  f(v.campaign);
  f(v.batch);
  f.list(v.pseudonyms, payout_lines_max);
}
template <class F>
void walk(F& f, typename F::template As<CampaignSettle>& v) {
  f(v.campaign);
}
template <class F>
void walk(F& f, typename F::template As<ConsentGive>& v) {
  f(v.campaign);
  f(v.commitment);
}
template <class F>
void walk(F& f, typename F::template As<ConsentWithdraw>& v) {
  f(v.campaign);
}
template <class F>
void walk(F& f, typename F::template As<CampaignChanged>& v) {
  f.enumeration(v.kind, CampaignChanged::Kind::ConsentWithdrawn);
  f(v.campaign);
  f(v.number);
  f(v.amount);
  f(v.subject);
}

}  // namespace oort::ledger
