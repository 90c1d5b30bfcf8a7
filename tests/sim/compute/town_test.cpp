// SPDX-License-Identifier: Apache-2.0
#include "compute/town.hpp"

#include <gtest/gtest.h>

namespace oort::computesim {
namespace {

std::string first_of(const std::vector<std::string>& lines) {
  return lines.empty() ? "" : lines.front();
}

TEST(ComputeTown, WithoutFaultsEveryJobRunsOnceAndIsPaid_R1_R2_R5_R7_R10) {
  TownOptions options;
  options.has_faults = false;
  options.faults_ms = 20'000;
  const TownFigures figures = run_town(options);
  EXPECT_TRUE(figures.broken.empty()) << first_of(figures.broken);
  EXPECT_EQ(figures.failed, 1U) << "one waits for a job that was cancelled";
  EXPECT_EQ(figures.takeovers, 0U);
  EXPECT_EQ(figures.stale_refused, 0U);
  EXPECT_GT(figures.paid, 0U);
  EXPECT_GT(figures.deviations, 0U);
}

TEST(ComputeTown, UnderFaultsNoJobIsLostAndNoneIsPaidTwice_R1_R2_R3_R4_R8_R9_R10) {
  std::uint64_t takeovers = 0;
  std::uint64_t stale = 0;
  for (std::uint64_t seed = 5; seed <= 8; ++seed) {
    TownOptions options;
    options.seed = seed;
    const TownFigures figures = run_town(options);
    EXPECT_TRUE(figures.broken.empty())
        << first_of(figures.broken) << "\n./dev sim compute --seed " << seed;
    takeovers += figures.takeovers;
    stale += figures.stale_refused + figures.fenced;
  }
  EXPECT_GT(takeovers, 0U);
  EXPECT_GT(stale, 0U);
}

TEST(ComputeTown, OneSeedTakesOneCourse) {
  TownOptions options;
  options.seed = 3;
  options.jobs_count = 6;
  EXPECT_EQ(run_town(options).trace, run_town(options).trace);
}

}  // namespace
}  // namespace oort::computesim
