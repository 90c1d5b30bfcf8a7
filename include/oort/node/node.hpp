// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/random.hpp"
#include "oort/node/config.hpp"
#include "oort/node/hooks.hpp"

namespace oort::node {

/// A whole node: the rooms wired by its role over the drivers of this machine.
///
/// Files below the data folder: `node.key`, `genesis.oort` (or as configured), `ledger/` (blocks,
/// state, receipts), `votes/` (the log of what this validator signed), `index/` (what a gateway
/// knows of its buckets' names), `shards/` (what this node stores for others).
///
/// Invariants
///   N1  Parts start from the bottom up and stop from the top down: no door is open before what it
///       needs works, and what is in flight at a stop is answered.
///   N2  One process uses a data folder at a time.
/// Threads: start and stop from one thread that is none of the node's.
class Node {
 public:
  /// Fails with whatever keeps a part from starting; then nothing is left running.
  /// `on_shutdown_request` is called, on any thread, when an operator asks for a stop. `hooks`
  /// outlive the node.
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(
      Config config, std::string version, Hooks& hooks, std::function<void()> on_shutdown_request);
  virtual ~Node() = default;

  /// Answers what is in flight for at most `grace`, then ends every part.
  virtual void stop(Duration grace) = 0;

  /// Takes peers and denied nodes from a configuration that was read again. Threads: as `stop`.
  virtual void reload(const Config& config) = 0;

  /// "host:port" as bound; empty without that door.
  [[nodiscard]] virtual std::string grpc_endpoint() const = 0;
  [[nodiscard]] virtual std::string s3_endpoint() const = 0;
  [[nodiscard]] virtual std::string operator_endpoint() const = 0;
};

/// Makes the key of a new node and the empty log of its votes, so that it may vote at once: a key
/// whose past is unknown must first hear from all other validators.
/// Fails with ALREADY_EXISTS rather than touch a node that is there.
[[nodiscard]] Result<PublicKey> create_node(const std::filesystem::path& data_folder,
                                            env::Random& random);

/// Runs a node until SIGTERM, SIGINT or an operator's word; SIGHUP reads the reloadable keys again.
/// Tells the service manager when it is ready. Fails as `load_config_file` and `Node::start`.
[[nodiscard]] Result<void> run_daemon(const std::filesystem::path& config_path,
                                      const std::map<std::string, std::string>& flags,
                                      const std::string& version, Hooks& hooks);

}  // namespace oort::node
