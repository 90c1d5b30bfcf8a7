// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <ostream>

#include "bft/cluster.hpp"
#include "bft/mutant_names.hpp"

namespace oort::bftsim {
namespace {

/// A broken rule and the run that notices it.
struct Kill {
  const char* mutant;
  std::uint64_t seed;
  std::optional<Fault> fault;
};
void PrintTo(const Kill& kill, std::ostream* out) { *out << kill.mutant; }

class Mutation : public testing::TestWithParam<Kill> {};

TEST_P(Mutation, IsNoticedByTheSimulator) {
  const Kill& kill = GetParam();
  Overrides overrides;
  overrides.fault = kill.fault;
  const Options options = expand(kill.seed, overrides);
  ASSERT_TRUE(run(options).is_ok()) << "the seed is sound while no rule is broken";
  ASSERT_TRUE(activate_mutant(kill.mutant));
  const Report report = run(options);
  activate_mutant("None");
  EXPECT_FALSE(report.is_ok()) << kill.mutant << " survived seed " << kill.seed;
}

INSTANTIATE_TEST_SUITE_P(
    Engine, Mutation,
    testing::Values(Kill{"FinalizeAfterNullify", 1, {}}, Kill{"NullifyFromZero", 1, {}},
                    Kill{"FinalizeOtherBlock", 3, {}}, Kill{"NoSkipProof", 5, {}},
                    Kill{"NoJustificationCheck", 3, {}}, Kill{"QuorumOffByOne", 1, {}},
                    Kill{"QuorumByHalf", 2, {}}, Kill{"SendBeforeSync", 1, {}},
                    Kill{"ForgetRecordAtRestart", 1, {}},
                    Kill{"AmnesiaClaimsPast", 10, Fault::Amnesiac},
                    Kill{"EvidenceWithoutDifference", 1, {}}, Kill{"NoCertificateForward", 1, {}},
                    Kill{"AcceptAnyLeader", 5, {}}, Kill{"VoteTwiceInWeight", 1, {}},
                    Kill{"CommitWithoutAncestors", 1, {}}, Kill{"PayloadAfterBoundary", 4, {}},
                    Kill{"FutureTimeAccepted", 20, {}}, Kill{"NoSignatureCheck", 3, {}}),
    [](const auto& each) { return std::string(each.param.mutant); });

}  // namespace
}  // namespace oort::bftsim
