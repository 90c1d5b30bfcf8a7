// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/baits.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/assert.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {
namespace {

Bytes32 random_bytes(env::Random& random) {
  Bytes32 bytes;
  random.fill(bytes.mutable_view());
  return bytes;
}

}  // namespace

BaitSecret commit_bait(const Bytes32& task_commitment, const Bytes32& answer,
                       ledger::VerdictRule rule, env::Random& random) {
  const Bytes32 salt = random_bytes(random);
  return {{task_commitment, ledger::answer_commitment(salt, answer), rule}, salt, answer};
}

BaitTree::BaitTree(std::span<const BaitSecret> baits, env::Random& random) {
  OORT_ASSERT(baits.size() <= ledger::bait_leaves_count, "the quota is below the tree's size");
  std::vector<std::uint64_t> places(ledger::bait_leaves_count);
  for (std::uint64_t i = 0; i < places.size(); ++i) places[i] = i;
  for (std::uint64_t i = places.size(); i > 1; --i) {
    std::swap(places[i - 1], places[random.below(i)]);
  }
  for (std::uint64_t i = 0; i < places.size(); ++i) leaves_.push_back(random_bytes(random));
  for (std::size_t i = 0; i < baits.size(); ++i) {
    leaves_[places[i]] = ledger::leaf_hash(baits[i].salt, baits[i].leaf);
  }
  places.resize(baits.size());
  places_ = std::move(places);
  root_ = crypto::merkle_root(leaves_);
}

BaitTree::BaitTree(std::vector<Bytes32> leaves, std::vector<std::uint64_t> places)
    : leaves_(std::move(leaves)), places_(std::move(places)), root_(crypto::merkle_root(leaves_)) {
  OORT_ASSERT(leaves_.size() == ledger::bait_leaves_count, "every tree has as many leaves");
  for (const std::uint64_t place : places_) {
    OORT_ASSERT(place < leaves_.size(), "a place is one of the leaves");
  }
}

crypto::MerkleProof BaitTree::path(std::size_t bait) const {
  OORT_ASSERT(bait < places_.size(), "the bait is of this tree");
  return crypto::merkle_prove(leaves_, places_[bait]);
}

std::uint32_t draw_count(const BaitCount& rules, env::Random& random) noexcept {
  std::uint32_t count = std::min(rules.quota, rules.count_max);
  while (count < rules.count_max && random.below(ledger::ppb_one) < rules.more.value()) ++count;
  return count;
}

TraceRecord::TraceRecord(const Bytes32& fault, const NodeId& panelist, std::vector<Bytes32> states,
                         const Bytes32& result_hash, env::Random& random)
    : states_(std::move(states)),
      answer_{fault, panelist, random_bytes(random), {}, states_.size(), result_hash} {
  grow_tree();
}

TraceRecord::TraceRecord(const ledger::PanelAnswer& answer, std::vector<Bytes32> states)
    : states_(std::move(states)), answer_(answer) {
  OORT_ASSERT(answer_.steps_count == states_.size(), "the answer is of these states");
  grow_tree();
}

void TraceRecord::grow_tree() {
  OORT_ASSERT(!states_.empty(), "an execution has a last state");
  for (std::size_t i = 0; i < states_.size(); ++i) {
    leaves_.push_back(ledger::trace_leaf(answer_, i, states_[i]));
  }
  answer_.trace_root = crypto::merkle_root(leaves_);
}

ledger::PanelReveal TraceRecord::open(const Bytes32& seed) const {
  const std::uint64_t step = ledger::drawn_step(seed, answer_.fault, states_.size());
  return {commitment(), answer_, {states_[step], crypto::merkle_prove(leaves_, step)}};
}

}  // namespace oort::honesty
