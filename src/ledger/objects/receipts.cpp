// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "objects/objects.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::ledger {
namespace {

/// Whether any two of the values are the same.
template <class T>
bool repeats(std::vector<T> values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) != values.end();
}

template <class T>
bool repeats(const std::vector<Node>& nodes, T Node::* field) {
  std::vector<T> values;
  values.reserve(nodes.size());
  for (const Node& node : nodes) values.push_back(node.*field);
  return repeats(std::move(values));
}

}  // namespace

Rejection check(const Call& call, const ShardReceipt& receipt, const Promise& promise) {
  if (receipt.chain != call.block.chain || receipt.segment != promise.segment ||
      receipt.generation != promise.generation || receipt.length != promise.length) {
    return Rejection::ReceiptMismatch;
  }
  if (receipt.hold_until < call.block.height_after(call.params().hold_margin)) {
    return Rejection::HoldTooShort;
  }
  if (!call.block.signatures.verify(crypto::key_of(receipt.node), sign_hash(receipt).view(),
                                    receipt.signature)) {
    return Rejection::ReceiptSignatureInvalid;
  }
  return Rejection::None;
}

Rejection check_nodes(const Call& call, const std::vector<NodeId>& nodes) {
  // One node twice would be one shard twice, whatever the parameters allow.
  if (repeats(nodes)) return Rejection::FaultDomainShared;
  std::vector<Node> records;
  records.reserve(nodes.size());
  for (const NodeId& id : nodes) {
    auto node = call.view().node(id);
    if (!node || node->status != NodeStatus::Active) return Rejection::ShardNodeUnusable;
    records.push_back(*std::move(node));
  }
  // What is not known of two nodes may be the same: zero counts as a value.
  const Params& params = call.params();
  const bool is_shared = (params.distinct_operators && repeats(records, &Node::owner)) ||
                         (params.distinct_networks && repeats(records, &Node::network)) ||
                         (params.distinct_systems && repeats(records, &Node::system));
  return is_shared ? Rejection::FaultDomainShared : Rejection::None;
}

Rejection check_joins(const Call& call, const NodeId& id, const std::vector<NodeId>& others) {
  const auto node = call.view().node(id);
  if (!node || node->status != NodeStatus::Active) return Rejection::ShardNodeUnusable;
  const Params& params = call.params();
  for (const NodeId& other_id : others) {
    if (other_id == id) return Rejection::FaultDomainShared;
    const auto other = call.view().node(other_id);
    if (!other) continue;
    const bool is_shared = (params.distinct_operators && other->owner == node->owner) ||
                           (params.distinct_networks && other->network == node->network) ||
                           (params.distinct_systems && other->system == node->system);
    if (is_shared) return Rejection::FaultDomainShared;
  }
  return Rejection::None;
}

}  // namespace oort::ledger
