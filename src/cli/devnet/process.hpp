// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "devnet/network.hpp"
#include "oort/core/time.hpp"

namespace oort::cli::devnet {

/// The process of a node, if it runs. A pid file whose process is gone, or is another program's by
/// now, counts as none: the process must have the node's configuration on its command line.
[[nodiscard]] std::optional<pid_t> running_process(const Network& network, const NodeEntry& node);

/// Starts a node in a session of its own, with further flags of `start` after its configuration;
/// its output is appended to NODE/logs/oortd.log. Fails with ALREADY_RUNNING.
[[nodiscard]] Result<pid_t> start_node(const Network& network, const NodeEntry& node,
                                       const std::vector<std::string>& flags = {});

/// Sends `signal`. Fails with NOT_FOUND when the node does not run.
[[nodiscard]] Result<void> signal_node(const Network& network, const NodeEntry& node, int signal);

/// Waits until the node's process is gone. Fails with DEADLINE_EXCEEDED.
[[nodiscard]] Result<void> await_exit(const Network& network, const NodeEntry& node,
                                      Duration deadline);

/// The last lines of the node's log, for error messages.
[[nodiscard]] std::string log_tail(const Network& network, const NodeEntry& node,
                                   std::size_t lines_count);

void sleep_for(Duration duration);

}  // namespace oort::cli::devnet
