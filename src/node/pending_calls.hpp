// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/core/error.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"

namespace oort::node {

/// Answers that may take long: for a block that is still to come, a repair, a walk over the disk.
/// Whoever stops the node answers them all, so that no caller and no door waits for the work
/// behind.
///
/// Invariants
///   E1  Each answer that was kept is given once: by the work or, before that, by `stop`.
///   E2  Nothing waits after `stop`: what is kept from then on is answered at once.
/// Threads: any. An answer is given without a lock held, by whoever gives it.
class PendingCalls {
 public:
  /// A callback that gives the answer to `done`, unless `stop` did before.
  template <class T>
  [[nodiscard]] Callback<Result<T>> keep(Callback<Result<T>> done) {
    auto call = std::make_shared<Call<T>>(std::move(done));
    const auto id = state_->add(call);
    if (!id) call->cancel();
    return [state = state_, call = std::move(call), id](Result<T> result) {
      if (id && state->take(*id)) call->done(std::move(result));
    };
  }

  /// Fails all that waits with CANCELLED. Once.
  void stop() {
    for (const auto& call : state_->take_all()) call->cancel();
  }

 private:
  struct Waiting {
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    virtual ~Waiting() = default;
    virtual void cancel() = 0;
  };
  template <class T>
  struct Call final : Waiting {
    explicit Call(Callback<Result<T>> answer) : done(std::move(answer)) {}
    void cancel() override {
      done(fail(ErrorCode::Cancelled, reason::cancelled, "the node is stopping"));
    }
    Callback<Result<T>> done;
  };
  using WaitingRef = std::shared_ptr<Waiting>;

  class State {
   public:
    /// Nothing once stopped.
    [[nodiscard]] std::optional<std::uint64_t> add(WaitingRef call) {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) return std::nullopt;
      calls_.emplace(++ids_, std::move(call));
      return ids_;
    }
    /// Whether the answer is still to be given.
    [[nodiscard]] bool take(std::uint64_t id) {
      const std::lock_guard lock(mutex_);
      return calls_.erase(id) > 0;
    }
    [[nodiscard]] std::vector<WaitingRef> take_all() {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
      std::vector<WaitingRef> all;
      all.reserve(calls_.size());
      for (auto& [id, call] : calls_) all.push_back(std::move(call));
      calls_.clear();
      return all;
    }

   private:
    std::mutex mutex_;
    bool is_stopped_ = false;
    std::uint64_t ids_ = 0;
    std::map<std::uint64_t, WaitingRef> calls_;
  };

  /// Owned together with the callbacks, which may outlive the node's parts.
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace oort::node
