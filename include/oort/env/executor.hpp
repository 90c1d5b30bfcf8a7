// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/callback.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"

namespace oort::env {

/// Runs tasks. A *strand* runs one at a time in the order of posting; a *pool* runs them anywhere.
/// Which of the two a component needs is said where it takes one.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Queues `task`; never runs it inside the call. Threads: any.
  virtual void post(Task task) = 0;
};

using TimerId = Strong<struct TimerIdTag, std::uint64_t>;

/// One-shot timers whose tasks run on the executor that this object was made for.
class Timers {
 public:
  virtual ~Timers() = default;
  /// Runs `task` once, no earlier than `delay` from now. Threads: any.
  virtual TimerId after(Duration delay, Task task) = 0;
  /// The task will not run, unless it is running or ran already. On a strand's own timers, called
  /// from that strand, cancelling is certain. An unknown id is ignored.
  virtual void cancel(TimerId id) noexcept = 0;
};

}  // namespace oort::env
