// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "trace/trace.hpp"

namespace oort::ledger::test {
namespace {

/// One value for every compiler and level of optimisation; `./dev roots` compares four of them.
TEST(RootTrace, EveryBuildComesToTheSameRoots_L1) {
  const trace::Trace trace = trace::run(1, 250);
  EXPECT_EQ(trace.digest().hex().substr(0, 32), "ca88a69fb9ba03fa35698131e26783d6");
  // What is refused alone would prove little.
  for (const char* name :
       {"Transfer",     "Delegate",       "RewardClaim",    "ProposalSubmit",  "VoteCast",
        "OracleReport", "CreditPurchase", "EscrowOpen",     "EscrowWithdraw",  "BucketCreate",
        "ObjectCommit", "MultipartPart",  "SegmentOpen",    "SegmentAppend",   "SegmentStore",
        "ShardReplace", "StorageFund",    "StorageCollect", "AccessKeyCreate", "GrantCreate",
        "RoundPost",    "AuditDemand",    "EvidenceSubmit", "ParamsChange",    "NodeUpdate",
        "OfferPost",    "JobOpen",        "JobTakeOver",    "JobAnchor",       "JobResult",
        "JobCancel",    "JobClaim",       "JobRedeem",      "CampaignOpen",    "GoldCommit",
        "BatchCommit",  "StageOpen",      "CampaignClose",  "ResultPost",      "PayoutPost",
        "AppealOpen",   "AppealExpire",   "ConsentGive",    "CampaignSettle",  "HoldbackRelease",
        "DatasetSeal",  "DatasetOffer",   "DatasetRequest", "DatasetDecide",   "DatasetUse",
        "DatasetOpen",  "TrainingBegin",  "TrainingRecord", "TrainingAttest",  "ModelRegister",
        "ModelDeploy"}) {
    const auto found = trace.operations.find(name);
    ASSERT_NE(found, trace.operations.end()) << name;
    EXPECT_GT(found->second.accepted, 0U) << name;
  }
}

TEST(RootTrace, AnotherSeedIsAnotherHistory) {
  EXPECT_NE(trace::run(1, 5).digest(), trace::run(2, 5).digest());
}

}  // namespace
}  // namespace oort::ledger::test
