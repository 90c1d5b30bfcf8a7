// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bft/cluster.hpp"

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

// A crash once framed a correct proposer: its block was in the log, its record was not.
TEST(Simulator, SeedsThatFailedOnce) { expect_sound(181, 1); }

}  // namespace
}  // namespace oort::bftsim
