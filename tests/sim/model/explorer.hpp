// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "model/rules.hpp"

namespace oort::model {

/// Every reachable state of four validators over three views, one of them Byzantine.
///
/// What is abstracted. The Byzantine node has signed everything already, so a certificate exists as
/// soon as two of the three correct nodes signed for it. Every leader is Byzantine: each block of a
/// fixed universe may be offered to anyone at any time. There are no messages, clocks or timers: a
/// correct node may act on any certificate that exists, in any order, after any delay, in any view
/// not lower than the last one it signed in. The three correct nodes are interchangeable, so a
/// state is the sorted triple of their histories. The universe holds, for each view, one block per
/// parent among genesis and all blocks of lower views, and in view 0 two: 2 + 3 + 6 blocks.
///
/// Checked in every state: agreement (of two finalized blocks one is an ancestor of the other).
/// With `check_lemmas` also: at most one notarized block a view (L1), no view both finalized and
/// skipped (L2), what is finalized is notarized (L3), and no correct node signed a pair of votes
/// that evidence E1–E4 would punish (I9).
struct ExplorerOptions {
  Rules rules;
  bool check_lemmas = false;
  /// Slots of the visited set, as a power of two; 8 bytes each.
  unsigned table_bits = 24;
};

struct Exploration {
  std::uint64_t states = 0;       ///< Discovered, including those not yet looked at.
  std::uint64_t transitions = 0;  ///< Actions taken from all states that were looked at.
  std::uint64_t histories = 0;    ///< Distinct histories of one node.
  /// Views of the two blocks that both are final and conflict.
  struct Fork {
    unsigned first_view = 0;
    unsigned second_view = 0;
  };
  std::optional<Fork> fork;
  /// Which lemma fell, 1–3, or 9 for a correct node that looks guilty.
  std::optional<unsigned> broken_lemma;
  bool is_complete = false;  ///< Everything was seen; false after a violation or a full table.
};

[[nodiscard]] Exploration explore(const ExplorerOptions& options);

}  // namespace oort::model
