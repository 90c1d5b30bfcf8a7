// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "genesis_file.hpp"
#include "key_file.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/genesis.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr unsigned readable_by_all = 0644;

Json summary_of(const ledger::GenesisParams& genesis) {
  return {{"chain", ledger::chain_id_of(genesis).hex()},
          {"chain_name", genesis.chain_name},
          {"nodes_count", genesis.nodes.size()},
          {"validators_count", genesis.validators.size()}};
}

Result<void> make_genesis(const Session& session, const std::string& from, const std::string& to) {
  if (std::filesystem::exists(to)) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                to + " is there; a network has one genesis, so it is not written over");
  }
  OORT_TRY(const Json description, read_json(from));
  OORT_TRY(const auto genesis, read_genesis(description, session.clock().now_wall()));
  OORT_TRY(write_file(to, ledger::genesis_to_file(genesis), readable_by_all));
  const Json value = summary_of(genesis);
  session.show(value, [&] {
    std::printf("%s: chain %s, %zu nodes, %zu of them vote\n", to.c_str(),
                value["chain"].get<std::string>().c_str(), genesis.nodes.size(),
                genesis.validators.size());
    std::puts("Every node starts from this very file; compare the chain's name over another way.");
  });
  return {};
}

Result<void> show_genesis(const Session& session, const std::string& from) {
  OORT_TRY(const Bytes file, read_file(from, ledger::genesis_bytes_max + 64));
  OORT_TRY(const auto genesis, ledger::genesis_from_file(file));
  Json value = summary_of(genesis);
  value["genesis"] = describe(genesis);
  // People read the very description from which the file can be made again.
  session.show(value, [&] {
    std::printf("chain %s\n%s\n", value["chain"].get<std::string>().c_str(),
                value["genesis"].dump(2).c_str());
  });
  return {};
}

}  // namespace

void add_genesis_commands(CLI::App& app, Session& session) {
  static std::string from;
  static std::string to;
  CLI::App* genesis =
      app.add_subcommand("genesis", "The file that a network starts from")->require_subcommand(1);
  CLI::App* shape = genesis->add_subcommand("template", "A description to fill in, as JSON");
  shape->footer("Example: oortd genesis template > network.json");
  shape->callback([&session] {
    session.action = []() -> Result<void> {
      std::puts(genesis_template().dump(2).c_str());
      return {};
    };
  });
  CLI::App* made = genesis->add_subcommand("make", "Make a genesis file from a description");
  made->add_option("DESCRIPTION", from, "JSON; see `oortd genesis template`")->required();
  made->add_option("--out", to, "The file to write")->required();
  made->footer("Example: oortd genesis make network.json --out genesis.oort");
  made->callback(
      [&session] { session.action = [&session] { return make_genesis(session, from, to); }; });
  CLI::App* shown = genesis->add_subcommand("show", "What a genesis file says");
  shown->add_option("FILE", from, "The genesis file")->required();
  shown->footer("Example: oortd genesis show genesis.oort");
  shown->callback(
      [&session] { session.action = [&session] { return show_genesis(session, from); }; });
}

}  // namespace oort::cli
