// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "sim/generator.hpp"

/// Thousands of executors, a share of them saboteurs, under the ledger's own arithmetic: rates,
/// credibilities, posteriors, officer draws, panels, cases and slashes are the functions that ship.
/// What is modelled is the world around them: tasks, strategies, and who knows what.
namespace oort::honestysim {

using ledger::Ppb;

/// How a node behaves.
enum class Strategy : std::uint8_t {
  Honest,
  Always,      ///< Cheats on every task.
  Rate,        ///< Cheats on a tenth of them.
  LongCon,     ///< Is honest until it is trusted, then always cheats.
  Pool,        ///< Cheats on the same tasks as its pool, and pools' officers tell it their baits.
  Verifiers,   ///< As Pool; as panelists its members vote for each other and against the others,
               ///< and as officers they accuse honest nodes.
  Recogniser,  ///< Tells half of the baits from work, and cheats on a third of the rest.
};
inline constexpr std::size_t strategies_count = 7;
[[nodiscard]] std::string_view to_string(Strategy strategy) noexcept;

struct TownOptions {
  std::uint64_t seed = 1;
  std::uint32_t nodes_count = 10'000;
  std::uint32_t saboteurs_percent = 20;
  std::uint32_t epochs_count = 100;
  std::uint32_t tasks_per_epoch = 100;  ///< A node's, on average.
  std::uint32_t officers_expected = 400;
  Ppb fixed_rate{0};  ///< Audit rate of everybody; 0: each by `ledger::audit_rate`.
};

/// Sold confidences, in order: 90, 99, 99.9 and 99.99 %.
inline constexpr std::array<std::uint64_t, 4> confidences = {900'000'000, 990'000'000, 999'000'000,
                                                             999'900'000};

struct StrategyFigures {
  std::uint64_t caught = 0;  ///< Failed baits; each ends a life if the panel agrees.
  std::uint64_t cheats = 0;  ///< Tasks on which a cheat was meant.
  double detection_sum = 0;  ///< Of d over those tasks: how many to expect caught.
};

struct TownFigures {
  std::uint64_t tasks = 0;       ///< Paid for by customers.
  std::uint64_t executions = 0;  ///< Of them; the excess over tasks is replication.
  std::uint64_t baits = 0;
  std::uint64_t panel_executions = 0;
  std::uint64_t late_tasks = 0;  ///< The same after the first tenth of the epochs.
  std::uint64_t late_executions = 0;
  std::uint64_t late_audits = 0;  ///< Baits and panels' executions.
  std::uint64_t accusations = 0;  ///< False ones.
  std::uint64_t cases = 0;
  std::uint64_t replays = 0;
  std::uint64_t honest_slashed = 0;
  std::uint64_t honest_executions = 0;
  std::uint64_t accusers_slashed = 0;
  std::uint64_t verifiers_slashed = 0;
  std::array<std::uint64_t, 4> accepted{};
  std::array<std::uint64_t, 4> accepted_wrong{};
  std::array<StrategyFigures, strategies_count> strategies{};
};

[[nodiscard]] TownFigures run_town(const TownOptions& options);

}  // namespace oort::honestysim
