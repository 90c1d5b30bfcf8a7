// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "confine.hpp"
#include "oort/core/result.hpp"

/// The second tier: the OCI runtime inside the namespaces of the first.
namespace oort::sandbox {

/// The configuration of the runtime (OCI runtime specification 1.0.0), as JSON. Paths are of the
/// stage.
[[nodiscard]] std::string runtime_configuration(const Confinement& confinement);

/// Writes the bundle into the stage, and gives the runtime what it looks for: its own /proc, and a
/// tree of groups that it understands.
/// Requires: the root is built, in the current folder.
[[nodiscard]] Result<void> prepare_runtime(const Confinement& confinement);

/// Becomes the runtime; returns why it could not.
[[nodiscard]] Error become_runtime(const Confinement& confinement);

/// What the runtime said when it did not start the program; empty when it did.
[[nodiscard]] std::string runtime_complaint();

}  // namespace oort::sandbox
