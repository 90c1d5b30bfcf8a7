// SPDX-License-Identifier: Apache-2.0
#include "fragmentation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "oort/core/amount.hpp"

namespace oort::compute {

Fragmentation::Fragmentation(std::span<const WorkloadShape> shapes) {
  Uint128 sum = 0;
  Uint128 demand = 0;
  Uint128 whole = 0;
  for (const WorkloadShape& shape : shapes) {
    if (shape.gpu_count == 0) continue;
    sum += shape.weight;
    const Uint128 asked = Uint128{shape.weight} * shape.gpu_count * shape.gpu_milli;
    demand += asked;
    if (shape.gpu_milli == gpu_whole) whole += asked;
  }
  if (sum == 0) return;
  whole_part_ = static_cast<std::int64_t>(whole * score_unit / demand);
  std::map<std::pair<std::uint16_t, std::uint16_t>, Group> groups;
  for (const WorkloadShape& shape : shapes) {
    if (shape.gpu_count == 0) continue;
    const auto weight = static_cast<std::int64_t>(Uint128{shape.weight} * score_unit / sum);
    if (weight == 0) continue;
    Group& group = groups[{shape.gpu_count, shape.gpu_milli}];
    group.gpu_count = shape.gpu_count;
    group.gpu_milli = shape.gpu_milli;
    group.weight += weight;
    group.sizes.push_back({shape.cpu_milli, shape.memory_mib, weight});
    group.cpu_max = std::max(group.cpu_max, shape.cpu_milli);
    group.memory_max = std::max(group.memory_max, shape.memory_mib);
  }
  for (auto& [key, group] : groups) {
    for (std::size_t left = 0; left < group.gpu_milli; ++left) {
      slivers_[left] += group.weight * static_cast<std::int64_t>(left);
    }
    if (group.gpu_milli == gpu_whole) {
      const auto more = std::min<std::size_t>(group.gpu_count, want_more_.size());
      for (std::size_t free = 0; free < more; ++free) want_more_[free] += group.weight;
    }
    cpu_max_ = std::max(cpu_max_, group.cpu_max);
    memory_max_ = std::max(memory_max_, group.memory_max);
    groups_.push_back(std::move(group));
  }
}

std::int64_t Fragmentation::missing(const Group& group, const Capacity& free) {
  if (free.cpu_milli >= group.cpu_max && free.memory_mib >= group.memory_max) return 0;
  std::int64_t weight = 0;
  for (const Size& size : group.sizes) {
    const bool fits = free.cpu_milli >= size.cpu_milli && free.memory_mib >= size.memory_mib;
    weight += fits ? 0 : size.weight;
  }
  return weight;
}

/// Slivers are lost to a shape wherever it fits, and where it does not fit the rest is lost too. So
/// the slivers of all shapes come out of one table, and only shapes that do not fit are looked at.
std::int64_t Fragmentation::of(const Capacity& free) const {
  std::int64_t sum = 0;
  std::uint32_t most = 0;
  std::size_t whole = 0;
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    const std::uint32_t left = free.gpu_milli[i];
    most = std::max<std::uint32_t>(most, left);
    whole += left == gpu_whole ? 1 : 0;
    sum += slivers_[left];
  }
  const std::int64_t whole_milli = static_cast<std::int64_t>(whole) * gpu_whole;
  sum += want_more_[whole] * whole_milli;
  if (free.cpu_milli >= cpu_max_ && free.memory_mib >= memory_max_) return sum;
  for (const Group& group : groups_) {
    if (group.gpu_milli == gpu_whole) {
      if (whole >= group.gpu_count) sum += missing(group, free) * whole_milli;
      continue;
    }
    // Where no device has so much, all that is free is slivers.
    if (most < group.gpu_milli) continue;
    const std::int64_t weight = missing(group, free);
    if (weight == 0) continue;
    std::int64_t usable = 0;
    for (std::size_t i = 0; i < free.devices_count; ++i) {
      usable += free.gpu_milli[i] >= group.gpu_milli ? free.gpu_milli[i] : 0;
    }
    sum += weight * usable;
  }
  return sum;
}

}  // namespace oort::compute
