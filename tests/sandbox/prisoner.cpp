// SPDX-License-Identifier: Apache-2.0
// A program that tries to get out of where it is kept. Every attempt returns 0 when it was
// prevented and 1 when it worked, and says what happened. It is linked statically, so that it runs
// in a root that holds nothing else.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

extern char** environ;

namespace {

using Words = std::vector<std::string>;

/// A result below zero is what the attempt is meant to get.
int judge(long result, const std::string& what) {
  if (result < 0) {
    std::printf("%s: %s\n", what.c_str(), std::strerror(errno));
    return 0;
  }
  std::printf("ESCAPED: %s\n", what.c_str());
  return 1;
}

int read_file(const Words& words) {
  int escaped = 0;
  for (const std::string& path : words) {
    escaped |= judge(::open(path.c_str(), O_RDONLY), "read " + path);
  }
  return escaped;
}

int write_file(const Words& words) {
  int escaped = 0;
  for (const std::string& path : words) {
    escaped |= judge(::open(path.c_str(), O_WRONLY | O_CREAT, 0644), "write " + path);
    escaped |= judge(::mkdir((path + ".folder").c_str(), 0755), "mkdir " + path + ".folder");
    escaped |= judge(::unlink(path.c_str()), "unlink " + path);
    escaped |= judge(::chmod(path.c_str(), 04755), "chmod " + path);
  }
  return escaped;
}

int see_pids(const Words& words) {
  const pid_t stranger = std::atoi(words.at(0).c_str());
  int escaped = judge(::kill(stranger, 0), "signal the host's process");
  int count = 0;
  DIR* proc = ::opendir("/proc");
  while (const dirent* one = proc == nullptr ? nullptr : ::readdir(proc)) {
    if (one->d_name[0] >= '1' && one->d_name[0] <= '9') ++count;
  }
  std::printf("%d processes\n", count);
  // The first process, this one, and no more; where there is no first one, this one.
  if (count < 1 || count > 2) escaped = 1;
  return escaped;
}

int connect_to(const Words& words) {
  int escaped = 0;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(words[i + 1].c_str())));
    ::inet_pton(AF_INET, words[i].c_str(), &address.sin_addr);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    escaped |= judge(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
                     "connect " + words[i] + ":" + words[i + 1]);
    const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
    if (words[i] != "127.0.0.1") {
      escaped |= judge(
          ::sendto(datagrams, "x", 1, 0, reinterpret_cast<sockaddr*>(&address), sizeof address),
          "send to " + words[i]);
    }
  }
  escaped |= judge(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "raw socket");
  escaped |= judge(::socket(AF_PACKET, SOCK_RAW, 0), "packet socket");
  escaped |= judge(::socket(AF_NETLINK, SOCK_RAW, 0), "netlink socket");
  return escaped;
}

int call_kernel(const Words& /*words*/) {
  int escaped = 0;
  // Not only refused, but refused before the kernel looks at the arguments.
  const auto call = [&escaped](const char* name, long result) {
    const bool is_barred = result < 0 && (errno == EPERM || errno == ENOSYS);
    if (!is_barred) escaped = 1;
    std::printf("%s%s: %s\n", is_barred ? "" : "ESCAPED: ", name,
                result < 0 ? std::strerror(errno) : "worked");
  };
  std::array<char, 256> room{};
  call("mount", ::mount("tmpfs", "/scratch", "tmpfs", 0, nullptr));
  call("umount2", ::umount2("/proc", MNT_DETACH));
  call("pivot_root", ::syscall(SYS_pivot_root, "/scratch", "/scratch"));
  call("chroot", ::chroot("/scratch"));
  call("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  call("kexec_load", ::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
  call("bpf", ::syscall(SYS_bpf, 0, room.data(), room.size()));
  call("keyctl", ::syscall(SYS_keyctl, 0, -3, 0));
  call("add_key", ::syscall(SYS_add_key, "user", "x", "y", 1, -3));
  call("request_key", ::syscall(SYS_request_key, "user", "x", nullptr, 0));
  call("userfaultfd", ::syscall(SYS_userfaultfd, 1));
  call("io_uring_setup", ::syscall(SYS_io_uring_setup, 1, room.data()));
  call("perf_event_open", ::syscall(SYS_perf_event_open, room.data(), 0, -1, -1, 0));
  call("unshare", ::unshare(CLONE_NEWUSER));
  call("setns", ::setns(0, 0));
  call("clone3", ::syscall(SYS_clone3, room.data(), 88));
  call("clone", ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  call("open_tree", ::syscall(SYS_open_tree, -100, "/", 1));
  call("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  call("open_by_handle_at", ::syscall(SYS_open_by_handle_at, 0, room.data(), 0));
  call("process_vm_readv", ::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0));
  call("pidfd_getfd", ::syscall(SYS_pidfd_getfd, 0, 0, 0));
  call("init_module", ::syscall(SYS_init_module, room.data(), 1, ""));
  call("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
  call("swapon", ::syscall(SYS_swapon, "/scratch/x", 0));
  call("sethostname", ::sethostname("x", 1));
  call("syslog", ::syscall(SYS_syslog, 3, room.data(), room.size()));
  call("personality", ::syscall(SYS_personality, 0x0040000));
  call("a call that is none", ::syscall(999));
  return escaped;
}

std::string status_of(const std::string& key) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  std::array<char, 256> line{};
  std::string found;
  while (file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr) {
    if (std::strncmp(line.data(), key.c_str(), key.size()) == 0) found = line.data() + key.size();
  }
  return found;
}

int gain(const Words& /*words*/) {
  int escaped = judge(::setuid(0), "setuid") | judge(::setgid(0), "setgid") |
                judge(::setresuid(0, 0, 0), "setresuid") | judge(::setgroups(0, nullptr), "groups");
  if (::geteuid() == 0 || ::getegid() == 0) escaped = 1;
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"}) {
    const std::string held = status_of(set);
    std::printf("%s%s", set, held.c_str());
    if (std::strtoull(held.c_str(), nullptr, 16) != 0) escaped = 1;
  }
  if (std::atoi(status_of("NoNewPrivs:").c_str()) != 1) escaped = 1;
  if (std::atoi(status_of("Seccomp:").c_str()) != 2) escaped = 1;
  return escaped;
}

int find_devices(const Words& words) {
  int escaped = judge(::mknod("/scratch/disk", S_IFBLK | 0600, makedev(8, 0)), "block device");
  escaped |= judge(::mknod("/scratch/memory", S_IFCHR | 0600, makedev(1, 1)), "memory device");
  for (const char* path : {"/dev/mem", "/dev/kmem", "/dev/kmsg", "/dev/port", "/dev/fuse",
                           "/dev/kvm", "/dev/net/tun", "/dev/sda", "/dev/vda", "/dev/nvme0",
                           "/dev/loop-control", "/dev/tty", "/dev/console", "/dev/ptmx"}) {
    const int fd = ::open(path, O_RDWR);
    // A terminal of its own leads nowhere.
    const bool is_terminal = std::strcmp(path, "/dev/ptmx") == 0;
    if (!is_terminal) escaped |= judge(fd, std::string("open ") + path);
  }
  for (const std::string& path : words) {
    escaped |= judge(::open(path.c_str(), O_WRONLY | O_CREAT, 0600), "write " + path);
  }
  if (::open("/dev/null", O_RDWR) < 0 || ::open("/dev/urandom", O_RDONLY) < 0) {
    std::printf("/dev lacks what every program needs\n");
    return 1;
  }
  return escaped;
}

int bomb_processes(const Words& words) {
  const int most = std::atoi(words.at(0).c_str());
  int count = 1;
  std::vector<pid_t> children;
  while (count <= most + 1) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    if (child < 0) break;
    children.push_back(child);
    ++count;
  }
  std::printf("%d processes\n", count);
  for (const pid_t child : children) ::kill(child, SIGKILL);
  return count <= most ? 0 : 1;
}

int bomb_memory(const Words& words) {
  const std::size_t most = std::strtoull(words.at(0).c_str(), nullptr, 10);
  constexpr std::size_t step = 1U << 20U;
  for (std::size_t held = 0; held < most; held += step) {
    auto* block = static_cast<char*>(std::malloc(step));
    if (block == nullptr) return 3;
    std::memset(block, 0x5A, step);
    // Memory that nobody can see a compiler need not hold: clang took none at all.
    asm volatile("" : : "r"(block) : "memory");
  }
  std::printf("ESCAPED: holds it all\n");
  return 1;
}

int fill(const Words& words) {
  const long most = std::atol(words.at(1).c_str());
  const std::string path = words.at(0) + "/filling";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string block(65536, 'x');
  std::signal(SIGXFSZ, SIG_IGN);
  long written = 0;
  while (written <= most) {
    const ssize_t count = ::write(fd, block.data(), block.size());
    if (count <= 0) break;
    written += count;
  }
  std::printf("%ld bytes: %s\n", written, std::strerror(errno));
  int files = 0;
  while (files < 2'000'000) {
    const std::string name = words.at(0) + "/" + std::to_string(files);
    const int one = ::open(name.c_str(), O_WRONLY | O_CREAT, 0600);
    if (one < 0) break;
    ::close(one);
    ++files;
  }
  std::printf("%d files: %s\n", files, std::strerror(errno));
  return written > 0 && written <= most && files < 2'000'000 ? 0 : 1;
}

int flood(const Words& /*words*/) {
  const std::string block(65536, 'x');
  for (;;) {
    if (::write(STDOUT_FILENO, block.data(), block.size()) < 0) return 3;
  }
}

int stay(const Words& /*words*/) {
  for (;;) ::pause();
}

int list_files(const Words& /*words*/) {
  int escaped = 0;
  for (int fd = 3; fd < 4096; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) continue;
    std::printf("ESCAPED: file %d is open\n", fd);
    escaped = 1;
  }
  return escaped;
}

int trick_outputs(const Words& words) {
  ::mkdir("/scratch/out/inner", 0755);
  const int file = ::open("/scratch/out/inner/good", O_WRONLY | O_CREAT, 0600);
  if (::write(file, "good", 4) != 4) return 3;
  if (::symlink(words.at(0).c_str(), "/scratch/out/absolute") != 0) return 3;
  if (::symlink("../../../../etc", "/scratch/out/climbing") != 0) return 3;
  if (::symlink("/", "/scratch/out/inner/root") != 0) return 3;
  if (::mkfifo("/scratch/out/pipe", 0666) == 0) std::printf("made a pipe\n");
  const int sparse = ::open("/scratch/out/sparse", O_WRONLY | O_CREAT, 0600);
  if (::ftruncate(sparse, (64L << 20) - 1) != 0) return 3;
  if (::link("/scratch/out/inner/good", "/scratch/out/linked") != 0) return 3;
  return judge(::link("/bin/prisoner", "/scratch/out/program"), "link the root's file");
}

int write_settings(const Words& words) {
  int escaped = 0;
  for (const char* path :
       {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
        "/proc/sys/net/ipv4/ip_forward", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    escaped |= judge(::open(path, O_WRONLY), std::string("write ") + path);
  }
  for (const std::string& path : words) {
    escaped |= judge(::open(path.c_str(), O_WRONLY), "write " + path);
  }
  const int map = ::open("/proc/self/uid_map", O_WRONLY);
  escaped |= judge(map < 0 ? -1 : ::write(map, "0 0 1", 5), "map an id");
  for (const char* path : {"/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/timer_list"}) {
    const int fd = ::open(path, O_RDONLY);
    char byte = 0;
    const bool is_empty = fd < 0 || ::read(fd, &byte, 1) <= 0;
    std::printf("%s%s\n", is_empty ? "" : "ESCAPED: read ", path);
    if (!is_empty) escaped = 1;
  }
  return escaped;
}

int kill_all(const Words& /*words*/) {
  ::kill(::getppid(), SIGKILL);
  ::kill(1, SIGKILL);
  ::kill(1, SIGSTOP);
  ::kill(-1, SIGKILL);
  std::printf("still here\n");
  return 0;
}

int leave_children(const Words& /*words*/) {
  for (int i = 0; i < 3; ++i) {
    if (::fork() != 0) continue;
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    for (;;) ::pause();
  }
  return 0;
}

int show(const Words& words) {
  for (const std::string& word : words) std::printf("%s\n", word.c_str());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::printf("%s\n", *variable);
  }
  std::fprintf(stderr, "uid %d, pid %d\n", static_cast<int>(::getuid()),
               static_cast<int>(::getpid()));
  return words.size() == 2 ? 7 : 0;
}

int crash(const Words& /*words*/) {
  std::raise(SIGSEGV);
  return 3;
}

const std::map<std::string, std::function<int(const Words&)>> attempts = {
    {"read", read_file},
    {"write", write_file},
    {"pids", see_pids},
    {"connect", connect_to},
    {"call", call_kernel},
    {"gain", gain},
    {"devices", find_devices},
    {"processes", bomb_processes},
    {"memory", bomb_memory},
    {"fill", fill},
    {"flood", flood},
    {"stay", stay},
    {"files", list_files},
    {"outputs", trick_outputs},
    {"settings", write_settings},
    {"kill", kill_all},
    {"children", leave_children},
    {"show", show},
    {"crash", crash},
};

// What does no harm where nothing holds it. All else would end a machine on which it worked.
const std::set<std::string> harmless = {"read",      "pids",   "connect", "gain",
                                        "processes", "memory", "files"};

bool is_in_sandbox() {
  utsname names{};
  return ::uname(&names) == 0 && std::string(names.nodename) == "sandbox" && ::getpid() < 100;
}

}  // namespace

int main(int argc, char** argv) {
  const auto found = argc < 2 ? attempts.end() : attempts.find(argv[1]);
  if (found == attempts.end()) return 2;
  if (!harmless.contains(found->first) && !is_in_sandbox()) return 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return found->second(Words(argv + 2, argv + argc));
}
