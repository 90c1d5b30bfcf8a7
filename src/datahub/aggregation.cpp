// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/aggregation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "estimators.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "portable_math.hpp"

namespace oort::datahub {

namespace {

constexpr double likelihood_step_min = 1e-7;
constexpr double probability_min = 1e-10;
constexpr double skill_min = 1e-6;
/// Shares this close, relative to the greater, are one: rounding must not choose a label.
constexpr double tie_width = 1e-12;

/// Shares of the votes; zeros where nobody voted.
std::vector<double> shares_of(const std::vector<double>& votes, std::uint32_t labels) {
  std::vector<double> shares = votes;
  for (std::size_t row = 0; row < shares.size(); row += labels) {
    double total = 0;
    for (std::size_t k = 0; k < labels; ++k) total += shares[row + k];
    if (total == 0) continue;
    for (std::size_t k = 0; k < labels; ++k) shares[row + k] /= total;
  }
  return shares;
}

std::vector<double> prior_of(const std::vector<double>& posterior, std::uint32_t labels) {
  std::vector<double> prior(labels);
  for (std::size_t cell = 0; cell < posterior.size(); ++cell) {
    prior[cell % labels] += posterior[cell];
  }
  double total = 0;
  for (const double share : prior) total += share;
  for (double& share : prior) share /= total;
  return prior;
}

/// Each row begins with the logarithm of the prior.
std::vector<double> rows_of(const std::vector<double>& prior, std::uint32_t samples) {
  std::vector<double> logs;
  logs.reserve(prior.size());
  for (const double share : prior) logs.push_back(portable_log(std::max(share, probability_min)));
  std::vector<double> rows;
  rows.reserve(logs.size() * samples);
  for (std::uint32_t i = 0; i < samples; ++i) rows.insert(rows.end(), logs.begin(), logs.end());
  return rows;
}

Estimate estimate_majority(const Answers& answers) {
  return {{shares_of(votes_of(answers), answers.counts().labels), {}, {}, {}}, 1};
}

Estimate estimate_wawa(const Answers& answers) {
  const auto& counts = answers.counts();
  const std::vector<double> votes = votes_of(answers);
  std::vector<std::uint32_t> winners(counts.samples);
  for (std::size_t i = 0; i < winners.size(); ++i) {
    const auto row = votes.begin() + static_cast<std::ptrdiff_t>(i * counts.labels);
    winners[i] = static_cast<std::uint32_t>(std::max_element(row, row + counts.labels) - row);
  }
  std::vector<double> agreed(counts.annotators);
  std::vector<double> given(counts.annotators);
  for (const Answer& answer : answers.all()) {
    given[answer.annotator] += 1;
    if (winners[answer.sample] == answer.label) agreed[answer.annotator] += 1;
  }
  std::vector<double> weights(votes.size());
  for (const Answer& answer : answers.all()) {
    weights[std::size_t{answer.sample} * counts.labels + answer.label] +=
        agreed[answer.annotator] / given[answer.annotator];
  }
  return {{shares_of(weights, counts.labels), {}, {}, {}}, 1};
}

/// Rounds of `step`, which takes the posterior to the next and returns the mean log likelihood of
/// an answer, until that moves no more.
template <class Step>
std::uint32_t iterate(Fit& fit, std::uint32_t rounds_max, const Step& step) {
  std::uint32_t rounds = 0;
  while (rounds < rounds_max) {
    const double likelihood = step(fit);
    ++rounds;
    fit.log_likelihoods.push_back(likelihood);
    const auto& all = fit.log_likelihoods;
    if (rounds > 1 && std::abs(likelihood - all[rounds - 2]) < likelihood_step_min) break;
  }
  return rounds;
}

Estimate estimate_one_coin(const Answers& answers, std::uint32_t rounds_max) {
  const auto& counts = answers.counts();
  const std::vector<double> votes = votes_of(answers);
  const auto size = static_cast<double>(answers.all().size());
  std::vector<double> given(counts.annotators);
  for (const Answer& answer : answers.all()) given[answer.annotator] += 1;
  const auto step = [&](Fit& fit) {
    fit.prior = prior_of(fit.posterior, counts.labels);
    std::vector<double> right(counts.annotators);
    for (const Answer& answer : answers.all()) {
      right[answer.annotator] +=
          fit.posterior[std::size_t{answer.sample} * counts.labels + answer.label];
    }
    std::vector<double> wrong_logs(counts.annotators);
    std::vector<double> gains(counts.annotators);
    for (std::size_t w = 0; w < right.size(); ++w) {
      const double skill = std::clamp((right[w] + 1) / (given[w] + 2), skill_min, 1 - skill_min);
      wrong_logs[w] = portable_log((1 - skill) / (counts.labels - 1));
      gains[w] = portable_log(skill) - wrong_logs[w];
    }
    fit.posterior = rows_of(fit.prior, counts.samples);
    for (const Answer& answer : answers.all()) {
      double* const row = &fit.posterior[std::size_t{answer.sample} * counts.labels];
      for (std::size_t k = 0; k < counts.labels; ++k) row[k] += wrong_logs[answer.annotator];
      row[answer.label] += gains[answer.annotator];
    }
    return normalise_log_rows(fit.posterior, votes, counts.labels) / size;
  };
  Estimate estimate{{shares_of(votes, counts.labels), {}, {}, {}}, 0};
  estimate.rounds = iterate(estimate.fit, rounds_max, step);
  return estimate;
}

/// annotators × observed × true: how often each true label was seen as each other, in shares of the
/// true one, never below the least probability.
std::vector<double> confusion_of(const Answers& answers, const std::vector<double>& posterior,
                                 double smoothing) {
  const auto& counts = answers.counts();
  const std::size_t labels = counts.labels;
  std::vector<double> cells(counts.annotators * labels * labels, smoothing);
  for (const Answer& answer : answers.all()) {
    double* const row = &cells[(answer.annotator * labels + answer.label) * labels];
    const double* const shares = &posterior[answer.sample * labels];
    for (std::size_t k = 0; k < labels; ++k) row[k] += shares[k];
  }
  for (std::size_t block = 0; block < cells.size(); block += labels * labels) {
    for (std::size_t k = 0; k < labels; ++k) {
      double total = 0;
      for (std::size_t l = 0; l < labels; ++l) {
        double& cell = cells[block + l * labels + k];
        cell = std::max(cell, probability_min);
        total += cell;
      }
      for (std::size_t l = 0; l < labels; ++l) cells[block + l * labels + k] /= total;
    }
  }
  return cells;
}

Estimate estimate_dawid_skene(const Answers& answers, double smoothing, std::uint32_t rounds_max) {
  const auto& counts = answers.counts();
  const std::size_t labels = counts.labels;
  const std::vector<double> votes = votes_of(answers);
  const auto size = static_cast<double>(answers.all().size());
  const auto step = [&](Fit& fit) {
    fit.prior = prior_of(fit.posterior, counts.labels);
    fit.confusion = confusion_of(answers, fit.posterior, smoothing);
    std::vector<double> logs = fit.confusion;
    for (double& cell : logs) cell = portable_log(cell);
    fit.posterior = rows_of(fit.prior, counts.samples);
    for (const Answer& answer : answers.all()) {
      double* const row = &fit.posterior[answer.sample * labels];
      const double* const seen = &logs[(answer.annotator * labels + answer.label) * labels];
      for (std::size_t k = 0; k < labels; ++k) row[k] += seen[k];
    }
    return normalise_log_rows(fit.posterior, votes, counts.labels) / size;
  };
  Estimate estimate{{shares_of(votes, counts.labels), {}, {}, {}}, 0};
  estimate.rounds = iterate(estimate.fit, rounds_max, step);
  return estimate;
}

Estimate estimate_with(const Answers& answers, const AggregationOptions& options) {
  switch (options.method) {
    case Method::Majority: return estimate_majority(answers);
    case Method::Wawa: return estimate_wawa(answers);
    case Method::OneCoin: return estimate_one_coin(answers, options.rounds_max);
    case Method::DawidSkene:
      return estimate_dawid_skene(answers, options.smoothing, options.rounds_max);
    case Method::Glad: return estimate_glad(answers, options.rounds_max);
  }
  OORT_ASSERT(false, "a method is one of its enumerators");
  return {};
}

void put_little(std::vector<std::byte>& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * i))));
  }
}

/// Which of `count` tied labels the seed draws for a sample.
std::uint32_t draw(const Bytes32& seed, std::uint32_t sample, std::uint32_t count) {
  std::vector<std::byte> question;
  put_little(question, sample, 4);
  const Bytes32 drawn = crypto::keyed_hash(seed, question);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::to_integer<std::uint64_t>(drawn.array()[i]) << (8 * i);
  }
  return static_cast<std::uint32_t>(value % count);
}

SampleVerdict verdict_of(const double* row, std::uint32_t labels, std::uint32_t sample,
                         const std::optional<Bytes32>& seed) {
  const double best = *std::max_element(row, row + labels);
  if (best <= 0) return {};
  std::vector<std::uint32_t> tied;
  for (std::uint32_t k = 0; k < labels; ++k) {
    if (row[k] >= best - tie_width * best) tied.push_back(k);
  }
  const auto count = static_cast<std::uint32_t>(tied.size());
  SampleVerdict verdict;
  verdict.label = count > 1 && seed ? tied[draw(*seed, sample, count)] : tied.front();
  verdict.confidence_ppm = static_cast<std::uint32_t>(std::floor(row[verdict.label] * ppm + 0.5));
  verdict.is_tied = count > 1;
  return verdict;
}

}  // namespace

std::vector<double> votes_of(const Answers& answers) {
  const auto& counts = answers.counts();
  std::vector<double> votes(std::size_t{counts.samples} * counts.labels);
  for (const Answer& answer : answers.all()) {
    votes[std::size_t{answer.sample} * counts.labels + answer.label] += 1;
  }
  return votes;
}

double normalise_log_rows(std::vector<double>& rows, const std::vector<double>& votes,
                          std::uint32_t labels) {
  double likelihood = 0;
  for (std::size_t begin = 0; begin < rows.size(); begin += labels) {
    double* const row = &rows[begin];
    if (std::all_of(&votes[begin], &votes[begin] + labels, [](double v) { return v == 0; })) {
      std::fill(row, row + labels, 0.0);
      continue;
    }
    const double greatest = *std::max_element(row, row + labels);
    double total = 0;
    for (std::size_t k = 0; k < labels; ++k) {
      row[k] = portable_exp(row[k] - greatest);
      total += row[k];
    }
    for (std::size_t k = 0; k < labels; ++k) row[k] /= total;
    likelihood += greatest + portable_log(total);
  }
  return likelihood;
}

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::Majority: return "majority";
    case Method::Wawa: return "wawa";
    case Method::OneCoin: return "one-coin";
    case Method::DawidSkene: return "dawid-skene";
    case Method::Glad: return "glad";
  }
  return "unknown";
}

Aggregate aggregate(const Answers& answers, const AggregationOptions& options) {
  const auto& counts = answers.counts();
  Aggregate result;
  result.verdicts.resize(counts.samples);
  if (answers.all().empty()) {
    result.fit.posterior.resize(std::size_t{counts.samples} * counts.labels);
    return result;
  }
  Estimate estimate = estimate_with(answers, options);
  result.fit = std::move(estimate.fit);
  result.rounds = estimate.rounds;
  for (std::uint32_t i = 0; i < counts.samples; ++i) {
    const double* const row = &result.fit.posterior[std::size_t{i} * counts.labels];
    result.verdicts[i] = verdict_of(row, counts.labels, i, options.tie_seed);
    if (result.verdicts[i].is_tied) ++result.tied_count;
  }
  return result;
}

Bytes32 digest_of(Method method, const std::vector<SampleVerdict>& verdicts) {
  std::vector<std::byte> bytes;
  bytes.reserve(9 + verdicts.size() * 8);
  put_little(bytes, static_cast<std::uint8_t>(method), 1);
  put_little(bytes, verdicts.size(), 8);
  for (const SampleVerdict& verdict : verdicts) {
    put_little(bytes, verdict.label, 4);
    put_little(bytes, verdict.confidence_ppm, 4);
  }
  return crypto::sha256(bytes);
}

}  // namespace oort::datahub
