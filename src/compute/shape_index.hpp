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

/// Whether a node is out of the question by its room alone, as most of a full cluster are.
[[nodiscard]] inline bool is_short(const Room& room, const Need& need) noexcept {
  if (!room.is_open || room.cpu_milli < need.cpu_milli || room.memory_mib < need.memory_mib) {
    return true;
  }
  return need.gpu_milli == gpu_whole ? room.whole_free < need.gpu_count
                                     : room.most_free < need.gpu_milli;
}

/// A shape, and which node would be best for it now. Reserved nodes are not in it.
///   I1  `best` is the node of the least (score, index) of all that fit and are not reserved.
///   I2  `is_feasible` if and only if there is a best.
/// With an index each change of a node costs a look at whether the shape fits, when the shape is
/// next asked for, and a score only where it does and the best is asked for; without, every
/// question is a scan.
class ShapeIndex {
 public:
  ShapeIndex(const Shape& shape, bool is_indexed);

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const Need& need() const noexcept { return need_; }
  [[nodiscard]] bool is_indexed() const noexcept { return is_indexed_; }

  /// Where no node had room, nor has had any up to that position of the log: what lies before it
  /// need not be looked at.
  void skip_to(std::uint64_t position) noexcept {
    if (is_indexed_ && fits_ == 0 && position > cursor_) cursor_ = position;
  }
  /// Takes note of all changes.
  void refresh(const NodeTable& nodes);
  /// Whether any node has room. Requires: refreshed.
  [[nodiscard]] bool is_feasible() const noexcept { return is_indexed_ ? fits_ > 0 : !!best_; }
  /// Whether it is known, from an index that has seen every change, that no node has room.
  [[nodiscard]] bool fits_nowhere(const NodeTable& nodes) const noexcept {
    return is_indexed_ && cursor_ == nodes.log_end() && fits_ == 0;
  }
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

  /// `is_known`: no offer has changed since the last look at any node.
  void look(const NodeTable& nodes, NodeIndex index, bool is_known);
  [[nodiscard]] bool fits(const NodeTable& nodes, NodeIndex index);
  void set(NodeIndex index, std::int32_t score);
  void rebuild(const NodeTable& nodes);
  void forget_scores();
  void score_waiting(const NodeTable& nodes);
  [[nodiscard]] std::int32_t plain_score(const NodeTable& nodes, NodeIndex index) const;
  void recompute_block(std::size_t block);
  [[nodiscard]] std::optional<NodeIndex> scan(const NodeTable& nodes) const;
  [[nodiscard]] std::optional<NodeIndex> least();

  // What every question touches stands first.
  std::uint64_t cursor_ = 0;
  std::uint64_t generation_ = std::numeric_limits<std::uint64_t>::max();
  Need need_;
  /// How many nodes have room.
  std::size_t fits_ = 0;
  bool is_indexed_;
  /// Cores, memory and any devices are all that it asks of a node that may run it.
  bool is_plain_;
  std::uint64_t offers_version_ = 0;
  std::vector<Known> known_;
  std::vector<std::int32_t> scores_;
  /// At most the least score of a block that is scored; exactly that unless the block is stale.
  std::vector<std::int32_t> block_min_;
  std::vector<bool> is_stale_;
  /// All that are unscored, and some that are not.
  std::vector<NodeIndex> waiting_;
  /// The best has changed, or there was none: it must be searched for.
  bool has_lost_best_ = false;
  std::optional<NodeIndex> best_;
  Shape shape_;
};

}  // namespace oort::compute
