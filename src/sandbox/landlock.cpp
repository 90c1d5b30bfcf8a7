// SPDX-License-Identifier: Apache-2.0
#include "landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "kernel.hpp"

namespace oort::sandbox {
namespace {

// Rights that the kernel's headers of Debian 12 do not name yet.
constexpr std::uint64_t fs_truncate = 1ULL << 14U;
constexpr std::uint64_t fs_ioctl_device = 1ULL << 15U;
constexpr std::uint64_t scope_abstract_sockets = 1ULL << 0U;
constexpr std::uint64_t scope_signals = 1ULL << 1U;

/// The kernel's landlock_ruleset_attr of version 6; older versions take the beginning of it.
struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t net = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t rights_to_read =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t rights_to_device =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    fs_truncate | fs_ioctl_device;

/// Rights that `version` knows.
std::uint64_t known_rights(int version) noexcept {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= fs_truncate;
  if (version >= 5) rights |= fs_ioctl_device;
  return rights;
}

std::size_t ruleset_size(int version) noexcept {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

Result<void> allow(int ruleset, const char* path, std::uint64_t rights) {
  const kernel::Fd folder(::open(path, O_PATH | O_CLOEXEC));
  if (!folder.is_open()) return fail(kernel::error_of(errno, std::string("landlock: ") + path));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = folder.get();
  return kernel::check(
      ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0),
      std::string("landlock rule for ") + path);
}

}  // namespace

int landlock_version() noexcept {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return static_cast<int>(std::max(version, 0L));
}

Result<void> restrict_files() {
  const int version = landlock_version();
  if (version == 0) return {};
  const std::uint64_t known = known_rights(version);
  Ruleset rules;
  rules.files = known;
  if (version >= 6) rules.scoped = scope_abstract_sockets | scope_signals;
  const kernel::Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(version), 0)));
  if (!ruleset.is_open()) return fail(kernel::error_of(errno, "landlock ruleset"));
  constexpr std::uint64_t devices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
  OORT_TRY(allow(ruleset.get(), "/", rights_to_read & known));
  OORT_TRY(allow(ruleset.get(), "/dev", rights_to_device & known));
  for (const char* writable : {"/tmp", "/scratch", "/dev/shm"}) {
    OORT_TRY(allow(ruleset.get(), writable, known & ~devices & ~fs_ioctl_device));
  }
  return kernel::check(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0), "landlock");
}

}  // namespace oort::sandbox
