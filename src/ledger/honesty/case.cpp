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

}  // namespace

FaultCase::FaultCase(const Reveal& reveal, const RevealContext& context, const CaseRules& rules,
                     const CaseMoment& now)
    : id_(crypto::hash(case_context, codec::to_bytes(reveal))),
      claimed_(reveal.receipt.result_hash),
      expected_(reveal.answer),
      rules_(rules),
      excluded_{context.officer_owner, context.executor_owner} {
  OORT_ASSERT(claimed_ != expected_, "a case is about two results");
  draw(now);
}

void FaultCase::draw(const CaseMoment& now) {
  const PanelDraw wanted{now.seed, id_, round_, panel_size(round_), excluded_};
  panel_.clear();
  for (const NodeId& node : draw_panel(wanted, now.candidates)) {
    panel_.push_back({node, std::nullopt, std::nullopt});
    const auto seat = std::ranges::lower_bound(now.candidates, node, {}, &PanelCandidate::node);
    excluded_.push_back(seat->owner);
  }
  phase_ = CasePhase::Committing;
  deadline_ = after(now.height, rules_.commit_blocks);
}

bool FaultCase::commit(const NodeId& member, const Bytes32& commitment) {
  if (phase_ != CasePhase::Committing) return false;
  const auto seat = std::ranges::find(panel_, member, &CaseSeat::node);
  if (seat == panel_.end() || seat->commitment) return false;
  seat->commitment = commitment;
  return true;
}

bool FaultCase::open(const PanelReveal& reveal) {
  if (phase_ != CasePhase::Opening) return false;
  const auto seat = std::ranges::find(panel_, reveal.answer.panelist, &CaseSeat::node);
  if (seat == panel_.end() || seat->reveal) return false;
  if (seat->commitment != reveal.commitment) return false;
  seat->reveal = reveal;
  return true;
}

bool FaultCase::appeal(const CaseMoment& now) {
  if (phase_ != CasePhase::Appealable || now.height > deadline_) return false;
  ++round_;
  draw(now);
  return true;
}

void FaultCase::step(const CaseMoment& now) {
  const bool is_late = now.height > deadline_;
  const auto has_committed = [](const CaseSeat& seat) { return seat.commitment.has_value(); };
  const auto has_ended = [](const CaseSeat& seat) { return !seat.commitment || seat.reveal; };
  switch (phase_) {
    case CasePhase::Committing:
      if (!is_late && !std::ranges::all_of(panel_, has_committed)) return;
      // The step is drawn from a beacon that no commitment could know.
      step_seed_ = now.seed;
      phase_ = CasePhase::Opening;
      deadline_ = after(now.height, rules_.open_blocks);
      return;
    case CasePhase::Opening:
      if (is_late || std::ranges::all_of(panel_, has_ended)) end_round(now);
      return;
    case CasePhase::Appealable:
    case CasePhase::Replaying:
      if (is_late) phase_ = CasePhase::Closed;
      return;
    case CasePhase::Closed: return;
  }
}

void FaultCase::end_round(const CaseMoment& now) {
  std::vector<std::optional<PanelReveal>> reveals;
  reveals.reserve(panel_.size());
  for (const CaseSeat& seat : panel_) reveals.push_back(seat.reveal);
  const auto votes = panel_votes(id_, step_seed_, reveals);
  for (std::size_t i = 0; i < panel_.size(); ++i) {
    if (votes[i]) {
      votes_.emplace_back(panel_[i].node, *votes[i]);
    } else {
      silent_.push_back(panel_[i].node);
    }
  }
  // A panel that could not be filled decides nothing. A split of a greater panel takes an earlier
  // verdict back: whoever judged it may have been of one pool.
  const bool is_full = panel_.size() == panel_size(round_);
  verdict_ = is_full ? judge_panel(votes, claimed_, expected_) : PanelVerdict::Split;
  const bool is_last = round_ + 1 == panel_rounds_count;
  if (verdict_ == PanelVerdict::Split) {
    if (!is_last) {
      ++round_;
      return draw(now);
    }
    phase_ = CasePhase::Replaying;
    deadline_ = after(now.height, rules_.replay_blocks);
    return;
  }
  phase_ = is_last ? CasePhase::Closed : CasePhase::Appealable;
  deadline_ = after(now.height, rules_.appeal_blocks);
}

bool FaultCase::replayed(const Bytes32& result) {
  if (phase_ != CasePhase::Replaying) return false;
  phase_ = CasePhase::Closed;
  if (result == expected_) verdict_ = PanelVerdict::Convicted;
  if (result == claimed_) verdict_ = PanelVerdict::Acquitted;
  return true;
}

std::vector<NodeId> FaultCase::wrong_voters() const {
  std::vector<NodeId> wrong;
  if (phase_ != CasePhase::Closed || verdict_ == PanelVerdict::Split) return wrong;
  const Bytes32& right = verdict_ == PanelVerdict::Convicted ? expected_ : claimed_;
  for (const auto& [node, vote] : votes_) {
    if (vote != right) wrong.push_back(node);
  }
  return wrong;
}

}  // namespace oort::ledger
