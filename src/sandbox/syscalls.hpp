// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::sandbox {

/// A condition on one argument of a call: `(argument & mask) == value`.
struct SyscallCondition {
  unsigned argument = 0;
  std::uint64_t mask = ~std::uint64_t{0};
  std::uint64_t value = 0;
};

/// A call that is allowed under a condition only.
struct ConditionalSyscall {
  std::string_view name;
  SyscallCondition condition;
};

/// What a task may ask of the kernel. What is in none of the lists is answered with ENOSYS, as on
/// an older kernel, so that a C library takes its other way; what is known to be dangerous with
/// EPERM; a call in another machine's convention kills.
[[nodiscard]] std::span<const std::string_view> allowed_syscalls() noexcept;
[[nodiscard]] std::span<const ConditionalSyscall> conditional_syscalls() noexcept;
[[nodiscard]] std::span<const std::string_view> refused_syscalls() noexcept;
/// Allowed only where a memory group counts what they take.
[[nodiscard]] std::span<const std::string_view> memory_syscalls() noexcept;

/// Holds this process and what it becomes to those lists, for good.
/// Requires: no_new_privs is set.
[[nodiscard]] Result<void> restrict_syscalls(bool is_memory_counted);

/// The same as the `seccomp` object of an OCI configuration, as JSON.
[[nodiscard]] std::string syscalls_as_oci(bool is_memory_counted);

}  // namespace oort::sandbox
