// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "node_health.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/gateway.hpp"

namespace oort::object {

/// What every part of a gateway is made with.
struct GatewayEnv {
  GatewayParts parts;
  GatewayOptions options;
  /// The account of the node's key, which owns its segments.
  AccountId account;
  /// Shared by all parts of the gateway, which learn from each other's failures. Strand only.
  std::shared_ptr<NodeHealth> health;
};
/// Owned by the gateway and by its operations in flight.
using EnvPtr = std::shared_ptr<const GatewayEnv>;

/// Until when a node is asked to keep what the ledger does not name yet.
[[nodiscard]] inline Height hold_until(const LedgerSnapshot& now) {
  const ledger::Params params = ledger::View(*now.state).params();
  return Height(now.height.value() + params.orphan_window + params.hold_margin);
}

/// Nodes that may take a piece of the segment, best first; those that failed lately come last.
[[nodiscard]] inline std::vector<NodeId> candidates_for(const EnvPtr& env,
                                                        const ledger::Params& params,
                                                        const SegmentId& segment,
                                                        ledger::StorageClass storage_class,
                                                        std::span<const NodeId> excluded) {
  const auto ranked = rank_nodes(Bytes32(segment.array()), env->parts.placement.nodes(),
                                 rules_of(params), storage_class, excluded);
  const MonoTime now = env->parts.clock.now_mono();
  std::vector<NodeId> ids;
  std::vector<NodeId> suspects;
  for (const StorageNode& node : ranked) {
    (env->health->is_suspect(node.id, now) ? suspects : ids).push_back(node.id);
  }
  ids.insert(ids.end(), suspects.begin(), suspects.end());
  return ids;
}

/// A bound on bytes in work; those who find no room wait in order. Threads: the strand.
class BytesBudget {
 public:
  explicit BytesBudget(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}
  /// Runs `task` now or once there is room. One that is larger than everything runs alone.
  void acquire(std::size_t bytes, Task task) {
    if (waiting_.empty() && fits(bytes)) {
      used_ += bytes;
      task();
      return;
    }
    waiting_.emplace_back(bytes, std::move(task));
  }
  void release(std::size_t bytes) {
    used_ -= bytes;
    while (!waiting_.empty() && fits(waiting_.front().first)) {
      auto [next_bytes, task] = std::move(waiting_.front());
      waiting_.pop_front();
      used_ += next_bytes;
      task();
    }
  }

 private:
  [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
    return used_ == 0 || used_ + bytes <= bytes_max_;
  }
  std::size_t bytes_max_;
  std::size_t used_ = 0;
  std::deque<std::pair<std::size_t, Task>> waiting_;
};

}  // namespace oort::object
