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
    groups_.push_back(std::move(group));
  }
}

std::int64_t Fragmentation::of(const Capacity& free) const {
  std::int64_t total = 0;
  std::uint32_t most = 0;
  std::uint32_t whole = 0;
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    const std::uint32_t left = free.gpu_milli[i];
    total += left;
    most = std::max(most, left);
    whole += left == gpu_whole ? 1 : 0;
  }
  if (total == 0) return 0;
  std::int64_t sum = 0;
  for (const Group& group : groups_) {
    std::int64_t fitting = 0;
    const bool has_devices =
        group.gpu_milli == gpu_whole ? whole >= group.gpu_count : most >= group.gpu_milli;
    if (has_devices) {
      if (free.cpu_milli >= group.cpu_max && free.memory_mib >= group.memory_max) {
        fitting = group.weight;
      } else {
        for (const Size& size : group.sizes) {
          const bool fits = free.cpu_milli >= size.cpu_milli && free.memory_mib >= size.memory_mib;
          fitting += fits ? size.weight : 0;
        }
      }
    }
    std::int64_t slivers = 0;
    if (fitting > 0) {
      for (std::size_t i = 0; i < free.devices_count; ++i) {
        slivers += free.gpu_milli[i] < group.gpu_milli ? free.gpu_milli[i] : 0;
      }
    }
    sum += fitting * slivers + (group.weight - fitting) * total;
  }
  return sum;
}

}  // namespace oort::compute
