// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/agreement.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace oort::datahub {
namespace {

/// Rows are annotators, columns samples; a star is no answer.
std::vector<Answer> table(std::vector<std::string_view> rows) {
  std::vector<Answer> answers;
  for (std::uint32_t annotator = 0; annotator < rows.size(); ++annotator) {
    for (std::uint32_t sample = 0; sample < rows[annotator].size(); ++sample) {
      const char c = rows[annotator][sample];
      if (c != '*') answers.push_back({sample, annotator, static_cast<std::uint32_t>(c - '1')});
    }
  }
  return answers;
}

// The example of three coders that the literature repeats, with its golden values.
TEST(Agreement, ReproducesKrippendorffsThreeCoders) {
  const auto answers =
      Answers::from(table({"*****34121133*3", "1*213343*******", "**21344*21133*4"}), {15, 3, 4});
  EXPECT_NEAR(krippendorff_alpha(*answers, Scale::Nominal).value(), 0.691358024691358, 1e-14);
  EXPECT_NEAR(krippendorff_alpha(*answers, Scale::Interval).value(), 0.8108448928121059, 1e-14);
}

// Cohen's own worked numbers are two by two: 20, 5, 10, 15 of 50 give 0.4.
TEST(Agreement, ReproducesATwoByTwoTable) {
  std::vector<Answer> answers;
  std::uint32_t sample = 0;
  const std::array<std::array<std::uint32_t, 3>, 4> cells = {
      {{0, 0, 20}, {0, 1, 5}, {1, 0, 10}, {1, 1, 15}}};
  for (const auto& [first, second, count] : cells) {
    for (std::uint32_t i = 0; i < count; ++i, ++sample) {
      answers.push_back({sample, 0, first});
      answers.push_back({sample, 1, second});
    }
  }
  const Answers set = *Answers::from(answers, {50, 2, 2});
  EXPECT_NEAR(cohen_kappa(set, 0, 1).value(), 0.4, 1e-12);
  EXPECT_NEAR(cohen_kappa(set, 1, 0).value(), 0.4, 1e-12);
  EXPECT_NEAR(pair_agreement(set).value(), 0.7, 1e-12);
}

// Fleiss' example of 1971 has fourteen raters of ten subjects and five labels; kappa is 0.210.
TEST(Agreement, ReproducesFleiss) {
  const std::array<std::array<std::uint32_t, 5>, 10> rows = {{{0, 0, 0, 0, 14},
                                                              {0, 2, 6, 4, 2},
                                                              {0, 0, 3, 5, 6},
                                                              {0, 3, 9, 2, 0},
                                                              {2, 2, 8, 1, 1},
                                                              {7, 7, 0, 0, 0},
                                                              {3, 2, 6, 3, 0},
                                                              {2, 5, 3, 2, 2},
                                                              {6, 5, 2, 1, 0},
                                                              {0, 2, 2, 3, 7}}};
  std::vector<Answer> answers;
  for (std::uint32_t sample = 0; sample < rows.size(); ++sample) {
    std::uint32_t annotator = 0;
    for (std::uint32_t label = 0; label < 5; ++label) {
      for (std::uint32_t i = 0; i < rows[sample][label]; ++i) {
        answers.push_back({sample, annotator++, label});
      }
    }
  }
  const Answers set = *Answers::from(answers, {10, 14, 5});
  EXPECT_NEAR(fleiss_kappa(set).value(), 0.209930704422195, 1e-12);
  answers.pop_back();
  EXPECT_FALSE(fleiss_kappa(*Answers::from(answers, {10, 14, 5})));
}

TEST(Agreement, IsUndefinedWhereNothingCanDisagree) {
  EXPECT_FALSE(krippendorff_alpha(*Answers::from({{0, 0, 1}}, {1, 1, 2}), Scale::Nominal));
  const Answers same = *Answers::from({{0, 0, 1}, {0, 1, 1}}, {1, 2, 2});
  EXPECT_FALSE(krippendorff_alpha(same, Scale::Nominal));
  EXPECT_FALSE(fleiss_kappa(same));
  EXPECT_FALSE(cohen_kappa(same, 0, 1));
  EXPECT_FALSE(pair_agreement(*Answers::from({}, {1, 1, 2})));
}

TEST(Agreement, IsRoundedToMillionths) {
  EXPECT_EQ(to_ppm(0.691358024691358), 691'358);
  EXPECT_EQ(to_ppm(-0.25), -250'000);
  EXPECT_EQ(to_ppm(0.0000005), 1);
}

}  // namespace
}  // namespace oort::datahub
