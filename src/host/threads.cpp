// SPDX-License-Identifier: Apache-2.0
#include "threads.hpp"

#include <pthread.h>

#include "oort/core/assert.hpp"

namespace oort::host {
namespace {

// The kernel's limit on a thread's name, without its final zero.
constexpr std::size_t thread_name_chars_max = 15;

}  // namespace

ThreadGroup::ThreadGroup(std::size_t threads_count)
    : threads_count_(threads_count),
      context_(static_cast<int>(threads_count)),
      guard_(boost::asio::make_work_guard(context_)) {}

ThreadGroup::~ThreadGroup() {
  OORT_ASSERT(threads_.empty(), "the runtime joins its threads before it lets go of them");
}

void ThreadGroup::start(std::string_view name) noexcept {
  const std::string thread_name(name.substr(0, thread_name_chars_max));
  for (std::size_t i = 0; i < threads_count_; ++i) {
    // A task that throws ends the process: nobody above it could know what it left half done.
    threads_.emplace_back([this]() noexcept { context_.run(); });
    // A name that the kernel refuses only makes `top` harder to read.
    static_cast<void>(pthread_setname_np(threads_.back().native_handle(), thread_name.c_str()));
  }
}

void ThreadGroup::close() noexcept {
  is_closing_ = true;
  while (handing_in_ != 0) std::this_thread::yield();
}

void ThreadGroup::join() noexcept {
  OORT_ASSERT(is_closing_, "an open group would never run dry");
  OORT_ASSERT(!is_own_thread(), "a thread cannot wait for its own end");
  guard_.reset();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool ThreadGroup::is_own_thread() const noexcept {
  for (const std::thread& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id()) return true;
  }
  return false;
}

}  // namespace oort::host
