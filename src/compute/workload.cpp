// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace oort::compute {
namespace {

/// Few shapes stand for most of a workload, and each costs time in every score.
constexpr std::size_t learned_shapes_max = 48;
constexpr std::size_t counted_shapes_max = 4'096;

}  // namespace

bool LearnedWorkload::learn(const Alternative& need, std::uint64_t tasks) {
  if (is_set_ || need.gpu_count == 0) return false;
  const Key key{need.gpu_count, need.gpu_milli, need.cpu_milli, need.memory_mib};
  if (counts_.size() < counted_shapes_max || counts_.contains(key)) counts_[key] += tasks;
  seen_ += tasks;
  if (seen_ < learn_at_) return false;
  learn_at_ = 2 * seen_;
  return true;
}

std::vector<WorkloadShape> LearnedWorkload::shapes() const {
  std::vector<std::pair<std::uint64_t, Key>> order;
  order.reserve(counts_.size());
  for (const auto& [key, count] : counts_) order.emplace_back(count, key);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (order.size() > learned_shapes_max) order.resize(learned_shapes_max);
  std::vector<WorkloadShape> shapes;
  for (const auto& [count, key] : order) {
    const auto& [gpu_count, gpu_milli, cpu_milli, memory_mib] = key;
    shapes.push_back({cpu_milli, memory_mib, gpu_count, gpu_milli, count});
  }
  return shapes;
}

}  // namespace oort::compute
