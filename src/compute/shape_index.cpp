// SPDX-License-Identifier: Apache-2.0
#include "shape_index.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {

ShapeIndex::ShapeIndex(const Shape& shape, bool is_indexed)
    : need_(need_of(shape)),
      is_indexed_(is_indexed),
      is_plain_(shape.need.gpu_models.empty() && shape.need.gpu_memory_mib_min == 0 &&
                !shape.need.same_interconnect && shape.need.disk_mib == 0 && shape.risk == 0),
      shape_(shape) {}

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

/// Of a node that has room, for a shape that takes any devices.
std::int32_t ShapeIndex::plain_score(const NodeTable& nodes, NodeIndex index) const {
  const Node& node = nodes.at(index);
  const auto all = static_cast<DeviceMask>((1U << node.free.devices_count) - 1U);
  const auto chosen = need_.gpu_count == 0 ? std::optional(DeviceMask{0})
                                           : choose_devices(node.free, need_, all, node.links);
  OORT_ASSERT(chosen.has_value(), "a node with room fits a shape that takes any devices");
  return nodes.score(index, shape_, need_, *chosen);
}

std::int32_t ShapeIndex::score(const NodeTable& nodes, NodeIndex index) const {
  if (is_indexed_) return scores_[index];
  return nodes.at(index).reserved_for ? unfit : score_now(nodes, index);
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
    const bool is_known = offers_version_ == nodes.offers_version();
    for (std::uint64_t at = cursor_; at < end; ++at) {
      // Only the last of a node's changes counts.
      if (nodes.is_latest(at)) look(nodes, nodes.changed(at), is_known);
    }
  }
  cursor_ = end;
  generation_ = nodes.generation();
  offers_version_ = nodes.offers_version();
}

void ShapeIndex::rebuild(const NodeTable& nodes) {
  const std::size_t blocks = (nodes.size() + block_nodes - 1) / block_nodes;
  // What is known of a node holds as long as its offer, whatever its score is.
  known_.resize(nodes.size());
  scores_.assign(blocks * block_nodes, unfit);
  block_min_.assign(blocks, unfit);
  is_stale_.assign(blocks, false);
  fits_ = 0;
  waiting_.clear();
  best_.reset();
  has_lost_best_ = true;
  for (NodeIndex index = 0; index < nodes.size(); ++index) look(nodes, index, false);
}

void ShapeIndex::forget_scores() {
  for (NodeIndex index = 0; index < scores_.size(); ++index) {
    if (scores_[index] == unfit || scores_[index] == unscored) continue;
    scores_[index] = unscored;
    waiting_.push_back(index);
  }
  std::fill(block_min_.begin(), block_min_.end(), unfit);
  std::fill(is_stale_.begin(), is_stale_.end(), false);
  has_lost_best_ = true;
}

void ShapeIndex::look(const NodeTable& nodes, NodeIndex index, bool is_known) {
  if (is_short(nodes.room(index), need_)) {
    // Where nothing fits there is nothing to correct.
    if (fits_ > 0 && index < scores_.size()) set(index, unfit);
    return;
  }
  // A node that had room for it may run it.
  if (is_known && is_plain_ && index < scores_.size() && scores_[index] != unfit) {
    set(index, unscored);
    return;
  }
  if (index >= known_.size()) known_.resize(index + 1);
  while (index >= scores_.size()) {
    scores_.resize(scores_.size() + block_nodes, unfit);
    block_min_.push_back(unfit);
    is_stale_.push_back(false);
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
  return is_plain_ ? known.match.is_allowed : devices(nodes, index).has_value();
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
  const std::size_t block = index / block_nodes;
  std::int32_t& least = block_min_[block];
  if (now != unscored && now <= least) {
    least = now;
    is_stale_[block] = false;
  } else if (before == least && before != unfit) {
    is_stale_[block] = true;
  }
}

void ShapeIndex::score_waiting(const NodeTable& nodes) {
  for (const NodeIndex index : waiting_) {
    if (scores_[index] != unscored) continue;
    const std::int32_t now = is_plain_ ? plain_score(nodes, index) : score_now(nodes, index);
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
  is_stale_[block] = false;
}

std::optional<NodeIndex> ShapeIndex::best(const NodeTable& nodes) {
  OORT_ASSERT(cursor_ == nodes.log_end(), "the index has seen every change");
  if (!is_indexed_) return best_;
  score_waiting(nodes);
  if (has_lost_best_ || !best_) best_ = fits_ == 0 ? std::nullopt : least();
  has_lost_best_ = false;
  return best_;
}

std::optional<NodeIndex> ShapeIndex::least() {
  std::size_t block = 0;
  std::int32_t lowest = unfit;
  // The first of the lowest bounds is the least where it is exact, and no block before has as low.
  while (true) {
    const auto first = std::min_element(block_min_.begin(), block_min_.end());
    if (first == block_min_.end() || *first == unfit) return std::nullopt;
    lowest = *first;
    block = static_cast<std::size_t>(first - block_min_.begin());
    if (!is_stale_[block]) break;
    recompute_block(block);
  }
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
