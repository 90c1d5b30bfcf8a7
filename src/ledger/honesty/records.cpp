// SPDX-License-Identifier: Apache-2.0
#include "honesty/record_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const HonestyParams&);
template Result<void> decode(codec::Reader&, HonestyParams&);
template void encode(codec::Writer&, const HonestyGenesis&);
template Result<void> decode(codec::Reader&, HonestyGenesis&);
template void encode(codec::Writer&, const HonestyState&);
template Result<void> decode(codec::Reader&, HonestyState&);
template void encode(codec::Writer&, const Round&);
template Result<void> decode(codec::Reader&, Round&);
template void encode(codec::Writer&, const Posting&);
template Result<void> decode(codec::Reader&, Posting&);
template void encode(codec::Writer&, const RollEntry&);
template Result<void> decode(codec::Reader&, RollEntry&);
template void encode(codec::Writer&, const Standing&);
template Result<void> decode(codec::Reader&, Standing&);
template void encode(codec::Writer&, const CaseState&);
template Result<void> decode(codec::Reader&, CaseState&);
template void encode(codec::Writer&, const CaseRecord&);
template Result<void> decode(codec::Reader&, CaseRecord&);
template void encode(codec::Writer&, const CaseRound&);
template Result<void> decode(codec::Reader&, CaseRound&);
template void encode(codec::Writer&, const EvidenceBundle&);
template Result<void> decode(codec::Reader&, EvidenceBundle&);
template void encode(codec::Writer&, const Audit&);
template Result<void> decode(codec::Reader&, Audit&);
template void encode(codec::Writer&, const HonestyVerdict&);
template Result<void> decode(codec::Reader&, HonestyVerdict&);

namespace {

constexpr crypto::Context audit_context("oort.v1 storage audit");
/// Blocks of any window: sums of a few never wrap.
constexpr std::uint64_t window_max = std::uint64_t{1} << 40;
/// Seats of all three panels: what a bond prepays.
constexpr std::uint64_t seats_of_a_case = 31;

bool is_window(std::uint64_t blocks) { return blocks >= 1 && blocks <= window_max; }
bool is_chance(Ppb chance) { return chance.value() > 0 && chance.value() < ppb_one; }

bool has_possible_goals(const SprtGoals& goals) {
  return is_chance(goals.honest_misses) && is_chance(goals.cheat_misses) &&
         goals.honest_misses < goals.cheat_misses && is_chance(goals.false_alarm) &&
         is_chance(goals.false_rest) && goals.false_alarm.value() < ppb_one / 2 &&
         goals.false_rest.value() < ppb_one / 2;
}

bool has_possible_windows(const HonestyParams& params) {
  const CaseRules& rules = params.rules;
  return is_window(params.round_blocks) && is_window(params.post_blocks) &&
         params.post_blocks <= params.round_blocks && params.keep_rounds >= 2 &&
         params.keep_rounds <= 100'000 && is_window(rules.commit_blocks) &&
         is_window(rules.open_blocks) && is_window(rules.appeal_blocks) &&
         is_window(rules.replay_blocks) && is_window(params.audit_blocks) &&
         params.audit_every_blocks <= window_max;
}

}  // namespace

Bytes32 audit_subject(std::uint64_t number) {
  codec::Writer out;
  out.u64(number);
  return crypto::hash(audit_context, out.bytes());
}

bool is_possible(const HonestyParams& params) {
  for (const std::uint32_t share : params.slashed) {
    if (share > parts_per_million) return false;
  }
  const auto seats = params.seat_pay.times(seats_of_a_case);
  return has_possible_windows(params) && has_possible_goals(params.goals) &&
         !params.stake_min.is_zero() && params.officers_expected >= 1 &&
         params.judged_per_block >= 1 && params.judged_per_block <= 4096 &&
         is_chance(params.prior.saboteurs) && params.prior.strength.value() >= 1 &&
         params.prior.strength.value() <= ppb_one && params.lost_per_round.value() <= ppb_one &&
         params.detection.value() <= ppb_one && seats && *seats <= params.case_bond &&
         params.pool_part <= parts_per_million && params.misses_max >= 1;
}

}  // namespace oort::ledger
