// SPDX-License-Identifier: Apache-2.0
#include "devnet/create.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "access_key.hpp"
#include "devnet/genesis.hpp"
#include "key_file.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::cli::devnet {
namespace {

/// Below the range from which the kernel takes ports for outgoing connections.
constexpr std::uint16_t port_first = 20'000;
constexpr std::uint16_t port_last = 32'767;
constexpr int port_tries_max = 1'000;

bool is_port_free(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool is_free =
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(descriptor);
  return is_free;
}

/// Ports that nobody listens on now, each given once; those of the network's nodes, which may be
/// down, are not given either.
class Ports {
 public:
  Ports(env::Random& random, const Network& network) : random_(random) {
    for (const NodeEntry& node : network.nodes) {
      taken_.insert(
          {node.peer_port, node.grpc_port, node.operator_port, node.s3_port, node.models_port});
    }
  }

  Result<std::uint16_t> take() {
    for (int i = 0; i < port_tries_max; ++i) {
      const auto port =
          static_cast<std::uint16_t>(port_first + random_.below(port_last - port_first + 1));
      if (!taken_.contains(port) && is_port_free(port)) {
        taken_.insert(port);
        return port;
      }
    }
    return fail(ErrorCode::ResourceExhausted, reason::port_in_use,
                "no free port was found between 20000 and 32767");
  }

 private:
  env::Random& random_;
  std::set<std::uint16_t> taken_;
};

Result<NodeEntry> make_node(const Network& network, const std::string& role, std::uint32_t number,
                            Ports& ports, Daemon& daemon) {
  NodeEntry node;
  node.name = role + "-" + std::to_string(number);
  node.role = role;
  OORT_TRY(node.peer_port, ports.take());
  OORT_TRY(node.grpc_port, ports.take());
  OORT_TRY(node.operator_port, ports.take());
  // An archive serves no S3, and an edge is a light client.
  if (role == "super") {
    OORT_TRY(node.s3_port, ports.take());
  }
  if (role == "edge") {
    OORT_TRY(node.models_port, ports.take());
  }
  node.admin_socket = network.runtime_folder + "/" + node.name + ".sock";

  const auto folder = network.node_folder(node);
  std::error_code problem;
  std::filesystem::create_directories(folder / "logs", problem);
  if (problem) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                folder.string() + " cannot be made: " + problem.message());
  }
  OORT_TRY(const PublicKey key, daemon.create_node(folder / "data"));
  node.node_id = key.hex();
  return node;
}

/// A socket's path holds 107 bytes, so sockets lie in a short folder of their own.
Result<std::string> make_runtime_folder() {
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  std::string folder = base != nullptr && std::string_view(base).size() < 60 ? base : "/tmp";
  folder += "/oortd-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "no folder for sockets can be made at " + folder);
  }
  return folder;
}

std::string config_text(const Network& network, const NodeEntry& node,
                        const std::string& log_level) {
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  const auto data = std::filesystem::absolute(network.node_folder(node) / "data").string();
  const auto genesis = std::filesystem::absolute(network.folder / "genesis.oort").string();
  std::string text = "# Written by `oortd devnet`.\n[node]\n";
  text += "role = " + quoted(node.role) + "\n";
  text += "data_folder = " + quoted(data) + "\n";
  text += "genesis_file = " + quoted(genesis) + "\n";
  text += "\n[log]\nlevel = " + quoted(log_level) + "\n";
  text += "\n[network]\nlisten = " + quoted(NodeEntry::host_and(node.peer_port)) + "\npeers = [\n";
  for (const NodeEntry& peer : network.nodes) {
    if (peer.name == node.name) continue;
    text += "  " + quoted(peer.node_id + "@" + NodeEntry::host_and(peer.peer_port)) + ",\n";
  }
  text += "]\ndenied = []\n\n[storage]\nreserve_bytes = 268435456\n";
  // Few clients read here, so baits begin among few reads.
  text += "\n[honesty]\nlive_reads_min = 16\n";
  if (node.role != "edge") text += "\n[compute]\nenabled = true\n";
  text += "\n[operator]\nlisten = " + quoted(NodeEntry::host_and(node.operator_port)) + "\n";
  text += "\n[api]\nlisten = " + quoted(node.grpc_endpoint()) + "\n";
  text += "admin_socket = " + quoted(node.admin_socket) + "\n";
  if (node.s3_port != 0) {
    text += "\n[s3]\nlisten = " + quoted(NodeEntry::host_and(node.s3_port)) + "\n";
    text += "region = " + quoted(network.region) + "\n";
  }
  if (node.models_port != 0) {
    text += "\n[models]\nlisten = " + quoted(NodeEntry::host_and(node.models_port)) + "\n";
    text += "\n[modules]\nmodels = true\n";
  }
  return text;
}

constexpr std::uint32_t market_keys_count = 3;

/// D/NAME-1.key … D/NAME-3.key.
Result<std::vector<PublicKey>> make_keys(const std::filesystem::path& folder,
                                         const std::string& name, env::Random& random) {
  std::vector<PublicKey> made;
  for (std::uint32_t number = 1; number <= market_keys_count; ++number) {
    const auto seed = crypto::SecretSeed::generate(random);
    const auto path = folder / (name + "-" + std::to_string(number) + ".key");
    OORT_TRY(create_key(path, account_key_label, seed));
    made.push_back(crypto::KeyPair(seed).public_key());
  }
  return made;
}

Result<void> write_config(const Network& network, const NodeEntry& node, std::string_view text) {
  return write_file(network.node_folder(node) / "config.toml", as_bytes(text), 0644);
}

}  // namespace

Result<NodeEntry> make_further_node(const Network& network, const std::string& role,
                                    const std::string& log_level, const Session& session) {
  std::uint32_t number = 1;
  while (std::filesystem::exists(network.folder / (role + "-" + std::to_string(number)))) ++number;
  Ports ports(session.random(), network);
  OORT_TRY(NodeEntry node, make_node(network, role, number, ports, session.daemon()));
  std::string text = config_text(network, node, log_level);
  // Genesis named who votes; an edge never does.
  if (role != "edge") text += "\n[modules]\nvalidator = false\n";
  OORT_TRY(write_config(network, node, text));
  return node;
}

Result<Network> create_network(const std::filesystem::path& folder, const Shape& shape,
                               const Session& session) {
  if (shape.supers_count == 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a network needs at least one super node");
  }
  if (std::filesystem::exists(folder / "network.json")) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "there is a network in " + folder.string() + " already");
  }
  std::filesystem::create_directories(folder);
  Network network;
  network.folder = folder;
  network.region = "us-east-1";
  OORT_TRY(network.runtime_folder, make_runtime_folder());
  env::Random& random = session.random();
  Ports ports(random, network);
  const auto add = [&](const std::string& role, std::uint32_t count) -> Result<void> {
    for (std::uint32_t number = 1; number <= count; ++number) {
      OORT_TRY(NodeEntry node, make_node(network, role, number, ports, session.daemon()));
      network.nodes.push_back(std::move(node));
    }
    return {};
  };
  OORT_TRY(add("super", shape.supers_count));
  OORT_TRY(add("archive", shape.archives_count));
  OORT_TRY(add("edge", shape.edges_count));

  const NewAccessKey access_key = new_access_key(random);
  network.access_key_id = access_key.id;
  network.secret_access_key = access_key.secret;
  const auto owner = crypto::SecretSeed::generate(random);
  OORT_TRY(create_key(folder / "owner.key", account_key_label, owner));
  MarketKeys market;
  OORT_TRY(market.processors, make_keys(folder, "processor", random));
  OORT_TRY(market.reporters, make_keys(folder, "reporter", random));
  OORT_TRY(const auto genesis, make_genesis(network, crypto::KeyPair(owner).public_key(), market,
                                            session.clock().now_wall()));
  OORT_TRY(write_file(folder / "genesis.oort", ledger::genesis_to_file(genesis), 0644));
  for (const NodeEntry& node : network.nodes) {
    OORT_TRY(write_config(network, node, config_text(network, node, shape.log_level)));
  }
  // Last: a folder with network.json is a whole network.
  OORT_TRY(save_network(network));
  return network;
}

}  // namespace oort::cli::devnet
