// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "job.hpp"
#include "node_table.hpp"

namespace oort::compute {

/// A lease that may be stopped for others, with all that decides for whom and at what cost.
struct Stoppable {
  const Lease* lease = nullptr;
  QueueIndex queue = 0;
  std::int32_t priority = 0;
  bool is_spot = false;
  bool is_gang = false;
  std::uint64_t bid = 0;
  std::uint64_t width = 0;
  std::uint64_t started_ms = 0;
  std::uint64_t checkpoint_ms = 0;
};

/// Milliseconds of work lost, each weighed by the thousandths of devices and cores that did it.
[[nodiscard]] std::uint64_t cost_of_stopping(const Stoppable& one, WallTime now);
[[nodiscard]] Stoppable stoppable_of(const Lease& lease);

/// Whom one job may stop.
struct StopRights {
  QueueIndex queue = 0;
  std::int32_t priority = 0;
  bool is_spot = false;
  std::uint64_t bid = 0;
  /// By queue: whether it has so much more than the job's that it must give.
  std::vector<bool> is_rich;

  [[nodiscard]] std::optional<StopCause> over(const Stoppable& one) const;
};

/// All leases that may be stopped and are not stopping, by node.
///   S1  `has_any_for` is true exactly when the rights cover some lease.
class StoppableLeases {
 public:
  void add(const Lease& lease);
  void remove(const Lease& lease);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Nodes that leases were ever added of have an index below.
  [[nodiscard]] std::size_t nodes_end() const noexcept { return by_node_.size(); }
  [[nodiscard]] const std::vector<Stoppable>& on(NodeIndex node) const { return by_node_[node]; }
  [[nodiscard]] bool has_any_for(const StopRights& rights) const;

 private:
  std::vector<std::vector<Stoppable>> by_node_;
  std::size_t count_ = 0;
  /// How many leases have a bid, and a priority in a queue.
  std::map<std::uint64_t, std::size_t> bids_;
  std::map<std::pair<QueueIndex, std::int32_t>, std::size_t> priorities_;
};

}  // namespace oort::compute
