// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/crypto/vrf.hpp"

namespace oort::ledger {

/// Who is drawn to do what: officers in secret by their own VRF, panels and storage audits in
/// public from the beacon, after what they judge is committed.
///
/// Invariants
///   HD1  An officer's chance is expected · weight / total, and only its own key can show it.
///   HD2  A panel has no two members of one operator and none of an excluded one; a candidate's
///        chance grows with its weight.
///   HD3  The same inputs draw the same, on every machine and for ever.

/// What the draw of an epoch's officers depends on.
struct OfficerDraw {
  ChainId chain;
  Epoch epoch;
  Bytes32 seed;                ///< Of the epoch.
  Uint128 weight = 0;          ///< Honest weight of the candidate.
  Uint128 total = 0;           ///< Of all candidates; over 0.
  std::uint32_t expected = 0;  ///< Officers that an epoch has on average.
  friend bool operator==(const OfficerDraw&, const OfficerDraw&) = default;
};
/// What the VRF is computed over.
[[nodiscard]] Bytes officer_alpha(const OfficerDraw& draw);
/// Whether this output draws the candidate.
[[nodiscard]] bool is_drawn(const OfficerDraw& draw, const crypto::VrfOutput& output) noexcept;
/// Whether `proof` is the candidate's and draws it.
[[nodiscard]] bool is_officer(const OfficerDraw& draw, const NodeId& candidate,
                              const crypto::VrfProof& proof);

/// What a public draw is for. Numbers are frozen.
enum class DrawPurpose : std::uint8_t {
  Panel = 0,
  TraceStep = 1,
  StorageNode = 2,
  StorageShard = 3,
  StorageLeaf = 4
};
/// The `ordinal`-th number below `bound` that `seed` and `subject` draw; biased by less than
/// bound / 2^128. Requires: bound > 0.
[[nodiscard]] Uint128 draw_below(const Bytes32& seed, DrawPurpose purpose, const Bytes32& subject,
                                 std::uint64_t ordinal, Uint128 bound) noexcept;

struct PanelCandidate {
  NodeId node;
  OperatorId owner;
  Uint128 weight = 0;  ///< Honest weight; 0 is never drawn. The sum fits 128 bits.
  friend bool operator==(const PanelCandidate&, const PanelCandidate&) = default;
};
struct PanelDraw {
  Bytes32 seed;  ///< The beacon after the fault was opened.
  Bytes32 fault;
  std::uint32_t round = 0;
  std::size_t count = 0;
  std::vector<OperatorId> excluded;  ///< Accused, officer, and who sat before.
};
/// Members in the order in which they were drawn; fewer than `count` when candidates run out.
/// Requires: `candidates` ascend by node.
[[nodiscard]] std::vector<NodeId> draw_panel(const PanelDraw& draw,
                                             std::span<const PanelCandidate> candidates);

}  // namespace oort::ledger
