// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "oort/cli/cli.hpp"
#include "oort/core/result.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): as CLI11 calls it.
namespace CLI {
class App;
}

namespace oort::cli {

using Json = nlohmann::ordered_json;

/// One run of the command line: what the options said, and where results go.
class Session {
 public:
  explicit Session(Surroundings around) : around_(around) {}

  [[nodiscard]] Daemon& daemon() const noexcept { return around_.daemon; }
  [[nodiscard]] env::Random& random() const noexcept { return around_.random; }
  [[nodiscard]] env::Clock& clock() const noexcept { return around_.clock; }
  [[nodiscard]] std::string_view version() const noexcept { return around_.version; }

  /// The command that was chosen; run once everything was parsed.
  std::function<Result<void>()> action;

  // Options of every command.
  bool is_json = false;
  /// "host:port", or empty: from OORT_GRPC, or the network in `folder`.
  std::string grpc;
  /// Folder of a local network.
  std::string folder = ".devnet";
  bool is_folder_given = false;

  /// Prints `value` as JSON with --json, else runs `print_text`.
  void show(const Json& value, const std::function<void()>& print_text) const;
  /// A line for people; silent with --json.
  void say(const std::string& line) const;
  /// A line about progress, to standard error; silent with --json.
  void progress(const std::string& line) const;
  /// Tells of a failure and returns the exit code.
  [[nodiscard]] int fail_with(const Error& error) const;

  /// Where to find a node's gRPC door. Fails with BAD_ARGUMENT that says how to name one.
  [[nodiscard]] Result<std::string> endpoint() const;

 private:
  Surroundings around_;
};

/// Two columns, the first as wide as its longest entry.
[[nodiscard]] std::string columns(const std::vector<std::vector<std::string>>& rows);

void add_node_commands(CLI::App& app, Session& session);
void add_key_commands(CLI::App& app, Session& session);
void add_account_commands(CLI::App& app, Session& session);
void add_block_commands(CLI::App& app, Session& session);
void add_object_commands(CLI::App& app, Session& session);
/// After the object commands, whose group `segment` it extends.
void add_storage_commands(CLI::App& app, Session& session);
void add_access_commands(CLI::App& app, Session& session);
void add_proof_commands(CLI::App& app, Session& session);
void add_evidence_commands(CLI::App& app, Session& session);
void add_sandbox_commands(CLI::App& app, Session& session);
void add_stake_commands(CLI::App& app, Session& session);
void add_governance_commands(CLI::App& app, Session& session);
void add_market_commands(CLI::App& app, Session& session);
void add_job_commands(CLI::App& app, Session& session);
void add_metering_commands(CLI::App& app, Session& session);
void add_campaign_commands(CLI::App& app, Session& session);
/// After the campaign commands, whose group `campaign` it extends.
void add_annotation_commands(CLI::App& app, Session& session);
void add_dataset_commands(CLI::App& app, Session& session);
void add_model_commands(CLI::App& app, Session& session);
void add_provenance_commands(CLI::App& app, Session& session);
void add_genesis_commands(CLI::App& app, Session& session);
void add_registry_commands(CLI::App& app, Session& session);
void add_daemon_commands(CLI::App& app, Session& session);
void add_devnet_commands(CLI::App& app, Session& session);

}  // namespace oort::cli
