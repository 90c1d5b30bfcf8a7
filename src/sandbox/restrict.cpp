// SPDX-License-Identifier: Apache-2.0
#include "restrict.hpp"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "kernel.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {

using kernel::check;

Result<void> become(uid_t id) {
  OORT_TRY(check(::setresgid(id, id, id), "cannot take the group"));
  return check(::setresuid(id, id, id), "cannot take the user");
}

Result<void> drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    OORT_TRY(check(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "cannot drop a capability"));
  }
  OORT_TRY(check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient set"));
  constexpr unsigned long bits = SECURE_ALL_BITS | SECURE_ALL_LOCKS;
  OORT_TRY(check(::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0), "cannot set the secure bits"));
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  return check(::syscall(SYS_capset, &head, none.data()), "cannot drop the capabilities");
}

Result<void> forbid_gains() {
  return check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

Result<void> set_resource_limits(const env::SandboxLimits& limits) {
  const std::uint64_t file_bytes = std::max(limits.scratch_bytes, limits.tmp_bytes);
  // The first process of the namespace counts too.
  const std::uint64_t processes = std::uint64_t{limits.processes_count} + 1;
  const std::array<std::pair<__rlimit_resource, std::uint64_t>, 7> wanted = {{
      {RLIMIT_CORE, 0},
      {RLIMIT_NOFILE, limits.files_count},
      {RLIMIT_NPROC, processes},
      {RLIMIT_FSIZE, file_bytes},
      {RLIMIT_MEMLOCK, 64U << 10U},
      {RLIMIT_MSGQUEUE, 0},
      {RLIMIT_SIGPENDING, 4096},
  }};
  for (const auto& [resource, value] : wanted) {
    rlimit now{};
    OORT_TRY(check(::getrlimit(resource, &now), "cannot read a resource limit"));
    const rlim_t allowed = std::min<rlim_t>(value, now.rlim_max);
    const rlimit then{allowed, allowed};
    OORT_TRY(check(::setrlimit(resource, &then), "cannot set a resource limit"));
  }
  return {};
}

Result<void> raise_loopback() {
  const kernel::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!any.is_open()) return {};
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP;
  return check(::ioctl(any.get(), SIOCSIFFLAGS, &request), "cannot raise the loopback");
}

}  // namespace oort::sandbox
