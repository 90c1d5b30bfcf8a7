// SPDX-License-Identifier: Apache-2.0
#include "compute_work.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oort/compute/builtin/run.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/limits.hpp"

namespace oort::node {
namespace {

/// Runs one task at a time, when it is told to.
class Steps final : public env::Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  bool step() {
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }
  void run() {
    while (step()) {
    }
  }

 private:
  std::deque<Task> tasks_;
};

/// Every look at it takes some time.
class TickingClock final : public env::Clock {
 public:
  explicit TickingClock(Duration tick) : tick_(tick) {}
  [[nodiscard]] MonoTime now_mono() const noexcept override {
    time_ = time_ + tick_;
    return time_;
  }
  [[nodiscard]] WallTime now_wall() const noexcept override { return {}; }

 private:
  Duration tick_;
  mutable MonoTime time_;
};

struct Bench {
  explicit Bench(Duration unit = std::chrono::milliseconds(20)) : clock(unit) {}

  compute::WorkStart start_of(std::uint64_t id, std::size_t input_bytes) const {
    compute::WorkStart start;
    start.id = compute::WorkId(id);
    start.work.workload = {"blake3", 1};
    start.work.parameters = {std::byte{1}, {}, {}, {}, {}};
    start.input_bytes.emplace_back(input_bytes, std::byte{5});
    start.inputs.push_back({input_bytes, {}, ""});
    start.walltime_ms = 60'000;
    return start;
  }
  void run() {
    bool is_busy = true;
    while (is_busy) {
      is_busy = pool.step();
      strand.run();
    }
  }
  [[nodiscard]] std::string log() const {
    std::string all;
    for (const auto& one : progress) all += one.log;
    return all;
  }

  TickingClock clock;
  Steps pool;
  Steps strand;
  std::vector<compute::WorkProgress> progress;
  std::vector<compute::WorkEnded> ended;
  std::optional<WorkRunner> runner{
      std::in_place, WorkRunner::Parts{pool, strand, clock},
      WorkRunner::Listener{[this](compute::WorkProgress one) {
                             EXPECT_TRUE(ended.empty() || ended.back().id != one.id)
                                 << "progress after the end";
                             progress.push_back(std::move(one));
                           },
                           [this](compute::WorkEnded one) { ended.push_back(std::move(one)); }}};
};

constexpr std::size_t large = 40 * 256 * 1024;

TEST(WorkRunner, TwoTasksShareAThreadAndEachEndsOnce_WR1) {
  Bench bench;
  bench.runner->start(bench.start_of(1, large));
  bench.runner->start(bench.start_of(2, 1'000));
  bench.run();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended.front().id, compute::WorkId(2)) << "the small one waits for no large one";
  for (const auto& ended : bench.ended) {
    EXPECT_EQ(ended.end, compute::TaskEnd::Done);
    EXPECT_GT(ended.resources.cpu_ms, 0U);
    EXPECT_LE(ended.resources.cpu_ms, ended.run_ms);
    EXPECT_EQ(ended.resources.written_bytes, ended.output.size());
  }
  const compute::WorkStart same = bench.start_of(1, large);
  compute::builtin::Task task{same.work.workload, same.work.parameters, same.input_bytes};
  EXPECT_EQ(bench.ended.back().output, compute::builtin::run_to_end(std::move(task)).value());
  EXPECT_EQ(bench.ended.back().resources.read_bytes, large);
  EXPECT_EQ(bench.progress.back().units_done, bench.progress.back().units_count);
  EXPECT_NE(bench.log().find("begins blake3 1, 0 of 40 units"), std::string::npos) << bench.log();
}

TEST(WorkRunner, StoppedWorkEndsAndLeavesACheckpointThatGoesOn_WR2) {
  Bench bench;
  compute::WorkStart start = bench.start_of(1, large);
  start.checkpoint_ms = 1'000'000;
  bench.runner->start(start);
  bench.pool.step();
  bench.runner->stop({compute::WorkId(1), 0});
  bench.run();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended.front().end, compute::TaskEnd::Stopped);
  Bytes checkpoint;
  std::uint64_t units_done = 0;
  for (const auto& one : bench.progress) {
    if (one.checkpoint.empty()) continue;
    checkpoint = one.checkpoint;
    units_done = one.units_done;
  }
  ASSERT_FALSE(checkpoint.empty());
  EXPECT_GT(units_done, 0U);
  EXPECT_LT(units_done, 40U);
  start.id = compute::WorkId(2);
  start.checkpoint = checkpoint;
  bench.runner->start(start);
  bench.run();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended.back().end, compute::TaskEnd::Done);
  EXPECT_NE(bench.log().find("begins blake3 1, " + std::to_string(units_done) + " of 40 units"),
            std::string::npos)
      << bench.log();
}

TEST(WorkRunner, ABrokenCheckpointIsAsNone_WR1) {
  Bench bench;
  compute::WorkStart start = bench.start_of(1, 1'000);
  start.checkpoint = to_bytes("what is this");
  bench.runner->start(start);
  bench.run();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended.front().end, compute::TaskEnd::Done);
}

TEST(WorkRunner, WorkEndsWithItsWalltime_WR2) {
  Bench bench;
  compute::WorkStart start = bench.start_of(1, large);
  start.walltime_ms = 200;
  bench.runner->start(start);
  bench.run();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended.front().end, compute::TaskEnd::Failed);
  EXPECT_EQ(bench.ended.front().detail, "its walltime was over");
  EXPECT_LT(bench.ended.front().run_ms, 1'000U);
}

TEST(WorkRunner, WhatMayTakeMoreMemoryThanItHasNeverBegins_WR3) {
  Bench bench;
  compute::WorkStart start = bench.start_of(1, (compute::task_memory_min_mib + 1) * limits::mib);
  start.memory_mib = 1;
  bench.runner->start(start);
  start = bench.start_of(2, (compute::task_memory_min_mib - 1) * limits::mib);
  start.memory_mib = 1;
  bench.runner->start(start);
  bench.run();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended.front().end, compute::TaskEnd::Failed);
  EXPECT_NE(bench.ended.front().detail.find("bytes of memory"), std::string::npos);
  EXPECT_EQ(bench.ended.back().end, compute::TaskEnd::Done);
}

TEST(WorkRunner, NothingIsToldOnceItIsGone_WR1) {
  Bench bench;
  bench.runner->start(bench.start_of(1, large));
  bench.pool.step();
  bench.runner.reset();
  bench.run();
  EXPECT_TRUE(bench.ended.empty());
}

}  // namespace
}  // namespace oort::node
