// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "compute_work.hpp"
#include "oort/compute/executor.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::node {

/// The isolation tiers of an offer, one bit each: built-in workloads always, and what the host can
/// confine of strangers' programs.
[[nodiscard]] std::uint8_t tiers_of(const env::SandboxSupport& support) noexcept;

/// Does the work of an executor: containers, each in a sandbox of the strongest tier that the host
/// has. The image is the last input, an OCI archive; the others are files that the program reads at
/// their paths, or at /inputs/N. What it leaves in the file that the work names below /scratch/out
/// becomes the output, or what it prints where no file is named.
///
/// Invariants
///   CR1 Each start ends once: `ended` is told of it on the strand, after all of its progress.
///   CR2 When the end is told, nothing of the task is left on the disk but the layers of its image,
///       which other tasks share; making a runner removes what an earlier life left.
///   CR3 An output is one regular file below /scratch/out, or standard output, and is no larger
///       than `compute::builtin::task_output_bytes_max`.
///   CR4 A task ends by its own fault when its image, its program or its limits are to blame, and
///       by the node's when the host is.
/// Threads: the strand.
class ContainerRunner {
 public:
  struct Parts {
    /// Its completions run on the strand.
    std::shared_ptr<env::Sandbox> sandbox;
    /// Unpacks images, reads and writes files.
    env::Executor& pool;
    env::Executor& strand;
    /// Its own: `images` is the layer store, `tasks` has a folder for each task.
    std::filesystem::path folder;
  };

  ContainerRunner(Parts parts, WorkRunner::Listener listener);
  /// What runs is cancelled; nothing is told any more.
  ~ContainerRunner();
  ContainerRunner(const ContainerRunner&) = delete;
  ContainerRunner& operator=(const ContainerRunner&) = delete;

  /// Requires: the work is a container's.
  void start(compute::WorkStart start);
  /// What is not at work is ignored.
  void stop(const compute::WorkStop& stop);

 private:
  struct Shared;
  struct Piece;
  /// Owned together with what is on its way from pool and sandbox.
  std::shared_ptr<Shared> shared_;
};

}  // namespace oort::node
