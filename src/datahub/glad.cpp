// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "estimators.hpp"
#include "minimise.hpp"
#include "portable_math.hpp"

namespace oort::datahub {

namespace {

constexpr std::uint32_t glad_rounds_max = 40;
constexpr std::uint32_t steps_per_round = 25;
constexpr double gain_min = 1e-5;
constexpr double exponent_max = 50;

/// The chance of a right answer is logistic(skill · e^ease); both have a normal prior N(1, 1). A
/// point is all skills and then all eases.
class Model {
 public:
  explicit Model(const Answers& answers)
      : answers_(answers), votes_(votes_of(answers)), exps_(answers.counts().samples) {}

  /// Shares of the labels under these parameters and an even prior.
  [[nodiscard]] std::vector<double> posterior(std::span<const double> point, double& likelihood) {
    const auto& counts = answers_.counts();
    set_exps(point);
    const double spread = portable_log(std::max(counts.labels - 1, 1U));
    std::vector<double> rows(votes_.size(), -portable_log(counts.labels));
    for (const Answer& answer : answers_.all()) {
      const double x = logit(point, answer);
      const double right = -portable_log1p_exp(-x);
      const double wrong = -portable_log1p_exp(x) - spread;
      double* const row = &rows[std::size_t{answer.sample} * counts.labels];
      for (std::size_t k = 0; k < counts.labels; ++k) row[k] += wrong;
      row[answer.label] += right - wrong;
    }
    likelihood = normalise_log_rows(rows, votes_, counts.labels) /
                 static_cast<double>(answers_.all().size());
    return rows;
  }

  /// Minus the expected log posterior of the parameters, given the shares of the labels.
  double cost(const std::vector<double>& shares, std::span<const double> point,
              std::span<double> gradient) {
    const auto& counts = answers_.counts();
    set_exps(point);
    double value = 0;
    for (std::size_t i = 0; i < point.size(); ++i) {
      const double off = point[i] - 1;
      value += 0.5 * off * off;
      gradient[i] = off;
    }
    for (const Answer& answer : answers_.all()) {
      const double share = shares[std::size_t{answer.sample} * counts.labels + answer.label];
      const double x = logit(point, answer);
      // ln(1 + e^-x) = ln(1 + e^x) - x, so one logarithm serves both.
      const double wrong = portable_log1p_exp(x);
      value += wrong - share * x;
      const double rest = share - portable_logistic(x);
      gradient[answer.annotator] -= rest * exps_[answer.sample];
      gradient[counts.annotators + answer.sample] -= rest * x;
    }
    return value;
  }

 private:
  void set_exps(std::span<const double> point) {
    const std::size_t annotators = answers_.counts().annotators;
    for (std::size_t i = 0; i < exps_.size(); ++i) exps_[i] = portable_exp(point[annotators + i]);
  }
  [[nodiscard]] double logit(std::span<const double> point, const Answer& answer) const {
    return std::clamp(point[answer.annotator] * exps_[answer.sample], -exponent_max, exponent_max);
  }

  const Answers& answers_;
  std::vector<double> votes_;
  std::vector<double> exps_;
};

}  // namespace

Estimate estimate_glad(const Answers& answers, std::uint32_t rounds_max) {
  const auto& counts = answers.counts();
  Model model(answers);
  std::vector<double> point(std::size_t{counts.annotators} + counts.samples, 1.0);
  Estimate estimate;
  double last = 0;
  while (estimate.rounds < std::min(rounds_max, glad_rounds_max)) {
    double likelihood = 0;
    estimate.fit.posterior = model.posterior(point, likelihood);
    estimate.fit.log_likelihoods.push_back(likelihood);
    const std::vector<double>& shares = estimate.fit.posterior;
    Minimum minimum =
        minimise([&](std::span<const double> at,
                     std::span<double> gradient) { return model.cost(shares, at, gradient); },
                 std::move(point), steps_per_round);
    point = std::move(minimum.point);
    ++estimate.rounds;
    if (estimate.rounds > 1 && std::abs((minimum.value - last) / last) < gain_min) break;
    last = minimum.value;
  }
  return estimate;
}

}  // namespace oort::datahub
