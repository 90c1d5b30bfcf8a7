// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/ledger/honesty_math.hpp"

namespace oort::ledger {
namespace {

/// Euler's number in parts per billion, rounded down: errors come out larger.
constexpr std::uint64_t euler = 2'718'281'828;
/// Scale of odds. Chances have 18 digits, so odds stay under 10^30.
constexpr Uint128 odds_one = 1'000'000'000'000;
constexpr std::uint64_t passed_max = counted_baits_max * micro_one;

/// `chance` / (e · strength · k), in quintillionths, rounded up; the greatest value for k = 0.
Uint128 thinned(Uint128 chance, Uint128 passed_micro, const Prior& prior) noexcept {
  const Uint128 divisor = passed_micro * prior.strength.value() * euler;
  if (divisor == 0) return ~Uint128{0};
  constexpr Uint128 scale = Uint128{micro_one} * ppb_one * ppb_one;
  return saturating_mul_div(chance, scale, divisor, Rounding::Up);
}

/// f / (1 − f) in quintillionths, rounded up.
Uint128 prior_odds(const Prior& prior) noexcept {
  const std::uint64_t f = prior.saboteurs.value();
  OORT_ASSERT(f < ppb_one, "somebody is honest");
  return saturating_mul_div(f, quint_one, ppb_one - f, Rounding::Up);
}

/// The chance that a pool made the whole group, rounded up and at least one quintillionth.
Uint128 pool_chance(const ResultGroup& group, const Prior& prior) noexcept {
  Uint128 odds = quint_one;
  Uint128 plain = quint_one;
  Uint128 passed = 0;
  for (const std::uint64_t passed_micro : group) {
    odds = saturating_mul_div(odds, prior_odds(prior), quint_one, Rounding::Up);
    plain = saturating_mul_div(plain, prior.saboteurs.value(), ppb_one, Rounding::Up);
    passed += std::min(passed_micro, passed_max);
  }
  passed = std::min(passed, Uint128{passed_max});
  return std::max(Uint128{1}, std::min(thinned(odds, passed, prior), plain));
}

/// good / bad of the group whose posterior is asked for; rounded down.
Uint128 odds_of_leader(const ResultGroup& group, const Prior& prior) noexcept {
  Uint128 good = quint_one;
  for (const std::uint64_t passed_micro : group) {
    good = saturating_mul_div(good, quint_one - error_chance(passed_micro, prior), quint_one,
                              Rounding::Down);
  }
  return saturating_mul_div(good, odds_one, pool_chance(group, prior), Rounding::Down);
}

/// The same of a rival, rounded up.
Uint128 odds_of_rival(const ResultGroup& group, const Prior& prior) noexcept {
  Uint128 good = quint_one;
  Uint128 bad = quint_one;
  for (const std::uint64_t passed_micro : group) {
    const std::uint64_t error = error_chance(passed_micro, prior);
    good = saturating_mul_div(good, quint_one - error, quint_one, Rounding::Up);
    bad = saturating_mul_div(bad, error, quint_one, Rounding::Down);
  }
  return saturating_mul_div(good, odds_one, std::max(Uint128{1}, bad), Rounding::Up);
}

}  // namespace

HonestyCounters decayed(HonestyCounters counters, Ppb lost) noexcept {
  const auto loss = [lost](std::uint64_t count, Rounding rounding) {
    return static_cast<std::uint64_t>(saturating_mul_div(count, lost.value(), ppb_one, rounding));
  };
  OORT_ASSERT(lost.value() <= ppb_one, "no more is lost than there is");
  return {counters.passed_micro - loss(counters.passed_micro, Rounding::Up),
          counters.failed_micro - loss(counters.failed_micro, Rounding::Down)};
}

HonestyCounters with_passes(HonestyCounters counters, std::uint32_t count) noexcept {
  const std::uint64_t sum = counters.passed_micro + std::uint64_t{count} * micro_one;
  return {std::min(sum, passed_max), counters.failed_micro};
}

HonestyCounters with_failure(HonestyCounters counters) noexcept {
  return {0, std::min(counters.failed_micro + micro_one, passed_max)};
}

std::uint32_t counted_passes(std::span<const std::uint32_t> by_operator,
                             std::uint32_t each_max) noexcept {
  std::uint64_t sum = 0;
  for (const std::uint32_t passes : by_operator) sum += std::min(passes, each_max);
  return static_cast<std::uint32_t>(std::min(sum, std::uint64_t{~std::uint32_t{0}}));
}

std::uint64_t error_chance(std::uint64_t passed_micro, const Prior& prior) noexcept {
  const Uint128 plain = Uint128{prior.saboteurs.value()} * ppb_one;
  const Uint128 odds = prior_odds(prior);
  const Uint128 sure = thinned(odds, std::min(passed_micro, passed_max), prior);
  return static_cast<std::uint64_t>(std::min(plain, sure));
}

Ppb credibility(const HonestyCounters& counters, const Prior& prior) noexcept {
  return Ppb((quint_one - error_chance(counters.passed_micro, prior)) / ppb_one);
}

Ppb posterior(std::span<const ResultGroup> groups, std::size_t leading, const Prior& prior) {
  OORT_ASSERT(leading < groups.size(), "the group is one of them");
  Uint128 rivals = odds_one;  // None is right.
  for (std::size_t i = 0; i < groups.size(); ++i) {
    OORT_ASSERT(!groups[i].empty(), "a group has members");
    if (i != leading) rivals = saturating_sum(rivals, odds_of_rival(groups[i], prior));
  }
  const Uint128 own = odds_of_leader(groups[leading], prior);
  const Uint128 share =
      saturating_mul_div(own, ppb_one, saturating_sum(own, rivals), Rounding::Down);
  return Ppb(static_cast<std::uint64_t>(share));
}

std::optional<std::size_t> accepted_group(std::span<const ResultGroup> groups, Ppb confidence,
                                          const Prior& prior) {
  OORT_ASSERT(confidence.value() > ppb_one / 2, "at most one group has more than half");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (posterior(groups, i, prior) >= confidence) return i;
  }
  return std::nullopt;
}

}  // namespace oort::ledger
