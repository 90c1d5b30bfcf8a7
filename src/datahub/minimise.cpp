// SPDX-License-Identifier: Apache-2.0
#include "minimise.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace oort::datahub {

namespace {

constexpr std::size_t memory_pairs = 10;
constexpr double gradient_max = 1e-5;
constexpr double gain_min = 2.220446049250313e-9;
constexpr double sufficient_decrease = 1e-3;
constexpr double curvature = 0.9;
constexpr int trials_max = 20;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double greatest_of(std::span<const double> values) {
  double greatest = 0;
  for (const double value : values) greatest = std::max(greatest, std::abs(value));
  return greatest;
}

struct Pair {
  std::vector<double> step;
  std::vector<double> change;  ///< Of the gradient.
  double inverse = 0;          ///< 1 / (step · change).
};

/// Algorithm 7.4: minus the gradient times the approximation of the inverse Hessian.
std::vector<double> direction_of(const std::deque<Pair>& pairs, std::vector<double> gradient) {
  std::vector<double> factors(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    factors[i] = pairs[i].inverse * dot(pairs[i].step, gradient);
    for (std::size_t j = 0; j < gradient.size(); ++j) {
      gradient[j] -= factors[i] * pairs[i].change[j];
    }
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = 1 / (last.inverse * dot(last.change, last.change));
    for (double& component : gradient) component *= scale;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double factor = factors[i] - pairs[i].inverse * dot(pairs[i].change, gradient);
    for (std::size_t j = 0; j < gradient.size(); ++j) gradient[j] += factor * pairs[i].step[j];
  }
  for (double& component : gradient) component = -component;
  return gradient;
}

struct Place {
  std::vector<double> point;
  std::vector<double> gradient;
  double value = 0;
};

/// A point on the line: how far, how high, how steep.
struct Trial {
  double length = 0;
  double value = 0;
  double slope = 0;
};

class LineSearch {
 public:
  LineSearch(const Objective& objective, const Place& from, const std::vector<double>& direction)
      : objective_(objective), from_(from), direction_(direction) {
    start_ = {0, from.value, dot(from.gradient, direction)};
  }

  /// The place after a step that satisfies both conditions, or the best found; empty when none is
  /// lower than the start.
  std::optional<Place> run(double first_length) {
    if (start_.slope >= 0) return std::nullopt;
    Trial previous = start_;
    double length = first_length;
    while (trials_ < trials_max) {
      const Trial trial = at(length);
      if (!decreases(trial) || (trials_ > 1 && trial.value >= previous.value)) {
        zoom(previous, trial);
        break;
      }
      if (is_flat(trial)) break;
      if (trial.slope >= 0) {
        zoom(trial, previous);
        break;
      }
      previous = trial;
      length *= 2;
    }
    return std::move(best_);
  }

 private:
  Trial at(double length) {
    ++trials_;
    Place place;
    place.point.resize(direction_.size());
    place.gradient.resize(direction_.size());
    for (std::size_t i = 0; i < direction_.size(); ++i) {
      place.point[i] = from_.point[i] + length * direction_[i];
    }
    place.value = objective_(place.point, place.gradient);
    const Trial trial{length, place.value, dot(place.gradient, direction_)};
    if (place.value < (best_ ? best_->value : from_.value)) best_ = std::move(place);
    return trial;
  }

  [[nodiscard]] bool decreases(const Trial& trial) const {
    return trial.value <= start_.value + sufficient_decrease * trial.length * start_.slope;
  }
  [[nodiscard]] bool is_flat(const Trial& trial) const {
    return std::abs(trial.slope) <= -curvature * start_.slope;
  }

  /// Algorithm 3.6, with the minimum of the parabola through both values and the lower slope, kept
  /// away from the ends.
  void zoom(Trial low, Trial high) {
    while (trials_ < trials_max) {
      const double width = high.length - low.length;
      const double bend = high.value - low.value - low.slope * width;
      double share = bend > 0 ? -low.slope * width / (2 * bend) : 0.5;
      share = std::clamp(share, 0.1, 0.9);
      const Trial trial = at(low.length + share * width);
      if (!decreases(trial) || trial.value >= low.value) {
        high = trial;
        continue;
      }
      if (is_flat(trial)) return;
      if (trial.slope * width >= 0) high = low;
      low = trial;
    }
  }

  const Objective& objective_;
  const Place& from_;
  const std::vector<double>& direction_;
  Trial start_;
  std::optional<Place> best_;
  int trials_ = 0;
};

void remember(std::deque<Pair>& pairs, const Place& before, const Place& after) {
  Pair pair;
  for (std::size_t i = 0; i < before.point.size(); ++i) {
    pair.step.push_back(after.point[i] - before.point[i]);
    pair.change.push_back(after.gradient[i] - before.gradient[i]);
  }
  const double product = dot(pair.step, pair.change);
  if (product <= 1e-300) return;
  pair.inverse = 1 / product;
  pairs.push_back(std::move(pair));
  if (pairs.size() > memory_pairs) pairs.pop_front();
}

}  // namespace

Minimum minimise(const Objective& objective, std::vector<double> start, std::uint32_t steps_max) {
  Place place{std::move(start), {}, 0};
  place.gradient.resize(place.point.size());
  place.value = objective(place.point, place.gradient);
  std::deque<Pair> pairs;
  for (std::uint32_t step = 0; step < steps_max; ++step) {
    if (greatest_of(place.gradient) <= gradient_max) break;
    const std::vector<double> direction = direction_of(pairs, place.gradient);
    const double length = std::sqrt(dot(direction, direction));
    LineSearch search(objective, place, direction);
    std::optional<Place> next = search.run(pairs.empty() ? std::min(1.0, 1 / length) : 1.0);
    if (!next) break;
    const double gain = place.value - next->value;
    const double scale = std::max({std::abs(place.value), std::abs(next->value), 1.0});
    remember(pairs, place, *next);
    place = *std::move(next);
    if (gain <= gain_min * scale) break;
  }
  return {std::move(place.point), place.value};
}

}  // namespace oort::datahub
