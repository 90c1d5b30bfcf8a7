// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "oort/env/sandbox.hpp"

/// The first process of a task's namespaces: builds what the task sees, starts it, collects what
/// dies, and ends with it. When it ends, the kernel kills whatever is left in its namespace.
namespace oort::sandbox {

/// Who the task is, as it sees itself. In the second tier the runtime is root of its namespace.
inline constexpr uid_t task_id = 1000;

struct Confinement {
  env::SandboxTask task;
  std::string crun;
  /// The socket to the launcher.
  int messages = -1;
  int standard_output = -1;
  int standard_error = -1;
  /// Whether a memory group counts; else this process watches.
  bool is_memory_counted = false;
};

/// What the first process tells the launcher, a letter and text. "S" passes the scratch spaces and
/// follows before the task begins; "E text" means that the sandbox could not be built, "R text"
/// that the program could not be started, "M" that it took too much memory, "D n" that it ended
/// with this status of wait(2).
namespace letter {
inline constexpr char spaces = 'S';
inline constexpr char failed = 'E';
inline constexpr char refused = 'R';
inline constexpr char memory = 'M';
inline constexpr char done = 'D';
}  // namespace letter

/// Requires: called in a child that clone made with namespaces of its own. The launcher sends one
/// message once it has mapped the ids and set the limits.
[[noreturn]] void confine(const Confinement& confinement) noexcept;

}  // namespace oort::sandbox
