// SPDX-License-Identifier: Apache-2.0
#include "broker_port.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "oort/api/broker_port.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/error.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/jobs_sums.hpp"
#include "oort/ledger/market_records.hpp"

namespace oort::node {
namespace {

tl::unexpected<Error> not_in_office(const JobId& job) {
  return fail(ErrorCode::NotFound, reason::not_found,
              "this node is not the broker in office of job " + job.hex());
}

api::TaskState state_of(compute::TaskSight::State state) {
  using From = compute::TaskSight::State;
  switch (state) {
    case From::Pending: return api::TaskState::Pending;
    case From::Leased: return api::TaskState::Leased;
    case From::Running: return api::TaskState::Running;
    case From::Done: return api::TaskState::Done;
    case From::Failed: return api::TaskState::Failed;
  }
  return api::TaskState::Pending;
}

api::TaskView task_view_of(const compute::TaskSight& from) {
  api::TaskView view;
  view.task = from.task;
  view.attempt = from.attempt;
  view.state = state_of(from.state);
  view.node = from.node;
  view.since = from.since;
  view.result = from.result;
  view.pay = ledger::Units(from.pay);
  view.why = from.why;
  return view;
}

/// Whether brokers can do it at all.
Result<void> check_handover(const api::JobHandover& job) {
  if (job.open.currency != ledger::Currency::Credits) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "brokers serve escrows of credits alone");
  }
  OORT_TRY(const auto spec, codec::from_bytes<ledger::JobSpec>(job.spec));
  return compute::check_feasible(spec);
}

/// Questions that wait for a change of a job, on the driver's strand. Shared with what is posted
/// and timed.
class Questions : public std::enable_shared_from_this<Questions> {
 public:
  Questions(std::shared_ptr<ComputeDriver> driver, env::Executor& strand, env::Timers& timers)
      : driver_(std::move(driver)), strand_(strand), timers_(timers) {}

  void listen() {
    strand_.post([self = shared_from_this()] {
      self->driver_->on_change([weak = self->weak_from_this()](const JobId& job) {
        if (const auto questions = weak.lock()) questions->changed(job);
      });
    });
  }

  /// Asks now and after every change, until `try_it(is_last)` says that it has answered; with
  /// `is_last` it must.
  void ask(const JobId& job, Duration wait, UniqueFunction<bool(bool is_last)> try_it) {
    strand_.post([self = shared_from_this(), job, wait, try_it = std::move(try_it)]() mutable {
      if (try_it(wait <= Duration{})) return;
      const std::uint64_t number = ++self->last_;
      self->waiting_[job].emplace(number, std::move(try_it));
      self->timers_.after(wait, [self, job, number] { self->end(job, number); });
    });
  }
  void run(Task task) { strand_.post(std::move(task)); }
  [[nodiscard]] ComputeDriver& driver() noexcept { return *driver_; }

 private:
  using Waiting = std::map<std::uint64_t, UniqueFunction<bool(bool)>>;

  void changed(const JobId& job) {
    const auto found = waiting_.find(job);
    if (found == waiting_.end()) return;
    Waiting& waiting = found->second;
    for (auto one = waiting.begin(); one != waiting.end();) {
      one = one->second(false) ? waiting.erase(one) : std::next(one);
    }
    if (waiting.empty()) waiting_.erase(found);
  }
  void end(const JobId& job, std::uint64_t number) {
    const auto found = waiting_.find(job);
    if (found == waiting_.end()) return;
    auto one = found->second.extract(number);
    if (found->second.empty()) waiting_.erase(found);
    if (!one.empty()) one.mapped()(true);
  }

  std::shared_ptr<ComputeDriver> driver_;
  env::Executor& strand_;
  env::Timers& timers_;
  std::uint64_t last_ = 0;
  std::map<JobId, Waiting> waiting_;
};

std::optional<compute::JobSight> in_office(const ComputeDriver& driver, const JobId& job) {
  auto sight = driver.broker().job(job);
  if (sight && !sight->is_in_office) sight.reset();
  return sight;
}

class Port final : public api::BrokerPort {
 public:
  Port(std::shared_ptr<ComputeDriver> driver, env::Executor& strand, env::Timers& timers,
       PendingCalls& calls)
      : questions_(std::make_shared<Questions>(std::move(driver), strand, timers)), calls_(calls) {
    questions_->listen();
  }

  void accept(api::JobHandover job, Callback<Result<void>> done) override {
    if (const auto possible = check_handover(job); !possible) {
      done(fail(possible.error()));
      return;
    }
    questions_->run([questions = questions_, job = std::move(job),
                     done = calls_.keep(std::move(done))]() mutable {
      questions->driver().hand_over(std::move(job), std::move(done));
    });
  }

  void plan(ledger::JobSpec spec, Callback<Result<compute::Explanation>> done) override {
    if (const auto possible = compute::check_feasible(spec); !possible) {
      done(fail(possible.error()));
      return;
    }
    questions_->run([questions = questions_, spec = std::move(spec),
                     done = calls_.keep(std::move(done))]() mutable {
      done(questions->driver().broker().plan(spec));
    });
  }

  void get_run(const JobId& job, Callback<Result<api::JobRun>> done) override {
    await_run(job, 0, Duration{}, std::move(done));
  }

  void await_run(const JobId& job, std::uint64_t after, Duration wait,
                 Callback<Result<api::JobRun>> done) override {
    questions_->ask(job, wait,
                    [questions = questions_.get(), job, after,
                     done = calls_.keep(std::move(done))](bool is_last) mutable {
                      const auto sight = in_office(questions->driver(), job);
                      if (sight && sight->version <= after && !is_last) return false;
                      if (sight) {
                        done(job_run_of(*sight));
                      } else {
                        done(not_in_office(job));
                      }
                      return true;
                    });
  }

  void read_log(const JobId& job, api::LogPlace place, std::size_t size_max, Duration wait,
                Callback<Result<api::LogChunk>> done) override {
    questions_->ask(job, wait,
                    [questions = questions_.get(), job, place, size_max,
                     done = calls_.keep(std::move(done))](bool is_last) mutable {
                      const ComputeDriver& driver = questions->driver();
                      auto log = in_office(driver, job)
                                     ? driver.broker().log(job, place.task, place.offset, size_max)
                                     : std::nullopt;
                      if (!log) {
                        done(not_in_office(job));
                        return true;
                      }
                      if (log->bytes.empty() && !log->is_end && !is_last) return false;
                      api::LogChunk chunk;
                      chunk.at = {place.task, log->begin};
                      chunk.bytes = std::move(log->bytes);
                      chunk.is_end = log->is_end;
                      done(std::move(chunk));
                      return true;
                    });
  }

 private:
  std::shared_ptr<Questions> questions_;
  PendingCalls& calls_;
};

}  // namespace

api::JobRun job_run_of(const compute::JobSight& sight) {
  using State = compute::TaskSight::State;
  api::JobRun run;
  run.id = sight.job;
  run.broker_epoch = sight.broker_epoch;
  run.version = sight.version;
  run.is_over = sight.is_over;
  run.waits = sight.waits;
  run.totals = sight.totals;
  for (const compute::TaskSight& task : sight.tasks) {
    switch (task.state) {
      case State::Pending: ++run.pending; break;
      case State::Leased:
      case State::Running: ++run.running; break;
      case State::Done: ++run.done; break;
      case State::Failed: break;
    }
    if (run.tasks.size() < api::tasks_shown_max) run.tasks.push_back(task_view_of(task));
  }
  return run;
}

std::unique_ptr<api::BrokerPort> make_broker_port(std::shared_ptr<ComputeDriver> driver,
                                                  env::Executor& strand, env::Timers& timers,
                                                  PendingCalls& calls) {
  return std::make_unique<Port>(std::move(driver), strand, timers, calls);
}

}  // namespace oort::node
