// SPDX-License-Identifier: Apache-2.0
#include "campaign_answers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "oort/crypto/hash.hpp"

namespace oort::cli {
namespace {

const CampaignId campaign;
const Bytes32 secret = crypto::sha256(as_bytes(std::string_view("secret")));

AccountId account(std::size_t number) {
  AccountId id;
  id.mutable_view()[0] = static_cast<std::byte>(number + 1);
  return id;
}
std::string sample(std::size_t number) { return "s" + std::to_string(100 + number); }
std::string truth(std::size_t number) { return number % 3 == 0 ? "cat" : "dog"; }
std::string other(const std::string& label) { return label == "cat" ? "dog" : "cat"; }

/// Ten who are right, ten who are wrong together, on forty samples.
std::vector<NamedAnswer> two_camps() {
  std::vector<NamedAnswer> answers;
  for (std::size_t who = 0; who < 20; ++who) {
    for (std::size_t i = 0; i < 40; ++i) {
      answers.push_back({sample(i), account(who), who < 10 ? truth(i) : other(truth(i))});
    }
  }
  return answers;
}
std::vector<GoldLine> gold_of(std::size_t count) {
  std::vector<GoldLine> gold;
  for (std::size_t i = 0; i < count; ++i) gold.push_back({sample(i), truth(i)});
  return gold;
}

TEST(CampaignAnswers, AreReadAsTheyAreWritten) {
  const std::string one = std::string(40, 'a');
  const auto read = parse_answers("sample,account,label\r\nx.png," + one + ",cat\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->front(), (NamedAnswer{"x.png", *AccountId::from_hex(one), "cat"}));
  const auto reason = [](const std::string& text) { return parse_answers(text).error().reason(); };
  EXPECT_EQ(reason("sample,label\n"), "MALFORMED");
  EXPECT_EQ(reason("sample,account,label\n"), "MALFORMED");
  EXPECT_EQ(reason("sample,account,label\nx,nobody,cat\n"), "MALFORMED");
  EXPECT_EQ(reason("sample,account,label\nx," + one + "\n"), "MALFORMED");
  EXPECT_EQ(reason("sample,account,label\n\"x\"," + one + ",cat\n"), "MALFORMED");
  EXPECT_EQ(reason("sample,account,label\nx," + one + ",a\nx," + one + ",b\n"), "ALREADY_EXISTS");
  EXPECT_EQ(parse_gold("sample,label\nx,a\nx,b\n").error().reason(), "ALREADY_EXISTS");
}

TEST(CampaignAnswers, ABatchIsTheSameWhateverOrderItCameIn) {
  std::vector<NamedAnswer> answers = two_camps();
  const BatchTree tree = batch_of(campaign, 1, answers, secret);
  std::ranges::reverse(answers);
  EXPECT_EQ(batch_of(campaign, 1, answers, secret).commit.root, tree.commit.root);
  EXPECT_EQ(tree.commit.contributors, 20U);
  EXPECT_EQ(tree.commit.answers, 800U);
  for (std::size_t i = 0; i < tree.contributions.size(); ++i) {
    EXPECT_TRUE(
        ledger::verify_contribution(tree.commit.root, tree.path(i),
                                    ledger::contribution_leaf(campaign, 1, tree.contributions[i])));
  }
  // Another secret makes other pseudonyms, another label another root.
  const Bytes32 another = crypto::sha256(as_bytes(std::string_view("another")));
  EXPECT_NE(batch_of(campaign, 1, answers, another).contributions[0].pseudonym,
            tree.contributions[0].pseudonym);
  answers[0].label = "bird";
  EXPECT_NE(batch_of(campaign, 1, answers, secret).commit.root, tree.commit.root);
}

TEST(CampaignAnswers, GoldTellsTheCampsApart) {
  const std::vector<std::vector<NamedAnswer>> batches = {two_camps()};
  const std::vector<BatchTree> trees = {batch_of(campaign, 1, batches[0], secret)};
  const auto settled =
      settle_answers(batches, trees, gold_of(12), ledger::CampaignMethod::Majority);
  ASSERT_TRUE(settled) << settled.error().to_string();
  EXPECT_EQ(settled->screened_out_count, 10U);
  EXPECT_EQ(settled->gold_accuracy_ppm, 1'000'000U);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto place = static_cast<std::size_t>(std::ranges::find(settled->samples, sample(i)) -
                                                settled->samples.begin());
    EXPECT_EQ(settled->labels[settled->verdicts[place].label], truth(i));
  }
  for (std::size_t i = 0; i < trees[0].contributions.size(); ++i) {
    const bool is_right = trees[0].contributions[i].account < account(10);
    EXPECT_EQ(settled->accepted[0][i], is_right ? 40U : 0U);
  }
  EXPECT_EQ(settle_answers(batches, trees, {{"nowhere", "cat"}}, ledger::CampaignMethod::Majority)
                .error()
                .reason(),
            "BAD_ARGUMENT");
}

TEST(CampaignAnswers, GoldThatNobodySawCountsForNothing) {
  const std::vector<std::vector<NamedAnswer>> batches = {two_camps()};
  const std::vector<BatchTree> trees = {batch_of(campaign, 1, batches[0], secret)};
  const auto settle = [&](const std::vector<GoldLine>& gold) {
    return settle_answers(batches, trees, gold, ledger::CampaignMethod::Majority);
  };
  std::vector<GoldLine> gold = gold_of(12);
  const auto plain = settle(gold);
  gold.push_back({"unseen", "bird"});
  const auto settled = settle(gold);
  ASSERT_TRUE(plain && settled);
  EXPECT_EQ(plain->gold_unseen_count, 0U);
  EXPECT_EQ(settled->gold_unseen_count, 1U);
  EXPECT_EQ(settled->digest, plain->digest);
  EXPECT_EQ(settled->gold_accuracy_ppm, plain->gold_accuracy_ppm);
  EXPECT_EQ(settled->labels, plain->labels);

  // A label that everybody missed is one nevertheless, and what is known is not asked of a crowd.
  gold.back() = {sample(20), "bird"};
  const auto missed = settle(gold);
  ASSERT_TRUE(missed) << missed.error().to_string();
  EXPECT_EQ(missed->labels, (std::vector<std::string>{"bird", "cat", "dog"}));
  EXPECT_EQ(missed->labels[missed->verdicts[20].label], "bird");
}

TEST(CampaignAnswers, PayoutsHoldSoManyLinesEachAndAscend) {
  const BatchTree tree = batch_of(campaign, 1, two_camps(), secret);
  std::vector<std::uint32_t> accepted(20, 3);
  accepted[4] = 0;
  const auto payouts = payouts_of(tree, accepted, secret);
  ASSERT_EQ(payouts.size(), 2U);
  EXPECT_EQ(payouts[0].lines.size(), ledger::payout_lines_max);
  EXPECT_EQ(payouts[1].lines.size(), 3U);
  for (const ledger::PayoutPost& payout : payouts) {
    EXPECT_TRUE(std::ranges::is_sorted(payout.lines, {}, [](const ledger::PayoutLine& line) {
      return line.contribution.pseudonym;
    }));
  }
}

}  // namespace
}  // namespace oort::cli
