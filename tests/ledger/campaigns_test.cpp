// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "datahub_kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger::test {
namespace {

Uint128 unit_price() { return oort_base_units / 10; }
/// What of `answers` reaches a contributor: the take is 10 %.
Oort net(std::uint64_t answers) { return Oort(answers * unit_price() * 9 / 10); }

TEST(Campaigns, AreOffWithoutTheirGenesis) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, CampaignOpen{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, CampaignClose{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, ConsentGive{}), Rejection::ModuleOff);
  GenesisParams genesis = datahub_genesis();
  std::erase_if(genesis.modules,
                [](const GenesisModule& module) { return module.module == Module::Market; });
  EXPECT_EQ(check_genesis(genesis).error().reason(), "BAD_ARGUMENT");
}

TEST(Campaigns, TheWholeWayPaysEverybodyOnce_D1_D2_D3) {
  TestCampaign test;
  const CampaignId id = test.open();
  const TestBatch batch(id, 1, {5, 3, 2});
  TestLedger& ledger = test.ledger;
  ASSERT_EQ(ledger.send(ledger.owner, batch.commit()), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, StageOpen{id, 1, digest("answers")}), Rejection::None);
  const TestBatch second(id, 2, {4});
  ASSERT_EQ(ledger.send(ledger.owner, second.commit()), Rejection::None);
  EXPECT_EQ(test.view().batch(id, 2)->stage, 2U);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignClose{id}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, test.result(id)), Rejection::None);

  const auto before = ledger.view().account(account_of(contributor(1))).balance;
  ASSERT_EQ(ledger.send(ledger.owner, batch.payout({4, 3, 0})), Rejection::None);
  // Four fifths now; the rest waits.
  EXPECT_EQ(ledger.view().account(account_of(contributor(1))).balance,
            *before.plus(Oort(net(4).units() * 4 / 5)));
  EXPECT_EQ(ledger.send(ledger.owner, batch.payout({4, 0, 0})), Rejection::PayKnown);
  expect_campaigns(ledger.state());

  EXPECT_EQ(ledger.send(ledger.owner, batch.release({0})), Rejection::HoldbackTooEarly);
  EXPECT_EQ(ledger.send(ledger.owner, CampaignSettle{id}), Rejection::SettleTooEarly);
  test.wait(appeal_ms);
  EXPECT_EQ(ledger.send(ledger.owner, CampaignSettle{id}), Rejection::HoldbackLeft);
  ASSERT_EQ(ledger.send(ledger.stranger, batch.release({0, 1})), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.stranger, batch.release({0})), Rejection::NothingHeld);
  EXPECT_EQ(ledger.view().account(account_of(contributor(1))).balance, *before.plus(net(4)));
  ASSERT_EQ(ledger.send(ledger.stranger, CampaignSettle{id}), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.stranger, CampaignSettle{id}), Rejection::CampaignStatusWrong);
  expect_campaigns(ledger.state());
  EXPECT_EQ(test.campaign(id).paid, Units(7 * unit_price()));
  EXPECT_FALSE(ledger.view().escrow(test.campaign(id).escrow).has_value());
}

TEST(Campaigns, OpeningIsRefusedForEachReason) {
  TestCampaign test;
  const auto refused = [&](auto change) {
    CampaignOpen open = test.open_operation();
    change(open);
    return test.ledger.send(test.ledger.owner, open);
  };
  const auto field = Rejection::CampaignFieldInvalid;
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.price = Units(); }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.overlap = 0; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.overlap = 101; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.gold_share = 1'000'001; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.holdback = 500'001; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.appeal_ms = 0; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.terms.reviewer = open.terms.steward; }), field);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.budget = Units(); }),
            Rejection::EscrowFieldInvalid);
  EXPECT_EQ(refused([](CampaignOpen& open) { open.budget = Units(~Uint128{0}); }),
            Rejection::BalanceTooLow);
  EXPECT_EQ(refused([](CampaignOpen&) {}), Rejection::None);
  EXPECT_EQ(refused([](CampaignOpen&) {}), Rejection::CampaignExists);
}

/// In each state, what may be done and what may not.
TEST(Campaigns, EveryIllegalTransitionIsRefused_D4) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = test.open();
  const TestBatch batch(id, 1, {5, 3});
  const auto wrong = Rejection::CampaignStatusWrong;
  const auto send = [&](const Operation& operation) {
    return ledger.send(ledger.owner, operation);
  };
  const CampaignPause pause{id, true};
  const CampaignPause resume{id, false};
  const GoldCommit gold{id, digest("gold"), 1};
  const auto expect_no_settlement = [&] {
    EXPECT_EQ(send(test.result(id)), wrong);
    EXPECT_EQ(send(batch.payout({1, 1})), wrong);
    EXPECT_EQ(send(batch.appeal(0, 1)), wrong);
    EXPECT_EQ(send(AppealVote{id, 1, digest("x"), 0}), wrong);
    EXPECT_EQ(send(AppealExpire{id, 1, digest("x")}), wrong);
    EXPECT_EQ(send(batch.release({0})), wrong);
    EXPECT_EQ(send(CampaignSettle{id}), wrong);
  };
  // Open.
  EXPECT_EQ(send(resume), wrong);
  expect_no_settlement();
  EXPECT_EQ(send(StageOpen{id, 1, {}}), Rejection::StageWrong);
  ASSERT_EQ(send(pause), Rejection::None);
  // Paused.
  EXPECT_EQ(send(pause), wrong);
  EXPECT_EQ(send(batch.commit()), wrong);
  EXPECT_EQ(send(gold), wrong);
  expect_no_settlement();
  ASSERT_EQ(send(resume), Rejection::None);
  ASSERT_EQ(send(batch.commit()), Rejection::None);
  EXPECT_EQ(send(gold), Rejection::GoldKnown);
  ASSERT_EQ(send(CampaignClose{id}), Rejection::None);
  // Closed.
  const auto expect_no_work = [&] {
    for (const Operation& operation :
         {Operation(pause), Operation(resume), Operation(CampaignClose{id}), Operation(gold),
          Operation(batch.commit()), Operation(StageOpen{id, 1, {}}),
          Operation(ConsentGive{id, digest("receipt")})}) {
      EXPECT_EQ(send(operation), wrong) << name_of(operation);
    }
  };
  expect_no_work();
  test.wait(2 * appeal_ms);
  ASSERT_EQ(send(CampaignSettle{id}), Rejection::None);
  // Settled.
  expect_no_work();
  expect_no_settlement();
}

TEST(Campaigns, OnlyThoseWhosePartItIsMayAct_D4) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = test.open();
  const TestBatch batch(id, 1, {5, 3});
  const auto other = [&](const Operation& operation) {
    return ledger.send(contributor(4), operation);
  };
  const auto not_yours = Rejection::CampaignNotYours;
  EXPECT_EQ(other(CampaignPause{id, true}), not_yours);
  EXPECT_EQ(other(CampaignClose{id}), not_yours);
  EXPECT_EQ(other(GoldCommit{id, digest("gold"), 1}), not_yours);
  EXPECT_EQ(other(batch.commit()), not_yours);
  ASSERT_EQ(ledger.send(ledger.owner, batch.commit()), Rejection::None);
  EXPECT_EQ(other(StageOpen{id, 1, {}}), not_yours);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignClose{id}), Rejection::None);
  EXPECT_EQ(other(test.result(id)), not_yours);
  ASSERT_EQ(ledger.send(ledger.owner, test.result(id)), Rejection::None);
  EXPECT_EQ(other(batch.payout({1, 1})), not_yours);
  EXPECT_EQ(other(batch.appeal(0, 1)), not_yours);
  ASSERT_EQ(ledger.send(contributor(1), batch.appeal(0, 1)), Rejection::None);
  EXPECT_EQ(other(AppealVote{id, 1, batch.contribution(0).pseudonym, 0}), not_yours);
  EXPECT_EQ(other(CampaignClose{CampaignId()}), Rejection::CampaignUnknown);
}

TEST(Campaigns, ABatchIsRefusedForEachReason_D5) {
  TestCampaign test;
  const CampaignId id = test.open();
  const TestBatch batch(id, 1, {5, 3});
  const auto refused = [&](auto change) {
    BatchCommit commit = batch.commit();
    change(commit);
    return test.ledger.send(test.ledger.owner, commit);
  };
  const auto field = Rejection::BatchFieldInvalid;
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.number = 2; }), field);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.root = {}; }), field);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.not_before = {}; }), field);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.contributors = 0; }), field);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.contributors = 9; }), field);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.consent = {}; }), Rejection::ConsentWrong);
  // The escrow holds the price of a hundred answers.
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.answers = 101; }), Rejection::EscrowTooLow);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.answers = 100; }), Rejection::None);
  EXPECT_EQ(refused([](BatchCommit& commit) { commit.number = 2; }), Rejection::EscrowTooLow);
}

TEST(Campaigns, AStageEndsInALaterBlockThanItsLastBatch_D5) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = test.open();
  const TestBatch batch(id, 1, {5});
  const StageOpen open{id, 1, digest("answers")};
  ledger.block({ledger.make(ledger.owner, {{batch.commit(), {}}, {open, {}}})});
  EXPECT_EQ(ledger.last().receipts.at(0).operations.at(1).rejection, Rejection::StageTooEarly);
  EXPECT_EQ(ledger.send(ledger.owner, StageOpen{id, 2, {}}), Rejection::StageWrong);
  ASSERT_EQ(ledger.send(ledger.owner, open), Rejection::None);
  EXPECT_EQ(test.view().stage_end(id, 1)->answers, digest("answers"));
  EXPECT_EQ(ledger.send(ledger.owner, open), Rejection::StageWrong);
}

TEST(Campaigns, GoldIsFixedBeforeTheFirstBatchAndShownWithTheResult_D6) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  CampaignOpen open = test.open_operation();
  open.terms.gold_share = 100'000;
  ASSERT_EQ(ledger.send(ledger.owner, open), Rejection::None);
  const CampaignId id = campaign_id_of(account_of(ledger.owner), open.nonce);
  const TestBatch batch(id, 1, {5});
  EXPECT_EQ(ledger.send(ledger.owner, batch.commit()), Rejection::GoldMissing);
  const Bytes32 root = digest("gold root");
  const Bytes32 salt = digest("salt");
  EXPECT_EQ(ledger.send(ledger.owner, GoldCommit{id, {}, 1}), Rejection::GoldWrong);
  const GoldCommit gold{id, gold_commitment(salt, root), 7};
  ASSERT_EQ(ledger.send(ledger.owner, gold), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, gold), Rejection::GoldKnown);
  ASSERT_EQ(ledger.send(ledger.owner, batch.commit()), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignClose{id}), Rejection::None);
  const auto post = [&](const Bytes32& shown, const Bytes32& with) {
    return ledger.send(ledger.owner, ResultPost{id, digest("result"), shown, with});
  };
  EXPECT_EQ(post(digest("other"), salt), Rejection::GoldWrong);
  EXPECT_EQ(post(root, digest("other")), Rejection::GoldWrong);
  EXPECT_EQ(post({}, {}), Rejection::GoldWrong);
  EXPECT_EQ(ledger.send(ledger.owner, batch.payout({1})), Rejection::ResultWrong);
  ASSERT_EQ(post(root, salt), Rejection::None);
  EXPECT_EQ(post(root, salt), Rejection::ResultKnown);
  EXPECT_EQ(test.campaign(id).gold_root, root);
}

TEST(Campaigns, ResultsAndPayoutsHaveTheirWindows_D4) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId late = test.open(1);
  const TestBatch batch(late, 1, {5, 3});
  ASSERT_EQ(ledger.send(ledger.owner, batch.commit()), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignClose{late}), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, ResultPost{late, {}, {}, {}}), Rejection::ResultWrong);
  EXPECT_EQ(ledger.send(ledger.owner, ResultPost{late, digest("r"), digest("g"), {}}),
            Rejection::GoldWrong);
  EXPECT_EQ(ledger.send(contributor(1), batch.appeal(0, 1)), Rejection::AppealOutsideWindow);
  test.wait(appeal_ms);
  EXPECT_EQ(ledger.send(ledger.owner, test.result(late)), Rejection::ResultLate);
  // Who never got a result may appeal, and the silence of both judges pays.
  ASSERT_EQ(ledger.send(contributor(1), batch.appeal(0, 5)), Rejection::None);
  test.wait(appeal_ms);
  EXPECT_EQ(ledger.send(contributor(2), batch.appeal(1, 1)), Rejection::AppealOutsideWindow);
  const auto before = ledger.view().account(account_of(contributor(1))).balance;
  ASSERT_EQ(ledger.send(contributor(3), AppealExpire{late, 1, batch.contribution(0).pseudonym}),
            Rejection::None);
  EXPECT_EQ(ledger.view().account(account_of(contributor(1))).balance, *before.plus(net(5)));
  expect_campaigns(ledger.state());

  const CampaignId id = campaign_id_of(account_of(ledger.owner), 2);
  const TestBatch other(id, 1, {5, 3});
  test.with_result(other, 2);
  PayoutPost wrong = other.payout({5, 3});
  wrong.result = digest("another");
  EXPECT_EQ(ledger.send(ledger.owner, wrong), Rejection::ResultWrong);
  test.wait(appeal_ms);
  EXPECT_EQ(ledger.send(ledger.owner, other.payout({5, 3})), Rejection::PayoutLate);
}

TEST(Campaigns, APayoutIsRefusedForEachReason_D2) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = campaign_id_of(account_of(ledger.owner), 1);
  const TestBatch batch(id, 1, {5, 3, 2});
  test.with_result(batch);
  const auto refused = [&](auto change) {
    PayoutPost payout = batch.payout({5, 3, 2});
    change(payout);
    return ledger.send(ledger.owner, payout);
  };
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.batch = 2; }), Rejection::BatchUnknown);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines.clear(); }), Rejection::PayoutInvalid);
  EXPECT_EQ(refused([](PayoutPost& payout) { std::ranges::reverse(payout.lines); }),
            Rejection::PayoutInvalid);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[1] = payout.lines[0]; }),
            Rejection::PayoutInvalid);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].accepted = 0; }),
            Rejection::AnswersExceeded);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].accepted = 6; }),
            Rejection::AnswersExceeded);
  // Everything that the leaf holds is the root's word: another account is another leaf.
  const auto wrong = Rejection::ContributionWrong;
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].contribution.account = {}; }), wrong);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].contribution.answers += 1; }), wrong);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].contribution.answers_root = {}; }),
            wrong);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].path.count = 4; }), wrong);
  EXPECT_EQ(refused([](PayoutPost& payout) { payout.lines[0].path.siblings.pop_back(); }), wrong);
  EXPECT_EQ(refused([](PayoutPost&) {}), Rejection::None);
  expect_campaigns(ledger.state());
}

TEST(Campaigns, AnAppealIsJudgedByBothOrByTheClock_D7) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = campaign_id_of(account_of(ledger.owner), 1);
  const TestBatch batch(id, 1, {5, 3, 2});
  test.with_result(batch);
  ASSERT_EQ(ledger.send(ledger.owner, batch.payout({2, 0, 2})), Rejection::None);
  EXPECT_EQ(ledger.send(contributor(1), batch.appeal(0, 0)), Rejection::AnswersExceeded);
  EXPECT_EQ(ledger.send(contributor(1), batch.appeal(0, 4)), Rejection::AnswersExceeded);
  ASSERT_EQ(ledger.send(contributor(1), batch.appeal(0, 3)), Rejection::None);
  EXPECT_EQ(ledger.send(contributor(1), batch.appeal(0, 1)), Rejection::AppealKnown);
  ASSERT_EQ(ledger.send(contributor(2), batch.appeal(1, 3)), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, batch.payout({0, 3, 0})), Rejection::AppealKnown);
  expect_campaigns(ledger.state());

  const auto vote = [&](const crypto::KeyPair& judge, std::size_t place, std::uint32_t granted) {
    return ledger.send(judge, AppealVote{id, 1, batch.contribution(place).pseudonym, granted});
  };
  EXPECT_EQ(vote(ledger.owner, 0, 4), Rejection::AnswersExceeded);
  EXPECT_EQ(vote(ledger.owner, 2, 0), Rejection::AppealUnknown);
  ASSERT_EQ(vote(ledger.owner, 0, 0), Rejection::None);
  ASSERT_EQ(vote(ledger.stranger, 0, 2), Rejection::None);
  EXPECT_EQ(test.view().appeal(id, 1, batch.contribution(0).pseudonym)->status, AppealStatus::Open);
  EXPECT_EQ(ledger.send(ledger.owner, AppealExpire{id, 1, batch.contribution(0).pseudonym}),
            Rejection::AppealOutsideWindow);
  const auto before = ledger.view().account(account_of(contributor(1))).balance;
  ASSERT_EQ(vote(ledger.owner, 0, 2), Rejection::None);
  EXPECT_EQ(vote(ledger.owner, 0, 2), Rejection::AppealUnknown);
  EXPECT_EQ(ledger.view().account(account_of(contributor(1))).balance, *before.plus(net(2)));
  expect_campaigns(ledger.state());

  // The other two judges never agreed.
  ASSERT_EQ(vote(ledger.owner, 1, 0), Rejection::None);
  test.wait(appeal_ms);
  EXPECT_EQ(vote(ledger.stranger, 1, 0), Rejection::AppealOutsideWindow);
  EXPECT_EQ(ledger.send(ledger.owner, CampaignSettle{id}), Rejection::AppealRunning);
  ASSERT_EQ(ledger.send(ledger.owner, batch.release({0, 2})), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, AppealExpire{id, 1, batch.contribution(1).pseudonym}),
            Rejection::None);
  const auto paid = test.view().pay(id, 1, batch.contribution(1).pseudonym);
  ASSERT_TRUE(paid) << "silence of the judges pays all that was claimed";
  EXPECT_EQ(paid->accepted, 3U);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignSettle{id}), Rejection::None);
  expect_campaigns(ledger.state());
}

TEST(Campaigns, WhatIsHeldBackWaitsForAnAppeal_D7) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = campaign_id_of(account_of(ledger.owner), 1);
  const TestBatch batch(id, 1, {5});
  test.with_result(batch);
  ASSERT_EQ(ledger.send(ledger.owner, batch.payout({2})), Rejection::None);
  test.wait(appeal_ms - 1);
  ASSERT_EQ(ledger.send(contributor(1), batch.appeal(0, 3)), Rejection::None);
  test.wait(1);
  EXPECT_EQ(ledger.send(ledger.owner, batch.release({0})), Rejection::AppealRunning);
  test.wait(appeal_ms);
  ASSERT_EQ(ledger.send(ledger.owner, AppealExpire{id, 1, batch.contribution(0).pseudonym}),
            Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, batch.release({0})), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, batch.release({0})), Rejection::NothingHeld);
  ASSERT_EQ(ledger.send(ledger.owner, CampaignSettle{id}), Rejection::None);
}

TEST(Campaigns, ConsentIsGivenAndWithdrawn_D8) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  const CampaignId id = test.open();
  EXPECT_EQ(ledger.send(contributor(1), ConsentWithdraw{id}), Rejection::ConsentUnknown);
  ASSERT_EQ(ledger.send(contributor(1), ConsentGive{id, digest("receipt")}), Rejection::None);
  EXPECT_EQ(ledger.send(contributor(1), ConsentGive{id, digest("other")}), Rejection::ConsentKnown);
  ASSERT_EQ(ledger.send(contributor(1), ConsentWithdraw{id}), Rejection::None);
  EXPECT_EQ(ledger.send(contributor(1), ConsentWithdraw{id}), Rejection::ConsentUnknown);
  EXPECT_NE(test.view().consent(id, account_of(contributor(1)))->withdrawn_ms, 0U);
  EXPECT_EQ(ledger.send(contributor(1), ConsentGive{id, digest("again")}), Rejection::None);
}

TEST(Campaigns, ACampaignInCreditsPaysInOort_D1) {
  TestCampaign test;
  TestLedger& ledger = test.ledger;
  CampaignOpen open = test.open_operation();
  open.currency = Currency::Credits;
  open.terms.price = Units(credit);
  open.budget = Units(100 * credit);
  ASSERT_EQ(ledger.send(ledger.owner, open), Rejection::None);
  const CampaignId id = campaign_id_of(account_of(ledger.owner), open.nonce);
  const TestBatch batch(id, 1, {10});
  for (const Operation& operation :
       {Operation(batch.commit()), Operation(CampaignClose{id}), Operation(test.result(id))}) {
    ASSERT_EQ(ledger.send(ledger.owner, operation), Rejection::None);
  }
  const auto before = ledger.view().account(account_of(contributor(1))).balance;
  ASSERT_EQ(ledger.send(ledger.owner, batch.payout({10})), Rejection::None);
  // Ten credits at 0.2 OORT, a fifth held back, a tenth taken.
  EXPECT_EQ(ledger.view().account(account_of(contributor(1))).balance,
            *before.plus(Oort(oort_base_units * 2 * 4 / 5 * 9 / 10)));
  expect_campaigns(ledger.state());
}

TEST(Campaigns, APathIsTheOneOfRfc6962_D2) {
  for (std::uint32_t count = 1; count <= 17; ++count) {
    std::vector<Bytes32> leaves;
    for (std::uint32_t i = 0; i < count; ++i) leaves.push_back(digest(std::to_string(i)));
    const Bytes32 root = datahub::sample_root(leaves);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto proof = datahub::prove_sample(leaves, i);
      const ContributionPath path{proof.index, proof.count, proof.path};
      EXPECT_TRUE(verify_contribution(root, path, leaves[i]));
      for (std::uint32_t other = 0; other < count + 2; ++other) {
        const ContributionPath moved{other, proof.count, proof.path};
        EXPECT_EQ(verify_contribution(root, moved, leaves[i]), other == i) << count;
      }
    }
  }
}

TEST(Campaigns, RecordsFitAKibibyte_D9) {
  DatasetVersion version;
  version.name.assign(artefact_name_bytes_max, 'a');
  version.licence.assign(licence_bytes_max, 'a');
  version.campaigns.resize(dataset_campaigns_max);
  version.parents.resize(dataset_parents_max);
  EXPECT_LE(codec::to_bytes(version).size(), 1024U);
  Training training;
  training.terms.datasets.resize(training_inputs_max);
  training.terms.base = ModelId();
  training.result = TrainingResult();
  EXPECT_LE(codec::to_bytes(training).size(), 1024U);
  EXPECT_LE(codec::to_bytes(Campaign()).size(), 1024U);
  EXPECT_LE(codec::to_bytes(Batch()).size(), 1024U);
}

}  // namespace
}  // namespace oort::ledger::test
