// SPDX-License-Identifier: Apache-2.0
#include "devnet/operations.hpp"

#include <oort/v1/admin.grpc.pb.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "client.hpp"
#include "devnet/process.hpp"
#include "node_view.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli::devnet {
namespace {

constexpr Duration poll_interval = 100ms;
constexpr Duration stop_limit = 20s;
constexpr Duration restart_limit = 60s;

/// Empty when the node is ready; else why it is not.
std::string why_not_ready(const NodeEntry& node) {
  const auto status = get_status(node.grpc_endpoint());
  if (!status) return status.error().detail();
  return status->is_ready() ? "" : status->not_ready_reason();
}

Result<void> end_node(const Network& network, const NodeEntry& node) {
  if (!running_process(network, node)) return {};
  // A frozen node cannot hear of its end.
  OORT_TRY(signal_node(network, node, SIGCONT));
  OORT_TRY(signal_node(network, node, SIGTERM));
  if (await_exit(network, node, stop_limit)) return {};
  OORT_TRY(signal_node(network, node, SIGKILL));
  return await_exit(network, node, stop_limit);
}

}  // namespace

Result<void> await_node(const Network& network, const NodeEntry& node, Duration limit) {
  std::string why;
  for (Duration waited = 0s; waited < limit; waited += poll_interval) {
    if (!running_process(network, node)) {
      return fail(ErrorCode::Unavailable, reason::not_ready,
                  node.name + " ended; the end of its log:\n" + log_tail(network, node, 10));
    }
    why = why_not_ready(node);
    if (why.empty()) return {};
    sleep_for(poll_interval);
  }
  return fail(ErrorCode::DeadlineExceeded, reason::not_ready,
              node.name + " is not ready: " + why + "; its log is in " +
                  (network.node_folder(node) / "logs" / "oortd.log").string());
}

Result<Network> open_or_create(const Session& session, const Shape& shape) {
  auto network = load_network(session.folder);
  if (network) return network;
  if (network.error().code() != ErrorCode::NotFound) return network;
  session.progress("making a network in " + session.folder);
  return create_network(session.folder, shape, session);
}

Result<void> start_all(const Session& session, const Network& network) {
  for (const NodeEntry& node : network.nodes) {
    if (running_process(network, node)) continue;
    session.progress("starting " + node.name);
    OORT_TRY(start_node(network, node));
  }
  return {};
}

Result<void> stop_all(const Session& session, const Network& network) {
  for (const NodeEntry& node : network.nodes) {
    if (!running_process(network, node)) continue;
    OORT_TRY(signal_node(network, node, SIGCONT));
    OORT_TRY(signal_node(network, node, SIGTERM));
  }
  for (const NodeEntry& node : network.nodes) OORT_TRY(end_node(network, node));
  session.progress("stopped");
  return {};
}

Result<void> await_ready(const Session& session, const Network& network, Duration limit) {
  for (const NodeEntry& node : network.nodes) {
    if (!running_process(network, node)) {
      session.progress(node.name + " does not run");
      continue;
    }
    OORT_TRY(await_node(network, node, limit));
  }
  return {};
}

Result<void> await_durable(const Session&, const Network& network, Duration limit) {
  for (const NodeEntry& node : network.nodes) {
    if (node.role != "super" || !running_process(network, node)) continue;
    const std::string endpoint = "unix:" + node.admin_socket;
    const auto stub = v1::AdminService::NewStub(connect(endpoint));
    OORT_TRY(call<v1::AwaitDurableResponse>(
        endpoint, limit, *stub, &v1::AdminService::Stub::AwaitDurable, v1::AwaitDurableRequest()));
  }
  return {};
}

Result<void> show_status(const Session& session, const Network& network) {
  Json nodes = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "ROLE", "STATE", "HEIGHT", "PEERS", "MISSING SHARDS"}};
  for (const NodeEntry& node : network.nodes) {
    const auto process = running_process(network, node);
    const auto status = get_status(node.grpc_endpoint());
    if (process && status) {
      rows.push_back(to_row(*status));
      rows.back().front() = node.name;
      nodes.push_back({{"name", node.name}, {"is_running", true}, {"status", to_json(*status)}});
    } else {
      rows.push_back({node.name, node.role, process ? "does not answer" : "down", "-", "-", "-"});
      nodes.push_back({{"name", node.name}, {"is_running", process.has_value()}});
    }
  }
  session.show({{"nodes", nodes}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show_environment(const Session& session, const Network& network) {
  std::vector<std::pair<std::string, std::string>> variables;
  std::string endpoints;
  for (const NodeEntry& node : network.nodes) {
    if (node.s3_port == 0) continue;
    endpoints += (endpoints.empty() ? "" : ",") + node.s3_url();
  }
  variables.emplace_back("AWS_ENDPOINT_URL", network.nodes.front().s3_url());
  variables.emplace_back("OORT_S3_ENDPOINTS", endpoints);
  variables.emplace_back("AWS_ACCESS_KEY_ID", network.access_key_id);
  variables.emplace_back("AWS_SECRET_ACCESS_KEY", network.secret_access_key);
  variables.emplace_back("AWS_DEFAULT_REGION", network.region);
  variables.emplace_back("OORT_GRPC", network.nodes.front().grpc_endpoint());
  for (const NodeEntry& node : network.nodes) {
    std::string name = "OORT_ADMIN_SOCKET_";
    for (const char c : node.name) {
      name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(c)));
    }
    variables.emplace_back(name, node.admin_socket);
  }
  Json value = Json::object();
  for (const auto& [name, text] : variables) value[name] = text;
  session.show(value, [&] {
    for (const auto& [name, text] : variables) {
      std::printf("export %s='%s'\n", name.c_str(), text.c_str());
    }
  });
  return {};
}

Result<void> kill_node(const Session& session, const Network& network, const NodeEntry& node) {
  OORT_TRY(signal_node(network, node, SIGKILL));
  OORT_TRY(await_exit(network, node, stop_limit));
  session.progress(node.name + " was killed");
  return {};
}

Result<void> stop_node(const Session& session, const Network& network, const NodeEntry& node) {
  OORT_TRY(end_node(network, node));
  session.progress(node.name + " has stopped");
  return {};
}

Result<void> restart_node(const Session& session, const Network& network, const NodeEntry& node,
                          const std::vector<std::string>& flags) {
  OORT_TRY(end_node(network, node));
  OORT_TRY(start_node(network, node, flags));
  OORT_TRY(await_node(network, node, restart_limit));
  session.progress(node.name + " is ready");
  return {};
}

Result<void> pause_node(const Session&, const Network& network, const NodeEntry& node) {
  return signal_node(network, node, SIGSTOP);
}
Result<void> resume_node(const Session&, const Network& network, const NodeEntry& node) {
  return signal_node(network, node, SIGCONT);
}

Result<void> wipe_node(const Session& session, const Network& network, const NodeEntry& node) {
  if (running_process(network, node)) {
    return fail(ErrorCode::FailedPrecondition, reason::already_running,
                node.name + " runs; stop it first: oortd devnet stop " + node.name);
  }
  std::error_code problem;
  std::filesystem::remove_all(network.node_folder(node) / "data" / "shards", problem);
  if (problem) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "the shards of " + node.name + " cannot be deleted: " + problem.message());
  }
  session.progress("the shards of " + node.name + " are gone");
  return {};
}

Result<void> show_logs(const Session& session, const Network& network, const NodeEntry& node) {
  const std::string text = log_tail(network, node, 50);
  session.show({{"log", text}}, [&] { std::fputs(text.c_str(), stdout); });
  return {};
}

}  // namespace oort::cli::devnet
