// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/economy_view.hpp"

#include <gtest/gtest.h>

#include "staking_kit.hpp"

namespace oort::ledger::test {
namespace {

NodeId node_id(std::uint8_t number) { return TestLedger::node(number).node_id(); }
AccountId account_of(const crypto::KeyPair& keys) { return crypto::account_of(keys.public_key()); }

TEST(EconomyView, ShowsPoolsInPagesAndCreditedUpToNow) {
  TestLedger ledger(staking_genesis());
  const Pool before = pool_in(ledger, 1);
  next_epoch(ledger, 2);
  const EconomyView view(ledger.state());
  const auto all = view.pools({}, 10);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_LT(all[0].node, all[1].node);
  EXPECT_EQ(view.pools({}, 2).size(), 2U);
  ASSERT_EQ(view.pools(all[2].node, 10).size(), 1U);
  EXPECT_EQ(view.pools(all[2].node, 10)[0].node, all[2].node);
  EXPECT_TRUE(is_zero(pool_in(ledger, 1).creator_owed)) << "no operation touched it";
  EXPECT_GT(view.pool(node_id(1))->creator_owed.high, before.creator_owed.high);
  EXPECT_FALSE(view.pool(node_id(4)));
}

TEST(EconomyView, TheRewardShownIsWhatAClaimPays) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(50)}), Rejection::None);
  next_epoch(ledger, 3);
  const EconomyView view(ledger.state());
  const auto mine = view.delegations_of(account_of(ledger.owner), {}, 10);
  ASSERT_EQ(mine.size(), 1U);
  EXPECT_EQ(mine[0].first, node_id(1));
  const Wide shown = reward_of(*view.pool(node_id(1)), mine[0].second);
  ASSERT_GT(shown.high, 0U);
  const auto claimed = ledger.run(ledger.owner, RewardClaim{node_id(1)});
  const auto* paid = find_event<BalanceChanged>(claimed);
  ASSERT_NE(paid, nullptr);
  EXPECT_EQ(paid->amount, Oort(shown.high));
}

TEST(EconomyView, ListsDelegatorsOfAPoolAndPoolsOfADelegator) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(50)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(2), whole(20)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Delegate{node_id(1), whole(30)}), Rejection::None);
  const EconomyView view(ledger.state());
  const auto of_pool = view.delegations_to(node_id(1), {}, 10);
  ASSERT_EQ(of_pool.size(), 2U);
  const auto second = view.delegations_to(node_id(1), of_pool[1].first, 10);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0], of_pool[1]);
  EXPECT_EQ(view.delegations_of(account_of(ledger.owner), {}, 1).size(), 1U);
  EXPECT_EQ(view.delegations_of(account_of(ledger.owner), {}, 9).size(), 2U);
  EXPECT_TRUE(view.delegations_of(account_of(ledger.governor), {}, 9).empty());
}

TEST(EconomyView, ListsWhatLeavesAlsoWhenAPageSeesOnlyOthers) {
  TestLedger ledger(staking_genesis());
  for (const auto* keys : {&ledger.owner, &ledger.stranger}) {
    ASSERT_EQ(ledger.send(*keys, Delegate{node_id(1), whole(60)}), Rejection::None);
    ASSERT_EQ(ledger.send(*keys, Undelegate{node_id(1), whole(20)}), Rejection::None);
  }
  const EconomyView view(ledger.state());
  const std::uint64_t epoch = staking_in(ledger).epoch;
  for (const auto* keys : {&ledger.owner, &ledger.stranger}) {
    std::vector<Leaver> seen;
    Bytes from;
    std::size_t pages = 0;
    do {
      const auto page = view.leavers(account_of(*keys), from, 10, 1);
      ASSERT_TRUE(page);
      seen.insert(seen.end(), page->leavers.begin(), page->leavers.end());
      from = page->next;
      ++pages;
    } while (!from.empty());
    EXPECT_EQ(pages, 2U) << "one marker a page";
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0], (Leaver{node_id(1), false, epoch + 4, whole(20)}));
  }
  EXPECT_FALSE(view.leavers(account_of(ledger.owner), Bytes(100), 10, 10));
}

TEST(EconomyView, AddsUpEverything) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(60)}), Rejection::None);
  next_epoch(ledger, 2);
  SupplyAudit audit = EconomyView(ledger.state()).audit();
  EXPECT_TRUE(audit.is_conserved());
  EXPECT_EQ(audit.total, ledger.view().supply().total);
  EXPECT_GT(audit.accounts_count, 2U);
  audit.pots = *audit.pots.plus(Oort(1));
  EXPECT_FALSE(audit.is_conserved());
}

TEST(EconomyView, IsEmptyWhereTheModulesAreOff) {
  const TestLedger ledger;
  const EconomyView view(ledger.state());
  EXPECT_FALSE(view.staking_params());
  EXPECT_FALSE(view.staking_state());
  EXPECT_FALSE(view.governance_params());
  EXPECT_TRUE(view.pools({}, 10).empty());
  EXPECT_TRUE(view.proposals(0, 10).empty());
  EXPECT_EQ(view.emission(), Oort());
  EXPECT_TRUE(view.audit().is_conserved());
}

}  // namespace
}  // namespace oort::ledger::test
