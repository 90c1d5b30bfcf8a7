// SPDX-License-Identifier: Apache-2.0
#include "oort/sandbox/launcher.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "cgroups.hpp"
#include "confine.hpp"
#include "kernel.hpp"
#include "oort/env/sandbox.hpp"
#include "outputs.hpp"
#include "pieces.hpp"
#include "root.hpp"
#include "wire.hpp"

namespace oort::sandbox {
namespace {

using kernel::Fd;

constexpr int memory_check_interval_ms = 100;
// The first process of the namespace; and in the second tier the runtime with what it forks.
constexpr std::uint32_t spare_processes_launcher = 1;
constexpr std::uint32_t spare_processes_runtime = 4;

/// What a task writes. Once more than its bound was read, the rest does not matter.
struct Capture {
  Fd reader;
  std::string text;

  void take() {
    std::array<char, 65536> part{};
    const ssize_t count = ::read(reader.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      reader.close();
    } else {
      text.append(part.data(), static_cast<std::size_t>(count));
    }
  }
};

/// One task from its clone to its outcome.
class Launch {
 public:
  explicit Launch(LaunchRequest request) : request_(std::move(request)) {}

  LaunchReply carry_out() {
    begun_at_ = kernel::now();
    LaunchReply reply;
    if (const auto started = start(); !started) {
      reply.failure = started.error().detail();
      return reply;
    }
    follow();
    finish(reply);
    return reply;
  }

 private:
  Result<void> start() {
    const bool is_runtime = request_.task.tier == env::SandboxTier::Runtime;
    const std::uint32_t spare = is_runtime ? spare_processes_runtime : spare_processes_launcher;
    groups_.emplace(Cgroups::make(request_.task.limits, spare));
    OORT_TRY(auto out, kernel::make_pipe());
    OORT_TRY(auto err, kernel::make_pipe());
    OORT_TRY(auto messages, kernel::make_messages());
    const Confinement confinement{request_.task,    request_.crun,    messages.second.get(),
                                  out.second.get(), err.second.get(), groups_->has("memory")};
    clone_args arguments{};
    arguments.flags = task_namespaces() | CLONE_PIDFD;
    int process_fd = -1;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&process_fd);
    arguments.exit_signal = SIGCHLD;
    first_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (first_ == 0) {
      // The child must see the end of this socket when the launcher dies, and hold no other.
      messages.first.close();
      out.first.close();
      err.first.close();
      ::close(control_fd);
      confine(confinement);
    }
    OORT_TRY(kernel::check(first_, "clone3 with every namespace"));
    process_ = Fd(process_fd);
    messages_ = std::move(messages.first);
    out_.reader = std::move(out.first);
    err_.reader = std::move(err.first);
    const auto ready = let_go(is_runtime ? 0 : task_id);
    if (!ready) {
      kill();
      ::waitpid(first_, nullptr, 0);
    }
    return ready;
  }

  Result<void> let_go(uid_t inside) {
    OORT_TRY(map_ids(first_, inside));
    OORT_TRY(groups_->add(first_));
    kernel::send_message(messages_.get(), "go");
    return {};
  }

  void kill() noexcept { ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0); }

  void end(env::SandboxEnd why) noexcept {
    if (!cause_) cause_ = why;
    kill();
  }

  /// Until the first process is dead, and with it every other of its namespace.
  void follow() {
    const std::int64_t deadline = begun_at_ + request_.task.limits.walltime.count();
    for (;;) {
      std::array<pollfd, 5> watched = {{{process_.get(), POLLIN, 0},
                                        {control_fd, POLLIN, 0},
                                        {messages_.get(), POLLIN, 0},
                                        {out_.reader.get(), POLLIN, 0},
                                        {err_.reader.get(), POLLIN, 0}}};
      const std::int64_t left_ms = ((deadline - kernel::now()) / 1'000'000) + 1;
      const int wait_ms =
          static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, memory_check_interval_ms));
      ::poll(watched.data(), watched.size(), cause_ ? -1 : wait_ms);
      if (!cause_) check_limits(deadline);
      if (watched[3].revents != 0) take(out_);
      if (watched[4].revents != 0) take(err_);
      if (watched[2].revents != 0) hear();
      if (watched[0].revents != 0) return;
      // Whatever comes on this socket now, a word or its end, is the wish to stop.
      if (watched[1].revents != 0 && !cause_) end(env::SandboxEnd::Cancelled);
      if (watched[1].revents != 0) wait_for_death();
    }
  }

  void check_limits(std::int64_t deadline) {
    if (kernel::now() >= deadline) end(env::SandboxEnd::Walltime);
    if (groups_->out_of_memory_count() > 0) end(env::SandboxEnd::OutOfMemory);
  }

  /// The control socket stays readable; polling it again would spin.
  void wait_for_death() noexcept {
    pollfd watched{process_.get(), POLLIN, 0};
    ::poll(&watched, 1, -1);
  }

  void take(Capture& capture) {
    capture.take();
    if (capture.text.size() <= request_.task.limits.output_bytes) return;
    capture.text.resize(request_.task.limits.output_bytes);
    capture.reader.close();
    end(env::SandboxEnd::OutputLimit);
  }

  void hear() {
    kernel::Message message = kernel::receive_message(messages_.get());
    if (message.text.empty()) {
      messages_.close();
      return;
    }
    const std::string text = message.text.substr(1);
    switch (message.text[0]) {
      case letter::spaces:
        if (message.fds.size() != 2) break;
        spaces_.scratch = std::move(message.fds[0]);
        spaces_.tmp = std::move(message.fds[1]);
        break;
      case letter::failed: failure_ = text; break;
      case letter::refused: refusal_ = text; break;
      case letter::memory: end(env::SandboxEnd::OutOfMemory); break;
      case letter::done: status_ = static_cast<int>(kernel::number_of(text)); break;
      default: break;
    }
  }

  void finish(LaunchReply& reply) {
    rusage used{};
    ::wait4(first_, nullptr, 0, &used);
    while (messages_.is_open()) hear();
    // No writer is left, so each pipe has an end.
    while (out_.reader.is_open()) take(out_);
    while (err_.reader.is_open()) take(err_);
    if (!cause_ && groups_->out_of_memory_count() > 0) cause_ = env::SandboxEnd::OutOfMemory;
    env::SandboxOutcome& outcome = reply.outcome;
    outcome.standard_output = std::move(out_.text);
    outcome.standard_error = std::move(err_.text);
    measure(outcome.usage, used);
    if (!cause_ && !failure_.empty()) {
      reply.failure = failure_;
      return;
    }
    judge(reply);
    if (outcome.end == env::SandboxEnd::Exited) collect(reply);
  }

  void judge(LaunchReply& reply) {
    env::SandboxOutcome& outcome = reply.outcome;
    if (cause_) {
      outcome.end = *cause_;
    } else if (!refusal_.empty()) {
      outcome.end = env::SandboxEnd::Refused;
      outcome.detail = refusal_;
    } else if (!status_) {
      reply.failure = "the first process of the sandbox died without a word";
    } else if (WIFSIGNALED(*status_)) {
      outcome.end = env::SandboxEnd::Signalled;
      outcome.signal = WTERMSIG(*status_);
    } else {
      outcome.end = env::SandboxEnd::Exited;
      outcome.exit_code = WEXITSTATUS(*status_);
    }
  }

  void measure(env::SandboxUsage& usage, const rusage& used) const {
    const auto as_duration = [](const timeval& time) {
      return Duration((time.tv_sec * 1'000'000'000) + (time.tv_usec * 1000));
    };
    usage.walltime = Duration(kernel::now() - begun_at_);
    usage.cpu = groups_->cpu().value_or(as_duration(used.ru_utime) + as_duration(used.ru_stime));
    // The kernel counts the largest process in KiB.
    usage.memory_peak_bytes =
        groups_->memory_peak_bytes().value_or(static_cast<std::uint64_t>(used.ru_maxrss) << 10U);
    usage.scratch_bytes = bytes_held(spaces_);
  }

  void collect(LaunchReply& reply) const {
    const env::SandboxTask& task = request_.task;
    if (task.outputs_folder.empty() || !spaces_.scratch.is_open()) return;
    auto copied =
        copy_outputs(spaces_.scratch.get(), task.outputs_folder, task.limits.scratch_bytes);
    if (!copied) {
      reply.failure = copied.error().detail();
      return;
    }
    reply.outcome.outputs_count = copied->files_count;
    reply.outcome.outputs_bytes = copied->bytes;
    reply.outcome.outputs_refused = std::move(copied->refused);
  }

  LaunchRequest request_;
  std::int64_t begun_at_ = 0;
  std::optional<Cgroups> groups_;
  pid_t first_ = -1;
  Fd process_;
  Fd messages_;
  Capture out_;
  Capture err_;
  Spaces spaces_;
  std::optional<env::SandboxEnd> cause_;
  std::string failure_;
  std::string refusal_;
  std::optional<int> status_;
};

/// Nothing of the daemon comes along: no files, no groups, no habits of signals.
void shed() noexcept {
  ::close_range(control_fd + 1, ~0U, 0);
  ::fcntl(control_fd, F_SETFD, FD_CLOEXEC);
  std::signal(SIGPIPE, SIG_IGN);
  // Without the right to, the user's own groups stay, which the mounts give nothing to reach with.
  if (::geteuid() == 0) ::setgroups(0, nullptr);
  ::umask(0);
}

}  // namespace

int run_launcher() noexcept {
  shed();
  const auto bytes = kernel::receive_frame(control_fd, request_bytes_max);
  if (!bytes) return 1;
  auto request = decode_request(*bytes);
  LaunchReply reply;
  if (!request) {
    reply.failure = request.error().detail();
  } else if (request->is_probe) {
    reply.pieces = find_pieces(request->crun);
  } else {
    reply = Launch(*std::move(request)).carry_out();
  }
  return kernel::send_frame(control_fd, encode_reply(reply)) ? 0 : 1;
}

}  // namespace oort::sandbox
