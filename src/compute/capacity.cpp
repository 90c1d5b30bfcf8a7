// SPDX-License-Identifier: Apache-2.0
#include "capacity.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

DeviceMask bit(std::size_t device) { return static_cast<DeviceMask>(1U << device); }

std::optional<DeviceMask> choose_share(const Capacity& free, const Need& need, DeviceMask allowed,
                                       const SliverCosts* slivers) {
  std::int64_t best_cost = std::numeric_limits<std::int64_t>::max();
  std::uint32_t best_free = gpu_whole + 1U;
  std::size_t best = 0;
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    const std::uint32_t left = free.gpu_milli[i];
    if ((allowed & bit(i)) == 0 || left < need.gpu_milli) continue;
    const std::int64_t cost =
        slivers == nullptr ? 0 : (*slivers)[left - need.gpu_milli] - (*slivers)[left];
    if (cost > best_cost || (cost == best_cost && left >= best_free)) continue;
    best_cost = cost;
    best_free = left;
    best = i;
  }
  if (best_free > gpu_whole) return std::nullopt;
  return bit(best);
}

/// The lowest `count` devices of a set.
DeviceMask lowest(DeviceMask set, std::uint32_t count) {
  DeviceMask chosen = 0;
  for (; count > 0; --count) {
    const auto one = static_cast<DeviceMask>(set & (~std::uint32_t{set} + 1U));
    chosen = static_cast<DeviceMask>(chosen | one);
    set = static_cast<DeviceMask>(set & ~one);
  }
  return chosen;
}

std::optional<DeviceMask> choose_linked(DeviceMask whole, const Need& need, std::size_t devices,
                                        const Links& links) {
  std::array<DeviceMask, devices_max> groups{};
  for (std::size_t i = 0; i < devices; ++i) {
    DeviceMask& group = groups[links.group[i]];
    if ((whole & bit(i)) != 0) group = static_cast<DeviceMask>(group | bit(i));
  }
  int best_count = static_cast<int>(devices_max) + 1;
  DeviceMask best = 0;
  for (const DeviceMask group : groups) {
    const int count = std::popcount(group);
    if (count < need.gpu_count || count >= best_count) continue;
    best_count = count;
    best = group;
  }
  if (best == 0) return std::nullopt;
  return lowest(best, need.gpu_count);
}

}  // namespace

std::optional<DeviceMask> choose_devices(const Capacity& free, const Need& need, DeviceMask allowed,
                                         const Links& links) {
  if (need.gpu_milli < gpu_whole) return choose_share(free, need, allowed, links.slivers);
  DeviceMask whole = 0;
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    if (free.gpu_milli[i] == gpu_whole) whole = static_cast<DeviceMask>(whole | bit(i));
  }
  whole = static_cast<DeviceMask>(whole & allowed);
  if (std::popcount(whole) < need.gpu_count) return std::nullopt;
  if (links.groups_count > 1 && need.gpu_count > 1) {
    const auto linked = choose_linked(whole, need, free.devices_count, links);
    if (linked || need.same_interconnect) return linked;
  }
  return lowest(whole, need.gpu_count);
}

void take(Capacity& free, const Need& need, DeviceMask devices) {
  free.cpu_milli -= need.cpu_milli;
  free.memory_mib -= need.memory_mib;
  free.disk_mib -= need.disk_mib;
  free.risk -= need.risk;
  for (; devices != 0; devices = static_cast<DeviceMask>(devices & (devices - 1U))) {
    auto& left = free.gpu_milli[static_cast<std::size_t>(std::countr_zero(devices))];
    left = static_cast<std::uint16_t>(left - need.gpu_milli);
  }
}

void give_back(Capacity& free, const Need& need, DeviceMask devices) {
  free.cpu_milli += need.cpu_milli;
  free.memory_mib += need.memory_mib;
  free.disk_mib += need.disk_mib;
  free.risk += need.risk;
  for (; devices != 0; devices = static_cast<DeviceMask>(devices & (devices - 1U))) {
    auto& left = free.gpu_milli[static_cast<std::size_t>(std::countr_zero(devices))];
    left = static_cast<std::uint16_t>(left + need.gpu_milli);
  }
}

Capacity rest(const Capacity& total, const Capacity& used) {
  const auto less = [](auto a, auto b) {
    return a > b ? static_cast<decltype(a)>(a - b) : decltype(a){};
  };
  Capacity free;
  free.cpu_milli = less(total.cpu_milli, used.cpu_milli);
  free.memory_mib = less(total.memory_mib, used.memory_mib);
  free.disk_mib = less(total.disk_mib, used.disk_mib);
  free.risk = less(total.risk, used.risk);
  free.devices_count = total.devices_count;
  for (std::size_t i = 0; i < total.devices_count; ++i) {
    free.gpu_milli[i] = less(total.gpu_milli[i], used.gpu_milli[i]);
  }
  return free;
}

}  // namespace oort::compute
