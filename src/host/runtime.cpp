// SPDX-License-Identifier: Apache-2.0
#include "oort/host/runtime.hpp"

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <csignal>
#include <map>
#include <mutex>
#include <vector>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "threads.hpp"

namespace oort::host {
namespace {

namespace asio = boost::asio;
using AsioStrand = asio::strand<asio::io_context::executor_type>;

constexpr std::size_t threads_count_max = 256;

/// Something that keeps the io_context busy until it is closed.
class Closable {
 public:
  Closable() = default;
  Closable(const Closable&) = delete;
  Closable& operator=(const Closable&) = delete;
  virtual ~Closable() = default;
  virtual void close() noexcept = 0;
};

/// The timers of one strand. Shared by the strand and by the waits under way.
class TimerTable final : public env::Timers,
                         public Closable,
                         public std::enable_shared_from_this<TimerTable> {
 public:
  TimerTable(std::shared_ptr<ThreadGroup> threads, AsioStrand strand)
      : threads_(std::move(threads)), strand_(std::move(strand)) {}

  env::TimerId after(Duration delay, Task task) override {
    const std::lock_guard lock(mutex_);
    const env::TimerId id(++last_id_);
    if (is_closed_) return id;
    threads_->submit([&] {
      Pending& pending =
          pending_.try_emplace(id, asio::steady_timer(strand_), std::move(task)).first->second;
      pending.timer.expires_after(std::max(delay, Duration::zero()));
      pending.timer.async_wait([self = shared_from_this(), id](boost::system::error_code) {
        // Whether the timer was cancelled is told by the table alone: asio may have queued this
        // call before the cancelling.
        self->fire(id);
      });
    });
    return id;
  }

  // What a task owns may itself set or cancel timers when it is destroyed, so no task is destroyed
  // under the lock.
  void cancel(env::TimerId id) noexcept override {
    std::map<env::TimerId, Pending>::node_type cancelled;
    const std::lock_guard lock(mutex_);
    cancelled = pending_.extract(id);
  }

  void close() noexcept override {
    std::map<env::TimerId, Pending> cancelled;
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    cancelled.swap(pending_);
  }

 private:
  struct Pending {
    Pending(asio::steady_timer made, Task work) : timer(std::move(made)), task(std::move(work)) {}
    asio::steady_timer timer;
    Task task;
  };

  void fire(env::TimerId id) {
    Task task;
    {
      const std::lock_guard lock(mutex_);
      const auto found = pending_.find(id);
      if (found == pending_.end()) return;
      task = std::move(found->second.task);
      pending_.erase(found);
    }
    task();
  }

  std::shared_ptr<ThreadGroup> threads_;
  AsioStrand strand_;
  std::mutex mutex_;
  std::map<env::TimerId, Pending> pending_;
  std::uint64_t last_id_ = 0;
  bool is_closed_ = false;
};

class RuntimeStrand final : public Strand {
 public:
  explicit RuntimeStrand(std::shared_ptr<ThreadGroup> threads)
      : threads_(std::move(threads)),
        strand_(asio::make_strand(threads_->context())),
        timers_(std::make_shared<TimerTable>(threads_, strand_)) {}
  ~RuntimeStrand() override { timers_->close(); }
  RuntimeStrand(const RuntimeStrand&) = delete;
  RuntimeStrand& operator=(const RuntimeStrand&) = delete;

  void post(Task task) override {
    threads_->submit([&] { asio::post(strand_, [task = std::move(task)]() mutable { task(); }); });
  }
  env::Timers& timers() noexcept override { return *timers_; }
  [[nodiscard]] const std::shared_ptr<TimerTable>& table() const noexcept { return timers_; }
  [[nodiscard]] const AsioStrand& asio_strand() const noexcept { return strand_; }

 private:
  std::shared_ptr<ThreadGroup> threads_;
  AsioStrand strand_;
  std::shared_ptr<TimerTable> timers_;
};

class Pool final : public env::Executor {
 public:
  explicit Pool(std::shared_ptr<ThreadGroup> threads) : threads_(std::move(threads)) {}
  void post(Task task) override {
    threads_->submit(
        [&] { asio::post(threads_->context(), [task = std::move(task)]() mutable { task(); }); });
  }

 private:
  std::shared_ptr<ThreadGroup> threads_;
};

Signal signal_of(int number) noexcept {
  if (number == SIGHUP) return Signal::Hangup;
  return number == SIGINT ? Signal::Interrupt : Signal::Terminate;
}

class SignalWatch final : public Closable, public std::enable_shared_from_this<SignalWatch> {
 public:
  SignalWatch(const AsioStrand& strand, UniqueFunction<void(Signal)> action)
      : signals_(strand), action_(std::move(action)) {}

  boost::system::error_code begin() {
    boost::system::error_code problem;
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
      signals_.add(number, problem);
      if (problem) return problem;
    }
    wait();
    return problem;
  }

  void close() noexcept override {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    boost::system::error_code ignored;
    signals_.cancel(ignored);
  }

 private:
  void wait() {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    signals_.async_wait([self = shared_from_this()](boost::system::error_code problem, int number) {
      if (problem) return;
      self->action_(signal_of(number));
      self->wait();
    });
  }

  std::mutex mutex_;
  asio::signal_set signals_;
  UniqueFunction<void(Signal)> action_;
  bool is_closed_ = false;
};

Result<void> check_count(std::size_t threads_count) {
  if (threads_count >= 1 && threads_count <= threads_count_max) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "a count of threads lies between 1 and 256, not " + std::to_string(threads_count));
}

}  // namespace

class Runtime::Impl {
 public:
  explicit Impl(std::size_t threads_count)
      : threads_(std::make_shared<ThreadGroup>(threads_count)) {
    threads_->start("oort-strand");
  }

  [[nodiscard]] const std::shared_ptr<ThreadGroup>& threads() const noexcept { return threads_; }

  void add(const std::shared_ptr<Closable>& part) {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return part->close();
    std::erase_if(parts_, [](const auto& old) { return old.expired(); });
    parts_.push_back(part);
  }

  std::shared_ptr<ThreadGroup> add_pool(std::string_view name, std::size_t threads_count) {
    auto pool = std::make_shared<ThreadGroup>(threads_count);
    const std::lock_guard lock(mutex_);
    if (is_stopped_) {
      pool->close();
      return pool;
    }
    pool->start(name);
    pools_.push_back(pool);
    return pool;
  }

  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) return;
      is_stopped_ = true;
    }
    threads_->close();
    for (const auto& pool : pools_) pool->close();
    for (const auto& part : parts_) {
      if (const auto live = part.lock()) live->close();
    }
    for (const auto& pool : pools_) pool->join();
    threads_->join();
  }

 private:
  std::shared_ptr<ThreadGroup> threads_;             // Shared with the strands.
  std::mutex mutex_;                                 // Guards what follows until the stop.
  std::vector<std::shared_ptr<ThreadGroup>> pools_;  // Shared with the pools' executors.
  std::vector<std::weak_ptr<Closable>> parts_;
  bool is_stopped_ = false;
};

Result<std::unique_ptr<Runtime>> Runtime::start(const Options& options) {
  OORT_TRY(check_count(options.threads_count));
  return std::make_unique<Runtime>(std::make_unique<Impl>(options.threads_count));
}

Runtime::Runtime(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Runtime::~Runtime() { stop(); }

std::unique_ptr<Strand> Runtime::make_strand() {
  auto strand = std::make_unique<RuntimeStrand>(impl_->threads());
  impl_->add(strand->table());
  return strand;
}

std::unique_ptr<env::Executor> Runtime::make_pool(std::string_view name,
                                                  std::size_t threads_count) {
  OORT_ASSERT(check_count(threads_count), "the caller checked what the operator wrote");
  return std::make_unique<Pool>(impl_->add_pool(name, threads_count));
}

Result<void> Runtime::watch_signals(Strand& strand, UniqueFunction<void(Signal)> action) {
  auto* own = dynamic_cast<RuntimeStrand*>(&strand);
  OORT_ASSERT(own != nullptr, "signals are watched on a strand of the runtime");
  std::signal(SIGPIPE, SIG_IGN);
  auto watch = std::make_shared<SignalWatch>(own->asio_strand(), std::move(action));
  if (const auto problem = watch->begin()) {
    return fail(ErrorCode::Internal, reason::internal,
                "signals cannot be watched: " + problem.message());
  }
  impl_->add(watch);
  return {};
}

void Runtime::stop() noexcept { impl_->stop(); }

}  // namespace oort::host
