// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const NodeRegister& operation);
[[nodiscard]] Rejection apply(Call& call, const NodeUpdate& operation);

/// The node, where the sender may act for it: its own account or its operator's.
[[nodiscard]] Accepted<Node> own_node(const Call& call, const NodeId& node);
/// Whether roles, region and endpoints are possible.
[[nodiscard]] bool is_possible(std::uint8_t roles, const std::vector<Endpoint>& endpoints);
/// Enters a node and its account, which exists from then on.
void enter(Overlay& state, const Node& node);

}  // namespace oort::ledger
