// SPDX-License-Identifier: Apache-2.0
// One engine, fed by hand: what each rule answers.
#include <gtest/gtest.h>

#include <set>

#include "net.hpp"
#include "oort/core/reasons.hpp"

namespace oort::consensus::test {
namespace {

// An engine that is alone with the test. Its view 1 is led by another.
class Rules : public ::testing::Test {
 protected:
  Rules() {
    leader = Schedule(epoch.validators, epoch.seed).leader(View(1));
    self = ValidatorIndex(static_cast<std::uint16_t>((leader.value() + 1) % 4));
    signer = sim::cheap_signer(epoch.validators[self].key);
    core = std::make_unique<Core>(Config{}, epoch, cheap_verifier(), signer.get());
    Start start;
    start.recovered.record = SignerRecord{};
    give(std::move(start));
  }
  Outputs give(decltype(Input::event) event) {
    Outputs outputs = core->step({now, wall, std::move(event)});
    for (const Output& output : outputs) {
      if (const auto* persist = std::get_if<Persist>(&output)) token = persist->token;
    }
    return outputs;
  }
  template <class T>
  Outputs hear(std::uint16_t from, env::MessageType type, const T& value) {
    return give(MessageReceived{epoch.validators[ValidatorIndex(from)].node, type,
                                std::make_shared<const Bytes>(codec::to_bytes(value))});
  }
  Outputs hear(const BlockRef& block) {
    const NodeId from = epoch.validators[block->header.proposer].node;
    return give(MessageReceived{from, message::proposal, block->message});
  }
  template <class T>
  static std::vector<T> all(const Outputs& outputs) {
    std::vector<T> found;
    for (const Output& output : outputs) {
      if (const auto* one = std::get_if<T>(&output)) found.push_back(*one);
    }
    return found;
  }
  static std::vector<Vote> votes(const Outputs& outputs) {
    std::vector<Vote> found;
    for (const auto& message : all<Broadcast>(outputs)) {
      if (message.type != message::vote) continue;
      found.push_back(codec::from_bytes<Vote>(*message.bytes).value());
    }
    return found;
  }
  BlockRef block_of(const Header& header, const Justification& justification = {}) {
    return decode_proposal(encode_proposal(sign(epoch, header), justification, {})).value();
  }
  // Everything up to the vote for the first proposal.
  BlockRef notarize_first() {
    const BlockRef block = block_of(make_header(epoch));
    hear(block);
    give(PayloadChecked{block->id, true});
    give(Persisted{token});
    return block;
  }
  // The others' indexes.
  std::vector<std::uint16_t> others() const {
    std::vector<std::uint16_t> indexes;
    for (std::uint16_t i = 0; i < 4; ++i) {
      if (i != self.value()) indexes.push_back(i);
    }
    return indexes;
  }

  EpochStart epoch = make_epoch();
  ValidatorIndex leader;
  ValidatorIndex self;
  std::unique_ptr<env::Signer> signer;
  std::unique_ptr<Core> core;
  MonoTime now{1'000'000'000};
  WallTime wall{2000};
  std::uint64_t token = 0;
};

TEST_F(Rules, NoVoteLeavesBeforeItsRecordIsDurable_C2) {
  const BlockRef block = block_of(make_header(epoch));
  EXPECT_EQ(all<CheckPayload>(hear(block)).size(), 1U);
  const Outputs checked = give(PayloadChecked{block->id, true});
  EXPECT_TRUE(votes(checked).empty());
  const auto persists = all<Persist>(checked);
  ASSERT_EQ(persists.size(), 1U);
  EXPECT_TRUE(persists[0].is_sync);
  // The body goes first, the record last.
  ASSERT_EQ(persists[0].records.size(), 2U);
  EXPECT_EQ(persists[0].records[0].kind, RecordKind::Block);
  EXPECT_EQ(persists[0].records[1].kind, RecordKind::Signer);
  const auto record = codec::from_bytes<SignerRecord>(*persists[0].records[1].bytes).value();
  EXPECT_EQ(record.notarized, block->id);
  EXPECT_TRUE(votes(give(Persisted{persists[0].token - 1})).empty());
  const auto sent = votes(give(Persisted{persists[0].token}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0], sign(epoch, self.value(), notarize(1, block->id)));
}

// The crash came between the block and the record: the block never left. Voting for it and then
// proposing another would be a second proposal of one view.
TEST_F(Rules, AProposalThatWasNeverRecordedIsForgotten_S2) {
  const BlockRef own = block_of(make_header(epoch));
  const auto own_signer = sim::cheap_signer(epoch.validators[leader].key);
  SignerRecord recorded;
  ASSERT_TRUE(recorded.propose(epoch.validators.epoch(), View(1), own->id));
  for (const bool is_recorded : {false, true}) {
    core = std::make_unique<Core>(Config{}, epoch, cheap_verifier(), own_signer.get());
    Start start;
    start.recovered.record = is_recorded ? recorded : SignerRecord{};
    start.recovered.blocks.push_back(own);
    const Outputs outputs = give(std::move(start));
    EXPECT_EQ(core->find(own->id) != nullptr, is_recorded);
    EXPECT_EQ(all<CheckPayload>(outputs).size(), is_recorded ? 1U : 0U);
  }
}

TEST_F(Rules, FinalizesWhatItNotarizedWhenAQuorumDid_R4) {
  const BlockRef block = notarize_first();
  const auto peers = others();
  hear(peers[0], message::vote, sign(epoch, peers[0], notarize(1, block->id)));
  const Outputs outputs =
      hear(peers[1], message::vote, sign(epoch, peers[1], notarize(1, block->id)));
  EXPECT_EQ(all<Notarized>(outputs).size(), 1U);
  ASSERT_EQ(all<ViewEntered>(outputs).size(), 1U);
  EXPECT_EQ(all<ViewEntered>(outputs)[0].view, View(2));
  const auto sent = votes(give(Persisted{token}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].ballot, finalize(1, block->id));
}

TEST_F(Rules, DoesNotFinalizeWhatItGaveUp_R4) {
  const BlockRef block = notarize_first();
  now = now + 30s;
  give(TimerFired{Timer::View});
  const auto gave_up = votes(give(Persisted{token}));
  ASSERT_EQ(gave_up.size(), 1U);
  EXPECT_EQ(gave_up[0].ballot, nullify(1, 1));
  const Certificate certificate = certify(epoch, others(), notarize(1, block->id));
  const Outputs outputs = hear(others()[0], message::certificate, certificate);
  EXPECT_EQ(core->diagnose().view, View(2)) << "R0 does not ask for one's own votes";
  EXPECT_TRUE(votes(give(Persisted{token})).empty());
}

TEST_F(Rules, ForwardsTheCertificateThatMovesIt_R0) {
  const Certificate certificate = certify(epoch, others(), nullify(1, 6), {1, 1, 4});
  const Outputs outputs = hear(others()[0], message::certificate, certificate);
  EXPECT_EQ(core->diagnose().view, View(7));
  const auto sent = all<Broadcast>(outputs);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].type, message::certificate);
  EXPECT_TRUE(all<Broadcast>(hear(others()[1], message::certificate, certificate)).empty());
}

TEST_F(Rules, AnUnprovenProposalIsNotVotedFor_R2) {
  Header header = make_header(epoch, 1);
  header.parent = filled<BlockId>(1);
  const Outputs outputs = hear(block_of(header));
  EXPECT_TRUE(all<CheckPayload>(outputs).empty());
  const auto sent = votes(give(Persisted{token}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].ballot, nullify(1, 1));
}

TEST_F(Rules, OnlyTheLeaderProposes_R2) {
  Header header = make_header(epoch);
  header.proposer = ValidatorIndex(others()[0] == leader.value() ? others()[1] : others()[0]);
  const Outputs outputs = hear(block_of(header));
  EXPECT_TRUE(all<CheckPayload>(outputs).empty());
  EXPECT_EQ(all<Misbehaved>(outputs).size(), 1U);
  Header forged = make_header(epoch);
  SignedHeader signed_header = sign(epoch, forged);
  signed_header.signature = filled<Signature>(3);
  const BlockRef block = decode_proposal(encode_proposal(signed_header, {}, {})).value();
  EXPECT_EQ(all<Misbehaved>(hear(block)).size(), 1U);
}

// A leader that sends one header with two payloads must not make who got the wrong one give up for
// ever: the others make the block final.
TEST_F(Rules, AnotherPayloadOfABlockIsForgottenAndItsOwnAccepted_C6) {
  const BlockRef block = block_of(make_header(epoch));
  hear(block);
  give(PayloadChecked{block->id, false, true});
  EXPECT_EQ(core->find(block->id), nullptr);
  ASSERT_EQ(votes(give(Persisted{token})).size(), 1U) << "the view is given up all the same";
  // Two thirds voted for it. It is fetched, and each that answers wrongly is passed over next time.
  hear(others()[0], message::certificate, certify(epoch, others(), finalize(1, block->id)));
  std::set<NodeId> asked;
  for (int i = 0; i < 3; ++i) {
    now = now + 10s;
    const auto fetches = all<FetchBlock>(give(TimerFired{Timer::Fetch}));
    ASSERT_EQ(fetches.size(), 1U);
    asked.insert(fetches[0].peers.front());
    EXPECT_EQ(
        all<CheckPayload>(give(BlockFetched{fetches[0].peers.front(), block->message})).size(), 1U);
    if (i < 2) give(PayloadChecked{block->id, false, true});
  }
  EXPECT_EQ(asked.size(), 3U);
  EXPECT_EQ(all<Finalized>(give(PayloadChecked{block->id, true})).size(), 1U);
}

TEST_F(Rules, NobodyElseDeliversAProposal_R2) {
  const BlockRef block = block_of(make_header(epoch));
  const std::uint16_t other = others()[0] == leader.value() ? others()[1] : others()[0];
  const Outputs outputs = give(MessageReceived{epoch.validators[ValidatorIndex(other)].node,
                                               message::proposal, block->message});
  EXPECT_EQ(all<Misbehaved>(outputs).size(), 1U);
  EXPECT_EQ(core->find(block->id), nullptr);
}

TEST_F(Rules, AProposalMustFitItsParent_R2) {
  const auto refused = [&](Header header) {
    hear(block_of(header));
    return votes(give(Persisted{token}));
  };
  Header header = make_header(epoch);
  header.height = Height(102);
  const auto sent = refused(header);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].ballot.kind, VoteKind::Nullify);
}

TEST_F(Rules, TimeMustGrowAndNotRunAhead_R5) {
  Header late = make_header(epoch);
  late.time_ms = wall.milliseconds + 501;
  const BlockRef block = block_of(late);
  hear(block);
  EXPECT_TRUE(all<Persist>(give(PayloadChecked{block->id, true})).empty());
  // The clock catches up before the view is given up.
  wall.milliseconds += 1;
  EXPECT_EQ(all<Persist>(give(PayloadReady{true})).size(), 1U);
}

TEST_F(Rules, TimeNotAfterTheParentsIsRefused_R5) {
  Header early = make_header(epoch);
  early.time_ms = epoch.anchor_time_ms;
  EXPECT_TRUE(all<CheckPayload>(hear(block_of(early))).empty());
  EXPECT_EQ(votes(give(Persisted{token})).size(), 1U);
}

TEST_F(Rules, ALeaderThatProposesTwiceIsFoundAndGivenUp_X1) {
  const BlockRef first = notarize_first();
  Header other = make_header(epoch);
  other.time_ms += 1;
  const Outputs outputs = hear(block_of(other));
  const auto found = all<EvidenceFound>(outputs);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence.kind, EvidenceKind::DoubleProposal);
  EXPECT_EQ(found[0].offence.validator, leader);
  const auto sent = votes(give(Persisted{token}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].ballot, nullify(1, 1));
  EXPECT_TRUE(all<EvidenceFound>(hear(block_of(other))).empty()) << "reported once";
}

TEST_F(Rules, ASecondVoteIsEvidenceAndTheFirstCounts_C4) {
  const std::uint16_t liar = others()[0];
  hear(liar, message::vote, sign(epoch, liar, notarize(1, filled<BlockId>(1))));
  const Outputs outputs =
      hear(liar, message::vote, sign(epoch, liar, notarize(1, filled<BlockId>(2))));
  const auto found = all<EvidenceFound>(outputs);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence.kind, EvidenceKind::DoubleNotarize);
  EXPECT_EQ(core->diagnose().weight_notarize, 1U);
}

TEST_F(Rules, ContradictionsAcrossKindsAndViewsAreFound_X1) {
  const std::uint16_t liar = others()[0];
  hear(liar, message::vote, sign(epoch, liar, finalize(2, filled<BlockId>(1))));
  auto found = all<EvidenceFound>(hear(liar, message::vote, sign(epoch, liar, nullify(1, 4))));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence.kind, EvidenceKind::NullifyAndFinalize);
  const std::uint16_t other = others()[1];
  hear(other, message::vote, sign(epoch, other, nullify(2, 5)));
  found = all<EvidenceFound>(
      hear(other, message::vote, sign(epoch, other, finalize(5, filled<BlockId>(1)))));
  ASSERT_EQ(found.size(), 1U);
  const std::uint16_t third = others()[2];
  hear(third, message::vote, sign(epoch, third, notarize(2, filled<BlockId>(1))));
  found = all<EvidenceFound>(
      hear(third, message::vote, sign(epoch, third, finalize(2, filled<BlockId>(2)))));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence.kind, EvidenceKind::NotarizeAndFinalize);
}

TEST_F(Rules, WhoVotesForTheUnjustifiedIsFound_X1) {
  const ValidatorIndex later = core->schedule().leader(View(5));
  Header header = make_header(epoch, 5);
  ASSERT_EQ(header.proposer, later);
  const BlockRef block = block_of(header);
  std::uint16_t early = 9;
  std::uint16_t late = 9;
  for (const std::uint16_t i : others()) (early == 9 ? early : late) = i;
  hear(early, message::vote, sign(epoch, early, notarize(5, block->id)));
  EXPECT_EQ(all<EvidenceFound>(hear(block)).size(), 1U);
  const auto found =
      all<EvidenceFound>(hear(late, message::vote, sign(epoch, late, finalize(5, block->id))));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence.kind, EvidenceKind::UnjustifiedVote);
  EXPECT_EQ(found[0].offence.validator, ValidatorIndex(late));
}

TEST_F(Rules, ForgedVotesTakeNoSlotAndConvictNobody_X2) {
  const std::uint16_t victim = others()[0];
  Vote forged = sign(epoch, victim, notarize(1, filled<BlockId>(1)));
  forged.signature = filled<Signature>(9);
  // From another node it is not even counted; from its own it is, until it is looked at.
  EXPECT_EQ(all<Misbehaved>(hear(others()[1], message::vote, forged)).size(), 1U);
  EXPECT_EQ(core->diagnose().weight_notarize, 0U);
  hear(victim, message::vote, forged);
  const Outputs outputs =
      hear(victim, message::vote, sign(epoch, victim, notarize(1, filled<BlockId>(2))));
  EXPECT_TRUE(all<EvidenceFound>(outputs).empty());
  EXPECT_EQ(all<Misbehaved>(outputs).size(), 1U);
  EXPECT_EQ(core->diagnose().weight_notarize, 1U);
}

TEST_F(Rules, AForeignVoteOfThisKeyIsNeitherCountedNorSentAgain_A2) {
  const Vote foreign = sign(epoch, self.value(), notarize(1, filled<BlockId>(1)));
  const Outputs outputs = hear(self.value(), message::vote, foreign);
  EXPECT_EQ(core->diagnose().weight_notarize, 0U);
  ASSERT_EQ(all<VotingRefused>(outputs).size(), 1U);
  EXPECT_EQ(all<VotingRefused>(outputs)[0].reason, reason::already_running);
  now = now + 10s;
  EXPECT_TRUE(votes(give(TimerFired{Timer::Standstill})).empty());
}

TEST_F(Rules, AForeignVoteInACertificateStopsThisKeyAndMovesIt_A2) {
  const Certificate certificate = certify(epoch, {0, 1, 2, 3}, notarize(3, filled<BlockId>(1)));
  const Outputs outputs = hear(others()[0], message::certificate, certificate);
  ASSERT_EQ(all<VotingRefused>(outputs).size(), 1U);
  EXPECT_EQ(all<VotingRefused>(outputs)[0].reason, reason::already_running);
  EXPECT_EQ(core->diagnose().view, View(4)) << "what a quorum proves holds all the same";
  EXPECT_FALSE(core->diagnose().is_voting);
}

TEST_F(Rules, WhoMustNotSignReportsWhatIsFinal_A2) {
  const BlockRef block = notarize_first();
  hear(self.value(), message::vote, sign(epoch, self.value(), notarize(3, filled<BlockId>(1))));
  ASSERT_FALSE(core->diagnose().is_voting);
  const Certificate certificate = certify(epoch, others(), finalize(1, block->id));
  const auto reports = all<Finalized>(hear(others()[0], message::certificate, certificate));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].blocks.back()->id, block->id);
}

TEST_F(Rules, AfterAForkNothingIsReported_C1) {
  const BlockRef block = notarize_first();
  const Certificate root = certify(epoch, others(), finalize(3, epoch.anchor));
  ASSERT_EQ(all<VotingRefused>(hear(others()[0], message::certificate, root)).size(), 1U);
  // Another quorum's word, of a block that this node could report otherwise: which one holds is
  // not for a program to say.
  Header child = make_header(epoch, 5);
  child.parent = block->id;
  child.parent_view = View(1);
  child.height = Height(102);
  child.time_ms += 1;
  Justification why;
  why.parent = certify(epoch, others(), notarize(1, block->id));
  why.skips.push_back(certify(epoch, others(), nullify(2, 4)));
  child.justification = hash_of(why);
  const BlockRef later = block_of(child, why);
  hear(later);
  give(PayloadChecked{later->id, true});
  const Certificate next = certify(epoch, others(), finalize(5, later->id));
  const Outputs outputs = hear(others()[0], message::certificate, next);
  EXPECT_EQ(core->diagnose().final_view, View(5));
  EXPECT_TRUE(all<Finalized>(outputs).empty());
}

TEST_F(Rules, TwoBlocksFinalInOneViewNameWhoSignedBoth_X4) {
  const BlockRef block = notarize_first();
  const Certificate first = certify(epoch, others(), finalize(1, block->id));
  ASSERT_EQ(all<Finalized>(hear(others()[0], message::certificate, first)).size(), 1U);
  const Certificate second = certify(epoch, others(), finalize(1, filled<BlockId>(5)));
  const Outputs outputs = hear(others()[0], message::certificate, second);
  EXPECT_EQ(all<EvidenceFound>(outputs).size(), 3U);
  ASSERT_EQ(all<VotingRefused>(outputs).size(), 1U);
  EXPECT_EQ(all<VotingRefused>(outputs)[0].reason, reason::corrupt_data);
}

TEST_F(Rules, AFinalBlockOfAnotherBranchIsFoundUnexecutedAndNamesItsMakers_X4) {
  const BlockRef block = notarize_first();
  hear(others()[0], message::certificate, certify(epoch, others(), finalize(1, block->id)));
  ASSERT_EQ(core->diagnose().committed_view, View(1));
  // A block of view 2 that skips the final view 1, and so can never be executed here.
  Justification why;
  why.skips.push_back(certify(epoch, others(), nullify(1, 1)));
  const BlockRef other = block_of(make_header(epoch, 2, why), why);
  hear(other);
  const Certificate second = certify(epoch, others(), finalize(2, other->id));
  const Outputs outputs = hear(others()[0], message::certificate, second);
  EXPECT_TRUE(all<Finalized>(outputs).empty());
  ASSERT_EQ(all<VotingRefused>(outputs).size(), 1U);
  EXPECT_EQ(all<VotingRefused>(outputs)[0].reason, reason::corrupt_data);
}

TEST_F(Rules, VotesFarAheadAreNotKept_C5) {
  const std::uint16_t peer = others()[0];
  for (std::uint64_t view = 1; view <= 1000; ++view) {
    hear(peer, message::vote, sign(epoch, peer, nullify(1, view)));
  }
  EXPECT_LE(core->diagnose().views_count, 17U);
}

TEST_F(Rules, ALeadersOwnNullifyEndsItsViewEarly_R3) {
  hear(leader.value(), message::vote, sign(epoch, leader.value(), nullify(1, 1)));
  const auto sent = votes(give(Persisted{token}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].ballot, nullify(1, 1));
}

TEST_F(Rules, WaitsGrowUntilFinalityAndAreBounded_R8) {
  const auto wait_in = [&](std::uint64_t view) {
    const Certificate certificate = certify(epoch, others(), nullify(1, view - 1));
    for (const auto& set : all<SetTimer>(hear(others()[0], message::certificate, certificate))) {
      if (set.timer == Timer::View) return set.at - now;
    }
    return Duration(0);
  };
  const Duration second = wait_in(2);
  EXPECT_EQ(second, 600ms);
  EXPECT_EQ(wait_in(3), 900ms);
  EXPECT_EQ(wait_in(4), 1350ms);
  EXPECT_EQ(wait_in(40), 10s);
}

TEST_F(Rules, WhatIsNotarizedButNotFinalDoesNotShortenTheWait_R8) {
  // Views 1 to 6 end with blocks, and none becomes final: the waits may be what is too short.
  Duration wait{0};
  for (std::uint64_t view = 1; view <= 6; ++view) {
    const Certificate certificate = certify(epoch, others(), notarize(view, filled<BlockId>(1)));
    for (const auto& set : all<SetTimer>(hear(others()[0], message::certificate, certificate))) {
      if (set.timer == Timer::View) wait = set.at - now;
    }
  }
  EXPECT_EQ(core->diagnose().view, View(7));
  EXPECT_GT(wait, 4 * 600ms) << "five views beyond the second, each half as long again";
}

TEST_F(Rules, ASilentLeadersViewIsGivenUpAtOnce_R8) {
  // Views 1 to 20 pass while three speak; a view of the fourth comes.
  std::uint16_t silent = others()[2];
  std::uint64_t view = 20;
  while (core->schedule().leader(View(view)).value() != silent) ++view;
  const Certificate certificate = certify(epoch, others(), nullify(1, view - 2));
  hear(others()[0], message::certificate, certificate);
  hear(others()[0], message::vote, sign(epoch, others()[0], nullify(1, view - 1)));
  hear(others()[1], message::vote, sign(epoch, others()[1], nullify(1, view - 1)));
  const Certificate next = certify(epoch, others(), nullify(1, view - 1));
  bool is_at_once = false;
  for (const auto& set : all<SetTimer>(hear(others()[0], message::certificate, next))) {
    is_at_once = is_at_once || (set.timer == Timer::Proposal && set.at == now);
  }
  EXPECT_TRUE(is_at_once);
}

TEST_F(Rules, ASilenceIsBrokenWithinAQuota_R7) {
  notarize_first();
  std::uint64_t bytes = 0;
  std::uint64_t rounds = 0;
  for (int i = 0; i < 1000; ++i) {
    now = now + 2ms;
    const Outputs outputs = give(TimerFired{Timer::Standstill});
    for (const auto& message : all<Broadcast>(outputs)) bytes += message.bytes->size();
    rounds += all<Broadcast>(outputs).empty() ? 0U : 1U;
  }
  EXPECT_GE(rounds, 1U);
  // 256 KiB a second, one second's worth at once.
  EXPECT_LE(bytes, 3U * 256 * 1024);
}

TEST_F(Rules, AStragglerIsAnsweredWithWhatItLacks_R7) {
  const Certificate opening = certify(epoch, others(), nullify(1, 6));
  hear(others()[0], message::certificate, opening);
  Status status{Epoch(7), View(1), View(0), 0, ValidatorIndex(others()[1]), {}, std::nullopt};
  const auto sent = all<Send>(hear(others()[1], message::status, status));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(codec::from_bytes<Certificate>(*sent[0].bytes).value(), opening);
  // Answers are bounded too.
  std::uint64_t bytes = 0;
  for (int i = 0; i < 5000; ++i) {
    for (const auto& more : all<Send>(hear(others()[1], message::status, status))) {
      bytes += more.bytes->size();
    }
  }
  EXPECT_LE(bytes, 256U * 1024);
}

TEST_F(Rules, AQuestionIsAnsweredWithProofOfTheView_A1) {
  const Certificate opening = certify(epoch, others(), nullify(1, 6));
  hear(others()[0], message::certificate, opening);
  const auto sent =
      all<Send>(hear(others()[1], message::status_request, StatusRequest{Epoch(7), 77}));
  ASSERT_EQ(sent.size(), 1U);
  const auto status = codec::from_bytes<Status>(*sent[0].bytes).value();
  EXPECT_EQ(status.view, View(7));
  EXPECT_EQ(status.nonce, 77U);
  EXPECT_EQ(status.opening, opening);
  EXPECT_TRUE(sim::cheap_verify(epoch.validators[self].key, signed_bytes(epoch.chain, status),
                                status.signature));
}

TEST_F(Rules, AQuorumThatFinalizesABlockInAnotherViewIsNotFollowed_C1) {
  const BlockRef block = notarize_first();
  const Certificate elsewhere = certify(epoch, others(), finalize(3, block->id));
  const Outputs outputs = hear(others()[0], message::certificate, elsewhere);
  EXPECT_TRUE(all<Finalized>(outputs).empty());
  ASSERT_EQ(all<VotingRefused>(outputs).size(), 1U);
  EXPECT_EQ(all<VotingRefused>(outputs)[0].reason, reason::corrupt_data);
}

TEST_F(Rules, AQuorumThatFinalizesTheRootAgainIsNotFollowed_C1) {
  const Certificate root = certify(epoch, others(), finalize(3, epoch.anchor));
  const Outputs outputs = hear(others()[0], message::certificate, root);
  EXPECT_TRUE(all<Finalized>(outputs).empty());
  EXPECT_EQ(all<VotingRefused>(outputs).size(), 1U);
}

TEST_F(Rules, MalformedMessagesAreNamedAndHarmless_R2) {
  for (env::MessageType type = message::proposal; type <= message::evidence + 1; ++type) {
    const auto bytes = std::make_shared<const Bytes>(to_bytes("nonsense"));
    const Outputs outputs = give(MessageReceived{epoch.validators[leader].node, type, bytes});
    EXPECT_EQ(all<Misbehaved>(outputs).size(), 1U) << type;
  }
}

}  // namespace
}  // namespace oort::consensus::test
