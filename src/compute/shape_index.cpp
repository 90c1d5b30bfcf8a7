// SPDX-License-Identifier: Apache-2.0
#include "shape_index.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {

Match ShapeIndex::match_of(const NodeTable& nodes, NodeIndex index) const {
  const Node& node = nodes.at(index);
  if (!node.is_present) return {};
  if (index < known_.size() && known_[index].version == node.version) return known_[index].match;
  return match(shape_, node.offer, node.links);
}

std::optional<DeviceMask> ShapeIndex::devices(const NodeTable& nodes, NodeIndex index) const {
  const Match matched = match_of(nodes, index);
  if (!matched.is_allowed) return std::nullopt;
  const Node& node = nodes.at(index);
  return fit(node.free, need_, matched.devices, node.links);
}

std::int32_t ShapeIndex::score_now(const NodeTable& nodes, NodeIndex index) const {
  const auto chosen = devices(nodes, index);
  return chosen ? nodes.score(index, shape_, need_, *chosen) : unfit;
}

std::int32_t ShapeIndex::score(const NodeTable& nodes, NodeIndex index) const {
  if (is_indexed_) return scores_[index];
  return nodes.at(index).reserved_for ? unfit : score_now(nodes, index);
}

bool ShapeIndex::is_short(const Node& node) const noexcept {
  if (node.reserved_for) return true;
  const Capacity& free = node.free;
  if (free.cpu_milli < need_.cpu_milli || free.memory_mib < need_.memory_mib) return true;
  return need_.gpu_milli == gpu_whole ? node.whole_free < need_.gpu_count
                                      : node.most_free < need_.gpu_milli;
}

void ShapeIndex::refresh(const NodeTable& nodes) {
  const std::uint64_t end = nodes.log_end();
  if (cursor_ == end && generation_ == nodes.generation()) return;
  if (!is_indexed_) {
    best_ = scan(nodes);
  } else if (cursor_ < nodes.log_begin() || end - cursor_ > nodes.size()) {
    rebuild(nodes);
  } else {
    if (generation_ != nodes.generation()) forget_scores();
    for (std::uint64_t at = cursor_; at < end; ++at) {
      const NodeIndex index = nodes.changed(at);
      // A run of changes of one node counts once.
      if (at + 1 == end || nodes.changed(at + 1) != index) look(nodes, index);
    }
  }
  cursor_ = end;
  generation_ = nodes.generation();
}

void ShapeIndex::rebuild(const NodeTable& nodes) {
  const std::size_t blocks = (nodes.size() + block_nodes - 1) / block_nodes;
  // What is known of a node holds as long as its offer, whatever its score is.
  known_.resize(nodes.size());
  scores_.assign(blocks * block_nodes, unfit);
  block_min_.assign(blocks, unfit);
  fits_ = 0;
  waiting_.clear();
  best_.reset();
  has_lost_best_ = true;
  for (NodeIndex index = 0; index < nodes.size(); ++index) look(nodes, index);
}

void ShapeIndex::forget_scores() {
  for (NodeIndex index = 0; index < scores_.size(); ++index) {
    if (scores_[index] == unfit || scores_[index] == unscored) continue;
    scores_[index] = unscored;
    waiting_.push_back(index);
  }
  std::fill(block_min_.begin(), block_min_.end(), unfit);
  has_lost_best_ = true;
}

void ShapeIndex::look(const NodeTable& nodes, NodeIndex index) {
  if (is_short(nodes.at(index))) {
    // Where nothing fits there is nothing to correct.
    if (fits_ > 0 && index < scores_.size()) set(index, unfit);
    return;
  }
  if (index >= known_.size()) known_.resize(index + 1);
  while (index >= scores_.size()) {
    scores_.resize(scores_.size() + block_nodes, unfit);
    block_min_.push_back(unfit);
  }
  set(index, fits(nodes, index) ? unscored : unfit);
}

bool ShapeIndex::fits(const NodeTable& nodes, NodeIndex index) {
  const Node& node = nodes.at(index);
  Known& known = known_[index];
  if (known.version != node.version) {
    known.match = node.is_present ? match(shape_, node.offer, node.links) : Match();
    known.version = node.version;
  }
  return devices(nodes, index).has_value();
}

void ShapeIndex::set(NodeIndex index, std::int32_t now) {
  const std::int32_t before = scores_[index];
  if (before == now) return;
  scores_[index] = now;
  if (before == unfit) ++fits_;
  if (now == unfit) --fits_;
  if (index == best_) has_lost_best_ = true;
  if (now == unscored) waiting_.push_back(index);
  // A block's least is not of those that are unscored.
  std::int32_t& least = block_min_[index / block_nodes];
  if (now != unscored && now <= least) {
    least = now;
  } else if (before == least) {
    recompute_block(index / block_nodes);
  }
}

void ShapeIndex::score_waiting(const NodeTable& nodes) {
  for (const NodeIndex index : waiting_) {
    if (scores_[index] != unscored) continue;
    const std::int32_t now = score_now(nodes, index);
    set(index, now);
    if (has_lost_best_ || !best_) continue;
    if (std::pair(now, index) < std::pair(scores_[*best_], *best_)) best_ = index;
  }
  waiting_.clear();
}

void ShapeIndex::recompute_block(std::size_t block) {
  const auto* first = scores_.data() + block * block_nodes;
  std::int32_t least = unfit;
  for (std::size_t i = 0; i < block_nodes; ++i) {
    least = std::min(least, first[i] == unscored ? unfit : first[i]);
  }
  block_min_[block] = least;
}

std::optional<NodeIndex> ShapeIndex::best(const NodeTable& nodes) {
  OORT_ASSERT(cursor_ == nodes.log_end(), "the index has seen every change");
  if (!is_indexed_) return best_;
  score_waiting(nodes);
  if (has_lost_best_ || !best_) best_ = fits_ == 0 ? std::nullopt : least();
  has_lost_best_ = false;
  return best_;
}

std::optional<NodeIndex> ShapeIndex::least() const {
  std::int32_t lowest = unfit;
  std::size_t block = 0;
  for (std::size_t i = 0; i < block_min_.size(); ++i) {
    if (block_min_[i] < lowest) {
      lowest = block_min_[i];
      block = i;
    }
  }
  if (lowest == unfit) return std::nullopt;
  const auto* first = scores_.data() + block * block_nodes;
  const auto* found = std::find(first, first + block_nodes, lowest);
  return static_cast<NodeIndex>(found - scores_.data());
}

std::optional<NodeIndex> ShapeIndex::scan(const NodeTable& nodes) const {
  std::int32_t least = unfit;
  std::optional<NodeIndex> best;
  for (NodeIndex index = 0; index < nodes.size(); ++index) {
    const std::int32_t score = nodes.at(index).reserved_for ? unfit : score_now(nodes, index);
    if (score < least) {
      least = score;
      best = index;
    }
  }
  return best;
}

}  // namespace oort::compute
