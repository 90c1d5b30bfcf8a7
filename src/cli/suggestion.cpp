// SPDX-License-Identifier: Apache-2.0
#include "suggestion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

namespace oort::cli {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string suggest(const CLI::App& app, int argc, const char* const* argv) {
  constexpr std::size_t distance_max = 2;
  const CLI::App* level = &app;
  std::string prefix;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("-")) continue;
    const auto commands = level->get_subcommands([](const CLI::App*) { return true; });
    const auto found = std::ranges::find_if(
        commands, [&](const CLI::App* command) { return command->get_name() == word; });
    if (found != commands.end()) {
      level = *found;
      prefix += level->get_name() + " ";
      continue;
    }
    std::string best;
    std::size_t best_distance = distance_max + 1;
    for (const CLI::App* command : commands) {
      const std::size_t distance = edit_distance(word, command->get_name());
      if (distance >= best_distance) continue;
      best_distance = distance;
      best = prefix + command->get_name();
    }
    return best;
  }
  return "";
}

}  // namespace oort::cli
