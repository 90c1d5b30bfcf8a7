// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::datahub {

/// What one annotator said of one sample. All three are places in lists that the caller keeps.
struct Answer {
  std::uint32_t sample = 0;
  std::uint32_t annotator = 0;
  std::uint32_t label = 0;
  friend bool operator==(const Answer&, const Answer&) noexcept = default;
  friend auto operator<=>(const Answer&, const Answer&) noexcept = default;
};

/// How many of each there are; every place is below its count.
struct AnswerCounts {
  std::uint32_t samples = 0;
  std::uint32_t annotators = 0;
  std::uint32_t labels = 0;  ///< Two or more.
  friend bool operator==(const AnswerCounts&, const AnswerCounts&) noexcept = default;
};

/// Whether an annotator may answer a sample more than once.
enum class Repeats : std::uint8_t { Refused = 0, Kept = 1 };

/// Bounds of one aggregation: what it allocates is at most a small multiple of these.
inline constexpr std::size_t answers_count_max = std::size_t{1} << 24;
inline constexpr std::size_t posterior_cells_max = std::size_t{1} << 26;
inline constexpr std::size_t confusion_cells_max = std::size_t{1} << 26;

/// The answers of a campaign in one order, whatever order they came in.
///
/// Invariants
///   W1  Two sets with the same answers are equal, so what is computed of them is the same bits.
///   W2  Every place is below its count, and a sample has one answer of each annotator at most,
///       unless repeats are kept.
class Answers {
 public:
  /// Fails with BAD_ARGUMENT where W2 would break or there are fewer than two labels, with
  /// TOO_LARGE over a bound.
  [[nodiscard]] static Result<Answers> from(std::vector<Answer> answers, AnswerCounts counts,
                                            Repeats repeats = Repeats::Refused);

  /// Ascending by sample, annotator, label.
  [[nodiscard]] std::span<const Answer> all() const noexcept { return answers_; }
  [[nodiscard]] const AnswerCounts& counts() const noexcept { return counts_; }
  friend bool operator==(const Answers&, const Answers&) noexcept = default;

 private:
  Answers(std::vector<Answer> answers, AnswerCounts counts) noexcept
      : answers_(std::move(answers)), counts_(counts) {}
  std::vector<Answer> answers_;
  AnswerCounts counts_;
};

}  // namespace oort::datahub
