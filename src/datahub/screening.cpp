// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/screening.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "oort/core/assert.hpp"
#include "portable_math.hpp"

namespace oort::datahub {

namespace {

/// The probability of `needed` or more; summed from the rarer end, where terms do not cancel.
double tail(std::uint32_t needed, std::uint32_t trials, double chance) {
  if (needed == 0) return 1;
  if (needed > trials || chance <= 0) return 0;
  if (chance >= 1) return 1;
  if (needed <= trials * chance) return 1 - tail(trials - needed + 1, trials, 1 - chance);
  double log_term = 0;
  for (std::uint32_t i = 0; i < needed; ++i) {
    log_term += portable_log(trials - i) - portable_log(i + 1.0);
  }
  log_term += needed * portable_log(chance) + (trials - needed) * portable_log(1 - chance);
  double term = portable_exp(log_term);
  const double odds = chance / (1 - chance);
  double sum = term;
  for (std::uint32_t i = needed; i < trials && term > sum * 1e-17; ++i) {
    term *= odds * (trials - i) / (i + 1.0);
    sum += term;
  }
  return std::min(sum, 1.0);
}

std::uint32_t rounded_ppm(double share) {
  return static_cast<std::uint32_t>(std::floor(share * ppm + 0.5));
}

}  // namespace

std::vector<GoldTally> gold_tallies(const Answers& answers, const Gold& gold) {
  std::vector<GoldTally> tallies(answers.counts().annotators, GoldTally(answers.counts().labels));
  for (const Answer& answer : answers.all()) {
    const auto known = gold.find(answer.sample);
    if (known == gold.end() || known->second >= answers.counts().labels) continue;
    GoldRecord& record = tallies[answer.annotator][known->second];
    ++(known->second == answer.label ? record.hits : record.misses);
  }
  return tallies;
}

GoldRecord sum_of(const GoldTally& tally) noexcept {
  GoldRecord sum;
  for (const GoldRecord& record : tally) {
    sum.hits += record.hits;
    sum.misses += record.misses;
  }
  return sum;
}

std::uint32_t chance_at_least(std::uint32_t needed, std::uint32_t trials,
                              std::uint32_t chance_ppm) {
  OORT_ASSERT(chance_ppm <= ppm, "a chance is at most one");
  return rounded_ppm(tail(needed, trials, static_cast<double>(chance_ppm) / ppm));
}

Standing standing_of(const GoldRecord& record, const ScreenRules& rules) {
  // P(accuracy < x) under Beta(a, b) with whole a and b is P(a or more of a + b - 1 succeed at x).
  const std::uint32_t below =
      chance_at_least(record.hits + 1, record.hits + record.misses + 1, rules.accuracy_ppm);
  if (below > rules.suspend_certainty_ppm) return Standing::Suspended;
  if (ppm - below > rules.trust_certainty_ppm) return Standing::Trusted;
  return Standing::Trial;
}

std::uint32_t gold_share_of(Standing standing, const ScreenRules& rules) noexcept {
  switch (standing) {
    case Standing::Trial: return rules.gold_share_ppm;
    case Standing::Trusted: return rules.gold_share_trusted_ppm;
    case Standing::Suspended: return ppm;
  }
  return ppm;
}

bool is_screened_in(const GoldTally& tally) noexcept {
  const std::uint64_t guess = ppm / std::max<std::size_t>(tally.size(), 1);
  const auto reaches = [](const GoldRecord& record, std::uint64_t asked_ppm) {
    const std::uint64_t seen = std::uint64_t{record.hits} + record.misses;
    return (record.hits + std::uint64_t{1}) * ppm >= asked_ppm * (seen + 2);
  };
  return reaches(sum_of(tally), std::max<std::uint64_t>(500'000, guess + 200'000)) &&
         std::all_of(tally.begin(), tally.end(),
                     [&](const GoldRecord& record) { return reaches(record, guess / 2); });
}

Answers screened(const Answers& answers, const Gold& gold) {
  const std::vector<GoldTally> tallies = gold_tallies(answers, gold);
  std::vector<Answer> kept;
  for (const Answer& answer : answers.all()) {
    if (is_screened_in(tallies[answer.annotator])) kept.push_back(answer);
  }
  auto result = Answers::from(std::move(kept), answers.counts(), Repeats::Kept);
  OORT_ASSERT(result, "a part of valid answers is valid");
  return *std::move(result);
}

std::uint32_t gold_hits(const std::vector<SampleVerdict>& verdicts, const Gold& gold) {
  std::uint32_t hits = 0;
  for (const auto& [sample, label] : gold) {
    if (sample < verdicts.size() && verdicts[sample].label == label) ++hits;
  }
  return hits;
}

std::vector<AggregationOptions> usual_candidates() {
  std::vector<AggregationOptions> candidates;
  const auto add = [&](Method method, double smoothing) {
    AggregationOptions& options = candidates.emplace_back();
    options.method = method;
    options.smoothing = smoothing;
  };
  add(Method::Majority, 0.1);
  add(Method::Wawa, 0.1);
  add(Method::OneCoin, 0.1);
  add(Method::DawidSkene, 0.1);
  add(Method::DawidSkene, 0.01);
  add(Method::DawidSkene, 1);
  add(Method::Glad, 0.1);
  return candidates;
}

MethodChoice choose_method(const Answers& answers, const Gold& gold,
                           const std::vector<AggregationOptions>& candidates) {
  OORT_ASSERT(!candidates.empty(), "there is something to choose from");
  MethodChoice choice;
  if (gold.size() < choice_gold_min) {
    choice.options.method = Method::DawidSkene;
    return choice;
  }
  choice.is_by_gold = true;
  std::uint32_t most = 0;
  for (const AggregationOptions& candidate : candidates) {
    const std::uint32_t hits = gold_hits(aggregate(answers, candidate).verdicts, gold);
    if (&candidate != candidates.data() && hits <= most) continue;
    most = hits;
    choice.options = candidate;
  }
  choice.gold_accuracy_ppm = rounded_ppm(most / static_cast<double>(gold.size()));
  return choice;
}

bool needs_another(const OverlapRule& rule, std::uint32_t answers_count,
                   const SampleVerdict& verdict) {
  OORT_ASSERT(rule.least <= rule.most, "the least overlap is not above the most");
  if (answers_count < rule.least) return true;
  return answers_count < rule.most && verdict.confidence_ppm < rule.confidence_ppm;
}

std::uint32_t quorum_of(std::uint32_t count, std::uint32_t share_ppm) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{count} * share_ppm + ppm - 1) / ppm);
}

}  // namespace oort::datahub
