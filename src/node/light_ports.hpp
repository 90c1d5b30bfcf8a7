// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api_ports.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/light_node.hpp"

/// A light node as the gRPC door sees it. Whatever these answer was verified against the genesis.
namespace oort::node {

struct LightParts {
  const Config& config;
  std::string version;
  NodeId self;
  const ledger::GenesisParams& genesis;
  const env::Clock& clock;
  MonoTime started;
  chain::LightNode& light;
  env::Transport& transport;
  env::Timers& timers;
  std::function<void()> shut_down;
  std::string operator_endpoint;
};

/// Ready while the head moves.
[[nodiscard]] Readiness readiness_of(const LightParts& parts);

[[nodiscard]] std::unique_ptr<api::LedgerPort> make_light_ledger_port(LightParts& parts);
[[nodiscard]] std::unique_ptr<api::NodePort> make_light_node_port(LightParts& parts);
[[nodiscard]] std::unique_ptr<api::AdminPort> make_light_admin_port(LightParts& parts);

}  // namespace oort::node
