// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "oort/compute/executor.hpp"
#include "oort/core/callback.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"

namespace oort::node {

/// Does the work of an executor: built-in workloads, in slices on a pool, so that tasks share its
/// threads and each can be stopped.
///
/// Invariants
///   WR1 Each start ends once: `ended` is told of it on the strand, after all of its progress.
///   WR2 Work that is stopped, or that has had its walltime, ends after the unit that it is at.
///   WR3 Work that may take more memory than its lease grants never begins; each lease grants at
///       least `compute::task_memory_min_mib`.
/// Threads: the strand.
class WorkRunner {
 public:
  struct Parts {
    /// Runs the slices; each takes about `slice`.
    env::Executor& pool;
    env::Executor& strand;
    const env::Clock& clock;
  };
  struct Listener {
    UniqueFunction<void(compute::WorkProgress)> progress;
    UniqueFunction<void(compute::WorkEnded)> ended;
  };

  WorkRunner(Parts parts, Listener listener);
  ~WorkRunner();
  WorkRunner(const WorkRunner&) = delete;
  WorkRunner& operator=(const WorkRunner&) = delete;

  void start(compute::WorkStart start);
  /// What is not at work is ignored. Work with checkpoints leaves one.
  void stop(const compute::WorkStop& stop);

 private:
  struct Shared;
  struct Piece;
  /// Owned together with what is on its way from the pool.
  std::shared_ptr<Shared> shared_;
};

}  // namespace oort::node
