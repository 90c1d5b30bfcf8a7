// SPDX-License-Identifier: Apache-2.0
// Each rule broken on purpose must be noticed. The simulator kills them in whole networks; here the
// nearest check does, so that a check that went blind is named.
#include <gtest/gtest.h>

#include <algorithm>

#include "net.hpp"
#include "oort/consensus/mutants.hpp"
#include "vote_set.hpp"

namespace oort::consensus::test {
namespace {

constexpr Epoch epoch_seven{7};
const BlockId a = filled<BlockId>(0xaa);
const BlockId b = filled<BlockId>(0xbb);

class Mutants : public ::testing::Test {
 protected:
  void TearDown() override { active_mutant = Mutant::None; }
  // Whether `is_noticed` holds with the mutant and does not without.
  template <class Check>
  static void kills(Mutant mutant, Check is_noticed) {
    active_mutant = Mutant::None;
    EXPECT_FALSE(is_noticed()) << "without a mutant";
    active_mutant = mutant;
    EXPECT_TRUE(is_noticed()) << "mutant " << static_cast<int>(mutant);
    active_mutant = Mutant::None;
  }
};

SignerRecord notarized() {
  SignerRecord record;
  EXPECT_TRUE(record.propose(epoch_seven, View(5), a));
  EXPECT_TRUE(record.notarize(epoch_seven, View(5), a));
  return record;
}

TEST_F(Mutants, OfTheSignerRecord_S1) {
  kills(Mutant::SignerNotMonotone, [] { return notarized().notarize(epoch_seven, View(4), a); });
  kills(Mutant::DoubleNotarize, [] { return notarized().notarize(epoch_seven, View(5), b); });
  kills(Mutant::DoublePropose, [] { return notarized().propose(epoch_seven, View(5), b); });
  kills(Mutant::FinalizeOtherBlock, [] { return notarized().finalize(epoch_seven, View(5), b); });
  kills(Mutant::FinalizeAfterNullify, [] {
    SignerRecord record = notarized();
    EXPECT_TRUE(record.nullify(epoch_seven, View(5)).has_value());
    return record.finalize(epoch_seven, View(5), a);
  });
  kills(Mutant::NullifyAfterFinalize, [] {
    SignerRecord record = notarized();
    EXPECT_TRUE(record.finalize(epoch_seven, View(5), a));
    return record.nullify(epoch_seven, View(5)).has_value();
  });
  kills(Mutant::NullifyFromZero, [] {
    SignerRecord record = notarized();
    EXPECT_TRUE(record.finalize(epoch_seven, View(5), a));
    return record.nullify(epoch_seven, View(6)) != View(6);
  });
  kills(Mutant::AmnesiaClaimsPast, [] {
    return SignerRecord::after_amnesia(epoch_seven, View(9)).nullify(epoch_seven, View(9)) !=
           View(9);
  });
}

TEST_F(Mutants, OfWhatIsVerified_L4) {
  const EpochStart epoch = make_epoch();
  const EpochContext context = context_of(epoch);
  const auto passes = [&](std::uint64_t parent_view, const Justification& justification) {
    Header header = make_header(epoch, 5, justification);
    header.parent = parent_view > 0 ? a : epoch.anchor;
    header.parent_view = View(parent_view);
    return check_justification(context, header, justification).has_value();
  };
  Justification other_parent;
  other_parent.parent = certify(epoch, {0, 1, 2}, notarize(4, b));
  Justification no_quorum;
  no_quorum.parent = certify(epoch, {0, 1}, notarize(4, a));
  Justification forged;
  forged.parent = certify(epoch, {0, 1, 2}, notarize(4, a));
  forged.parent->votes[1].signature = {};
  kills(Mutant::NoSkipProof, [&] { return passes(0, {}); });
  kills(Mutant::NoJustificationCheck, [&] { return passes(4, no_quorum); });
  kills(Mutant::NoParentCertificateCheck, [&] { return passes(4, other_parent); });
  kills(Mutant::QuorumOffByOne, [&] { return passes(4, no_quorum); });
  kills(Mutant::NoSignatureCheck, [&] { return passes(4, forged); });
  const EpochStart six = make_epoch({1, 1, 1, 1, 1, 1});
  kills(Mutant::QuorumByHalf, [&] {
    return check_certificate(context_of(six), certify(six, {0, 1, 2, 3}, notarize(4, a)))
        .has_value();
  });
  kills(Mutant::EvidenceWithoutDifference, [&] {
    const Vote vote = sign(epoch, 1, notarize(4, a));
    return contradiction(vote, vote).has_value();
  });
  kills(Mutant::SecondVoteReplacesFirst, [&] {
    VoteSet votes(VoteKind::Notarize, View(4));
    votes.add(context, sign(epoch, 1, notarize(4, a)), false);
    votes.add(context, sign(epoch, 1, notarize(4, b)), false);
    return votes.weight(a) == 0;
  });
  kills(Mutant::VoteTwiceInWeight, [&] {
    VoteSet votes(VoteKind::Notarize, View(4));
    votes.add(context, sign(epoch, 1, notarize(4, a)), false);
    votes.add(context, sign(epoch, 1, notarize(4, a)), false);
    return votes.weight(a) > 1;
  });
}

// Whether any key contradicted itself, or any two ledgers differ, or nothing moved at all.
bool is_wrong(Net& net, std::size_t height) {
  if (!net.agrees() || !net.all_reached(height)) return true;
  for (std::size_t i = 0; i < net.count(); ++i) {
    const auto& votes = net[i].votes;
    for (std::size_t x = 0; x < votes.size(); ++x) {
      for (std::size_t y = x + 1; y < std::min(votes.size(), x + 40); ++y) {
        if (contradiction(votes[x], votes[y])) return true;
      }
    }
    // A certificate that its own checker refuses was made or believed somewhere.
    if (!net[i].complaints.empty()) return true;
    for (std::size_t h = 0; h < net[i].ledger.size(); ++h) {
      if (net[i].ledger[h]->header.height != Height(101 + h)) return true;
    }
  }
  return false;
}

// Feeds one engine, the fourth of four, by hand.
struct Alone {
  EpochStart epoch = make_epoch();
  std::unique_ptr<env::Signer> signer = sim::cheap_signer(epoch.validators.validators()[3].key);
  Core core{Config{}, epoch, cheap_verifier(), signer.get()};
  MonoTime now{1};

  Outputs give(decltype(Input::event) event) { return core.step({now, {2000}, std::move(event)}); }
  template <class T>
  Outputs hear(std::size_t from, env::MessageType type, const T& value) {
    return give(MessageReceived{epoch.validators.validators()[from].node, type,
                                std::make_shared<const Bytes>(codec::to_bytes(value))});
  }
  static bool sends_votes(const Outputs& outputs) {
    return std::any_of(outputs.begin(), outputs.end(), [](const Output& output) {
      const auto* message = std::get_if<Broadcast>(&output);
      return message != nullptr && message->type == message::vote;
    });
  }
};

TEST_F(Mutants, OfDurability_C2) {
  kills(Mutant::SendBeforeSync, [] {
    Alone alone;
    Start start;
    start.recovered.record = SignerRecord{};
    alone.give(std::move(start));
    alone.now = alone.now + 30s;
    return Alone::sends_votes(alone.give(TimerFired{Timer::View}));
  });
}

TEST_F(Mutants, OfTheStartAgain_C2) {
  kills(Mutant::ForgetRecordAtRestart, [] {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      Net net(make_epoch(), seed);
      sim::Generator chance(seed);
      net.start_all();
      for (int crash = 0; crash < 20; ++crash) {
        net.world().run_for(Duration(chance.below(60'000'000)));
        const std::size_t victim = chance.below(4);
        net.crash(victim);
        net.start(victim);
      }
      net.world().run_for(5s);
      if (is_wrong(net, 5)) return true;
    }
    return false;
  });
}

TEST_F(Mutants, OfTheStartAfterAmnesia_A1) {
  // The three others are in view 7; the amnesiac may have signed in 8.
  const auto floor_after = [](std::size_t answers_count) {
    Alone alone;
    Start start;
    start.nonce = 5;
    alone.give(std::move(start));
    for (std::uint16_t i = 0; i < answers_count; ++i) {
      Status status{Epoch(7), View(7), View(0), 5, ValidatorIndex(i), {}, std::nullopt};
      status.opening = certify(alone.epoch, {0, 1, 2}, nullify(1, 6));
      status.signature = sim::cheap_sign(alone.epoch.validators[ValidatorIndex(i)].key,
                                         signed_bytes(alone.epoch.chain, status));
      alone.hear(i, message::status, status);
    }
    return alone.core.record().view;
  };
  kills(Mutant::FloorTooLow, [&] { return floor_after(3) != View(9); });
  kills(Mutant::CountOneselfInRecovery, [&] { return floor_after(2) != View(0); });
}

TEST_F(Mutants, OfTheEngine_C6) {
  kills(Mutant::CommitWithoutAncestors, [] {
    Net net;
    // Half of the FINALIZE votes are lost, so that blocks become final by their descendants.
    sim::Generator chance(1);
    net.passes = [&](std::size_t, std::size_t, env::MessageType type, ByteView bytes) {
      const bool is_vote = type == message::vote;
      return !is_vote || codec::from_bytes<Vote>(bytes)->ballot.kind != VoteKind::Finalize ||
             chance.below(2) > 0;
    };
    net.start_all();
    net.world().run_for(10s);
    return is_wrong(net, 10);
  });
  kills(Mutant::FinalizeWithoutCertificate, [] {
    Net net;
    net.start_all();
    net.world().run_for(1s);
    // FINALIZE leaves together with NOTARIZE, before anyone can have a certificate.
    const Ballot& second = net[0].votes.at(1).ballot;
    return second.kind == VoteKind::Finalize && net[0].votes.at(0).ballot.view == View(1) &&
           net[0].core->record().last_final_view == net[0].core->record().view;
  });
  kills(Mutant::NoRetransmission, [] {
    Net net(make_epoch(), 2);
    bool is_lost = true;
    net.passes = [&](std::size_t, std::size_t, env::MessageType, ByteView) { return !is_lost; };
    net.start_all();
    net.world().run_for(30s);
    is_lost = false;
    net.world().run_for(30s);
    return is_wrong(net, 5);
  });
  kills(Mutant::NoTimerBackoff, [] {
    // Messages take 60 times as long as the engines think.
    Config config;
    config.delta = 300us;
    config.execution = 100us;
    config.idle_max = 100us;
    Net net(make_epoch(), 3, config);
    net.start_all();
    net.world().run_for(3s);
    return is_wrong(net, 1);
  });
  kills(Mutant::PayloadAfterBoundary, [] {
    Net net;
    net.passes = [](std::size_t, std::size_t, env::MessageType type, ByteView bytes) {
      return type != message::vote ||
             codec::from_bytes<Vote>(bytes)->ballot.kind != VoteKind::Finalize;
    };
    for (std::size_t i = 0; i < 4; ++i) net[i].boundary_at_next = true;
    net.start_all();
    net.world().run_for(2s);
    std::size_t full = 0;
    for (const WalRecord& record : net[0].core->durable_state()) {
      if (record.kind != RecordKind::Block) continue;
      full += decode_proposal(record.bytes).value()->header.app.is_empty() ? 0U : 1U;
    }
    return full > 1;
  });
}

}  // namespace
}  // namespace oort::consensus::test
