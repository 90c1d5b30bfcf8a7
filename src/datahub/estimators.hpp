// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/datahub/aggregation.hpp"
#include "oort/datahub/answers.hpp"

namespace oort::datahub {

/// What rounds of estimation yield.
struct Estimate {
  Fit fit;
  std::uint32_t rounds = 0;
};

/// samples × labels: how often each label was given.
[[nodiscard]] std::vector<double> votes_of(const Answers& answers);

/// Turns each row of log weights into shares that sum to one. Returns the sum over the rows of the
/// logarithm of their total weight. A row of a sample without answers becomes zeros and adds
/// nothing.
[[nodiscard]] double normalise_log_rows(std::vector<double>& rows, const std::vector<double>& votes,
                                        std::uint32_t labels);

[[nodiscard]] Estimate estimate_glad(const Answers& answers, std::uint32_t rounds_max);

}  // namespace oort::datahub
