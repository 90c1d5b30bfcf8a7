// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "api_ports.hpp"
#include "oort/api/server.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/http/server.hpp"
#include "oort/net/transport.hpp"
#include "oort/node/config.hpp"

/// What every node opens in the same way, whatever it is for.
namespace oort::node {

/// Metrics and health, for operators and their probes. Not ready until told. Threads: any.
class OperatorDoor {
 public:
  /// `clock` and `random` outlive the door. Fails with PORT_IN_USE.
  [[nodiscard]] static Result<std::unique_ptr<OperatorDoor>> open(const Config& config,
                                                                  env::Clock& clock,
                                                                  env::Random& random);
  void set(Readiness readiness);
  void stop(Duration grace);
  /// "host:port" as bound.
  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

 private:
  OperatorDoor() = default;
  [[nodiscard]] Readiness get() const;

  mutable std::mutex mutex_;
  Readiness readiness_{false, "starting"};
  std::string endpoint_;
  std::unique_ptr<http::Handler> handler_;
  std::unique_ptr<http::Server> server_;
};

/// The doors of S3 clients, as configured: one in the clear, and one by TLS where there is a
/// certificate. Both answer by one handler.
struct S3Doors {
  std::unique_ptr<http::Server> plain;
  std::unique_ptr<http::Server> tls;  ///< May be missing.

  /// Requires: `handler`, `clock` and `random` outlive them. Fails as http::Server::start.
  [[nodiscard]] static Result<S3Doors> open(const Config& config, http::Handler& handler,
                                            env::Clock& clock, env::Random& random);
  void stop(Duration grace);
};

/// The gRPC door and the operator's socket, as configured. Fails as api::Server::start.
[[nodiscard]] Result<std::unique_ptr<api::Server>> open_grpc(const Config& config,
                                                             const api::Ports& ports);

/// Knows no peers yet. Fails as net::open_transport.
[[nodiscard]] Result<std::unique_ptr<net::NodeTransport>> open_node_transport(
    const Config& config, const crypto::SecretSeed& seed, const ChainId& chain,
    net::Surroundings around);

/// Fails with NOT_FOUND and its like; the detail names the file.
[[nodiscard]] Result<ledger::GenesisParams> read_genesis(const Config& config);

/// `peers`, and of the nodes in `known` those that are not among them.
[[nodiscard]] std::vector<net::PeerAddress> with_known_nodes(std::vector<net::PeerAddress> peers,
                                                             const std::vector<ledger::Node>& known,
                                                             const NodeId& self);

}  // namespace oort::node
