// SPDX-License-Identifier: Apache-2.0
#include "doors.hpp"

#include <set>

#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/core/log.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/host/files.hpp"
#include "oort/http/operator_pages.hpp"
#include "oort/http/server.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/records.hpp"
#include "oort/net/transport.hpp"

namespace oort::node {

Result<std::unique_ptr<OperatorDoor>> OperatorDoor::open(const Config& config, env::Clock& clock,
                                                         env::Random& random) {
  // The constructor is private: only an opened door may be seen.
  std::unique_ptr<OperatorDoor> door(new OperatorDoor());
  http::OperatorSources sources;
  sources.health = [] {
    return std::vector<http::Check>{{.name = "process", .is_good = true, .detail = "runs"}};
  };
  sources.readiness = [self = door.get()] {
    const Readiness readiness = self->get();
    return std::vector<http::Check>{
        {.name = "ledger", .is_good = readiness.is_ready, .detail = readiness.why}};
  };
  door->handler_ = http::operator_pages(std::move(sources));
  http::ServerOptions server;
  server.name = "operator";
  server.address = config.operator_door.listen.host;
  server.port = config.operator_door.listen.port;
  server.is_access_logged = false;
  OORT_TRY(door->server_, http::Server::start(server, *door->handler_, clock, random));
  door->endpoint_ = config.operator_door.listen.host + ":" + std::to_string(door->server_->port());
  return door;
}

void OperatorDoor::set(Readiness readiness) {
  const std::lock_guard lock(mutex_);
  readiness_ = std::move(readiness);
}

Readiness OperatorDoor::get() const {
  const std::lock_guard lock(mutex_);
  return readiness_;
}

void OperatorDoor::stop(Duration grace) { server_->stop(grace); }

Result<S3Doors> S3Doors::open(const Config& config, http::Handler& handler, env::Clock& clock,
                              env::Random& random) {
  S3Doors doors;
  http::ServerOptions options;
  options.name = "s3";
  options.address = config.s3.listen.host;
  options.port = config.s3.listen.port;
  options.threads_count = config.runtime.threads;
  OORT_TRY(doors.plain, http::Server::start(options, handler, clock, random));
  if (!config.s3.tls_listen) return doors;
  options.name = "s3-tls";
  options.address = config.s3.tls_listen->host;
  options.port = config.s3.tls_listen->port;
  options.tls = http::TlsOptions{.certificate = config.resolve(config.s3.certificate).string(),
                                 .key = config.resolve(config.s3.key).string()};
  OORT_TRY(doors.tls, http::Server::start(options, handler, clock, random));
  log::info("node", "S3 by TLS",
            {{"listen", options.address + ":" + std::to_string(doors.tls->port())}});
  return doors;
}

void S3Doors::stop(Duration grace) {
  if (plain) plain->stop(grace);
  if (tls) tls->stop(grace);
}

Result<std::unique_ptr<api::Server>> open_grpc(const Config& config, const api::Ports& ports) {
  api::ServerOptions options;
  options.listen = config.modules.api ? to_text(config.api.listen) : "";
  options.admin_socket = config.resolve(config.api.admin_socket).string();
  if (!config.api.certificate.empty()) {
    options.tls = api::TlsFiles{.certificate = config.resolve(config.api.certificate).string(),
                                .key = config.resolve(config.api.key).string()};
  }
  return api::Server::start(options, ports);
}

Result<std::unique_ptr<net::NodeTransport>> open_node_transport(const Config& config,
                                                                const crypto::SecretSeed& seed,
                                                                const ChainId& chain,
                                                                net::Surroundings around) {
  net::Options options;
  options.chain = chain;
  options.listen_host = config.network.listen.host;
  options.listen_port = config.network.listen.port;
  options.queue_bytes_max = config.network.queue_bytes;
  OORT_TRY(auto transport, net::open_transport(seed, options, around));
  transport->set_denied(config.network.denied);
  return transport;
}

Result<ledger::GenesisParams> read_genesis(const Config& config) {
  const auto path = config.resolve(config.node.genesis_file);
  OORT_TRY(const Bytes file, host::read_file(path, ledger::genesis_bytes_max + 64));
  auto genesis = ledger::genesis_from_file(file);
  if (!genesis) return fail(std::move(genesis).error().with(path.string()));
  return *std::move(genesis);
}

std::vector<net::PeerAddress> with_known_nodes(std::vector<net::PeerAddress> peers,
                                               const std::vector<ledger::Node>& known,
                                               const NodeId& self) {
  std::set<NodeId> named = {self};
  for (const net::PeerAddress& peer : peers) named.insert(peer.id);
  for (const ledger::Node& node : known) {
    if (named.contains(node.id)) continue;
    for (const ledger::Endpoint& endpoint : node.endpoints) {
      if (endpoint.kind != ledger::EndpointKind::Peer) continue;
      peers.push_back({.id = node.id, .host = endpoint.host, .port = endpoint.port});
      break;
    }
  }
  return peers;
}

}  // namespace oort::node
