// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"

namespace oort::consensus {

struct Validator {
  NodeId node;               ///< Whose connections carry its messages.
  PublicKey key;             ///< What its votes are verified with.
  std::uint64_t weight = 0;  ///< 1 or more.
  friend bool operator==(const Validator&, const Validator&) noexcept = default;
};

/// Who votes in one epoch, and with what weight.
///
/// Invariants
///   V1  1 … 100 validators, strictly ascending by node, no key twice, weights at least 1 and in
///   sum
///       at most 2^60.
///   V2  Two quorums share more than a third of the weight, for every total.
class ValidatorSet {
 public:
  ValidatorSet() = default;
  /// Sorts by node: a validator's index is its place in that order.
  /// Fails with BAD_ARGUMENT where V1 would not hold.
  [[nodiscard]] static Result<ValidatorSet> make(Epoch epoch, std::vector<Validator> validators);

  [[nodiscard]] Epoch epoch() const noexcept { return epoch_; }
  [[nodiscard]] const std::vector<Validator>& validators() const noexcept { return validators_; }
  [[nodiscard]] std::size_t count() const noexcept { return validators_.size(); }
  [[nodiscard]] bool has(ValidatorIndex index) const noexcept { return index.value() < count(); }
  /// Requires: `has(index)`.
  [[nodiscard]] const Validator& operator[](ValidatorIndex index) const {
    return validators_[index.value()];
  }
  [[nodiscard]] std::optional<ValidatorIndex> index_of(const NodeId& node) const noexcept;
  [[nodiscard]] std::uint64_t weight_total() const noexcept { return weight_total_; }
  /// The least weight that decides: floor(2 W / 3) + 1.
  [[nodiscard]] std::uint64_t quorum() const noexcept;
  /// H("oort.v1 validator set", encoding).
  [[nodiscard]] const Bytes32& hash() const noexcept { return hash_; }

  friend bool operator==(const ValidatorSet&, const ValidatorSet&) = default;

 private:
  Epoch epoch_;
  std::vector<Validator> validators_;
  std::uint64_t weight_total_ = 0;
  Bytes32 hash_;
};

void encode(codec::Writer& out, const Validator& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Validator& value);
void encode(codec::Writer& out, const ValidatorSet& value);
/// Fails with NOT_CANONICAL where V1 does not hold.
[[nodiscard]] Result<void> decode(codec::Reader& in, ValidatorSet& value);

/// Who leads which view: smooth weighted round-robin over 32 n turns, then every run of n turns
/// shuffled by the epoch's seed, so that turns stay even and yet nobody knows them before the seed.
///
/// Invariants
///   V3  Each validator's turns differ from its share of the weight by less than one in a cycle.
///   V4  Equal sets and seeds give equal schedules, on every machine.
class Schedule {
 public:
  Schedule() = default;
  Schedule(const ValidatorSet& set, const Bytes32& seed);
  /// Requires: made from a set.
  [[nodiscard]] ValidatorIndex leader(View view) const noexcept {
    return turns_[view.value() % turns_.size()];
  }
  [[nodiscard]] const std::vector<ValidatorIndex>& turns() const noexcept { return turns_; }

 private:
  std::vector<ValidatorIndex> turns_;
};

}  // namespace oort::consensus
