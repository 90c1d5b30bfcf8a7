// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "oort/compute/offer.hpp"
#include "oort/compute/request.hpp"

namespace oort::compute {

/// Bit n: device n of a node.
using DeviceMask = std::uint16_t;

/// What of a node is free, or in use.
struct Capacity {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t devices_count = 0;
  std::uint64_t risk = 0;
  std::array<std::uint16_t, devices_max> gpu_milli{};
  friend bool operator==(const Capacity&, const Capacity&) = default;
};

/// What one task takes of a node.
struct Need {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint16_t gpu_count = 0;
  std::uint16_t gpu_milli = gpu_whole;
  std::uint64_t risk = 0;
  bool same_interconnect = false;

  [[nodiscard]] std::uint64_t gpu_total() const noexcept {
    return std::uint64_t{gpu_count} * gpu_milli;
  }
};

/// By what is free of one device: how much of that the next share, drawn from the expected
/// workload, could not use. In the unit of scores.
using SliverCosts = std::array<std::int64_t, gpu_whole + 1>;

/// Devices of a node by interconnect: numbers from 0, in order of first appearance.
struct Links {
  std::array<std::uint8_t, devices_max> group{};
  std::uint8_t groups_count = 1;
  /// The table's; the same for all nodes. Without it all slivers cost the same.
  const SliverCosts* slivers = nullptr;
};

/// Which of the allowed devices to take: for a share the one that it fragments least, and of those
/// the fullest; for whole ones those of the group that is left least; none if it does not fit or a
/// link is asked that is not.
[[nodiscard]] std::optional<DeviceMask> choose_devices(const Capacity& free, const Need& need,
                                                       DeviceMask allowed, const Links& links);

/// As `choose_devices`, for all that is needed.
[[nodiscard]] inline std::optional<DeviceMask> fit(const Capacity& free, const Need& need,
                                                   DeviceMask allowed, const Links& links) {
  if (free.cpu_milli < need.cpu_milli || free.memory_mib < need.memory_mib ||
      free.disk_mib < need.disk_mib || free.risk < need.risk) {
    return std::nullopt;
  }
  if (need.gpu_count == 0) return DeviceMask{0};
  return choose_devices(free, need, allowed, links);
}

/// Requires: fits.
void take(Capacity& free, const Need& need, DeviceMask devices);
void give_back(Capacity& free, const Need& need, DeviceMask devices);
/// `total` less `used`, and nothing where more is used.
[[nodiscard]] Capacity rest(const Capacity& total, const Capacity& used);

}  // namespace oort::compute
