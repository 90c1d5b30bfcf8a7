// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bank/bank.hpp"
#include "honesty/inner.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context leaf_context("oort.v1 revealed leaf");
constexpr crypto::Context pair_context("oort.v1 counted baits");

/// Counts what a round sees; false, and nothing is counted, once it was seen `count_max` times.
bool count_once(Overlay& state, std::uint64_t round, const Bytes32& what, std::uint32_t count_max) {
  const Bytes key = keys::seen(round, what);
  std::uint32_t count = 0;
  if (const auto bytes = state.get(key)) {
    const auto before = codec::from_bytes<std::uint32_t>(*bytes);
    OORT_ASSERT(before.has_value(), "a counter is what the machine wrote");
    count = *before;
  }
  if (count >= count_max) return false;
  codec::Writer out;
  out.u32(count + 1);
  state.put(key, std::move(out).take());
  return true;
}

/// A receipt counts once, whoever shows it and for whichever leaf.
bool is_first_receipt(Overlay& state, const Reveal& reveal) {
  return count_once(state, reveal.epoch.value(), sign_hash(reveal.receipt), 1);
}

/// And a leaf is revealed once.
bool is_first(Overlay& state, const Reveal& reveal) {
  codec::Writer leaf;
  codec::encode(leaf, reveal.officer);
  leaf.u64(reveal.path.index);
  const Bytes32 place = crypto::hash(leaf_context, leaf.bytes());
  return count_once(state, reveal.epoch.value(), place, 1) && is_first_receipt(state, reveal);
}

/// What the ledger holds of the reveal's round and sides.
Accepted<RevealContext> context_of(const Call& call, const Reveal& reveal, const Node& officer) {
  const std::uint64_t round = reveal.epoch.value();
  const HonestyView view(call.state());
  const auto posting = view.posting(round, reveal.officer);
  if (!posting) return Refused(Rejection::RootUnknown);
  const auto executor = call.view().node(reveal.receipt.executor);
  if (!executor) return Refused(Rejection::NodeUnknown);
  const auto draw = view.officer_draw(call.block.chain, round, reveal.officer);
  if (!draw) return Refused(Rejection::RevealInvalid);
  return RevealContext{*draw, posting->baits, officer.owner, executor->owner};
}

/// Whether this bait is one of the few that count of its officer's operator.
bool counts(Overlay& state, const HonestyParams& params, const Reveal& reveal,
            const OperatorId& officer) {
  return count_once(state, reveal.epoch.value(),
                    crypto::hash(pair_context, reveal.receipt.executor.view(), officer.view()),
                    params.each_operator_max);
}

void score(Standing& standing, const HonestyParams& params, const Reveal& reveal, bool is_missed) {
  if (reveal.leaf.rule == VerdictRule::Tolerance) {
    const SprtVerdict verdict = observe(sprt_plan(params.goals), standing.score, is_missed);
    // Where answers are tolerances nobody can execute them again, so the test takes trust and no
    // stake: officers who lie would otherwise slash whom they want.
    if (verdict == SprtVerdict::Convicted) standing.counters = with_failure(standing.counters);
  }
  if (!is_missed) standing.counters = with_passes(standing.counters, 1);
}

/// An officer is paid for its work while the fund lasts.
void pay_officer(Call& call, const HonestyParams& params, const Reveal& reveal,
                 const OperatorId& to, const Bytes32& subject) {
  const Bytes key = keys::posting(reveal.epoch.value(), reveal.officer);
  auto posting = load<Posting>(call.state(), key);
  OORT_ASSERT(posting.has_value(), "the reveal was judged by its root");
  HonestyState honesty = honesty_state(call.state());
  const auto left = honesty.fund.minus(params.reveal_pay);
  if (!left || params.reveal_pay.is_zero() || posting->paid_count >= params.paid_reveals_max) {
    return;
  }
  honesty.fund = *left;
  save(call.state(), keys::honesty_state(), honesty);
  ++posting->paid_count;
  save(call.state(), key, *posting);
  draw(call.state(), Pot::Honesty, params.reveal_pay);
  credit(call.state(), call.events, to, params.reveal_pay, Purpose::RevealPaid, subject);
}

void take_outcome(Call& call, const HonestyParams& params, const Reveal& reveal,
                  const RevealContext& context, RevealVerdict verdict) {
  const Bytes32 subject = sign_hash(reveal.receipt);
  call.events.emplace_back(RevealJudged{reveal.officer, reveal.receipt.executor, verdict, subject});
  if (counts(call.state(), params, reveal, context.officer_owner)) {
    const std::uint64_t round = honesty_state(call.state()).round;
    const NodeId& executor = reveal.receipt.executor;
    Standing standing = standing_now(call.state(), params, round, executor);
    score(standing, params, reveal, verdict == RevealVerdict::Missed);
    save_standing(call.state(), executor, standing);
  }
  pay_officer(call, params, reveal, context.officer_owner, subject);
}

}  // namespace

Rejection apply(Call& call, const BaitReveal& operation) {
  const auto params = honesty_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const Reveal& reveal = operation.reveal;
  if (is_accusation(reveal)) return Rejection::RevealInvalid;
  const auto officer = own_node(call, reveal.officer);
  if (!officer) return officer.error();
  if (reveal.epoch.value() + 1 != honesty_state(call.state()).round) {
    return Rejection::RevealOutsideWindow;
  }
  if (call.block.reveals_count >= params->judged_per_block) return Rejection::CourtBusy;
  ++call.block.reveals_count;
  const auto context = context_of(call, reveal, *officer);
  if (!context) return context.error();
  const RevealVerdict verdict = judge(reveal, *context);
  if (verdict != RevealVerdict::Passed && verdict != RevealVerdict::Fault &&
      verdict != RevealVerdict::Missed) {
    return Rejection::RevealInvalid;
  }
  if (!is_first(call.state(), reveal)) return Rejection::RevealKnown;
  if (verdict == RevealVerdict::Fault) return open_case(call, *params, reveal, *context);
  take_outcome(call, *params, reveal, *context, verdict);
  return Rejection::None;
}

Rejection apply(Call& call, const WorkAccuse& operation) {
  const auto params = honesty_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const Reveal& reveal = operation.reveal;
  if (!is_accusation(reveal)) return Rejection::RevealInvalid;
  const auto accuser = own_node(call, reveal.officer);
  if (!accuser) return accuser.error();
  const std::uint64_t round = honesty_state(call.state()).round;
  const std::uint64_t window = std::min(accuse_rounds, params->keep_rounds - 1);
  if (reveal.epoch.value() > round || reveal.epoch.value() + window < round) {
    return Rejection::RevealOutsideWindow;
  }
  if (call.block.reveals_count >= params->judged_per_block) return Rejection::CourtBusy;
  ++call.block.reveals_count;
  const auto context = context_of(call, reveal, *accuser);
  if (!context) return context.error();
  if (judge(reveal, *context) != RevealVerdict::Fault) return Rejection::RevealInvalid;
  if (!is_first_receipt(call.state(), reveal)) return Rejection::RevealKnown;
  return open_case(call, *params, reveal, *context);
}

}  // namespace oort::ledger
