// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace oort::sandbox {

/// The file descriptor on which a launcher finds the socket to its daemon.
inline constexpr int control_fd = 3;

/// The whole of the program `oortd-launcher`: reads one request from `control_fd`, carries it out,
/// answers, and returns the exit code. When the socket closes, the task under way is killed.
///
/// It is a program of its own, and small, because it starts processes by clone and then does much
/// in the child before the task's program replaces it: in a copy of the daemon that would happen
/// among the locks and secrets of other threads, and every start would load the daemon's libraries.
/// Requires: the process has one thread.
[[nodiscard]] int run_launcher() noexcept;

}  // namespace oort::sandbox
