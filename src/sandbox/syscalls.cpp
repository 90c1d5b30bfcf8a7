// SPDX-License-Identifier: Apache-2.0
#include "syscalls.hpp"

#include <seccomp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>

#include "kernel.hpp"

namespace oort::sandbox {
namespace {

// Every CLONE_NEW flag that clone(2) takes.
constexpr std::uint64_t clone_new = 0x7E020000;

constexpr auto allowed = std::to_array<std::string_view>({
    "accept",
    "accept4",
    "access",
    "alarm",
    "arch_prctl",
    "bind",
    "brk",
    "capget",
    "capset",
    "chdir",
    "chmod",
    "chown",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "close_range",
    "connect",
    "copy_file_range",
    "creat",
    "dup",
    "dup2",
    "dup3",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd",
    "eventfd2",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchdir",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "fcntl",
    "fdatasync",
    "fgetxattr",
    "flistxattr",
    "flock",
    "fork",
    "fremovexattr",
    "fsetxattr",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "futex",
    "futex_waitv",
    "get_robust_list",
    "get_thread_area",
    "getcpu",
    "getcwd",
    "getdents",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getitimer",
    "getpeername",
    "getpgid",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "getsid",
    "getsockname",
    "getsockopt",
    "gettid",
    "gettimeofday",
    "getuid",
    "getxattr",
    "inotify_add_watch",
    "inotify_init",
    "inotify_init1",
    "inotify_rm_watch",
    "ioctl",
    "ioprio_get",
    "ioprio_set",
    "kill",
    "lchown",
    "lgetxattr",
    "link",
    "linkat",
    "listen",
    "listxattr",
    "llistxattr",
    "lremovexattr",
    "lseek",
    "lsetxattr",
    "lstat",
    "madvise",
    "membarrier",
    "mincore",
    "mkdir",
    "mkdirat",
    "mlock",
    "mlock2",
    "mlockall",
    "mmap",
    "mprotect",
    "mremap",
    "msync",
    "munlock",
    "munlockall",
    "munmap",
    "nanosleep",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "pause",
    "pidfd_open",
    "pidfd_send_signal",
    "pipe",
    "pipe2",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "poll",
    "ppoll",
    "prctl",
    "pread64",
    "preadv",
    "preadv2",
    "prlimit64",
    "pselect6",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readahead",
    "readlink",
    "readlinkat",
    "readv",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "removexattr",
    "rename",
    "renameat",
    "renameat2",
    "restart_syscall",
    "rmdir",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "rt_tgsigqueueinfo",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getattr",
    "sched_getparam",
    "sched_getscheduler",
    "sched_rr_get_interval",
    "sched_setaffinity",
    "sched_setattr",
    "sched_setparam",
    "sched_setscheduler",
    "sched_yield",
    "seccomp",
    "select",
    "semctl",
    "semget",
    "semop",
    "semtimedop",
    "sendfile",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "set_robust_list",
    "set_thread_area",
    "set_tid_address",
    "setfsgid",
    "setfsuid",
    "setgid",
    "setgroups",
    "setitimer",
    "setpgid",
    "setpriority",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "setrlimit",
    "setsid",
    "setsockopt",
    "setuid",
    "setxattr",
    "shmat",
    "shmctl",
    "shmdt",
    "shutdown",
    "sigaltstack",
    "signalfd",
    "signalfd4",
    "splice",
    "stat",
    "statfs",
    "statx",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "syncfs",
    "sysinfo",
    "tee",
    "tgkill",
    "time",
    "timer_create",
    "timer_delete",
    "timer_getoverrun",
    "timer_gettime",
    "timer_settime",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "times",
    "tkill",
    "truncate",
    "umask",
    "uname",
    "unlink",
    "unlinkat",
    "utime",
    "utimensat",
    "utimes",
    "vfork",
    "wait4",
    "waitid",
    "write",
    "writev",
});

constexpr auto conditional = std::to_array<ConditionalSyscall>({
    // Processes and threads, but no namespaces. clone3 hides its flags from a filter, so it is
    // not there, and C libraries take clone.
    {"clone", {0, clone_new, 0}},
    {"socket", {0, 0xFFFFFFFF, AF_UNIX}},
    {"socket", {0, 0xFFFFFFFF, AF_INET}},
    {"socket", {0, 0xFFFFFFFF, AF_INET6}},
    {"socketpair", {0, 0xFFFFFFFF, AF_UNIX}},
    {"personality", {0, 0xFFFFFFFF, 0}},
    // What only asks which one it is.
    {"personality", {0, 0xFFFFFFFF, 0xFFFFFFFF}},
});

constexpr auto refused = std::to_array<std::string_view>({
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mknod",
    "mknodat",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "name_to_handle_at",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "setns",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "unshare",
    "userfaultfd",
    "uselib",
    "vhangup",
    "vmsplice",
});

constexpr auto memory_bound = std::to_array<std::string_view>({"memfd_create", "shmget"});

struct ReleaseFilter {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

/// A call that this machine does not have needs no rule.
Result<void> add_rule(const Filter& filter, std::string_view name, std::uint32_t action,
                      std::span<const scmp_arg_cmp> conditions) {
  const int number = seccomp_syscall_resolve_name(std::string(name).c_str());
  if (number < 0) return {};
  const int problem = seccomp_rule_add_array(
      filter.get(), action, number, static_cast<unsigned>(conditions.size()), conditions.data());
  if (problem == 0) return {};
  return fail(kernel::error_of(-problem, "seccomp rule for " + std::string(name)));
}

}  // namespace

std::span<const std::string_view> allowed_syscalls() noexcept { return allowed; }
std::span<const ConditionalSyscall> conditional_syscalls() noexcept { return conditional; }
std::span<const std::string_view> refused_syscalls() noexcept { return refused; }
std::span<const std::string_view> memory_syscalls() noexcept { return memory_bound; }

Result<void> restrict_syscalls(bool is_memory_counted) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (!filter) return fail(kernel::error_of(ENOMEM, "seccomp filter"));
  // A balanced tree instead of a list: a call costs a few comparisons, not hundreds.
  static_cast<void>(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  for (const std::string_view name : allowed) {
    OORT_TRY(add_rule(filter, name, SCMP_ACT_ALLOW, {}));
  }
  for (const std::string_view name : memory_bound) {
    if (is_memory_counted) {
      OORT_TRY(add_rule(filter, name, SCMP_ACT_ALLOW, {}));
    }
  }
  for (const std::string_view name : refused) {
    OORT_TRY(add_rule(filter, name, SCMP_ACT_ERRNO(EPERM), {}));
  }
  for (const ConditionalSyscall& call : conditional) {
    const scmp_arg_cmp compared{call.condition.argument, SCMP_CMP_MASKED_EQ, call.condition.mask,
                                call.condition.value};
    OORT_TRY(add_rule(filter, call.name, SCMP_ACT_ALLOW, {&compared, 1}));
  }
  const int problem = seccomp_load(filter.get());
  if (problem == 0) return {};
  return fail(kernel::error_of(-problem, "seccomp"));
}

std::string syscalls_as_oci(bool is_memory_counted) {
  using Json = nlohmann::ordered_json;
  Json rules = Json::array();
  Json names(std::vector<std::string_view>(allowed.begin(), allowed.end()));
  if (is_memory_counted) {
    for (const std::string_view name : memory_bound) names.push_back(name);
  }
  rules.push_back({{"names", names}, {"action", "SCMP_ACT_ALLOW"}});
  rules.push_back({{"names", std::vector<std::string_view>(refused.begin(), refused.end())},
                   {"action", "SCMP_ACT_ERRNO"},
                   {"errnoRet", EPERM}});
  for (const ConditionalSyscall& call : conditional) {
    const Json compared = {{"index", call.condition.argument},
                           {"value", call.condition.mask},
                           {"valueTwo", call.condition.value},
                           {"op", "SCMP_CMP_MASKED_EQ"}};
    rules.push_back(
        {{"names", {call.name}}, {"action", "SCMP_ACT_ALLOW"}, {"args", Json::array({compared})}});
  }
  const Json seccomp = {
      {"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", ENOSYS}, {"syscalls", rules}};
  return seccomp.dump();
}

}  // namespace oort::sandbox
