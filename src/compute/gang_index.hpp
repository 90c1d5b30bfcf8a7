// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "node_table.hpp"
#include "shape_index.hpp"

namespace oort::compute {

/// A set of nodes that a gang may lie in as a whole, by its topology.
using TopologyGroup = std::uint64_t;
[[nodiscard]] TopologyGroup group_of(Topology topology, const Node& node, NodeIndex index);

/// How many tasks of a shape fit into what is free, `most` at most.
[[nodiscard]] std::uint32_t members_that_fit(Capacity free, const Need& need, DeviceMask allowed,
                                             const Links& links, std::uint32_t most);

/// How many members of a gang each unreserved node and each group could take now.
///   G1  A group's sum is that of its nodes' counts.
class GangIndex {
 public:
  GangIndex(const Gang& gang, bool is_indexed) : gang_(gang), is_indexed_(is_indexed) {}

  void refresh(const NodeTable& nodes, const ShapeIndex& shape);
  /// Requires: refreshed.
  [[nodiscard]] bool is_feasible() const noexcept { return !feasible_.empty(); }
  /// The groups that have room, the tightest first. Requires: refreshed.
  [[nodiscard]] std::vector<TopologyGroup> groups() const;

 private:
  struct Counted {
    TopologyGroup group = 0;
    std::uint32_t members = 0;
  };
  void update(const NodeTable& nodes, const ShapeIndex& shape, NodeIndex index);
  void add(TopologyGroup group, std::uint32_t members);
  void subtract(TopologyGroup group, std::uint32_t members);

  Gang gang_;
  bool is_indexed_;
  std::uint64_t cursor_ = std::numeric_limits<std::uint64_t>::max();
  std::vector<Counted> counts_;
  std::map<TopologyGroup, std::uint64_t> sums_;
  std::map<TopologyGroup, std::uint64_t> feasible_;
};

}  // namespace oort::compute
