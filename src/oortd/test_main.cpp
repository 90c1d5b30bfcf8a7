// SPDX-License-Identifier: Apache-2.0
// The program for drills: oortd, and flags of `start` that make its node fail or lie.
#include <cstdio>
#include <string>
#include <vector>

#include "node_daemon.hpp"
#include "oort/cli/cli.hpp"
#include "oort/faults/faults.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  const auto plan = oort::faults::take_plan(words);
  if (!plan) {
    std::fprintf(stderr, "oortd-test: %s\n", plan.error().detail().c_str());
    return oort::cli::exit_code::usage;
  }
  oort::host::KernelRandom random;
  oort::host::SystemClock clock;
  const auto hooks = oort::faults::make_hooks(*plan, random);
  oort::NodeDaemon daemon(*hooks);
  std::vector<const char*> rest;
  rest.reserve(words.size());
  for (const std::string& word : words) rest.push_back(word.c_str());
  return oort::cli::run(static_cast<int>(rest.size()), rest.data(),
                        {daemon, random, clock, OORT_VERSION});
}
