// SPDX-License-Identifier: Apache-2.0
#include "gang_index.hpp"

#include <algorithm>
#include <utility>

namespace oort::compute {

TopologyGroup group_of(Topology topology, const Node& node, NodeIndex index) {
  constexpr TopologyGroup alone = TopologyGroup{1} << 40;
  switch (topology) {
    case Topology::Any: return 0;
    case Topology::SameRegion: return node.region;
    case Topology::SameFabric: return node.offer.fabric != 0 ? node.offer.fabric : alone + index;
    case Topology::SameNode: return index;
  }
  return 0;
}

std::uint32_t members_that_fit(Capacity free, const Need& need, DeviceMask allowed,
                               const Links& links, std::uint32_t most) {
  std::uint32_t members = 0;
  while (members < most) {
    const auto devices = fit(free, need, allowed, links);
    if (!devices) break;
    take(free, need, *devices);
    ++members;
  }
  return members;
}

void GangIndex::add(TopologyGroup group, std::uint32_t members) {
  if (members == 0) return;
  std::uint64_t& sum = sums_[group];
  sum += members;
  if (sum >= gang_.min) feasible_[group] = sum;
}

void GangIndex::subtract(TopologyGroup group, std::uint32_t members) {
  if (members == 0) return;
  const auto found = sums_.find(group);
  found->second -= members;
  if (found->second >= gang_.min) {
    feasible_[group] = found->second;
  } else {
    feasible_.erase(group);
  }
  if (found->second == 0) sums_.erase(found);
}

void GangIndex::update(const NodeTable& nodes, const ShapeIndex& shape, NodeIndex index) {
  if (index >= counts_.size()) counts_.resize(index + 1);
  Counted& counted = counts_[index];
  subtract(counted.group, counted.members);
  const Node& node = nodes.at(index);
  counted = {};
  const Match matched = shape.match_of(nodes, index);
  if (matched.is_allowed && !node.reserved_for) {
    counted.group = group_of(gang_.topology, node, index);
    counted.members =
        members_that_fit(node.free, shape.need(), matched.devices, node.links, gang_.max);
  }
  add(counted.group, counted.members);
}

void GangIndex::refresh(const NodeTable& nodes, const ShapeIndex& shape) {
  const std::uint64_t end = nodes.log_end();
  if (cursor_ == end) return;
  if (!is_indexed_ || cursor_ > end || cursor_ < nodes.log_begin() ||
      end - cursor_ > nodes.size()) {
    counts_.assign(nodes.size(), Counted());
    sums_.clear();
    feasible_.clear();
    for (NodeIndex index = 0; index < nodes.size(); ++index) update(nodes, shape, index);
  } else {
    for (std::uint64_t at = cursor_; at < end; ++at) update(nodes, shape, nodes.changed(at));
  }
  cursor_ = end;
}

std::vector<TopologyGroup> GangIndex::groups() const {
  std::vector<std::pair<std::uint64_t, TopologyGroup>> order;
  order.reserve(feasible_.size());
  for (const auto& [group, sum] : feasible_) order.emplace_back(sum, group);
  std::sort(order.begin(), order.end());
  std::vector<TopologyGroup> groups;
  groups.reserve(order.size());
  for (const auto& [sum, group] : order) groups.push_back(group);
  return groups;
}

}  // namespace oort::compute
