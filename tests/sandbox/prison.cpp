// SPDX-License-Identifier: Apache-2.0
#include "prison.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "kernel.hpp"
#include "oort/core/reasons.hpp"

namespace oort::sandbox::test {
namespace fs = std::filesystem;

std::string name_of(const Cell& cell) {
  return std::string(cell.tier == env::SandboxTier::Launcher ? "Launcher" : "Runtime") +
         (cell.is_unprivileged ? "Unprivileged" : "");
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells = {{env::SandboxTier::Launcher, false},
                             {env::SandboxTier::Runtime, false}};
  if (::geteuid() == 0) {
    cells.push_back({env::SandboxTier::Launcher, true});
    cells.push_back({env::SandboxTier::Runtime, true});
  }
  return cells;
}

SandboxOptions options_of(const Cell& cell) {
  SandboxOptions options;
  options.launcher = cell.is_unprivileged ? OORT_UNPRIVILEGED_LAUNCHER : OORT_LAUNCHER;
  return options;
}

const env::SandboxSupport& support_of(const Cell& cell) {
  static std::map<bool, env::SandboxSupport> known;
  const auto found = known.find(cell.is_unprivileged);
  if (found != known.end()) return found->second;
  auto support = probe(options_of(cell));
  EXPECT_TRUE(support) << support.error().to_string();
  return known[cell.is_unprivileged] = *support;
}

Prison::Prison(const Cell& cell) : cell_(cell) {
  fs::permissions(folder_.path(), fs::perms(0755));
  fs::create_directories(folder_.path() / "root/bin");
  fs::create_directories(folder_.path() / "root/etc");
  fs::copy_file(OORT_PRISONER, folder_.path() / "root/bin/prisoner");
  std::ofstream(folder_.path() / "root/etc/release") << "prison\n";
  fs::create_directory(folder_.path() / "data");
  std::ofstream(folder_.path() / "data/secret") << "secret\n";
  runtime_ = host::Runtime::start({}).value();
  pool_ = runtime_->make_pool("sandbox", 4);
  strand_ = runtime_->make_strand();
  sandbox_ = open_sandbox(options_of(cell), *pool_, *strand_).value();
}

env::SandboxTask Prison::task(std::vector<std::string> words) const {
  env::SandboxTask task;
  task.tier = cell_.tier;
  task.layers = {folder_.path() / "root"};
  task.command = {"/bin/prisoner"};
  task.command.insert(task.command.end(), words.begin(), words.end());
  task.environment = {"PATH=/bin", "LANG=C"};
  task.limits.walltime = 30s;
  return task;
}

Result<env::SandboxOutcome> Prison::run(env::SandboxTask task) {
  std::promise<Result<env::SandboxOutcome>> outcome;
  sandbox_->run(std::move(task), [&outcome](Result<env::SandboxOutcome> result) {
    outcome.set_value(std::move(result));
  });
  return outcome.get_future().get();
}

Result<env::SandboxOutcome> Prison::run_and_cancel(env::SandboxTask task, const std::string& mark) {
  std::promise<Result<env::SandboxOutcome>> outcome;
  const env::SandboxRunId id = sandbox_->run(
      std::move(task),
      [&outcome](Result<env::SandboxOutcome> result) { outcome.set_value(std::move(result)); });
  if (!mark.empty()) static_cast<void>(await_process(mark));
  sandbox_->cancel(id);
  return outcome.get_future().get();
}

void EveryCell::SetUp() {
  prison_ = std::make_unique<Prison>(GetParam());
  const env::SandboxTierSupport* support = support_of(GetParam()).find(GetParam().tier);
  ASSERT_NE(support, nullptr);
  if (support->is_supported()) return;
  std::string missing;
  for (const env::SandboxPiece& piece : support->pieces) {
    if (piece.is_required && !piece.is_there) missing += piece.name + " (" + piece.detail + ") ";
  }
  const auto refused = prison_->run(prison_->task({"stay"}));
  ASSERT_FALSE(refused) << "the probe names " << missing << "but the tier runs";
  ASSERT_EQ(refused.error().reason(), reason::not_supported);
  GTEST_SKIP() << "this host lacks " << missing;
}

void EveryCell::expect_held(const std::vector<std::string>& words) {
  const auto outcome = prison().run(prison().task(words));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Exited)
      << to_string(outcome->end) << " " << outcome->signal << " " << outcome->detail
      << outcome->standard_error;
  EXPECT_EQ(outcome->exit_code, 0) << outcome->standard_output << outcome->standard_error;
}

std::optional<int> find_process(const std::string& mark) {
  std::error_code problem;
  for (const fs::directory_entry& one : fs::directory_iterator("/proc", problem)) {
    const int pid = std::atoi(one.path().filename().c_str());
    if (pid <= 0 || pid == ::getpid()) continue;
    // It may die while it is read.
    const auto words = kernel::read_text(one.path() / "cmdline");
    if (!words || !words->starts_with("/bin/prisoner")) continue;
    if (words->find(mark) != std::string::npos) return pid;
  }
  return std::nullopt;
}

int await_process(const std::string& mark) {
  for (;;) {
    if (const auto found = find_process(mark)) return *found;
    std::this_thread::yield();
  }
}

void await_death(int process) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) return;
  pollfd watched{fd, POLLIN, 0};
  while (::poll(&watched, 1, -1) < 0 && errno == EINTR) {
  }
  ::close(fd);
}

}  // namespace oort::sandbox::test
