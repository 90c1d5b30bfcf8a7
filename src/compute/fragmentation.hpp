// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "capacity.hpp"
#include "oort/compute/scheduler.hpp"

namespace oort::compute {

/// One thousandth of a device, in the unit of scores.
inline constexpr std::int64_t score_unit = 1 << 16;

/// Expected fragmentation (FGD: Weng et al., ATC'23): how much of a node's free devices the next
/// task, drawn from the expected workload, could not use.
///   F1  A node's fragmentation is at least 0 and at most what is free of its devices.
///   F2  It is the sum over shapes of weight times: all that is free where the shape does not fit;
///       what lies on devices with less free than the shape asks of one where it does.
/// Weights are integers that sum to 65,536, so the unit of the result is `score_unit`.
class Fragmentation {
 public:
  Fragmentation() = default;
  /// Shapes without devices count for nothing. At most `workload_shapes_max` of them.
  explicit Fragmentation(std::span<const WorkloadShape> shapes);

  [[nodiscard]] std::int64_t of(const Capacity& free) const;
  /// What slivers of one device cost, whatever the node's cores and memory.
  ///   F3  Slivers of nothing cost nothing, and no sliver costs more than itself.
  [[nodiscard]] const SliverCosts& slivers() const noexcept { return slivers_; }
  /// The part of the workload's demand for devices that is for whole ones, in 65,536ths.
  [[nodiscard]] std::int64_t whole_part() const noexcept { return whole_part_; }

 private:
  struct Size {
    std::uint32_t cpu_milli;
    std::uint32_t memory_mib;
    std::int64_t weight;
  };
  /// Shapes that ask the same of devices.
  struct Group {
    std::uint16_t gpu_count;
    std::uint16_t gpu_milli;
    std::int64_t weight = 0;
    std::vector<Size> sizes;
    std::uint32_t cpu_max = 0;
    std::uint32_t memory_max = 0;
  };

  /// Weights of those of the group's sizes that do not fit beside these cores and memory.
  [[nodiscard]] static std::int64_t missing(const Group& group, const Capacity& free);

  std::vector<Group> groups_;
  /// The most that any shape asks.
  std::uint32_t cpu_max_ = 0;
  std::uint32_t memory_max_ = 0;
  /// By the number of whole devices that are free: weights of the shapes that ask more of them.
  std::array<std::int64_t, devices_max + 1> want_more_{};
  SliverCosts slivers_{};
  std::int64_t whole_part_ = score_unit;
};

}  // namespace oort::compute
