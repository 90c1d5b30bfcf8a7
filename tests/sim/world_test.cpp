// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <gtest/gtest.h>

#include "sim/network.hpp"
#include "sim/signer.hpp"

namespace oort::sim {
namespace {

TEST(World, RunsEventsByTimeThenByOrderOfScheduling_W1) {
  World world(1);
  std::string order;
  world.after(2ms, [&] { order += 'c'; });
  world.after(1ms, [&] { order += 'a'; });
  world.after(1ms, [&] { order += 'b'; });
  world.after(2ms, [&] {
    order += 'd';
    // What is past happens now, never before.
    world.at(MonoTime{0}, [&] { order += 'e'; });
  });
  world.run_for(10ms);
  EXPECT_EQ(order, "abcde");
  EXPECT_EQ(world.now().nanoseconds, 10'000'000);
}

TEST(World, DoesNotRunACancelledEvent_W3) {
  World world(1);
  bool has_run = false;
  const EventId id = world.after(1ms, [&] { has_run = true; });
  world.cancel(id);
  world.run_for(5ms);
  EXPECT_FALSE(has_run);
  // The slot may be in use again; its new event is not the cancelled one.
  world.after(1ms, [&] { has_run = true; });
  world.cancel(id);
  world.run_for(5ms);
  EXPECT_TRUE(has_run);
}

TEST(World, StopsAtItsPredicateOrAtItsLimit) {
  World world(1);
  int count = 0;
  for (int i = 1; i <= 10; ++i) world.after(Duration(i * 1000), [&] { ++count; });
  EXPECT_TRUE(world.run_until_holds([&] { return count == 3; }, 1s));
  EXPECT_EQ(world.now().nanoseconds, 3000);
  EXPECT_FALSE(world.run_until_holds([&] { return count == 11; }, 1s));
  EXPECT_EQ(world.now().nanoseconds, 3000 + 1'000'000'000);
}

/// A little of everything, so that the trace covers it.
TraceHash busy_world(std::uint64_t seed) {
  World world(seed);
  LinkOptions options;
  options.loss_ppm = 100'000;
  options.duplicate_ppm = 100'000;
  options.is_ordered = false;
  SimNetwork network(world, 3, options);
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<env::Transport>> transports;
  for (std::uint32_t i = 0; i < 3; ++i) {
    nodes.push_back(std::make_unique<Node>(world, i, NodeId(cheap_public_key(i).array())));
    transports.push_back(network.attach(*nodes.back()));
    auto& transport = *transports.back();
    transport.on_message(0x0100, [&transport, &world](NodeId from, env::MessageType type, Bytes) {
      if (world.now().nanoseconds > 50'000'000) return;
      static_cast<void>(transport.send(from, env::TrafficClass::Bulk, type, as_bytes("pong")));
    });
  }
  static_cast<void>(
      transports[0]->send(nodes[1]->id(), env::TrafficClass::Bulk, 0x0101, as_bytes("ping")));
  static_cast<void>(
      transports[2]->send(nodes[1]->id(), env::TrafficClass::Bulk, 0x0102, as_bytes("ping")));
  world.run_for(100ms);
  return world.trace();
}

TEST(World, ReplaysTheSameTraceFromTheSameSeed_W2) {
  EXPECT_EQ(busy_world(7).text(), busy_world(7).text());
  EXPECT_NE(busy_world(7).text(), busy_world(8).text());
}

TEST(Generator, DrawsTheSameNumbersEverywhere_W2) {
  Generator generator(42);
  EXPECT_EQ(generator.next(), 0x15780b2e0c2ec716U);
  EXPECT_EQ(generator.next(), 0x6104d9866d113a7eU);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(generator.below(7), 7U);
    const std::uint64_t drawn = generator.between(5, 6);
    EXPECT_TRUE(drawn == 5 || drawn == 6);
  }
  EXPECT_TRUE(generator.chance(ppm_certain));
  EXPECT_FALSE(generator.chance(0));
}

TEST(CheapSignature, HoldsForItsKeyAndMessageAlone) {
  const PublicKey key = cheap_public_key(1);
  const Signature signature = cheap_sign(key, as_bytes("a message"));
  EXPECT_TRUE(cheap_verify(key, as_bytes("a message"), signature));
  EXPECT_FALSE(cheap_verify(key, as_bytes("a massage"), signature));
  EXPECT_FALSE(cheap_verify(cheap_public_key(2), as_bytes("a message"), signature));
}

}  // namespace
}  // namespace oort::sim
