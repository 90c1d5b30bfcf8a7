// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/result.hpp"

namespace oort::sandbox {

/// The version of Landlock that the kernel offers; 0 when it has none.
[[nodiscard]] int landlock_version() noexcept;

/// Beneath the root only reading and running, beneath /tmp, /scratch and /dev/shm everything but
/// devices, beneath /dev reading and writing; no signals and no abstract sockets beyond this
/// process' own. A second wall behind the mounts; without Landlock it does nothing.
/// Requires: no_new_privs is set, and the root is the task's.
[[nodiscard]] Result<void> restrict_files();

}  // namespace oort::sandbox
