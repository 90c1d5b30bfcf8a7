// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>

#include "key_file.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

Result<std::map<std::string, std::string>> parse_flags(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> flags;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "--set " + setting + ": write section.key=value");
    }
    flags[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return flags;
}

Result<void> start(const Session& session, const std::string& config,
                   const std::vector<std::string>& settings) {
  OORT_TRY(const auto flags, parse_flags(settings));
  return session.daemon().start(config, flags);
}

Result<void> check_config(const Session& session, const std::string& config) {
  OORT_TRY(session.daemon().check_config(config));
  session.show({{"config", config}, {"is_valid", true}},
               [&] { std::printf("%s is valid\n", config.c_str()); });
  return {};
}

struct Init {
  std::string folder;
  std::string role = "super";
  std::string host = "HOST";
};

/// The documented default of a key gives way to `value`.
void choose(std::string& text, const std::string& key, const std::string& value) {
  const std::string start = "\n#" + key + " = ";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return;
  const std::size_t end = text.find('\n', at + 1);
  text.replace(at + 1, end - at - 1, key + " = " + Json(value).dump());
}

/// What the operator hands to whoever makes the genesis, or registers the node with.
Json node_entry(const PublicKey& key, const Init& wanted) {
  return {{"node", key.hex()},
          {"roles", {wanted.role}},
          {"endpoints", {{"peer", wanted.host + ":7100"}}},
          {"region", ""},
          {"capacity_gib", 0}};
}

/// A folder from which a node can start once it has its network's genesis file.
Result<void> init(const Session& session, const Init& wanted) {
  if (wanted.role != "super" && wanted.role != "archive" && wanted.role != "edge") {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + wanted.role + "' is no role: super, archive or edge");
  }
  const std::filesystem::path root = std::filesystem::absolute(wanted.folder);
  OORT_TRY(const PublicKey key, session.daemon().create_node(root));
  std::string text = session.daemon().default_config();
  choose(text, "role", wanted.role);
  choose(text, "data_folder", root.string());
  OORT_TRY(write_file(root / "oortd.toml", as_bytes(text), 0644));
  const std::string entry = node_entry(key, wanted).dump(2) + "\n";
  OORT_TRY(write_file(root / "node.json", as_bytes(entry), 0644));
  const std::string id = key.hex();
  const std::string account = crypto::account_of(key).hex();
  session.show({{"folder", root.string()}, {"node_id", id}, {"account", account}}, [&] {
    std::fputs(columns({{"node", id}, {"account", account}}).c_str(), stdout);
    std::printf(
        "Next: complete %s/node.json, which goes into a genesis or to `oortd node register`,\n"
        "put your network's genesis file at %s/genesis.oort, read %s/oortd.toml, and run\n"
        "  oortd start --config %s/oortd.toml\n",
        root.c_str(), root.c_str(), root.c_str(), root.c_str());
  });
  return {};
}

}  // namespace

void add_daemon_commands(CLI::App& app, Session& session) {
  static std::string config;
  static std::vector<std::string> settings;
  static Init wanted;
  CLI::App* started = app.add_subcommand("start", "Run a node until SIGTERM");
  started->add_option("--config", config, "TOML file; see configs/oortd.toml")->required();
  started->add_option("--set", settings, "section.key=value, over file and environment");
  started->footer("Example: oortd start --config /etc/oortd.toml --set log.level=debug");
  started->callback(
      [&session] { session.action = [&session] { return start(session, config, settings); }; });

  CLI::App* made = app.add_subcommand("init", "Make the key and configuration of a new node");
  made->add_option("FOLDER", wanted.folder, "The node's data folder")->required();
  made->add_option("--role", wanted.role, "super, archive or edge")->capture_default_str();
  made->add_option("--host", wanted.host, "Name or address that other nodes dial");
  made->footer("Example: oortd init /var/lib/oortd --role archive --host node7.example.org");
  made->callback([&session] { session.action = [&session] { return init(session, wanted); }; });

  CLI::App* configured = app.add_subcommand("config", "Configuration")->require_subcommand(1);
  CLI::App* checked = configured->add_subcommand("check", "Say what is wrong with a file");
  checked->add_option("FILE", config, "TOML file")->required();
  checked->callback(
      [&session] { session.action = [&session] { return check_config(session, config); }; });
  CLI::App* printed = configured->add_subcommand("default", "A documented file of all defaults");
  printed->callback([&session] {
    session.action = [&session]() -> Result<void> {
      std::fputs(session.daemon().default_config().c_str(), stdout);
      return {};
    };
  });
}

}  // namespace oort::cli
