// SPDX-License-Identifier: Apache-2.0
// Runs towns of brokers and executors: `./dev sim compute [--seed N] [--seeds N] [--jobs N]
// [--executors N] [--faults MS]`. Exits with 1 where something happened that must never be.
#include <charconv>
#include <iostream>
#include <map>
#include <string_view>

#include "compute/town.hpp"

namespace {

bool run_one(const oort::computesim::TownOptions& options) {
  const auto figures = oort::computesim::run_town(options);
  std::cout << "seed " << options.seed << ": jobs " << figures.jobs << ", succeeded "
            << figures.succeeded << ", cancelled " << figures.cancelled << ", failed "
            << figures.failed << ", runs " << figures.runs << ", crashes of brokers "
            << figures.broker_crashes << ", of executors " << figures.executor_crashes
            << ", takeovers " << figures.takeovers << ", stale refused " << figures.stale_refused
            << ", fenced " << figures.fenced << ", deviations " << figures.deviations << ", paid "
            << figures.paid << " of " << figures.budgets << ", trace " << figures.trace << "\n";
  for (const std::string& line : figures.broken) std::cout << "BROKEN: " << line << "\n";
  if (!figures.broken.empty()) std::cout << "./dev sim compute --seed " << options.seed << "\n";
  return figures.broken.empty();
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string_view, std::uint64_t> numbers = {
      {"--seed", 1}, {"--seeds", 1}, {"--jobs", 12}, {"--executors", 8}, {"--faults", 90'000}};
  for (int i = 1; i < count; i += 2) {
    const auto found = numbers.find(arguments[i]);
    const std::string_view text = i + 1 < count ? arguments[i + 1] : "";
    if (found == numbers.end() || text.empty() ||
        std::from_chars(text.data(), text.data() + text.size(), found->second).ec != std::errc{}) {
      std::cerr << "usage: oort-sim-compute [--seed N] [--seeds N] [--jobs N] [--executors N] "
                   "[--faults MS]\n";
      return 2;
    }
  }
  bool is_well = true;
  for (std::uint64_t i = 0; i < numbers["--seeds"]; ++i) {
    oort::computesim::TownOptions options;
    options.seed = numbers["--seed"] + i;
    options.jobs_count = static_cast<std::uint32_t>(numbers["--jobs"]);
    options.executors_count = static_cast<std::uint32_t>(numbers["--executors"]);
    options.faults_ms = numbers["--faults"];
    is_well = run_one(options) && is_well;
  }
  return is_well ? 0 : 1;
}
