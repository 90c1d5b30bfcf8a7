// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/aggregation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "crowd_data.hpp"
#include "draws.hpp"
#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

constexpr std::array<Method, 5> methods = {Method::Majority, Method::Wawa, Method::OneCoin,
                                           Method::DawidSkene, Method::Glad};

Aggregate run(const Answers& answers, Method method, double smoothing = 0.1) {
  AggregationOptions options;
  options.method = method;
  options.smoothing = smoothing;
  return aggregate(answers, options);
}

/// 60 samples, 12 annotators of whom one in three guesses, 3 labels, 7 answers a sample.
std::vector<Answer> crowd(std::uint64_t seed) {
  Draws draws(seed);
  std::vector<Answer> answers;
  for (std::uint32_t sample = 0; sample < 60; ++sample) {
    const auto truth = static_cast<std::uint32_t>(draws.below(3));
    const auto first = static_cast<std::uint32_t>(draws.below(12));
    for (std::uint32_t i = 0; i < 7; ++i) {
      const std::uint32_t annotator = (first + i) % 12;
      const bool is_right = annotator % 3 != 0 && draws.below(10) < 8;
      const auto guess = static_cast<std::uint32_t>(draws.below(3));
      answers.push_back({sample, annotator, is_right ? truth : guess});
    }
  }
  return answers;
}
constexpr AnswerCounts crowd_counts{60, 12, 3};

TEST(Answers, RefusesWhatIsOutOfRange_W2) {
  EXPECT_TRUE(Answers::from({{0, 0, 1}}, {1, 1, 2}));
  EXPECT_EQ(Answers::from({{1, 0, 1}}, {1, 1, 2}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Answers::from({{0, 1, 1}}, {1, 1, 2}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Answers::from({{0, 0, 2}}, {1, 1, 2}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Answers::from({}, {0, 0, 1}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Answers::from({}, {0xffffffff, 1, 2}).error().reason(), reason::too_large);
  EXPECT_EQ(Answers::from({}, {1, 1, 0xffffffff}).error().reason(), reason::too_large);
  EXPECT_EQ(Answers::from({}, {1, 0xffffffff, 2}).error().reason(), reason::too_large);
  const std::vector<Answer> twice = {{0, 0, 1}, {0, 0, 0}};
  EXPECT_EQ(Answers::from(twice, {1, 1, 2}).error().reason(), reason::bad_argument);
  EXPECT_TRUE(Answers::from(twice, {1, 1, 2}, Repeats::Kept));
}

TEST(Answers, AreOneSetInWhateverOrderTheyCame_W1) {
  auto answers = crowd(1);
  const Answers one = *Answers::from(answers, crowd_counts);
  std::reverse(answers.begin(), answers.end());
  EXPECT_EQ(one, *Answers::from(answers, crowd_counts));
}

// The oracle: Dawid and Skene, Applied Statistics 28 (1979), tables 1 to 4.
TEST(Aggregation, ReproducesTheAnaesthetistsOf1979) {
  const Answers answers = *Answers::from(anaesthetists(), {45, 5, 4}, Repeats::Kept);
  const Aggregate result = run(answers, Method::DawidSkene, 0);
  const std::array<double, 4> marginals = {.3996, .4220, .1118, .0667};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(result.fit.prior[k], marginals[k], 5e-5);
  const std::array<std::array<double, 4>, 4> first_observer = {
      {{.889, .111, 0, 0}, {.071, .876, .053, 0}, {0, .339, .661, 0}, {0, 0, .556, .444}}};
  for (std::size_t truth = 0; truth < 4; ++truth) {
    for (std::size_t seen = 0; seen < 4; ++seen) {
      EXPECT_NEAR(result.fit.confusion[seen * 4 + truth], first_observer[truth][seen], 6e-4);
    }
  }
  std::array<int, 4> classes{};
  std::vector<std::pair<std::size_t, std::uint32_t>> unsure;
  for (std::size_t i = 0; i < 45; ++i) {
    ++classes[result.verdicts[i].label];
    if (result.verdicts[i].confidence_ppm < 990'000) {
      unsure.emplace_back(i + 1, (result.verdicts[i].confidence_ppm + 500) / 1000);
    }
  }
  EXPECT_EQ(classes, (std::array<int, 4>{18, 19, 5, 3}));
  EXPECT_EQ(unsure,
            (std::vector<std::pair<std::size_t, std::uint32_t>>{{7, 981}, {35, 948}, {38, 979}}));
}

TEST(Aggregation, OneOrderOneResult_G1_G4) {
  auto answers = crowd(2);
  std::array<std::string, 5> digests;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const Answers set = *Answers::from(answers, crowd_counts);
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const std::string digest = digest_of(methods[i], run(set, methods[i]).verdicts).hex();
      if (round == 0) digests[i] = digest;
      EXPECT_EQ(digest, digests[i]) << to_string(methods[i]);
    }
    Draws(round).shuffle(answers);
  }
  // What any machine must compute of these answers.
  EXPECT_EQ(digests, (std::array<std::string, 5>{
                         "10bae89f5349753afbc6cb1eb4c67ad37b277b5fd91d237564d0226f853f266b",
                         "9140e82069914bb7dbb1ddab389092bf30bde55f9818b2d3f9ce4aa2165b070a",
                         "f7281044291d73817d8c6ac0a66bc23a62ce8deaefd2c855a46cf4a28eb5cb41",
                         "58dec7b2e1ea34aa30d1ba2ba57b3264e82ba331a07b80fc9876fd650dced6b0",
                         "1e7b00502c60e5b46370cec5815bdfa241cb20c48de06ce6fd72c91b035dfc08"}));
}

TEST(Aggregation, LikelihoodNeverFalls_G2) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Answers set = *Answers::from(crowd(seed), crowd_counts);
    const auto likelihoods = run(set, Method::DawidSkene, 0).fit.log_likelihoods;
    ASSERT_GT(likelihoods.size(), 2U);
    for (std::size_t i = 1; i < likelihoods.size(); ++i) {
      EXPECT_GE(likelihoods[i], likelihoods[i - 1] - 1e-9) << "seed " << seed << " round " << i;
    }
  }
}

TEST(Aggregation, PermutedNamesPermuteTheResult_G3) {
  Draws draws(9);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto answers = crowd(seed);
    const auto samples = draws.permutation(60);
    const auto annotators = draws.permutation(12);
    const auto labels = draws.permutation(3);
    auto renamed = answers;
    for (Answer& answer : renamed) {
      answer = {samples[answer.sample], annotators[answer.annotator], labels[answer.label]};
    }
    const Answers before = *Answers::from(answers, crowd_counts);
    const Answers after = *Answers::from(renamed, crowd_counts);
    for (const Method method : {Method::Majority, Method::OneCoin, Method::DawidSkene}) {
      const auto one = run(before, method).fit.posterior;
      const auto other = run(after, method).fit.posterior;
      for (std::uint32_t i = 0; i < 60; ++i) {
        for (std::uint32_t k = 0; k < 3; ++k) {
          ASSERT_NEAR(one[i * 3 + k], other[samples[i] * 3 + labels[k]], 1e-6)
              << to_string(method) << " seed " << seed;
        }
      }
    }
    // GLAD's search ends near its optimum, not on it: the path there depends on the order of sums.
    const auto one = run(before, Method::Glad);
    const auto other = run(after, Method::Glad);
    for (std::uint32_t i = 0; i < 60; ++i) {
      if (one.verdicts[i].confidence_ppm < 550'000) continue;
      ASSERT_EQ(labels[one.verdicts[i].label], other.verdicts[samples[i]].label) << i;
    }
  }
}

TEST(Aggregation, TiesAreSaidAndDrawnByTheSeed) {
  std::vector<Answer> answers;
  for (std::uint32_t sample = 0; sample < 64; ++sample) {
    answers.push_back({sample, 0, 2});
    answers.push_back({sample, 1, 1});
  }
  const Answers set = *Answers::from(answers, {64, 2, 3});
  AggregationOptions options;
  const Aggregate lowest = aggregate(set, options);
  EXPECT_EQ(lowest.tied_count, 64U);
  for (const SampleVerdict& verdict : lowest.verdicts) {
    EXPECT_EQ(verdict, (SampleVerdict{1, 500'000, true}));
  }
  options.tie_seed = Bytes32();
  const Aggregate drawn = aggregate(set, options);
  const auto ones = std::count_if(drawn.verdicts.begin(), drawn.verdicts.end(),
                                  [](const SampleVerdict& v) { return v.label == 1; });
  EXPECT_GT(ones, 16);
  EXPECT_LT(ones, 48);
  EXPECT_EQ(drawn.verdicts, aggregate(set, options).verdicts);
}

TEST(Aggregation, AnUnansweredSampleHasNoLabelAndMovesNothing) {
  auto answers = crowd(3);
  const Answers without = *Answers::from(answers, crowd_counts);
  const Answers with = *Answers::from(answers, {61, 12, 3});
  for (const Method method : methods) {
    const auto expected = run(without, method).verdicts;
    auto verdicts = run(with, method).verdicts;
    EXPECT_EQ(verdicts.back(), SampleVerdict());
    verdicts.pop_back();
    EXPECT_EQ(verdicts, expected) << to_string(method);
  }
  EXPECT_EQ(run(*Answers::from({}, {2, 0, 2}), Method::Glad).verdicts,
            std::vector<SampleVerdict>(2));
}

}  // namespace
}  // namespace oort::datahub
