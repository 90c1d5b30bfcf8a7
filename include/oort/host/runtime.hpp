// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "oort/core/callback.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"

namespace oort::host {

/// An executor that runs one task at a time, in the order of posting, with timers on itself.
/// Destroying it cancels its timers; tasks that were posted still run.
class Strand : public env::Executor {
 public:
  /// Timers whose tasks run on this strand. They live as long as the strand.
  [[nodiscard]] virtual env::Timers& timers() noexcept = 0;
};

/// The signals that a daemon answers.
enum class Signal { Terminate, Interrupt, Hangup };

/// The threads of the process and what runs on them.
///
/// Strands share a few threads and must not block there; work that waits for a disk belongs on a
/// pool, which has threads of its own.
///
/// Invariants
///   H1  Tasks of one strand never overlap and run in the order of posting.
///   H2  After `stop` no task runs, no timer fires and no thread of this object is left.
///   H3  A timer cancelled on its own strand never fires.
/// Threads: any, but see `stop`.
class Runtime {
 public:
  struct Options {
    /// Threads that carry the strands. Range: 1 to 256.
    std::size_t threads_count = 2;
  };

  /// Starts the threads. Fails with BAD_ARGUMENT for a count out of range.
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> start(const Options& options);

  /// Stops.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// A new strand. May be destroyed before or after this object.
  [[nodiscard]] std::unique_ptr<Strand> make_strand();
  /// A new pool of `threads_count` threads (1 to 256) for tasks that block. `name` is what tools
  /// such as `top -H` show, cut to 15 characters. May be destroyed before or after this object.
  [[nodiscard]] std::unique_ptr<env::Executor> make_pool(std::string_view name,
                                                         std::size_t threads_count);

  /// Calls `action` on `strand` whenever one of the signals arrives, which then no longer end the
  /// process; SIGPIPE is ignored from here on.
  /// Requires: called once per process; `strand` comes from this object.
  [[nodiscard]] Result<void> watch_signals(Strand& strand, UniqueFunction<void(Signal)> action);

  /// Cancels every timer, runs the tasks posted so far, destroys unrun what is posted later, and
  /// joins all threads, the pools' too. The second call does nothing.
  /// Requires: not called on a thread of this object.
  void stop() noexcept;

 private:
  class Impl;

 public:
  /// For `start` alone: nobody else can name the argument.
  explicit Runtime(std::unique_ptr<Impl> impl) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace oort::host
