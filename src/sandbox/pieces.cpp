// SPDX-License-Identifier: Apache-2.0
#include "pieces.hpp"

#include <linux/sched.h>
#include <sched.h>

#include <seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <string_view>
#include <utility>

#include "cgroups.hpp"
#include "kernel.hpp"
#include "landlock.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/sandbox.hpp"
#include "restrict.hpp"
#include "root.hpp"

namespace oort::sandbox {
namespace {

using kernel::check;

// Above the ids that distributions hand out, and those of systemd's containers.
constexpr std::uint32_t host_ids_begin = 1'900'000'000;
constexpr std::uint32_t host_ids_count = 65'536;

env::SandboxPiece piece(const char* name, const Result<std::string>& found, bool is_required) {
  return {name, found.has_value(), is_required, found ? *found : found.error().detail()};
}

/// Runs `action` in a child with all namespaces of a task and its ids mapped.
Result<std::string> try_inside(const std::function<Result<void>()>& action) {
  OORT_TRY(auto ends, kernel::make_messages());
  clone_args arguments{};
  arguments.flags = task_namespaces();
  arguments.exit_signal = SIGCHLD;
  const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (child == 0) {
    ends.first.close();
    if (kernel::receive_message(ends.second.get()).text.empty()) ::_exit(1);
    const auto done = action();
    kernel::send_message(ends.second.get(), done ? "+" : "-" + done.error().detail());
    ::_exit(0);
  }
  OORT_TRY(check(child, "clone3 with every namespace"));
  ends.second.close();
  const auto mapped = map_ids(child, 0);
  if (mapped) kernel::send_message(ends.first.get(), "go");
  const std::string told = mapped ? kernel::receive_message(ends.first.get()).text : "";
  ends.first.close();
  ::waitpid(child, nullptr, 0);
  if (!mapped) return fail(mapped.error());
  if (told == "+") return std::string("works");
  const std::string why = told.empty() ? "the child died" : told.substr(1);
  return fail(ErrorCode::Unavailable, reason::sandbox_failed, why);
}

Result<void> enter_stage() {
  OORT_TRY(check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "private mounts"));
  OORT_TRY(make_stage(0));
  return become(0);
}

Result<void> try_overlay() {
  OORT_TRY(enter_stage());
  return build_root({}, {});
}

Result<void> try_proc() {
  OORT_TRY(try_overlay());
  return check(::mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
               "cannot mount proc");
}

Result<std::string> find_seccomp() {
  if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
    return fail(kernel::error_of(errno, "the kernel has no seccomp"));
  }
  const scmp_version* version = seccomp_version();
  return "libseccomp " + std::to_string(version->major) + "." + std::to_string(version->minor) +
         "." + std::to_string(version->micro);
}

Result<std::string> find_landlock() {
  const int version = landlock_version();
  if (version > 0) return "version " + std::to_string(version);
  return fail(ErrorCode::Unavailable, reason::sandbox_failed,
              "the kernel has none, or it is switched off; mounts alone keep files apart");
}

Result<std::string> find_crun(const std::string& crun) {
  if (::access(crun.c_str(), X_OK) == 0) return crun;
  return fail(kernel::error_of(errno, crun));
}

/// The limits of one controller, and what stands in where nobody may set them.
env::SandboxPiece cgroup_piece(const Cgroups& groups, const char* controller) {
  env::SandboxPiece found;
  found.name = std::string("cgroup-") + controller;
  found.is_there = groups.has(controller);
  found.is_required = false;
  found.detail = groups.detail(controller);
  if (found.is_there) return found;
  const std::string_view name = controller;
  if (name == "memory") found.detail += "; a watcher reads what the task uses instead";
  if (name == "pids") found.detail += "; the limit of processes of the user namespace stands in";
  if (name == "cpu") found.detail += "; tasks are not held to their share of the processor";
  return found;
}

}  // namespace

unsigned long long task_namespaces() noexcept {
  return CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
         CLONE_NEWCGROUP;
}

Result<void> map_ids(pid_t process, uid_t inside) {
  std::uint64_t outside = ::geteuid();
  if (outside == 0) {
    // What ids this process has to give: all of them, or, in a container, some.
    OORT_TRY(const std::string own, kernel::read_text("/proc/self/uid_map"));
    const std::vector<std::string> words = kernel::words_of(kernel::lines_of(own).at(0));
    const std::uint64_t count = words.size() == 3 ? kernel::number_of(words[2]) : 1;
    const auto number = static_cast<std::uint64_t>(::getpid());
    if (count > host_ids_begin + host_ids_count) {
      outside = host_ids_begin + (number % host_ids_count);
    } else if (count > 1) {
      outside = count - 1 - (number % std::max<std::uint64_t>(count / 2, 1));
    }
  }
  const std::string folder = "/proc/" + std::to_string(process);
  const std::string map = std::to_string(inside) + " " + std::to_string(outside) + " 1";
  OORT_TRY(kernel::write_text(folder + "/setgroups", "deny"));
  OORT_TRY(kernel::write_text(folder + "/uid_map", map));
  if (::geteuid() != 0) {
    const std::string group = std::to_string(inside) + " " + std::to_string(::getegid()) + " 1";
    return kernel::write_text(folder + "/gid_map", group);
  }
  return kernel::write_text(folder + "/gid_map", map);
}

std::vector<env::SandboxPiece> find_pieces(const std::string& crun) {
  std::vector<env::SandboxPiece> pieces;
  const auto nothing = []() -> Result<void> { return {}; };
  pieces.push_back(piece("user-namespaces", try_inside(nothing), true));
  pieces.push_back(piece("overlay", try_inside(try_overlay), true));
  pieces.push_back(piece("proc", try_inside(try_proc), true));
  pieces.push_back(piece("seccomp", find_seccomp(), true));
  pieces.push_back(piece("landlock", find_landlock(), false));
  sweep_cgroups();
  const Cgroups groups = Cgroups::make({}, 0);
  for (const char* controller : {"memory", "pids", "cpu"}) {
    pieces.push_back(cgroup_piece(groups, controller));
  }
  pieces.push_back(piece("crun", find_crun(crun), true));
  return pieces;
}

}  // namespace oort::sandbox
