// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "oort/ledger/honesty_math.hpp"

/// Whether cheating pays, searched for and not derived: detection, deterrence, rates and limits of
/// risk are the functions that ship, payoffs are plain sums over what an executor may do instead.
/// Money is counted in costs of one honest task.
///
///   Q1  The search finds a deviation that pays exactly where the ledger's inequality is broken.
///   Q2  At the rates that ship no deviation pays; at a third of them one does.
///   Q3  Where officers owe enough baits, cheating dies out; where they owe too few, it stays.
namespace oort::honestysim {

using ledger::Ppb;

/// A way to cheat on a task: what it still costs, and how often its answer passes a bait.
struct Shortcut {
  std::string_view name;
  double cost = 0;
  Ppb guessed{0};
};
inline constexpr std::array<Shortcut, 3> shortcuts = {{{"nothing", 0.0, Ppb(0)},
                                                       {"a sketch", 0.25, Ppb(100'000'000)},
                                                       {"a good guess", 0.5, Ppb(500'000'000)}}};
/// Share of the officers, and of who executes again, that the executor's pool has: up to the share
/// of saboteurs that the ledger assumes.
inline constexpr std::array<Ppb, 4> pools = {Ppb(0), Ppb(50'000'000), Ppb(100'000'000),
                                             Ppb(200'000'000)};

/// What an executor stands in.
struct Situation {
  Ppb audited{0};           ///< q.
  Ppb rechecked{0};         ///< v.
  double at_stake = 0;      ///< S + P: all that a conviction takes.
  double damage = 0;        ///< B: what it gets for a wrong result of one task.
  std::uint64_t tasks = 1;  ///< Taken, and none of them revealed before the last is done.
  double saved_most = 1;    ///< c: what honest work on a task costs.
};
/// To cheat on `tasks` of them. `profit` is over that of honest work; not positive: it stays
/// honest.
struct Deviation {
  std::uint64_t tasks = 0;
  const Shortcut* shortcut = nullptr;
  Ppb pool{0};
  double profit = 0;
};

/// d of a task that is cheated on by this shortcut in this pool.
[[nodiscard]] Ppb detection_of(const Situation& situation, const Shortcut& shortcut, Ppb pool);
/// What cheating on `m` tasks brings over honest work: m · gain − (1 − (1 − d)^m) · at stake.
[[nodiscard]] double profit_of(const Situation& situation, const Shortcut& shortcut, Ppb pool,
                               std::uint64_t m);
/// The most profitable of every number of tasks (all up to 64, then each 3 % more), every shortcut
/// and every pool.
[[nodiscard]] Deviation best_response(const Situation& situation);
/// Whether the ledger's own inequality holds for every shortcut and pool.
[[nodiscard]] bool is_deterred(const Situation& situation);

/// The rate that ships for one task of price 1.25 and cost 1.
[[nodiscard]] Ppb shipped_rate(double at_stake, double damage, bool on_probation);
/// Tasks of that gain that a node with this stake may hold where its limit is computed with `d`.
[[nodiscard]] std::uint64_t tasks_admitted(Ppb d, double at_stake, double gain);

/// Officers and executors who learn from what paid: how often executors cheat, and how many baits
/// officers send beyond those that they owe.
struct Inspection {
  double quota = 0;        ///< Audited share that is owed.
  double effort_most = 0;  ///< What may come on top.
  double at_stake = 100;
  double find_share = 0.25;  ///< Of the stake of who is caught, for the finder.
  double bait_cost = 1.25;   ///< Price of a bait that comes to nothing.
};
struct Shares {
  double cheating = 0;
  double effort = 0;  ///< Of `effort_most`.
};
/// Replicator dynamics, `steps` of them, from these shares; every state of them.
[[nodiscard]] std::vector<Shares> play(const Inspection& inspection, Shares from,
                                       std::size_t steps);

/// All curves of docs/HONESTY.md as lines "figure,series,x,y".
void print_curves(std::ostream& out);

}  // namespace oort::honestysim
