// SPDX-License-Identifier: Apache-2.0
#include "sim/network.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "oort/core/reasons.hpp"
#include "sim/signer.hpp"

namespace oort::sim {
namespace {

using env::TrafficClass;

constexpr env::MessageType type_number = 0x0101;

/// Machines with a transport each, and what every one of them received.
struct Cluster {
  explicit Cluster(std::uint32_t count, LinkOptions options = {}, std::uint64_t seed = 1)
      : world(seed), network(world, count, options), received(count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      nodes.push_back(std::make_unique<Node>(world, i, NodeId(cheap_public_key(i).array())));
      transports.push_back(network.attach(*nodes[i]));
      transports[i]->on_message(0x0100, [this, i](NodeId, env::MessageType, Bytes payload) {
        received[i].emplace_back(as_text(payload));
      });
    }
  }
  Result<void> send(std::uint32_t from, std::uint32_t to, std::string_view text,
                    TrafficClass traffic = TrafficClass::Bulk) {
    return transports[from]->send(nodes[to]->id(), traffic, type_number, as_bytes(text));
  }

  World world;
  SimNetwork network;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<env::Transport>> transports;
  std::vector<std::vector<std::string>> received;
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

TEST(SimNetwork, KeepsTheOrderOfOneClass_T1) {
  Cluster cluster(2, {.delay_min = 1ms, .delay_max = 100ms});
  for (const auto& text : numbers(100)) ASSERT_TRUE(cluster.send(0, 1, text));
  cluster.world.run_for(1s);
  EXPECT_EQ(cluster.received[1], numbers(100));
}

TEST(SimNetwork, BreaksOrderAndDoublesOnlyOnCommand_T1) {
  LinkOptions options{.delay_min = 1ms, .delay_max = 100ms};
  options.is_ordered = false;
  options.duplicate_ppm = 500'000;
  Cluster cluster(2, options);
  for (const auto& text : numbers(100)) ASSERT_TRUE(cluster.send(0, 1, text));
  cluster.world.run_for(1s);
  EXPECT_GT(cluster.received[1].size(), 120U);
  EXPECT_FALSE(std::is_sorted(cluster.received[1].begin(), cluster.received[1].end()));
}

TEST(SimNetwork, LosesTheGivenShare) {
  Cluster cluster(2, {.loss_ppm = 400'000});
  for (const auto& text : numbers(1000)) ASSERT_TRUE(cluster.send(0, 1, text));
  cluster.world.run_for(1s);
  EXPECT_GT(cluster.received[1].size(), 500U);
  EXPECT_LT(cluster.received[1].size(), 700U);
}

TEST(SimNetwork, PartitionsAreSymmetricOrOneWay_L2) {
  Cluster cluster(3);
  cluster.network.links().partition({0, 0, 1});
  ASSERT_TRUE(cluster.send(0, 1, "same side"));
  ASSERT_TRUE(cluster.send(0, 2, "other side"));
  ASSERT_TRUE(cluster.send(2, 0, "other side"));
  cluster.world.run_for(1s);
  EXPECT_EQ(cluster.received[1].size(), 1U);
  EXPECT_TRUE(cluster.received[0].empty());
  EXPECT_TRUE(cluster.received[2].empty());
  EXPECT_EQ(cluster.transports[0]->peers(), std::vector<NodeId>{cluster.nodes[1]->id()});

  cluster.network.links().heal();
  cluster.network.links().cut(0, 2);
  ASSERT_TRUE(cluster.send(0, 2, "cut way"));
  ASSERT_TRUE(cluster.send(2, 0, "open way"));
  cluster.world.run_for(1s);
  EXPECT_EQ(cluster.received[0].size(), 1U);
  EXPECT_TRUE(cluster.received[2].empty());
}

TEST(SimNetwork, RefusesInsteadOfGrowing_T2) {
  LinkOptions options;
  options.queue_bytes_max = 10;
  options.bytes_per_second = 1000;
  Cluster cluster(2, options);
  ASSERT_TRUE(cluster.send(0, 1, "123456"));
  const auto full = cluster.send(0, 1, "12345");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason(), reason::queue_full);
  // Another class has its own queue.
  EXPECT_TRUE(cluster.send(0, 1, "12345", TrafficClass::Consensus));
  cluster.world.run_for(1s);
  EXPECT_TRUE(cluster.send(0, 1, "12345"));
  const Bytes huge(9U << 20U);
  EXPECT_EQ(cluster.transports[0]
                ->send(cluster.nodes[1]->id(), TrafficClass::Bulk, type_number, huge)
                .error()
                .reason(),
            reason::too_large);
}

TEST(SimNetwork, BandwidthOfOneClassDoesNotDelayAnother) {
  LinkOptions options{.delay_min = 1ms, .delay_max = 1ms};
  options.bytes_per_second = 1000;
  Cluster cluster(2, options);
  ASSERT_TRUE(cluster.send(0, 1, std::string(1000, 'x')));
  ASSERT_TRUE(cluster.send(0, 1, "v", TrafficClass::Consensus));
  cluster.world.run_for(10ms);
  EXPECT_EQ(cluster.received[1], std::vector<std::string>{"v"});
  cluster.world.run_for(1s);
  EXPECT_EQ(cluster.received[1].size(), 2U);
}

struct Outcome {
  int calls = 0;
  std::string text;
  MonoTime at;
};

void ask(Cluster& cluster, std::uint32_t from, std::uint32_t to, Duration deadline, Outcome& out) {
  cluster.transports[from]->request(
      cluster.nodes[to]->id(), TrafficClass::Bulk, 0x0201, to_bytes("ask"), deadline,
      [&cluster, &out](Result<Bytes> reply) {
        ++out.calls;
        out.text = reply ? std::string(as_text(*reply)) : std::string(reply.error().reason());
        out.at = cluster.world.now();
      });
  EXPECT_EQ(out.calls, 0) << "no callback runs inside the call";
}

TEST(SimNetwork, AnswersEveryRequestOnceByItsDeadline_T3) {
  Cluster cluster(3, {.delay_min = 1ms, .delay_max = 2ms});
  cluster.transports[1]->on_request(
      0x0200, [](NodeId, env::MessageType, Bytes, Callback<Result<Bytes>> reply) {
        reply(to_bytes("yes"));
      });
  std::vector<Callback<Result<Bytes>>> unanswered;
  cluster.transports[2]->on_request(
      0x0200, [&](NodeId, env::MessageType, Bytes, Callback<Result<Bytes>> reply) {
        unanswered.push_back(std::move(reply));
      });
  Outcome answered;
  Outcome silent;
  Outcome nobody;
  ask(cluster, 0, 1, 50ms, answered);
  ask(cluster, 0, 2, 50ms, silent);
  ask(cluster, 1, 0, 50ms, nobody);
  cluster.world.run_for(1s);
  EXPECT_EQ(answered.text, "yes");
  EXPECT_EQ(silent.text, reason::deadline_exceeded);
  EXPECT_EQ(silent.at.nanoseconds, 50'000'000);
  EXPECT_EQ(nobody.text, reason::not_supported);
  // A reply after the deadline finds nobody waiting.
  for (auto& reply : unanswered) reply(to_bytes("late"));
  cluster.world.run_for(1s);
  EXPECT_EQ(answered.calls + silent.calls + nobody.calls, 3);
  EXPECT_EQ(silent.text, reason::deadline_exceeded);
}

TEST(SimNetwork, RequestsOverACutLinkOrToTheDeadFail_T3) {
  Cluster cluster(3);
  cluster.network.links().cut(0, 1);
  cluster.nodes[2]->crash();
  Outcome cut;
  Outcome dead;
  ask(cluster, 0, 1, 20ms, cut);
  ask(cluster, 0, 2, 20ms, dead);
  cluster.world.run_for(1s);
  EXPECT_EQ(cut.text, reason::deadline_exceeded);
  EXPECT_EQ(dead.text, reason::peer_unreachable);
}

TEST(SimNetwork, TheScenarioMayTakeFramesAway) {
  Cluster cluster(3);
  cluster.network.set_filter([](const FrameOnWire& frame) { return frame.to != 2; });
  ASSERT_TRUE(cluster.send(0, 1, "kept"));
  ASSERT_TRUE(cluster.send(0, 2, "taken"));
  cluster.world.run_for(1s);
  EXPECT_EQ(cluster.received[1].size(), 1U);
  EXPECT_TRUE(cluster.received[2].empty());
  EXPECT_EQ(cluster.network.lost_count(), 1U);
}

}  // namespace
}  // namespace oort::sim
