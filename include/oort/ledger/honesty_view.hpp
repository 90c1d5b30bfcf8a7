// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

/// Honesty's records of a state, as `View` reads those of other modules. Borrows the state. Empty
/// where the network has no honesty module. Lists are bounded by `count_max`; to go on, pass the
/// place after the last one.
class HonestyView {
 public:
  explicit HonestyView(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] std::optional<HonestyParams> params() const;
  [[nodiscard]] std::optional<HonestyState> state() const;
  [[nodiscard]] std::optional<Round> round(std::uint64_t round) const;
  [[nodiscard]] std::optional<Posting> posting(std::uint64_t round, const NodeId& node) const;
  /// What the draw of an officer in `round` depends on; empty before somebody has posted in the
  /// round before.
  [[nodiscard]] std::optional<OfficerDraw> officer_draw(const ChainId& chain, std::uint64_t round,
                                                        const NodeId& node) const;

  /// With counters that have faded until now; a node that nobody said anything of is a blank one.
  [[nodiscard]] Standing standing(const NodeId& node) const;
  [[nodiscard]] Ppb credibility(const NodeId& node) const;
  /// Bond and the creator's stake of its pool: what the node itself can lose.
  [[nodiscard]] Oort stake_of(const NodeId& node) const;
  /// stake × credibility.
  [[nodiscard]] Oort weight_of(const NodeId& node) const;
  /// The greatest sum of gains that the node's stake deters while no task brings more than
  /// `gain_max`, less what it holds; nothing while a case is open about it.
  [[nodiscard]] Oort risk_limit(const NodeId& node, Oort gain_max) const;
  /// What was proven against a node, oldest first, from the number `from` on; the newest
  /// `verdicts_kept` are there.
  [[nodiscard]] std::vector<HonestyVerdict> verdicts(const NodeId& node, std::uint64_t from,
                                                     std::size_t count_max) const;

  [[nodiscard]] std::optional<CaseRecord> fault_case(const Bytes32& fault) const;
  /// Cases with id at least `from`, open ones and those that are not forgotten yet.
  [[nodiscard]] std::vector<CaseRecord> cases(const Bytes32& from, std::size_t count_max) const;
  /// All that the verdict of a case rests on: the panels that have ended.
  [[nodiscard]] std::optional<EvidenceBundle> evidence(const Bytes32& fault) const;
  [[nodiscard]] std::optional<Audit> audit(std::uint64_t number) const;
  /// Open audits with a number of at least `from`.
  [[nodiscard]] std::vector<Audit> audits(std::uint64_t from, std::size_t count_max) const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
