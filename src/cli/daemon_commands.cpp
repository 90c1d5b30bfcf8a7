// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>

#include "key_file.hpp"
#include "oort/core/reasons.hpp"
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

/// A folder from which a node can start once it has its network's genesis file.
Result<void> init(const Session& session, const std::string& folder) {
  const std::filesystem::path root(folder);
  OORT_TRY(const PublicKey key, session.daemon().create_node(root));
  std::string text = session.daemon().default_config();
  OORT_TRY(write_file(root / "oortd.toml", as_bytes(text), 0644));
  const std::string id = key.hex();
  const std::string account = crypto::account_of(key).hex();
  session.show({{"folder", folder}, {"node_id", id}, {"account", account}}, [&] {
    std::fputs(columns({{"node", id}, {"account", account}}).c_str(), stdout);
    std::printf(
        "Next: put your network's genesis file at %s/genesis.oort, read %s/oortd.toml, and run\n"
        "  oortd start --config %s/oortd.toml --set node.data_folder=%s\n",
        folder.c_str(), folder.c_str(), folder.c_str(), folder.c_str());
  });
  return {};
}

}  // namespace

void add_daemon_commands(CLI::App& app, Session& session) {
  static std::string config;
  static std::vector<std::string> settings;
  static std::string folder;
  CLI::App* started = app.add_subcommand("start", "Run a node until SIGTERM");
  started->add_option("--config", config, "TOML file; see configs/oortd.toml")->required();
  started->add_option("--set", settings, "section.key=value, over file and environment");
  started->footer("Example: oortd start --config /etc/oortd.toml --set log.level=debug");
  started->callback(
      [&session] { session.action = [&session] { return start(session, config, settings); }; });

  CLI::App* made = app.add_subcommand("init", "Make the key and configuration of a new node");
  made->add_option("FOLDER", folder, "The node's data folder")->required();
  made->callback([&session] { session.action = [&session] { return init(session, folder); }; });

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
