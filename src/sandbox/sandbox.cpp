// SPDX-License-Identifier: Apache-2.0
#include "oort/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "kernel.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"
#include "oort/sandbox/launcher.hpp"
#include "wire.hpp"

namespace oort::sandbox {
namespace {

namespace fs = std::filesystem;
using kernel::Fd;

constexpr Duration probe_patience = 10s;
// For copying outputs, and a machine that is slow.
constexpr Duration run_patience = 60s;

fs::path launcher_of(const SandboxOptions& options) {
  if (!options.launcher.empty()) return options.launcher;
  std::error_code problem;
  return fs::read_symlink("/proc/self/exe", problem).parent_path() / "oortd-launcher";
}

/// The launcher's process; killed and collected with its owner.
class Process {
 public:
  explicit Process(pid_t pid) noexcept : pid_(pid) {}
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ <= 0) return;
    if (!is_done_) ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  /// It answered and will end by itself, after it removed the task's groups.
  void done() noexcept { is_done_ = true; }

 private:
  pid_t pid_;
  bool is_done_ = false;
};

class SpawnActions {
 public:
  SpawnActions() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  /// The socket as `control_fd`, nothing else of the daemon's, and a session of its own.
  void set(int socket) {
    ::posix_spawn_file_actions_adddup2(&actions_, socket, control_fd);
    for (int fd = 0; fd < control_fd; ++fd) {
      ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, control_fd + 1);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<Process> spawn(const fs::path& launcher, int socket) {
  SpawnActions how;
  how.set(socket);
  std::string name = "oortd-launcher";
  const std::array<char*, 2> words = {name.data(), nullptr};
  // The launcher needs no variable, and the task gets its own.
  const std::array<char*, 1> environment = {nullptr};
  pid_t pid = -1;
  const int problem = ::posix_spawn(&pid, launcher.c_str(), how.actions(), how.attributes(),
                                    words.data(), environment.data());
  if (problem == 0) return Process(pid);
  if (problem == ENOENT) {
    return fail(ErrorCode::NotFound, reason::not_found,
                launcher.string() + " is not there; install it beside oortd");
  }
  return fail(kernel::error_of(problem, "cannot run " + launcher.string()));
}

void wait_at_most(int socket, Duration patience) {
  timeval time{};
  time.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/// Hears of the socket to a launcher: from when to when it is open.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void opened(int socket) = 0;
  virtual void closing() noexcept = 0;
};

class Opened {
 public:
  Opened(Listener* listener, int socket) : listener_(listener) {
    if (listener_ != nullptr) listener_->opened(socket);
  }
  ~Opened() {
    if (listener_ != nullptr) listener_->closing();
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

 private:
  Listener* listener_;
};

/// One request to a launcher of its own.
Result<LaunchReply> ask(const fs::path& launcher, const LaunchRequest& request, Duration patience,
                        Listener* listener) {
  std::array<int, 2> ends{};
  OORT_TRY(kernel::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
                         "cannot make a pair of sockets"));
  const Fd own(ends[0]);
  Fd other(ends[1]);
  OORT_TRY(Process process, spawn(launcher, other.get()));
  other.close();
  wait_at_most(own.get(), patience);
  if (const auto sent = kernel::send_frame(own.get(), encode_request(request)); !sent) {
    return fail(kernel::error_of(EPIPE, "the launcher took no request"));
  }
  const Opened opened(listener, own.get());
  auto bytes = kernel::receive_frame(own.get(), reply_bytes_max);
  if (!bytes) {
    return fail(ErrorCode::Unavailable, reason::sandbox_failed,
                "the launcher gave no answer: " + bytes.error().detail());
  }
  process.done();
  return decode_reply(*bytes);
}

Result<env::SandboxOutcome> launch(const SandboxOptions& options, env::SandboxTask task,
                                   Listener* listener) {
  const Duration patience = task.limits.walltime + run_patience;
  LaunchRequest request;
  request.crun = options.crun.string();
  request.task = std::move(task);
  OORT_TRY(LaunchReply reply, ask(launcher_of(options), request, patience, listener));
  if (reply.failure.empty()) return std::move(reply.outcome);
  return fail(ErrorCode::Unavailable, reason::sandbox_failed, std::move(reply.failure));
}

/// /bin/true with the libraries that it needs, as every Linux of today has it.
env::SandboxTask trial(env::SandboxTier tier) {
  env::SandboxTask task;
  task.tier = tier;
  for (const char* folder : {"/usr", "/bin", "/lib", "/lib64"}) {
    std::error_code problem;
    if (fs::exists(folder, problem)) task.mounts.push_back({fs::canonical(folder), folder});
  }
  task.command = {"/bin/true"};
  task.limits.walltime = 5s;
  return task;
}

env::SandboxPiece try_start(const SandboxOptions& options, const env::SandboxTierSupport& support) {
  env::SandboxPiece start{"start", false, true, "not tried, for a piece is missing"};
  if (!support.is_supported()) return start;
  const auto outcome = launch(options, trial(support.tier), nullptr);
  if (!outcome) {
    start.detail = outcome.error().detail();
    return start;
  }
  start.is_there = outcome->end == env::SandboxEnd::Exited && outcome->exit_code == 0;
  start.detail = start.is_there ? "/bin/true ran"
                                : "/bin/true: " + std::string(to_string(outcome->end)) + ", code " +
                                      std::to_string(outcome->exit_code) + " " + outcome->detail;
  return start;
}

/// The runs under way, by id. Shared by the sandbox and by the tasks of the pool.
class Runs {
 public:
  env::SandboxRunId add() {
    const std::lock_guard lock(mutex_);
    const env::SandboxRunId id(++last_id_);
    runs_[id] = {};
    return id;
  }
  /// The launcher of `id` listens on `socket`; -1 when it listens no more.
  void started(env::SandboxRunId id, int socket) {
    const std::lock_guard lock(mutex_);
    Run& run = runs_[id];
    run.socket = socket;
    if (run.is_cancelled && socket >= 0) stop(socket);
  }
  void ended(env::SandboxRunId id) {
    const std::lock_guard lock(mutex_);
    runs_.erase(id);
  }
  void cancel(env::SandboxRunId id) {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    if (found != runs_.end()) cancel(found->second);
  }
  void cancel_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, run] : runs_) cancel(run);
  }

 private:
  struct Run {
    int socket = -1;
    bool is_cancelled = false;
  };
  static void stop(int socket) noexcept {
    static_cast<void>(::send(socket, "C", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  static void cancel(Run& run) noexcept {
    if (!run.is_cancelled && run.socket >= 0) stop(run.socket);
    run.is_cancelled = true;
  }

  std::mutex mutex_;
  std::map<env::SandboxRunId, Run> runs_;
  std::uint64_t last_id_ = 0;
};

class RunListener final : public Listener {
 public:
  RunListener(Runs& runs, env::SandboxRunId id) noexcept : runs_(runs), id_(id) {}
  void opened(int socket) override { runs_.started(id_, socket); }
  void closing() noexcept override { runs_.started(id_, -1); }

 private:
  Runs& runs_;
  env::SandboxRunId id_;
};

class LauncherSandbox final : public env::Sandbox {
 public:
  LauncherSandbox(SandboxOptions options, env::SandboxSupport support, env::Executor& pool,
                  env::Executor& executor)
      : options_(std::move(options)),
        support_(std::move(support)),
        pool_(pool),
        executor_(executor),
        runs_(std::make_shared<Runs>()) {}
  ~LauncherSandbox() override { runs_->cancel_all(); }
  LauncherSandbox(const LauncherSandbox&) = delete;
  LauncherSandbox& operator=(const LauncherSandbox&) = delete;

  [[nodiscard]] const env::SandboxSupport& support() const noexcept override { return support_; }

  env::SandboxRunId run(env::SandboxTask task,
                        Callback<Result<env::SandboxOutcome>> done) override {
    const env::SandboxRunId id = runs_->add();
    if (auto accepted = check(task); !accepted) {
      runs_->ended(id);
      answer(executor_, std::move(done), fail(std::move(accepted).error()));
      return id;
    }
    pool_.post([options = options_, runs = runs_, &executor = executor_, id, task = std::move(task),
                done = std::move(done)]() mutable {
      RunListener listener(*runs, id);
      auto outcome = launch(options, std::move(task), &listener);
      runs->ended(id);
      answer(executor, std::move(done), std::move(outcome));
    });
    return id;
  }
  void cancel(env::SandboxRunId id) noexcept override { runs_->cancel(id); }

 private:
  [[nodiscard]] Result<void> check(const env::SandboxTask& task) const {
    OORT_TRY(env::check_sandbox_task(task));
    const env::SandboxTierSupport* support = support_.find(task.tier);
    if (support != nullptr && support->is_supported()) return {};
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "this host has no " + std::string(to_string(task.tier)) +
                    " tier; `oortd sandbox probe` says why");
  }
  static void answer(env::Executor& executor, Callback<Result<env::SandboxOutcome>> done,
                     Result<env::SandboxOutcome> outcome) {
    executor.post([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }

  SandboxOptions options_;
  env::SandboxSupport support_;
  env::Executor& pool_;
  env::Executor& executor_;
  std::shared_ptr<Runs> runs_;
};

}  // namespace

Result<env::SandboxSupport> probe(const SandboxOptions& options) {
  LaunchRequest request;
  request.is_probe = true;
  request.crun = options.crun.string();
  OORT_TRY(const LaunchReply reply, ask(launcher_of(options), request, probe_patience, nullptr));
  env::SandboxSupport support;
  for (const env::SandboxTier tier : {env::SandboxTier::Launcher, env::SandboxTier::Runtime}) {
    const bool is_runtime = tier == env::SandboxTier::Runtime;
    env::SandboxTierSupport found{tier, {}};
    for (const env::SandboxPiece& piece : reply.pieces) {
      // The runtime mounts, which Landlock would not let it do.
      if (piece.name != (is_runtime ? "landlock" : "crun")) found.pieces.push_back(piece);
    }
    found.pieces.push_back(try_start(options, found));
    support.tiers.push_back(std::move(found));
  }
  return support;
}

Result<std::unique_ptr<env::Sandbox>> open_sandbox(const SandboxOptions& options,
                                                   env::Executor& pool, env::Executor& executor) {
  OORT_TRY(env::SandboxSupport support, probe(options));
  return std::make_unique<LauncherSandbox>(options, std::move(support), pool, executor);
}

}  // namespace oort::sandbox
