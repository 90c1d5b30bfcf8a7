// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iterator>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bft/cluster.hpp"
#include "bft/mutant_list.hpp"
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

const std::vector<Kill> kills{
    {"FinalizeAfterNullify", 1, {}},
    {"NullifyFromZero", 1, {}},
    {"FinalizeOtherBlock", 3, {}},
    {"NoSkipProof", 5, {}},
    {"NoJustificationCheck", 3, {}},
    {"QuorumOffByOne", 1, {}},
    {"QuorumByHalf", 2, {}},
    {"SendBeforeSync", 1, {}},
    {"ForgetRecordAtRestart", 1, {}},
    {"AmnesiaClaimsPast", 1, Fault::Amnesiac},
    {"EvidenceWithoutDifference", 1, {}},
    {"NoCertificateForward", 1, {}},
    {"AcceptAnyLeader", 12, {}},
    {"VoteTwiceInWeight", 1, {}},
    {"CommitWithoutAncestors", 1, {}},
    {"PayloadAfterBoundary", 4, {}},
    {"FutureTimeAccepted", 20, {}},
    {"NoSignatureCheck", 3, {}},
};

INSTANTIATE_TEST_SUITE_P(Engine, Mutation, testing::ValuesIn(kills),
                         [](const auto& each) { return std::string(each.param.mutant); });

// The gate has no hole: a seed above or a unit test (mutation.unit.*) notices each rule.
TEST(MutationGate, DemandsEveryBrokenRule) {
  std::istringstream killed_by_units(OORT_KILLED_BY_UNITS);
  std::set<std::string_view> killed;
  const std::vector<std::string> units{std::istream_iterator<std::string>(killed_by_units), {}};
  killed.insert(units.begin(), units.end());
  for (const Kill& kill : kills) killed.insert(kill.mutant);
  for (const NamedMutant& named : named_mutants) {
    const bool is_broken = named.mutant != consensus::Mutant::None;
    EXPECT_EQ(killed.contains(named.name), is_broken) << named.name;
    killed.erase(named.name);
  }
  EXPECT_TRUE(killed.empty()) << *killed.begin() << " is no rule";
}

}  // namespace
}  // namespace oort::bftsim
