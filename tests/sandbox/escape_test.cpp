// SPDX-License-Identifier: Apache-2.0
// The escape suite: what strangers try, in every tier that this host has, with and without root.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "prison.hpp"

namespace oort::sandbox::test {
namespace {

namespace fs = std::filesystem;

class EscapeSuite : public EveryCell {};
INSTANTIATE_TEST_SUITE_P(Tiers, EscapeSuite, testing::ValuesIn(all_cells()),
                         [](const auto& cell) { return name_of(cell.param); });

/// A program of the host that nothing holds.
int run_free(const std::string& words) {
  const std::string line = std::string(OORT_PRISONER) + " " + words + " >/dev/null 2>&1";
  const int status = std::system(line.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A port of this machine on which something listens.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] const std::string& port() const noexcept { return port_; }

 private:
  int fd_;
  std::string port_;
};

// The attempts must be able to succeed, or their failure says nothing.
TEST(Prisoner, GetsOutWhereNothingHoldsIt) {
  const oort::test::TempFolder folder;
  const Listener listener;
  const std::string file = (folder.path() / "file").string();
  std::ofstream(file) << "text";

  EXPECT_EQ(run_free("read " + file), 1);
  EXPECT_EQ(run_free("pids " + std::to_string(::getpid())), 1);
  EXPECT_EQ(run_free("connect 127.0.0.1 " + listener.port()), 1);
  EXPECT_EQ(run_free("gain"), 1);
  EXPECT_EQ(run_free("processes 3"), 1);
  EXPECT_EQ(run_free("memory 1048576"), 1);
  // What would harm this machine is not even tried on it.
  for (const char* attempt : {"nonsense", "call", "kill", "write /x", "settings", "devices"}) {
    EXPECT_EQ(run_free(attempt), 2) << attempt;
  }
}

TEST_P(EscapeSuite, ReadsNoFileOfTheHost_X2) {
  const std::string data = (prison().folder() / "data/secret").string();
  expect_held({"read", "/etc/shadow", "/etc/passwd", data, "/proc/1/root/etc/shadow",
               "/proc/self/root/etc/shadow", "/../../../etc/shadow", "/root/.ssh/id_ed25519",
               "/var/lib", "/home", "/tmp/../" + data});
}

TEST_P(EscapeSuite, WritesNowhereButItsScratch_X2) {
  expect_held({"write", "/file", "/etc/release", "/bin/prisoner", "/proc/file", "/usr/file"});
  std::ifstream release(prison().folder() / "root/etc/release");
  std::string text;
  std::getline(release, text);
  EXPECT_EQ(text, "prison");
  EXPECT_EQ(std::distance(fs::directory_iterator(prison().folder() / "root"), {}), 2);
}

TEST_P(EscapeSuite, SeesAndSignalsNoProcessOfTheHost_X1) {
  expect_held({"pids", std::to_string(::getpid())});
}

TEST_P(EscapeSuite, ReachesNoNetwork_X3) {
  const Listener listener;
  expect_held({"connect", "127.0.0.1", listener.port(), "192.168.1.1", "80", "10.0.0.1", "80",
               "172.17.0.1", "80", "169.254.169.254", "80", "8.8.8.8", "53"});
}

TEST_P(EscapeSuite, AsksTheKernelForNothingDangerous_X2) { expect_held({"call"}); }

TEST_P(EscapeSuite, GainsNoRights_X2) { expect_held({"gain"}); }

TEST_P(EscapeSuite, FindsNoDevice_X2) {
  // crun leaves its /dev, of 64 KiB, writable.
  const bool is_ours = GetParam().tier == env::SandboxTier::Launcher;
  expect_held(is_ours ? std::vector<std::string>{"devices", "/dev/something"}
                      : std::vector<std::string>{"devices"});
}

TEST_P(EscapeSuite, ChangesNoSettingOfTheHost_X2) { expect_held({"settings"}); }

TEST_P(EscapeSuite, TouchesNotWhatWatchesIt_X1) {
  // In the runtime's namespace the first process is the task itself.
  if (GetParam().tier == env::SandboxTier::Runtime) {
    expect_held({"pids", std::to_string(::getppid())});
    return;
  }
  expect_held({"read", "/proc/1/environ", "/proc/1/maps", "/proc/1/mem", "/proc/1/fd/3"});
  expect_held({"settings", "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/1/comm"});
}

TEST_P(EscapeSuite, GetsNoFileOfTheDaemon_X2) {
  // Open in this process, and not to be closed on exec.
  const int secret = ::open((prison().folder() / "data/secret").c_str(), O_RDONLY);
  ASSERT_GE(secret, 0);
  expect_held({"files"});
  ::close(secret);
}

TEST_P(EscapeSuite, ForksNoMoreThanItMay_X4) {
  env::SandboxTask task = prison().task({"processes", "20"});
  task.limits.processes_count = 20;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Exited) << to_string(outcome->end);
  EXPECT_EQ(outcome->exit_code, 0) << outcome->standard_output;
}

TEST_P(EscapeSuite, TakesNoMoreMemoryThanItMay_X4) {
  env::SandboxTask task = prison().task({"memory", std::to_string(1ULL << 32U)});
  task.limits.memory_bytes = 48U << 20U;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::OutOfMemory)
      << to_string(outcome->end) << " " << outcome->exit_code << outcome->standard_output;
}

TEST_P(EscapeSuite, FillsNoDisk_X4) {
  for (const char* folder : {"/scratch", "/tmp", "/dev/shm"}) {
    env::SandboxTask task = prison().task({"fill", folder, std::to_string(2U << 20U)});
    task.limits.scratch_bytes = 2U << 20U;
    task.limits.tmp_bytes = 2U << 20U;
    const auto outcome = prison().run(task);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->end, env::SandboxEnd::Exited) << to_string(outcome->end);
    EXPECT_EQ(outcome->exit_code, 0) << folder << ": " << outcome->standard_output;
  }
}

TEST_P(EscapeSuite, FloodsNoLog_X4) {
  env::SandboxTask task = prison().task({"flood"});
  task.limits.output_bytes = 100'000;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::OutputLimit) << to_string(outcome->end);
  EXPECT_EQ(outcome->standard_output, std::string(100'000, 'x'));
}

TEST_P(EscapeSuite, OutlivesNoWalltime_X1_X4) {
  const std::string mark = "walltime-" + std::to_string(::getpid()) + name_of(GetParam());
  env::SandboxTask task = prison().task({"stay", mark});
  task.limits.walltime = 300ms;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Walltime) << to_string(outcome->end);
  EXPECT_EQ(find_process(mark), std::nullopt);
}

TEST_P(EscapeSuite, LeavesNoChildBehind_X1) {
  const std::string mark = "children-" + std::to_string(::getpid()) + name_of(GetParam());
  expect_held({"children", mark});
  EXPECT_EQ(find_process(mark), std::nullopt);
}

TEST_P(EscapeSuite, KillsNobodyButItself_X1) {
  const auto outcome = prison().run(prison().task({"kill"}));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->end, env::SandboxEnd::Exited) << to_string(outcome->end);
  EXPECT_EQ(outcome->standard_output, "still here\n");
}

TEST_P(EscapeSuite, SmugglesNothingThroughItsOutputs_X2) {
  const fs::path outputs = prison().folder() / "outputs";
  fs::create_directory(outputs);
  fs::permissions(outputs, fs::perms(0777));
  const std::string secret = (prison().folder() / "data/secret").string();
  env::SandboxTask task = prison().task({"outputs", secret});
  task.outputs_folder = outputs;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->exit_code, 0) << outcome->standard_output;

  EXPECT_EQ(outcome->outputs_count, 2U);
  std::vector<std::string> refused = {"absolute: a symbolic link", "climbing: a symbolic link",
                                      "inner/root: a symbolic link",
                                      "sparse: larger than the scratch space"};
  if (outcome->standard_output.find("made a pipe") != std::string::npos) {
    refused.insert(refused.begin() + 3, "pipe: neither a file nor a folder");
  }
  EXPECT_EQ(outcome->outputs_refused, refused);
  std::ifstream good(outputs / "inner/good");
  std::string text;
  std::getline(good, text);
  EXPECT_EQ(text, "good");
  for (const auto& one : fs::recursive_directory_iterator(outputs)) {
    EXPECT_FALSE(one.is_symlink()) << one.path();
    if (!one.is_directory()) {
      EXPECT_EQ(one.hard_link_count(), 1U) << one.path();
    }
  }
}

}  // namespace
}  // namespace oort::sandbox::test
