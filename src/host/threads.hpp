// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace oort::host {

/// Some threads that run one io_context.
///
/// Work is handed in only between `enter` and `leave`, so that `join` knows when the last piece has
/// arrived and leaves none behind: a task left in the queue could own, through a strand, the
/// very context that holds it.
class ThreadGroup {
 public:
  explicit ThreadGroup(std::size_t threads_count);
  ~ThreadGroup();
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  /// A process that may not have its threads cannot do anything else either, and ends.
  void start(std::string_view name) noexcept;

  /// Calls `action`, which hands work to `context()`, unless the group is closing.
  template <class Action>
  bool submit(Action&& action) {
    handing_in_.fetch_add(1);
    const bool is_open = !is_closing_.load();
    if (is_open) std::forward<Action>(action)();
    handing_in_.fetch_sub(1);
    return is_open;
  }

  /// Nothing is taken from here on.
  void close() noexcept;
  /// Runs what was taken and joins the threads. Requires: closed; not one of these threads.
  void join() noexcept;

  [[nodiscard]] bool is_own_thread() const noexcept;
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

 private:
  std::size_t threads_count_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_closing_{false};
  std::atomic<std::size_t> handing_in_{0};
};

}  // namespace oort::host
