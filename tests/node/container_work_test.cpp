// SPDX-License-Identifier: Apache-2.0
#include "container_work.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image_kit.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/offer.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"
#include "temp_folder.hpp"

namespace oort::node {
namespace {

namespace fs = std::filesystem;
using sandbox::test::LayoutBuilder;
using sandbox::test::TarEntry;

class Queue final : public env::Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  bool step() {
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }

 private:
  std::deque<Task> tasks_;
};

/// Keeps what it is to run until the test ends it.
class FakeSandbox final : public env::Sandbox {
 public:
  explicit FakeSandbox(env::Executor& strand) : strand_(strand) {
    for (const auto tier : {env::SandboxTier::Launcher, env::SandboxTier::Runtime}) {
      support_.tiers.push_back({tier, {{"start", true, true, ""}}});
    }
  }
  [[nodiscard]] const env::SandboxSupport& support() const noexcept override { return support_; }
  env::SandboxRunId run(env::SandboxTask task,
                        Callback<Result<env::SandboxOutcome>> done) override {
    tasks.push_back(std::move(task));
    done_.push_back(std::move(done));
    return env::SandboxRunId(tasks.size());
  }
  void cancel(env::SandboxRunId id) noexcept override {
    env::SandboxOutcome outcome;
    outcome.end = env::SandboxEnd::Cancelled;
    end(id.value() - 1, outcome);
  }
  void end(std::size_t run, Result<env::SandboxOutcome> outcome) {
    strand_.post([done = std::move(done_.at(run)), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }

  env::SandboxSupport support_;
  std::vector<env::SandboxTask> tasks;

 private:
  env::Executor& strand_;
  std::vector<Callback<Result<env::SandboxOutcome>>> done_;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Bench {
  Bench() {
    fs::create_directories(folder.path() / "runner/tasks/9");
    runner.emplace(
        ContainerRunner::Parts{
            .sandbox = sandbox, .pool = pool, .strand = strand, .folder = folder.path() / "runner"},
        WorkRunner::Listener{[this](compute::WorkProgress one) {
                               EXPECT_TRUE(ended.empty() || ended.back().id != one.id)
                                   << "progress after the end";
                               log += one.log;
                             },
                             [this](compute::WorkEnded one) {
                               EXPECT_FALSE(fs::exists(task_folder(one.id.value())))
                                   << "told before it was gone";
                               ended.push_back(std::move(one));
                             }});
  }

  [[nodiscard]] fs::path task_folder(std::uint64_t id) const {
    return folder.path() / "runner/tasks" / std::to_string(id);
  }

  /// An archive of an image with one file.
  Bytes image(const std::vector<TarEntry>& entries = {{"bin/tool", '0', "tool", {}, 0755}}) {
    const fs::path layout = folder.path() / "layout";
    fs::remove_all(layout);
    LayoutBuilder builder(layout);
    builder.add_layer(sandbox::test::make_tar(entries));
    builder.finish();
    std::vector<TarEntry> files;
    for (const auto& one : fs::recursive_directory_iterator(layout)) {
      if (!one.is_regular_file()) continue;
      files.push_back({fs::relative(one.path(), layout).string(), '0', text_of(one.path())});
    }
    return to_bytes(as_bytes(sandbox::test::make_tar(files)));
  }

  compute::WorkStart start_of(std::uint64_t id) {
    compute::WorkStart start;
    start.id = compute::WorkId(id);
    start.work.kind = compute::WorkKind::Container;
    start.work.command = {"/bin/tool", "go"};
    start.work.environment = {"A=b"};
    start.input_bytes = {to_bytes(as_bytes("first")), to_bytes(as_bytes("second")), image()};
    start.inputs = {{5, {}, ""}, {6, {}, "/data/second"}, {start.input_bytes[2].size(), {}, ""}};
    start.walltime_ms = 5'000;
    start.cpu_milli = 700;
    start.memory_mib = 200;
    start.disk_mib = 30;
    return start;
  }
  void run() {
    while (pool.step() || strand.step()) {
    }
  }
  env::SandboxTask& task() { return sandbox->tasks.at(0); }

  Queue pool;
  Queue strand;
  oort::test::TempFolder folder;
  std::shared_ptr<FakeSandbox> sandbox = std::make_shared<FakeSandbox>(strand);
  std::string log;
  std::vector<compute::WorkEnded> ended;
  std::optional<ContainerRunner> runner;
};

env::SandboxOutcome good() {
  env::SandboxOutcome outcome;
  outcome.standard_output = "printed";
  outcome.standard_error = "warned\n";
  outcome.usage.walltime = std::chrono::milliseconds(1'500);
  outcome.usage.cpu = std::chrono::milliseconds(900);
  return outcome;
}

TEST(ContainerRunner, GivesTheProgramItsInputsAndLimitsAndTakesWhatItPrints_CR1_CR2) {
  Bench bench;
  EXPECT_FALSE(fs::exists(bench.task_folder(9))) << "an earlier life left it";
  bench.runner->start(bench.start_of(1));
  bench.run();
  ASSERT_EQ(bench.sandbox->tasks.size(), 1U);
  const env::SandboxTask& task = bench.task();
  EXPECT_TRUE(env::check_sandbox_task(task));
  EXPECT_EQ(task.tier, env::SandboxTier::Runtime) << "the strongest that there is";
  ASSERT_EQ(task.layers.size(), 1U);
  EXPECT_EQ(text_of(task.layers.front() / "bin/tool"), "tool");
  ASSERT_EQ(task.mounts.size(), 2U);
  EXPECT_EQ(task.mounts[0].target, "/inputs/0");
  EXPECT_EQ(text_of(task.mounts[0].source), "first");
  EXPECT_EQ(task.mounts[1].target, "/data/second");
  EXPECT_EQ(text_of(task.mounts[1].source), "second");
  EXPECT_EQ(task.command, (std::vector<std::string>{"/bin/tool", "go"}));
  EXPECT_EQ(task.environment.back(), "A=b");
  EXPECT_EQ(task.limits.walltime, std::chrono::seconds(5));
  EXPECT_EQ(task.limits.cpu_milli, 700U);
  EXPECT_EQ(task.limits.memory_bytes, 200U << 20U);
  EXPECT_EQ(task.limits.scratch_bytes, 30U << 20U);
  EXPECT_TRUE(fs::is_empty(task.outputs_folder));

  bench.sandbox->end(0, good());
  bench.run();
  ASSERT_EQ(bench.ended.size(), 1U);
  const compute::WorkEnded& ended = bench.ended.front();
  EXPECT_EQ(ended.end, compute::TaskEnd::Done);
  EXPECT_EQ(as_text(ended.output), "printed");
  EXPECT_EQ(ended.run_ms, 1'500U);
  EXPECT_EQ(ended.resources.cpu_ms, 900U);
  EXPECT_EQ(ended.resources.written_bytes, 7U);
  EXPECT_NE(bench.log.find("warned"), std::string::npos) << bench.log;
}

TEST(ContainerRunner, TakesTheFileThatIsNamedAndNothingElse_CR3) {
  const auto run = [](const std::string& path, const std::function<void(const fs::path&)>& leave) {
    Bench bench;
    compute::WorkStart start = bench.start_of(1);
    start.work.output_path = path;
    bench.runner->start(start);
    bench.run();
    leave(bench.task().outputs_folder);
    bench.sandbox->end(0, good());
    bench.run();
    return bench.ended.at(0);
  };
  const auto leave = [](const fs::path& out) {
    fs::create_directory(out / "part");
    std::ofstream(out / "part/result") << "written";
    std::ofstream(out.parent_path() / "secret") << "not theirs";
  };
  EXPECT_EQ(as_text(run("/scratch/out/part/result", leave).output), "written");
  for (const char* path : {"/scratch/out/none", "/scratch/out/part", "/scratch/out/../secret",
                           "/scratch/out/", "/etc/passwd", "part/result"}) {
    const compute::WorkEnded ended = run(path, leave);
    EXPECT_EQ(ended.end, compute::TaskEnd::Failed) << path;
    EXPECT_TRUE(ended.output.empty()) << path;
    EXPECT_NE(ended.detail.find(path), std::string::npos) << ended.detail;
  }
}

TEST(ContainerRunner, TellsTheTasksFaultFromTheNodes_CR4) {
  const auto end_of = [](Result<env::SandboxOutcome> outcome) {
    Bench bench;
    bench.runner->start(bench.start_of(1));
    bench.run();
    bench.sandbox->end(0, std::move(outcome));
    bench.run();
    return bench.ended.at(0);
  };
  env::SandboxOutcome bad = good();
  bad.exit_code = 3;
  EXPECT_EQ(end_of(bad).end, compute::TaskEnd::Failed);
  EXPECT_EQ(end_of(bad).detail, "exited 3");
  EXPECT_TRUE(end_of(bad).output.empty());
  bad.end = env::SandboxEnd::OutOfMemory;
  EXPECT_EQ(end_of(bad).detail, "out-of-memory");
  EXPECT_EQ(end_of(fail(ErrorCode::Unavailable, reason::sandbox_failed, "no space")).end,
            compute::TaskEnd::NodeFault);
  EXPECT_EQ(end_of(fail(ErrorCode::InvalidArgument, reason::bad_argument, "no such place")).end,
            compute::TaskEnd::Failed);

  Bench bench;
  compute::WorkStart start = bench.start_of(1);
  start.input_bytes.back() = to_bytes(as_bytes("no archive"));
  bench.runner->start(start);
  compute::WorkStart other = bench.start_of(2);
  other.work.image = Bytes32(std::array<std::byte, 32>{std::byte{1}});
  bench.runner->start(other);
  bench.run();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_TRUE(bench.sandbox->tasks.empty());
  for (const auto& ended : bench.ended) EXPECT_EQ(ended.end, compute::TaskEnd::Failed);
}

TEST(ContainerRunner, StoppedWorkEndsOnceBeforeAndWhileItRuns_CR1) {
  Bench bench;
  bench.runner->start(bench.start_of(1));
  bench.runner->stop({compute::WorkId(1), 0});
  bench.run();
  EXPECT_TRUE(bench.sandbox->tasks.empty());
  bench.runner->start(bench.start_of(2));
  bench.run();
  bench.runner->stop({compute::WorkId(2), 0});
  bench.runner->stop({compute::WorkId(7), 0});
  bench.run();
  ASSERT_EQ(bench.ended.size(), 2U);
  for (const auto& ended : bench.ended) EXPECT_EQ(ended.end, compute::TaskEnd::Stopped);
}

TEST(ContainerRunner, TellsNothingOnceItIsGoneAndCancels_CR1_CR2) {
  Bench bench;
  bench.runner->start(bench.start_of(1));
  bench.run();
  bench.runner.reset();
  bench.run();
  EXPECT_TRUE(bench.ended.empty());
  EXPECT_FALSE(fs::exists(bench.task_folder(1)));
}

TEST(ContainerRunner, OffersTheTiersThatTheHostHas) {
  env::SandboxSupport support;
  EXPECT_EQ(tiers_of(support), 1U);
  support.tiers.push_back({env::SandboxTier::Launcher, {{"overlay", true, true, ""}}});
  support.tiers.push_back({env::SandboxTier::Runtime, {{"crun", false, true, ""}}});
  EXPECT_EQ(tiers_of(support), 1U | 1U << static_cast<unsigned>(compute::IsolationTier::Launcher));
}

}  // namespace
}  // namespace oort::node
