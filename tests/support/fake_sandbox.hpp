// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::test {

/// A sandbox in which nothing runs: it keeps the tasks, and the test says how each ends. Refuses
/// what a real one refuses. As nothing runs, X1, X2, X3, X4 and X5 hold by themselves. Threads:
/// one.
class FakeSandbox final : public env::Sandbox {
 public:
  explicit FakeSandbox(env::Executor& executor) : executor_(executor) {
    support_.tiers = {{env::SandboxTier::Launcher, {{"start", true, true, "fake"}}}};
  }

  [[nodiscard]] const env::SandboxSupport& support() const noexcept override { return support_; }

  env::SandboxRunId run(env::SandboxTask task,
                        Callback<Result<env::SandboxOutcome>> done) override {
    const env::SandboxRunId id(++last_id_);
    if (auto accepted = env::check_sandbox_task(task); !accepted) {
      answer(std::move(done), fail(std::move(accepted).error()));
      return id;
    }
    running_.emplace(id, std::pair{std::move(task), std::move(done)});
    return id;
  }
  void cancel(env::SandboxRunId id) noexcept override {
    env::SandboxOutcome outcome;
    outcome.end = env::SandboxEnd::Cancelled;
    finish(id, std::move(outcome));
  }

  /// Ends the run, if it is one.
  void finish(env::SandboxRunId id, Result<env::SandboxOutcome> outcome) {
    auto run = running_.extract(id);
    if (!run.empty()) answer(std::move(run.mapped().second), std::move(outcome));
  }
  [[nodiscard]] std::size_t running_count() const noexcept { return running_.size(); }
  /// Requires: the run is under way.
  [[nodiscard]] const env::SandboxTask& task(env::SandboxRunId id) const {
    return running_.at(id).first;
  }

 private:
  void answer(Callback<Result<env::SandboxOutcome>> done, Result<env::SandboxOutcome> outcome) {
    executor_.post([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }

  env::Executor& executor_;
  env::SandboxSupport support_;
  std::map<env::SandboxRunId, std::pair<env::SandboxTask, Callback<Result<env::SandboxOutcome>>>>
      running_;
  std::uint64_t last_id_ = 0;
};

}  // namespace oort::test
