// SPDX-License-Identifier: Apache-2.0
#include "runtime.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "kernel.hpp"
#include "oort/env/sandbox.hpp"
#include "root.hpp"
#include "syscalls.hpp"

namespace oort::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* log_file = "/tmp/log";

Json mounts_of(const env::SandboxTask& task) {
  const std::string size = "size=" + std::to_string(task.limits.tmp_bytes);
  const std::string names = "nr_inodes=" + std::to_string(names_for(task.limits.tmp_bytes));
  const auto mount = [](const char* target, const char* type, const char* source, Json options) {
    return Json{{"destination", target},
                {"type", type},
                {"source", source},
                {"options", std::move(options)}};
  };
  return Json::array({
      mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", "tmpfs",
            {"nosuid", "noexec", "mode=755", "size=64k", "nr_inodes=256"}),
      mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", size, names}),
      mount("/tmp", "bind", "/tmp/tmp", {"bind", "nosuid", "nodev", "rw"}),
      mount("/scratch", "bind", "/tmp/scratch", {"bind", "nosuid", "nodev", "rw"}),
  });
}

Json resource_limits_of(const env::SandboxLimits& limits) {
  const auto limit = [](const char* name, std::uint64_t value) {
    return Json{{"type", name}, {"hard", value}, {"soft", value}};
  };
  return Json::array({
      limit("RLIMIT_CORE", 0),
      limit("RLIMIT_NOFILE", limits.files_count),
      limit("RLIMIT_NPROC", std::uint64_t{limits.processes_count} + 1),
      limit("RLIMIT_FSIZE", std::max(limits.scratch_bytes, limits.tmp_bytes)),
      limit("RLIMIT_MEMLOCK", 64U << 10U),
      limit("RLIMIT_MSGQUEUE", 0),
      limit("RLIMIT_SIGPENDING", 4096),
  });
}

Json process_of(const Confinement& confinement) {
  const env::SandboxTask& task = confinement.task;
  const Json none = Json::array();
  return {
      {"terminal", false},
      {"user", {{"uid", task_id}, {"gid", task_id}, {"umask", 022}}},
      {"args", task.command},
      {"env", task.environment},
      {"cwd", task.working_folder},
      {"capabilities",
       {{"bounding", none},
        {"effective", none},
        {"inheritable", none},
        {"permitted", none},
        {"ambient", none}}},
      {"rlimits", resource_limits_of(task.limits)},
      {"noNewPrivileges", true},
      {"oomScoreAdj", 1000},
  };
}

Json namespaces() {
  Json all = Json::array();
  for (const char* name : {"pid", "network", "ipc", "uts", "user", "cgroup", "mount"}) {
    all.push_back({{"type", name}});
  }
  return all;
}

}  // namespace

std::string runtime_configuration(const Confinement& confinement) {
  const Json identity = Json::array({{{"containerID", task_id}, {"hostID", 0}, {"size", 1}}});
  const Json configuration = {
      {"ociVersion", "1.0.0"},
      {"process", process_of(confinement)},
      {"root", {{"path", "/tmp/root"}, {"readonly", true}}},
      {"hostname", "sandbox"},
      {"mounts", mounts_of(confinement.task)},
      {"linux",
       {{"namespaces", namespaces()},
        {"uidMappings", identity},
        {"gidMappings", identity},
        {"maskedPaths", masked_paths()},
        {"readonlyPaths", read_only_paths()},
        {"seccomp", Json::parse(syscalls_as_oci(confinement.is_memory_counted))}}},
  };
  return configuration.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> prepare_runtime(const Confinement& confinement) {
  for (const char* folder : {"bundle", "state"}) {
    OORT_TRY(kernel::check(::mkdir(folder, 0755), "cannot make the bundle"));
  }
  OORT_TRY(kernel::create_text("bundle/config.json", runtime_configuration(confinement)));
  OORT_TRY(kernel::create_text(log_file, ""));
  OORT_TRY(
      kernel::check(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                    "cannot mount proc"));
  // crun 1.8 refuses a hybrid tree; it sets no limits here, so an empty tree serves it. A kernel
  // without v2 has none to give, and then crun reads the one that is there.
  static_cast<void>(
      ::mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  return {};
}

Error become_runtime(const Confinement& confinement) {
  const std::array<const char*, 12> words = {
      "crun",     "--root",      "/tmp/state", "--cgroup-manager=disabled",
      "--log",    log_file,      "run",        "--no-new-keyring",
      "--bundle", "/tmp/bundle", "task",       nullptr};
  const std::array<const char*, 3> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                                  "XDG_RUNTIME_DIR=/tmp/state", nullptr};
  ::execve(confinement.crun.c_str(), const_cast<char* const*>(words.data()),
           const_cast<char* const*>(environment.data()));
  return kernel::error_of(errno, "cannot run " + confinement.crun);
}

std::string runtime_complaint() {
  auto text = kernel::read_text(log_file, 2048);
  if (!text) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *std::move(text);
}

}  // namespace oort::sandbox
