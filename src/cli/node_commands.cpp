// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>
#include <oort/v1/node.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client.hpp"
#include "node_view.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr Duration deadline = 5s;

Result<void> show_status(const Session& session) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  OORT_TRY(const auto status, get_status(endpoint));
  session.show(to_json(status), [&] { std::fputs(to_text(status).c_str(), stdout); });
  return {};
}

Result<void> show_peers(const Session& session) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  OORT_TRY(const auto response, list_peers(endpoint));
  Json peers = Json::array();
  std::vector<std::vector<std::string>> rows = {{"NODE", "ROLES", "ADDRESS", "CONNECTED"}};
  for (const v1::Peer& peer : response.peers()) {
    std::string roles;
    for (const std::string& role : peer.roles()) roles += (roles.empty() ? "" : ",") + role;
    peers.push_back({{"node_id", hex_of(peer.node_id())},
                     {"name", peer.name()},
                     {"roles", roles},
                     {"address", peer.address()},
                     {"grpc_endpoint", peer.grpc_endpoint()},
                     {"is_connected", peer.is_connected()}});
    const std::string name =
        peer.name().empty() ? hex_of(peer.node_id()).substr(0, 16) : peer.name();
    rows.push_back({name, roles, peer.address(), peer.is_connected() ? "yes" : "no"});
  }
  session.show({{"peers", peers}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show_dump(const Session& session, const std::string& socket) {
  const std::string endpoint = "unix:" + socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  OORT_TRY(const auto response,
           call<v1::DumpConsensusResponse>(endpoint, deadline, *stub,
                                           &v1::AdminService::Stub::DumpConsensus,
                                           v1::DumpConsensusRequest()));
  session.show({{"text", response.text()}}, [&] { std::fputs(response.text().c_str(), stdout); });
  return {};
}

}  // namespace

void add_node_commands(CLI::App& app, Session& session) {
  CLI::App* status = app.add_subcommand("status", "How a node is doing");
  status->footer("Example: oortd status --grpc 127.0.0.1:7170");
  status->callback([&session] { session.action = [&session] { return show_status(session); }; });

  CLI::App* peers = app.add_subcommand("peers", "The nodes that a node knows");
  peers->callback([&session] { session.action = [&session] { return show_peers(session); }; });

  CLI::App* dump = app.add_subcommand("consensus", "Why the ledger moves, or does not");
  static std::string socket;
  dump->add_option("--admin-socket", socket, "The node's unix socket")->required();
  dump->footer("Example: oortd consensus --admin-socket /var/lib/oortd/admin.sock");
  dump->callback(
      [&session] { session.action = [&session] { return show_dump(session, socket); }; });
}

}  // namespace oort::cli
