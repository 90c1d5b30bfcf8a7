// SPDX-License-Identifier: Apache-2.0
#include "compute_registry.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "oort/compute/broker.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/ratio.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {
namespace {

constexpr std::size_t nodes_max = 10'000;

/// What an amount is worth at the present rate; none where the network has no market.
std::uint64_t microcredits_of(const ledger::View& view, Oort amount) {
  const auto rate = view.rate_state();
  if (!rate || rate->average.is_zero()) return 0;
  const Uint128 worth = ledger::saturating_mul_div(amount.units(), ledger::microcredits_per_credit,
                                                   rate->average.units(), ledger::Rounding::Down);
  return static_cast<std::uint64_t>(
      std::min<Uint128>(worth, std::numeric_limits<std::uint64_t>::max()));
}

std::optional<compute::NodeStanding> read(const ledger::StateReader& state, const NodeId& id) {
  const ledger::View view(state);
  const auto node = view.node(id);
  if (!node || node->status != ledger::NodeStatus::Active) return std::nullopt;
  const ledger::HonestyView honesty(state);
  const Oort stake = honesty.stake_of(id);
  compute::NodeStanding standing;
  standing.operator_id = node->owner;
  standing.credibility_ppb = static_cast<std::uint32_t>(honesty.credibility(id).value());
  standing.risk_limit = microcredits_of(view, honesty.risk_limit(id, stake));
  standing.honest_weight = microcredits_of(view, honesty.weight_of(id)) /
                           static_cast<std::uint64_t>(ledger::microcredits_per_credit);
  return standing;
}

}  // namespace

std::optional<compute::NodeStanding> ComputeRegistry::standing(const NodeId& node) const {
  const auto [found, is_new] = known_.try_emplace(node);
  if (is_new) {
    const object::LedgerSnapshot now = ledger_.snapshot();
    found->second = read(*now.state, node);
  }
  return found->second;
}

std::vector<NodeId> ComputeRegistry::brokers() const {
  const object::LedgerSnapshot now = ledger_.snapshot();
  std::vector<NodeId> found;
  for (const ledger::Node& node : ledger::View(*now.state).nodes(NodeId(), nodes_max)) {
    const bool is_one = ledger::has_role(node, ledger::NodeRole::Super) &&
                        node.status == ledger::NodeStatus::Active;
    if (is_one) found.push_back(node.id);
  }
  return found;
}

}  // namespace oort::node
