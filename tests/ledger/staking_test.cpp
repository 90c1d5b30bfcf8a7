// SPDX-License-Identifier: Apache-2.0
#include "staking_kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "oort/codec/codec.hpp"

namespace oort::ledger::test {
namespace {

using enum PoolState;

NodeId node_id(std::uint8_t number) { return keys_of(number).node_id(); }
crypto::KeyPair creator(std::uint8_t number) {
  return keys_of(static_cast<std::uint8_t>(10 + number));
}
Oort balance(const TestLedger& ledger, const crypto::KeyPair& keys) {
  return ledger.view().account(account_of(keys)).balance;
}
Oort paid_for(const std::vector<Event>& events, Purpose purpose) {
  Oort sum;
  for (const Event& event : events) {
    const auto* change = std::get_if<BalanceChanged>(&event);
    if (change != nullptr && change->purpose == purpose) sum = *sum.plus(change->amount);
  }
  return sum;
}
/// What the fake verifier takes for a proof against a node: its id and a view, zero.
EvidenceSubmit double_vote(std::uint8_t number, std::uint8_t salt) {
  Bytes proof = to_bytes(node_id(number).view());
  proof.push_back(std::byte{0});
  proof.push_back(static_cast<std::byte>(salt));
  return {proof};
}
/// Node 4's pool with 100 OORT of its creator and 100 of the owner.
void make_fourth(TestLedger& ledger) {
  ASSERT_EQ(ledger.send(creator(4), PoolCreate{node_id(4), whole(100), 100'000}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(4), whole(100)}), Rejection::None);
}

TEST(Staking, IsOffWithoutAGenesisOfItsOwn) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(10)}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, BondPost{node_id(1), whole(10)}), Rejection::ModuleOff);
}

TEST(Staking, GenesisRefusesWhatCannotBe) {
  GenesisParams genesis = staking_genesis();
  EXPECT_TRUE(check_genesis(genesis).has_value());
  genesis.pots[0].balance = whole(1);
  EXPECT_FALSE(check_genesis(genesis).has_value());
  genesis = staking_genesis();
  genesis.validators.push_back({node_id(4), 1});
  std::ranges::sort(genesis.validators, {}, &Validator::node);
  EXPECT_FALSE(check_genesis(genesis).has_value());
  StakingParams params = small_staking();
  params.finder_share = 500'001;
  EXPECT_FALSE(check_genesis(staking_genesis(params)).has_value());
}

TEST(Staking, PoolsChangeOnlyAlongTheirStates) {
  const std::vector<PoolState> all = {Pending, Candidate, Witnessing, Offline, Exiting, Exited};
  const std::vector<std::pair<PoolState, PoolState>> legal = {
      {Pending, Candidate},  {Pending, Offline},      {Pending, Exiting},    {Candidate, Pending},
      {Candidate, Offline},  {Candidate, Witnessing}, {Candidate, Exiting},  {Witnessing, Pending},
      {Witnessing, Offline}, {Witnessing, Candidate}, {Witnessing, Exiting}, {Offline, Pending},
      {Offline, Candidate},  {Offline, Exiting},      {Exiting, Exited}};
  for (const PoolState from : all) {
    for (const PoolState to : all) {
      const bool is_legal = std::ranges::find(legal, std::pair(from, to)) != legal.end();
      EXPECT_EQ(may_become(from, to), is_legal)
          << static_cast<int>(from) << " to " << static_cast<int>(to);
    }
  }
}

TEST(Staking, APoolFillsVotesAndLeaves) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(creator(4), PoolCreate{node_id(4), whole(100), 0}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 4).state, Pending);
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(4), whole(100)}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 4).state, Candidate);
  next_epoch(ledger);
  EXPECT_EQ(pool_in(ledger, 4).state, Witnessing);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(4), Oort()}), Rejection::None);
  next_epoch(ledger);
  EXPECT_EQ(pool_in(ledger, 4).state, Pending);
  EXPECT_EQ(ledger.send(creator(4), PoolSetOnline{node_id(4), true}), Rejection::PoolStateWrong);
  ASSERT_EQ(ledger.send(creator(4), PoolSetOnline{node_id(4), false}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 4).state, Offline);
  ASSERT_EQ(ledger.send(creator(4), PoolSetOnline{node_id(4), true}), Rejection::None);
  ASSERT_EQ(ledger.send(creator(4), PoolExit{node_id(4)}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 4).state, Exiting);
  EXPECT_EQ(ledger.send(creator(4), PoolExit{node_id(4)}), Rejection::PoolClosed);
  EXPECT_EQ(ledger.send(ledger.owner, Delegate{node_id(4), whole(100)}), Rejection::PoolClosed);
  const Oort before = balance(ledger, creator(4));
  next_epoch(ledger, 3);
  EXPECT_EQ(pool_in(ledger, 4).state, Exiting);
  next_epoch(ledger);
  EXPECT_EQ(pool_in(ledger, 4).state, Exited);
  EXPECT_EQ(balance(ledger, creator(4)), *before.plus(whole(100)));
  EXPECT_EQ(ledger.send(creator(4), PoolCreate{node_id(4), whole(100), 0}), Rejection::PoolExists);
  expect_staking(ledger.state());
}

TEST(Staking, APoolIsRefusedForEachReason) {
  TestLedger ledger(staking_genesis());
  const auto create = [&](const crypto::KeyPair& sender, std::uint8_t node, Oort stake,
                          std::uint32_t commission) {
    return ledger.send(sender, PoolCreate{node_id(node), stake, commission});
  };
  EXPECT_EQ(create(creator(4), 99, whole(100), 0), Rejection::NodeUnknown);
  EXPECT_EQ(create(ledger.owner, 4, whole(100), 0), Rejection::NodeNotYours);
  EXPECT_EQ(create(creator(5), 5, whole(100), 0), Rejection::PoolNodeInvalid);
  EXPECT_EQ(create(creator(1), 1, whole(100), 0), Rejection::PoolExists);
  EXPECT_EQ(create(creator(4), 4, whole(99), 0), Rejection::StakeTooLow);
  EXPECT_EQ(create(creator(4), 4, whole(100), 1'000'001), Rejection::CommissionInvalid);
  EXPECT_EQ(create(creator(4), 4, whole(100'000), 0), Rejection::BalanceTooLow);
  EXPECT_EQ(ledger.send(ledger.owner, PoolExit{node_id(1)}), Rejection::PoolNotYours);
  EXPECT_EQ(ledger.send(ledger.owner, PoolExit{node_id(4)}), Rejection::PoolUnknown);
  EXPECT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(9)}),
            Rejection::DelegationTooSmall);
  EXPECT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(9)}),
            Rejection::DelegationUnknown);
}

TEST(Staking, CommissionRisesSlowly) {
  TestLedger ledger(staking_genesis());
  const auto set = [&](std::uint32_t commission) {
    return ledger.send(creator(1), PoolSetCommission{node_id(1), commission});
  };
  EXPECT_EQ(set(110'000), Rejection::CommissionTooSoon);
  next_epoch(ledger);
  EXPECT_EQ(set(110'001), Rejection::CommissionInvalid);
  EXPECT_EQ(set(110'000), Rejection::None);
  EXPECT_EQ(set(0), Rejection::CommissionTooSoon);
  next_epoch(ledger);
  EXPECT_EQ(set(0), Rejection::None);
}

TEST(Staking, RewardsFollowStakeAndCommission) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(200)}), Rejection::None);
  const Oort fees = ledger.view().supply().fees;
  next_epoch(ledger);
  // 8 OORT and the fees on 800 OORT of stake: a quarter is the delegation's, less 10 %.
  const auto rewards = *whole(8).plus(fees);
  const auto claimed = ledger.run(ledger.owner, RewardClaim{node_id(1)});
  const Uint128 expected = rewards.units() / 4 - rewards.units() / 40;
  const Uint128 paid = paid_for(claimed.events, Purpose::RewardPaid).units();
  EXPECT_LE(paid, expected);
  EXPECT_GE(paid + 1, expected);
  EXPECT_EQ(ledger.view().pot(Pot::Mining), whole(992));
  expect_staking(ledger.state());
}

TEST(Staking, EmissionHalvesAndEnds) {
  TestLedger ledger(staking_genesis());
  next_epoch(ledger, 16);
  EXPECT_EQ(ledger.view().pot(Pot::Mining), whole(1'000 - 16 * 8));
  next_epoch(ledger, 16);
  EXPECT_EQ(ledger.view().pot(Pot::Mining), whole(1'000 - 16 * 12));
  // However many blocks, however much paid for them: the clock alone decides.
  const Oort before = ledger.view().pot(Pot::Mining);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(ledger.send(ledger.owner, Transfer{account_of(ledger.stranger), Oort(1)}),
              Rejection::None);
  }
  EXPECT_EQ(ledger.view().pot(Pot::Mining), before);
}

TEST(Staking, ALateBlockBeginsOneEpochOnly) {
  TestLedger ledger(staking_genesis());
  const std::uint64_t ends = staking_in(ledger).ends_ms;
  ledger.time_ms = ends + 5'500;
  ledger.pass(1);
  EXPECT_EQ(staking_in(ledger).epoch, 1U);
  EXPECT_EQ(staking_in(ledger).ends_ms, ends + 6'000);
}

TEST(Staking, UnbondingPaysOnce) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(50)}), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(51)}), Rejection::StakeTooLow);
  EXPECT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(45)}),
            Rejection::DelegationTooSmall);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(20)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(20)}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(40));
  next_epoch(ledger, 3);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(40));
  const Oort before = balance(ledger, ledger.owner);
  next_epoch(ledger);
  EXPECT_EQ(balance(ledger, ledger.owner), *before.plus(whole(40)));
  next_epoch(ledger, 5);
  EXPECT_EQ(balance(ledger, ledger.owner), *before.plus(whole(40)));
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), Oort());
}

TEST(Staking, ADoubleVoteCostsJailsAndTheSecondTimeSendsAway) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Undelegate{node_id(1), whole(40)}), Rejection::None);
  const Oort supply = ledger.view().supply().total;
  const auto done = ledger.run(ledger.governor, double_vote(1, 1));
  ASSERT_EQ(done.rejection, Rejection::None);
  // 5 % of 200 own, 160 delegated and 40 leaving: 10, 8 and 2; half of the 10 is the finder's.
  const auto* slashed = find_event<StakeSlashed>(done);
  ASSERT_NE(slashed, nullptr);
  EXPECT_EQ(slashed->burnt, whole(15));
  EXPECT_EQ(slashed->compensated, whole(5));
  EXPECT_EQ(ledger.view().supply().total, *supply.minus(whole(15)));
  EXPECT_EQ(pool_in(ledger, 1).state, Offline);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(38));
  // The truth was free.
  EXPECT_EQ(ledger.last().receipts[0].fee, Oort());
  // The same fault once.
  EXPECT_EQ(ledger.send(ledger.governor, double_vote(1, 1)), Rejection::EvidenceKnown);
  EXPECT_EQ(ledger.send(creator(1), PoolSetOnline{node_id(1), true}), Rejection::PoolJailed);
  next_epoch(ledger, 2);
  ASSERT_EQ(ledger.send(creator(1), PoolSetOnline{node_id(1), true}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 1).state, Candidate);
  const auto again = ledger.run(ledger.governor, double_vote(1, 2));
  ASSERT_EQ(again.rejection, Rejection::None);
  EXPECT_EQ(find_event<StakeSlashed>(again)->share, 100'000U);
  EXPECT_EQ(pool_in(ledger, 1).state, Exiting);
  expect_staking(ledger.state());
}

TEST(Staking, WithoutAPoolEvidenceIsOnlyRecorded) {
  TestLedger ledger(staking_genesis());
  const auto done = ledger.run(ledger.governor, double_vote(5, 1));
  EXPECT_EQ(done.rejection, Rejection::None);
  EXPECT_EQ(done.events.size(), 1U);
}

TEST(Staking, WhatLeftBeforeTheFaultIsNotReached) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(50)}), Rejection::None);
  ledger.consensus_view = oort::View(50);
  next_epoch(ledger);
  Bytes proof = to_bytes(node_id(1).view());
  proof.push_back(std::byte{50});  // Of a view in this epoch.
  ASSERT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(50));
  proof.back() = std::byte{49};  // Of one in the epoch before.
  ASSERT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(45));
}

TEST(Staking, AFaultOfAnEarlierEpochIsOfTheStakeOfItsTime) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(50)}), Rejection::None);
  ledger.consensus_view = oort::View(50);
  next_epoch(ledger);
  // The chain switches a block later, and counts its views from 1 again.
  ledger.epoch = Epoch(1);
  ledger.consensus_view = oort::View(3);
  Bytes proof = to_bytes(node_id(1).view());
  proof.push_back(std::byte{60});  // Of a view that this epoch has not reached.
  proof.push_back(std::byte{0});
  proof.push_back(std::byte{1});
  EXPECT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::EvidenceOutsideWindow);
  proof[34] = std::byte{2};
  EXPECT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::EvidenceOutsideWindow);
  proof[32] = std::byte{2};
  proof[34] = std::byte{1};  // Of this epoch: what left before it is not reached.
  ASSERT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(50));
  proof[32] = std::byte{49};
  proof[34] = std::byte{0};  // Of the one before, though of a higher view.
  ASSERT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(45));
  ledger.epoch = Epoch(5);  // Four epochs of unbonding have passed.
  proof[32] = std::byte{48};
  EXPECT_EQ(ledger.send(ledger.governor, EvidenceSubmit{proof}), Rejection::EvidenceOutsideWindow);
}

TEST(Staking, WhatLeavesAfterASlashIsWhole_G3) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(50)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), Oort()}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.governor, double_vote(1, 1)), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Undelegate{node_id(1), whole(50)}), Rejection::None);
  const Oort owner = balance(ledger, ledger.owner);
  const Oort stranger = balance(ledger, ledger.stranger);
  next_epoch(ledger, 4);
  EXPECT_EQ(balance(ledger, ledger.owner), *owner.plus(Oort(oort_base_units * 475 / 10)));
  EXPECT_EQ(balance(ledger, ledger.stranger), *stranger.plus(whole(50)));
}

TEST(Staking, RedelegatedStakeAnswersForItsSource) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Redelegate{node_id(1), node_id(2), Oort()}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 2).delegated, whole(100));
  EXPECT_EQ(ledger.send(ledger.owner, Redelegate{node_id(2), node_id(3), Oort()}),
            Rejection::RedelegationRunning);
  EXPECT_EQ(ledger.send(ledger.owner, Undelegate{node_id(2), whole(10)}),
            Rejection::RedelegationRunning);
  ASSERT_EQ(ledger.send(ledger.governor, double_vote(1, 1)), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, RewardClaim{node_id(2)}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 2).delegated, whole(95));
  ASSERT_EQ(ledger.send(ledger.owner, RewardClaim{node_id(2)}), Rejection::None);
  EXPECT_EQ(pool_in(ledger, 2).delegated, whole(95));
  next_epoch(ledger, 4);
  ASSERT_EQ(ledger.send(ledger.governor, double_vote(1, 2)), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(2), Oort()}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Unbonding), whole(95));
  expect_staking(ledger.state());
}

TEST(Staking, BondsComeAndGo) {
  TestLedger ledger(staking_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, BondPost{node_id(5), whole(30)}), Rejection::None);
  EXPECT_EQ(ledger.view().node(node_id(5))->bond, whole(40));
  EXPECT_EQ(ledger.send(ledger.owner, BondWithdraw{node_id(5), whole(1)}), Rejection::NodeNotYours);
  EXPECT_EQ(ledger.send(creator(5), BondWithdraw{node_id(5), whole(41)}), Rejection::StakeTooLow);
  ASSERT_EQ(ledger.send(creator(5), BondWithdraw{node_id(5), whole(40)}), Rejection::None);
  const Oort before = balance(ledger, creator(5));
  next_epoch(ledger, 4);
  EXPECT_EQ(balance(ledger, creator(5)), *before.plus(whole(40)));
  expect_staking(ledger.state());
}

TEST(Staking, EveryEpochNamesTheNextValidators) {
  TestLedger ledger(staking_genesis());
  make_fourth(ledger);
  next_epoch(ledger);
  const auto set = ledger.view().validator_set(Epoch(1));
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->validators.size(), 4U);
  for (const Validator& validator : set->validators) {
    // 200 OORT each; what rules is scaled to the same sum, so a quarter of it moves: within the
    // bound, at once.
    EXPECT_EQ(validator.weight, 200U);
  }
  ASSERT_EQ(ledger.send(ledger.governor, double_vote(1, 1)), Rejection::None);
  // Until the chain has switched, what was named stays: a header may say so already.
  next_epoch(ledger);
  EXPECT_EQ(ledger.view().validator_set(Epoch(1)), set);
  EXPECT_FALSE(ledger.view().validator_set(Epoch(2)).has_value());
  ledger.epoch = Epoch(1);
  next_epoch(ledger);
  const auto without = ledger.view().validator_set(Epoch(2));
  ASSERT_TRUE(without.has_value());
  EXPECT_EQ(without->validators.size(), 3U);
  EXPECT_TRUE(std::ranges::none_of(without->validators, [](const Validator& validator) {
    return validator.node == node_id(1);
  }));
}

}  // namespace
}  // namespace oort::ledger::test
