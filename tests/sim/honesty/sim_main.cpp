// SPDX-License-Identifier: Apache-2.0
// Runs one town of executors and prints its figures: `./dev sim honesty [--seed N] [--nodes N]
// [--epochs N] [--rate PPB]`; or agents that drive the ledger's module with real operations:
// `./dev sim honesty --ledger NODES [--seed N] [--epochs N]`; or searches for ways to cheat that
// pay, and prints the curves of docs/HONESTY.md: `./dev sim honesty --equilibrium`.
#include <charconv>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "honesty/equilibrium.hpp"
#include "honesty/ledger_town.hpp"
#include "honesty/town.hpp"

namespace {

void print(const oort::honestysim::TownFigures& figures) {
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  std::cout << "tasks " << figures.tasks << ", executions " << figures.executions << ", baits "
            << figures.baits << ", panel executions " << figures.panel_executions << "\n"
            << "audits per paid execution, after a tenth of the epochs: "
            << share(figures.late_audits, figures.late_executions) << "\n"
            << "executions per task, after a tenth of the epochs: "
            << share(figures.late_executions, figures.late_tasks) << "\n"
            << "cases " << figures.cases << ", replays " << figures.replays
            << ", false accusations " << figures.accusations << ", accusers slashed "
            << figures.accusers_slashed << ", verifiers slashed " << figures.verifiers_slashed
            << "\nhonest slashed " << figures.honest_slashed << " in " << figures.honest_executions
            << " executions\n";
  for (std::size_t i = 0; i < oort::honestysim::confidences.size(); ++i) {
    std::cout << "sold at " << static_cast<double>(oort::honestysim::confidences[i]) / 1e9
              << ": wrong " << share(figures.accepted_wrong[i], figures.accepted[i]) << " of "
              << figures.accepted[i] << "\n";
  }
  for (std::size_t i = 1; i < oort::honestysim::strategies_count; ++i) {
    const auto& one = figures.strategies[i];
    std::cout << to_string(static_cast<oort::honestysim::Strategy>(i)) << ": caught " << one.caught
              << ", cheats " << one.cheats << ", caught over expected "
              << static_cast<double>(one.caught) / one.detection_sum << "\n";
  }
}

int run_on_ledger(std::uint64_t nodes, std::uint64_t seed, std::uint64_t rounds) {
  if (nodes < 6 || nodes > 60) {
    std::cerr << "oort-sim-honesty: 6 to 60 nodes drive a ledger\n";
    return 2;
  }
  oort::honestysim::LedgerTownOptions options;
  options.nodes_count = static_cast<std::uint8_t>(nodes);
  options.saboteurs_count = static_cast<std::uint8_t>(nodes / 5);
  options.seed = seed;
  options.rounds_count = static_cast<std::uint32_t>(rounds);
  const auto figures = oort::honestysim::run_ledger_town(options);
  std::cout << "blocks " << figures.blocks << ", operations " << figures.operations << ", refused "
            << figures.refused << "\nbaits " << figures.baits << ", cheated " << figures.cheats
            << ", passed " << figures.passed << ", cases " << figures.cases
            << "\nsaboteurs slashed " << figures.saboteurs_slashed << ", honest slashed "
            << figures.honest_slashed << ", supply "
            << (figures.is_supply_whole ? "whole" : "BROKEN") << "\n";
  for (const std::string& line : figures.explanation) std::cout << "  " << line << "\n";
  return figures.honest_slashed == 0 && figures.is_supply_whole ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--equilibrium") {
    oort::honestysim::print_curves(std::cout);
    return 0;
  }
  std::map<std::string_view, std::uint64_t> numbers = {
      {"--seed", 1}, {"--nodes", 10000}, {"--epochs", 100}, {"--rate", 0}, {"--ledger", 0}};
  for (int i = 1; i < count; i += 2) {
    const auto found = numbers.find(arguments[i]);
    const std::string_view text = i + 1 < count ? arguments[i + 1] : "";
    if (found == numbers.end() || text.empty() ||
        std::from_chars(text.data(), text.data() + text.size(), found->second).ec != std::errc{}) {
      std::cerr << "usage: oort-sim-honesty [--seed N] [--nodes N] [--epochs N] [--rate PPB] "
                   "[--ledger N] | --equilibrium\n";
      return 2;
    }
  }
  if (numbers["--ledger"] != 0) {
    return run_on_ledger(numbers["--ledger"], numbers["--seed"], numbers["--epochs"]);
  }
  oort::honestysim::TownOptions options;
  options.seed = numbers["--seed"];
  options.nodes_count = static_cast<std::uint32_t>(numbers["--nodes"]);
  options.epochs_count = static_cast<std::uint32_t>(numbers["--epochs"]);
  options.fixed_rate = oort::honestysim::Ppb(numbers["--rate"]);
  print(oort::honestysim::run_town(options));
  return 0;
}
