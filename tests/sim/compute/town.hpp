// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Brokers and executors in one process, under crashes, cuts, and messages that come twice and in
/// any order, before a ledger that refuses whoever breaks its rules.
namespace oort::computesim {

struct TownOptions {
  std::uint64_t seed = 1;
  std::uint32_t executors_count = 8;
  std::uint32_t jobs_count = 12;
  /// Virtual time with faults; afterwards everybody is up and reachable.
  std::uint64_t faults_ms = 90'000;
  bool has_faults = true;
};

struct TownFigures {
  std::uint64_t jobs = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t failed = 0;
  std::uint64_t runs = 0;  ///< Of tasks, repeated ones too.
  std::uint64_t broker_crashes = 0;
  std::uint64_t executor_crashes = 0;
  std::uint64_t takeovers = 0;
  std::uint64_t stale_refused = 0;  ///< By the ledger.
  std::uint64_t fenced = 0;         ///< By executors.
  std::uint64_t deviations = 0;
  std::uint64_t paid = 0;
  std::uint64_t budgets = 0;
  /// What must never be, in words; empty is well.
  std::vector<std::string> broken;
  std::string trace;
};

[[nodiscard]] TownFigures run_town(const TownOptions& options);

}  // namespace oort::computesim
