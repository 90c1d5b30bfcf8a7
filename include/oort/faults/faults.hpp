// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/random.hpp"
#include "oort/node/hooks.hpp"

/// Drivers that fail, and a transport that lies, for drills on real processes. Linked into
/// `oortd-test` alone; `oortd` holds none of it.
///
/// Invariants
///   F1  What was written on the command line happens, or the program does not start.
///   F2  A crash is SIGKILL to oneself: nothing is flushed, closed or answered after it. Where the
///       failpoint is an append, the first half of the bytes was written before.
///   F3  A failed append writes nothing, and a failed sync or commit changes nothing.
namespace oort::faults {

enum class Action : std::uint8_t { Crash, Eio, Enospc, Delay };

/// A named place in the node, and what happens there.
struct Failpoint {
  std::string name;
  Action action = Action::Crash;
  Duration delay{0};
  /// The pass at which it happens for the first time, counted from 1; from then on always.
  std::uint64_t first = 1;
  friend bool operator==(const Failpoint&, const Failpoint&) = default;
};

/// `name=crash|eio|enospc|delay:MS`, and `@N` for the N-th pass and all later ones. Fails with
/// BAD_ARGUMENT that lists the names; `submit.before` and `submit.after` only crash and delay.
[[nodiscard]] Result<Failpoint> parse_failpoint(std::string_view text);
/// All names, ascending.
[[nodiscard]] std::vector<std::string_view> failpoint_names();

/// Chances are of a million.
inline constexpr std::uint64_t chance_whole = 1'000'000;

struct Plan {
  std::vector<Failpoint> failpoints;
  /// That a vote for a block is followed by one for another block.
  std::uint64_t double_vote_chance = 0;
  /// That a piece of a shard is served with a wrong byte.
  std::uint64_t corrupt_shard_chance = 0;
  /// That an executor signs for another result than that of its work.
  std::uint64_t wrong_result_chance = 0;
  /// Added to civil time.
  std::chrono::milliseconds clock_offset{0};
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// Takes `--failpoint F`, `--misbehave KIND@RATE` and `--clock-offset MS` (also written with `=`)
/// out of a command line. KIND is `double-vote`, `corrupt-shard` or `wrong-result`, RATE above 0
/// and at most 1. Fails with BAD_ARGUMENT.
[[nodiscard]] Result<Plan> take_plan(std::vector<std::string>& words);

/// Hooks that carry a plan out. Threads: any.
[[nodiscard]] std::unique_ptr<node::Hooks> make_hooks(Plan plan, env::Random& random);

}  // namespace oort::faults
