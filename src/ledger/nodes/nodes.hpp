// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const NodeRegister& operation);
[[nodiscard]] Rejection apply(Call& call, const NodeUpdate& operation);

/// Whether roles, region and endpoints are possible.
[[nodiscard]] bool is_possible(std::uint8_t roles, const std::vector<Endpoint>& endpoints);
/// Enters a node and its account, which exists from then on.
void enter(Overlay& state, const Node& node);

}  // namespace oort::ledger
