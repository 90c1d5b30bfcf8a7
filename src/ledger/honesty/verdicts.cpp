// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/ledger/honesty_math.hpp"

namespace oort::ledger {
namespace {

/// What a logarithm may be off by.
constexpr std::int64_t log_slack = 2;

std::uint64_t moved(std::uint64_t amount, std::uint64_t total, std::uint64_t allowed) noexcept {
  if (total <= allowed) return amount;
  return static_cast<std::uint64_t>(saturating_mul_div(amount, allowed, total, Rounding::Down));
}

}  // namespace

SprtPlan sprt_plan(const SprtGoals& goals) noexcept {
  const std::uint64_t p0 = goals.honest_misses.value();
  const std::uint64_t p1 = goals.cheat_misses.value();
  const std::uint64_t alpha = goals.false_alarm.value();
  const std::uint64_t beta = goals.false_rest.value();
  OORT_ASSERT(p0 > 0 && p0 < p1 && p1 < ppb_one, "the hypotheses differ");
  OORT_ASSERT(alpha > 0 && beta > 0, "certainty takes for ever");
  OORT_ASSERT(alpha < ppb_one / 2 && beta < ppb_one / 2, "the test beats a coin");
  return {std::max<std::int64_t>(1, log_ratio(p1, p0) - log_slack),
          -(log_ratio(ppb_one - p0, ppb_one - p1) + log_slack),
          log_ratio(ppb_one - beta, alpha) + log_slack,
          -(log_ratio(ppb_one - alpha, beta) - log_slack)};
}

SprtVerdict observe(const SprtPlan& plan, std::int64_t& score, bool missed) noexcept {
  score += missed ? plan.miss : plan.pass;
  const SprtVerdict verdict = score >= plan.convict ? SprtVerdict::Convicted
                              : score <= plan.clear ? SprtVerdict::Cleared
                                                    : SprtVerdict::Open;
  if (verdict != SprtVerdict::Open) score = 0;
  return verdict;
}

Uint128 honest_weight(Uint128 stake, Ppb credibility) noexcept {
  OORT_ASSERT(credibility.value() <= ppb_one, "a probability is at most one");
  return saturating_mul_div(stake, credibility.value(), ppb_one, Rounding::Down);
}

Ppb validator_factor(Ppb credibility) noexcept {
  OORT_ASSERT(credibility.value() <= ppb_one, "a probability is at most one");
  return Ppb(ppb_one / 4 * 3 + credibility.value() / 4);
}

std::vector<std::uint64_t> bounded_weights(std::span<const WeightChange> changes) {
  Uint128 total = 0;
  Uint128 gained = 0;
  Uint128 lost = 0;
  for (const WeightChange& change : changes) {
    total += change.from;
    if (change.wanted > change.from) gained += change.wanted - change.from;
    if (change.wanted < change.from) lost += change.from - change.wanted;
  }
  OORT_ASSERT(total >> 64 == 0 && gained >> 64 == 0, "weights are bounded");
  const auto allowed = static_cast<std::uint64_t>(total / 3);
  const auto gained_all = static_cast<std::uint64_t>(gained);
  const auto lost_all = static_cast<std::uint64_t>(lost);
  std::vector<std::uint64_t> weights;
  weights.reserve(changes.size());
  for (const WeightChange& change : changes) {
    weights.push_back(change.wanted >= change.from
                          ? change.from + moved(change.wanted - change.from, gained_all, allowed)
                          : change.from - moved(change.from - change.wanted, lost_all, allowed));
  }
  return weights;
}

}  // namespace oort::ledger
