// SPDX-License-Identifier: Apache-2.0
#include <sys/file.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>

#include "devnet/create.hpp"
#include "devnet/join.hpp"
#include "devnet/network.hpp"
#include "devnet/operations.hpp"
#include "devnet/partition.hpp"
#include "devnet/process.hpp"
#include "oort/core/reasons.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  devnet::Shape shape;
  bool is_detached = false;
  std::string node;
  std::vector<std::string> flags;
  std::string role;
  std::vector<std::string> sides;
  bool is_durable = false;
  std::uint32_t timeout_seconds = 120;
  std::uint32_t lines_count = 50;
};

volatile std::sig_atomic_t is_interrupted = 0;

Result<void> up(const Session& session, const Arguments& arguments) {
  OORT_TRY(const devnet::Network network, devnet::open_or_create(session, arguments.shape));
  OORT_TRY(devnet::start_all(session, network));
  OORT_TRY(devnet::await_ready(session, network, std::chrono::seconds(arguments.timeout_seconds)));
  OORT_TRY(devnet::show_status(session, network));
  if (arguments.is_detached) return {};
  session.say("The network runs. In another shell: eval \"$(./dev env)\". Ctrl-C stops it.");
  std::signal(SIGINT, [](int) { is_interrupted = 1; });
  std::signal(SIGTERM, [](int) { is_interrupted = 1; });
  while (is_interrupted == 0) devnet::sleep_for(100ms);
  return devnet::stop_all(session, network);
}

void add_network_commands(CLI::App& devnet_app, Session& session, Arguments& arguments) {
  CLI::App* up_app = devnet_app.add_subcommand("up", "Make a network, or start the one there is");
  up_app->add_flag("--detach", arguments.is_detached, "Return once every node is ready");
  up_app->add_option("--supers", arguments.shape.supers_count, "Super nodes")
      ->check(CLI::Range(1, 100));
  up_app->add_option("--archives", arguments.shape.archives_count, "Archive nodes");
  up_app->add_option("--edges", arguments.shape.edges_count, "Edge nodes");
  up_app->add_option("--log-level", arguments.shape.log_level, "Of every node");
  up_app->callback([&] { session.action = [&] { return up(session, arguments); }; });

  const auto add = [&](const char* name, const char* text,
                       Result<void> (*run)(const Session&, const devnet::Network&)) {
    devnet_app.add_subcommand(name, text)->callback([&session, run] {
      session.action = [&session, run]() -> Result<void> {
        OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
        return run(session, network);
      };
    });
  };
  add("down", "Stop every node", devnet::stop_all);
  add("env", "Endpoints and keys, as shell exports", devnet::show_environment);
  add("status", "One line a node", devnet::show_status);

  CLI::App* added = devnet_app.add_subcommand("add", "One more node for the running network");
  added->add_option("ROLE", arguments.role, "super (which does not vote), archive or edge")
      ->required();
  added->add_option("--log-level", arguments.shape.log_level, "Of the node");
  added->callback([&] {
    session.action = [&]() -> Result<void> {
      OORT_TRY(devnet::Network network, devnet::load_network(session.folder));
      return devnet::add_node(session, std::move(network), arguments.role,
                              arguments.shape.log_level);
    };
  });

  CLI::App* wait = devnet_app.add_subcommand("wait", "Until every node is ready");
  wait->add_flag("--durable", arguments.is_durable,
                 "And every acknowledged object is at the tolerance of its class");
  wait->callback([&] {
    session.action = [&]() -> Result<void> {
      OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
      const Duration limit = std::chrono::seconds(arguments.timeout_seconds);
      OORT_TRY(devnet::await_ready(session, network, limit));
      if (arguments.is_durable) return devnet::await_durable(session, network, limit);
      return {};
    };
  });
  for (CLI::App* waiting : {up_app, wait}) {
    waiting->add_option("--timeout", arguments.timeout_seconds, "Seconds; 120 by default");
  }
}

void add_restart_command(CLI::App& devnet_app, Session& session, Arguments& arguments) {
  CLI::App* restart = devnet_app.add_subcommand(
      "restart", "Start a node again, after ending it; returns when it is ready");
  restart->add_option("NODE", arguments.node, "Such as super-3")->required();
  restart->add_option("FLAG", arguments.flags, "After `--`: flags of `start`, for this one life");
  restart->footer("Example: oortd devnet restart super-3 -- --set log.level=debug");
  restart->callback([&session, &arguments] {
    session.action = [&session, &arguments]() -> Result<void> {
      OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
      OORT_TRY(const devnet::NodeEntry node, network.find(arguments.node));
      return devnet::restart_node(session, network, node, arguments.flags);
    };
  });
}

void add_partition_commands(CLI::App& devnet_app, Session& session, Arguments& arguments) {
  CLI::App* cut = devnet_app.add_subcommand("partition", "Cut the network into sides");
  cut->add_option("SIDE", arguments.sides, "Such as super-1,super-2; the rest is one more side")
      ->required();
  cut->footer(
      "Example:\n  oortd devnet partition super-1,super-2,super-3 super-4\n"
      "  oortd devnet partition 'super-1,super-2|super-3,super-4'");
  cut->callback([&] {
    session.action = [&]() -> Result<void> {
      OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
      return devnet::partition(session, network, arguments.sides);
    };
  });
  devnet_app.add_subcommand("heal", "End a partition; returns when all are ready")->callback([&] {
    session.action = [&]() -> Result<void> {
      OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
      return devnet::heal(session, network);
    };
  });
}

void add_single_node_commands(CLI::App& devnet_app, Session& session, Arguments& arguments) {
  using Run = Result<void> (*)(const Session&, const devnet::Network&, const devnet::NodeEntry&);
  const auto add = [&](const char* name, const char* text, Run run) {
    CLI::App* command = devnet_app.add_subcommand(name, text);
    command->add_option("NODE", arguments.node, "Such as super-3")->required();
    command->callback([&session, &arguments, run] {
      session.action = [&session, &arguments, run]() -> Result<void> {
        OORT_TRY(const devnet::Network network, devnet::load_network(session.folder));
        OORT_TRY(const devnet::NodeEntry node, network.find(arguments.node));
        return run(session, network, node);
      };
    });
    return command;
  };
  add("kill", "End a node at once (SIGKILL)", devnet::kill_node);
  add("stop", "End a node in order (SIGTERM)", devnet::stop_node);
  add("pause", "Freeze a node (SIGSTOP)", devnet::pause_node);
  add("resume", "Let a frozen node go on (SIGCONT)", devnet::resume_node);
  add("wipe", "Delete a stopped node's shards, and nothing else", devnet::wipe_node);
  add("logs", "The end of a node's log", devnet::show_logs);
}

}  // namespace

void add_devnet_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* devnet_app =
      app.add_subcommand("devnet", "A local network of real processes")->require_subcommand(1);
  devnet_app->footer(
      "Example:\n  oortd devnet up --detach\n  eval \"$(oortd devnet env)\"\n"
      "  aws --endpoint-url \"$AWS_ENDPOINT_URL\" s3 mb s3://photos");
  add_network_commands(*devnet_app, session, arguments);
  add_restart_command(*devnet_app, session, arguments);
  add_partition_commands(*devnet_app, session, arguments);
  add_single_node_commands(*devnet_app, session, arguments);
}

}  // namespace oort::cli
