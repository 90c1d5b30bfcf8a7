// SPDX-License-Identifier: Apache-2.0
#include "shape_index.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {

ShapeIndex::ShapeIndex(const Shape& shape, bool is_indexed)
    : need_(need_of(shape)),
      glance_(glance_of(need_)),
      is_indexed_(is_indexed),
      is_plain_(shape.need.gpu_models.empty() && shape.need.gpu_memory_mib_min == 0 &&
                !shape.need.same_interconnect && shape.need.disk_mib == 0 && shape.risk == 0),
      has_names_(has_names(shape)),
      shape_(shape) {}

Match ShapeIndex::match_of(const NodeTable& nodes, NodeIndex index) const {
  const Node& node = nodes.at(index);
  if (!node.is_present) return {};
  if (has_names_ && !takes_name(shape_, node.offer)) return {};
  const bool is_known =
      node.kind < kinds_.size() && kinds_[node.kind].stamp == nodes.kinds().stamp(node.kind);
  return is_known ? kinds_[node.kind].match : match_of_kind(shape_, node.offer, node.links);
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
  if (is_indexed_) return scores_.at(index);
  return nodes.at(index).reserved_for ? unfit : score_now(nodes, index);
}

void ShapeIndex::refresh(const NodeTable& nodes) {
  const std::uint64_t end = nodes.log_end();
  if (!is_indexed_) {
    if (cursor_ != end || generation_ != nodes.generation()) best_ = scan(nodes);
    generation_ = nodes.generation();
  } else if (cursor_ < nodes.log_begin() || end - cursor_ > nodes.size()) {
    rebuild(nodes);
  } else {
    const bool is_known = offers_version_ == nodes.offers_version();
    for (std::uint64_t at = cursor_; at < end; ++at) {
      // Only the last of a node's changes counts.
      if (nodes.is_latest(at)) look(nodes, nodes.changed(at), is_known);
    }
  }
  cursor_ = end;
  offers_version_ = nodes.offers_version();
}

void ShapeIndex::grow(const NodeTable& nodes) {
  has_room_.resize(nodes.size());
  is_waiting_.resize(nodes.size());
  scores_.grow(nodes.size());
}

void ShapeIndex::rebuild(const NodeTable& nodes) {
  has_room_.assign(nodes.size(), false);
  is_waiting_.assign(nodes.size(), false);
  waiting_.clear();
  fits_ = 0;
  for (NodeIndex index = 0; index < nodes.size(); ++index) {
    if (is_short(nodes.room(index), glance_) || !fits(nodes, index)) continue;
    has_room_[index] = true;
    ++fits_;
  }
  generation_ = not_scored;
}

void ShapeIndex::look(const NodeTable& nodes, NodeIndex index, bool is_known) {
  if (index >= has_room_.size()) grow(nodes);
  const bool had_room = has_room_[index];
  // A node that had room may run it, as long as it offers the same.
  const bool is_glance_enough = is_known && had_room && is_plain_;
  const bool has_room =
      !is_short(nodes.room(index), glance_) && (is_glance_enough || fits(nodes, index));
  if (!had_room && !has_room) return;
  has_room_[index] = has_room;
  fits_ = fits_ + (has_room ? 1 : 0) - (had_room ? 1 : 0);
  if (is_waiting_[index]) return;
  is_waiting_[index] = true;
  waiting_.push_back(index);
}

/// Of a node that is not short.
bool ShapeIndex::fits(const NodeTable& nodes, NodeIndex index) {
  if (!of_kind(nodes, index).match.is_allowed) return false;
  if (has_names_ && !takes_name(shape_, nodes.at(index).offer)) return false;
  return is_plain_ || devices(nodes, index).has_value();
}

ShapeIndex::OfKind& ShapeIndex::of_kind(const NodeTable& nodes, NodeIndex index) {
  const KindIndex kind = nodes.room(index).kind;
  if (kind >= kinds_.size()) kinds_.resize(kind + std::size_t{1});
  OfKind& known = kinds_[kind];
  const std::uint64_t stamp = nodes.kinds().stamp(kind);
  if (known.stamp != stamp) {
    const Node& node = nodes.at(index);
    known = {stamp, not_scored, match_of_kind(shape_, node.offer, node.links), unfit};
  }
  return known;
}

/// Of a node that has room; so something is known of its kind.
inline std::int32_t ShapeIndex::measure(const NodeTable& nodes, NodeIndex index) {
  const Room& room = nodes.room(index);
  if (!room.is_idle) return is_plain_ ? plain_score(nodes, index) : score_now(nodes, index);
  OfKind& known = kinds_[room.kind];
  if (known.generation != nodes.generation()) {
    known.generation = nodes.generation();
    known.idle_score = score_now(nodes, index);
  }
  return known.idle_score;
}

void ShapeIndex::score_waiting(const NodeTable& nodes) {
  // Nodes that came while nothing fitted may not have been looked at.
  grow(nodes);
  const auto score_of = [&](NodeIndex index) {
    return has_room_[index] ? measure(nodes, index) : unfit;
  };
  if (generation_ != nodes.generation()) {
    scores_.set_all([&](std::size_t place) { return score_of(static_cast<NodeIndex>(place)); });
    generation_ = nodes.generation();
    for (const NodeIndex index : waiting_) is_waiting_[index] = false;
    waiting_.clear();
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    // Nodes lie far apart: one is fetched while those before it are measured.
    constexpr std::size_t ahead = 3;
    if (i + ahead < waiting_.size()) {
      nodes.fetch(waiting_[i + ahead]);
      scores_.fetch(waiting_[i + ahead]);
    }
    const NodeIndex index = waiting_[i];
    scores_.set(index, score_of(index));
    is_waiting_[index] = false;
  }
  waiting_.clear();
}

std::optional<NodeIndex> ShapeIndex::best(const NodeTable& nodes) {
  OORT_ASSERT(cursor_ == nodes.log_end(), "the index has seen every change");
  if (!is_indexed_) return best_;
  score_waiting(nodes);
  const auto first = scores_.first_least();
  if (!first) return std::nullopt;
  return static_cast<NodeIndex>(*first);
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
