// SPDX-License-Identifier: Apache-2.0
#include "sim/node.hpp"

#include <gtest/gtest.h>

#include "sim/network.hpp"
#include "sim/signer.hpp"

namespace oort::sim {
namespace {

/// Counts its starts on disk and ticks for as long as it lives.
class Ticker final : public Program {
 public:
  Ticker(Node& node, int& ticks, int& alive) : node_(node), ticks_(ticks), alive_(alive) {
    ++alive_;
    tick();
  }
  ~Ticker() override { --alive_; }

 private:
  void tick() {
    ++ticks_;
    node_.timers().after(1ms, [this] { tick(); });
  }
  Node& node_;
  int& ticks_;
  int& alive_;
};

NodeId id_of(std::uint32_t i) { return NodeId(cheap_public_key(i).array()); }

TEST(Node, CrashEndsEverythingVolatile_N1) {
  int ticks = 0;
  int alive = 0;
  World world(1);
  Node node(world, 0, id_of(0));
  node.set_program([&](Node& machine) { return std::make_unique<Ticker>(machine, ticks, alive); });
  node.start();
  world.run_for(10ms);
  EXPECT_EQ(ticks, 11);
  node.crash();
  EXPECT_EQ(alive, 0);
  world.run_for(10ms);
  EXPECT_EQ(ticks, 11);
  node.start();
  world.run_for(10ms);
  EXPECT_EQ(ticks, 22);
  // The timer of the last life is still to come when the next one begins.
  node.crash();
  node.start();
  world.run_for(10ms);
  EXPECT_EQ(ticks, 33);
}

TEST(Node, MayCrashInsideItsOwnTask_N1) {
  World world(1);
  SimNetwork network(world, 2);
  Node node(world, 0, id_of(0));
  Node other(world, 1, id_of(1));
  auto transport = network.attach(node);
  auto other_transport = network.attach(other);
  int received = 0;
  other_transport->on_message(0x0100, [&](NodeId, env::MessageType, Bytes) { ++received; });
  auto store = node.disk().open_kv("state");
  bool has_run = false;
  node.strand().post([&] {
    node.crash();
    EXPECT_FALSE(transport->send(other.id(), env::TrafficClass::Bulk, 0x0101, as_bytes("x")));
    EXPECT_FALSE(store->write(env::KvBatch(), env::Sync::Yes));
    node.strand().post([&] { has_run = true; });
    node.timers().after(1ms, [&] { has_run = true; });
  });
  world.run_for(10ms);
  EXPECT_FALSE(has_run);
  EXPECT_EQ(received, 0);
}

TEST(Node, StrandKeepsTheOrderOfPosting) {
  World world(1);
  Node node(world, 0, id_of(0));
  std::string order;
  node.strand().post([&] {
    order += 'a';
    node.strand().post([&] { order += 'c'; });
    EXPECT_EQ(order, "a") << "post never runs a task inside the call";
  });
  node.strand().post([&] { order += 'b'; });
  world.run_for(1ms);
  EXPECT_EQ(order, "abc");
}

TEST(Node, ClocksDriftAndJumpButTheSteadyOneNeverGoesBack_N2) {
  World world(1);
  NodeOptions options;
  options.drift_ppm = 1000;
  Node fast(world, 0, id_of(0), options);
  options.drift_ppm = -1000;
  Node slow(world, 1, id_of(1), options);
  world.run_for(1000s);
  EXPECT_EQ(fast.clock().now_mono().nanoseconds, 1'001'000'000'000);
  EXPECT_EQ(slow.clock().now_mono().nanoseconds, 999'000'000'000);
  const MonoTime before = slow.clock().now_mono();
  const WallTime wall_before = slow.clock().now_wall();
  slow.jump_wall(-5000);
  EXPECT_EQ(slow.clock().now_mono(), before);
  EXPECT_EQ(slow.clock().now_wall().milliseconds + 5000, wall_before.milliseconds);
}

TEST(Node, TimersFireNoEarlierThanTheirDelayOnTheNodesClock) {
  for (const std::int32_t drift : {-300'000, -7, 0, 7, 300'000}) {
    World world(1);
    NodeOptions options;
    options.drift_ppm = drift;
    Node node(world, 0, id_of(0), options);
    world.run_for(Duration(123'457));
    const MonoTime start = node.clock().now_mono();
    Duration waited{0};
    node.timers().after(Duration(1'000'003), [&] { waited = node.clock().now_mono() - start; });
    bool has_run = false;
    const auto cancelled = node.timers().after(Duration(5), [&] { has_run = true; });
    node.timers().cancel(cancelled);
    world.run_for(10ms);
    EXPECT_GE(waited.count(), 1'000'003);
    EXPECT_LE(waited.count(), 1'000'010);
    EXPECT_FALSE(has_run);
  }
}

}  // namespace
}  // namespace oort::sim
