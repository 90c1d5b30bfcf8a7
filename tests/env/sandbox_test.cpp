// SPDX-License-Identifier: Apache-2.0
#include "oort/env/sandbox.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fake_sandbox.hpp"
#include "oort/core/reasons.hpp"

namespace oort::env {
namespace {

SandboxTask good_task() {
  SandboxTask task;
  task.layers = {"/store/layer"};
  task.mounts = {{"/data/input", "/input"}};
  task.command = {"/bin/program", "word"};
  task.environment = {"NAME=value"};
  return task;
}

TEST(SandboxTask, IsCheckedFieldByField) {
  EXPECT_TRUE(check_sandbox_task(good_task()));
  const std::vector<std::pair<const char*, std::function<void(SandboxTask&)>>> mistakes = {
      {"no command", [](SandboxTask& task) { task.command.clear(); }},
      {"empty command", [](SandboxTask& task) { task.command = {""}; }},
      {"zero byte", [](SandboxTask& task) { task.command.emplace_back("a\0b", 3); }},
      {"too many bytes", [](SandboxTask& task) { task.command.emplace_back(200'000, 'x'); }},
      {"variable", [](SandboxTask& task) { task.environment = {"=x"}; }},
      {"no variable", [](SandboxTask& task) { task.environment = {"x"}; }},
      {"relative layer", [](SandboxTask& task) { task.layers = {"layer"}; }},
      {"climbing layer", [](SandboxTask& task) { task.layers = {"/a/../b"}; }},
      {"mount on /", [](SandboxTask& task) { task.mounts = {{"/a", "/"}}; }},
      {"mount on /proc", [](SandboxTask& task) { task.mounts = {{"/a", "/proc/x"}}; }},
      {"mount on /dev", [](SandboxTask& task) { task.mounts = {{"/a", "/dev"}}; }},
      {"mount on /scratch", [](SandboxTask& task) { task.mounts = {{"/a", "/scratch/b"}}; }},
      {"mount that climbs", [](SandboxTask& task) { task.mounts = {{"/a", "/b/../c"}}; }},
      {"mount with a dot", [](SandboxTask& task) { task.mounts = {{"/a", "/b/./c"}}; }},
      {"mount with //", [](SandboxTask& task) { task.mounts = {{"/a", "/b//c"}}; }},
      {"folder", [](SandboxTask& task) { task.working_folder = "here"; }},
      {"outputs", [](SandboxTask& task) { task.outputs_folder = "here"; }},
      {"walltime", [](SandboxTask& task) { task.limits.walltime = 1ms; }},
      {"memory", [](SandboxTask& task) { task.limits.memory_bytes = 1; }},
      {"processes", [](SandboxTask& task) { task.limits.processes_count = 0; }},
      {"scratch", [](SandboxTask& task) { task.limits.scratch_bytes = 1; }},
      {"tmp", [](SandboxTask& task) { task.limits.tmp_bytes = 1ULL << 60U; }},
      {"output", [](SandboxTask& task) { task.limits.output_bytes = 1U << 30U; }},
      {"files", [](SandboxTask& task) { task.limits.files_count = 1; }},
      {"cpu", [](SandboxTask& task) { task.limits.cpu_milli = 1; }},
      {"tier", [](SandboxTask& task) { task.tier = static_cast<SandboxTier>(9); }},
  };
  for (const auto& [name, spoil] : mistakes) {
    SandboxTask task = good_task();
    spoil(task);
    const auto checked = check_sandbox_task(task);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().reason(), reason::bad_argument) << name;
  }
}

TEST(SandboxTask, MayMountBesideWhatTheSandboxProvides) {
  SandboxTask task = good_task();
  task.mounts = {{"/a", "/processes"}, {"/b", "/devices/x"}, {"/c", "/tmpfiles"}};
  EXPECT_TRUE(check_sandbox_task(task));
}

TEST(SandboxSupport, NeedsEveryRequiredPieceAndAtLeastOne) {
  SandboxTierSupport support;
  EXPECT_FALSE(support.is_supported());
  support.pieces = {{"start", true, true, ""}, {"landlock", false, false, ""}};
  EXPECT_TRUE(support.is_supported());
  support.pieces.push_back({"overlay", false, true, ""});
  EXPECT_FALSE(support.is_supported());
}

/// Runs what was posted when it is told to.
class Posted final : public Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void run() {
    for (Task& task : std::exchange(tasks_, {})) task();
  }

 private:
  std::vector<Task> tasks_;
};

TEST(FakeSandbox, EndsRunsAsItIsToldAndOnce) {
  Posted executor;
  oort::test::FakeSandbox sandbox(executor);
  std::vector<std::string> ends;
  const auto note = [&ends](Result<SandboxOutcome> outcome) {
    ends.emplace_back(outcome ? to_string(outcome->end) : outcome.error().reason());
  };
  const SandboxRunId first = sandbox.run(good_task(), note);
  const SandboxRunId second = sandbox.run(good_task(), note);
  sandbox.run({}, note);
  EXPECT_EQ(sandbox.running_count(), 2U);
  sandbox.finish(first, SandboxOutcome{});
  sandbox.cancel(second);
  sandbox.cancel(first);
  EXPECT_TRUE(ends.empty());
  executor.run();
  EXPECT_EQ(ends, (std::vector<std::string>{"BAD_ARGUMENT", "exited", "cancelled"}));
}

}  // namespace
}  // namespace oort::env
