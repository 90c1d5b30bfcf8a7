// SPDX-License-Identifier: Apache-2.0
#include "oort/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "completion.hpp"
#include "honesty_view.hpp"
#include "oort/core/reasons.hpp"
#include "session.hpp"
#include "suggestion.hpp"

namespace oort::cli {
namespace {

void add_common_options(CLI::App& app, Session& session) {
  app.add_flag("--json", session.is_json, "One JSON object on standard output");
  app.add_option("--grpc", session.grpc,
                 "A node's gRPC door, HOST:PORT [OORT_GRPC]; of another machine by TLS, "
                 "for certificates by the authorities of [OORT_CA]");
  app.add_option("--dir", session.folder, "Folder of a local network")->capture_default_str();
}

void add_small_commands(CLI::App& app, Session& session) {
  app.add_subcommand("version", "Version of this program")->callback([&session] {
    session.action = [&session]() -> Result<void> {
      session.show({{"version", session.version()}}, [&session] {
        std::printf("oortd %s\n", std::string(session.version()).c_str());
      });
      return {};
    };
  });
  app.add_subcommand("completion", "Completion for bash: eval \"$(oortd completion)\"")
      ->callback([&session, &app] {
        session.action = [&app]() -> Result<void> {
          std::fputs(completion_script(app).c_str(), stdout);
          return {};
        };
      });
}

/// Everything that is not `--help` is a mistake in the command line.
int tell_usage(const CLI::App& app, const CLI::ParseError& problem, int argc,
               const char* const* argv) {
  if (problem.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(problem);
  }
  std::fprintf(stderr, "oortd: %s\n", problem.what());
  const std::string hint = suggest(app, argc, argv);
  if (!hint.empty()) std::fprintf(stderr, "Did you mean '%s'?\n", hint.c_str());
  std::fputs("`oortd --help` and `oortd COMMAND --help` tell more.\n", stderr);
  return exit_code::usage;
}

}  // namespace

int run(int argc, const char* const* argv, Surroundings around) {
  Session session(around);
  CLI::App app("oortd: ledger, object storage and compute of the OORT network", "oortd");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Start with a local network: oortd devnet up --detach\n"
      "Exit codes: 0 success, 1 failure, 2 usage, 3 not found, 4 refused by the ledger,\n"
      "5 unavailable, 6 not proven, 7 configuration, 8 damaged data");
  add_common_options(app, session);
  add_daemon_commands(app, session);
  add_devnet_commands(app, session);
  add_genesis_commands(app, session);
  add_node_commands(app, session);
  add_registry_commands(app, session);
  add_key_commands(app, session);
  add_account_commands(app, session);
  add_stake_commands(app, session);
  add_governance_commands(app, session);
  add_market_commands(app, session);
  add_job_commands(app, session);
  add_metering_commands(app, session);
  add_campaign_commands(app, session);
  add_annotation_commands(app, session);
  add_dataset_commands(app, session);
  add_model_commands(app, session);
  add_provenance_commands(app, session);
  add_block_commands(app, session);
  add_object_commands(app, session);
  add_storage_commands(app, session);
  add_access_commands(app, session);
  add_proof_commands(app, session);
  add_evidence_commands(app, session);
  add_honesty_commands(app, session);
  add_sandbox_commands(app, session);
  add_small_commands(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return tell_usage(app, problem, argc, argv);
  }
  session.is_folder_given = app.count("--dir") > 0;
  const Result<void> done = session.action();
  return done ? exit_code::success : session.fail_with(done.error());
}

}  // namespace oort::cli
