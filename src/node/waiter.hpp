// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#include "oort/core/time.hpp"

namespace oort::node {

/// Waits on this thread for something that a strand finishes.
class Waiter {
 public:
  void finish() {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    changed_.notify_all();
  }
  void wait(Duration limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return is_finished_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_finished_ = false;
};

}  // namespace oort::node
