// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/params.hpp"
#include "oort/object/placement.hpp"

namespace oort::object {

/// Put shard `index` of a segment on `target`; `replaces` holds it by the record, zero when the
/// segment gets one shard more.
struct RepairAction {
  SegmentId segment;
  std::uint8_t index = 0;
  NodeId replaces;
  NodeId target;
  friend bool operator==(const RepairAction&, const RepairAction&) = default;
};

/// What a look at one segment found.
struct SegmentHealth {
  /// Indices whose node is not live, or said that it lost them.
  std::vector<std::uint8_t> missing;
  std::uint32_t good_count = 0;
  /// Fewer losses survived now than the class promises.
  bool is_degraded = false;
};
[[nodiscard]] SegmentHealth health_of(const ledger::Segment& record,
                                      const ledger::ClassPolicy& policy,
                                      const std::set<NodeId>& live,
                                      const std::set<std::uint8_t>& lost);

/// The next step that brings a coded segment nearer to what its class promises, or nothing: a lost
/// shard back to its own node, a dead node's shard to another one, a shard more where the segment
/// was stored with too few. Pure: every node that asks with the same facts gets the same answer.
///
/// Invariants
///   A1  A target shares no fault domain with another holder of the segment.
///   A2  Nothing is planned where fewer than k shards are good, or where no node is free.
[[nodiscard]] std::optional<RepairAction> plan_repair(const SegmentId& id,
                                                      const ledger::Segment& record,
                                                      const ledger::ClassPolicy& policy,
                                                      const PlacementRules& rules,
                                                      std::span<const StorageNode> nodes,
                                                      const std::set<std::uint8_t>& lost);

/// The one live node that should work on a segment, so that not all do. Zero when none lives.
[[nodiscard]] NodeId worker_for(const SegmentId& id, std::span<const StorageNode> nodes);

}  // namespace oort::object
