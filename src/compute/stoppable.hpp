// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "job.hpp"
#include "node_table.hpp"

namespace oort::compute {

/// Thousandths of devices and of cores.
struct Held {
  std::uint64_t gpu_milli = 0;
  std::uint64_t cpu_milli = 0;
  /// What work is weighed by.
  [[nodiscard]] std::uint64_t width() const noexcept { return 16 * gpu_milli + cpu_milli + 1; }
};

/// A lease that may be stopped for others, with all that decides for whom and at what cost.
struct Stoppable {
  const Lease* lease = nullptr;
  QueueIndex queue = 0;
  std::int32_t priority = 0;
  bool is_spot = false;
  bool is_gang = false;
  std::uint64_t bid = 0;
  Held held;
  std::uint64_t started_ms = 0;
  std::uint64_t checkpoint_ms = 0;
};

/// Milliseconds of work lost, each weighed by the width that did it.
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
  /// Bit n: of a queue whose number is n modulo 64 leases may be stopped that are not on spot.
  [[nodiscard]] std::uint64_t queues() const;
};

/// All leases that may be stopped and are not stopping, by node.
///   S1  `has_any_for` is true exactly when the rights cover some lease.
///   S2  No leases on a node that the rights cover and that together hold so much cost less than
///       `least_cost`.
class StoppableLeases {
 public:
  void add(const Lease& lease);
  void remove(const Lease& lease);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Nodes that leases were ever added of have an index below.
  [[nodiscard]] std::size_t nodes_end() const noexcept { return by_node_.size(); }
  [[nodiscard]] const std::vector<Stoppable>& on(NodeIndex node) const { return by_node_[node]; }
  [[nodiscard]] bool has_any_for(const StopRights& rights) const;
  /// What stopping leases costs at least that the rights cover and that together hold so much; the
  /// greatest value where it is sure that there are none. `queues` are those of the rights.
  [[nodiscard]] std::uint64_t least_cost(NodeIndex node, const StopRights& rights,
                                         std::uint64_t queues, const Held& held,
                                         WallTime now) const;

 private:
  /// Of the leases on a node, apart from them: a glance at it spares most looks at them.
  struct Summary {
    Held held;
    bool has_spot = false;
    /// As `StopRights::queues`, of those that are not on spot.
    std::uint64_t queues = 0;
    std::uint64_t least_width = std::numeric_limits<std::uint64_t>::max();
    /// When the last one started; the greatest value where a checkpoint may be as late as now.
    std::uint64_t started_ms = 0;
  };
  void summarise(NodeIndex node);

  std::vector<std::vector<Stoppable>> by_node_;
  std::vector<Summary> summaries_;
  std::size_t count_ = 0;
  /// How many leases have a bid, and a priority in a queue.
  std::map<std::uint64_t, std::size_t> bids_;
  std::map<std::pair<QueueIndex, std::int32_t>, std::size_t> priorities_;
};

}  // namespace oort::compute
