// SPDX-License-Identifier: Apache-2.0
// What must hold of every stream of events, on many seeded random ones. `watcher.cpp` checks C1,
// C2, C3, C6, C7, C8 and the causes of C10 at every action.
#include <gtest/gtest.h>

#include <cstdint>

#include "builders.hpp"
#include "stream.hpp"

namespace oort::compute::test {
namespace {

TEST(Property, EveryActionKeepsTheRules_C1_C2_C3_C6_C7_C8) {
  std::size_t placed = 0;
  std::size_t stopped = 0;
  std::size_t promises = 0;
  for (std::uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream(seed, Mix(), Options());
    stream.run(400);
    placed += stream.placed();
    stopped += stream.stopped();
    promises += stream.watcher().promises_kept();
  }
  // The streams do come to all that.
  EXPECT_GT(placed, 4'000U);
  EXPECT_GT(stopped, 400U);
  EXPECT_GT(promises, 200U);
}

TEST(Property, TheSameEventsGiveTheSameActions_C5) {
  for (std::uint64_t seed = 100; seed < 110 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream(seed, Mix(), Options());
    stream.compare_with(Options());
    stream.run(300);
  }
}

TEST(Property, IndexesFindWhatLookingAtEveryNodeFinds_C9) {
  for (std::uint64_t seed = 200; seed < 220 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Mix mix;
    mix.nodes = 4 + seed % 3 * 40;  // More than a block of the index, too.
    Options indexed;
    Options naive;
    naive.indexed_shapes_max = seed % 4 == 0 ? 5 : 0;
    Stream stream(seed, mix, indexed);
    stream.compare_with(naive);
    stream.run(300);
  }
}

TEST(Property, WithoutFaultsEveryPromiseIsKept_C3) {
  std::size_t kept = 0;
  for (std::uint64_t seed = 300; seed < 330 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Mix mix;
    mix.offers_change = false;
    mix.leases_fail = false;
    mix.replicas_spread = false;
    Stream stream(seed, mix, Options());
    stream.run(400);
    kept += stream.watcher().promises_kept();
  }
  EXPECT_GT(kept, 300U);
}

/// A world in which everything could run, and which is asked for more than it has all the time.
Mix crowded() {
  Mix mix;
  mix.nodes = 0;
  mix.offers_change = false;
  mix.leases_fail = false;
  mix.is_spot_there = false;
  mix.may_preempt = false;
  mix.waiting_max = 1'000'000;
  return mix;
}

Request plain(std::uint16_t devices, std::uint64_t walltime_ms) {
  Request one = request(0, devices);
  one.walltime_ms = walltime_ms;
  return one;
}

/// Keeps narrow jobs of one device and 20 seconds waiting for so long; how many started.
void crowd(Stream& stream, std::uint64_t ms) {
  const std::uint64_t end = stream.now().milliseconds + ms;
  while (stream.now().milliseconds < end) {
    while (stream.scheduler().waiting_count() < 60) stream.submit(plain(1, 20'000));
    stream.drain(500);
  }
}

TEST(Property, JobsThatNoNodeCouldRunHideNobody_C4) {
  Stream stream(1, crowded(), Options());
  for (std::uint64_t i = 1; i <= 2; ++i) stream.step(OfferSet{offer(i, 4)});
  // Of twelve classes: too wide, and wide enough but for too long, by far the first in the queue.
  for (std::uint16_t i = 0; i < 12; ++i) {
    Request hopeless = plain(static_cast<std::uint16_t>(5 + i % 6), 60'000);
    hopeless.any_of[0].cpu_milli = 1'000U + i;
    hopeless.priority = 100;
    stream.submit(hopeless);
  }
  stream.step(OfferSet{[] {
    Offer leaving = offer(3, 1);
    leaving.available_until = WallTime{1'000'000 + 86'400'000};
    leaving.devices[0].model = "P100";
    return leaving;
  }()});
  for (int i = 0; i < 50; ++i) {
    Request too_long = plain(1, 2 * 86'400'000ULL);
    too_long.any_of[0].gpu_models = {"P100"};
    too_long.priority = 100;
    stream.submit(too_long);
  }
  Request behind = plain(1, 20'000);
  behind.any_of[0].gpu_models = {"P100"};
  behind.priority = -50;
  stream.submit(behind);
  Request wide = plain(4, 60'000);
  stream.submit(wide);
  const auto wide_job = std::prev(stream.watcher().jobs().end())->first;
  Request apart = plain(3, 60'000);
  apart.gang = {2, 2, Topology::Any};
  apart.spread = Spread::Operator;
  stream.submit(apart);
  const auto apart_job = std::prev(stream.watcher().jobs().end())->first;
  const auto behind_job = std::prev(stream.watcher().jobs().end(), 3)->first;
  crowd(stream, 30 * 60'000);
  EXPECT_TRUE(stream.watcher().jobs().at(wide_job).has_started);
  EXPECT_TRUE(stream.watcher().jobs().at(apart_job).has_started);
  EXPECT_TRUE(stream.watcher().jobs().at(behind_job).has_started);
}

TEST(Property, UnderAgeingEveryWaitIsBounded_C4) {
  for (std::uint64_t seed = 400; seed < 404; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed);
    Stream stream(seed, crowded(), Options());
    for (std::uint64_t i = 1; i <= 3; ++i) stream.step(OfferSet{offer(i, 4)});
    // About thirty wait for six hours, each job of at most a minute: some thirty minutes of work at
    // the very most are in front of any, and four steps of priority are four more.
    for (int i = 0; i < 6 * 3'600; i += 2) {
      while (stream.scheduler().waiting_count() < 30) {
        Request one =
            plain(static_cast<std::uint16_t>(1 + draws.below(4)), 1'000ULL * (1 + draws.below(60)));
        one.priority = static_cast<std::int32_t>(draws.below(5));
        if (draws.once_in(10)) one.gang = {2, 3, Topology::SameRegion};
        stream.submit(one);
      }
      stream.drain(2'000);
    }
    EXPECT_LT(stream.longest_wait_ms(), 34U * 60'000U);
    EXPECT_GT(stream.placed(), 4'000U);
  }
}

}  // namespace
}  // namespace oort::compute::test
