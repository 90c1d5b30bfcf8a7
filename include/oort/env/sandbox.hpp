// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/core/result.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"

namespace oort::env {

/// How a stranger's program is kept in. A node offers the tiers that its host supports.
enum class SandboxTier : std::uint8_t {
  /// Our own launcher: namespaces, seccomp, Landlock, limits.
  Launcher = 1,
  /// The same limits through an OCI runtime (crun).
  Runtime = 2,
};

/// "launcher" or "runtime".
[[nodiscard]] constexpr std::string_view to_string(SandboxTier tier) noexcept {
  return tier == SandboxTier::Launcher ? "launcher" : "runtime";
}

/// What one task may use. A task that wants more is killed, or its call fails as on a machine that
/// has no more. Where the host lets nobody set a limit, `SandboxSupport` says what stands in.
struct SandboxLimits {
  /// From start to end. Range: 10 ms to 30 days.
  Duration walltime = 60s;
  /// Thousandths of a core. Range: 10 to 1,024,000.
  std::uint32_t cpu_milli = 1000;
  /// Of all its processes together, what lies on /tmp and /scratch included. Range: 16 MiB to 16
  /// TiB.
  std::uint64_t memory_bytes = 256ULL << 20U;
  /// Processes and threads at one time. Range: 1 to 65,536.
  std::uint32_t processes_count = 64;
  /// /scratch. Range: 64 KiB to 16 TiB.
  std::uint64_t scratch_bytes = 64ULL << 20U;
  /// /tmp, and once more /dev/shm. Range: 64 KiB to 16 TiB.
  std::uint64_t tmp_bytes = 16ULL << 20U;
  /// Standard output and standard error, each. Range: 0 to 16 MiB.
  std::uint32_t output_bytes = 1U << 20U;
  /// Open files of one process. Range: 16 to 65,536.
  std::uint32_t files_count = 1024;

  friend bool operator==(const SandboxLimits&, const SandboxLimits&) = default;
};

/// A folder or file of the host that the task may read.
struct SandboxMount {
  std::filesystem::path source;
  /// Where the task sees it: absolute, without `.` and `..`, not at or below a place that the
  /// sandbox itself provides (/proc, /dev, /tmp, /scratch) and not `/`.
  std::string target;

  friend bool operator==(const SandboxMount&, const SandboxMount&) = default;
};

/// One program to run. It gets no network but a loopback of its own, sees a read-only root made of
/// `layers`, and may write to /tmp and /scratch, which are empty and vanish at its end.
struct SandboxTask {
  SandboxTier tier = SandboxTier::Launcher;
  /// Folders with parts of a root, the lowest first. At most 128.
  std::vector<std::filesystem::path> layers;
  /// At most 64; read-only.
  std::vector<SandboxMount> mounts;
  /// The program, absolute or found through its PATH, and its arguments. 1 to 4,096 words.
  std::vector<std::string> command;
  /// `NAME=value`, all there is. At most 4,096; 128 KiB together with the command.
  std::vector<std::string> environment;
  /// Absolute, as the task sees it.
  std::string working_folder = "/scratch";
  /// When not empty: /scratch/out is there, and what regular files lie below it at the end is
  /// copied here. The folder exists and is empty. Links, devices, pipes and sockets are refused one
  /// by one.
  std::filesystem::path outputs_folder;
  SandboxLimits limits{};
};

/// Why a task ended.
enum class SandboxEnd : std::uint8_t {
  /// It returned; `exit_code` is what.
  Exited = 1,
  /// A signal ended it, other than by the causes below; `signal` is which.
  Signalled = 2,
  /// It, or one of its processes, was killed for lack of memory.
  OutOfMemory = 3,
  /// `walltime` was over.
  Walltime = 4,
  /// It wrote more to standard output or error than it may.
  OutputLimit = 5,
  /// It was cancelled, or the daemon went away.
  Cancelled = 6,
  /// Its program could not be started; `detail` says why.
  Refused = 7,
};

/// "exited", "signalled", "out-of-memory", "walltime", "output-limit", "cancelled" or "refused".
[[nodiscard]] std::string_view to_string(SandboxEnd end) noexcept;

struct SandboxUsage {
  Duration walltime{};
  /// Of all its processes, user and system.
  Duration cpu{};
  std::uint64_t memory_peak_bytes = 0;
  /// What /scratch and /tmp held at the end.
  std::uint64_t scratch_bytes = 0;

  friend bool operator==(const SandboxUsage&, const SandboxUsage&) = default;
};

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::Exited;
  int exit_code = 0;
  int signal = 0;
  std::string standard_output;
  std::string standard_error;
  /// For people; empty when the program was started.
  std::string detail;
  /// Files copied to `outputs_folder`.
  std::uint64_t outputs_count = 0;
  std::uint64_t outputs_bytes = 0;
  /// Names below /scratch/out that were not copied, and why: "PATH: reason". The first 100.
  std::vector<std::string> outputs_refused;
  SandboxUsage usage{};

  friend bool operator==(const SandboxOutcome&, const SandboxOutcome&) = default;
};

/// One thing that a tier needs or can make use of.
struct SandboxPiece {
  /// Stable: "user-namespaces", "overlay", "proc", "seccomp", "landlock", "cgroup-memory",
  /// "cgroup-pids", "cgroup-cpu", "crun", "start".
  std::string name;
  bool is_there = false;
  /// Whether a tier does without it, and by what.
  bool is_required = true;
  /// The version, place or cause, for people.
  std::string detail;

  friend bool operator==(const SandboxPiece&, const SandboxPiece&) = default;
};

struct SandboxTierSupport {
  SandboxTier tier = SandboxTier::Launcher;
  /// Whether every required piece is there.
  [[nodiscard]] bool is_supported() const noexcept {
    for (const SandboxPiece& piece : pieces) {
      if (piece.is_required && !piece.is_there) return false;
    }
    return !pieces.empty();
  }
  std::vector<SandboxPiece> pieces;

  friend bool operator==(const SandboxTierSupport&, const SandboxTierSupport&) = default;
};

/// What this host can do, found out by trying.
struct SandboxSupport {
  std::vector<SandboxTierSupport> tiers;

  [[nodiscard]] const SandboxTierSupport* find(SandboxTier tier) const noexcept {
    for (const SandboxTierSupport& support : tiers) {
      if (support.tier == tier) return &support;
    }
    return nullptr;
  }
  friend bool operator==(const SandboxSupport&, const SandboxSupport&) = default;
};

using SandboxRunId = Strong<struct SandboxRunIdTag, std::uint64_t>;

/// Runs strangers' programs where they can hurt nobody.
///
/// Invariants
///   X1  When a run's completion is called, no process of it is left, and nothing that it wrote but
///       its outcome and the copied outputs.
///   X2  A program sees no file of the host but `layers` and `mounts`, and changes none.
///   X3  A program reaches no network.
///   X4  No limit can be exceeded unnoticed: `end` says which one it was.
///   X5  When the daemon dies, its runs die.
/// Threads: any. No call waits.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  [[nodiscard]] virtual const SandboxSupport& support() const noexcept = 0;
  /// Starts `task`; `done` is called exactly once, on the executor that the driver was made for.
  /// Fails with BAD_ARGUMENT for a task out of its ranges, NOT_SUPPORTED for a tier that this host
  /// lacks, SANDBOX_FAILED when the sandbox could not be built. A program that cannot be started is
  /// an outcome, not an error.
  virtual SandboxRunId run(SandboxTask task, Callback<Result<SandboxOutcome>> done) = 0;
  /// Ends the run, whose outcome follows as `Cancelled` unless it ended before. An unknown id is
  /// ignored.
  virtual void cancel(SandboxRunId id) noexcept = 0;
};

/// Fails with BAD_ARGUMENT, naming the field, unless every field of `task` is in its range.
[[nodiscard]] Result<void> check_sandbox_task(const SandboxTask& task);

}  // namespace oort::env
