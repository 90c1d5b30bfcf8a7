// SPDX-License-Identifier: Apache-2.0
#include "oort/object/ledger_placement.hpp"

#include <algorithm>

#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

constexpr std::size_t page_count = 256;
/// A node that was proven to be dishonest gets nothing until half of the failure has faded.
constexpr std::uint64_t failed_micro_max = ledger::micro_one / 2;

std::uint32_t honest_weight(const ledger::HonestyView& honesty, const NodeId& node) {
  return honesty.standing(node).counters.failed_micro > failed_micro_max ? 0 : 1;
}

std::vector<StorageNode> storage_nodes(const ledger::StateReader& state) {
  const ledger::View view(state);
  const ledger::HonestyView honesty(state);
  std::vector<StorageNode> nodes;
  NodeId from;
  for (;;) {
    const auto page = view.nodes(from, page_count);
    for (const ledger::Node& node : page) {
      if (!nodes.empty() && nodes.back().id == node.id) continue;
      if (node.status != ledger::NodeStatus::Active || node.capacity == 0) continue;
      StorageNode storage;
      storage.id = node.id;
      storage.owner = node.owner;
      storage.roles = node.roles;
      storage.region = node.region;
      storage.system = node.system;
      storage.network = node.network;
      storage.capacity_left = node.capacity;
      storage.honest_weight = honest_weight(honesty, node.id);
      nodes.push_back(std::move(storage));
    }
    if (page.size() < page_count) return nodes;
    from = page.back().id;
  }
}

}  // namespace

std::vector<StorageNode> LedgerPlacement::nodes() const {
  const LedgerSnapshot now = ledger_.snapshot();
  if (known_.empty() || now.height != read_at_) {
    known_ = storage_nodes(*now.state);
    read_at_ = now.height;
  }
  const auto peers = transport_.peers();
  for (StorageNode& node : known_) {
    node.is_live = node.id == transport_.self() || std::ranges::binary_search(peers, node.id);
  }
  return known_;
}

}  // namespace oort::object
