// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace oort::datahub {

/// The value at a point; writes the gradient there.
using Objective = std::function<double(std::span<const double> point, std::span<double> gradient)>;

struct Minimum {
  std::vector<double> point;
  double value = 0;
};

/// L-BFGS with ten pairs of memory and a line search for the strong Wolfe conditions (Nocedal and
/// Wright, Numerical Optimization, 2nd edition, algorithms 7.4, 3.5 and 3.6). It ends after
/// `steps_max` steps, when no component of the gradient exceeds 1e-5, or when a step gains less
/// than 2.2e-9 of the value. Deterministic.
[[nodiscard]] Minimum minimise(const Objective& objective, std::vector<double> start,
                               std::uint32_t steps_max);

}  // namespace oort::datahub
