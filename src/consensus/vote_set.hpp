// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"

namespace oort::consensus {

/// Votes of one kind in one view, one slot a validator, weighed by block.
///
/// Signatures are checked late: votes are buffered until they would make a quorum, then verified
/// together; those that fail are thrown out and named.
///
/// Invariants
///   C4  Only a validator's first vote counts, once; a different one does not erase it.
///   Q1  A certificate made here verifies.
class VoteSet {
 public:
  enum class Added : std::uint8_t { New, Same, Different };

  VoteSet(VoteKind kind, View view) noexcept : kind_(kind), view_(view) {}

  /// Requires: `vote` is of this kind, view and of a validator of the set. A New one is counted;
  /// a Same one that was verified makes the buffered one verified.
  Added add(const EpochContext& context, const Vote& vote, bool is_verified);
  /// The validator's counted vote; nothing when there is none.
  [[nodiscard]] std::optional<Vote> find(const EpochContext& context, ValidatorIndex voter) const;
  [[nodiscard]] bool is_verified(const Ballot& ballot, const CertifiedVote& vote) const;
  /// Frees the slot of a vote whose signature turned out to be bad.
  void drop(const EpochContext& context, ValidatorIndex voter);
  void mark_verified(ValidatorIndex voter) { slots_[voter.value()].state = State::Verified; }

  /// Weight that voted for `block` (zero in a set of NULLIFY votes), buffered votes included.
  [[nodiscard]] std::uint64_t weight(const BlockId& block) const noexcept;
  [[nodiscard]] std::uint64_t weight_max() const noexcept;
  /// Verifies what is buffered for `block`; drops and returns who sent a bad signature.
  std::vector<ValidatorIndex> verify(const EpochContext& context, const BlockId& block);
  /// Requires: a quorum's weight for `block` is verified. Of NULLIFY votes those with the smallest
  /// `from` are chosen, so that the certificate covers as much as it can.
  [[nodiscard]] Certificate certify(const EpochContext& context, const BlockId& block) const;

 private:
  enum class State : std::uint8_t { Empty, Buffered, Verified };
  struct Slot {
    State state = State::Empty;
    BlockId block;
    View from;
    Signature signature;
  };
  struct Tally {
    BlockId block;
    std::uint64_t weight = 0;
  };

  [[nodiscard]] Ballot ballot_of(const EpochContext& context, const Slot& slot) const;
  void count(const BlockId& block, std::uint64_t weight);
  void bisect(const EpochContext& context, std::span<const std::uint16_t> voters,
              std::vector<ValidatorIndex>& bad);

  VoteKind kind_;
  View view_;
  std::vector<Slot> slots_;
  std::vector<Tally> tallies_;
};

}  // namespace oort::consensus
