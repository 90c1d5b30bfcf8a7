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

/// Put shard `index` of a segment, or a replica of an open one, on `target`; `replaces` holds it by
/// the record, zero when the segment gets one shard more.
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

/// What a gateway found that the record does not say.
struct RepairFacts {
  /// Indices whose node said that it does not have them, or has them damaged.
  std::set<std::uint8_t> lost;
  /// Nodes that lately took no shard; they are left alone for a while.
  std::set<NodeId> refusing;
};

/// The next step that brings a segment nearer to what its class promises, or nothing: a lost shard
/// back to its own node, a dead node's shard to another one, a shard more where a coded segment was
/// stored with too few. Pure: every node that asks with the same facts gets the same answer.
///
/// Invariants
///   A1  A target shares no fault domain with another holder of the segment.
///   A2  Nothing is planned where fewer than k shards are good, or where no node is free.
///   A3  A node that takes nothing keeps no other shard from its repair.
[[nodiscard]] std::optional<RepairAction> plan_repair(
    const SegmentId& id, const ledger::Segment& record, const ledger::ClassPolicy& policy,
    const PlacementRules& rules, std::span<const StorageNode> nodes, const RepairFacts& facts);

/// The one live node that should work on a segment during `turn`, so that not all do. Another turn
/// draws again: a node that does no such work, or cannot, does not keep a segment waiting for ever.
/// Zero when none lives.
[[nodiscard]] NodeId worker_for(const SegmentId& id, std::span<const StorageNode> nodes,
                                std::uint64_t turn);

}  // namespace oort::object
