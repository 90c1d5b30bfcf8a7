// SPDX-License-Identifier: Apache-2.0
// A key whose record is lost: when it must be silent, and that it speaks again.
#include <gtest/gtest.h>

#include "net.hpp"
#include "oort/core/reasons.hpp"

namespace oort::consensus::test {
namespace {

View highest_vote(const std::vector<Vote>& votes, std::size_t first, std::size_t last) {
  View highest;
  for (std::size_t i = first; i < last; ++i) highest = std::max(highest, votes[i].ballot.view);
  return highest;
}

View lowest_vote(const std::vector<Vote>& votes, std::size_t first) {
  View lowest = votes.at(first).ballot.view;
  for (std::size_t i = first; i < votes.size(); ++i)
    lowest = std::min(lowest, votes[i].ballot.view);
  return lowest;
}

/// What an amnesiac signed before it forgot, and that all it signs since lies above.
class Silence {
 public:
  Silence(Net& net, std::size_t node) : net_(net), node_(node), count_(net[node].votes.size()) {}
  [[nodiscard]] bool holds() const {
    return net_[node_].votes.size() == count_ && !net_[node_].core->diagnose().is_voting;
  }
  void expect_it_signs_only_above() const {
    const auto& votes = net_[node_].votes;
    ASSERT_GT(votes.size(), count_) << "it signs again";
    EXPECT_GT(lowest_vote(votes, count_), highest_vote(votes, 0, count_));
  }

 private:
  Net& net_;
  std::size_t node_;
  std::size_t count_;
};

/// It forgot while `down` others are away: a quorum of others does not answer.
void expect_silence_until_one_returns(const std::vector<std::uint64_t>& weights,
                                      std::size_t amnesiac, const std::vector<std::size_t>& down) {
  Net net(make_epoch(weights));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  for (const std::size_t i : down) net.crash(i);
  net.world().run_for(5s);
  net.lose_disk(amnesiac);
  // What it said just before may still arrive.
  net.world().run_for(1s);
  const View view = net[0].core->diagnose().view;
  net.start(amnesiac, false);
  const Silence silence(net, amnesiac);
  net.world().run_for(60s);
  // Nobody gets on without it, and it may be in the very view in which it voted.
  EXPECT_EQ(net[amnesiac].core->diagnose().view, view);
  EXPECT_TRUE(net[amnesiac].core->diagnose().is_recovering);
  EXPECT_TRUE(silence.holds());
  const std::size_t height = net[amnesiac].ledger.size();
  for (const std::size_t i : down) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  silence.expect_it_signs_only_above();
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
}

TEST(Amnesia, WithOneOfFourDownItIsSilentUntilThatReturns_A1) {
  expect_silence_until_one_returns({1, 1, 1, 1}, 2, {3});
}

TEST(Amnesia, WithTwoOfSevenDownItIsSilentUntilTheyReturn_A1) {
  expect_silence_until_one_returns({1, 1, 1, 1, 1, 1, 1}, 2, {3, 6});
}

TEST(Amnesia, WithUnevenWeightsTheWeightOfOthersDecides_A1) {
  // 8 of 11 are a quorum; without the amnesiac's 2 and the 3 that are down 6 answer.
  expect_silence_until_one_returns({2, 2, 2, 2, 3}, 1, {4});
}

TEST(Amnesia, WithOneOfSevenDownAQuorumOfOthersAnswers_A1) {
  Net net(make_epoch({1, 1, 1, 1, 1, 1, 1}));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  net.crash(4);
  net.lose_disk(2);
  net.start(2, false);
  const Silence silence(net, 2);
  const std::size_t height = net[0].ledger.size();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  silence.expect_it_signs_only_above();
  expect_no_guilt(net);
}

// The last view in which a key may have signed is one above what any other knows of: it alone saw
// the quorum, entered, proposed and voted, and nothing of it left the machine.
TEST(Amnesia, WhatItSignedAheadOfAllOthersIsNotContradicted_A1) {
  constexpr std::size_t ahead = 2;
  Net net;
  const Schedule schedule(net.epoch().validators, net.epoch().seed);
  std::uint64_t view = 20;
  const auto leads = [&](std::uint64_t in) { return schedule.leader(View(in)).value() == ahead; };
  while (!leads(view) || leads(view - 1)) ++view;
  bool is_hidden = true;
  net.passes = [&](std::size_t from, std::size_t to, env::MessageType type, ByteView bytes) {
    if (!is_hidden || to == ahead) return true;
    if (type == message::vote) {
      return codec::from_bytes<Vote>(bytes)->ballot.view.value() < view - 1;
    }
    if (type == message::certificate) {
      return codec::from_bytes<Certificate>(bytes)->view.value() < view - 1;
    }
    return from != ahead || net[ahead].core->diagnose().view.value() < view - 1;
  };
  net.start_all();
  const auto has_voted = [&] {
    const auto& votes = net[ahead].votes;
    return !votes.empty() && votes.back().ballot == notarize(view, votes.back().ballot.block);
  };
  ASSERT_TRUE(net.run_until(has_voted));
  for (const std::size_t other : {0U, 1U, 3U}) {
    ASSERT_EQ(net[other].core->diagnose().view, View(view - 1));
  }
  net.lose_disk(ahead);
  is_hidden = false;
  net.start(ahead, false);
  const Silence silence(net, ahead);
  ASSERT_TRUE(net.run_until([&] { return net[ahead].core->diagnose().is_voting; }));
  EXPECT_EQ(net[ahead].core->record().view, View(view + 1)) << "V + 2, V being what others are in";
  const std::size_t height = net[0].ledger.size();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  silence.expect_it_signs_only_above();
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
}

TEST(Amnesia, TwoOfSevenForgetTogetherAndSignAgain_A1) {
  Net net(make_epoch({1, 1, 1, 1, 1, 1, 1}));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  for (const std::size_t i : {2U, 5U}) {
    net.lose_disk(i);
    net.start(i, false);
  }
  const Silence first(net, 2);
  const Silence second(net, 5);
  const std::size_t height = net[0].ledger.size();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  first.expect_it_signs_only_above();
  second.expect_it_signs_only_above();
  expect_no_guilt(net);
}

TEST(Amnesia, TheOtherAmnesiacsWordDoesNotCount_A1) {
  // Four know and one forgot: with the word of that one it would be a quorum of five.
  Net net(make_epoch({1, 1, 1, 1, 1, 1, 1}));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  net.crash(6);
  for (const std::size_t i : {2U, 5U}) {
    net.lose_disk(i);
    net.start(i, false);
  }
  const Silence first(net, 2);
  const Silence second(net, 5);
  net.world().run_for(60s);
  EXPECT_TRUE(first.holds());
  EXPECT_TRUE(second.holds());
  const std::size_t height = net[0].ledger.size();
  net.start(6);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  first.expect_it_signs_only_above();
  second.expect_it_signs_only_above();
  expect_no_guilt(net);
}

// More than a third forgot: nobody can say what they signed, so nothing is signed ever again.
TEST(Amnesia, TwoOfFourStayForEverSilent_A1) {
  Net net;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  for (const std::size_t i : {1U, 2U}) net.lose_disk(i);
  for (const std::size_t i : {1U, 2U}) net.start(i, false);
  const Silence first(net, 1);
  const Silence second(net, 2);
  net.world().run_for(300s);
  EXPECT_TRUE(first.holds());
  EXPECT_TRUE(second.holds());
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
}

TEST(Amnesia, BehindAPartitionItIsSilentAndSignsWhenThatHeals_A1) {
  // First both ways; then only the answers are lost.
  for (const bool is_one_way : {false, true}) {
    Net net;
    bool is_split = false;
    net.passes = [&](std::size_t from, std::size_t to, env::MessageType, ByteView) {
      const bool crosses = (from == 2 || from == 3) != (to == 2 || to == 3);
      return !is_split || !crosses || (is_one_way && to < 2);
    };
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
    is_split = true;
    net.lose_disk(2);
    net.start(2, false);
    const Silence silence(net, 2);
    net.world().run_for(30s);
    EXPECT_TRUE(silence.holds()) << "of the others it hears one";
    is_split = false;
    const std::size_t height = net[0].ledger.size();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
    silence.expect_it_signs_only_above();
    EXPECT_TRUE(net.agrees());
    expect_no_guilt(net);
  }
}

TEST(Amnesia, ForgettingAgainAndAgainContradictsNothing_A1) {
  Net net;
  net.start_all();
  for (int i = 0; i < 12; ++i) {
    const std::size_t height = net[0].ledger.size();
    ASSERT_TRUE(net.run_until([&] { return net[0].ledger.size() > height + 3; }));
    net.world().run_for(Duration(net.world().random().below(40'000'000)));
    net.lose_disk(2);
    net.start(2, false);
    // Sometimes it forgets once more before it knows.
    if (i % 3 == 0) continue;
    ASSERT_TRUE(net.run_until([&] { return net[2].core->diagnose().is_voting; }));
  }
  const std::size_t height = net[0].ledger.size();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(height + 20); }));
  EXPECT_TRUE(net.agrees());
  expect_no_guilt(net);
}

/// One engine that forgot, fed by hand.
class Asking : public ::testing::Test {
 protected:
  static constexpr std::uint64_t nonce = 77;
  Asking() {
    signer = sim::cheap_signer(epoch.validators[ValidatorIndex(1)].key);
    core = std::make_unique<Core>(Config{}, epoch, cheap_verifier(), signer.get());
    Start start;
    start.nonce = nonce;
    give(std::move(start));
  }
  Outputs give(decltype(Input::event) event) {
    return core->step({MonoTime{1'000'000'000}, WallTime{2000}, std::move(event)});
  }
  Status status_of(std::uint16_t who, std::uint64_t view, std::uint64_t with_nonce = nonce) const {
    Status status;
    status.epoch = Epoch(7);
    status.view = View(view);
    status.nonce = with_nonce;
    status.validator = ValidatorIndex(who);
    if (view > 1) status.opening = certify(epoch, {0, 1, 2, 3}, nullify(1, view - 1));
    status.signature =
        sim::cheap_sign(epoch.validators[status.validator].key, signed_bytes(epoch.chain, status));
    return status;
  }
  Outputs hear(const Status& status) {
    return give(MessageReceived{epoch.validators[status.validator].node, message::status,
                                std::make_shared<const Bytes>(codec::to_bytes(status))});
  }
  bool is_asking() const { return core->diagnose().is_recovering; }

  EpochStart epoch = make_epoch();
  std::unique_ptr<env::Signer> signer;
  std::unique_ptr<Core> core;
};

TEST_F(Asking, TakesAFreshAnswerOfEachOtherOnce_A1) {
  hear(status_of(0, 5));
  hear(status_of(0, 6));
  hear(status_of(2, 9, nonce + 1));
  EXPECT_TRUE(is_asking()) << "one voice, and an answer to another question";
  hear(status_of(2, 7));
  EXPECT_TRUE(is_asking());
  const Outputs outputs = hear(status_of(3, 4));
  EXPECT_FALSE(is_asking());
  EXPECT_EQ(core->record().view, View(11)) << "the stale answer proved view 9 all the same";
  EXPECT_EQ(core->record().last_final_view, View(10));
  bool is_written = false;
  for (const Output& output : outputs) {
    if (const auto* persist = std::get_if<Persist>(&output)) is_written |= persist->is_sync;
  }
  EXPECT_TRUE(is_written) << "or it would forget its promise too";
}

TEST_F(Asking, TakesNoForgedAnswer_A1) {
  hear(status_of(0, 5));
  hear(status_of(2, 5));
  Status forged = status_of(3, 5);
  forged.signature = filled<Signature>(9);
  hear(forged);
  EXPECT_TRUE(is_asking());
  Status inflated = status_of(3, 1000);
  inflated.opening->votes.resize(2);
  hear(inflated);
  EXPECT_TRUE(is_asking()) << "a view that no quorum opened";
  hear(status_of(3, 5));
  EXPECT_EQ(core->record().view, View(7));
}

TEST_F(Asking, AnswersNobody_A1) {
  const auto bytes = std::make_shared<const Bytes>(codec::to_bytes(StatusRequest{Epoch(7), 5}));
  for (const Output& output : give(MessageReceived{epoch.validators[ValidatorIndex(0)].node,
                                                   message::status_request, bytes})) {
    EXPECT_FALSE(std::holds_alternative<Send>(output));
  }
}

TEST_F(Asking, AnAnswerOfItsOwnKeyStopsIt_A2) {
  std::vector<VotingRefused> refusals;
  for (const Output& output : hear(status_of(1, 5))) {
    if (const auto* refused = std::get_if<VotingRefused>(&output)) refusals.push_back(*refused);
  }
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_EQ(refusals[0].reason, reason::already_running);
  for (const std::uint16_t other : std::vector<std::uint16_t>{0, 2, 3}) hear(status_of(other, 5));
  EXPECT_FALSE(core->diagnose().is_voting);
}

}  // namespace
}  // namespace oort::consensus::test
