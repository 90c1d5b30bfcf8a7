// SPDX-License-Identifier: Apache-2.0
#include "honesty/town.hpp"

#include <gtest/gtest.h>

namespace oort::honestysim {
namespace {

const TownFigures& small_town() {
  static const TownFigures figures = [] {
    TownOptions options;
    options.nodes_count = 1000;
    options.epochs_count = 12;
    options.officers_expected = 100;
    return run_town(options);
  }();
  return figures;
}

TEST(HonestyTown, CheatsBeforeBeingCaughtAreOneOverDWhateverTheStrategy) {
  double caught = 0;
  double expected = 0;
  for (const StrategyFigures& one : small_town().strategies) {
    caught += static_cast<double>(one.caught);
    expected += one.detection_sum;
  }
  EXPECT_GT(caught, 1000);
  EXPECT_NEAR(caught / expected, 1, 0.05);
}

TEST(HonestyTown, NoHonestNodeIsSlashedThoughPoolsAccuseAndVote) {
  EXPECT_GT(small_town().accusations, 10U);
  EXPECT_EQ(small_town().honest_slashed, 0U);
  EXPECT_EQ(small_town().accusers_slashed, small_town().accusations);
  EXPECT_EQ(small_town().strategies[0].caught, 0U);
}

TEST(HonestyTown, SplitsOfAPoolEndInReplaysAndCostItsMembers) {
  EXPECT_GT(small_town().replays, 0U);
  EXPECT_GT(small_town().verifiers_slashed, small_town().replays);
}

TEST(HonestyTown, OneSeedTakesOneCourse) {
  TownOptions options;
  options.nodes_count = 200;
  options.epochs_count = 2;
  const TownFigures one = run_town(options);
  const TownFigures other = run_town(options);
  EXPECT_EQ(one.executions, other.executions);
  EXPECT_EQ(one.baits, other.baits);
  EXPECT_EQ(one.accepted_wrong, other.accepted_wrong);
}

}  // namespace
}  // namespace oort::honestysim
