// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "devnet/create.hpp"
#include "devnet/network.hpp"
#include "oort/core/time.hpp"
#include "session.hpp"

/// What the commands of `oortd devnet` do. Each works on the processes that the network's pid files
/// name, and on no other.
namespace oort::cli::devnet {

[[nodiscard]] Result<Network> open_or_create(const Session& session, const Shape& shape);
/// Starts every node that does not run.
[[nodiscard]] Result<void> start_all(const Session& session, const Network& network);
/// SIGTERM to every node, SIGKILL to those that do not end within 20 s.
[[nodiscard]] Result<void> stop_all(const Session& session, const Network& network);
/// Until the node says that it is ready. Fails with DEADLINE_EXCEEDED that says why it is not, or
/// at once when its process ended.
[[nodiscard]] Result<void> await_node(const Network& network, const NodeEntry& node,
                                      Duration limit);
/// The same of every running node; those that are down are named and passed over.
[[nodiscard]] Result<void> await_ready(const Session& session, const Network& network,
                                       Duration limit);
/// Until every gateway that runs has sealed what it holds open and no shard is missing.
[[nodiscard]] Result<void> await_durable(const Session& session, const Network& network,
                                         Duration limit);
[[nodiscard]] Result<void> show_status(const Session& session, const Network& network);
[[nodiscard]] Result<void> show_environment(const Session& session, const Network& network);

[[nodiscard]] Result<void> kill_node(const Session& session, const Network& network,
                                     const NodeEntry& node);
[[nodiscard]] Result<void> stop_node(const Session& session, const Network& network,
                                     const NodeEntry& node);
/// `flags` are further ones of `start`, for this one life of the node.
[[nodiscard]] Result<void> restart_node(const Session& session, const Network& network,
                                        const NodeEntry& node,
                                        const std::vector<std::string>& flags);
[[nodiscard]] Result<void> pause_node(const Session& session, const Network& network,
                                      const NodeEntry& node);
[[nodiscard]] Result<void> resume_node(const Session& session, const Network& network,
                                       const NodeEntry& node);
/// Fails with FailedPrecondition while the node runs.
[[nodiscard]] Result<void> wipe_node(const Session& session, const Network& network,
                                     const NodeEntry& node);
[[nodiscard]] Result<void> show_logs(const Session& session, const Network& network,
                                     const NodeEntry& node);

}  // namespace oort::cli::devnet
