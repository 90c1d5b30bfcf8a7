// SPDX-License-Identifier: Apache-2.0
#include "config_keys.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "oort/core/reasons.hpp"
#include "oort/net/transport.hpp"

namespace oort::node {
namespace {

constexpr std::int64_t mib = static_cast<std::int64_t>(limits::mib);
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};

using Set = std::function<Result<void>(Config&, const Value&)>;
using Get = std::function<Value(const Config&)>;
using Path = std::filesystem::path;

tl::unexpected<Error> bad(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_config, std::move(detail));
}

const std::string& text_of(const Value& value) { return std::get<std::string>(value); }

/// A member of a section: `at(&Config::network, &Config::Network::listen)`.
template <class Section, class T>
auto at(Section Config::* section, T Section::* member) {
  return [section, member](auto& config) -> auto& { return config.*section.*member; };
}

template <class Place>
ConfigKey boolean(std::string_view name, std::string_view help, Place place) {
  return {name, Kind::Boolean, help,
          [place](Config& config, const Value& value) -> Result<void> {
            place(config) = std::get<bool>(value);
            return {};
          },
          [place](const Config& config) { return Value(place(config)); }};
}

template <class Place>
ConfigKey integer(std::string_view name, std::string_view help, std::int64_t least,
                  std::int64_t most, Place place) {
  return {
      name, Kind::Integer, help,
      [=](Config& config, const Value& value) -> Result<void> {
        const std::int64_t number = std::get<std::int64_t>(value);
        if (number < least || number > most) {
          return bad(std::to_string(number) + " is not between " + std::to_string(least) + " and " +
                     std::to_string(most));
        }
        place(config) = static_cast<std::remove_cvref_t<decltype(place(config))>>(number);
        return {};
      },
      [place](const Config& config) { return Value(static_cast<std::int64_t>(place(config))); }};
}

template <class Place>
ConfigKey text(std::string_view name, std::string_view help, Place place) {
  return {name, Kind::Text, help,
          [place](Config& config, const Value& value) -> Result<void> {
            place(config) = text_of(value);
            return {};
          },
          [place](const Config& config) { return Value(std::string(place(config))); }};
}

template <class Place>
ConfigKey filled_text(std::string_view name, std::string_view help, Place place) {
  ConfigKey key = text(name, help, place);
  key.set = [set = std::move(key.set)](Config& config, const Value& value) -> Result<void> {
    if (text_of(value).empty()) return bad("an empty text means nothing here");
    return set(config, value);
  };
  return key;
}

template <class Place>
ConfigKey endpoint(std::string_view name, std::string_view help, Place place) {
  return {name, Kind::Text, help,
          [place](Config& config, const Value& value) -> Result<void> {
            OORT_TRY(place(config), parse_endpoint(text_of(value)));
            return {};
          },
          [place](const Config& config) { return Value(to_text(place(config))); }};
}

/// An empty text is none.
template <class Place>
ConfigKey maybe_endpoint(std::string_view name, std::string_view help, Place place) {
  return {name, Kind::Text, help,
          [place](Config& config, const Value& value) -> Result<void> {
            place(config).reset();
            if (text_of(value).empty()) return {};
            OORT_TRY(place(config), parse_endpoint(text_of(value)));
            return {};
          },
          [place](const Config& config) {
            const auto& known = place(config);
            return Value(known ? to_text(*known) : std::string());
          }};
}

ConfigKey list(std::string_view name, std::string_view help, Set set, Get get) {
  return {name, Kind::List, help, std::move(set), std::move(get)};
}

ConfigKey reloadable(ConfigKey key) {
  key.is_reloadable = true;
  return key;
}

Result<net::PeerAddress> parse_peer(std::string_view text) {
  const std::size_t sign = text.find('@');
  const auto id = NodeId::from_hex(text.substr(0, std::min(sign, text.size())));
  if (sign == std::string_view::npos || !id) {
    return bad("'" + std::string(text) + "' is no peer: 64 hexadecimal digits of its key, '@', " +
               "and host:port");
  }
  OORT_TRY(const Endpoint place, parse_endpoint(text.substr(sign + 1)));
  if (place.port == 0) return bad("'" + std::string(text) + "' has port 0: nobody listens there");
  return net::PeerAddress{*id, place.host, place.port, net::Keep::Always};
}

Result<void> set_peers(Config& config, const Value& value) {
  std::vector<net::PeerAddress> peers;
  for (const std::string& part : std::get<std::vector<std::string>>(value)) {
    OORT_TRY(net::PeerAddress peer, parse_peer(part));
    peers.push_back(std::move(peer));
  }
  config.network.peers = std::move(peers);
  return {};
}

Value get_peers(const Config& config) {
  std::vector<std::string> parts;
  parts.reserve(config.network.peers.size());
  for (const auto& peer : config.network.peers) {
    parts.push_back(peer.id.hex() + "@" + to_text(Endpoint{peer.host, peer.port}));
  }
  return parts;
}

Result<void> set_denied(Config& config, const Value& value) {
  std::vector<NodeId> denied;
  for (const std::string& part : std::get<std::vector<std::string>>(value)) {
    const auto id = NodeId::from_hex(part);
    if (!id) return bad("'" + part + "' is no node: 64 hexadecimal digits of its key");
    denied.push_back(*id);
  }
  config.network.denied = std::move(denied);
  return {};
}

Value get_denied(const Config& config) {
  std::vector<std::string> parts;
  parts.reserve(config.network.denied.size());
  for (const NodeId& id : config.network.denied) parts.push_back(id.hex());
  return parts;
}

ConfigKey role_key() {
  return {"node.role", Kind::Text,
          "What this node is for: super, archive or edge. The role decides which modules run.",
          [](Config& config, const Value& value) -> Result<void> {
            for (const Role role : {Role::Super, Role::Archive, Role::Edge}) {
              if (to_string(role) == text_of(value)) {
                config.node.role = role;
                return {};
              }
            }
            return bad("'" + text_of(value) + "' is not one of super, archive, edge");
          },
          [](const Config& config) { return Value(std::string(to_string(config.node.role))); }};
}

ConfigKey level_key() {
  return {"log.level", Kind::Text, "trace, debug, info, warn, error or off.",
          [](Config& config, const Value& value) -> Result<void> {
            const auto level = log::parse_level(text_of(value));
            if (!level) return bad(level.error().detail());
            config.log.level = *level;
            return {};
          },
          [](const Config& config) {
            return Value(std::string(level_names[static_cast<std::size_t>(config.log.level)]));
          }};
}

ConfigKey format_key() {
  return {"log.format", Kind::Text, "logfmt (key=value) or json, one record a line.",
          [](Config& config, const Value& value) -> Result<void> {
            if (text_of(value) != "logfmt" && text_of(value) != "json") {
              return bad("'" + text_of(value) + "' is not one of logfmt, json");
            }
            config.log.format = text_of(value) == "json" ? log::Format::Json : log::Format::Logfmt;
            return {};
          },
          [](const Config& config) {
            return Value(std::string(config.log.format == log::Format::Json ? "json" : "logfmt"));
          }};
}

ConfigKey domains_key() {
  return list(
      "s3.domains",
      "Base domains of addresses like bucket.s3.example.org. Without any, the bucket is the first\n"
      "part of the path.",
      [](Config& config, const Value& value) -> Result<void> {
        config.s3.domains = std::get<std::vector<std::string>>(value);
        return {};
      },
      [](const Config& config) { return Value(config.s3.domains); });
}

void add_node_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(role_key());
  keys.push_back(filled_text("node.data_folder",
                             "Everything the node writes lies below this folder.",
                             at(&Config::node, &Config::Node::data_folder)));
  keys.push_back(filled_text("node.key_file",
                             "The node's secret key; only its owner may read the file. A relative\n"
                             "path is below data_folder.",
                             at(&Config::node, &Config::Node::key_file)));
  keys.push_back(filled_text("node.genesis_file",
                             "The network that this node belongs to. A relative path is below\n"
                             "data_folder.",
                             at(&Config::node, &Config::Node::genesis_file)));
  keys.push_back(filled_text("node.region", "Where the machine stands.",
                             at(&Config::node, &Config::Node::region)));
}

void add_module_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(boolean("modules.validator", "Takes part in consensus (super).",
                         at(&Config::modules, &Config::Modules::validator)));
  keys.push_back(boolean("modules.history", "Keeps every block for ever (archive).",
                         at(&Config::modules, &Config::Modules::history)));
  keys.push_back(boolean("modules.storage", "Holds shards for others (super, archive).",
                         at(&Config::modules, &Config::Modules::storage)));
  keys.push_back(boolean("modules.s3",
                         "Serves S3 (super). An edge that does executes every block and keeps the\n"
                         "whole state; one that does not is a light node: it keeps the newest\n"
                         "verified header alone and asks super nodes for the rest.",
                         at(&Config::modules, &Config::Modules::s3)));
  keys.push_back(boolean("modules.api", "Serves gRPC (super, archive, edge).",
                         at(&Config::modules, &Config::Modules::api)));
  keys.push_back(
      boolean("modules.broker",
              "Brokers jobs, and keeps queues of samples that people label, on networks\n"
              "that have them (super). Jobs need `s3`: inputs and outputs pass through\n"
              "this node's gateway.",
              at(&Config::modules, &Config::Modules::broker)));
  keys.push_back(boolean("modules.models",
                         "Keeps models that the ledger deploys on this node and answers for them,\n"
                         "with or without a network. For light nodes alone.",
                         at(&Config::modules, &Config::Modules::models)));
}

void add_process_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(reloadable(level_key()));
  keys.push_back(format_key());
  keys.push_back(text("log.file", "Where records go. Empty: standard error.",
                      at(&Config::log, &Config::Log::file)));
  keys.push_back(integer("runtime.threads", "Threads that decide and answer.", 1, 256,
                         at(&Config::runtime, &Config::Runtime::threads)));
  keys.push_back(integer("runtime.disk_threads", "Threads that wait for disks.", 1, 256,
                         at(&Config::runtime, &Config::Runtime::disk_threads)));
}

void add_network_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(endpoint("network.listen", "host:port for other nodes.",
                          at(&Config::network, &Config::Network::listen)));
  keys.push_back(reloadable(
      list("network.peers", "Nodes to connect to, each NODE_ID@host:port.", set_peers, get_peers)));
  keys.push_back(reloadable(list(
      "network.denied", "Nodes to have nothing to do with, each NODE_ID: not dialled, and refused.",
      set_denied, get_denied)));
  keys.push_back(integer("network.queue_bytes",
                         "Most bytes that wait for one peer and traffic class.", mib, int64_max,
                         at(&Config::network, &Config::Network::queue_bytes)));
}

void add_data_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(integer("ledger.cache_bytes", "Memory for reading the ledger's database.", mib,
                         int64_max, at(&Config::ledger, &Config::Ledger::cache_bytes)));
  keys.push_back(integer("ledger.write_buffer_bytes",
                         "Memory for writing it; up to three times this.", mib, int64_max,
                         at(&Config::ledger, &Config::Ledger::write_buffer_bytes)));
  keys.push_back(integer("ledger.idle_block_ms",
                         "Without transactions, an empty block at most this often.", 10, 60'000,
                         at(&Config::ledger, &Config::Ledger::idle_block_ms)));
  keys.push_back(integer("storage.capacity_bytes",
                         "Most bytes of shards that this node holds. 0: as many as the disk takes.",
                         0, int64_max, at(&Config::storage, &Config::Storage::capacity_bytes)));
  keys.push_back(integer("storage.reserve_bytes",
                         "With fewer bytes free on the disk, it counts as full.", 0, int64_max,
                         at(&Config::storage, &Config::Storage::reserve_bytes)));
  keys.push_back(integer("honesty.live_reads_min",
                         "Reads of shards that a gateway must have seen since its start before it\n"
                         "hides reads of its own among them: among few they would be known.",
                         1, 4096, at(&Config::honesty, &Config::Honesty::live_reads_min)));
  keys.push_back(integer("honesty.live_jobs_min",
                         "Jobs that a broker must have seen since its start before it hides jobs\n"
                         "of its own among them.",
                         1, 1024, at(&Config::honesty, &Config::Honesty::live_jobs_min)));
  keys.push_back(text("honesty.purse_key",
                      "Key of an account with credits that orders jobs whose answer this node\n"
                      "knows, to try executors (needs modules.broker). Best one that orders jobs\n"
                      "of its own too. Empty: none are ordered.",
                      at(&Config::honesty, &Config::Honesty::purse_key)));
  keys.push_back(text("honesty.purse_bucket",
                      "A bucket of that account, for the inputs and outputs of those jobs.",
                      at(&Config::honesty, &Config::Honesty::purse_bucket)));
}

void add_compute_keys(std::vector<ConfigKey>& keys) {
  constexpr std::int64_t amount_max = std::numeric_limits<std::uint32_t>::max();
  keys.push_back(
      boolean("compute.enabled",
              "Does tasks of others' jobs, for pay, where the network has jobs and this\n"
              "node is entered on the ledger. A light node does none.",
              at(&Config::compute, &Config::Compute::enabled)));
  keys.push_back(integer("compute.cpu_milli",
                         "Thousandths of a core for tasks; one thread for each core begun.", 100,
                         256'000, at(&Config::compute, &Config::Compute::cpu_milli)));
  keys.push_back(integer("compute.memory_mib", "Memory for tasks.", 64, amount_max,
                         at(&Config::compute, &Config::Compute::memory_mib)));
  keys.push_back(integer("compute.disk_mib", "Scratch space for tasks.", 0, amount_max,
                         at(&Config::compute, &Config::Compute::disk_mib)));
  keys.push_back(integer("compute.ask_per_core", "Microcredits an hour for a core.", 0, int64_max,
                         at(&Config::compute, &Config::Compute::ask_per_core)));
  keys.push_back(integer("compute.ask_per_gpu", "Microcredits an hour for a graphics processor.", 0,
                         int64_max, at(&Config::compute, &Config::Compute::ask_per_gpu)));
}

void add_door_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(
      endpoint("s3.listen", "host:port for S3 clients.", at(&Config::s3, &Config::S3::listen)));
  keys.push_back(filled_text("s3.region", "The region that clients sign for.",
                             at(&Config::s3, &Config::S3::region)));
  keys.push_back(domains_key());
  keys.push_back(maybe_endpoint("s3.tls_listen",
                                "host:port for S3 clients by TLS, beside `listen`. Empty: none.",
                                at(&Config::s3, &Config::S3::tls_listen)));
  keys.push_back(text("s3.certificate",
                      "PEM file of the chain that TLS clients are shown. Read again every minute.",
                      at(&Config::s3, &Config::S3::certificate)));
  keys.push_back(text("s3.key", "PEM file of the certificate's private key.",
                      at(&Config::s3, &Config::S3::key)));
  keys.push_back(endpoint("operator.listen", "host:port for /metrics, /healthz and /readyz.",
                          at(&Config::operator_door, &Config::Operator::listen)));
  keys.push_back(
      endpoint("api.listen", "host:port for gRPC.", at(&Config::api, &Config::Api::listen)));
  keys.push_back(
      filled_text("api.admin_socket",
                  "The local socket of `oortd`'s own commands. A relative path is below\n"
                  "data_folder; 107 bytes at most in all.",
                  at(&Config::api, &Config::Api::admin_socket)));
  keys.push_back(
      text("api.certificate",
           "PEM file of the chain that TLS clients are shown. Without it and its key the\n"
           "door speaks in the clear, on loopback alone. Read again every minute.",
           at(&Config::api, &Config::Api::certificate)));
  keys.push_back(text("api.key", "PEM file of the certificate's private key.",
                      at(&Config::api, &Config::Api::key)));
  keys.push_back(endpoint("models.listen",
                          "host:port for programs of this machine that ask models; a loopback\n"
                          "address.",
                          at(&Config::models, &Config::Models::listen)));
  keys.push_back(integer("models.bytes_max",
                         "Most bytes of one model, which is held in memory while it is fetched.", 1,
                         std::int64_t{1} << 30, at(&Config::models, &Config::Models::bytes_max)));
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> made;
    add_node_keys(made);
    add_module_keys(made);
    add_process_keys(made);
    add_network_keys(made);
    add_data_keys(made);
    add_compute_keys(made);
    add_door_keys(made);
    return made;
  }();
  return keys;
}

const ConfigKey* find_config_key(std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::ranges::find(keys, name, &ConfigKey::name);
  return found == keys.end() ? nullptr : &*found;
}

std::string_view section_help(std::string_view section) noexcept {
  if (section == "node") return "This node.";
  if (section == "modules") {
    return "Parts of the daemon that run. Left out, the role decides: the roles in brackets run "
           "it.";
  }
  if (section == "log") return "What the node tells about itself.";
  if (section == "runtime") return "Threads.";
  if (section == "network") return "Other nodes.";
  if (section == "ledger") return "The ledger on this machine.";
  if (section == "storage") return "Shards that this node holds.";
  if (section == "honesty") return "Proof of Honesty, on networks that have it.";
  if (section == "compute") return "Tasks of jobs, on networks that have them.";
  if (section == "s3") return "The S3 door.";
  if (section == "operator") return "The door for whoever runs the node; keep it private.";
  if (section == "api") return "The gRPC door.";
  if (section == "models") return "Models on a light node, where modules.models is on.";
  return "";
}

}  // namespace oort::node
