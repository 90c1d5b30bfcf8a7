// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/honesty_case.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context case_context("oort.v1 honesty case");

Height after(Height height, std::uint64_t blocks) noexcept {
  return Height(height.value() + blocks);
}
bool has_committed(const CaseSeat& seat) { return seat.commitment.has_value(); }
bool has_ended(const CaseSeat& seat) { return !seat.commitment || seat.reveal; }

}  // namespace

Bytes32 case_id_of(const Reveal& reveal) {
  return crypto::hash(case_context, codec::to_bytes(reveal));
}

std::vector<PanelCandidate> ListedRoll::draw(const PanelDraw& draw) const {
  std::vector<PanelCandidate> members;
  for (const NodeId& node : draw_panel(draw, candidates_)) {
    members.push_back(*std::ranges::lower_bound(candidates_, node, {}, &PanelCandidate::node));
  }
  return members;
}

FaultCase::FaultCase(const Reveal& reveal, const RevealContext& context, const CaseRules& rules,
                     Height now) {
  state_.id = case_id_of(reveal);
  state_.claimed = reveal.receipt.result_hash;
  state_.expected = reveal.answer;
  state_.rules = rules;
  state_.excluded = {context.officer_owner, context.executor_owner};
  OORT_ASSERT(state_.claimed != state_.expected, "a case is about two results");
  await_draw(now);
}

void FaultCase::await_draw(Height now) {
  state_.panel.clear();
  state_.phase = CasePhase::Drawing;
  state_.deadline = now;
}

void FaultCase::draw(const CaseMoment& now) {
  const PanelDraw wanted{now.seed, state_.id, state_.round, panel_size(state_.round),
                         state_.excluded};
  for (const PanelCandidate& member : now.roll.draw(wanted)) {
    state_.panel.push_back({member.node, std::nullopt, std::nullopt});
    state_.excluded.push_back(member.owner);
  }
  state_.phase = CasePhase::Committing;
  state_.deadline = after(now.height, state_.rules.commit_blocks);
}

bool FaultCase::commit(const NodeId& member, const Bytes32& commitment) {
  if (state_.phase != CasePhase::Committing) return false;
  const auto seat = std::ranges::find(state_.panel, member, &CaseSeat::node);
  if (seat == state_.panel.end() || seat->commitment) return false;
  seat->commitment = commitment;
  return true;
}

bool FaultCase::open(const PanelReveal& reveal) {
  if (state_.phase != CasePhase::Opening) return false;
  const auto seat = std::ranges::find(state_.panel, reveal.answer.panelist, &CaseSeat::node);
  if (seat == state_.panel.end() || seat->reveal) return false;
  if (seat->commitment != reveal.commitment) return false;
  seat->reveal = reveal;
  return true;
}

bool FaultCase::appeal(Height now) {
  if (state_.phase != CasePhase::Appealable || now > state_.deadline) return false;
  ++state_.round;
  await_draw(now);
  return true;
}

bool FaultCase::is_ready() const {
  switch (state_.phase) {
    case CasePhase::Committing: return std::ranges::all_of(state_.panel, has_committed);
    case CasePhase::Opening: return std::ranges::all_of(state_.panel, has_ended);
    case CasePhase::Appealable:
    case CasePhase::Replaying:
    case CasePhase::Closed:
    case CasePhase::Drawing: break;
  }
  return false;
}

void FaultCase::step(const CaseMoment& now) {
  const bool is_late = now.height > state_.deadline;
  if (!is_late && !is_ready()) return;
  switch (state_.phase) {
    case CasePhase::Drawing: return draw(now);
    case CasePhase::Committing:
      // The step is drawn from a beacon that no commitment could know.
      state_.step_seed = now.seed;
      state_.phase = CasePhase::Opening;
      state_.deadline = after(now.height, state_.rules.open_blocks);
      return;
    case CasePhase::Opening: return end_round(now.height);
    case CasePhase::Appealable:
    case CasePhase::Replaying: state_.phase = CasePhase::Closed; return;
    case CasePhase::Closed: return;
  }
}

void FaultCase::end_round(Height now) {
  std::vector<std::optional<PanelReveal>> reveals;
  reveals.reserve(state_.panel.size());
  for (const CaseSeat& seat : state_.panel) reveals.push_back(seat.reveal);
  const auto votes = panel_votes(state_.id, state_.step_seed, reveals);
  for (std::size_t i = 0; i < state_.panel.size(); ++i) {
    if (votes[i]) {
      state_.votes.push_back({state_.panel[i].node, *votes[i]});
    } else {
      state_.silent.push_back(state_.panel[i].node);
    }
  }
  // A panel that could not be filled decides nothing. A split of a greater panel takes an earlier
  // verdict back: whoever judged it may have been of one pool.
  const bool is_full = state_.panel.size() == panel_size(state_.round);
  state_.verdict =
      is_full ? judge_panel(votes, state_.claimed, state_.expected) : PanelVerdict::Split;
  const bool is_last = state_.round + 1 == panel_rounds_count;
  if (state_.verdict == PanelVerdict::Split) {
    if (!is_last) {
      ++state_.round;
      return await_draw(now);
    }
    state_.phase = CasePhase::Replaying;
    state_.deadline = after(now, state_.rules.replay_blocks);
    return;
  }
  state_.phase = is_last ? CasePhase::Closed : CasePhase::Appealable;
  state_.deadline = after(now, state_.rules.appeal_blocks);
}

bool FaultCase::replayed(const Bytes32& result) {
  if (state_.phase != CasePhase::Replaying) return false;
  state_.phase = CasePhase::Closed;
  if (result == state_.expected) state_.verdict = PanelVerdict::Convicted;
  if (result == state_.claimed) state_.verdict = PanelVerdict::Acquitted;
  return true;
}

std::vector<NodeId> FaultCase::voters(bool is_right) const {
  std::vector<NodeId> found;
  if (state_.phase != CasePhase::Closed || state_.verdict == PanelVerdict::Split) return found;
  const Bytes32& right =
      state_.verdict == PanelVerdict::Convicted ? state_.expected : state_.claimed;
  for (const CaseVote& vote : state_.votes) {
    if ((vote.result == right) == is_right) found.push_back(vote.node);
  }
  return found;
}
std::vector<NodeId> FaultCase::right_voters() const { return voters(true); }
std::vector<NodeId> FaultCase::wrong_voters() const { return voters(false); }

}  // namespace oort::ledger
