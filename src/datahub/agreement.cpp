// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/agreement.hpp"

#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

#include "estimators.hpp"
#include "oort/core/assert.hpp"

namespace oort::datahub {

namespace {

double distance(Scale scale, std::size_t a, std::size_t b) {
  if (a == b) return 0;
  if (scale == Scale::Nominal) return 1;
  const double difference = static_cast<double>(a) - static_cast<double>(b);
  return difference * difference;
}

/// Calls `visit(votes of the sample, their count)` for each sample with two answers or more.
template <class Visit>
void each_paired(const Answers& answers, const Visit& visit) {
  const std::size_t labels = answers.counts().labels;
  const std::vector<double> votes = votes_of(answers);
  for (std::size_t begin = 0; begin < votes.size(); begin += labels) {
    double count = 0;
    for (std::size_t k = 0; k < labels; ++k) count += votes[begin + k];
    if (count >= 2) visit(&votes[begin], count);
  }
}

}  // namespace

std::optional<double> krippendorff_alpha(const Answers& answers, Scale scale) {
  const std::size_t labels = answers.counts().labels;
  std::vector<double> totals(labels);
  double observed = 0;
  double size = 0;
  each_paired(answers, [&](const double* votes, double count) {
    double disagreement = 0;
    for (std::size_t a = 0; a < labels; ++a) {
      totals[a] += votes[a];
      if (votes[a] == 0) continue;
      for (std::size_t b = 0; b < labels; ++b) {
        disagreement += votes[a] * votes[b] * distance(scale, a, b);
      }
    }
    observed += disagreement / (count - 1);
    size += count;
  });
  double expected = 0;
  for (std::size_t a = 0; a < labels; ++a) {
    for (std::size_t b = 0; b < labels; ++b) {
      expected += totals[a] * totals[b] * distance(scale, a, b);
    }
  }
  if (size < 2 || expected == 0) return std::nullopt;
  return 1 - (size - 1) * observed / expected;
}

std::optional<double> fleiss_kappa(const Answers& answers) {
  const std::size_t labels = answers.counts().labels;
  std::vector<double> totals(labels);
  double agreed = 0;
  double samples = 0;
  double answers_each = 0;
  bool is_even = true;
  each_paired(answers, [&](const double* votes, double count) {
    if (samples > 0 && count != answers_each) is_even = false;
    answers_each = count;
    samples += 1;
    double squares = 0;
    for (std::size_t k = 0; k < labels; ++k) {
      totals[k] += votes[k];
      squares += votes[k] * votes[k];
    }
    agreed += (squares - count) / (count * (count - 1));
  });
  if (!is_even || samples == 0) return std::nullopt;
  double chance = 0;
  for (const double total : totals) {
    const double share = total / (samples * answers_each);
    chance += share * share;
  }
  if (chance >= 1) return std::nullopt;
  return (agreed / samples - chance) / (1 - chance);
}

std::optional<double> cohen_kappa(const Answers& answers, std::uint32_t first,
                                  std::uint32_t second) {
  std::map<std::uint32_t, std::uint32_t> of_first;
  for (const Answer& answer : answers.all()) {
    if (answer.annotator == first) of_first.emplace(answer.sample, answer.label);
  }
  const std::size_t labels = answers.counts().labels;
  std::vector<double> first_totals(labels);
  std::vector<double> second_totals(labels);
  double agreed = 0;
  double size = 0;
  for (const Answer& answer : answers.all()) {
    if (answer.annotator != second) continue;
    const auto other = of_first.find(answer.sample);
    if (other == of_first.end()) continue;
    size += 1;
    first_totals[other->second] += 1;
    second_totals[answer.label] += 1;
    if (other->second == answer.label) agreed += 1;
  }
  if (size == 0) return std::nullopt;
  double chance = 0;
  for (std::size_t k = 0; k < labels; ++k) chance += first_totals[k] * second_totals[k];
  chance /= size * size;
  if (chance >= 1) return std::nullopt;
  return (agreed / size - chance) / (1 - chance);
}

std::optional<double> pair_agreement(const Answers& answers) {
  const std::size_t labels = answers.counts().labels;
  double equal = 0;
  double pairs = 0;
  each_paired(answers, [&](const double* votes, double count) {
    for (std::size_t k = 0; k < labels; ++k) equal += votes[k] * (votes[k] - 1);
    pairs += count * (count - 1);
  });
  if (pairs == 0) return std::nullopt;
  return equal / pairs;
}

std::int32_t to_ppm(double share) noexcept {
  OORT_ASSERT(std::abs(share) <= 2000, "a share or a coefficient of agreement");
  return static_cast<std::int32_t>(std::floor(share * 1e6 + 0.5));
}

}  // namespace oort::datahub
