// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

/// A small learner for tests that ask whether two kinds can be told apart: AdaBoost over decision
/// stumps (Freund, Schapire 1997), judged on samples that it did not learn from.
namespace oort::honesty::test {

using Features = std::vector<double>;

struct Stump {
  std::size_t feature = 0;
  double threshold = 0;
  double weight = 0;  ///< Negative where what is over the threshold is of the first kind.
};

class Boost {
 public:
  Boost(const std::vector<Features>& samples, const std::vector<bool>& labels, int rounds) {
    std::vector<double> weights(samples.size(), 1.0 / static_cast<double>(samples.size()));
    const auto orders = sorted(samples);
    for (int round = 0; round < rounds; ++round) {
      const Stump stump = best(samples, labels, weights, orders);
      stumps_.push_back(stump);
      double sum = 0;
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const double vote = vote_of(stump, samples[i]) * (labels[i] ? 1 : -1);
        sum += weights[i] *= std::exp(-vote);
      }
      for (double& weight : weights) weight /= sum;
    }
  }
  [[nodiscard]] double score(const Features& sample) const {
    double sum = 0;
    for (const Stump& stump : stumps_) sum += vote_of(stump, sample);
    return sum;
  }

 private:
  static double vote_of(const Stump& stump, const Features& sample) {
    return sample[stump.feature] > stump.threshold ? stump.weight : -stump.weight;
  }
  static std::vector<std::vector<std::size_t>> sorted(const std::vector<Features>& samples) {
    std::vector<std::vector<std::size_t>> orders(samples.front().size());
    for (std::size_t feature = 0; feature < orders.size(); ++feature) {
      orders[feature].resize(samples.size());
      std::iota(orders[feature].begin(), orders[feature].end(), std::size_t{0});
      std::ranges::sort(orders[feature], {}, [&](std::size_t i) { return samples[i][feature]; });
    }
    return orders;
  }
  static Stump best(const std::vector<Features>& samples, const std::vector<bool>& labels,
                    const std::vector<double>& weights,
                    const std::vector<std::vector<std::size_t>>& orders) {
    Stump found;
    double best_gap = -1;
    for (std::size_t feature = 0; feature < orders.size(); ++feature) {
      const auto& order = orders[feature];
      // Weight of the second kind less that of the first, over the threshold less under it.
      double gap = 0;
      for (std::size_t i = 0; i < order.size(); ++i) gap += labels[i] ? weights[i] : -weights[i];
      for (std::size_t i = 0; i + 1 < order.size(); ++i) {
        gap -= 2 * (labels[order[i]] ? weights[order[i]] : -weights[order[i]]);
        const double here = samples[order[i]][feature];
        if (here == samples[order[i + 1]][feature] || std::abs(gap) <= best_gap) continue;
        best_gap = std::abs(gap);
        const double edge = std::clamp(gap, -0.999, 0.999);
        found = {feature, here, 0.5 * std::log((1 + edge) / (1 - edge))};
      }
    }
    return found;
  }

  std::vector<Stump> stumps_;
};

/// Area under the curve: the chance that one of the second kind scores over one of the first.
inline double area_under_curve(const std::vector<double>& scores, const std::vector<bool>& labels) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return scores[i]; });
  double above = 0;
  double firsts = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    double tied_firsts = 0;
    double tied_seconds = 0;
    while (end < order.size() && scores[order[end]] == scores[order[i]]) {
      (labels[order[end]] ? tied_seconds : tied_firsts) += 1;
      ++end;
    }
    above += tied_seconds * (firsts + tied_firsts / 2);
    firsts += tied_firsts;
    i = end;
  }
  return above / (firsts * (static_cast<double>(order.size()) - firsts));
}

/// Learns from every second sample of both kinds and is judged on the others.
inline double distinguish(const std::vector<Features>& first, const std::vector<Features>& second,
                          int rounds = 20) {
  std::vector<Features> train;
  std::vector<bool> train_labels;
  for (std::size_t i = 0; i < first.size(); i += 2) {
    train.push_back(first[i]);
    train_labels.push_back(false);
  }
  for (std::size_t i = 0; i < second.size(); i += 2) {
    train.push_back(second[i]);
    train_labels.push_back(true);
  }
  const Boost boost(train, train_labels, rounds);
  std::vector<double> scores;
  std::vector<bool> labels;
  for (std::size_t i = 1; i < first.size(); i += 2) {
    scores.push_back(boost.score(first[i]));
    labels.push_back(false);
  }
  for (std::size_t i = 1; i < second.size(); i += 2) {
    scores.push_back(boost.score(second[i]));
    labels.push_back(true);
  }
  return area_under_curve(scores, labels);
}

}  // namespace oort::honesty::test
