// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/reputation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

#include "draws.hpp"

namespace oort::datahub {
namespace {

constexpr std::array<Tier, 4> tiers = {Tier::Trainee, Tier::Contributor, Tier::Reviewer,
                                       Tier::Expert};

TEST(Reputation, ScoresStayInRangeAndFollowTheNews_T1) {
  Draws draws(1);
  for (int round = 0; round < 200; ++round) {
    Reputation reputation;
    reputation.score = static_cast<std::uint32_t>(draws.below(1001));
    for (int i = 0; i < 300; ++i) {
      const auto event = static_cast<ReputationEvent>(draws.below(7));
      const bool is_good =
          event == ReputationEvent::AnswerAccepted || event == ReputationEvent::GoldHit ||
          event == ReputationEvent::ReviewUpheld || event == ReputationEvent::RejectionOverturned;
      const Reputation next = after(reputation, event);
      EXPECT_LE(next.score, 1000U);
      EXPECT_EQ(next.score >= reputation.score, is_good || reputation.score == next.score);
      reputation = next;
    }
  }
  Reputation full;
  full.accepted = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(after(full, ReputationEvent::AnswerAccepted).accepted, full.accepted);
}

TEST(Reputation, AWonAppealTakesTheRejectionBack) {
  const Reputation rejected = after({}, ReputationEvent::AnswerRejected);
  const Reputation won = after(rejected, ReputationEvent::RejectionOverturned);
  EXPECT_EQ(won.rejected, 0U);
  EXPECT_EQ(won.accepted, 1U);
  EXPECT_GE(won.score, Reputation().score);
}

TEST(Reputation, HigherTiersAskMoreAndWithholdLess_T2) {
  for (std::size_t i = 1; i < tiers.size(); ++i) {
    const TierRules& low = rules_of(tiers[i - 1]);
    const TierRules& high = rules_of(tiers[i]);
    EXPECT_LE(low.score_min, high.score_min);
    EXPECT_LE(low.accepted_min, high.accepted_min);
    EXPECT_LE(low.gold_hits_min, high.gold_hits_min);
    EXPECT_LE(low.bond_min, high.bond_min);
    EXPECT_LE(low.open_max, high.open_max);
    EXPECT_TRUE(high.answers_max == 0 || high.answers_max >= low.answers_max);
    EXPECT_GE(low.held_back_ppm, high.held_back_ppm);
    EXPECT_LE(low.may_review, high.may_review);
  }
}

TEST(Reputation, ATierNeedsEveryDemandMet) {
  Reputation reputation;
  EXPECT_EQ(tier_of(reputation, 1'000'000), Tier::Trainee);
  reputation.score = 1000;
  reputation.accepted = 5'000;
  reputation.gold.hits = 500;
  EXPECT_EQ(tier_of(reputation, 4'000), Tier::Expert);
  EXPECT_EQ(tier_of(reputation, 3'999), Tier::Reviewer);
  EXPECT_EQ(tier_of(reputation, 0), Tier::Contributor);
  reputation.gold.hits = 19;
  EXPECT_EQ(tier_of(reputation, 4'000), Tier::Trainee);
  reputation.gold.hits = 500;
  reputation.strikes = 2;
  EXPECT_EQ(tier_of(reputation, 4'000), Tier::Trainee);
}

// A newcomer reaches the second tier with twenty gold hits and as many accepted answers.
TEST(Reputation, HonestWorkClimbs) {
  Reputation reputation;
  for (int i = 0; i < 20; ++i) {
    reputation = after(reputation, ReputationEvent::AnswerAccepted);
    reputation = after(reputation, ReputationEvent::GoldHit);
  }
  EXPECT_EQ(tier_of(reputation, 0), Tier::Contributor);
}

TEST(Reputation, SanctionsGrowAndAreBounded_T3) {
  Sanction last;
  for (std::uint32_t strikes = 0; strikes < 10; ++strikes) {
    const Sanction next = sanction_of(strikes, false);
    EXPECT_GE(next.penalty, last.penalty);
    EXPECT_GE(next.slash_ppm, last.slash_ppm);
    EXPECT_GE(next.days, last.days);
    EXPECT_LE(next.slash_ppm, 250'000U);
    last = next;
  }
  EXPECT_EQ(sanction_of(0, true).slash_ppm, 1'000'000U);
}

}  // namespace
}  // namespace oort::datahub
