// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "least_tree.hpp"
#include "node_table.hpp"
#include "shape.hpp"

namespace oort::compute {

/// Scores lie between -score_max and score_max; a node that cannot run the shape has `unfit`.
inline constexpr std::int32_t score_max = std::numeric_limits<std::int32_t>::max() - 1;
inline constexpr std::int32_t unfit = LeastTree::none;

/// Of a need, what a glance at a node's room tells.
struct Glance {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint16_t most = 0;  ///< Thousandths of one device.
  std::uint8_t whole = 0;  ///< Devices.
};
[[nodiscard]] inline Glance glance_of(const Need& need) noexcept {
  const bool is_share = need.gpu_milli < gpu_whole;
  return {need.cpu_milli, need.memory_mib, is_share ? need.gpu_milli : std::uint16_t{0},
          static_cast<std::uint8_t>(is_share ? 0 : need.gpu_count)};
}
/// Whether a node is out of the question by its room alone, as most of a full cluster are.
[[nodiscard]] inline bool is_short(const Room& room, const Glance& need) noexcept {
  // Without branches, for nobody can guess them.
  return static_cast<int>(!room.is_open) | static_cast<int>(room.cpu_milli < need.cpu_milli) |
         static_cast<int>(room.memory_mib < need.memory_mib) |
         static_cast<int>(room.most_free < need.most) |
         static_cast<int>(room.whole_free < need.whole);
}

/// A shape, and which node would be best for it now. Reserved nodes are not in it.
///   I1  `best` is the node of the least (score, index) of all that fit and are not reserved.
///   I2  `is_feasible` if and only if there is a best.
/// With an index each change of a node costs a look at whether the shape fits, when the shape is
/// next asked for, and a score only where it does and the best is asked for; idle nodes of a kind
/// are scored once. Without, every question is a scan.
class ShapeIndex {
 public:
  ShapeIndex(const Shape& shape, bool is_indexed);

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const Need& need() const noexcept { return need_; }
  [[nodiscard]] const Glance& glance() const noexcept { return glance_; }
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
  /// No generation of the nodes.
  static constexpr std::uint64_t not_scored = std::numeric_limits<std::uint64_t>::max();

  /// What holds for all nodes of a kind.
  struct OfKind {
    /// Of the kind that it is known of; 0 is none.
    std::uint64_t stamp = 0;
    /// Of the nodes, when the score was found.
    std::uint64_t generation = not_scored;
    Match match;
    std::int32_t idle_score = unfit;
  };

  /// `is_known`: no offer has changed since the last look at any node.
  void look(const NodeTable& nodes, NodeIndex index, bool is_known);
  [[nodiscard]] bool fits(const NodeTable& nodes, NodeIndex index);
  OfKind& of_kind(const NodeTable& nodes, NodeIndex index);
  void grow(const NodeTable& nodes);
  void rebuild(const NodeTable& nodes);
  void score_waiting(const NodeTable& nodes);
  [[nodiscard]] std::int32_t measure(const NodeTable& nodes, NodeIndex index);
  [[nodiscard]] std::int32_t plain_score(const NodeTable& nodes, NodeIndex index) const;
  [[nodiscard]] std::optional<NodeIndex> scan(const NodeTable& nodes) const;

  // What every question touches stands first.
  std::uint64_t cursor_ = 0;
  /// Of the nodes, when all were scored.
  std::uint64_t generation_ = not_scored;
  Need need_;
  Glance glance_;
  /// How many nodes have room.
  std::size_t fits_ = 0;
  bool is_indexed_;
  /// Cores, memory and any devices are all that it asks of a node that may run it.
  bool is_plain_;
  /// It says something of single nodes or operators.
  bool has_names_;
  std::uint64_t offers_version_ = 0;
  std::vector<OfKind> kinds_;
  /// By node: whether it has room, and whether it waits for its score.
  std::vector<bool> has_room_;
  std::vector<bool> is_waiting_;
  /// Those that have changed since they were scored, each once.
  std::vector<NodeIndex> waiting_;
  /// `unfit` where there is no room. Of nodes that wait, what was true.
  LeastTree scores_;
  /// Without an index.
  std::optional<NodeIndex> best_;
  Shape shape_;
};

}  // namespace oort::compute
