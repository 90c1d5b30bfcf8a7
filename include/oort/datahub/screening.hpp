// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "oort/datahub/aggregation.hpp"
#include "oort/datahub/answers.hpp"

/// Who is believed, and how much is asked: gold first, for a crowd that colludes agrees with
/// itself.
///
/// Invariants
///   S1  One more hit never makes a standing worse, one more miss never makes it better.
///   S2  An annotator who was not screened in has no part in the result.
///   S3  The method chosen has the most hits on the gold among the candidates; among equals the one
///       that was named first.
namespace oort::datahub {

/// Samples whose label is known, and the label.
using Gold = std::map<std::uint32_t, std::uint32_t>;

/// How an annotator did on gold.
struct GoldRecord {
  std::uint32_t hits = 0;
  std::uint32_t misses = 0;
  friend bool operator==(const GoldRecord&, const GoldRecord&) noexcept = default;
};
/// The same by the label that was right: one record a label.
using GoldTally = std::vector<GoldRecord>;
/// One tally an annotator.
[[nodiscard]] std::vector<GoldTally> gold_tallies(const Answers& answers, const Gold& gold);
[[nodiscard]] GoldRecord sum_of(const GoldTally& tally) noexcept;

/// How likely `needed` successes or more are in `trials` of this chance each, in ppm, rounded.
/// Requires: `chance_ppm` <= ppm. Off the ledger like all that counts with fractions.
[[nodiscard]] std::uint32_t chance_at_least(std::uint32_t needed, std::uint32_t trials,
                                            std::uint32_t chance_ppm);

enum class Standing : std::uint8_t {
  Trial = 0,      ///< Too little is known.
  Trusted = 1,    ///< As good as asked for, with the certainty asked for.
  Suspended = 2,  ///< Worse than asked for, with the certainty asked for.
};
struct ScreenRules {
  std::uint32_t accuracy_ppm = 700'000;  ///< What is asked for.
  std::uint32_t trust_certainty_ppm = 900'000;
  std::uint32_t suspend_certainty_ppm = 950'000;
  /// Shares of gold among what is handed out.
  std::uint32_t gold_share_ppm = 200'000;
  std::uint32_t gold_share_trusted_ppm = 50'000;
};
/// From the posterior of an accuracy of which nothing was known: Beta(hits + 1, misses + 1).
/// Requires: shares of ScreenRules <= ppm.
[[nodiscard]] Standing standing_of(const GoldRecord& record, const ScreenRules& rules);
/// How much gold an annotator of that standing gets; a suspended one gets nothing else.
[[nodiscard]] std::uint32_t gold_share_of(Standing standing, const ScreenRules& rules) noexcept;

/// The plain rule, integers alone, which a record can carry: (hits + 1) / (seen + 2) over all gold
/// is at least one half, and at least 0.2 above what guessing would yield; and over the gold of no
/// label is it below half of what guessing would yield. The second part stops those who always give
/// one label, whom the first lets in where the gold leans to it.
[[nodiscard]] bool is_screened_in(const GoldTally& tally) noexcept;
/// The answers of those who are screened in, with the same counts.
[[nodiscard]] Answers screened(const Answers& answers, const Gold& gold);

/// How many gold samples got the label that they have.
[[nodiscard]] std::uint32_t gold_hits(const std::vector<SampleVerdict>& verdicts, const Gold& gold);

/// Gold samples below which a choice among methods is chance.
inline constexpr std::uint32_t choice_gold_min = 30;

struct MethodChoice {
  AggregationOptions options;
  std::uint32_t gold_accuracy_ppm = 0;
  /// False: too little gold, so it is Dawid–Skene with its usual smoothing.
  bool is_by_gold = false;
};
/// Majority, Wawa, one-coin, Dawid–Skene at 0.01, 0.1 and 1, GLAD.
[[nodiscard]] std::vector<AggregationOptions> usual_candidates();
/// Runs every candidate on the answers and takes the best on the gold (S3). Requires: candidates.
[[nodiscard]] MethodChoice choose_method(const Answers& answers, const Gold& gold,
                                         const std::vector<AggregationOptions>& candidates);

/// Answers a sample: from the least, one more at a time until the posterior is sure or the most is
/// reached.
struct OverlapRule {
  std::uint32_t least = 3;
  std::uint32_t most = 7;
  std::uint32_t confidence_ppm = 950'000;
};
/// Requires: least <= most.
[[nodiscard]] bool needs_another(const OverlapRule& rule, std::uint32_t answers_count,
                                 const SampleVerdict& verdict);
/// How many of `count` must agree: the share of them, rounded up.
[[nodiscard]] std::uint32_t quorum_of(std::uint32_t count, std::uint32_t share_ppm) noexcept;

}  // namespace oort::datahub
