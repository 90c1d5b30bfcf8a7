// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "oort/compute/broker.hpp"
#include "oort/core/ids.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {

/// Nodes as the ledger judges them. What it read once holds until `refresh`.
/// Threads: one strand.
class ComputeRegistry final : public compute::NodeRegistry {
 public:
  explicit ComputeRegistry(const object::LedgerView& ledger) noexcept : ledger_(ledger) {}

  /// Nothing for a node that is not active. Without honesty on the ledger nobody is credible, and
  /// nothing may be put at risk.
  [[nodiscard]] std::optional<compute::NodeStanding> standing(const NodeId& node) const override;
  void refresh() { known_.clear(); }
  /// Active super nodes: whoever may be a broker.
  [[nodiscard]] std::vector<NodeId> brokers() const;

 private:
  const object::LedgerView& ledger_;
  mutable std::map<NodeId, std::optional<compute::NodeStanding>> known_;
};

}  // namespace oort::node
