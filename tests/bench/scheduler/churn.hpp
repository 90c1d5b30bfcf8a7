// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace oort::bench {

struct Churn {
  std::uint32_t nodes = 10'000;
  std::uint32_t queued = 100'000;
  std::uint32_t endings = 50'000;
};

/// Per second of one core's time.
struct ChurnFigures {
  /// All placements, of both phases, over all time in the scheduler.
  double decisions = 0;
  /// While jobs arrive and the cluster fills.
  double filling = 0;
  /// While the cluster is full: a lease ends, the queue moves up, a job arrives.
  double full = 0;
  /// Tasks of one array onto an empty cluster.
  double array_tasks = 0;
  /// Longest time of one step that is no tick, and of one tick, in milliseconds.
  double step_ms_p99 = 0;
  double tick_ms_max = 0;
  std::size_t waiting = 0;
  double allocated_percent = 0;
  /// FNV-1a over every action in its order: what must not change when the scheduler gets faster.
  std::uint64_t actions = 0xCBF29CE484222325U;
};

/// A synthetic cluster and mix of requests with the marginals of GPU clusters: nodes of 1 to 8
/// devices of four models, 48 shapes, most of them shares or single devices, 8 queues, priorities.
[[nodiscard]] ChurnFigures run_churn(const Churn& churn);

}  // namespace oort::bench
