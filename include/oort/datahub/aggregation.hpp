// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/datahub/answers.hpp"

namespace oort::datahub {

/// How many answers become one. Numbers are frozen: the record of a dataset version names one.
enum class Method : std::uint8_t {
  Majority = 0,
  /// Majority, then once more with each annotator weighted by agreement with it.
  Wawa = 1,
  /// One accuracy an annotator, errors spread evenly over the other labels.
  OneCoin = 2,
  /// A matrix of confusion an annotator (Dawid and Skene, 1979).
  DawidSkene = 3,
  /// A skill an annotator and an ease a sample (Whitehill and others, 2009).
  Glad = 4,
};
[[nodiscard]] std::string_view to_string(Method method) noexcept;

inline constexpr std::uint32_t ppm = 1'000'000;
/// The label of a sample that nobody answered.
inline constexpr std::uint32_t no_label = std::numeric_limits<std::uint32_t>::max();

struct AggregationOptions {
  Method method = Method::Majority;
  /// Dawid–Skene: what is added to each cell of a matrix of confusion. 0 is the maximum of
  /// likelihood and overfits annotators with few answers; 1 drowns them when labels are many.
  double smoothing = 0.1;
  /// Rounds of estimation at most; GLAD makes 40 at most.
  std::uint32_t rounds_max = 100;
  /// Among tied labels the seed and the sample draw one; without a seed the lowest wins.
  std::optional<Bytes32> tie_seed;
};

struct SampleVerdict {
  std::uint32_t label = no_label;
  std::uint32_t confidence_ppm = 0;  ///< The label's share of the posterior, rounded.
  bool is_tied = false;              ///< Another label had as much; see `AggregationOptions`.
  friend bool operator==(const SampleVerdict&, const SampleVerdict&) noexcept = default;
};

/// What the estimator believed at its end. For people and tests; records carry the verdicts.
struct Fit {
  std::vector<double> posterior;        ///< samples × labels; a row of zeros: nobody answered.
  std::vector<double> prior;            ///< labels; one-coin and Dawid–Skene.
  std::vector<double> confusion;        ///< annotators × observed × true; Dawid–Skene.
  std::vector<double> log_likelihoods;  ///< Mean per answer, after each round of estimation.
};

struct Aggregate {
  std::vector<SampleVerdict> verdicts;  ///< One a sample.
  std::uint32_t rounds = 0;
  std::uint32_t tied_count = 0;
  Fit fit;
};

/// One label a sample.
///
/// Floating point, and yet the same bits on every machine: answers are taken in one order, only
/// operations that IEEE 754 fixes to the bit are used, and products are not fused into sums. It
/// stands outside of what the ledger executes; a record carries the digest of the verdicts, which
/// anybody recomputes (docs/adr/0003).
///
/// Invariants
///   G1  Nothing depends on the order in which answers came.
///   G2  With no smoothing the likelihood of Dawid–Skene never falls from round to round.
///   G3  Permuting annotators, samples or labels permutes the result, up to ties and rounding.
///   G4  The bits of the result depend on the answers and options alone.
[[nodiscard]] Aggregate aggregate(const Answers& answers, const AggregationOptions& options);

/// SHA-256 over method, sample count, and each verdict's label and confidence in order: what a
/// record commits to. Layout: u8, then u64 and u32s, little-endian.
[[nodiscard]] Bytes32 digest_of(Method method, const std::vector<SampleVerdict>& verdicts);

}  // namespace oort::datahub
