// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "node_table.hpp"
#include "shape.hpp"

namespace oort::compute {

/// Scores lie between -score_max and score_max; a node that cannot run the shape has `unfit`.
inline constexpr std::int32_t score_max = std::numeric_limits<std::int32_t>::max() - 1;
inline constexpr std::int32_t unfit = std::numeric_limits<std::int32_t>::max();

/// A shape, and which node would be best for it now. Reserved nodes are not in it.
///   I1  `best` is the node of the least (score, index) of all that fit and are not reserved.
///   I2  `is_feasible` if and only if there is a best.
/// With an index each change of a node costs a look at whether the shape fits, when the shape is
/// next asked for, and a score only where it does and the best is asked for; without, every
/// question is a scan.
class ShapeIndex {
 public:
  ShapeIndex(const Shape& shape, bool is_indexed)
      : shape_(shape), need_(need_of(shape)), is_indexed_(is_indexed) {}

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const Need& need() const noexcept { return need_; }

  /// Takes note of all changes.
  void refresh(const NodeTable& nodes);
  /// Whether any node has room. Requires: refreshed.
  [[nodiscard]] bool is_feasible() const noexcept { return is_indexed_ ? fits_ > 0 : !!best_; }
  /// Requires: refreshed.
  [[nodiscard]] std::optional<NodeIndex> best(const NodeTable& nodes);
  /// The score there now, or `unfit`; not for reserved nodes. Requires: asked for the best since
  /// refreshed.
  [[nodiscard]] std::int32_t score(const NodeTable& nodes, NodeIndex index) const;
  /// As `score`, whoever the node is reserved for.
  [[nodiscard]] std::int32_t score_now(const NodeTable& nodes, NodeIndex index) const;
  /// May the shape run on the idle node, and on which devices.
  [[nodiscard]] Match match_of(const NodeTable& nodes, NodeIndex index) const;
  /// Devices on the node now.
  [[nodiscard]] std::optional<DeviceMask> devices(const NodeTable& nodes, NodeIndex index) const;

 private:
  static constexpr std::size_t block_nodes = 64;
  /// Of a node that has room, until somebody asks for the best.
  static constexpr std::int32_t unscored = -score_max - 1;

  struct Known {
    std::uint32_t version = 0;
    Match match;
  };

  /// Most nodes of a full cluster are out of the question by this alone.
  [[nodiscard]] bool is_short(const Node& node) const noexcept;
  void look(const NodeTable& nodes, NodeIndex index);
  [[nodiscard]] bool fits(const NodeTable& nodes, NodeIndex index);
  void set(NodeIndex index, std::int32_t score);
  void rebuild(const NodeTable& nodes);
  void forget_scores();
  void score_waiting(const NodeTable& nodes);
  void recompute_block(std::size_t block);
  [[nodiscard]] std::optional<NodeIndex> scan(const NodeTable& nodes) const;
  [[nodiscard]] std::optional<NodeIndex> least() const;

  Shape shape_;
  Need need_;
  bool is_indexed_;
  std::uint64_t cursor_ = 0;
  std::uint64_t generation_ = std::numeric_limits<std::uint64_t>::max();
  std::vector<Known> known_;
  std::vector<std::int32_t> scores_;
  std::vector<std::int32_t> block_min_;
  /// How many nodes have room.
  std::size_t fits_ = 0;
  /// All that are unscored, and some that are not.
  std::vector<NodeIndex> waiting_;
  /// The best has changed, or there was none: it must be searched for.
  bool has_lost_best_ = false;
  std::optional<NodeIndex> best_;
};

}  // namespace oort::compute
