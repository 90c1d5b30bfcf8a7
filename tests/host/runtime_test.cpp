// SPDX-License-Identifier: Apache-2.0
#include "oort/host/runtime.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <latch>
#include <thread>
#include <vector>

#include "oort/core/reasons.hpp"
#include "oort/core/time.hpp"
#include "oort/host/clock.hpp"

namespace oort::host {
namespace {

std::unique_ptr<Runtime> start(std::size_t threads_count = 4) {
  return Runtime::start({.threads_count = threads_count}).value();
}

/// Waits until everything posted to `executor` before has run; a strand's property.
void settle(env::Executor& strand) {
  std::promise<void> ran;
  strand.post([&ran] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(Runtime, RefusesCountsOutOfRange) {
  EXPECT_EQ(Runtime::start({.threads_count = 0}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Runtime::start({.threads_count = 257}).error().reason(), reason::bad_argument);
}

TEST(Runtime, StrandRunsOneTaskAtATimeInOrder_H1) {
  const auto runtime = start();
  const auto strand = runtime->make_strand();
  std::vector<int> ran;
  std::atomic<int> inside{0};
  bool is_alone = true;
  for (int i = 0; i < 2000; ++i) {
    strand->post([&, i] {
      is_alone = is_alone && inside.fetch_add(1) == 0;
      ran.push_back(i);
      inside.fetch_sub(1);
    });
  }
  settle(*strand);
  EXPECT_TRUE(is_alone);
  ASSERT_EQ(ran.size(), 2000U);
  EXPECT_TRUE(std::ranges::is_sorted(ran));
}

TEST(Runtime, PostNeverRunsTheTaskInsideTheCall) {
  const auto runtime = start(1);
  const auto strand = runtime->make_strand();
  bool is_inside = false;
  bool ran_inside = false;
  strand->post([&] {
    is_inside = true;
    strand->post([&] { ran_inside = is_inside; });
    is_inside = false;
  });
  settle(*strand);
  settle(*strand);
  EXPECT_FALSE(ran_inside);
}

TEST(Runtime, PoolRunsTasksBesideEachOther) {
  const auto runtime = start(1);
  const auto pool = runtime->make_pool("oort-test-disk-long-name", 3);
  // Each waits for the other two: on fewer threads this would never end.
  std::latch together(3);
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    pool->post([&] {
      together.arrive_and_wait();
      done.count_down();
    });
  }
  done.wait();
}

TEST(Runtime, StopRunsWhatWasPostedAndJoins_H2) {
  auto runtime = start(2);
  const auto strand = runtime->make_strand();
  const auto pool = runtime->make_pool("oort-test", 2);
  std::atomic<int> ran{0};
  for (int i = 0; i < 500; ++i) {
    strand->post([&] { ++ran; });
    pool->post([&] { ++ran; });
  }
  runtime->stop();
  EXPECT_EQ(ran, 1000);
  // Neither executor takes anything after the stop, and what it is given is destroyed.
  auto witness = std::make_shared<int>(0);
  strand->post([&ran, witness] { ++ran; });
  pool->post([&ran, witness] { ++ran; });
  strand->timers().after(0ms, [&ran, witness] { ++ran; });
  EXPECT_EQ(witness.use_count(), 1);
  runtime->stop();
  runtime.reset();
  EXPECT_EQ(ran, 1000);
}

TEST(Runtime, StopDoesNotWaitForTimersAndFiresNone_H2) {
  const auto runtime = start(2);
  const auto strand = runtime->make_strand();
  std::atomic<bool> fired{false};
  auto witness = std::make_shared<int>(0);
  strand->timers().after(1h, [&fired, witness] { fired = true; });
  runtime->stop();
  EXPECT_FALSE(fired);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(Runtime, StopWhileOthersPostLosesNoMemory_H2) {
  for (int round = 0; round < 20; ++round) {
    auto runtime = start(2);
    auto witness = std::make_shared<int>(0);
    std::latch begun(2);
    std::atomic<bool> is_over{false};
    std::vector<std::thread> posters;
    for (int i = 0; i < 2; ++i) {
      posters.emplace_back([&] {
        const auto strand = std::shared_ptr<Strand>(runtime->make_strand());
        strand->post([] {});
        begun.count_down();
        // A task that owns its own strand is the cycle that a forgotten task would make.
        while (!is_over) strand->post([strand, witness] {});
      });
    }
    begun.wait();
    runtime->stop();
    is_over = true;
    for (auto& poster : posters) poster.join();
    EXPECT_EQ(witness.use_count(), 1);
  }
}

TEST(Timers, FireInTheOrderOfTheirTimes) {
  const auto runtime = start();
  const auto strand = runtime->make_strand();
  std::vector<int> fired;
  std::promise<void> last;
  strand->post([&] {
    strand->timers().after(30ms, [&] {
      fired.push_back(3);
      last.set_value();
    });
    strand->timers().after(1ms, [&] { fired.push_back(1); });
    strand->timers().after(15ms, [&] { fired.push_back(2); });
    strand->timers().after(-1s, [&] { fired.push_back(0); });
  });
  last.get_future().wait();
  EXPECT_EQ(fired, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Timers, CancelOnTheStrandIsCertain_H3) {
  const auto runtime = start();
  const auto strand = runtime->make_strand();
  const SystemClock clock;
  std::atomic<int> fired{0};
  for (int i = 0; i < 200; ++i) {
    strand->post([&] {
      const env::TimerId id = strand->timers().after(0ms, [&] { ++fired; });
      // Long enough for the timer to run out and for its task to be queued behind this one.
      const MonoTime end = clock.now_mono() + 50us;
      while (clock.now_mono() < end) std::this_thread::yield();
      strand->timers().cancel(id);
      strand->timers().cancel(id);
    });
  }
  settle(*strand);
  settle(*strand);
  EXPECT_EQ(fired, 0);
}

TEST(Timers, ACancelledTaskMayTouchTheTimersWhenItGoes) {
  const auto runtime = start();
  const auto strand = runtime->make_strand();
  struct Toucher {
    env::Timers* timers;
    ~Toucher() { timers->cancel(env::TimerId(1)); }
  };
  auto toucher = std::make_shared<Toucher>(Toucher{&strand->timers()});
  const env::TimerId id = strand->timers().after(1h, [toucher] {});
  toucher.reset();
  strand->timers().cancel(id);
}

TEST(Timers, GoWithTheirStrand) {
  const auto runtime = start();
  auto strand = runtime->make_strand();
  auto witness = std::make_shared<int>(0);
  strand->timers().after(1h, [witness] {});
  strand.reset();
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(Signals, AreHeardOnTheStrand) {
  const auto runtime = start();
  const auto strand = runtime->make_strand();
  std::promise<void> all;
  std::vector<Signal> heard;
  const auto watching = runtime->watch_signals(*strand, [&](Signal signal) {
    heard.push_back(signal);
    if (heard.size() == 1) ::kill(::getpid(), SIGINT);
    if (heard.size() == 2) ::kill(::getpid(), SIGTERM);
    if (heard.size() == 3) all.set_value();
  });
  ASSERT_TRUE(watching);
  ::kill(::getpid(), SIGHUP);
  all.get_future().wait();
  EXPECT_EQ(heard, (std::vector{Signal::Hangup, Signal::Interrupt, Signal::Terminate}));
}

}  // namespace
}  // namespace oort::host
