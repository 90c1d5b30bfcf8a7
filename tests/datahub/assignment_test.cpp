// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

AccountId account(std::uint8_t number) {
  std::array<std::byte, 20> bytes{};
  bytes[0] = static_cast<std::byte>(number);
  return AccountId(bytes);
}
Applicant applicant(std::uint8_t number, std::uint32_t open_max = 1) {
  Applicant made;
  made.id = account(number);
  made.is_qualified = true;
  made.open_max = open_max;
  return made;
}
constexpr AssignmentRules rules{2, 4, 1000, 1U << 20};

Assignment campaign(std::size_t ordinary, std::size_t gold = 0, AssignmentRules with = rules) {
  std::vector<CampaignSample> samples(ordinary);
  samples.resize(ordinary + gold, {{}, true});
  return *Assignment::create({}, samples, with);
}
std::string_view why(const auto& result) {
  return result ? std::string_view("fine") : result.error().reason();
}

TEST(Assignment, RefusesRulesWithoutSense) {
  const std::vector<CampaignSample> samples(3);
  EXPECT_EQ(why(Assignment::create({}, samples, {0, 4, 1000, 10})), reason::bad_argument);
  EXPECT_EQ(why(Assignment::create({}, samples, {5, 4, 1000, 10})), reason::bad_argument);
  EXPECT_EQ(why(Assignment::create({}, samples, {1, 4, 0, 10})), reason::bad_argument);
  EXPECT_EQ(why(Assignment::create({}, samples, {1, 4, 1000, 2})), reason::too_large);
}

TEST(Assignment, ASampleHasAsManyHandsAsWanted_L1_L7) {
  Assignment one = campaign(1);
  ASSERT_TRUE(one.acquire(applicant(1), {0}));
  ASSERT_TRUE(one.acquire(applicant(2), {0}));
  EXPECT_EQ(why(one.acquire(applicant(3), {0})), reason::not_found);
  EXPECT_TRUE(one.want_another(0));
  EXPECT_TRUE(one.acquire(applicant(3), {0}));
  EXPECT_TRUE(one.want_another(0));
  EXPECT_EQ(why(one.want_another(0)), reason::precondition_failed);
  EXPECT_EQ(why(one.want_another(1)), reason::bad_argument);
}

TEST(Assignment, NobodyGetsASampleTwiceOrHisOwn_L2) {
  Assignment own = *Assignment::create({}, {{account(1), false}, {account(1), true}}, rules);
  Applicant author = applicant(1, 9);
  author.gold_share_ppm = 500'000;
  EXPECT_EQ(why(own.acquire(author, {0})), reason::not_found);
  Assignment one = campaign(1);
  const Grant grant = *one.acquire(applicant(1), {0});
  EXPECT_TRUE(one.release(account(1), grant.id, {1}));
  EXPECT_EQ(why(one.acquire(applicant(1), {2})), reason::not_found);
  EXPECT_EQ(why(one.submit(account(1), grant.id, {3})), reason::precondition_failed);
}

TEST(Assignment, AnAnswerCountsOnce_L3) {
  Assignment one = campaign(1);
  const Grant grant = *one.acquire(applicant(1), {0});
  EXPECT_EQ(*one.submit(account(1), grant.id, {5}), 0U);
  EXPECT_EQ(*one.submit(account(1), grant.id, {6}), 0U);
  EXPECT_EQ(*one.submit(account(1), grant.id, {60'000}), 0U);
  EXPECT_EQ(one.answers_count(0), 1U);
  EXPECT_FALSE(one.is_complete());
  EXPECT_EQ(why(one.submit(account(2), grant.id, {7})), reason::not_allowed);
  EXPECT_EQ(why(one.submit(account(1), AssignmentId(99), {7})), reason::not_found);
  EXPECT_EQ(why(one.renew(account(1), grant.id, {7})), reason::precondition_failed);
  EXPECT_EQ(why(one.release(account(1), grant.id, {7})), reason::precondition_failed);
}

TEST(Assignment, ALateAnswerCountsWhereThePlaceIsFree_L3_L6) {
  Assignment one = campaign(1, 0, {1, 4, 1000, 10});
  const Grant slow = *one.acquire(applicant(1), {0});
  EXPECT_EQ(why(one.acquire(applicant(2), {999})), reason::not_found);
  EXPECT_EQ(one.next_expiry(), WallTime{1000});
  const Grant quick = *one.acquire(applicant(2), {1000});
  EXPECT_EQ(one.take_expired(), std::vector<AssignmentId>{slow.id});
  EXPECT_TRUE(one.take_expired().empty());
  EXPECT_EQ(why(one.submit(account(1), slow.id, {1001})), reason::precondition_failed);
  one.expire({5000});
  EXPECT_EQ(*one.submit(account(1), slow.id, {5001}), 0U);
  EXPECT_EQ(why(one.submit(account(2), quick.id, {5002})), reason::precondition_failed);
  EXPECT_EQ(one.answers_count(0), 1U);
  EXPECT_TRUE(one.is_complete());
}

TEST(Assignment, ARenewedLeaseRunsAnew_L6) {
  Assignment one = campaign(1);
  const Grant grant = *one.acquire(applicant(1), {0});
  EXPECT_EQ(*one.renew(account(1), grant.id, {900}), WallTime{1900});
  one.expire({1899});
  EXPECT_EQ(one.find(grant.id)->state, LeaseState::Open);
  one.expire({1900});
  EXPECT_EQ(one.find(grant.id)->state, LeaseState::Expired);
  EXPECT_EQ(why(one.renew(account(1), grant.id, {1901})), reason::precondition_failed);
  EXPECT_EQ(one.find(AssignmentId(7)), nullptr);
}

TEST(Assignment, EveryTransitionIsLegalOrRefused_L4) {
  Assignment one = campaign(5);
  const Grant grant = *one.acquire(applicant(1), {0});
  EXPECT_EQ(why(one.resume()), reason::precondition_failed);
  EXPECT_TRUE(one.pause());
  EXPECT_EQ(why(one.pause()), reason::precondition_failed);
  EXPECT_EQ(why(one.acquire(applicant(2), {1})), reason::not_ready);
  EXPECT_TRUE(one.submit(account(1), grant.id, {1}));
  EXPECT_TRUE(one.resume());
  const Grant other = *one.acquire(applicant(2), {2});
  EXPECT_TRUE(one.close());
  EXPECT_EQ(why(one.close()), reason::precondition_failed);
  EXPECT_EQ(why(one.pause()), reason::precondition_failed);
  EXPECT_EQ(why(one.resume()), reason::precondition_failed);
  EXPECT_EQ(why(one.acquire(applicant(3), {3})), reason::not_ready);
  EXPECT_TRUE(one.submit(account(2), other.id, {3}));
}

TEST(Assignment, OnlyTheQualifiedAndWithinTheirBounds) {
  Assignment many = campaign(20);
  Applicant stranger = applicant(1);
  stranger.is_qualified = false;
  EXPECT_EQ(why(many.acquire(stranger, {0})), reason::not_allowed);
  Applicant two = applicant(2, 2);
  two.answers_max = 3;
  const Grant first = *many.acquire(two, {0});
  EXPECT_TRUE(many.acquire(two, {0}));
  EXPECT_EQ(why(many.acquire(two, {0})), reason::rate_limited);
  EXPECT_TRUE(many.submit(account(2), first.id, {1}));
  EXPECT_TRUE(many.acquire(two, {1}));
  many.expire({9999});
  EXPECT_EQ(why(many.acquire(two, {9999})), reason::rate_limited);
}

TEST(Assignment, WhatABannedAnnotatorDidIsAskedOfOthers) {
  Assignment some = campaign(3, 1, {1, 4, 1000, 10});
  Applicant bad = applicant(1, 9);
  std::vector<Grant> grants;
  for (int i = 0; i < 3; ++i) grants.push_back(*some.acquire(bad, {0}));
  EXPECT_TRUE(some.submit(account(1), grants[0].id, {1}));
  EXPECT_TRUE(some.submit(account(1), grants[1].id, {1}));
  EXPECT_EQ(why(some.acquire(applicant(2), {1})), reason::not_found);
  std::vector<std::uint32_t> fallen = {grants[0].sample, grants[1].sample};
  std::sort(fallen.begin(), fallen.end());
  EXPECT_EQ(some.retract(account(1), {2}), fallen);
  EXPECT_TRUE(some.retract(account(1), {2}).empty());
  EXPECT_EQ(why(some.acquire(bad, {2})), reason::not_allowed);
  EXPECT_EQ(why(some.submit(account(1), grants[2].id, {2})), reason::precondition_failed);
  for (int i = 0; i < 3; ++i) {
    const Grant grant = *some.acquire(applicant(2, 9), {3});
    EXPECT_TRUE(some.submit(account(2), grant.id, {3}));
  }
  EXPECT_TRUE(some.is_complete());
}

TEST(Assignment, GoldComesAsOftenAsAskedAndAsTheSeedDraws_L5) {
  const auto pattern = [](std::uint8_t seed, std::uint8_t who) {
    std::vector<CampaignSample> samples(4000);
    samples.resize(6000, {{}, true});
    std::array<std::byte, 32> bytes{};
    bytes[0] = static_cast<std::byte>(seed);
    Assignment made = *Assignment::create(Bytes32(bytes), samples, rules);
    Applicant each = applicant(who);
    each.gold_share_ppm = 200'000;
    std::vector<bool> is_gold;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const Grant grant = *made.acquire(each, {i});
      is_gold.push_back(grant.sample >= 4000);
      EXPECT_EQ(grant.expires, WallTime{i + 1000});
      EXPECT_EQ(grant.id, AssignmentId(i + 1));
      EXPECT_TRUE(made.submit(each.id, grant.id, {i}));
    }
    return is_gold;
  };
  const auto one = pattern(1, 1);
  EXPECT_EQ(one, pattern(1, 1));
  EXPECT_NE(one, pattern(2, 1));
  EXPECT_NE(one, pattern(1, 2));
  const auto gold_count = static_cast<int>(std::count(one.begin(), one.end(), true));
  EXPECT_NEAR(gold_count, 200, 50);
  // Gold is as likely after gold as after anything else, and in every place of ten.
  int after_gold = 0;
  int pairs = 0;
  std::array<int, 10> places{};
  for (std::size_t i = 1; i < one.size(); ++i) {
    if (one[i - 1]) ++pairs;
    if (one[i - 1] && one[i]) ++after_gold;
    if (one[i]) ++places[i % 10];
  }
  EXPECT_NEAR(after_gold, pairs * 0.2, 25);
  for (const int count : places) EXPECT_NEAR(count, 20, 17);
}

TEST(Assignment, AskingAgainDoesNotDrawAgain_L5) {
  Assignment one = campaign(0, 5);
  Applicant each = applicant(1);
  each.gold_share_ppm = 300'000;
  const bool is_gold_first = one.acquire(each, {0}).has_value();
  if (is_gold_first) return;
  for (std::uint64_t i = 1; i < 50; ++i) {
    EXPECT_EQ(why(one.acquire(each, {i})), reason::not_found);
  }
}

TEST(Assignment, TheSuspendedGetGoldAloneAndThenNothing) {
  Assignment some = campaign(10, 3);
  Applicant suspended = applicant(1, 9);
  suspended.gold_share_ppm = 1'000'000;
  for (int i = 0; i < 3; ++i) EXPECT_GE(some.acquire(suspended, {0})->sample, 10U);
  EXPECT_EQ(why(some.acquire(suspended, {0})), reason::not_found);
}

TEST(Assignment, TheUnprovenGetGoldWhereNothingElseIsLeft) {
  Assignment some = campaign(2, 3);
  Applicant unproven = applicant(1, 9);
  unproven.gold_share_ppm = 0;
  unproven.is_unproven = true;
  for (int i = 0; i < 2; ++i) EXPECT_LT(some.acquire(unproven, {0})->sample, 2U);
  for (int i = 0; i < 3; ++i) EXPECT_GE(some.acquire(unproven, {0})->sample, 2U);
  EXPECT_EQ(why(some.acquire(unproven, {0})), reason::not_found);
  Applicant known = applicant(2, 9);
  known.gold_share_ppm = 0;
  for (int i = 0; i < 2; ++i) EXPECT_LT(some.acquire(known, {0})->sample, 2U);
  EXPECT_EQ(why(some.acquire(known, {0})), reason::not_found);
}

/// A model that knows nothing of queues: every rule checked over all that ever happened.
struct Model {
  std::map<std::uint64_t, Grant> grants;
  std::set<std::pair<AccountId, std::uint32_t>> given;
  std::map<std::uint32_t, std::uint32_t> wanted;
  std::set<AccountId> retracted;

  void check(const Assignment& machine, std::uint32_t ordinary, WallTime now) const {
    std::map<std::uint32_t, std::uint32_t> held;
    std::map<std::uint32_t, std::uint32_t> answered;
    for (const auto& [id, grant] : grants) {
      const Lease& lease = *machine.find(grant.id);
      if (lease.state == LeaseState::Open) {
        ++held[lease.sample];
        EXPECT_GT(lease.expires, now) << "L6";
      }
      if (lease.state == LeaseState::Submitted) ++answered[lease.sample];
    }
    for (std::uint32_t sample = 0; sample < ordinary; ++sample) {
      EXPECT_LE(held[sample] + answered[sample], wanted.at(sample)) << "L1";
      EXPECT_EQ(answered[sample], machine.answers_count(sample)) << "L3";
    }
  }
  [[nodiscard]] bool is_any_left(const Assignment& machine, const AccountId& who,
                                 std::uint32_t ordinary,
                                 const std::vector<CampaignSample>& samples) const {
    std::map<std::uint32_t, std::uint32_t> taken;
    for (const auto& [id, grant] : grants) {
      const LeaseState state = machine.find(grant.id)->state;
      if (state == LeaseState::Open || state == LeaseState::Submitted) ++taken[grant.sample];
    }
    for (std::uint32_t sample = 0; sample < ordinary; ++sample) {
      if (taken[sample] < wanted.at(sample) && !given.contains({who, sample}) &&
          samples[sample].author != who) {
        return true;
      }
    }
    return false;
  }
};

// Random streams of every event, against the model: L1, L2, L3, L6, L7.
TEST(Assignment, HoldsItsInvariantsOverRandomEvents) {
  constexpr std::uint32_t ordinary = 12;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Draws draws(seed);
    std::vector<CampaignSample> samples(ordinary);
    for (auto& sample : samples) sample.author = account(static_cast<std::uint8_t>(draws.below(4)));
    samples.resize(ordinary + 4, {{}, true});
    Assignment machine = *Assignment::create({}, samples, rules);
    Model model;
    for (std::uint32_t i = 0; i < ordinary; ++i) model.wanted[i] = rules.overlap;
    WallTime now{0};
    for (int event = 0; event < 300; ++event) {
      now.milliseconds += draws.below(200);
      const auto number = static_cast<std::uint8_t>(1 + draws.below(9));
      const AssignmentId id(1 + draws.below(model.grants.size() + 1));
      switch (draws.below(12)) {
        case 0: static_cast<void>(machine.release(account(number), id, now)); break;
        case 1: static_cast<void>(machine.renew(account(number), id, now)); break;
        case 2: {
          const auto sample = static_cast<std::uint32_t>(draws.below(ordinary));
          if (machine.want_another(sample)) ++model.wanted[sample];
          break;
        }
        case 3: machine.expire(now); break;
        case 4:
          if (draws.below(20) == 0) {
            static_cast<void>(machine.retract(account(number), now));
            model.retracted.insert(account(number));
          }
          break;
        case 5:
        case 6:
        case 7:
          if (const Lease* lease = machine.find(id)) {
            const AccountId holder = lease->annotator;
            static_cast<void>(machine.submit(holder, id, now));
          }
          break;
        default: {
          Applicant who = applicant(number, 3);
          who.gold_share_ppm = draws.below(2) == 0 ? 0 : 300'000;
          const auto grant = machine.acquire(who, now);
          if (grant) {
            EXPECT_TRUE(model.given.insert({who.id, grant->sample}).second) << "L2";
            EXPECT_TRUE(samples[grant->sample].author != who.id) << "L2";
            EXPECT_FALSE(model.retracted.contains(who.id));
            model.grants[grant->id.value()] = *grant;
          } else if (grant.error().reason() == reason::not_found) {
            EXPECT_FALSE(model.is_any_left(machine, who.id, ordinary, samples)) << "L7";
          }
        }
      }
      machine.expire(now);
      model.check(machine, ordinary, now);
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << " event " << event;
    }
  }
}

}  // namespace
}  // namespace oort::datahub
