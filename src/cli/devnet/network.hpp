// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"

/// A local network: real processes of this program on this machine, all of whose files lie in one
/// folder D:
///
///   D/network.json   what this header describes; mode 0600, for it holds the S3 secret
///   D/genesis.oort   the genesis file
///   D/owner.key      the account that has the money and the buckets
///   D/processor-N.key, D/reporter-N.key
///                    who sell credits and who report the price of OORT: N is 1 to 3, two needed
///   D/NODE/          config.toml, data/, logs/, pid
namespace oort::cli::devnet {

struct NodeEntry {
  std::string name;  ///< "super-1"
  std::string role;  ///< "super", "archive", "edge"
  std::string node_id;
  std::uint16_t peer_port = 0;
  std::uint16_t grpc_port = 0;
  std::uint16_t s3_port = 0;  ///< 0: no S3 door.
  std::uint16_t operator_port = 0;
  std::uint16_t models_port = 0;  ///< 0: no models stand there.
  /// In a short folder of its own: a socket's path holds 107 bytes.
  std::string admin_socket;

  [[nodiscard]] std::string grpc_endpoint() const { return host_and(grpc_port); }
  [[nodiscard]] std::string s3_url() const { return "http://" + host_and(s3_port); }
  [[nodiscard]] static std::string host_and(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
  }
};

struct Network {
  std::filesystem::path folder;
  std::string runtime_folder;
  std::string access_key_id;
  std::string secret_access_key;
  std::string region;
  std::vector<NodeEntry> nodes;

  [[nodiscard]] std::filesystem::path node_folder(const NodeEntry& node) const {
    return folder / node.name;
  }
  /// Fails with NOT_FOUND that lists the names.
  [[nodiscard]] Result<NodeEntry> find(std::string_view name) const;
};

/// Fails with NOT_FOUND (no network there) or CORRUPT_DATA.
[[nodiscard]] Result<Network> load_network(const std::filesystem::path& folder);
[[nodiscard]] Result<void> save_network(const Network& network);

}  // namespace oort::cli::devnet
