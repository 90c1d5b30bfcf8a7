// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {

/// What only the officer knows of a bait until it reveals it.
struct BaitSecret {
  ledger::BaitLeaf leaf;
  Bytes32 salt;
  Bytes32 answer;
  friend bool operator==(const BaitSecret&, const BaitSecret&) = default;
};
/// A fresh salt, and the commitments under it.
[[nodiscard]] BaitSecret commit_bait(const Bytes32& task_commitment, const Bytes32& answer,
                                     ledger::VerdictRule rule, env::Random& random);

/// The commitment of one epoch: `ledger::bait_leaves_count` leaves, those of baits at random places
/// and random bytes at all others. A node that is no officer posts a tree without baits.
///
/// Invariants
///   B1  What is posted says nothing of the number of baits: roots and paths have one form.
///   B2  Every bait of a tree can be shown to stand under its root.
class BaitTree {
 public:
  /// Requires: at most `ledger::bait_leaves_count` baits.
  BaitTree(std::span<const BaitSecret> baits, env::Random& random);
  /// The tree that had these. Requires: `bait_leaves_count` leaves, and places below that.
  BaitTree(std::vector<Bytes32> leaves, std::vector<std::uint64_t> places);
  [[nodiscard]] const std::vector<Bytes32>& leaves() const noexcept { return leaves_; }
  /// Of the baits, in the order in which they were given.
  [[nodiscard]] const std::vector<std::uint64_t>& places() const noexcept { return places_; }
  [[nodiscard]] const Bytes32& root() const noexcept { return root_; }
  /// Path of the bait with this index in the span that the tree was made of.
  [[nodiscard]] crypto::MerkleProof path(std::size_t bait) const;

 private:
  std::vector<Bytes32> leaves_;
  std::vector<std::uint64_t> places_;
  Bytes32 root_;
};

/// A number of baits that tells nothing of how many are left once some are seen: after `quota`,
/// each further one comes with the chance `more`; at most `count_max`.
struct BaitCount {
  std::uint32_t quota = 1;  ///< Owed per epoch.
  ledger::Ppb more{900'000'000};
  std::uint32_t count_max = static_cast<std::uint32_t>(ledger::bait_leaves_count);
};
[[nodiscard]] std::uint32_t draw_count(const BaitCount& rules, env::Random& random) noexcept;

/// A panelist's record of an execution: the states that it passed, and what it shows of them.
///
/// Invariants
///   P1  What an honest panelist commits to opens at whatever step is drawn.
class TraceRecord {
 public:
  /// Requires: at least one state.
  TraceRecord(const Bytes32& fault, const NodeId& panelist, std::vector<Bytes32> states,
              const Bytes32& result_hash, env::Random& random);
  /// The record that had these. Requires: `answer.steps_count` states, and at least one.
  TraceRecord(const ledger::PanelAnswer& answer, std::vector<Bytes32> states);
  [[nodiscard]] const std::vector<Bytes32>& states() const noexcept { return states_; }
  [[nodiscard]] const ledger::PanelAnswer& answer() const noexcept { return answer_; }
  [[nodiscard]] Bytes32 commitment() const { return ledger::commitment_of(answer_); }
  /// What is shown once `seed` has drawn the step.
  [[nodiscard]] ledger::PanelReveal open(const Bytes32& seed) const;

 private:
  void grow_tree();

  std::vector<Bytes32> states_;
  std::vector<Bytes32> leaves_;
  ledger::PanelAnswer answer_;
};

}  // namespace oort::honesty
