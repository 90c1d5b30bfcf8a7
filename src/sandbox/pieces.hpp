// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {

/// What of the first tier's needs this host has, each tried on its own; "crun" last. Whether they
/// work together only a run tells.
[[nodiscard]] std::vector<env::SandboxPiece> find_pieces(const std::string& crun);

/// The namespaces that every task gets.
[[nodiscard]] unsigned long long task_namespaces() noexcept;

/// Gives the process in its user namespace one id, `inside`. As root it is one of the host's that
/// nobody else has; otherwise it is this process' own.
[[nodiscard]] Result<void> map_ids(pid_t process, uid_t inside);

}  // namespace oort::sandbox
