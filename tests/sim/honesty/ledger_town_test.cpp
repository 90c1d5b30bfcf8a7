// SPDX-License-Identifier: Apache-2.0
#include "honesty/ledger_town.hpp"

#include <gtest/gtest.h>

namespace oort::honestysim {
namespace {

TEST(LedgerTown, AgentsFindASaboteurAndTheLedgerSlashesIt) {
  const LedgerTownFigures figures = run_ledger_town({});
  EXPECT_GT(figures.passed, 10U);
  EXPECT_GT(figures.cheats, 0U);
  EXPECT_EQ(figures.cases, figures.cheats);
  EXPECT_EQ(figures.refused, 0U) << "what an agent asks for, the ledger takes";
  EXPECT_GT(figures.saboteurs_slashed, 0U);
  EXPECT_EQ(figures.honest_slashed, 0U);
  EXPECT_TRUE(figures.is_supply_whole);
  ASSERT_FALSE(figures.explanation.empty());
  EXPECT_EQ(figures.explanation.back().substr(0, 22), "verdict: the executor ");
}

TEST(LedgerTown, WithoutSaboteursNobodyIsAccused) {
  LedgerTownOptions options;
  options.seed = 2;
  options.saboteurs_count = 0;
  const LedgerTownFigures figures = run_ledger_town(options);
  EXPECT_GT(figures.passed, 10U);
  EXPECT_EQ(figures.cases, 0U);
  EXPECT_EQ(figures.refused, 0U);
}

}  // namespace
}  // namespace oort::honestysim
