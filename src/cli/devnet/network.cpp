// SPDX-License-Identifier: Apache-2.0
#include "devnet/network.hpp"

#include <nlohmann/json.hpp>

#include "key_file.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli::devnet {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t network_bytes_max = std::size_t{1} << 20;

Json to_json(const NodeEntry& node) {
  return {{"name", node.name},
          {"role", node.role},
          {"node_id", node.node_id},
          {"peer_port", node.peer_port},
          {"grpc_port", node.grpc_port},
          {"s3_port", node.s3_port},
          {"operator_port", node.operator_port},
          {"models_port", node.models_port},
          {"admin_socket", node.admin_socket}};
}

NodeEntry node_from(const Json& value) {
  NodeEntry node;
  node.name = value.at("name").get<std::string>();
  node.role = value.at("role").get<std::string>();
  node.node_id = value.at("node_id").get<std::string>();
  node.peer_port = value.at("peer_port").get<std::uint16_t>();
  node.grpc_port = value.at("grpc_port").get<std::uint16_t>();
  node.s3_port = value.at("s3_port").get<std::uint16_t>();
  node.operator_port = value.at("operator_port").get<std::uint16_t>();
  // Networks that were made without models have none.
  node.models_port = value.value("models_port", std::uint16_t{0});
  node.admin_socket = value.at("admin_socket").get<std::string>();
  return node;
}

}  // namespace

Result<NodeEntry> Network::find(std::string_view name) const {
  std::string names;
  for (const NodeEntry& node : nodes) {
    if (node.name == name) return node;
    names += (names.empty() ? "" : ", ") + node.name;
  }
  return fail(ErrorCode::NotFound, reason::not_found,
              "no node is called '" + std::string(name) + "'; there are " + names);
}

Result<Network> load_network(const std::filesystem::path& folder) {
  const auto path = folder / "network.json";
  auto bytes = read_file(path, network_bytes_max);
  if (!bytes && bytes.error().code() == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "no local network in " + folder.string() + "; `oortd devnet up` makes one");
  }
  if (!bytes) return fail(std::move(bytes).error());
  try {
    const Json value = Json::parse(as_text(*bytes));
    Network network;
    network.folder = folder;
    network.runtime_folder = value.at("runtime_folder").get<std::string>();
    network.access_key_id = value.at("access_key_id").get<std::string>();
    network.secret_access_key = value.at("secret_access_key").get<std::string>();
    network.region = value.at("region").get<std::string>();
    for (const Json& node : value.at("nodes")) network.nodes.push_back(node_from(node));
    return network;
  } catch (const Json::exception& problem) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data,
                path.string() + " is damaged: " + problem.what());
  }
}

Result<void> save_network(const Network& network) {
  Json nodes = Json::array();
  for (const NodeEntry& node : network.nodes) nodes.push_back(to_json(node));
  const Json value = {{"version", 1},
                      {"runtime_folder", network.runtime_folder},
                      {"access_key_id", network.access_key_id},
                      {"secret_access_key", network.secret_access_key},
                      {"region", network.region},
                      {"nodes", nodes}};
  const std::string text = value.dump(2) + "\n";
  return write_file(network.folder / "network.json", as_bytes(text), 0600);
}

}  // namespace oort::cli::devnet
