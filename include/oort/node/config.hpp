// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/log.hpp"
#include "oort/core/result.hpp"
#include "oort/net/transport.hpp"

namespace oort::node {

/// What a node is for; a preset of `Config::modules`.
enum class Role : std::uint8_t {
  Super,    ///< Votes, serves S3 and gRPC, holds hot shards.
  Archive,  ///< Keeps the whole history and cold shards.
  Edge,     ///< Follows as a light client; with S3, as a gateway with the whole state.
};
[[nodiscard]] std::string_view to_string(Role role) noexcept;

/// A place to listen. Written `host:port`, with brackets around IPv6; port 0 is any free one.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
/// Fails with BAD_CONFIG. Requires nothing of `text`.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

/// Everything that an operator decides. One member per section of `configs/oortd.toml`, which says
/// what each key means; the defaults here are the ones that it states.
///
/// Invariants
///   G1  A key comes from the flag, else from the environment, else from the file, else from its
///       default.
///   G2  A key that nobody knows is an error that names where it stands and the nearest known one.
///   G3  `configs/oortd.toml` names every key with its default.
struct Config {
  struct Node {
    Role role = Role::Super;
    /// Everything the node writes lies below it.
    std::filesystem::path data_folder = "/var/lib/oortd";
    /// Relative paths are below `data_folder`.
    std::filesystem::path key_file = "node.key";
    std::filesystem::path genesis_file = "genesis.oort";
    /// Where the machine stands, for placement and for cells.
    std::string region = "local";
  } node;

  /// Parts of the daemon that run; `defaults_of(role)` unless the file says otherwise.
  struct Modules {
    /// Takes part in consensus.
    bool validator = false;
    /// Keeps every block for ever.
    bool history = false;
    /// Holds shards for others.
    bool storage = false;
    /// Serves S3.
    bool s3 = false;
    /// Serves gRPC.
    bool api = false;
    /// Brokers jobs, on networks that have them.
    bool broker = false;
    /// Keeps models that the ledger deploys here, and answers for them; light nodes alone.
    bool models = false;
    friend bool operator==(const Modules&, const Modules&) = default;
  } modules;

  struct Log {
    log::Level level = log::Level::Info;
    log::Format format = log::Format::Logfmt;
    /// Empty: standard error.
    std::string file;
  } log;

  struct Runtime {
    /// Threads that carry the strands.
    std::uint32_t threads = 2;
    /// Threads that wait for disks.
    std::uint32_t disk_threads = 2;
  } runtime;

  struct Network {
    Endpoint listen{"0.0.0.0", 7100};
    /// Nodes to begin with; written `NODE_ID@host:port`.
    std::vector<net::PeerAddress> peers;
    /// Nodes to have nothing to do with.
    std::vector<NodeId> denied;
    /// Bytes waiting for one peer and class.
    std::uint64_t queue_bytes = 32 * limits::mib;
  } network;

  struct Ledger {
    std::uint64_t cache_bytes = 64 * limits::mib;
    std::uint64_t write_buffer_bytes = 16 * limits::mib;
    /// An empty block at most this often.
    std::uint32_t idle_block_ms = 200;
  } ledger;

  struct Storage {
    /// Most bytes of shards that this node holds. 0: as many as the disk takes.
    std::uint64_t capacity_bytes = 0;
    /// The disk is full when fewer bytes than these are left.
    std::uint64_t reserve_bytes = 1024 * limits::mib;
  } storage;

  struct Honesty {
    /// Reads that a gateway must have seen before it hides its own among them.
    std::uint64_t live_reads_min = 1024;
    /// Jobs that a broker must have seen before it hides its own among them.
    std::uint64_t live_jobs_min = 64;
    /// Key of the account that orders them. Empty: none are ordered.
    std::filesystem::path purse_key;
    std::string purse_bucket;
  } honesty;

  struct Compute {
    /// Does tasks of strangers' jobs, for pay.
    bool enabled = false;
    /// What is offered of this machine at one time.
    std::uint32_t cpu_milli = 1'000;
    std::uint32_t memory_mib = 1'024;
    std::uint32_t disk_mib = 1'024;
    /// Microcredits an hour.
    std::uint64_t ask_per_core = 1'000'000;
    std::uint64_t ask_per_gpu = 50'000'000;
  } compute;

  struct S3 {
    Endpoint listen{"127.0.0.1", 7180};
    /// The region that clients sign for.
    std::string region = "us-east-1";
    /// Base domains of virtual-host style addresses, such as `s3.example.org`.
    std::vector<std::string> domains;
    /// A second door, for the same clients by TLS.
    std::optional<Endpoint> tls_listen;
    /// Files in PEM, with `tls_listen` or not at all; relative paths are below `data_folder`.
    std::string certificate;
    std::string key;
  } s3;

  struct Operator {
    /// Metrics and health.
    Endpoint listen{"127.0.0.1", 7190};
  } operator_door;

  struct Api {
    Endpoint listen{"127.0.0.1", 7170};
    /// AdminService; relative paths are below `data_folder`, at most 107 bytes in all.
    std::filesystem::path admin_socket = "admin.sock";
    /// Files in PEM, both or neither; relative paths are below `data_folder`. With them the door
    /// speaks TLS, without which it listens on loopback alone.
    std::string certificate;
    std::string key;
  } api;

  struct Models {
    /// Of this machine alone: a loopback address.
    Endpoint listen{"127.0.0.1", 7160};
    /// Most bytes of one model; it is held in memory while it is fetched.
    std::uint64_t bytes_max = 256 * limits::mib;
  } models;

  /// `path`, below the data folder when relative.
  [[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& path) const;
};

[[nodiscard]] Config::Modules defaults_of(Role role) noexcept;

/// Where the values come from, strongest first.
struct ConfigSources {
  /// `section.key` → text as it would stand in the file; strings need no quotes.
  std::map<std::string, std::string> flags;
  /// The process's environment; only names that begin with `OORTD_` are read: `OORTD_LOG_LEVEL` is
  /// `log.level`.
  std::map<std::string, std::string> environment;
  /// The text of the TOML file and its name for messages.
  std::string file_text;
  std::string file_name = "oortd.toml";
};

/// Fails with UNKNOWN_CONFIG_KEY or BAD_CONFIG; the detail names file and line, variable or flag,
/// what is wrong and what would be right. The first error of several is told.
[[nodiscard]] Result<Config> load_config(const ConfigSources& sources);

/// Reads `path` (empty: no file) and this process's environment.
[[nodiscard]] Result<Config> load_config_file(const std::filesystem::path& path,
                                              std::map<std::string, std::string> flags = {});

/// A documented file with every key at its default; `configs/oortd.toml` is this text.
[[nodiscard]] std::string default_config_text();

/// Keys that SIGHUP can change in a running node.
[[nodiscard]] std::vector<std::string> reloadable_keys();

}  // namespace oort::node
