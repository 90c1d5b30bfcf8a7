// SPDX-License-Identifier: Apache-2.0
#include "oort/object/placement.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "oort/core/amount.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/records.hpp"

namespace oort::object {
namespace {

constexpr crypto::Context rank_context{"oort.v1 placement"};
constexpr std::uint64_t weight_unit_bytes = std::uint64_t{1} << 20;

/// -log2(x / 2^64) in units of 2^-32, exact to the last bit of a fixed rule: no floating point, so
/// that every machine ranks alike. Requires: x > 0.
std::uint64_t negative_log2(std::uint64_t x) {
  const int whole = std::countl_zero(x);
  // The mantissa in [1, 2) with 63 fraction bits; squaring it yields one bit of its logarithm.
  std::uint64_t mantissa = x << whole;
  std::uint64_t fraction = 0;
  for (int bit = 0; bit < 32; ++bit) {
    const Uint128 square = Uint128{mantissa} * mantissa >> 63;
    fraction <<= 1;
    if (square >= Uint128{1} << 64) {
      fraction |= 1;
      mantissa = static_cast<std::uint64_t>(square >> 1);
    } else {
      mantissa = static_cast<std::uint64_t>(square);
    }
  }
  // log2(x) = 63 - whole + fraction, so the distance to 64 is one more than `whole` minus it.
  return (static_cast<std::uint64_t>(whole + 1) << 32) - fraction;
}

struct Ranked {
  const StorageNode* node = nullptr;
  bool is_own_tier = false;
  std::uint64_t distance = 0;
  std::uint64_t weight = 0;
};

/// Whether `a` is preferred: the smaller quotient of distance and weight, ties by id.
bool is_before(const Ranked& a, const Ranked& b) {
  if (a.is_own_tier != b.is_own_tier) return a.is_own_tier;
  const Uint128 left = Uint128{a.distance} * b.weight;
  const Uint128 right = Uint128{b.distance} * a.weight;
  return left != right ? left < right : a.node->id < b.node->id;
}

std::uint64_t weight_of(const StorageNode& node) {
  // 48 bits hold every capacity in MiB; the product with the weight stays below 2^64.
  const std::uint64_t capacity =
      std::min<std::uint64_t>(node.capacity_left / weight_unit_bytes, std::uint64_t{1} << 44);
  return capacity * std::min<std::uint64_t>(node.honest_weight, 1'000'000);
}

std::uint64_t draw_of(const Bytes32& seed, const NodeId& node) {
  const Bytes32 hash = crypto::hash(rank_context, seed.view(), node.view());
  std::uint64_t draw = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    draw = draw << 8 | std::to_integer<std::uint64_t>(hash.array()[i]);
  }
  return draw == 0 ? 1 : draw;
}

bool is_own_tier(const StorageNode& node, ledger::StorageClass storage_class) {
  const auto super = static_cast<std::uint8_t>(ledger::NodeRole::Super);
  const bool is_super = (node.roles & super) != 0;
  return storage_class == ledger::StorageClass::Standard ? is_super : !is_super;
}

tl::unexpected<Error> not_enough(std::size_t have, std::size_t want) {
  return fail(ErrorCode::Unavailable, reason::not_enough_nodes,
              std::to_string(have) + " storage nodes are live in different fault domains, and " +
                  std::to_string(want) + " are needed");
}

}  // namespace

PlacementRules rules_of(const ledger::Params& params) noexcept {
  return {params.distinct_operators, params.distinct_networks, params.distinct_systems};
}

std::vector<StorageNode> rank_nodes(const Bytes32& seed, std::span<const StorageNode> nodes,
                                    const PlacementRules& rules, ledger::StorageClass storage_class,
                                    std::span<const NodeId> excluded) {
  std::vector<Ranked> ranked;
  for (const StorageNode& node : nodes) {
    const std::uint64_t weight = weight_of(node);
    const bool is_own = is_own_tier(node, storage_class);
    if (!node.is_live || weight == 0) continue;
    // The hot tier promises latency too, so nobody else stands in for it.
    if (!is_own && storage_class == ledger::StorageClass::Standard) continue;
    if (std::find(excluded.begin(), excluded.end(), node.id) != excluded.end()) continue;
    ranked.push_back({&node, is_own, negative_log2(draw_of(seed, node.id)), weight});
  }
  std::sort(ranked.begin(), ranked.end(), is_before);
  std::vector<StorageNode> chosen;
  std::set<OperatorId> owners;
  std::set<std::uint32_t> networks;
  std::set<std::uint32_t> systems;
  for (const Ranked& one : ranked) {
    const StorageNode& node = *one.node;
    if (rules.distinct_operators && owners.contains(node.owner)) continue;
    if (rules.distinct_networks && node.network != 0 && networks.contains(node.network)) continue;
    if (rules.distinct_systems && node.system != 0 && systems.contains(node.system)) continue;
    owners.insert(node.owner);
    networks.insert(node.network);
    systems.insert(node.system);
    chosen.push_back(node);
  }
  return chosen;
}

Result<SchemePlan> plan_coded(const ledger::ClassPolicy& policy, std::size_t candidates_count,
                              Durability durability) {
  const std::size_t least =
      std::size_t{policy.data_shards} +
      (durability == Durability::Strict ? policy.tolerance : policy.tolerance_min);
  if (candidates_count < least) return not_enough(candidates_count, least);
  const std::size_t total = std::min<std::size_t>(candidates_count, policy.total_shards);
  SchemePlan plan;
  plan.scheme = {policy.data_shards, static_cast<std::uint8_t>(total)};
  plan.tolerance = plan.scheme.tolerance();
  plan.is_degraded = plan.tolerance < policy.tolerance;
  return plan;
}

Result<SchemePlan> plan_replicated(const ledger::ClassPolicy& policy, std::size_t candidates_count,
                                   Durability durability) {
  OORT_TRY(const SchemePlan coded, plan_coded(policy, candidates_count, durability));
  const std::size_t total = std::min<std::size_t>(candidates_count, policy.replicas);
  SchemePlan plan;
  plan.scheme = {1, static_cast<std::uint8_t>(total)};
  plan.tolerance = plan.scheme.tolerance();
  plan.is_degraded = coded.is_degraded || plan.tolerance < policy.tolerance;
  if (plan.tolerance < policy.tolerance_min) {
    return not_enough(candidates_count, std::size_t{policy.tolerance_min} + 1);
  }
  return plan;
}

}  // namespace oort::object
