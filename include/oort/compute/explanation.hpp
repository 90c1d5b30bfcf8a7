// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "oort/core/ids.hpp"
#include "oort/core/time.hpp"

namespace oort::compute {

/// What can keep a node from running a task, in the order in which it is looked at.
enum class Constraint : std::uint8_t {
  Region,
  Operator,
  ExcludedNode,
  Isolation,
  DataClass,
  Credibility,
  Architecture,
  Network,
  GpuModel,
  GpuMemory,
  GpuCount,
  Interconnect,
  Price,
  Availability,
  Spread,
  NodeBackOff,
  Cpu,
  Memory,
  Disk,
  Risk,
  Gpu,
  Reserved,
};
inline constexpr std::size_t constraints_count = 22;

[[nodiscard]] const char* to_text(Constraint constraint) noexcept;

/// What must be given up so that a task, as it stands, could start now on `node`. `have` is what
/// the node gives and `want` what was asked, in the unit of the constraint's field; both 0 where
/// the constraint is no quantity. `cost_ppm` is how far they are apart in parts of the larger one.
struct Relaxation {
  Constraint constraint = Constraint::Cpu;
  NodeId node;
  std::size_t alternative = 0;
  std::uint64_t have = 0;
  std::uint64_t want = 0;
  std::uint64_t cost_ppm = 0;
};

enum class Verdict : std::uint8_t {
  StartsNow,
  WaitsForTurn,       ///< It would fit, and another job goes first.
  WaitsForResources,  ///< Some nodes could run it when they are free.
  Unsatisfiable,      ///< No node could run it even if all were free.
  WaitsForJobs,       ///< It depends on jobs that have not finished.
  NotWaiting,         ///< It is unknown, runs, or has ended.
};

/// Why a job waits.
///   E1  `nodes` counts all nodes, and each node that cannot run the task now is counted in
///       `removed` once, under the first constraint that it fails.
///   E2  `alone` counts, per constraint, the nodes that fail that constraint and no other: giving
///       it up would make them usable.
///   E3  The relaxation, applied, makes its node usable; none cheaper does.
/// Counts are of the alternative with most usable nodes, or else with most that could run it idle.
struct Explanation {
  Verdict verdict = Verdict::NotWaiting;
  std::size_t alternative = 0;
  std::size_t nodes = 0;
  std::size_t usable = 0;
  std::array<std::size_t, constraints_count> removed{};
  std::array<std::size_t, constraints_count> alone{};
  /// The constraint that removes most.
  std::optional<Constraint> binding;
  std::optional<Relaxation> relaxation;
  /// Where the task would go, and at what price in microcredits an hour.
  std::optional<NodeId> node;
  std::uint64_t price_per_hour = 0;
  /// The start that a reservation promises, or now.
  std::optional<WallTime> starts;
};

/// One sentence for people.
[[nodiscard]] std::string to_text(const Explanation& explanation);

}  // namespace oort::compute
