// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/params.hpp"
#include "oort/object/coder.hpp"
#include "oort/object/ports.hpp"

/// Which nodes hold a segment, and under what scheme: pure functions.
///
/// Invariants
///   P1  No two chosen nodes share a fault domain: operator and, where the rules ask for it, /24 or
///       autonomous system.
///   P2  The chance of a node grows with capacity left × honest weight; a node that leaves moves
///       only what it held.
///   P3  A plan never promises less than the class's least tolerance.
namespace oort::object {

/// From the ledger's parameters.
struct PlacementRules {
  bool distinct_operators = true;
  bool distinct_networks = true;
  bool distinct_systems = true;
};
[[nodiscard]] PlacementRules rules_of(const ledger::Params& params) noexcept;

/// What the gateway does when too few nodes live for all that a class promises.
enum class Durability : std::uint8_t {
  /// Refuses with NOT_ENOUGH_NODES.
  Strict = 0,
  /// Goes down to the class's least tolerance, and says so.
  Degraded = 1,
};

/// Live nodes in the order in which `seed` prefers them, each of its own fault domain: weighted
/// rendezvous, so the order of the others does not change when one goes. Nodes of `excluded` and
/// those with no capacity or weight are left out. STANDARD lives on super nodes only;
/// the other classes on archive and edge nodes first, then on super nodes.
[[nodiscard]] std::vector<StorageNode> rank_nodes(const Bytes32& seed,
                                                  std::span<const StorageNode> nodes,
                                                  const PlacementRules& rules,
                                                  ledger::StorageClass storage_class,
                                                  std::span<const NodeId> excluded = {});

struct SchemePlan {
  Scheme scheme;
  /// Losses survived; less than the class's tolerance when degraded.
  std::uint32_t tolerance = 0;
  bool is_degraded = false;
  friend bool operator==(const SchemePlan&, const SchemePlan&) = default;
};
/// The scheme of a coded segment over `candidates_count` nodes: the class's own where that many are
/// there, else as many shards as there are nodes, with the same k.
/// Fails with NOT_ENOUGH_NODES.
[[nodiscard]] Result<SchemePlan> plan_coded(const ledger::ClassPolicy& policy,
                                            std::size_t candidates_count, Durability durability);
/// The same for the replicas of an open segment, as a scheme with one data shard. What could not be
/// coded when it seals is refused already here.
[[nodiscard]] Result<SchemePlan> plan_replicated(const ledger::ClassPolicy& policy,
                                                 std::size_t candidates_count,
                                                 Durability durability);

}  // namespace oort::object
