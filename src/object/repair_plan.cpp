// SPDX-License-Identifier: Apache-2.0
#include "repair_plan.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/params.hpp"

namespace oort::object {
namespace {

constexpr crypto::Context worker_context{"oort.v1 repair worker"};

std::set<NodeId> live_of(std::span<const StorageNode> nodes) {
  std::set<NodeId> live;
  for (const StorageNode& node : nodes) {
    if (node.is_live) live.insert(node.id);
  }
  return live;
}

bool shares_domain(const StorageNode& a, const StorageNode& b, const PlacementRules& rules) {
  if (a.id == b.id) return true;
  if (rules.distinct_operators && a.owner == b.owner) return true;
  if (rules.distinct_networks && a.network != 0 && a.network == b.network) return true;
  return rules.distinct_systems && a.system != 0 && a.system == b.system;
}

/// A node that holds nothing of the segment and shares no fault domain with who does; the holder
/// of `without` does not count. One that takes nothing is no choice.
std::optional<NodeId> free_node(const SegmentId& id, const ledger::Segment& record,
                                std::optional<std::uint8_t> without, const PlacementRules& rules,
                                std::span<const StorageNode> nodes,
                                const std::set<NodeId>& refusing) {
  std::vector<const StorageNode*> holders;
  for (std::size_t i = 0; i < record.shards.size(); ++i) {
    if (without && *without == i) continue;
    for (const StorageNode& node : nodes) {
      if (node.id == record.shards[i].node) holders.push_back(&node);
    }
  }
  const auto ranked = rank_nodes(Bytes32(id.array()), nodes, rules, record.storage_class);
  for (const StorageNode& candidate : ranked) {
    if (refusing.contains(candidate.id)) continue;
    const bool is_taken = std::ranges::any_of(holders, [&](const StorageNode* holder) {
      return shares_domain(candidate, *holder, rules);
    });
    if (!is_taken) return candidate.id;
  }
  return std::nullopt;
}

}  // namespace

SegmentHealth health_of(const ledger::Segment& record, const ledger::ClassPolicy& policy,
                        const std::set<NodeId>& live, const std::set<std::uint8_t>& lost) {
  SegmentHealth health;
  for (std::size_t i = 0; i < record.shards.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    const bool is_whole =
        record.state == ledger::SegmentState::Sealed || record.shards[i].length >= record.length;
    if (live.contains(record.shards[i].node) && !lost.contains(index) && is_whole) {
      ++health.good_count;
    } else {
      health.missing.push_back(index);
    }
  }
  health.is_degraded = health.good_count < std::uint32_t{record.data_shards} + policy.tolerance;
  return health;
}

std::optional<RepairAction> plan_repair(const SegmentId& id, const ledger::Segment& record,
                                        const ledger::ClassPolicy& policy,
                                        const PlacementRules& rules,
                                        std::span<const StorageNode> nodes,
                                        const RepairFacts& facts) {
  const std::set<NodeId> live = live_of(nodes);
  const SegmentHealth health = health_of(record, policy, live, facts.lost);
  if (health.good_count < record.data_shards) return std::nullopt;
  for (const std::uint8_t index : health.missing) {
    const NodeId& holder = record.shards[index].node;
    // A node that lives and lost it, by a wiped disk for instance, gets it back.
    const bool takes = live.contains(holder) && !facts.refusing.contains(holder);
    if (takes) return RepairAction{id, index, holder, holder};
    if (const auto target = free_node(id, record, index, rules, nodes, facts.refusing)) {
      return RepairAction{id, index, holder, *target};
    }
  }
  // An open segment that is short of replicas is not widened: it is sealed soon.
  if (record.state != ledger::SegmentState::Sealed) return std::nullopt;
  const std::size_t wanted = std::min<std::size_t>(
      policy.total_shards, std::size_t{record.data_shards} + policy.tolerance);
  if (health.missing.empty() && record.shards.size() < wanted) {
    if (const auto target = free_node(id, record, std::nullopt, rules, nodes, facts.refusing)) {
      return RepairAction{id, static_cast<std::uint8_t>(record.shards.size()), NodeId(), *target};
    }
  }
  return std::nullopt;
}

NodeId worker_for(const SegmentId& id, std::span<const StorageNode> nodes, std::uint64_t turn) {
  codec::Writer drawn_for;
  codec::encode(drawn_for, id);
  drawn_for.u64(turn);
  NodeId best;
  Bytes32 best_draw;
  for (const StorageNode& node : nodes) {
    if (!node.is_live) continue;
    const Bytes32 draw = crypto::hash(worker_context, drawn_for.bytes(), node.id.view());
    if (best.is_zero() || draw < best_draw) {
      best = node.id;
      best_draw = draw;
    }
  }
  return best;
}

}  // namespace oort::object
