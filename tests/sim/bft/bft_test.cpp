// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bft/cluster.hpp"
#include "bft/log_cuts.hpp"

namespace oort::bftsim {
namespace {

/// Runs the seeds; a failure says how to see it again.
void expect_sound(std::uint64_t first, std::uint64_t count, const Overrides& overrides = {}) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Options options = expand(seed, overrides);
    const Report report = run(options);
    ASSERT_TRUE(report.is_ok()) << describe(options) << "\n"
                                << report.failure << "\n./dev sim --seed " << seed;
    EXPECT_GE(report.final_blocks, options.blocks);
  }
}

Overrides with_fault(Fault fault, std::uint64_t blocks = 100) {
  Overrides overrides;
  overrides.fault = fault;
  overrides.blocks = blocks;
  return overrides;
}

TEST(Simulator, RepeatsItselfFromTheSameSeed) {
  for (const Fault fault : {Fault::Forger, Fault::Twins}) {
    const Options options = expand(42, with_fault(fault, 50));
    const Report first = run(options);
    const Report second = run(options);
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.events, second.events);
  }
  EXPECT_NE(run(expand(42, with_fault(Fault::None, 20))).trace,
            run(expand(43, with_fault(Fault::None, 20))).trace);
}

TEST(Simulator, WhatTheSeedSays_I1_I2_I3_I4_I5_I9_I11_I12_I15) { expect_sound(1, 20); }
TEST(Simulator, Forger_I1_I2_I3_I9) { expect_sound(1000, 12, with_fault(Fault::Forger)); }
TEST(Simulator, Twins_I1_I2_I3) { expect_sound(2000, 8, with_fault(Fault::Twins)); }
TEST(Simulator, CrashesWithTornLogs_I4_I16) { expect_sound(3000, 8, with_fault(Fault::None)); }
TEST(Simulator, Amnesiac_I9) { expect_sound(4000, 8, with_fault(Fault::Amnesiac)); }
TEST(Simulator, Mute_I11) { expect_sound(5000, 6, with_fault(Fault::Mute)); }

TEST(Simulator, EveryStepOfACutThroughTheLog_I16) {
  // A whole run takes minutes: `oort-sim --cut-log 1`. Here every 7th byte, and more of the first.
  const LogCuts sparse = cut_everywhere(1, 61, 7);
  ASSERT_TRUE(sparse.is_ok()) << sparse.failure;
  EXPECT_GT(sparse.cuts, 1000U);
  for (std::uint64_t byte = 1; byte < 60; byte += 2) {
    Options options = recorded_run(2);
    options.log_cut = LogCut{0, byte, byte % 4 == 1};
    const Report report = run(options);
    ASSERT_TRUE(report.is_ok()) << describe(options) << report.failure;
  }
}

TEST(Simulator, DamagedLogsAreRefusedAndTheirKeysStartAnew_I16) {
  std::uint64_t damaged = 0;
  for (std::uint64_t seed = 4100; seed < 4112; ++seed) {
    const Report report = run(expand(seed, with_fault(Fault::Amnesiac, 60)));
    ASSERT_TRUE(report.is_ok()) << report.failure << "\n./dev sim --fault amnesiac --seed " << seed;
    damaged += report.damaged_logs;
  }
  EXPECT_GT(damaged, 2U);
}

// Just more than a third are Twins, and each half of the correct sees one of two worlds.
TEST(Simulator, AForkNamesMoreThanAThirdAndNobodyCorrect_I10) {
  for (const std::uint32_t nodes : {4U, 7U}) {
    std::uint64_t forks = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const Options options = expand_fork(seed, nodes);
      const Report report = run(options);
      ASSERT_TRUE(report.is_ok()) << describe(options) << "\n" << report.failure;
      if (!report.has_forked) continue;
      ++forks;
      EXPECT_GT(report.convicted_percent, 33U) << "the engines find it themselves, seed " << seed;
    }
    EXPECT_GE(forks, 6U) << nodes << " nodes";
  }
}

TEST(Simulator, RealSignatures) {
  Overrides overrides = with_fault(Fault::Forger, 30);
  overrides.has_real_signatures = true;
  overrides.nodes = 4;
  expect_sound(6000, 1, overrides);
}

TEST(Simulator, MoreNodes) {
  Overrides overrides = with_fault(Fault::Forger, 40);
  for (const std::uint32_t nodes : {7U, 13U}) {
    overrides.nodes = nodes;
    expect_sound(7000, 1, overrides);
  }
}

// 181: a crash framed a correct proposer, whose block was in the log and whose record was not.
// 20037: after a start the engine held all that its log did.
TEST(Simulator, SeedsThatFailedOnce) {
  expect_sound(181, 1);
  expect_sound(20037, 1);
}

}  // namespace
}  // namespace oort::bftsim
