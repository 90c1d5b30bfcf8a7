// SPDX-License-Identifier: Apache-2.0
#include "confine.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "kernel.hpp"
#include "landlock.hpp"
#include "oort/env/sandbox.hpp"
#include "restrict.hpp"
#include "root.hpp"
#include "runtime.hpp"
#include "syscalls.hpp"

namespace oort::sandbox {
namespace {

using kernel::check;

constexpr int watch_interval_ms = 20;

void tell(const Confinement& confinement, char what, const std::string& text,
          const std::vector<int>& fds = {}) {
  kernel::send_message(confinement.messages, what + text.substr(0, 3500), fds);
}

bool is_runtime(const Confinement& confinement) {
  return confinement.task.tier == env::SandboxTier::Runtime;
}

/// The launcher's death kills this process. Credentials that change undo that, so it is said again
/// after each change; a launcher that died before is one whose socket is closed.
Result<void> die_with_launcher() {
  return check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "parent death signal");
}

Result<void> take_identity(uid_t id) {
  OORT_TRY(become(id));
  OORT_TRY(die_with_launcher());
  // Nothing of the task's may look into this process, which has its ids.
  OORT_TRY(check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable"));
  return check(::sethostname("sandbox", 7), "cannot name the host");
}

/// Up to a root that holds everything, still beside the host's.
Result<Spaces> build(const Confinement& confinement, uid_t id) {
  OORT_TRY(die_with_launcher());
  OORT_TRY(check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
                 "cannot part from the host's mounts"));
  OORT_TRY(const Sources sources, open_sources(confinement.task));
  OORT_TRY(make_stage(id));
  OORT_TRY(take_identity(id));
  OORT_TRY(raise_loopback());
  OORT_TRY(build_root(confinement.task, sources));
  if (is_runtime(confinement)) {
    for (const char* folder : {"tmp", "scratch"}) {
      OORT_TRY(check(::mkdir(folder, 0755), "cannot make the scratch space"));
    }
    OORT_TRY(Spaces spaces, mount_spaces(confinement.task, id, "tmp", "scratch"));
    OORT_TRY(prepare_runtime(confinement));
    return spaces;
  }
  OORT_TRY(mount_dev(confinement.task, id, sources));
  OORT_TRY(mount_proc());
  OORT_TRY(Spaces spaces, mount_spaces(confinement.task, id, "root/tmp", "root/scratch"));
  OORT_TRY(enter_root());
  OORT_TRY(drop_capabilities());
  OORT_TRY(die_with_launcher());
  return spaces;
}

/// The value of PATH, or the usual one.
std::string search_path(const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) return variable.substr(5);
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

std::vector<char*> pointers_of(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Becomes the program; returns errno.
int execute(const env::SandboxTask& task) {
  const std::vector<char*> words = pointers_of(task.command);
  const std::vector<char*> environment = pointers_of(task.environment);
  const std::string& program = task.command.front();
  if (program.find('/') != std::string::npos) {
    ::execve(program.c_str(), words.data(), environment.data());
    return errno;
  }
  const std::string path = search_path(task.environment);
  int problem = ENOENT;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/" + program;
    ::execve(candidate.c_str(), words.data(), environment.data());
    if (errno != ENOENT && errno != ENOTDIR) problem = errno;
    begin = end + 1;
  }
  return problem;
}

Result<void> redirect(const Confinement& confinement) {
  OORT_TRY(check(::dup2(confinement.standard_output, STDOUT_FILENO), "standard output"));
  OORT_TRY(check(::dup2(confinement.standard_error, STDERR_FILENO), "standard error"));
  return check(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "cannot close files");
}

/// What the task's own process does last before it is the task.
Result<void> restrict(const Confinement& confinement) {
  // What this process is about to become has no secrets, and /proc/self is not its own otherwise.
  OORT_TRY(check(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable"));
  OORT_TRY(check(::setsid(), "session"));
  ::umask(022);
  std::signal(SIGPIPE, SIG_DFL);
  OORT_TRY(redirect(confinement));
  if (is_runtime(confinement)) return {};
  // The kernel looks for victims here first, not at the process that tells of them.
  OORT_TRY(kernel::write_text("/proc/self/oom_score_adj", "1000"));
  OORT_TRY(set_resource_limits(confinement.task.limits));
  OORT_TRY(forbid_gains());
  OORT_TRY(restrict_files());
  OORT_TRY(restrict_syscalls(confinement.is_memory_counted));
  return {};
}

[[noreturn]] void run_task(const Confinement& confinement) {
  if (const auto done = restrict(confinement); !done) {
    tell(confinement, letter::failed, done.error().detail());
    ::_exit(127);
  }
  if (is_runtime(confinement)) {
    tell(confinement, letter::failed, become_runtime(confinement).detail());
    ::_exit(127);
  }
  const env::SandboxTask& task = confinement.task;
  if (::chdir(task.working_folder.c_str()) != 0) {
    const Error error = kernel::error_of(errno, "cannot enter " + task.working_folder);
    tell(confinement, letter::refused, error.detail());
    ::_exit(127);
  }
  const int problem = execute(task);
  tell(confinement, letter::refused,
       kernel::error_of(problem, "cannot run " + task.command.front()).detail());
  ::_exit(127);
}

/// Memory of every process in this namespace, in bytes.
std::uint64_t memory_in_use() {
  namespace fs = std::filesystem;
  std::uint64_t kibibytes = 0;
  std::error_code problem;
  for (const fs::directory_entry& one : fs::directory_iterator("/proc", problem)) {
    const std::string name = one.path().filename().string();
    if (name.empty() || name[0] < '1' || name[0] > '9') continue;
    const auto status = kernel::read_text(one.path() / "status");
    if (!status) continue;
    for (const std::string& line : kernel::lines_of(*status)) {
      if (!line.starts_with("RssAnon:") && !line.starts_with("RssShmem:")) continue;
      kibibytes += kernel::number_of(line.substr(line.find_first_of("0123456789")));
    }
  }
  return kibibytes << 10U;
}

/// Collects the dead until the task's own process is among them; its status.
int wait_for(const Confinement& confinement, pid_t task, const Spaces& spaces) {
  const int options = confinement.is_memory_counted ? 0 : WNOHANG;
  int status = 0;
  for (;;) {
    const pid_t dead = ::waitpid(-1, &status, options);
    if (dead == task) return status;
    if (dead < 0 && errno != EINTR) return -1;
    if (dead != 0) continue;
    if (memory_in_use() + bytes_held(spaces) > confinement.task.limits.memory_bytes) {
      tell(confinement, letter::memory, "");
      // The launcher kills this process, and the kernel all others of its namespace.
      ::pause();
    }
    const timespec interval{0, watch_interval_ms * 1'000'000L};
    ::nanosleep(&interval, nullptr);
  }
}

/// The runtime returns what a shell would: 128 and the signal.
int as_wait_status(int runtime_status) {
  constexpr int signal_codes_begin = 128;
  if (!WIFEXITED(runtime_status)) return runtime_status;
  const int code = WEXITSTATUS(runtime_status);
  const bool is_signal = code > signal_codes_begin && code <= signal_codes_begin + SIGRTMAX;
  return is_signal ? code - signal_codes_begin : runtime_status;
}

void supervise(const Confinement& confinement, const Spaces& spaces) {
  const pid_t task = ::fork();
  if (task == 0) run_task(confinement);
  if (task < 0) {
    tell(confinement, letter::failed, kernel::error_of(errno, "cannot fork").detail());
    return;
  }
  ::close(confinement.standard_output);
  ::close(confinement.standard_error);
  int status = wait_for(confinement, task, spaces);
  if (is_runtime(confinement)) {
    if (const std::string complaint = runtime_complaint(); !complaint.empty()) {
      tell(confinement, letter::refused, complaint);
    }
    status = as_wait_status(status);
  }
  tell(confinement, letter::done, std::to_string(status));
}

}  // namespace

void confine(const Confinement& confinement) noexcept {
  // The launcher's first message means that ids are mapped and limits set; its end, that it died.
  if (kernel::receive_message(confinement.messages).text.empty()) ::_exit(1);
  const uid_t id = is_runtime(confinement) ? 0 : task_id;
  auto spaces = build(confinement, id);
  if (!spaces) {
    tell(confinement, letter::failed, spaces.error().detail());
    ::_exit(1);
  }
  tell(confinement, letter::spaces, "", {spaces->scratch.get(), spaces->tmp.get()});
  supervise(confinement, *spaces);
  ::_exit(0);
}

}  // namespace oort::sandbox
