// SPDX-License-Identifier: Apache-2.0
#include "root.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "oort/env/sandbox.hpp"

namespace oort::sandbox {
namespace {

using kernel::check;
using kernel::Fd;

constexpr std::array<const char*, 5> devices = {"null", "zero", "full", "random", "urandom"};

/// A copy of the mount at `path` with what is mounted below it.
Result<Fd> copy_mount(const std::string& path, std::uint64_t attributes) {
  Fd fd(::open_tree(AT_FDCWD, path.c_str(),
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | static_cast<unsigned>(AT_RECURSIVE)));
  if (!fd.is_open()) return fail(kernel::error_of(errno, "cannot take " + path));
  mount_attr wanted{};
  wanted.attr_set = attributes;
  OORT_TRY(
      check(::mount_setattr(fd.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted),
            "cannot restrict " + path));
  return fd;
}

Result<void> place(const Fd& mount, const std::string& target) {
  return check(::move_mount(mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH),
               "cannot mount " + target);
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return fail(kernel::error_of(errno, "cannot make " + path));
}

Result<void> make_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (fd.is_open()) return {};
  return fail(kernel::error_of(errno, "cannot make " + path));
}

/// The folders above `target` (absolute) below `skeleton`, and itself as a folder or a file.
Result<void> make_target(const std::string& target, bool is_folder) {
  std::string path = "skeleton";
  std::size_t begin = 1;
  while (begin < target.size()) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    path += "/" + target.substr(begin, end - begin);
    const bool is_last = end == target.size();
    OORT_TRY(is_last && !is_folder ? make_file(path) : make_folder(path));
    begin = end + 1;
  }
  return {};
}

Result<bool> is_folder(const Fd& fd) {
  struct stat facts{};
  OORT_TRY(check(::fstat(fd.get(), &facts), "cannot stat a mount"));
  return S_ISDIR(facts.st_mode);
}

std::string memory_options(std::uint64_t bytes, uid_t id, const char* mode) {
  const std::string owner = std::to_string(id);
  return "size=" + std::to_string(bytes) + ",nr_inodes=" + std::to_string(names_for(bytes)) +
         ",mode=" + mode + ",uid=" + owner + ",gid=" + owner;
}

Result<void> mount_memory(const std::string& target, unsigned long flags,
                          const std::string& options) {
  return check(
      ::mount("tmpfs", target.c_str(), "tmpfs", flags | MS_NOSUID | MS_NODEV, options.c_str()),
      "cannot mount tmpfs at " + target);
}

Result<void> cover(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return {};
  if (S_ISDIR(facts.st_mode)) {
    return mount_memory(path, MS_RDONLY | MS_NOEXEC, "size=4k,nr_inodes=2,mode=555");
  }
  OORT_TRY(const Fd nothing, copy_mount("root/dev/null", MOUNT_ATTR_RDONLY));
  return place(nothing, path);
}

Result<void> forbid_writing(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return {};
  OORT_TRY(const Fd copy, copy_mount(path, MOUNT_ATTR_RDONLY));
  return place(copy, path);
}

}  // namespace

const std::vector<std::string>& masked_paths() {
  static const std::vector<std::string> paths = {
      "/proc/acpi",       "/proc/asound",      "/proc/config.gz",   "/proc/kallsyms",
      "/proc/kcore",      "/proc/keys",        "/proc/key-users",   "/proc/kmsg",
      "/proc/kpagecount", "/proc/kpageflags",  "/proc/kpagecgroup", "/proc/latency_stats",
      "/proc/modules",    "/proc/sched_debug", "/proc/scsi",        "/proc/sysvipc",
      "/proc/timer_list", "/proc/timer_stats", "/proc/vmallocinfo",
  };
  return paths;
}

const std::vector<std::string>& read_only_paths() {
  static const std::vector<std::string> paths = {
      "/proc/bus", "/proc/driver", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
  };
  return paths;
}

Result<Sources> open_sources(const env::SandboxTask& task) {
  constexpr std::uint64_t harmless = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  Sources sources;
  for (const auto& layer : task.layers) {
    OORT_TRY(Fd fd, copy_mount(layer.native(), harmless));
    sources.layers.push_back(std::move(fd));
  }
  for (const env::SandboxMount& mount : task.mounts) {
    OORT_TRY(Fd fd, copy_mount(mount.source.native(), harmless));
    sources.mounts.push_back(std::move(fd));
  }
  for (const char* device : devices) {
    OORT_TRY(Fd fd, copy_mount(std::string("/dev/") + device, MOUNT_ATTR_NOSUID));
    sources.devices.push_back(std::move(fd));
  }
  return sources;
}

Result<void> make_stage(uid_t id) {
  OORT_TRY(mount_memory(stage_folder, 0, memory_options(4U << 20U, id, "755")));
  return check(::chdir(stage_folder), "cannot enter the stage");
}

Result<void> build_root(const env::SandboxTask& task, const Sources& sources) {
  for (const char* folder : {"root", "empty", "skeleton"}) OORT_TRY(make_folder(folder));
  for (const char* folder : {"/proc", "/dev", "/sys", "/tmp", "/scratch"}) {
    OORT_TRY(make_target(folder, true));
  }
  for (std::size_t i = 0; i < task.mounts.size(); ++i) {
    OORT_TRY(const bool as_folder, is_folder(sources.mounts[i]));
    OORT_TRY(make_target(task.mounts[i].target, as_folder));
  }
  std::string lower = "empty";
  for (std::size_t i = 0; i < sources.layers.size(); ++i) {
    const std::string name = "l" + std::to_string(i);
    OORT_TRY(make_folder(name));
    OORT_TRY(place(sources.layers[i], name));
    lower.insert(0, name + ":");
  }
  const std::string options = "userxattr,lowerdir=skeleton:" + lower;
  OORT_TRY(check(
      ::mount("overlay", "root", "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV, options.c_str()),
      "cannot mount the overlay"));
  for (std::size_t i = 0; i < task.mounts.size(); ++i) {
    OORT_TRY(place(sources.mounts[i], "root" + task.mounts[i].target));
  }
  return {};
}

Result<Spaces> mount_spaces(const env::SandboxTask& task, uid_t id, const std::string& tmp,
                            const std::string& scratch) {
  OORT_TRY(mount_memory(tmp, 0, memory_options(task.limits.tmp_bytes, id, "1777")));
  OORT_TRY(mount_memory(scratch, 0, memory_options(task.limits.scratch_bytes, id, "755")));
  Spaces spaces;
  spaces.tmp = Fd(::open(tmp.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  spaces.scratch = Fd(::open(scratch.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!spaces.tmp.is_open() || !spaces.scratch.is_open()) {
    return fail(kernel::error_of(errno, "cannot open the scratch space"));
  }
  if (!task.outputs_folder.empty() &&
      (::mkdirat(spaces.scratch.get(), "out", 0755) != 0 ||
       ::fchownat(spaces.scratch.get(), "out", id, id, AT_SYMLINK_NOFOLLOW) != 0)) {
    return fail(kernel::error_of(errno, "cannot make /scratch/out"));
  }
  return spaces;
}

std::uint64_t names_for(std::uint64_t bytes) noexcept {
  return std::clamp<std::uint64_t>(bytes / 4096, 1024, 1U << 20U);
}

std::uint64_t bytes_held(const Spaces& spaces) noexcept {
  std::uint64_t bytes = 0;
  for (const int fd : {spaces.tmp.get(), spaces.scratch.get()}) {
    struct statfs facts{};
    if (fd < 0 || ::fstatfs(fd, &facts) != 0) continue;
    bytes += (facts.f_blocks - facts.f_bfree) * static_cast<std::uint64_t>(facts.f_bsize);
  }
  return bytes;
}

Result<void> mount_proc() {
  OORT_TRY(check(::mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                 "cannot mount proc"));
  for (const std::string& path : masked_paths()) OORT_TRY(cover("root" + path));
  for (const std::string& path : read_only_paths()) OORT_TRY(forbid_writing("root" + path));
  return {};
}

Result<void> mount_dev(const env::SandboxTask& task, uid_t id, const Sources& sources) {
  OORT_TRY(mount_memory("root/dev", MS_NOEXEC, memory_options(64U << 10U, id, "755")));
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string path = std::string("root/dev/") + devices[i];
    OORT_TRY(make_file(path));
    OORT_TRY(place(sources.devices[i], path));
  }
  constexpr std::array<std::pair<const char*, const char*>, 4> links = {{
      {"/proc/self/fd", "root/dev/fd"},
      {"/proc/self/fd/0", "root/dev/stdin"},
      {"/proc/self/fd/1", "root/dev/stdout"},
      {"/proc/self/fd/2", "root/dev/stderr"},
  }};
  for (const auto& [target, path] : links) {
    OORT_TRY(check(::symlink(target, path), std::string("cannot make ") + path));
  }
  OORT_TRY(make_folder("root/dev/shm"));
  OORT_TRY(
      mount_memory("root/dev/shm", MS_NOEXEC, memory_options(task.limits.tmp_bytes, id, "1777")));
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  return check(::mount_setattr(AT_FDCWD, "root/dev", 0, &read_only, sizeof read_only),
               "cannot make /dev read-only");
}

Result<void> enter_root() {
  OORT_TRY(check(::chdir("root"), "cannot enter the root"));
  OORT_TRY(check(::syscall(SYS_pivot_root, ".", "."), "cannot change the root"));
  // The old root lies on top of the task's until it is taken away.
  OORT_TRY(check(::umount2(".", MNT_DETACH), "cannot leave the old root"));
  return check(::chdir("/"), "cannot enter the root");
}

}  // namespace oort::sandbox
