// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/answers.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::datahub {

namespace {

Result<void> check_counts(std::size_t answers, const AnswerCounts& counts) {
  if (counts.labels < 2) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "fewer than two labels");
  }
  const auto labels = std::uint64_t{counts.labels};
  // The labels are bounded before they are squared, so nothing overflows.
  if (answers > answers_count_max || labels > posterior_cells_max ||
      counts.samples > posterior_cells_max / labels ||
      (counts.annotators > 0 && labels * labels > confusion_cells_max / counts.annotators)) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "more answers, samples, annotators or labels than one aggregation takes");
  }
  return {};
}

}  // namespace

Result<Answers> Answers::from(std::vector<Answer> answers, AnswerCounts counts, Repeats repeats) {
  OORT_TRY(check_counts(answers.size(), counts));
  for (const Answer& answer : answers) {
    if (answer.sample >= counts.samples || answer.annotator >= counts.annotators ||
        answer.label >= counts.labels) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "an answer names a sample, annotator or label beyond its count");
    }
  }
  std::sort(answers.begin(), answers.end());
  if (repeats == Repeats::Refused) {
    const auto repeated =
        std::adjacent_find(answers.begin(), answers.end(), [](const Answer& a, const Answer& b) {
          return a.sample == b.sample && a.annotator == b.annotator;
        });
    if (repeated != answers.end()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "annotator " + std::to_string(repeated->annotator) + " answered sample " +
                      std::to_string(repeated->sample) + " twice");
    }
  }
  return Answers(std::move(answers), counts);
}

}  // namespace oort::datahub
