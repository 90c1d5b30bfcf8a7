// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "oort/codec/codec.hpp"
#include "oort/ledger/governance_keys.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "staking_kit.hpp"

namespace oort::ledger::test {
namespace {

using enum VoteOption;

NodeId node_id(std::uint8_t number) { return keys_of(number).node_id(); }
crypto::KeyPair creator(std::uint8_t number) {
  return keys_of(static_cast<std::uint8_t>(10 + number));
}

GovernanceParams small_governance() {
  GovernanceParams params;
  params.deposit_min = whole(50);
  params.deposit_epochs = 2;
  params.voting_epochs = 2;
  params.delay = 3;
  return params;
}
/// Three witnesses of 200 OORT each; 100 OORT in the treasury.
GenesisParams governed_genesis() {
  GenesisParams genesis = staking_genesis();
  genesis.pots.push_back({Pot::Treasury, whole(100)});
  genesis.modules.push_back({Module::Governance, codec::to_bytes(small_governance())});
  return genesis;
}

Proposal proposal_in(const TestLedger& ledger, ProposalId id) {
  return read_record<Proposal>(ledger.state(), keys::proposal(id)).value();
}
ProposalState state_of(const TestLedger& ledger, ProposalId id) {
  return proposal_in(ledger, id).state;
}
Rejection propose(TestLedger& ledger, ProposalAction action, Oort deposit = whole(50)) {
  return ledger.send(ledger.owner, ProposalSubmit{"why", std::move(action), deposit});
}
Rejection vote(TestLedger& ledger, const crypto::KeyPair& voter, std::uint8_t pool,
               VoteOption option, ProposalId id = 1) {
  return ledger.send(voter, VoteCast{id, node_id(pool), option});
}
/// Two creators of three are for it.
void pass(TestLedger& ledger, ProposalId id = 1) {
  EXPECT_EQ(vote(ledger, creator(1), 1, Yes, id), Rejection::None);
  EXPECT_EQ(vote(ledger, creator(2), 2, Yes, id), Rejection::None);
  next_epoch(ledger, 2);
  EXPECT_EQ(state_of(ledger, id), ProposalState::Passed);
  ledger.pass(3);
}

TEST(Governance, IsOffWithoutAGenesisOfItsOwn) {
  TestLedger ledger(staking_genesis());
  EXPECT_EQ(propose(ledger, TextAction{}), Rejection::ModuleOff);
  EXPECT_EQ(vote(ledger, creator(1), 1, Yes), Rejection::ModuleOff);
  GenesisParams genesis = small_genesis();
  genesis.modules = {{Module::Governance, codec::to_bytes(small_governance())}};
  EXPECT_FALSE(check_genesis(genesis).has_value());
}

TEST(Governance, AParameterChangesAfterTheVoteAndTheDelay_H3) {
  TestLedger ledger(governed_genesis());
  Params params = ledger.view().params();
  params.undo_window = 77;
  ASSERT_EQ(propose(ledger, ParamsAction{params}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::Deposits), whole(50));
  ASSERT_EQ(vote(ledger, creator(1), 1, Yes), Rejection::None);
  ASSERT_EQ(vote(ledger, creator(2), 2, Yes), Rejection::None);
  next_epoch(ledger, 2);
  EXPECT_EQ(state_of(ledger, 1), ProposalState::Passed);
  EXPECT_EQ(ledger.view().pot(Pot::Deposits), Oort());
  ledger.pass(2);
  EXPECT_NE(ledger.view().params().undo_window, 77U);
  ledger.pass(2);
  EXPECT_EQ(state_of(ledger, 1), ProposalState::Executed);
  EXPECT_EQ(ledger.view().params().undo_window, 77U);
}

TEST(Governance, ModulesTakeTheirParametersAndTheTreasuryPays_H3) {
  TestLedger ledger(governed_genesis());
  StakingParams staking = small_staking();
  staking.delegation_min = whole(20);
  ASSERT_EQ(propose(ledger, ModuleParamsAction{Module::Staking, codec::to_bytes(staking)}),
            Rejection::None);
  pass(ledger);
  EXPECT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(15)}),
            Rejection::DelegationTooSmall);
  ASSERT_EQ(propose(ledger, SpendAction{account_of(ledger.stranger), whole(100)}), Rejection::None);
  const Oort before = ledger.view().account(account_of(ledger.stranger)).balance;
  pass(ledger, 2);
  EXPECT_EQ(ledger.view().account(account_of(ledger.stranger)).balance, *before.plus(whole(100)));
  EXPECT_EQ(ledger.view().pot(Pot::Treasury), Oort());
  const Height far(ledger.height().value() + 1000);
  ASSERT_EQ(propose(ledger, UpgradeAction{"v2", far}), Rejection::None);
  pass(ledger, 3);
  EXPECT_EQ(read_record<Upgrade>(ledger.state(), keys::upgrade()), (Upgrade{"v2", far}));
}

TEST(Governance, TheMarketTakesItsParameters_H3) {
  GenesisParams genesis = governed_genesis();
  MarketGenesis market = market_of(market_genesis());
  market.credits.clear();
  genesis.modules.push_back({Module::Market, codec::to_bytes(market)});
  TestLedger ledger(genesis);
  MarketParams params = market.params;
  params.discount = params.take + 1;
  EXPECT_EQ(propose(ledger, ModuleParamsAction{Module::Market, codec::to_bytes(params)}),
            Rejection::ProposalInvalid);
  params.discount = params.take;
  ASSERT_EQ(propose(ledger, ModuleParamsAction{Module::Market, codec::to_bytes(params)}),
            Rejection::None);
  pass(ledger);
  EXPECT_EQ(ledger.view().market_params(), params);
}

TEST(Governance, TheImpossibleIsRefusedOrFails_H3) {
  TestLedger ledger(governed_genesis());
  EXPECT_EQ(propose(ledger, ModuleParamsAction{Module::Staking, to_bytes("x")}),
            Rejection::ProposalInvalid);
  EXPECT_EQ(propose(ledger, ModuleParamsAction{Module::Market, {}}), Rejection::ProposalInvalid);
  EXPECT_EQ(propose(ledger, SpendAction{account_of(ledger.owner), whole(101)}),
            Rejection::ProposalInvalid);
  EXPECT_EQ(propose(ledger, UpgradeAction{"V 2", Height(1000)}), Rejection::ProposalInvalid);
  EXPECT_EQ(propose(ledger, UpgradeAction{"v2", Height(1)}), Rejection::ProposalInvalid);
  // Two that spend the same hundred: the second passes and cannot be carried out.
  ASSERT_EQ(propose(ledger, SpendAction{account_of(ledger.owner), whole(80)}), Rejection::None);
  ASSERT_EQ(propose(ledger, SpendAction{account_of(ledger.owner), whole(80)}), Rejection::None);
  EXPECT_EQ(vote(ledger, creator(1), 1, Yes, 2), Rejection::None);
  EXPECT_EQ(vote(ledger, creator(2), 2, Yes, 2), Rejection::None);
  pass(ledger);
  EXPECT_EQ(state_of(ledger, 1), ProposalState::Executed);
  EXPECT_EQ(state_of(ledger, 2), ProposalState::Failed);
}

TEST(Governance, ADepositThatStaysTooSmallGoesToTheMiningPot_H1) {
  TestLedger ledger(governed_genesis());
  ASSERT_EQ(propose(ledger, TextAction{}, whole(20)), Rejection::None);
  EXPECT_EQ(vote(ledger, creator(1), 1, Yes), Rejection::ProposalStateWrong);
  ASSERT_EQ(propose(ledger, TextAction{}, whole(20)), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, ProposalDeposit{2, whole(30)}), Rejection::None);
  EXPECT_EQ(state_of(ledger, 2), ProposalState::Voting);
  EXPECT_EQ(ledger.send(ledger.stranger, ProposalDeposit{2, whole(30)}),
            Rejection::ProposalStateWrong);
  EXPECT_EQ(ledger.send(ledger.stranger, ProposalDeposit{9, whole(30)}),
            Rejection::ProposalUnknown);
  const Oort before = ledger.view().pot(Pot::Mining);
  next_epoch(ledger, 2);
  EXPECT_EQ(state_of(ledger, 1), ProposalState::Rejected);
  // Nobody voted on the second: both deposits are gone, and two epochs emitted eight OORT each.
  EXPECT_EQ(state_of(ledger, 2), ProposalState::Rejected);
  EXPECT_EQ(*ledger.view().pot(Pot::Mining).plus(whole(16)), *before.plus(whole(70)));
  EXPECT_EQ(ledger.view().pot(Pot::Deposits), Oort());
}

TEST(Governance, QuorumThresholdAndVetoDecide_H2) {
  const auto outcome = [](std::optional<VoteOption> first, std::optional<VoteOption> second,
                          std::optional<VoteOption> third) {
    TestLedger ledger(governed_genesis());
    EXPECT_EQ(propose(ledger, TextAction{}), Rejection::None);
    const std::array said = {first, second, third};
    for (std::uint8_t i = 0; i < said.size(); ++i) {
      const auto number = static_cast<std::uint8_t>(i + 1);
      if (!said[i]) continue;
      EXPECT_EQ(vote(ledger, creator(number), number, *said[i]), Rejection::None);
    }
    next_epoch(ledger, 2);
    return state_of(ledger, 1);
  };
  const auto none = std::nullopt;
  EXPECT_EQ(outcome(Yes, Yes, No), ProposalState::Passed);
  EXPECT_EQ(outcome(Yes, Abstain, none), ProposalState::Passed);
  EXPECT_EQ(outcome(Yes, No, none), ProposalState::Rejected);    // Half is not more than half.
  EXPECT_EQ(outcome(Yes, none, none), ProposalState::Rejected);  // A third is below the quorum.
  EXPECT_EQ(outcome(Yes, Veto, none), ProposalState::Rejected);
  EXPECT_EQ(outcome(none, none, none), ProposalState::Rejected);
}

TEST(Governance, DelegatorsSpeakForThemselvesAndVotesFollowStake_H2) {
  TestLedger ledger(governed_genesis());
  ASSERT_EQ(ledger.send(ledger.owner, Delegate{node_id(1), whole(100)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Delegate{node_id(1), whole(60)}), Rejection::None);
  ASSERT_EQ(propose(ledger, TextAction{}), Rejection::None);
  EXPECT_EQ(vote(ledger, ledger.owner, 2, Yes), Rejection::VoteWithoutStake);
  ASSERT_EQ(vote(ledger, creator(1), 1, Yes), Rejection::None);
  ASSERT_EQ(vote(ledger, ledger.owner, 1, Yes), Rejection::None);
  ASSERT_EQ(vote(ledger, ledger.owner, 1, No), Rejection::None);
  ASSERT_EQ(vote(ledger, ledger.stranger, 1, Veto), Rejection::None);
  // 30 of the 100 leave before the end, and what moves to pool 2 is nobody's vote there.
  ASSERT_EQ(ledger.send(ledger.owner, Undelegate{node_id(1), whole(30)}), Rejection::None);
  ASSERT_EQ(ledger.send(ledger.stranger, Redelegate{node_id(1), node_id(2), Oort()}),
            Rejection::None);
  next_epoch(ledger, 2);
  const Proposal ended = proposal_in(ledger, 1);
  EXPECT_EQ(ended.votes[0], whole(200));
  EXPECT_EQ(ended.votes[1], whole(70));
  EXPECT_EQ(ended.votes[2], Oort());
  EXPECT_EQ(ended.votes[3], Oort());
  EXPECT_EQ(ended.electorate, whole(730));
  // Then the ballots are forgotten.
  ledger.pass(2);
  const Bytes prefix = keys::prefix(Module::Governance, table::delegator_vote);
  ledger.state().scan(prefix, prefix, [](ByteView, ByteView) {
    ADD_FAILURE() << "a vote is left over";
    return true;
  });
}

TEST(Governance, OnlySoManyAreUnderVote_H4) {
  GenesisParams genesis = governed_genesis();
  GovernanceParams params = small_governance();
  params.live_max = 2;
  genesis.modules.back().genesis = codec::to_bytes(params);
  TestLedger ledger(genesis);
  ASSERT_EQ(propose(ledger, TextAction{}), Rejection::None);
  ASSERT_EQ(propose(ledger, TextAction{}), Rejection::None);
  EXPECT_EQ(propose(ledger, TextAction{}), Rejection::ProposalsTooMany);
  next_epoch(ledger, 2);
  EXPECT_EQ(propose(ledger, TextAction{}), Rejection::None);
}

}  // namespace
}  // namespace oort::ledger::test
