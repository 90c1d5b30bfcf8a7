// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "devnet/network.hpp"
#include "session.hpp"

namespace oort::cli::devnet {

struct Shape {
  std::uint32_t supers_count = 4;
  std::uint32_t archives_count = 1;
  std::uint32_t edges_count = 1;
  std::string log_level = "info";
};

/// Writes everything that a new network needs: keys, genesis, configurations. Starts nothing.
/// Fails with ALREADY_EXISTS when there is a network in `folder`, or BAD_ARGUMENT for a shape
/// without a super node.
[[nodiscard]] Result<Network> create_network(const std::filesystem::path& folder,
                                             const Shape& shape, const Session& session);

/// Writes the key and the configuration of one more node of `role`, numbered after those that have
/// a folder; it does not vote. The network's description is left to the caller. Starts nothing.
[[nodiscard]] Result<NodeEntry> make_further_node(const Network& network, const std::string& role,
                                                  const std::string& log_level,
                                                  const Session& session);

}  // namespace oort::cli::devnet
