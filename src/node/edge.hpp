// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "oort/node/node.hpp"

namespace oort::node {

/// Whether this configuration is of a light node: an edge without a module that needs the state.
[[nodiscard]] bool is_light(const Config& config) noexcept;

/// An edge that keeps nothing of the ledger but the newest verified header: `light/` below the data
/// folder. Fails as Node::start. Requires: `is_light(config)`.
[[nodiscard]] Result<std::unique_ptr<Node>> start_edge(Config config, std::string version,
                                                       Hooks& hooks,
                                                       std::function<void()> on_shutdown_request);

}  // namespace oort::node
