// SPDX-License-Identifier: Apache-2.0
#include "nodes/nodes.hpp"

#include "oort/crypto/signature.hpp"

namespace oort::ledger {
namespace {

constexpr std::uint8_t roles_all = 7;

}  // namespace

bool is_possible(std::uint8_t roles, const std::vector<Endpoint>& endpoints) {
  if (roles == 0 || (roles & ~roles_all) != 0) return false;
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.host.empty() || endpoint.port == 0) return false;
  }
  return true;
}

Accepted<Node> own_node(const Call& call, const NodeId& id) {
  auto node = call.view().node(id);
  if (!node) return Refused(Rejection::NodeUnknown);
  if (node->owner != call.sender && call.view().node_of(call.sender) != id) {
    return Refused(Rejection::NodeNotYours);
  }
  return *std::move(node);
}

void enter(Overlay& state, const Node& node) {
  save(state, keys::node(node.id), node);
  const AccountId account = crypto::account_of(crypto::key_of(node.id));
  state.put(keys::node_account(account), to_bytes(node.id.view()));
  if (!state.get(keys::account(account))) save(state, keys::account(account), Account{});
}

Rejection apply(Call& call, const NodeRegister& operation) {
  if (!is_possible(operation.roles, operation.endpoints)) return Rejection::NodeFieldInvalid;
  if (call.view().node(operation.node)) return Rejection::NodeExists;
  const Bytes32 message = node_consent_hash(call.block.chain, call.sender, operation.node);
  if (!call.block.signatures.verify(crypto::key_of(operation.node), message.view(),
                                    operation.consent)) {
    return Rejection::NodeConsentInvalid;
  }
  enter(call.state(), Node{.id = operation.node,
                           .owner = call.sender,
                           .roles = operation.roles,
                           .status = NodeStatus::Active,
                           .endpoints = operation.endpoints,
                           .region = operation.region,
                           .system = operation.system,
                           .network = operation.network,
                           .capacity = operation.capacity,
                           .bond = Oort()});
  call.events.emplace_back(NodeChanged{operation.node, NodeStatus::Active});
  return Rejection::None;
}

Rejection apply(Call& call, const NodeUpdate& operation) {
  auto node = call.view().node(operation.node);
  if (!node) return Rejection::NodeUnknown;
  const bool is_own =
      call.sender == node->owner || call.view().node_of(call.sender) == operation.node;
  if (!is_own) return Rejection::NodeNotYours;
  if (node->status == NodeStatus::Faulty) return Rejection::NodeFaulty;
  if (operation.status == NodeStatus::Faulty) return Rejection::NodeFieldInvalid;
  if (!is_possible(node->roles, operation.endpoints)) return Rejection::NodeFieldInvalid;
  node->status = operation.status;
  node->endpoints = operation.endpoints;
  node->capacity = operation.capacity;
  save(call.state(), keys::node(node->id), *node);
  call.events.emplace_back(NodeChanged{node->id, node->status});
  return Rejection::None;
}

}  // namespace oort::ledger
