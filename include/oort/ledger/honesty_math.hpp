// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/strong.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {

/// The arithmetic of Proof of Honesty in integers, so that every machine comes to the same verdict.
///
/// Probabilities are parts per billion; inside, they are quintillionths (10^-18). Every function
/// rounds towards the side that trusts an executor less and punishes it later; where that is, its
/// comment says. docs/HONESTY.md derives the formulas.
///
/// Invariants
///   HM1  No result trusts more than the exact one: credibilities, posteriors, detection and
///        capacities are at most exact, error and audit rates at least.
///   HM2  Whatever a capacity admits, no subset of the tasks pays to cheat on.
///   HM3  A node is convicted no earlier than by the exact sequential test.
///   HM4  At most a third of the weight moves in an epoch, and a factor stays in [3/4, 1].
///   HM5  A group's posterior holds against pools that cheat on the same tasks.
using Ppb = Strong<struct PpbTag, std::uint64_t>;
inline constexpr std::uint64_t ppb_one = 1'000'000'000;
/// 1 in quintillionths.
inline constexpr std::uint64_t quint_one = ppb_one * ppb_one;

/// `mul_div`; the greatest value where the quotient does not fit. Requires: c > 0.
[[nodiscard]] Uint128 saturating_mul_div(Uint128 a, Uint128 b, Uint128 c,
                                         Rounding rounding) noexcept;
/// The greatest value where the sum does not fit.
[[nodiscard]] Uint128 saturating_sum(Uint128 a, Uint128 b) noexcept;

/// (1 − d)^n in quintillionths, rounded up: at least exact, and at most 2n + 2 above it.
[[nodiscard]] std::uint64_t survival(Ppb d, std::uint64_t n) noexcept;

/// What an executor meets on one task of a class. All fields are probabilities, at most 1.
struct Exposure {
  Ppb audited{0};             ///< q: that the task is a bait.
  Ppb guessed{0};             ///< g: that a cheap answer passes all the same.
  Ppb unrecognised{ppb_one};  ///< That a bait is not told from real work.
  Ppb rechecked{0};           ///< v: that a real result is done again.
  Ppb colluding{0};           ///< That those who do it again are of the executor's pool.
  friend bool operator==(const Exposure&, const Exposure&) = default;
};
/// d = (1 − g) · (q · unrecognised + (1 − q) · v · (1 − colluding)), rounded down.
[[nodiscard]] Ppb detection_per_task(const Exposure& exposure) noexcept;
/// (1 − g) · unrecognised, rounded down: the share of its baits that a cheater fails.
[[nodiscard]] Ppb bait_strength(const Exposure& exposure) noexcept;

// --- Credibility

/// Results of baits, in millionths so that they can fade.
struct HonestyCounters {
  std::uint64_t passed_micro = 0;
  std::uint64_t failed_micro = 0;
  friend bool operator==(const HonestyCounters&, const HonestyCounters&) = default;
};
inline constexpr std::uint64_t micro_one = 1'000'000;
/// Baits that a counter can hold.
inline constexpr std::uint64_t counted_baits_max = 1'000'000'000;

/// What is left after an epoch that takes `lost` of it: passes are rounded down, failures up.
[[nodiscard]] HonestyCounters decayed(HonestyCounters counters, Ppb lost) noexcept;
[[nodiscard]] HonestyCounters with_passes(HonestyCounters counters, std::uint32_t count) noexcept;
/// A failure takes all passes: Sarmenta's bound is of workers that never failed.
[[nodiscard]] HonestyCounters with_failure(HonestyCounters counters) noexcept;
/// Passes that count when baits of one officer's operator count `each_max` at most.
[[nodiscard]] std::uint32_t counted_passes(std::span<const std::uint32_t> by_operator,
                                           std::uint32_t each_max) noexcept;

/// What is assumed of the workers of a task class.
struct Prior {
  Ppb saboteurs{200'000'000};  ///< f: their share. Less than 1.
  Ppb strength{ppb_one};       ///< See `bait_strength`.
  friend bool operator==(const Prior&, const Prior&) = default;
};
/// Sarmenta's f / ((1 − f) · k · e), with k times the strength of a bait, and at most f; in
/// quintillionths, rounded up: the chance that a result of a worker with these passes is wrong.
[[nodiscard]] std::uint64_t error_chance(std::uint64_t passed_micro, const Prior& prior) noexcept;
/// 1 − error chance, rounded down.
[[nodiscard]] Ppb credibility(const HonestyCounters& counters, const Prior& prior) noexcept;

/// Executors of different operators that returned the same result; each by its passes in
/// millionths. Requires: at least one.
using ResultGroup = std::vector<std::uint64_t>;
/// The chance that a group's result is right, rounded down: Sarmenta's formula, in which a group's
/// odds are good / bad. `bad` of the group itself is the chance that a pool whose members cheat on
/// the same tasks made all of it, (f/(1−f))^m / (e · strength · Σk), at most f^m; `bad` of its
/// rivals is the product of their error chances, which favours them.
/// Requires: `leading` is an index of `groups`.
[[nodiscard]] Ppb posterior(std::span<const ResultGroup> groups, std::size_t leading,
                            const Prior& prior);
/// The group whose posterior is `confidence` or more; `confidence` is over 1/2. None: one more
/// executor is to be asked.
[[nodiscard]] std::optional<std::size_t> accepted_group(std::span<const ResultGroup> groups,
                                                        Ppb confidence, const Prior& prior);

// --- Deterrence

/// What an executor would gain by cheating on all tasks that it has taken and that are not settled:
/// saved cost and the damage that customers declared.
struct ValueAtRisk {
  Uint128 gain_sum = 0;
  Uint128 gain_max = 0;  ///< Of a single task.
  friend bool operator==(const ValueAtRisk&, const ValueAtRisk&) = default;
};
/// Whether (1 − (1−d)^m) · at_stake >= what the m tasks of most gain bring, for every m.
/// `at_stake` is self-bond plus unpaid pay. The loss is concave in m and the gain of m tasks is at
/// most min(m · gain_max, gain_sum), so the two m about gain_sum / gain_max decide.
[[nodiscard]] bool is_deterred(Ppb d, Uint128 at_stake, const ValueAtRisk& risk) noexcept;
/// The greatest `gain_sum` that is deterred while no task brings more than `gain_max`.
/// Requires: gain_max > 0.
[[nodiscard]] Uint128 risk_capacity(Ppb d, Uint128 at_stake, Uint128 gain_max) noexcept;

// --- Audit rate

struct AuditPolicy {
  Ppb floor{2'000'000};
  Ppb probation{300'000'000};      ///< For new and recently failed nodes.
  std::uint64_t safety_times = 3;  ///< On what a cheat gains: prices move, damage is a guess.
  Ppb cheat_share{100'000'000};    ///< s: who cheats on that many tasks …
  std::uint64_t within = 10'000;   ///< … is found within so many. Greater than 0.
  Ppb missed{1'000'000};           ///< But for this chance.
  friend bool operator==(const AuditPolicy&, const AuditPolicy&) = default;
};
struct TaskEconomy {
  Uint128 price = 0;
  Uint128 at_stake = 0;
  Uint128 saved = 0;   ///< c − c'.
  Uint128 damage = 0;  ///< B, as the customer declared it.
  friend bool operator==(const TaskEconomy&, const TaskEconomy&) = default;
};
/// Least q with d · (p + S + B) >= (c − c') + B for one task, rounded up; 1 when none suffices.
[[nodiscard]] Ppb audit_rate_to_deter(const TaskEconomy& economy, const Exposure& exposure,
                                      std::uint64_t safety_times) noexcept;
/// Least q with (1 − q · s · strength)^within <= missed, rounded up; 1 when none suffices.
[[nodiscard]] Ppb audit_rate_to_detect(const AuditPolicy& policy,
                                       const Exposure& exposure) noexcept;
/// max(to deter, to detect, floor), and at least `probation` on probation.
[[nodiscard]] Ppb audit_rate(const AuditPolicy& policy, const TaskEconomy& economy,
                             const Exposure& exposure, bool on_probation) noexcept;

// --- Sequential test, for tasks whose answers are tolerances

struct SprtGoals {
  Ppb honest_misses{1'000'000};  ///< p0.
  Ppb cheat_misses{50'000'000};  ///< p1 > p0.
  Ppb false_alarm{1'000};        ///< Chance that an honest node is convicted; over 0.
  Ppb false_rest{1'000'000};     ///< Chance that a cheat is cleared; over 0.
  friend bool operator==(const SprtGoals&, const SprtGoals&) = default;
};
/// Wald's test in billionths of a nat.
struct SprtPlan {
  std::int64_t miss = 0;     ///< Added by a miss; positive.
  std::int64_t pass = 0;     ///< Added by a pass; negative.
  std::int64_t convict = 0;  ///< At or over: convicted.
  std::int64_t clear = 0;    ///< At or under: cleared, and begun again.
  friend bool operator==(const SprtPlan&, const SprtPlan&) = default;
};
enum class SprtVerdict : std::uint8_t { Open = 0, Cleared = 1, Convicted = 2 };
/// Requires: 0 < p0 < p1 < 1, and chances in (0, 1/2).
[[nodiscard]] SprtPlan sprt_plan(const SprtGoals& goals) noexcept;
/// Takes one bait's outcome into `score`, which begins at 0 and is set to 0 by a verdict.
[[nodiscard]] SprtVerdict observe(const SprtPlan& plan, std::int64_t& score, bool missed) noexcept;
/// ln(a / b) in billionths, within 2 of exact. Requires: a >= b > 0, a < 2^63.
[[nodiscard]] std::int64_t log_ratio(std::uint64_t a, std::uint64_t b) noexcept;

// --- Weights

/// stake × credibility, rounded down: the weight in draws, placement, scheduling and rewards.
[[nodiscard]] Uint128 honest_weight(Uint128 stake, Ppb credibility) noexcept;
/// m = 3/4 + credibility / 4, rounded down: what honesty may do to a validator's weight.
[[nodiscard]] Ppb validator_factor(Ppb credibility) noexcept;
struct WeightChange {
  std::uint64_t from = 0;
  std::uint64_t wanted = 0;
};
/// The weights of the next epoch: as wanted where no more than a third of the total of `from` is
/// gained, and no more lost; else each gain, and each loss, is shortened in proportion.
[[nodiscard]] std::vector<std::uint64_t> bounded_weights(std::span<const WeightChange> changes);

}  // namespace oort::ledger
