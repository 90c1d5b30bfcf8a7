// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "oort/core/result.hpp"
#include "oort/env/sandbox.hpp"

/// What a process gives up before strangers' code runs in it.
namespace oort::sandbox {

/// Becomes `id`, user and group alike. Keeps its capabilities: `drop_capabilities` ends those.
[[nodiscard]] Result<void> become(uid_t id);
/// All of them, for this process and all that come from it, whatever they run.
[[nodiscard]] Result<void> drop_capabilities();
/// Nothing that is run can gain rights.
[[nodiscard]] Result<void> forbid_gains();
[[nodiscard]] Result<void> set_resource_limits(const env::SandboxLimits& limits);
/// Brings up the loopback of this network namespace, which has nothing else.
[[nodiscard]] Result<void> raise_loopback();

}  // namespace oort::sandbox
