// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "oort/datahub/answers.hpp"

/// How far annotators agree, whatever is true. Floating point like aggregation, and under the same
/// rule (docs/adr/0003); the ppm forms are what a record carries. Agreement says nothing of truth:
/// nobody is refused because of it.
namespace oort::datahub {

/// What it costs to take one label for another.
enum class Scale : std::uint8_t {
  Nominal = 0,   ///< 1 unless equal.
  Interval = 1,  ///< The square of the difference of the labels' places.
};

/// Krippendorff's alpha over the samples with two answers or more: 1 is agreement, 0 is chance.
/// Empty when fewer than two answers can be paired or all of those are one label, for then there is
/// nothing to disagree about.
[[nodiscard]] std::optional<double> krippendorff_alpha(const Answers& answers, Scale scale);

/// Fleiss' kappa, which needs the same count of answers, two or more, on every answered sample;
/// else empty. Samples with fewer than two answers are left out.
[[nodiscard]] std::optional<double> fleiss_kappa(const Answers& answers);

/// Cohen's kappa of two annotators over the samples that both answered; empty when there is none or
/// chance alone explains everything.
[[nodiscard]] std::optional<double> cohen_kappa(const Answers& answers, std::uint32_t first,
                                                std::uint32_t second);

/// Share of the pairs of answers to one sample that are equal; empty when there is no pair.
[[nodiscard]] std::optional<double> pair_agreement(const Answers& answers);

/// Rounded to the nearest millionth, halves up.
[[nodiscard]] std::int32_t to_ppm(double share) noexcept;

}  // namespace oort::datahub
