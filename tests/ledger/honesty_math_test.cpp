// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/honesty_math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "honesty_oracle.hpp"

namespace oort::ledger::test {
namespace {

Prior prior_of(std::uint64_t saboteurs, std::uint64_t strength) {
  return {Ppb(saboteurs), Ppb(strength)};
}

TEST(HonestyMath, QuotientsAndSumsEndAtTheGreatestValue) {
  const Uint128 most = ~Uint128{0};
  EXPECT_TRUE(saturating_mul_div(most, 2, 1, Rounding::Down) == most);
  EXPECT_EQ(saturating_mul_div(7, 3, 2, Rounding::Up), 11U);
  EXPECT_TRUE(saturating_sum(most, 1) == most);
  EXPECT_EQ(saturating_sum(3, 4), 7U);
}

TEST(HonestyMath, SurvivalIsNeverUnderTheExactOne_HM1) {
  for (const oracle::Survival& exact : oracle::survivals) {
    const std::uint64_t got = survival(Ppb(exact.d), exact.n);
    EXPECT_GE(got, exact.ceiling) << exact.d << " " << exact.n;
    EXPECT_LE(got, exact.ceiling + 2 * exact.n + 2) << exact.d << " " << exact.n;
  }
}

TEST(HonestyMath, CredibilityIsNeverOverTheExactOne_HM1) {
  for (const oracle::Credibility& exact : oracle::credibilities) {
    const Ppb got = credibility({exact.passed, 0}, prior_of(exact.saboteurs, exact.strength));
    EXPECT_LE(got.value(), exact.floor) << exact.passed << " " << exact.saboteurs;
    EXPECT_GE(got.value() + 2, exact.floor) << exact.passed << " " << exact.saboteurs;
  }
}

TEST(HonestyMath, CredibilityOfTheReferencesTable) {
  const Prior prior{Ppb(200'000'000), Ppb(ppb_one)};
  EXPECT_EQ(credibility({10 * micro_one, 0}, prior).value() / 10'000, 99080U);
  EXPECT_EQ(credibility({1000 * micro_one, 0}, prior).value() / 1'000, 999908U);
}

TEST(HonestyMath, PosteriorIsNeverOverTheExactOne_HM1) {
  for (const oracle::Posterior& exact : oracle::posteriors) {
    const std::vector<ResultGroup> groups(exact.groups.begin(), exact.groups.end());
    const Ppb got = posterior(groups, 0, prior_of(exact.saboteurs, exact.strength));
    EXPECT_LE(got.value(), exact.floor);
    EXPECT_GE(got.value() + 4, exact.floor);
  }
}

// A pool of share f cheats on the same share s of tasks; its members have passed k baits each.
TEST(HonestyMath, AGroupOfPoolMembersIsNotBelievedTooMuch_HM5) {
  for (const double f : {0.05, 0.2, 0.4}) {
    for (const int k : {1, 10, 100, 1000}) {
      for (std::size_t members = 1; members <= 4; ++members) {
        const Prior prior{Ppb(static_cast<std::uint64_t>(f * 1e9)), Ppb(ppb_one)};
        const std::vector<ResultGroup> groups{
            ResultGroup(members, static_cast<std::uint64_t>(k) * micro_one)};
        const double claimed_error =
            1 - static_cast<double>(posterior(groups, 0, prior).value()) / 1e9;
        double worst = 0;
        for (double s = 0.0002; s <= 1; s += 0.0002) {
          const double survived = std::pow(1 - s, k);
          const double pool = f * survived / ((1 - f) + f * survived);
          worst = std::max(worst, s * std::pow(pool, static_cast<double>(members)));
        }
        EXPECT_GE(claimed_error + 1e-9, worst) << f << " " << k << " " << members;
      }
    }
  }
}

TEST(HonestyMath, OneMoreAgreeingExecutorNeverLowersThePosterior) {
  const Prior prior{Ppb(200'000'000), Ppb(800'000'000)};
  ResultGroup group;
  Ppb last(0);
  for (int i = 0; i < 12; ++i) {
    group.push_back(3 * micro_one);
    const Ppb now = posterior(std::vector<ResultGroup>{group}, 0, prior);
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last.value(), 999'990'000U);
}

TEST(HonestyMath, AcceptsTheGroupThatSufficesAndNoTie) {
  const Prior prior;
  const ResultGroup trusted{1000 * micro_one};
  const ResultGroup newcomer{0};
  const Ppb wanted(990'000'000);
  EXPECT_EQ(accepted_group(std::vector<ResultGroup>{newcomer, trusted}, wanted, prior), 1U);
  EXPECT_EQ(accepted_group(std::vector<ResultGroup>{trusted, trusted}, wanted, prior),
            std::nullopt);
  EXPECT_EQ(accepted_group(std::vector<ResultGroup>{newcomer}, wanted, prior), std::nullopt);
}

TEST(HonestyMath, CountersFadeAndAFailureTakesAllPasses) {
  HonestyCounters counters = with_passes({}, 10);
  EXPECT_EQ(counters.passed_micro, 10 * micro_one);
  counters = decayed(counters, Ppb(333'333'333));
  EXPECT_EQ(counters.passed_micro, 10 * micro_one - 3'333'334);
  counters = with_failure(counters);
  EXPECT_EQ(counters, (HonestyCounters{0, micro_one}));
  EXPECT_EQ(decayed(counters, Ppb(ppb_one / 3)).failed_micro, micro_one - 333'333);
  EXPECT_EQ(with_passes({counted_baits_max * micro_one, 0}, 5).passed_micro,
            counted_baits_max * micro_one);
}

TEST(HonestyMath, OneOfficersOperatorCannotMakeANodeCredible) {
  EXPECT_EQ(counted_passes(std::vector<std::uint32_t>{1000}, 3), 3U);
  EXPECT_EQ(counted_passes(std::vector<std::uint32_t>{1, 2, 50}, 3), 6U);
  EXPECT_EQ(counted_passes({}, 3), 0U);
}

TEST(HonestyMath, DetectionOfATask) {
  const Exposure exposure{Ppb(20'000'000), Ppb(100'000'000), Ppb(500'000'000), Ppb(10'000'000),
                          Ppb(200'000'000)};
  // 0.9 · (0.02 · 0.5 + 0.98 · 0.01 · 0.8) = 0.016056
  EXPECT_EQ(detection_per_task(exposure).value(), 16'056'000U);
  EXPECT_EQ(bait_strength(exposure).value(), 450'000'000U);
  EXPECT_EQ(detection_per_task({}).value(), 0U);
}

TEST(HonestyMath, CapacityIsWhatTryingEverySubsetGives_HM1) {
  ASSERT_FALSE(oracle::capacities.empty());
  for (const oracle::Capacity& exact : oracle::capacities) {
    const auto got =
        static_cast<std::uint64_t>(risk_capacity(Ppb(exact.d), exact.at_stake, exact.gain));
    EXPECT_LE(got, exact.greatest) << exact.d << " " << exact.at_stake << " " << exact.gain;
    EXPECT_GE(got + 1, exact.greatest) << exact.d << " " << exact.at_stake << " " << exact.gain;
  }
}

TEST(HonestyMath, NoSubsetOfWhatIsDeterredPays_HM2) {
  std::mt19937_64 random(2);
  int deterred = 0;
  for (int round = 0; round < 4000; ++round) {
    const double d = std::pow(10.0, -static_cast<double>(random() % 4) - 0.3);
    const std::uint64_t stake = 1000 + random() % 100'000;
    std::vector<std::uint64_t> gains(1 + random() % 60);
    for (std::uint64_t& gain : gains) gain = 1 + random() % (random() % 20 == 0 ? 5000 : 100);
    std::ranges::sort(gains, std::greater<>{});
    const ValueAtRisk risk{std::accumulate(gains.begin(), gains.end(), Uint128{0}), gains.front()};
    const Ppb rate(static_cast<std::uint64_t>(d * 1e9));
    if (!is_deterred(rate, stake, risk)) continue;
    ++deterred;
    double gained = 0;
    for (std::size_t m = 1; m <= gains.size(); ++m) {
      gained += static_cast<double>(gains[m - 1]);
      const double lost = (1 - std::pow(1 - static_cast<double>(rate.value()) / 1e9, m)) *
                          static_cast<double>(stake);
      EXPECT_LE(gained, lost * (1 + 1e-9)) << m << " of " << gains.size();
    }
  }
  EXPECT_GT(deterred, 300);
}

TEST(HonestyMath, ASingleTaskOfGreatDamageIsNotHiddenBehindMany_HM2) {
  // Over all 1,000 tasks the sum is covered; the one task of 900 alone is not.
  const Ppb d(10'000'000);
  const Uint128 at_stake = 10'000;
  EXPECT_TRUE(is_deterred(d, at_stake, {1999, 1}));
  EXPECT_FALSE(is_deterred(d, at_stake, {999 + 900, 900}));
}

TEST(HonestyMath, CapacityAdmitsWhatIsDeterredAndNothingMore_HM2) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    const Ppb d(1 + random() % 100'000'000);
    const Uint128 at_stake = Uint128{random()} << (random() % 50);
    const Uint128 gain_max = 1 + random() % 1'000'000;
    const Uint128 capacity = risk_capacity(d, at_stake, gain_max);
    if (capacity < gain_max) continue;
    EXPECT_TRUE(is_deterred(d, at_stake, {capacity, gain_max}));
    EXPECT_FALSE(is_deterred(d, at_stake, {capacity + gain_max, gain_max}));
  }
}

TEST(HonestyMath, DetectRateIsNeverUnderTheExactOne_HM1) {
  for (const oracle::DetectRate& exact : oracle::detect_rates) {
    AuditPolicy policy;
    policy.missed = Ppb(exact.missed);
    policy.within = exact.within;
    policy.cheat_share = Ppb(exact.share);
    Exposure exposure;
    exposure.unrecognised = Ppb(exact.strength);
    const std::uint64_t got = audit_rate_to_detect(policy, exposure).value();
    EXPECT_GE(got, exact.ceiling) << exact.missed << " " << exact.within << " " << exact.share;
    // One step of the probability, multiplied by what it is divided by.
    EXPECT_LE(got, std::min(ppb_one, exact.ceiling + 400)) << exact.missed << " " << exact.within;
  }
}

TEST(HonestyMath, DeterRateOfTheReferencesTable) {
  // p = 1.25 c, nothing saved is left over, no damage: 8.9 % with ten costs at stake.
  const TaskEconomy economy{125'000, 1'000'000, 100'000, 0};
  EXPECT_EQ(audit_rate_to_deter(economy, {}, 1).value(), 88'888'889U);
  Exposure half;
  half.unrecognised = Ppb(ppb_one / 2);
  EXPECT_EQ(audit_rate_to_deter(economy, half, 1).value(), 177'777'778U);
  half.unrecognised = Ppb(0);
  EXPECT_EQ(audit_rate_to_deter(economy, half, 1).value(), ppb_one);
  EXPECT_EQ(audit_rate_to_deter({}, half, 1).value(), 0U);
}

TEST(HonestyMath, TrustNeverPushesTheRateUnderWhatDeters) {
  AuditPolicy policy;
  policy.cheat_share = Ppb(ppb_one);
  const TaskEconomy poor{125, 1000, 100, 0};
  const TaskEconomy rich{125, 100'000'000, 100, 0};
  EXPECT_EQ(audit_rate(policy, poor, {}, false), audit_rate_to_deter(poor, {}, 3));
  EXPECT_EQ(audit_rate(policy, rich, {}, false), policy.floor);
  EXPECT_EQ(audit_rate(policy, rich, {}, true), policy.probation);
}

TEST(HonestyMath, LogarithmsAreWithinTwo) {
  for (const oracle::Log& exact : oracle::logs) {
    const std::int64_t got = log_ratio(exact.a, exact.b);
    EXPECT_NEAR(static_cast<double>(got), static_cast<double>(exact.floor), 2) << exact.a;
  }
}

TEST(HonestyMath, ConvictsNoEarlierThanTheExactTest_HM3) {
  const SprtGoals goals{Ppb(1'000'000), Ppb(200'000'000), Ppb(1'000), Ppb(1'000'000)};
  const SprtPlan plan = sprt_plan(goals);
  std::mt19937_64 random(4);
  int convicted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::int64_t score = 0;
    double exact = 0;
    SprtVerdict verdict = SprtVerdict::Open;
    const std::uint64_t misses_percent = random() % 40;
    while (verdict == SprtVerdict::Open) {
      const bool missed = random() % 100 < misses_percent;
      verdict = observe(plan, score, missed);
      exact += missed ? std::log(0.2 / 0.001) : std::log(0.8 / 0.999);
    }
    EXPECT_EQ(score, 0);
    if (verdict != SprtVerdict::Convicted) continue;
    ++convicted;
    EXPECT_GE(exact, std::log((1 - 1e-3) / 1e-6) - 1e-12);
  }
  EXPECT_GT(convicted, 300);
}

TEST(HonestyMath, OneMissConvictsNobodyOfATolerance) {
  std::int64_t score = 0;
  EXPECT_EQ(observe(sprt_plan({}), score, true), SprtVerdict::Open);
  EXPECT_GT(score, 0);
}

TEST(HonestyMath, HonestWeightAndFactor_HM4) {
  EXPECT_EQ(honest_weight(1001, Ppb(500'000'000)), 500U);
  EXPECT_TRUE(honest_weight(~Uint128{0}, Ppb(ppb_one)) == ~Uint128{0});
  EXPECT_EQ(validator_factor(Ppb(0)).value(), 750'000'000U);
  EXPECT_EQ(validator_factor(Ppb(ppb_one)).value(), ppb_one);
}

TEST(HonestyMath, AtMostAThirdOfTheWeightMoves_HM4) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 1000; ++round) {
    std::vector<WeightChange> changes(1 + random() % 20);
    std::uint64_t total = 0;
    for (WeightChange& change : changes) {
      change = {random() % 1000, random() % 3000};
      total += change.from;
    }
    const auto weights = bounded_weights(changes);
    std::uint64_t gained = 0;
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto [low, high] = std::minmax(changes[i].from, changes[i].wanted);
      EXPECT_TRUE(low <= weights[i] && weights[i] <= high);
      (weights[i] > changes[i].from ? gained : lost) +=
          std::max(weights[i], changes[i].from) - std::min(weights[i], changes[i].from);
    }
    EXPECT_LE(gained, total / 3);
    EXPECT_LE(lost, total / 3);
  }
  EXPECT_EQ(bounded_weights(std::vector<WeightChange>{{90, 100}, {90, 80}}),
            (std::vector<std::uint64_t>{100, 80}));
}

}  // namespace
}  // namespace oort::ledger::test
