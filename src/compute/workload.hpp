// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "oort/compute/scheduler.hpp"

namespace oort::compute {

/// The workload to expect, learned from what is submitted until somebody sets it.
///   L1  It is learned anew when as many tasks have come again as were known, so that all learning
///       together costs no more than the last.
class LearnedWorkload {
 public:
  /// Counts tasks; true when `shapes` is worth taking anew.
  [[nodiscard]] bool learn(const Alternative& need, std::uint64_t tasks);
  /// The most frequent shapes.
  [[nodiscard]] std::vector<WorkloadShape> shapes() const;
  void set() { is_set_ = true; }

 private:
  using Key = std::tuple<std::uint16_t, std::uint16_t, std::uint32_t, std::uint32_t>;

  bool is_set_ = false;
  std::uint64_t seen_ = 0;
  std::uint64_t learn_at_ = 64;
  std::map<Key, std::uint64_t> counts_;
};

}  // namespace oort::compute
