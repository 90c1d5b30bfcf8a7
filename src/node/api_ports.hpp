// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ledger_view.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/chain.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/node/config.hpp"
#include "oort/object/gateway.hpp"
#include "oort/object/shard_service.hpp"
#include "pending_calls.hpp"
#include "readiness.hpp"
#include "statement_index.hpp"

/// The node as the gRPC door sees it.
namespace oort::node {

/// What the doors show; filled in as the node starts. Pointers are null where the node has no such
/// part.
struct NodeParts {
  const Config& config;
  std::string version;
  const crypto::KeyPair& keys;
  const ledger::GenesisParams& genesis;
  const env::Clock& clock;
  MonoTime started;
  chain::Chain& chain;
  BlockFeed& feed;
  const object::LedgerView& ledger;
  env::Transport& transport;
  /// Of the object room.
  env::Executor& strand;
  env::Timers& timers;
  object::Gateway* gateway = nullptr;
  object::ShardService* shards = nullptr;
  StatementIndex* statements = nullptr;
  std::function<void()> shut_down;
  // Known once the doors are open.
  std::string grpc_endpoint;
  std::string s3_endpoint;
  std::string operator_endpoint;
  /// What may take long; stopped before the doors are.
  PendingCalls calls{};
};

[[nodiscard]] Readiness readiness_of(const NodeParts& parts, const chain::Diagnosis& diagnosis);

[[nodiscard]] std::unique_ptr<api::LedgerPort> make_ledger_port(NodeParts& parts);
[[nodiscard]] std::unique_ptr<api::StatePort> make_state_port(NodeParts& parts);
[[nodiscard]] std::unique_ptr<api::NodePort> make_node_port(NodeParts& parts);
[[nodiscard]] std::unique_ptr<api::ObjectPort> make_object_port(NodeParts& parts);
[[nodiscard]] std::unique_ptr<api::AdminPort> make_admin_port(NodeParts& parts);

}  // namespace oort::node
