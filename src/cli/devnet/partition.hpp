// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "devnet/network.hpp"
#include "session.hpp"

namespace oort::cli::devnet {

/// Names of the nodes of each side, from words such as "super-1,super-2|super-3". The nodes that no
/// word names are a side of their own. Fails with NOT_FOUND for a name that no node has, or
/// BAD_ARGUMENT when a node is named twice or there are fewer than two sides.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> parse_sides(
    const Network& network, const std::vector<std::string>& words);

/// Cuts every connection between nodes of different sides, and returns when none is left: each
/// node's configuration denies the nodes of the other sides, so the cut outlives a restart.
/// Replaces an earlier partition. Nodes that do not run take it over when they start.
[[nodiscard]] Result<void> partition(const Session& session, const Network& network,
                                     const std::vector<std::string>& words);

/// Ends a partition, and returns when every running node is ready.
[[nodiscard]] Result<void> heal(const Session& session, const Network& network);

}  // namespace oort::cli::devnet
