// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Agents of honesty that drive the module of the ledger with real operations: a small network in
/// one process, from roots and hidden baits to panels, verdicts and slashes.
namespace oort::honestysim {

struct LedgerTownOptions {
  std::uint64_t seed = 1;
  std::uint8_t nodes_count = 20;  ///< 6 to 60, each of its own operator.
  std::uint8_t saboteurs_count = 4;
  std::uint32_t rounds_count = 8;
  std::uint64_t cheated_percent = 80;  ///< Of the tasks of a saboteur.
};

struct LedgerTownFigures {
  std::uint64_t blocks = 0;
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;  ///< Operations that the ledger did not take.
  std::uint64_t baits = 0;    ///< Sent and answered.
  std::uint64_t cheats = 0;   ///< Baits that were answered wrongly.
  std::uint64_t passed = 0;   ///< Reveals that the ledger judged as passes.
  std::uint64_t cases = 0;
  std::uint64_t saboteurs_slashed = 0;
  std::uint64_t honest_slashed = 0;
  bool is_supply_whole = false;  ///< All money adds up to the supply in the end.
  /// The evidence of the first conviction, in words.
  std::vector<std::string> explanation;
};

[[nodiscard]] LedgerTownFigures run_ledger_town(const LedgerTownOptions& options);

}  // namespace oort::honestysim
