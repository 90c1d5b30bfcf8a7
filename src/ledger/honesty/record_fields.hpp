// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "honesty/honesty_fields.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_records.hpp"

/// The order of these calls is the layout of the module's records: frozen per format version.
namespace oort::ledger {

/// Seats of the greatest panel, and of all panels of a case with both sides.
inline constexpr std::size_t seats_max = 21;
inline constexpr std::size_t case_members_max = 33;

inline void number(FieldWriter& f, const Uint128& v) { f(Oort(v)); }
inline void number(FieldReader& f, Uint128& v) {
  Oort amount;
  f(amount);
  v = amount.units();
}
/// Two's complement.
inline void number(FieldWriter& f, const std::int64_t& v) { f(static_cast<std::uint64_t>(v)); }
inline void number(FieldReader& f, std::int64_t& v) {
  std::uint64_t bits = 0;
  f(bits);
  v = static_cast<std::int64_t>(bits);
}

template <class F>
void walk(F& f, typename F::template As<Prior>& v) {
  f(v.saboteurs);
  f(v.strength);
}
template <class F>
void walk(F& f, typename F::template As<SprtGoals>& v) {
  f(v.honest_misses);
  f(v.cheat_misses);
  f(v.false_alarm);
  f(v.false_rest);
}
template <class F>
void walk(F& f, typename F::template As<CaseRules>& v) {
  f(v.commit_blocks);
  f(v.open_blocks);
  f(v.appeal_blocks);
  f(v.replay_blocks);
}
template <class F>
void walk(F& f, typename F::template As<HonestyParams>& v) {
  f(v.round_blocks);
  f(v.post_blocks);
  f(v.keep_rounds);
  f(v.stake_min);
  f(v.officers_expected);
  f(v.judged_per_block);
  f(v.prior);
  f(v.lost_per_round);
  f(v.each_operator_max);
  f(v.goals);
  f(v.detection);
  f(v.rules);
  f(v.case_bond);
  f(v.seat_pay);
  f(v.appeal_bond);
  f(v.cases_per_officer);
  f(v.reveal_pay);
  f(v.paid_reveals_max);
  for (auto& share : v.slashed) f(share);
  f(v.pool_part);
  f(v.audit_every_blocks);
  f(v.audit_blocks);
  f(v.audit_fee);
  f(v.audits_per_node);
  f(v.misses_max);
}
template <class F>
void walk(F& f, typename F::template As<HonestyGenesis>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<HonestyState>& v) {
  f(v.round);
  f(v.ends);
  f(v.fund);
  f(v.swept);
  f(v.audits_count);
  f(v.cases_open);
}
template <class F>
void walk(F& f, typename F::template As<Round>& v) {
  f(v.seed);
  f(v.starts);
  f(v.posts_until);
  f(v.staking_epoch);
  f(v.officers_expected);
  f(v.nodes_count);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<CountedRoot>& v) {
  f(v.root);
  f(v.count);
}
template <class F>
void walk(F& f, typename F::template As<Posting>& v) {
  f(v.baits);
  f(v.assignments);
  f(v.receipts);
  f(v.weight);
  f(v.paid_count);
  f(v.cases_count);
}
template <class F>
void walk(F& f, typename F::template As<RollEntry>& v) {
  f(v.node);
  f(v.owner);
  f(v.below);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<Standing>& v) {
  f(v.counters.passed_micro);
  f(v.counters.failed_micro);
  number(f, v.score);
  f(v.round);
  f(v.posted);
  f(v.rounds_missed);
  f(v.verdicts_count);
  f(v.cases_open);
  f(v.audits_open);
  f(v.unavailable_count);
  number(f, v.risk.gain_sum);
  number(f, v.risk.gain_max);
}
template <class F>
void walk(F& f, typename F::template As<PanelReveal>& v) {
  f(v.commitment);
  f(v.answer);
  f(v.opening);
}
template <class F>
void walk(F& f, typename F::template As<std::optional<PanelReveal>>& v) {
  f.optional(v);
}
template <class F>
void walk(F& f, typename F::template As<CaseSeat>& v) {
  f(v.node);
  f.optional(v.commitment);
  f.optional(v.reveal);
}
template <class F>
void walk(F& f, typename F::template As<CaseVote>& v) {
  f(v.node);
  f(v.result);
}
template <class F>
void walk(F& f, typename F::template As<CaseState>& v) {
  f(v.id);
  f(v.claimed);
  f(v.expected);
  f(v.rules);
  f.list(v.excluded, case_members_max);
  f(v.round);
  f.enumeration(v.phase, CasePhase::Drawing);
  f(v.deadline);
  f(v.step_seed);
  f.list(v.panel, seats_max);
  f.enumeration(v.verdict, PanelVerdict::Split);
  f.list(v.silent, case_members_max);
  f.list(v.votes, case_members_max);
}
template <class F>
void walk(F& f, typename F::template As<OfficerDraw>& v) {
  f(v.chain);
  f(v.epoch);
  f(v.seed);
  number(f, v.weight);
  number(f, v.total);
  f(v.expected);
}
template <class F>
void walk(F& f, typename F::template As<RevealContext>& v) {
  f(v.draw);
  f(v.root);
  f(v.officer_owner);
  f(v.executor_owner);
}
template <class F>
void walk(F& f, typename F::template As<Appeal>& v) {
  f(v.from);
  f(v.bond);
  f.enumeration(v.against, PanelVerdict::Split);
}
template <class F>
void walk(F& f, typename F::template As<CaseRecord>& v) {
  f(v.reveal);
  f(v.context);
  f(v.opened);
  f(v.staking_epoch);
  f(v.payer);
  f(v.bond);
  f(v.seat_pay);
  f.list(v.appeals, panel_rounds_count);
  f(v.court);
}
template <class F>
void walk(F& f, typename F::template As<CaseRound>& v) {
  f(v.seed);
  f.list(v.seats, seats_max);
}
template <class F>
void walk(F& f, typename F::template As<EvidenceBundle::Round>& v) {
  f(v.seed);
  f.list(v.seats, seats_max);
}
template <class F>
void walk(F& f, typename F::template As<EvidenceBundle>& v) {
  f(v.reveal);
  f(v.context);
  f(v.fault);
  f.list(v.rounds, panel_rounds_count);
}
template <class F>
void walk(F& f, typename F::template As<Audit>& v) {
  f(v.number);
  f(v.challenge);
  f(v.root);
  f(v.length);
  f.optional(v.challenger);
  f(v.fee);
  f(v.is_drawn);
  f(v.deadline);
  f(v.misses);
  f(v.staking_epoch);
}
template <class F>
void walk(F& f, typename F::template As<HonestyVerdict>& v) {
  f(v.node);
  f.enumeration(v.offence, Offence::MissedForgery);
  f(v.subject);
  f(v.height);
  f(v.burnt);
  f(v.compensated);
}

}  // namespace oort::ledger
