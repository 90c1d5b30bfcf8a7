// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/compute/scheduler.hpp"

namespace oort::bench {

/// The published experiment on the openb trace: the cluster of GPU nodes, a list of pods shuffled
/// and then drawn again at random until what is asked for reaches 1.3 times the devices; nothing
/// ever ends. Memory is enforced.
struct Allocation {
  /// Percent of all devices in use when 90, 100 and 130 percent had been asked for; mean of seeds.
  double at_90 = 0;
  double at_100 = 0;
  double at_130 = 0;
  std::uint64_t decisions = 0;
  double seconds = 0;
};

struct Pod {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint16_t gpu_count = 0;
  std::uint16_t gpu_milli = 0;
};

/// Empty when the file is not there or has other columns.
[[nodiscard]] std::optional<std::vector<compute::Offer>> read_nodes(const std::string& path);
[[nodiscard]] std::optional<std::vector<Pod>> read_pods(const std::string& path);

[[nodiscard]] Allocation run_openb(const std::vector<compute::Offer>& nodes,
                                   const std::vector<Pod>& pods,
                                   const compute::ScoreWeights& weights, std::uint32_t seeds);

}  // namespace oort::bench
