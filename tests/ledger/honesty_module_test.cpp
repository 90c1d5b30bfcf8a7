// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "honesty/honesty.hpp"
#include "honesty_town.hpp"
#include "oort/codec/codec.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint8_t officer = 21;
constexpr std::uint8_t executor = 22;
constexpr std::uint8_t bystander = 23;

std::vector<Offence> offences_of(const Town& town, std::uint8_t node) {
  std::vector<Offence> found;
  for (const HonestyVerdict& verdict : town.view().verdicts(Town::id(node), 0, 100)) {
    found.push_back(verdict.offence);
  }
  return found;
}

TEST(Honesty, IsOffWithoutAGenesisOfItsOwn) {
  TestLedger ledger(staking_genesis());
  const NodeId node = keys_of(1).node_id();
  EXPECT_EQ(ledger.send(keys_of(1), RoundPost{node, 1, {}, {}, {}}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), BaitReveal{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), PanelCommit{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), PanelOpen{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), CaseAppeal{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), AuditDemand{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(keys_of(1), AuditAnswer{}), Rejection::ModuleOff);
}

TEST(Honesty, GenesisRefusesWhatCannotBe) {
  EXPECT_TRUE(check_genesis(honesty_genesis()).has_value());
  HonestyParams params = small_honesty();
  params.case_bond = whole(61);  // 31 seats cost 62.
  EXPECT_FALSE(check_genesis(honesty_genesis(params)).has_value());
  params = small_honesty();
  params.post_blocks = params.round_blocks + 1;
  EXPECT_FALSE(check_genesis(honesty_genesis(params)).has_value());
  params = small_honesty();
  params.slashed[0] = 1'000'001;
  EXPECT_FALSE(check_genesis(honesty_genesis(params)).has_value());
  GenesisParams alone = small_genesis();
  alone.modules = {{Module::Honesty, codec::to_bytes(HonestyGenesis{small_honesty()})}};
  EXPECT_FALSE(check_genesis(alone).has_value());
}

TEST(Honesty, ANodePostsOnceInARoundAndJoinsItsRoll_P2) {
  Town town;
  ASSERT_EQ(town.round(), 1U);
  const RoundPost post = town.post_of(officer);
  EXPECT_EQ(town.ledger.send(town.node(bystander), post), Rejection::NodeNotYours);
  RoundPost other = post;
  other.node = keys_of(99).node_id();
  EXPECT_EQ(town.ledger.send(town.node(officer), other), Rejection::NodeUnknown);
  other = post;
  other.round = 2;
  EXPECT_EQ(town.ledger.send(town.node(officer), other), Rejection::RoundWrong);
  EXPECT_EQ(town.ledger.send(town.owner(officer), post), Rejection::None);
  EXPECT_EQ(town.ledger.send(town.node(officer), post), Rejection::RootKnown);
  const auto posting = town.view().posting(1, town.id(officer));
  ASSERT_TRUE(posting.has_value());
  EXPECT_EQ(posting->receipts.count, 4U);
  EXPECT_EQ(posting->weight, town.view().weight_of(town.id(officer)));
  EXPECT_EQ(town.view().round(1)->weight, posting->weight);
  town.ledger.pass(10);
  EXPECT_EQ(town.ledger.send(town.node(executor), town.post_of(executor)), Rejection::RoundWrong);
  expect_honesty(town.ledger.state());
}

TEST(Honesty, WithoutStakeNobodyPosts) {
  HonestyParams params = small_honesty();
  params.stake_min = whole(1001);
  Town town(params);
  EXPECT_EQ(town.ledger.send(town.node(officer), town.post_of(officer)),
            Rejection::HonestyStakeTooLow);
}

TEST(Honesty, AMissingRootIsCountedAndCostsNothing_P3) {
  Town town;
  ASSERT_EQ(town.ledger.send(town.node(officer), town.post_of(officer)), Rejection::None);
  const Oort bond = town.bond(officer);
  for (int i = 0; i < 3; ++i) town.next_round();
  ASSERT_EQ(town.ledger.send(town.node(officer), town.post_of(officer)), Rejection::None);
  EXPECT_EQ(town.view().standing(town.id(officer)).rounds_missed, 2U);
  EXPECT_EQ(town.bond(officer), bond);
  EXPECT_TRUE(offences_of(town, officer).empty());
}

TEST(Honesty, RoundsAreForgottenAfterTheirTime_P8) {
  Town town;
  town.post_all();
  for (int i = 0; i < 4; ++i) town.next_round();
  EXPECT_FALSE(town.view().round(1).has_value());
  EXPECT_FALSE(town.view().posting(1, town.id(officer)).has_value());
  EXPECT_FALSE(town.ledger.state().get(keys::roll(1, 0)).has_value());
  EXPECT_TRUE(town.view().round(3).has_value());
}

TEST(Honesty, APassedBaitEarnsTrustAndPaysItsOfficer_P4) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Ppb before = town.view().credibility(town.id(executor));
  const Oort balance = town.balance(town.owner(officer));
  for (std::uint64_t leaf = 0; leaf < 4; ++leaf) {
    const Reveal reveal = town.reveal(round, officer, executor, leaf, right_result);
    EXPECT_EQ(town.send_reveal(reveal, officer), Rejection::None);
  }
  const Standing standing = town.view().standing(town.id(executor));
  EXPECT_EQ(standing.counters.passed_micro, 2 * micro_one) << "one operator's count twice";
  EXPECT_EQ(town.balance(town.owner(officer)), *balance.plus(whole(2))) << "and pay twice";
  EXPECT_EQ(town.send_reveal(town.reveal(round, bystander, executor, 0, right_result), bystander),
            Rejection::None);
  EXPECT_EQ(town.view().standing(town.id(executor)).counters.passed_micro, 3 * micro_one);
  EXPECT_GT(town.view().credibility(town.id(executor)), before);
  EXPECT_EQ(town.view().state()->fund, whole(47));
  expect_honesty(town.ledger.state());
}

TEST(Honesty, ARevealIsRefusedForEachReason_P4) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Reveal good = town.reveal(round, officer, executor, 0, right_result);
  EXPECT_EQ(town.send_reveal(good, bystander), Rejection::NodeNotYours);
  EXPECT_EQ(town.send_reveal(town.reveal(round + 1, officer, executor, 0, right_result), officer),
            Rejection::RevealOutsideWindow);
  EXPECT_EQ(town.send_reveal(town.reveal(round - 1, officer, executor, 0, right_result), officer),
            Rejection::RevealOutsideWindow);
  Reveal bad = good;
  bad.salt = wrong_result;
  EXPECT_EQ(town.send_reveal(bad, officer), Rejection::RevealInvalid);
  bad = good;
  bad.receipt.result_hash = wrong_result;  // Not what the executor signed.
  EXPECT_EQ(town.send_reveal(bad, officer), Rejection::RevealInvalid);
  EXPECT_EQ(town.send_reveal(town.reveal(round, officer, officer, 0, right_result), officer),
            Rejection::RevealInvalid);
  bad = good;
  bad.receipt.executor = keys_of(99).node_id();
  EXPECT_EQ(town.send_reveal(bad, officer), Rejection::NodeUnknown);
  EXPECT_EQ(
      town.ledger.send(keys_of(4), BaitReveal{town.reveal(round, 4, executor, 0, right_result)}),
      Rejection::RootUnknown);
  EXPECT_EQ(town.send_reveal(good, officer), Rejection::None);
  EXPECT_EQ(town.send_reveal(good, officer), Rejection::RevealKnown);
  EXPECT_EQ(town.send_reveal(town.reveal(round, officer, bystander, 0, right_result), officer),
            Rejection::RevealKnown)
      << "a leaf is a bait once";
}

TEST(Honesty, ABlockJudgesABoundedNumberOfReveals_P9) {
  HonestyParams params = small_honesty();
  params.judged_per_block = 1;
  Town town(params);
  const std::uint64_t round = town.prepare();
  const std::vector<Transaction> both = {
      town.ledger.make(town.node(officer),
                       {{BaitReveal{town.reveal(round, officer, executor, 0, right_result)}, {}}}),
      town.ledger.make(
          town.node(bystander),
          {{BaitReveal{town.reveal(round, bystander, executor, 0, right_result)}, {}}})};
  const auto& done = town.ledger.block(both);
  EXPECT_EQ(done.receipts[0].operations[0].rejection, Rejection::None);
  EXPECT_EQ(done.receipts[1].operations[0].rejection, Rejection::CourtBusy);
}

TEST(Honesty, MissesWithinATolerancesTestTakeTrustAndNoStake_P5) {
  Town town;
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t round = town.prepare();
    std::vector<std::pair<crypto::KeyPair, Operation>> misses;
    for (std::uint8_t accuser = 23; accuser < 33; ++accuser) {
      misses.emplace_back(town.node(accuser),
                          BaitReveal{town.reveal(round, accuser, executor, 64, wrong_result)});
    }
    town.block_of(misses);
  }
  EXPECT_EQ(town.bond(executor), whole(1000));
  EXPECT_GT(town.view().standing(town.id(executor)).counters.failed_micro, 0U);
  EXPECT_TRUE(offences_of(town, executor).empty());
}

TEST(Honesty, AWrongResultIsFoundProvenAndSlashed_P1_P6) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Oort balance = town.balance(town.owner(officer));
  const Oort bonded = town.balance(town.node(officer));
  const Bytes32 fault = town.accuse(round, officer, executor, 0, wrong_result);
  expect_honesty(town.ledger.state());
  EXPECT_EQ(town.view().standing(town.id(executor)).cases_open, 1U);
  EXPECT_TRUE(town.view().risk_limit(town.id(executor), whole(1)).is_zero());
  town.hear(fault, all_find(right_result));
  EXPECT_EQ(town.court(fault).phase, CasePhase::Appealable);
  EXPECT_EQ(town.bond(executor), whole(1000)) << "nothing is slashed before the verdict stands";
  town.close(fault);
  EXPECT_EQ(town.court(fault).verdict, PanelVerdict::Convicted);
  EXPECT_TRUE(town.bond(executor).is_zero());
  EXPECT_EQ(offences_of(town, executor), std::vector{Offence::WrongResult});
  EXPECT_EQ(town.view().standing(town.id(executor)).cases_open, 0U);
  // Half of the bond is the finder's; the seats cost 6 of the officer's node, less fees.
  EXPECT_EQ(town.balance(town.owner(officer)), *balance.plus(whole(500)));
  EXPECT_GT(town.balance(town.node(officer)), *bonded.minus(whole(7)));
  EXPECT_LT(town.balance(town.node(officer)), *bonded.minus(whole(5)));
  expect_honesty(town.ledger.state());
  expect_staking(town.ledger.state());
}

TEST(Honesty, AReceiptAloneAccusesAndThePanelDecides_P15) {
  Town town;
  const std::uint64_t round = town.prepare();
  const WorkReceipt forged = town.reveal(round, officer, executor, 0, wrong_result).receipt;
  const WorkReceipt honest = town.reveal(round, officer, bystander, 0, right_result).receipt;
  const auto accuse = [&](const WorkReceipt& receipt, const Bytes32& answer) {
    const Reveal made = accusation_of(town.id(officer), receipt, answer);
    EXPECT_EQ(town.ledger.send(town.node(officer), WorkAccuse{made}), Rejection::None);
    return case_id_of(made);
  };
  const Bytes32 just = accuse(forged, right_result);
  town.hear(just, all_find(right_result));
  town.close(just);
  EXPECT_EQ(offences_of(town, executor), std::vector{Offence::WrongResult});
  EXPECT_EQ(verdict_of(town.view().evidence(just).value()).value(), PanelVerdict::Convicted);
  const Bytes32 unjust = accuse(honest, wrong_result);
  town.hear(unjust, all_find(right_result));
  town.close(unjust);
  EXPECT_TRUE(offences_of(town, bystander).empty());
  EXPECT_EQ(offences_of(town, officer), std::vector{Offence::FalseAccusation});
  expect_honesty(town.ledger.state());
}

TEST(Honesty, AnAccusationIsRefusedForEachReason_P15) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Reveal bait = town.reveal(round, officer, executor, 0, wrong_result);
  const Reveal good = accusation_of(town.id(officer), bait.receipt, right_result);
  const auto refused = [&](const Reveal& reveal) {
    return town.ledger.send(town.node(officer), WorkAccuse{reveal});
  };
  EXPECT_EQ(refused(bait), Rejection::RevealInvalid) << "a bait goes by its own door";
  EXPECT_EQ(town.send_reveal(good, officer), Rejection::RevealInvalid)
      << "no draw, no leaf: it does not pass for a bait";
  EXPECT_EQ(town.ledger.send(town.node(bystander), WorkAccuse{good}), Rejection::NodeNotYours);
  Reveal bad = good;
  bad.salt = right_result;
  EXPECT_EQ(refused(bad), Rejection::RevealInvalid);
  EXPECT_EQ(refused(accusation_of(town.id(officer), bait.receipt, wrong_result)),
            Rejection::RevealInvalid)
      << "that is what the executor said";
  bad = good;
  bad.receipt.input_root = right_result;  // Not what the executor signed.
  EXPECT_EQ(refused(bad), Rejection::RevealInvalid);
  const WorkReceipt own = town.reveal(round, officer, officer, 0, wrong_result).receipt;
  EXPECT_EQ(refused(accusation_of(town.id(officer), own, right_result)), Rejection::RevealInvalid);
  const WorkReceipt later = town.reveal(round + 2, officer, executor, 0, wrong_result).receipt;
  EXPECT_EQ(refused(accusation_of(town.id(officer), later, right_result)),
            Rejection::RevealOutsideWindow);
  const WorkReceipt silent = town.reveal(round + 1, officer, executor, 0, wrong_result).receipt;
  EXPECT_EQ(refused(accusation_of(town.id(officer), silent, right_result)), Rejection::RootUnknown)
      << "who did not post in that round accuses nobody of it";
  EXPECT_EQ(refused(good), Rejection::None);
  EXPECT_EQ(refused(good), Rejection::RevealKnown);
}

TEST(Honesty, EvidenceLeadsToTheVerdictWithoutTheLedger_P10) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Bytes32 fault = town.accuse(round, officer, executor, 0, wrong_result);
  EXPECT_FALSE(verdict_of(town.view().evidence(fault).value()).has_value());
  town.hear(fault, all_find(right_result));
  town.close(fault);
  const EvidenceBundle bundle = town.view().evidence(fault).value();
  const auto again = codec::from_bytes<EvidenceBundle>(codec::to_bytes(bundle));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, bundle);
  EXPECT_EQ(verdict_of(bundle).value(), PanelVerdict::Convicted);
  EvidenceBundle spoiled = bundle;
  spoiled.rounds[0].seats[1].reset();
  EXPECT_EQ(verdict_of(spoiled).value(), PanelVerdict::Split);
  spoiled = bundle;
  spoiled.rounds[0].seats.pop_back();
  EXPECT_EQ(verdict_of(spoiled).value(), PanelVerdict::Split);
  spoiled = bundle;
  spoiled.reveal.receipt.result_hash = right_result;
  EXPECT_FALSE(verdict_of(spoiled).has_value());
  spoiled = bundle;
  spoiled.fault = right_result;
  EXPECT_FALSE(verdict_of(spoiled).has_value());
  const std::uint64_t kept = small_honesty().keep_rounds * small_honesty().round_blocks;
  town.ledger.pass(kept + 1);
  EXPECT_FALSE(town.view().fault_case(fault).has_value()) << "P8";
  EXPECT_FALSE(town.ledger.state().get(keys::case_round(fault, 0)).has_value()) << "P8";
  EXPECT_EQ(offences_of(town, executor).size(), 1U) << "the line of its history stays";
}

TEST(Honesty, AFalseAccusationCostsTheOfficerAndPaysTheAccused_P6) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Oort balance = town.balance(town.owner(executor));
  // From leaf 128 on the committed answers are lies.
  const Bytes32 fault = town.accuse(round, officer, executor, 128, right_result);
  town.hear(fault, all_find(right_result));
  town.close(fault);
  EXPECT_EQ(town.court(fault).verdict, PanelVerdict::Acquitted);
  EXPECT_EQ(town.bond(executor), whole(1000));
  EXPECT_EQ(town.bond(officer), whole(500));
  EXPECT_EQ(offences_of(town, officer), std::vector{Offence::FalseAccusation});
  // Half of what the seats left of the bond, and half of the slash.
  EXPECT_EQ(town.balance(town.owner(executor)), *balance.plus(whole(47 + 250)));
  expect_honesty(town.ledger.state());
}

TEST(Honesty, ABribedMinorityDelaysAndSlashesNobody_P6) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Bytes32 fault = town.accuse(round, officer, executor, 0, wrong_result);
  for (const std::size_t size : {3U, 7U, 21U}) {
    ASSERT_TRUE(town.await(fault, CasePhase::Committing));
    EXPECT_EQ(town.court(fault).panel.size(), size);
    const NodeId bribed = town.court(fault).panel[1].node;
    town.hear(fault, [bribed](const NodeId& seat) {
      return std::optional(seat == bribed ? wrong_result : right_result);
    });
  }
  town.close(fault);
  EXPECT_EQ(town.court(fault).verdict, PanelVerdict::Split);
  for (std::uint8_t node = first_worker; node <= last_worker; ++node) {
    EXPECT_EQ(town.bond(node), whole(1000));
  }
  expect_honesty(town.ledger.state());
}

TEST(Honesty, AnAppealOverturnsAndWhoVotedWronglyPays_P6) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Bytes32 fault = town.accuse(round, officer, executor, 128, right_result);
  EXPECT_EQ(town.ledger.send(town.node(executor), CaseAppeal{fault}), Rejection::CasePhaseWrong);
  town.hear(fault, all_find(wrong_result));
  const std::vector<std::uint8_t> bribed = town.seats(fault);
  EXPECT_EQ(town.ledger.send(town.node(officer), CaseAppeal{fault}), Rejection::NodeNotYours);
  EXPECT_EQ(town.ledger.send(town.node(executor), CaseAppeal{fault}), Rejection::None);
  expect_honesty(town.ledger.state());
  town.hear(fault, all_find(right_result));
  town.close(fault);
  EXPECT_EQ(town.court(fault).verdict, PanelVerdict::Acquitted);
  EXPECT_EQ(town.bond(executor), whole(1000));
  EXPECT_EQ(town.bond(officer), whole(500));
  for (const std::uint8_t node : bribed) {
    EXPECT_EQ(town.bond(node), whole(750));
    EXPECT_EQ(offences_of(town, node), std::vector{Offence::MissedForgery});
  }
  expect_honesty(town.ledger.state());
}

TEST(Honesty, SilentSeatsAreUnavailableAndNoMore_P3) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Bytes32 fault = town.accuse(round, officer, executor, 0, wrong_result);
  ASSERT_TRUE(town.await(fault, CasePhase::Committing));
  const std::vector<std::uint8_t> silent = town.seats(fault);
  town.hear(fault, [](const NodeId&) { return std::optional<Bytes32>(); });
  ASSERT_TRUE(town.await(fault, CasePhase::Committing));
  town.hear(fault, all_find(right_result));
  town.close(fault);
  EXPECT_EQ(town.court(fault).verdict, PanelVerdict::Convicted);
  ASSERT_EQ(silent.size(), 3U);
  for (const std::uint8_t node : silent) {
    EXPECT_EQ(town.bond(node), whole(999));
    EXPECT_EQ(offences_of(town, node), std::vector{Offence::Unavailable});
    EXPECT_EQ(town.view().standing(town.id(node)).counters.failed_micro, 0U);
  }
}

TEST(Honesty, OnlyASeatSpeaksOnceAndInItsTime_P7) {
  HonestyParams params = small_honesty();
  params.rules = {8, 8, 4, 4};
  Town town(params);
  const std::uint64_t round = town.prepare();
  const Bytes32 fault = town.accuse(round, officer, executor, 0, wrong_result);
  EXPECT_TRUE(town.court(fault).panel.empty()) << "a later beacon draws the panel";
  ASSERT_TRUE(town.await(fault, CasePhase::Committing));
  const std::uint8_t seat = town.seats(fault)[0];
  const PanelReveal shown = town.answer(fault, town.id(seat), right_result);
  const PanelCommit commit{fault, town.id(seat), shown.commitment};
  TestLedger& ledger = town.ledger;
  EXPECT_EQ(ledger.send(town.node(seat), PanelCommit{wrong_result, town.id(seat), {}}),
            Rejection::CaseUnknown);
  EXPECT_EQ(ledger.send(town.node(executor), commit), Rejection::NodeNotYours);
  EXPECT_EQ(ledger.send(town.node(executor), PanelCommit{fault, town.id(executor), {}}),
            Rejection::SeatWrong);
  EXPECT_EQ(ledger.send(town.node(seat), PanelOpen{shown}), Rejection::CasePhaseWrong);
  EXPECT_EQ(ledger.send(town.node(seat), commit), Rejection::None);
  EXPECT_EQ(ledger.send(town.node(seat), commit), Rejection::SeatWrong);
  ASSERT_TRUE(town.await(fault, CasePhase::Opening));
  EXPECT_EQ(ledger.send(town.node(seat), commit), Rejection::CasePhaseWrong);
  PanelReveal other = town.answer(fault, town.id(seat), wrong_result);
  EXPECT_EQ(ledger.send(town.node(seat), PanelOpen{other}), Rejection::SeatWrong);
  EXPECT_EQ(ledger.send(town.node(seat), PanelOpen{shown}), Rejection::None);
}

TEST(Honesty, OneFaultIsPunishedOnce_P6) {
  Town town;
  const std::uint64_t round = town.prepare();
  const Reveal reveal = town.reveal(round, officer, executor, 0, wrong_result);
  EXPECT_EQ(town.send_reveal(reveal, officer), Rejection::None);
  EXPECT_EQ(town.send_reveal(reveal, officer), Rejection::RevealKnown);
  Reveal again = reveal;
  again.receipt.lease.fence = 9;
  again.receipt.signature = town.node(executor).sign(sign_hash(again.receipt).view());
  EXPECT_EQ(town.send_reveal(again, officer), Rejection::RevealKnown);
}

TEST(Honesty, AnOfficerOpensABoundedNumberOfCases_P9) {
  HonestyParams params = small_honesty();
  params.cases_per_officer = 1;
  Town town(params);
  const std::uint64_t round = town.prepare();
  town.accuse(round, officer, executor, 0, wrong_result);
  EXPECT_EQ(town.send_reveal(town.reveal(round, officer, executor, 1, wrong_result), officer),
            Rejection::CasesTooMany);
  EXPECT_EQ(town.send_reveal(town.reveal(round, bystander, executor, 1, wrong_result), bystander),
            Rejection::None);
}

TEST(Honesty, ANodeHoldsNoMoreRiskThanItsStakeDeters_P11) {
  Town town;
  Overlay state(town.ledger.state());
  const NodeId node = town.id(executor);
  const Oort limit = town.view().risk_limit(node, whole(1));
  EXPECT_GT(limit, whole(1));
  EXPECT_LT(limit, whole(1000));
  std::uint64_t held = 0;
  while (held < 1000 && HonestyView(state).risk_limit(node, whole(1)) >= whole(1)) {
    ASSERT_TRUE(hold_risk(state, node, whole(1)));
    ++held;
  }
  EXPECT_FALSE(hold_risk(state, node, whole(2)));
  EXPECT_EQ(whole(held), Oort(limit.units() / oort_base_units * oort_base_units));
  release_risk(state, node, whole(held));
  EXPECT_EQ(HonestyView(state).risk_limit(node, whole(1)), limit);
}

TEST(Honesty, HonestyMovesAVotersWeightByAQuarterAtMost_P12) {
  Town town;
  town.next_round();
  const auto bytes = town.ledger.state().get(keys::weight_factor(keys_of(1).node_id()));
  ASSERT_TRUE(bytes.has_value());
  // Nobody has passed a bait: 1 − f = 80 %, so 3/4 + 1/5.
  EXPECT_EQ(codec::from_bytes<std::uint32_t>(*bytes).value(), 950'000U);
}

}  // namespace
}  // namespace oort::ledger::test
