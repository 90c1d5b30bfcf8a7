// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/explorer.hpp"
#include "model/random_walk.hpp"

namespace oort::model {
namespace {

Exploration explore_rules(Rules rules, bool check_lemmas = false) {
  ExplorerOptions options;
  options.rules = rules;
  options.check_lemmas = check_lemmas;
  return explore(options);
}

void expect_fork(const Rules& rules, std::uint64_t states, unsigned first, unsigned second) {
  const Exploration found = explore_rules(rules);
  ASSERT_TRUE(found.fork);
  EXPECT_EQ(found.states, states);
  EXPECT_EQ(found.fork->first_view, first);
  EXPECT_EQ(found.fork->second_view, second);
}

TEST(Explorer, NoStateOfTheProtocolForksOrFramesACorrectNode_I1_I2_I3_I9) {
  const Exploration found = explore_rules({}, true);
  EXPECT_TRUE(found.is_complete);
  EXPECT_FALSE(found.fork);
  EXPECT_FALSE(found.broken_lemma);
  EXPECT_EQ(found.states, 5'963'781U);
  EXPECT_EQ(found.transitions, 20'708'870U);
  EXPECT_EQ(found.histories, 1'244U);
}

TEST(Explorer, KeepingCertificatesAddsNothingUnderTheTrueRules_I1) {
  const Exploration found = explore_rules({.latched = true}, true);
  EXPECT_TRUE(found.is_complete);
  EXPECT_EQ(found.states, 5'963'781U);
}

TEST(Explorer, PerViewNullifyIsSafeToo_I1) {
  const Exploration found = explore_rules({.per_view_nullify = true});
  EXPECT_TRUE(found.is_complete);
  EXPECT_EQ(found.states, 2'337'227U);
  EXPECT_EQ(found.transitions, 8'303'446U);
  EXPECT_EQ(found.histories, 1'244U);
}

TEST(Explorer, FinalizingBeforeTheCertificateIsSafe_I1) {
  const Exploration found = explore_rules({.finalize_without_notarization = true});
  EXPECT_TRUE(found.is_complete);
  EXPECT_EQ(found.states, 10'763'076U);
  EXPECT_EQ(found.transitions, 38'375'711U);
  EXPECT_EQ(found.histories, 1'472U);
}

// It is the cumulative range alone that needs the monotone signer.
TEST(Explorer, PerViewNullifyNeedsNoMonotoneSigner_I1) {
  const Exploration found = explore_rules({.per_view_nullify = true, .signer_not_monotone = true});
  EXPECT_TRUE(found.is_complete);
  EXPECT_EQ(found.states, 2'337'227U);
  EXPECT_EQ(found.transitions, 17'917'735U);
}

TEST(Explorer, KillsFinalizeAfterNullify) {
  expect_fork({.finalize_after_nullify = true}, 5'026, 1, 2);
}
TEST(Explorer, KillsNoSkipProof) { expect_fork({.no_skip_proof = true}, 3'130, 1, 2); }
TEST(Explorer, KillsNullifyFromZero) { expect_fork({.nullify_from_zero = true}, 81'598, 0, 2); }
TEST(Explorer, KillsASignerThatIsNotMonotone) {
  expect_fork({.signer_not_monotone = true}, 9'503, 0, 1);
}
TEST(Explorer, KillsDoubleNotarize) { expect_fork({.double_notarize = true}, 883'674, 1, 2); }
TEST(Explorer, KillsNullifyAfterFinalize) {
  expect_fork({.nullify_after_finalize = true}, 17'511, 1, 2);
  expect_fork({.per_view_nullify = true, .nullify_after_finalize = true}, 11'872, 1, 2);
}

// With certificates kept, a vote that is taken back leaves its certificate behind: the two mutants
// that take votes back must still fork.
TEST(Explorer, KillsWithdrawnVotesWhenCertificatesStay) {
  EXPECT_TRUE(explore_rules({.signer_not_monotone = true, .latched = true}).fork);
  EXPECT_TRUE(explore_rules({.double_notarize = true, .latched = true}).fork);
}

TEST(RandomWalk, NeverForksUnderTheTrueRules_I1) {
  for (const std::uint32_t faults : {1U, 2U}) {
    WalkOptions options;
    options.faults = faults;
    options.runs = faults == 1 ? 40'000 : 10'000;
    const WalkResult result = random_walk(options);
    EXPECT_EQ(result.forked_runs, 0U);
    EXPECT_GT(result.finalized_blocks, options.runs / 4);
  }
}

TEST(RandomWalk, ForksUnderEveryMutant) {
  constexpr std::array<Rules, 3> mutants{Rules{.finalize_after_nullify = true},
                                         Rules{.no_skip_proof = true},
                                         Rules{.nullify_from_zero = true}};
  for (const Rules& rules : mutants) {
    for (const std::uint32_t faults : {1U, 2U}) {
      WalkOptions options;
      options.rules = rules;
      options.faults = faults;
      options.runs = 4'000;
      EXPECT_GT(random_walk(options).forked_runs, options.runs / 100);
    }
  }
}

}  // namespace
}  // namespace oort::model
