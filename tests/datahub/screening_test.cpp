// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/screening.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <tuple>
#include <vector>

#include "draws.hpp"

namespace oort::datahub {
namespace {

// Figures that can be computed by hand: the gate of 20, 10 and 30 gold questions, majorities of
// equal annotators, and captured majorities.
TEST(Screening, CountsChancesLikeTheBinomial) {
  const std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, double>> rows = {
      {16, 20, 500'000, .0059},     {16, 20, 800'000, .6296}, {16, 20, 900'000, .9568},
      {16, 20, 950'000, .9974},     {8, 10, 500'000, .0547},  {8, 10, 800'000, .6778},
      {8, 10, 900'000, .9298},      {23, 30, 500'000, .0026}, {23, 30, 800'000, .7608},
      {2, 3, 700'000, .7840},       {3, 5, 700'000, .8369},   {5, 9, 700'000, .9012},
      {4, 7, 800'000, .9667},       {3, 5, 900'000, .9914},   {2, 3, 100'000, .0280},
      {3, 5, 100'000, .0086},       {4, 7, 100'000, .0027},   {3, 5, 300'000, .1631},
      {0, 7, 300'000, 1},           {8, 7, 300'000, 0},       {3, 7, 0, 0},
      {7, 7, 1'000'000, 1},         {1, 1, 250'000, .25},     {500, 1000, 500'000, .5126},
      {60'000, 100'000, 500'000, 0}};
  for (const auto& [needed, trials, chance, expected] : rows) {
    EXPECT_NEAR(chance_at_least(needed, trials, chance), expected * ppm, 60)
        << needed << " of " << trials << " at " << chance;
  }
}

TEST(Screening, MoreHitsNeverHurtAndMoreMissesNeverHelp_S1) {
  const auto rank = [](Standing standing) {
    return standing == Standing::Suspended ? 0 : standing == Standing::Trial ? 1 : 2;
  };
  const ScreenRules rules;
  EXPECT_EQ(standing_of({}, rules), Standing::Trial);
  for (std::uint32_t hits = 0; hits < 60; ++hits) {
    for (std::uint32_t misses = 0; misses < 60; ++misses) {
      const int here = rank(standing_of({hits, misses}, rules));
      EXPECT_LE(here, rank(standing_of({hits + 1, misses}, rules)));
      EXPECT_GE(here, rank(standing_of({hits, misses + 1}, rules)));
      for (const GoldRecord& other : {GoldRecord{0, 0}, GoldRecord{5, 5}, GoldRecord{20, 1}}) {
        const bool is_in = is_screened_in({{hits, misses}, other});
        EXPECT_LE(is_in, is_screened_in({{hits + 1, misses}, other}));
        EXPECT_GE(is_in, is_screened_in({{hits, misses + 1}, other}));
      }
    }
  }
  EXPECT_EQ(standing_of({19, 1}, rules), Standing::Trusted);
  EXPECT_EQ(standing_of({5, 15}, rules), Standing::Suspended);
  EXPECT_EQ(gold_share_of(Standing::Trusted, rules), 50'000U);
  EXPECT_EQ(gold_share_of(Standing::Trial, rules), 200'000U);
}

TEST(Screening, ThePlainRuleStandsAtItsEdges) {
  const GoldRecord none;
  EXPECT_FALSE(is_screened_in({none, none}));  // Two labels ask for 0.7; nothing known is 0.5.
  EXPECT_TRUE(is_screened_in({none, none, none, none}));
  EXPECT_TRUE(is_screened_in({{3, 1}, {3, 1}}));  // 7/10 exactly.
  EXPECT_FALSE(is_screened_in({{3, 1}, {2, 1}}));
  EXPECT_FALSE(is_screened_in({{0, 1}, none, none, none}));
}

TEST(Screening, WhoAlwaysGivesOneLabelIsOutHoweverTheGoldLeans) {
  EXPECT_TRUE(is_screened_in({{20, 0}, {0, 2}}));
  EXPECT_FALSE(is_screened_in({{20, 0}, {0, 3}}));
  EXPECT_FALSE(is_screened_in({{1000, 0}, {0, 3}}));
  EXPECT_TRUE(is_screened_in({{1000, 0}, {1, 3}}));
}

TEST(Screening, WhoIsScreenedOutHasNoPart_S2) {
  std::vector<Answer> answers;
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    answers.push_back({sample, 0, sample % 2});
    answers.push_back({sample, 1, 1 - sample % 2});
    answers.push_back({sample, 2, 1 - sample % 2});
  }
  const Answers all = *Answers::from(answers, {20, 3, 2});
  Gold gold;
  for (std::uint32_t sample = 0; sample < 8; ++sample) gold[sample] = sample % 2;
  const std::vector<GoldTally> expected = {{{4, 0}, {4, 0}}, {{0, 4}, {0, 4}}, {{0, 4}, {0, 4}}};
  EXPECT_EQ(gold_tallies(all, gold), expected);
  EXPECT_EQ(sum_of(expected[0]), (GoldRecord{8, 0}));
  const Answers kept = screened(all, gold);
  EXPECT_EQ(kept.all().size(), 20U);
  EXPECT_EQ(kept.counts(), all.counts());
  const auto verdicts = aggregate(kept, {}).verdicts;
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    EXPECT_EQ(verdicts[sample].label, sample % 2);
  }
}

TEST(Screening, TheBestOnGoldIsChosenAndTheFirstAmongEquals_S3) {
  // Annotators 0 to 2 err alike and with a bias that a matrix of confusion undoes.
  Draws draws(3);
  std::vector<Answer> answers;
  Gold gold;
  for (std::uint32_t sample = 0; sample < 300; ++sample) {
    const auto truth = static_cast<std::uint32_t>(draws.below(2));
    if (sample < 60) gold[sample] = truth;
    for (std::uint32_t annotator = 0; annotator < 6; ++annotator) {
      const bool is_biased = annotator < 4 && truth == 1 && draws.below(10) < 6;
      answers.push_back({sample, annotator, is_biased ? 0 : truth});
    }
  }
  const Answers all = *Answers::from(answers, {300, 6, 2});
  const auto candidates = usual_candidates();
  const MethodChoice choice = choose_method(all, gold, candidates);
  EXPECT_TRUE(choice.is_by_gold);
  std::uint32_t most = 0;
  for (const auto& candidate : candidates) {
    most = std::max(most, gold_hits(aggregate(all, candidate).verdicts, gold));
  }
  EXPECT_EQ(gold_hits(aggregate(all, choice.options).verdicts, gold), most);
  EXPECT_EQ(choice.gold_accuracy_ppm, (most * 1'000'000ULL + 30) / 60);
  for (const auto& candidate : candidates) {
    if (candidate.method == choice.options.method) break;
    EXPECT_LT(gold_hits(aggregate(all, candidate).verdicts, gold), most);
  }
  gold.erase(gold.begin(), std::next(gold.begin(), 31));
  const MethodChoice unsure = choose_method(all, gold, candidates);
  EXPECT_FALSE(unsure.is_by_gold);
  EXPECT_EQ(unsure.options.method, Method::DawidSkene);
}

TEST(Screening, OverlapGrowsUntilSureOrSpent) {
  const OverlapRule rule;
  EXPECT_TRUE(needs_another(rule, 2, {0, 1'000'000, false}));
  EXPECT_FALSE(needs_another(rule, 3, {0, 950'000, false}));
  EXPECT_TRUE(needs_another(rule, 3, {0, 949'999, false}));
  EXPECT_TRUE(needs_another(rule, 6, {0, 500'000, true}));
  EXPECT_FALSE(needs_another(rule, 7, {0, 500'000, true}));
  EXPECT_EQ(quorum_of(3, 500'000), 2U);
  EXPECT_EQ(quorum_of(4, 500'000), 2U);
  EXPECT_EQ(quorum_of(5, 600'000), 3U);
  EXPECT_EQ(quorum_of(5, 600'001), 4U);
  EXPECT_EQ(quorum_of(0xffffffff, 1'000'000), 0xffffffffU);
}

}  // namespace
}  // namespace oort::datahub
