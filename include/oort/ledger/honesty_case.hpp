// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::ledger {

/// An alleged wrong result, from the reveal to the verdict: panels of 3, 7 and 21 execute the task
/// again. A step machine over heights; whoever owns it carries its bonds and slashes.
///
/// A round: the panel is drawn; members commit until the deadline, or until all have; then the
/// beacon draws the step of the trace and members open; then the votes are compared. A split goes
/// on to the next size by itself. A unanimous verdict waits for the loser's appeal, which costs a
/// bond and draws the next size. A split after the third round waits for one step of the task, the
/// first in which two traces differ, to be executed by the ledger: a pool that can split every
/// panel can delay a verdict and not prevent it. Without such a step nobody is slashed.
///
/// Invariants
///   HC1  Nobody is convicted or acquitted but by a unanimous panel whose traces opened, or by a
///        replayed step.
///   HC2  A case ends: three rounds and a replay of bounded length, whatever anybody does or omits.
///   HC3  Nobody opens before the last commitment, and nobody commits after the first opening.
///   HC4  No operator sits twice in one case, and neither side's operator ever.
enum class CasePhase : std::uint8_t {
  Committing = 0,
  Opening = 1,
  Appealable = 2,
  Replaying = 3,
  Closed = 4
};

struct CaseRules {
  std::uint64_t commit_blocks = 600;
  std::uint64_t open_blocks = 60;
  std::uint64_t appeal_blocks = 600;
  std::uint64_t replay_blocks = 600;
};

/// One seat of a panel.
struct CaseSeat {
  NodeId node;
  std::optional<Bytes32> commitment;
  std::optional<PanelReveal> reveal;
  friend bool operator==(const CaseSeat&, const CaseSeat&) = default;
};

/// What the owner of a case knows at a height.
struct CaseMoment {
  Height height;
  Bytes32 seed;                                ///< The beacon's value at this height.
  std::span<const PanelCandidate> candidates;  ///< Ascending by node.
};

class FaultCase {
 public:
  /// The sides of a reveal whose verdict is `RevealVerdict::Fault`. The id is a hash of the reveal.
  FaultCase(const Reveal& reveal, const RevealContext& context, const CaseRules& rules,
            const CaseMoment& now);

  [[nodiscard]] const Bytes32& id() const noexcept { return id_; }
  [[nodiscard]] CasePhase phase() const noexcept { return phase_; }
  [[nodiscard]] std::uint32_t round() const noexcept { return round_; }
  [[nodiscard]] Height deadline() const noexcept { return deadline_; }
  [[nodiscard]] const std::vector<CaseSeat>& panel() const noexcept { return panel_; }
  /// Of the last round that ended; Split until one has.
  [[nodiscard]] PanelVerdict verdict() const noexcept { return verdict_; }
  /// Members of all rounds who did not answer as committed, in the order of their seats.
  [[nodiscard]] const std::vector<NodeId>& silent() const noexcept { return silent_; }
  /// Members of all rounds whose vote is against the verdict. Empty unless the case is closed and
  /// not split.
  [[nodiscard]] std::vector<NodeId> wrong_voters() const;

  /// Each returns whether it was taken; what is not taken changes nothing.
  [[nodiscard]] bool commit(const NodeId& member, const Bytes32& commitment);
  [[nodiscard]] bool open(const PanelReveal& reveal);
  /// By the side that the verdict went against. Its bond is the owner's matter.
  [[nodiscard]] bool appeal(const CaseMoment& now);
  /// The result that the replayed step shows to be right: the executor's, the officer's, or
  /// neither, which closes the case as a split.
  [[nodiscard]] bool replayed(const Bytes32& result);
  /// Goes on when all have spoken or the deadline has come. Requires: heights do not fall.
  void step(const CaseMoment& now);

 private:
  void draw(const CaseMoment& now);
  void end_round(const CaseMoment& now);

  Bytes32 id_;
  Bytes32 claimed_;
  Bytes32 expected_;
  CaseRules rules_;
  std::vector<OperatorId> excluded_;
  std::uint32_t round_ = 0;
  CasePhase phase_ = CasePhase::Committing;
  Height deadline_;
  Bytes32 step_seed_;
  std::vector<CaseSeat> panel_;
  PanelVerdict verdict_ = PanelVerdict::Split;
  std::vector<NodeId> silent_;
  std::vector<std::pair<NodeId, Bytes32>> votes_;
};

}  // namespace oort::ledger
