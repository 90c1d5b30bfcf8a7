// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "kernel.hpp"
#include "oort/core/reasons.hpp"
#include "prison.hpp"
#include "wire.hpp"

namespace oort::sandbox::test {
namespace {

namespace fs = std::filesystem;

class SandboxRun : public EveryCell {};
INSTANTIATE_TEST_SUITE_P(Tiers, SandboxRun, testing::ValuesIn(all_cells()),
                         [](const auto& cell) { return name_of(cell.param); });

TEST_P(SandboxRun, GivesArgumentsEnvironmentAndExitCode) {
  const auto outcome = prison().run(prison().task({"show", "first", "second word"}));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Exited);
  EXPECT_EQ(outcome->exit_code, 7);
  // crun adds a HOME.
  EXPECT_TRUE(outcome->standard_output.starts_with("first\nsecond word\nPATH=/bin\nLANG=C\n"))
      << outcome->standard_output;
  EXPECT_TRUE(outcome->standard_error.starts_with("uid 1000, pid ")) << outcome->standard_error;
  EXPECT_GT(outcome->usage.walltime, 0ns);
  EXPECT_GT(outcome->usage.cpu, 0ns);
  EXPECT_GT(outcome->usage.memory_peak_bytes, 0U);
}

TEST_P(SandboxRun, TellsSignalsFromExits_X4) {
  const auto outcome = prison().run(prison().task({"crash"}));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  if (GetParam().tier == env::SandboxTier::Launcher) {
    EXPECT_EQ(outcome->end, env::SandboxEnd::Signalled) << to_string(outcome->end);
    EXPECT_EQ(outcome->signal, SIGSEGV);
  } else {
    // The first process of a namespace takes no signal that it sends to itself.
    EXPECT_EQ(outcome->end, env::SandboxEnd::Exited) << to_string(outcome->end);
    EXPECT_EQ(outcome->exit_code, 3);
  }
}

TEST_P(SandboxRun, RefusesAProgramThatIsNotThere) {
  env::SandboxTask task = prison().task({});
  task.command = {"/bin/nothing"};
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Refused) << to_string(outcome->end);
  EXPECT_NE(outcome->detail.find("/bin/nothing"), std::string::npos) << outcome->detail;
}

TEST_P(SandboxRun, FindsAProgramThroughPath) {
  env::SandboxTask task = prison().task({"show"});
  task.command[0] = "prisoner";
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Exited) << outcome->detail;
}

TEST_P(SandboxRun, FailsWhenALayerIsMissing) {
  env::SandboxTask task = prison().task({"show"});
  task.layers.push_back(prison().folder() / "nothing");
  const auto outcome = prison().run(task);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().reason(), reason::sandbox_failed);
  EXPECT_NE(outcome.error().detail().find("nothing"), std::string::npos);
}

TEST_P(SandboxRun, ShowsMountsReadOnlyWhateverTheLayersHold_X2) {
  // A layer whose links would send a mount elsewhere.
  const fs::path layer = prison().folder() / "links";
  fs::create_directory(layer);
  fs::create_symlink("/etc", layer / "input");
  fs::create_symlink("/etc", layer / "tmp");
  fs::create_symlink("../../..", layer / "proc");
  fs::create_directory(prison().folder() / "given");
  std::ofstream(prison().folder() / "given/file") << "text";
  env::SandboxTask task = prison().task({"write", "/input/file"});
  task.layers.push_back(layer);
  task.mounts = {{prison().folder() / "given", "/input"},
                 {prison().folder() / "given/file", "/deep/er/one"}};
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->exit_code, 0) << outcome->standard_output;
  task.command = {"/bin/prisoner", "read", "/input/file", "/deep/er/one"};
  const auto read = prison().run(task);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->standard_output, "ESCAPED: read /input/file\nESCAPED: read /deep/er/one\n");
}

TEST_P(SandboxRun, IsCancelledWhileItRunsAndBeforeItStarts_X1) {
  const std::string mark = "cancel-" + std::to_string(::getpid()) + name_of(GetParam());
  const auto running = prison().run_and_cancel(prison().task({"stay", mark}), mark);
  ASSERT_TRUE(running) << running.error().to_string();
  EXPECT_EQ(running->end, env::SandboxEnd::Cancelled) << to_string(running->end);
  EXPECT_EQ(find_process(mark), std::nullopt);
  const auto early = prison().run_and_cancel(prison().task({"stay", mark}), "");
  ASSERT_TRUE(early) << early.error().to_string();
  EXPECT_EQ(early->end, env::SandboxEnd::Cancelled) << to_string(early->end);
}

/// A launcher of its own, as a daemon has it: its process and the daemon's end of the socket.
struct Started {
  int process = -1;
  kernel::Fd socket;
};
Started start_launcher(const Cell& cell, const env::SandboxTask& task) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const std::string program = options_of(cell).launcher.string();
  const int process = ::fork();
  if (process == 0) {
    ::dup2(ends[1], 3);
    ::execl(program.c_str(), "oortd-launcher", nullptr);
    ::_exit(1);
  }
  ::close(ends[1]);
  LaunchRequest request;
  request.crun = "/usr/bin/crun";
  request.task = task;
  EXPECT_TRUE(kernel::send_frame(ends[0], encode_request(request)));
  return {process, kernel::Fd(ends[0])};
}

TEST_P(SandboxRun, DiesWithItsDaemon_X5) {
  const std::string mark = "daemon-" + std::to_string(::getpid()) + name_of(GetParam());
  Started started = start_launcher(GetParam(), prison().task({"stay", mark}));
  const int victim = await_process(mark);
  // What the kernel does when the daemon dies, however it dies.
  started.socket.close();
  await_death(victim);
  EXPECT_EQ(::waitpid(started.process, nullptr, 0), started.process);
  EXPECT_EQ(find_process(mark), std::nullopt);
}

TEST_P(SandboxRun, DiesWithItsLauncher_X5) {
  const std::string mark = "launcher-" + std::to_string(::getpid()) + name_of(GetParam());
  const Started started = start_launcher(GetParam(), prison().task({"stay", mark}));
  const int victim = await_process(mark);
  ASSERT_EQ(::kill(started.process, SIGKILL), 0);
  await_death(victim);
  EXPECT_EQ(::waitpid(started.process, nullptr, 0), started.process);
  EXPECT_EQ(find_process(mark), std::nullopt);
}

/// Whether a child may have every namespace, found without the room's code.
bool may_have_namespaces(bool is_unprivileged) {
  const int child = ::fork();
  if (child == 0) {
    if (is_unprivileged && ::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    ::_exit(::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Probe, AgreesWithWhatTheHostDoes) {
  for (const Cell& cell : all_cells()) {
    const env::SandboxTierSupport* support = support_of(cell).find(cell.tier);
    ASSERT_NE(support, nullptr);
    for (const env::SandboxPiece& piece : support->pieces) {
      SCOPED_TRACE(name_of(cell) + ": " + piece.name + ": " + piece.detail);
      EXPECT_FALSE(piece.detail.empty());
      if (piece.name == "user-namespaces") {
        EXPECT_EQ(piece.is_there, may_have_namespaces(cell.is_unprivileged));
      } else if (piece.name == "crun") {
        EXPECT_EQ(piece.is_there, fs::exists("/usr/bin/crun"));
      } else if (piece.name == "landlock") {
        EXPECT_EQ(piece.is_there, ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0);
      }
    }
    RecordProperty(name_of(cell), support->is_supported() ? "supported" : "missing");
  }
}

TEST(Probe, NamesALauncherThatIsNotThere) {
  SandboxOptions options;
  options.launcher = "/nowhere/oortd-launcher";
  const auto support = probe(options);
  ASSERT_FALSE(support);
  EXPECT_EQ(support.error().reason(), reason::not_found);
}

TEST(Probe, NamesARuntimeThatIsNotThere) {
  SandboxOptions options = options_of({});
  options.crun = "/nowhere/crun";
  const auto support = probe(options);
  ASSERT_TRUE(support);
  const env::SandboxTierSupport* runtime = support->find(env::SandboxTier::Runtime);
  EXPECT_FALSE(runtime->is_supported());
  EXPECT_EQ(runtime->pieces.back().name, "start");
  EXPECT_EQ(runtime->pieces.back().detail, "not tried, for a piece is missing");
}

}  // namespace
}  // namespace oort::sandbox::test
