// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "adapters.hpp"

namespace oort::node::test {
namespace {

TEST(BlockFeed, TellsEveryBlockAboveTheCursorOnceInOrder_L1) {
  const auto net = running_world(1);
  net->pay(1, 1, 2, 5);
  ASSERT_TRUE(net->run_until([&] { return net->all_reached(20); }));
  BlockFeed feed(net->chain(0), net->nodes[0]->clock(), net->nodes[0]->strand(), 1s);
  std::vector<object::FinalBlock> heard;
  ASSERT_TRUE(
      feed.listen(Height(3), [&](const object::FinalBlock& block) { heard.push_back(block); }));
  net->pay(1, 1, 2, 6);
  ASSERT_TRUE(net->run_until([&] { return net->height(0) >= 40; }));
  net->world.run_for(100ms);
  ASSERT_GE(heard.size(), 37U);
  std::size_t transfers = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].height, Height(4 + i));
    for (const ledger::Event& event : heard[i].events) {
      if (std::holds_alternative<ledger::Transferred>(event)) ++transfers;
    }
  }
  EXPECT_EQ(transfers, 2U) << "those of old blocks and of fresh ones";
}

TEST(BlockFeed, WaitersRunAfterTheListenerHeardTheirBlock_L2) {
  const auto net = running_world(2);
  BlockFeed feed(net->chain(0), net->nodes[0]->clock(), net->nodes[0]->strand(), 1s);
  Height heard;
  const Height begin = net->chain(0).view()->height();
  ASSERT_TRUE(feed.listen(begin, [&](const object::FinalBlock& block) { heard = block.height; }));
  std::vector<std::uint64_t> ran;
  net->nodes[0]->strand().post([&] {
    feed.when_delivered(begin, [&] { ran.push_back(0); });
    EXPECT_EQ(ran, std::vector<std::uint64_t>{0}) << "what is past runs at once";
    for (const std::uint64_t ahead : {5U, 2U, 5U, 3U}) {
      const Height wanted(begin.value() + ahead);
      feed.when_delivered(wanted, [&, ahead, wanted] {
        ran.push_back(ahead);
        EXPECT_EQ(heard, wanted) << "the listener has returned, and the next block waits";
        EXPECT_NE(feed.time_of(wanted), 0U);
        EXPECT_EQ(feed.time_of(wanted.next()), 0U);
      });
    }
  });
  ASSERT_TRUE(net->run_until([&] { return net->height(0) >= begin.value() + 8; }));
  net->world.run_for(100ms);
  EXPECT_EQ(ran, (std::vector<std::uint64_t>{0, 2, 3, 5, 5}));
}

TEST(BlockFeed, HasAQuorumWhileBlocksComeAndForItsPatience_L3) {
  const auto net = running_world(3);
  const BlockFeed feed(net->chain(0), net->nodes[0]->clock(), net->nodes[0]->strand(), 2s);
  EXPECT_FALSE(feed.has_quorum()) << "it has seen no block yet";
  ASSERT_TRUE(net->run_until([&] { return feed.has_quorum(); }));
  cut_off(*net);
  net->world.run_for(1800ms);
  EXPECT_TRUE(feed.has_quorum());
  net->world.run_for(500ms);
  EXPECT_FALSE(feed.has_quorum());
  net->network.links().heal();
  EXPECT_TRUE(net->run_until([&] { return feed.has_quorum(); }));
}

TEST(SnapshotView, ASnapshotStaysWhatItWas) {
  const auto net = running_world(4);
  Adapters node(*net);
  const object::LedgerSnapshot before = node.view.snapshot();
  const AccountId to = chain::test::client_of(receiver);
  const Oort balance = ledger::View(*before.state).account(to).balance;
  const CallRef call = node.ask({9});
  ASSERT_TRUE(net->run_until([&] { return call->is_done(); }));
  const object::LedgerSnapshot after = node.view.snapshot();
  EXPECT_GE(after.height, call->answers[0]->height) << "the answer is in the newest snapshot";
  EXPECT_GT(after.height, before.height);
  EXPECT_GE(after.time_ms, before.time_ms);
  EXPECT_EQ(ledger::View(*before.state).account(to).balance, balance);
  EXPECT_EQ(ledger::View(*after.state).account(to).balance, *balance.plus(Oort(9)));
}

TEST(SnapshotView, MissesTheQuorumAsSoonAsConnectionsBreak) {
  const auto net = running_world(5);
  Adapters node(*net);
  EXPECT_TRUE(node.view.has_quorum());
  net->network.links().partition({0, 0, 0, 1});
  EXPECT_TRUE(node.view.has_quorum()) << "three of four are enough";
  net->network.links().partition({0, 0, 1, 1});
  EXPECT_FALSE(node.view.has_quorum()) << "blocks came a moment ago, but no next one can";
  EXPECT_TRUE(node.feed.has_quorum());
  net->network.links().heal();
  EXPECT_TRUE(net->run_until([&] { return node.view.has_quorum(); }));
}

TEST(SnapshotView, ABarrierEndsWithAViewOrWithoutAQuorum) {
  const auto net = running_world(6);
  Adapters node(*net);
  std::optional<Result<void>> done;
  const auto ask = [&] {
    done.reset();
    node.view.read_barrier(5s, [&](Result<void> result) { done = std::move(result); });
    ASSERT_TRUE(net->run_until([&] { return done.has_value(); }));
  };
  const TransactionId paid = net->pay(2, 1, 3, 4);
  ASSERT_TRUE(net->run_until([&] { return net->acknowledged.contains(paid); }));
  ask();
  EXPECT_TRUE(done->has_value());
  EXPECT_GE(node.view.snapshot().height, net->acknowledged.at(paid).height);
  cut_off(*net);
  ask();
  ASSERT_FALSE(done->has_value());
  EXPECT_EQ(done->error().reason(), "NO_QUORUM");
}

}  // namespace
}  // namespace oort::node::test
