// SPDX-License-Identifier: Apache-2.0
// oort-sim: runs whole networks of consensus engines, each from one seed.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bft/cluster.hpp"
#include "bft/log_cuts.hpp"
#include "bft/mutant_names.hpp"

namespace {

using oort::bftsim::Options;
using oort::bftsim::Report;

constexpr const char* usage =
    "oort-sim [--seed N] [--seeds K] [--nodes N] [--blocks N] [--fault NAME] [--mutant NAME]\n"
    "         [--real] [--twice] [--trace] [--forks] [--cut-log STRIDE]\n"
    "Runs K networks from seed N on. Ends with status 1 at the first violated invariant.\n"
    "  --fault   none, mute, twins, forger or amnesiac, instead of what the seed says\n"
    "  --mutant  breaks one rule of the engine (a build of its own)\n"
    "  --real    Ed25519 in every seed\n"
    "  --twice   runs each seed again and compares the traces\n"
    "  --trace   prints options, counts and trace hash of each seed\n"
    "  --forks   more than a third are Twins: the evidence must name as many, and nobody else\n"
    "  --cut-log crashes one node at every STRIDE-th byte of its log, instead of all that\n";

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  oort::bftsim::Overrides overrides;
  bool is_twice = false;
  bool is_traced = false;
  bool has_forks = false;
  std::uint64_t cut_stride = 0;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 18) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<oort::bftsim::Fault> fault_named(std::string_view name) {
  using oort::bftsim::Fault;
  for (const Fault fault :
       {Fault::None, Fault::Mute, Fault::Twins, Fault::Forger, Fault::Amnesiac}) {
    if (to_string(fault) == name) return fault;
  }
  return std::nullopt;
}

/// False when the option is unknown or its value is none.
bool take(Arguments& arguments, std::string_view option, std::string_view value) {
  const auto count = number(value);
  if (option == "--fault") {
    arguments.overrides.fault = fault_named(value);
    return arguments.overrides.fault.has_value();
  }
  if (option == "--mutant") return oort::bftsim::activate_mutant(value);
  if (!count) return false;
  if (option == "--seed") {
    arguments.seed = *count;
  } else if (option == "--seeds") {
    arguments.seeds = *count;
  } else if (option == "--cut-log" && *count > 0) {
    arguments.cut_stride = *count;
  } else if (option == "--blocks") {
    arguments.overrides.blocks = *count;
  } else if (option == "--nodes" && *count >= 4 && *count <= 63) {
    arguments.overrides.nodes = static_cast<std::uint32_t>(*count);
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--trace") {
      arguments.is_traced = true;
    } else if (option == "--twice") {
      arguments.is_twice = true;
    } else if (option == "--forks") {
      arguments.has_forks = true;
    } else if (option == "--real") {
      arguments.overrides.has_real_signatures = true;
    } else if (i + 1 < argc && take(arguments, option, argv[i + 1])) {
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

void print(const Options& options, const Report& report) {
  std::printf("%s\n  %llu final blocks, %llu events, %llu messages, %llu evidence, %.1f s, %s\n",
              describe(options).c_str(), static_cast<unsigned long long>(report.final_blocks),
              static_cast<unsigned long long>(report.events),
              static_cast<unsigned long long>(report.messages),
              static_cast<unsigned long long>(report.evidence),
              std::chrono::duration<double>(report.virtual_time).count(), report.trace.c_str());
}

int fail(const Options& options, const std::string& why) {
  std::printf("%s\nFAILED: %s\n./dev sim --seed %llu%s\n", describe(options).c_str(), why.c_str(),
              static_cast<unsigned long long>(options.seed),
              options.faulty_count > 1 ? " --forks" : "");
  return 1;
}

Options options_of(const Arguments& arguments, std::uint64_t seed) {
  if (!arguments.has_forks) return oort::bftsim::expand(seed, arguments.overrides);
  return oort::bftsim::expand_fork(seed, arguments.overrides.nodes.value_or(4));
}

int cut_logs(const Arguments& arguments) {
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const std::uint64_t seed = arguments.seed + i;
    const auto result = oort::bftsim::cut_everywhere(seed, 1, arguments.cut_stride);
    std::printf("seed %llu: a log of %llu bytes, cut at %llu of them: %s\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(result.bytes),
                static_cast<unsigned long long>(result.cuts),
                result.is_ok() ? "no violation" : result.failure.c_str());
    if (!result.is_ok()) {
      std::printf("./dev sim --seed %llu --cut-log %llu\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(arguments.cut_stride));
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
#ifndef OORT_CONSENSUS_MUTANTS
  // The engine that ships has no rule to break; its sibling does.
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--mutant") continue;
    const std::string sibling = std::string(argv[0]) + "-mutants";
    execv(sibling.c_str(), argv);
    std::fprintf(stderr, "oort-sim: %s is not built\n", sibling.c_str());
    return 2;
  }
#endif
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs(usage, stderr);
    return 2;
  }
  if (arguments->cut_stride > 0) return cut_logs(*arguments);
  const auto started = std::chrono::steady_clock::now();
  std::uint64_t events = 0;
  for (std::uint64_t i = 0; i < arguments->seeds; ++i) {
    const Options options = options_of(*arguments, arguments->seed + i);
    const Report report = run(options);
    events += report.events;
    if (arguments->is_traced) print(options, report);
    if (!report.is_ok()) return fail(options, report.failure);
    if (arguments->is_twice && run(options).trace != report.trace) {
      return fail(options, "a second run of the same seed took another course");
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::printf(
      "%llu seeds, no violation; %llu events in %.1f s: %.0f seeds a minute, %.2f us an "
      "event\n",
      static_cast<unsigned long long>(arguments->seeds), static_cast<unsigned long long>(events),
      seconds, static_cast<double>(arguments->seeds) * 60 / seconds,
      seconds * 1e6 / static_cast<double>(events));
  return 0;
}
