// SPDX-License-Identifier: Apache-2.0
#include "honesty/equilibrium.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

#include "oort/ledger/honesty_records.hpp"

namespace oort::honestysim {
namespace {

/// In [low, high), every magnitude alike.
double draw(std::mt19937_64& random, double low, double high) {
  const double place = static_cast<double>(random() >> 11U) / 9007199254740992.0;
  return low * std::pow(high / low, place);
}

Ppb share(double value) { return Ppb(static_cast<std::uint64_t>(value * 1e9)); }

Situation one_task(double stake, double damage) {
  Situation situation;
  situation.at_stake = stake;
  situation.damage = damage;
  return situation;
}

TEST(Equilibrium, ADeviationPaysExactlyWhereTheInequalityIsBroken_Q1) {
  std::mt19937_64 random(1);
  std::size_t stable = 0;
  std::size_t broken = 0;
  for (int i = 0; i < 3'000; ++i) {
    Situation situation;
    situation.audited = share(draw(random, 0.001, 0.6));
    situation.rechecked = share(random() % 2 == 0 ? 0 : draw(random, 0.001, 0.5));
    situation.at_stake = draw(random, 1, 10'000);
    situation.damage = random() % 2 == 0 ? 0 : draw(random, 0.01, 20);
    situation.tasks = static_cast<std::uint64_t>(draw(random, 1, 3'000));
    const Deviation best = best_response(situation);
    // Too close to call: the ledger's integers round towards punishing later.
    if (best.profit > 0 && best.profit < 1e-6 * situation.at_stake) continue;
    ASSERT_EQ(best.profit <= 0, is_deterred(situation))
        << "audited " << situation.audited.value() << ", at stake " << situation.at_stake
        << ", damage " << situation.damage << ", " << situation.tasks << " tasks: " << best.tasks
        << " of them bring " << best.profit;
    ++(best.profit > 0 ? broken : stable);
  }
  EXPECT_GT(stable, 500U);
  EXPECT_GT(broken, 500U);
}

TEST(Equilibrium, NothingPaysAtTheRatesThatShipAndAtAThirdOfThemItDoes_Q2) {
  const ledger::AuditPolicy policy;
  for (const double stake : {5.0, 10.0, 50.0, 100.0, 200.0, 400.0}) {
    for (const double damage : {0.0, 0.5, 1.0}) {
      Situation situation = one_task(stake, damage);
      situation.audited = shipped_rate(stake, damage, false);
      ASSERT_LT(situation.audited.value(), ledger::ppb_one);
      EXPECT_LE(best_response(situation).profit, 0) << stake << ", damage " << damage;
      // The rate that deters has a margin of three, which a pool and good guesses use up in part.
      situation.audited = Ppb(situation.audited.value() * 10 / (11 * policy.safety_times));
      EXPECT_GT(best_response(situation).profit, 0) << stake << ", damage " << damage;
    }
  }
}

TEST(Equilibrium, ANodeOnProbationIsDeterredWhateverTheLedgerLetsItHold_Q2) {
  const ledger::HonestyParams params;
  for (const double gain : {0.01, 0.02, 0.03, 0.04}) {
    Situation situation = one_task(1 / gain, 0);
    situation.tasks = tasks_admitted(params.detection, situation.at_stake, 1);
    ASSERT_GT(situation.tasks, 0U);
    situation.audited = shipped_rate(situation.at_stake, 0, true);
    EXPECT_LE(best_response(situation).profit, 0) << gain;
    // An eighth of it is no longer what the limit was computed with.
    situation.audited = Ppb(situation.audited.value() / 8);
    EXPECT_GT(best_response(situation).profit, 0) << gain;
  }
}

TEST(Equilibrium, AnEstablishedNodeIsDeterredWithinALimitOfItsOwnDetection_Q2) {
  const ledger::HonestyParams params;
  for (const double stake : {300.0, 500.0, 1'000.0}) {
    Situation situation = one_task(stake, 0);
    situation.audited = shipped_rate(stake, 0, false);
    // The worst of all shortcuts and pools.
    Ppb worst(ledger::ppb_one);
    for (const Shortcut& shortcut : shortcuts) {
      for (const Ppb pool : pools) {
        worst = std::min(worst, detection_of(situation, shortcut, pool));
      }
    }
    situation.tasks = tasks_admitted(worst, stake, 1);
    ASSERT_GT(situation.tasks, 0U);
    EXPECT_LE(best_response(situation).profit, 0) << stake;
    // The limit of the ledger assumes more detection than that, and lets it hold too much.
    ASSERT_LT(worst, params.detection);
    situation.tasks = tasks_admitted(params.detection, stake, 1);
    EXPECT_GT(best_response(situation).profit, 0) << stake;
  }
}

TEST(Equilibrium, EnoughBaitsOwedEndCheatingAndTooFewKeepIt_Q3) {
  Inspection inspection;
  inspection.effort_most = 0.05;
  const auto rest_of = [&](double quota, const Shares& from) {
    inspection.quota = quota;
    const auto states = play(inspection, from, 40'000);
    double most = 0;
    for (std::size_t i = states.size() / 2; i < states.size(); ++i) {
      most = std::max(most, states[i].cheating);
    }
    return most;
  };
  // It stops paying at 1 / (1.25 + 100).
  for (const double first : {0.01, 0.2, 0.9}) {
    EXPECT_LT(rest_of(0.0124, {first, 0.05}), 0.001) << first;
    EXPECT_GT(rest_of(0.005, {first, 0.05}), 0.02) << first;
    EXPECT_GT(rest_of(0, {first, 0.05}), 0.02) << first;
  }
}

}  // namespace
}  // namespace oort::honestysim
