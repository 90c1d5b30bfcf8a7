// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

/// An alleged wrong result, from the reveal to the verdict: panels of 3, 7 and 21 execute the task
/// again. A step machine over heights; whoever owns it carries its bonds and slashes.
///
/// A round: the panel is drawn by a beacon of a later block; members commit until the deadline, or
/// until all have; then the beacon draws the step of the trace and members open; then the votes are
/// compared. A split goes on to the next size by itself. A unanimous verdict waits for the loser's
/// appeal, which costs a bond and draws the next size. A split after the third round waits for one
/// step of the task, the first in which two traces differ, to be executed by the ledger: a pool
/// that can split every panel can delay a verdict and not prevent it. Without such a step nobody is
/// slashed.
///
/// Invariants
///   HC1  Nobody is convicted or acquitted but by a unanimous panel whose traces opened, or by a
///        replayed step.
///   HC2  A case ends: three rounds and a replay of bounded length, whatever anybody does or omits.
///   HC3  Nobody opens before the last commitment, and nobody commits after the first opening.
///   HC4  No operator sits twice in one case, and neither side's operator ever.
///   HC5  Who opens a case or appeals cannot know the panel: a later block's beacon draws it.
/// Numbers are frozen.
enum class CasePhase : std::uint8_t {
  Committing = 0,
  Opening = 1,
  Appealable = 2,
  Replaying = 3,
  Closed = 4,
  Drawing = 5,  ///< Waits for the next block's beacon.
};

struct CaseRules {
  std::uint64_t commit_blocks = 600;
  std::uint64_t open_blocks = 60;
  std::uint64_t appeal_blocks = 600;
  std::uint64_t replay_blocks = 600;
  friend bool operator==(const CaseRules&, const CaseRules&) = default;
};

/// One seat of a panel.
struct CaseSeat {
  NodeId node;
  std::optional<Bytes32> commitment;
  std::optional<PanelReveal> reveal;
  friend bool operator==(const CaseSeat&, const CaseSeat&) = default;
};
struct CaseVote {
  NodeId node;
  Bytes32 result;
  friend bool operator==(const CaseVote&, const CaseVote&) = default;
};

/// All that a case is between two blocks.
struct CaseState {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 id;        ///< H("oort.v1 honesty case", reveal).
  Bytes32 claimed;   ///< The executor's result.
  Bytes32 expected;  ///< The officer's answer.
  CaseRules rules;
  std::vector<OperatorId> excluded;  ///< The sides, and whoever has sat.
  std::uint32_t round = 0;
  CasePhase phase = CasePhase::Drawing;
  Height deadline;
  Bytes32 step_seed;  ///< Drew the step that the present panel opens.
  std::vector<CaseSeat> panel;
  PanelVerdict verdict = PanelVerdict::Split;  ///< Of the last round that ended.
  std::vector<NodeId> silent;                  ///< Of all rounds: who did not answer as committed.
  std::vector<CaseVote> votes;                 ///< Of all rounds that ended.
  friend bool operator==(const CaseState&, const CaseState&) = default;
};

/// Who can be drawn.
class PanelRoll {
 public:
  virtual ~PanelRoll() = default;
  /// As `draw_panel`: at most `count` of them, no two of one operator and none of an excluded one.
  [[nodiscard]] virtual std::vector<PanelCandidate> draw(const PanelDraw& draw) const = 0;
};
/// A roll in memory. Borrows the candidates, which ascend by node.
class ListedRoll final : public PanelRoll {
 public:
  explicit ListedRoll(std::span<const PanelCandidate> candidates) noexcept
      : candidates_(candidates) {}
  [[nodiscard]] std::vector<PanelCandidate> draw(const PanelDraw& draw) const override;

 private:
  std::span<const PanelCandidate> candidates_;
};

/// What the owner of a case knows at a height.
struct CaseMoment {
  Height height;
  Bytes32 seed;  ///< The beacon's value at this height.
  const PanelRoll& roll;
};

class FaultCase {
 public:
  /// The sides of a reveal whose verdict is `RevealVerdict::Fault`. The id is a hash of the reveal.
  FaultCase(const Reveal& reveal, const RevealContext& context, const CaseRules& rules, Height now);
  /// Goes on from where `state()` was.
  explicit FaultCase(CaseState state) : state_(std::move(state)) {}

  [[nodiscard]] const CaseState& state() const noexcept { return state_; }
  [[nodiscard]] const Bytes32& id() const noexcept { return state_.id; }
  [[nodiscard]] CasePhase phase() const noexcept { return state_.phase; }
  [[nodiscard]] std::uint32_t round() const noexcept { return state_.round; }
  [[nodiscard]] Height deadline() const noexcept { return state_.deadline; }
  [[nodiscard]] const std::vector<CaseSeat>& panel() const noexcept { return state_.panel; }
  /// Of the last round that ended; Split until one has.
  [[nodiscard]] PanelVerdict verdict() const noexcept { return state_.verdict; }
  /// Members of all rounds who did not answer as committed, in the order of their seats.
  [[nodiscard]] const std::vector<NodeId>& silent() const noexcept { return state_.silent; }
  /// Members of all rounds whose vote is with, or against, the verdict. Empty unless the case is
  /// closed and not split.
  [[nodiscard]] std::vector<NodeId> right_voters() const;
  [[nodiscard]] std::vector<NodeId> wrong_voters() const;

  /// Each returns whether it was taken; what is not taken changes nothing.
  [[nodiscard]] bool commit(const NodeId& member, const Bytes32& commitment);
  [[nodiscard]] bool open(const PanelReveal& reveal);
  /// By the side that the verdict went against. Its bond is the owner's matter.
  [[nodiscard]] bool appeal(Height now);
  /// The result that the replayed step shows to be right: the executor's, the officer's, or
  /// neither, which closes the case as a split.
  [[nodiscard]] bool replayed(const Bytes32& result);
  /// Whether `step` would go on before the deadline: all have spoken.
  [[nodiscard]] bool is_ready() const;
  /// Goes on when all have spoken or the deadline has come. Requires: heights do not fall.
  void step(const CaseMoment& now);

 private:
  void await_draw(Height now);
  void draw(const CaseMoment& now);
  void end_round(Height now);
  [[nodiscard]] std::vector<NodeId> voters(bool is_right) const;

  CaseState state_;
};

/// Everything that a verdict rests on, so that anybody can come to it again.
struct EvidenceBundle {
  static constexpr std::uint8_t format_version = 1;
  struct Round {
    Bytes32 seed;  ///< That drew the step of the traces.
    std::vector<std::optional<PanelReveal>> seats;
    friend bool operator==(const Round&, const Round&) = default;
  };
  Reveal reveal;
  RevealContext context;
  Bytes32 fault;  ///< Id of the case.
  std::vector<Round> rounds;
  friend bool operator==(const EvidenceBundle&, const EvidenceBundle&) = default;
};
/// The id of the case that a reveal opens.
[[nodiscard]] Bytes32 case_id_of(const Reveal& reveal);
/// The verdict that the bundle itself leads to, whatever was said of it: of its last round. That
/// root, seed, weights and panels are the ledger's is shown by proofs of its records.
/// Fails with BAD_ARGUMENT where the reveal opens no case, the fault is another's, or a panel has
/// an impossible size.
[[nodiscard]] Result<PanelVerdict> verdict_of(const EvidenceBundle& bundle);

}  // namespace oort::ledger
