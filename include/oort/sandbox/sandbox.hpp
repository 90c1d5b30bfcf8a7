// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {

struct SandboxOptions {
  /// The program `oortd-launcher`. Empty: beside the running program.
  std::filesystem::path launcher;
  /// The OCI runtime of the second tier.
  std::filesystem::path crun = "/usr/bin/crun";
};

/// What this host can do, found by looking and then by running /bin/true in each tier. Blocks, for
/// at most 30 seconds. Fails with NOT_FOUND without a launcher.
[[nodiscard]] Result<env::SandboxSupport> probe(const SandboxOptions& options);

/// A sandbox whose runs each take one thread of `pool` while they last, so that at most as many run
/// at a time as it has threads, and whose completions run on `executor`. Blocks as `probe` does.
///
/// Destroying it cancels what runs; completions still come. `pool` and `executor` outlive the last
/// completion.
[[nodiscard]] Result<std::unique_ptr<env::Sandbox>> open_sandbox(const SandboxOptions& options,
                                                                 env::Executor& pool,
                                                                 env::Executor& executor);

}  // namespace oort::sandbox
