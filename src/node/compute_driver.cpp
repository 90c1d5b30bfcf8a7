// SPDX-License-Identifier: Apache-2.0
// Events in, and what the machines ask for out.
#include "compute_driver.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "oort/api/broker_port.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/executor.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/offer.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/sandbox.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/jobs_events.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {
namespace {

constexpr std::string_view room = "compute";
/// Ticks between looks at who may be a broker, and at the offer.
constexpr std::uint64_t look_every_ticks = 8;
constexpr std::size_t jobs_page = 256;
constexpr Duration submit_deadline = std::chrono::seconds(8);
/// Larger messages wait behind shards, not before transactions.
constexpr std::size_t small_message_bytes = 64 * 1024;

/// The one after `id`; none after the last.
std::optional<JobId> after(JobId id) {
  auto bytes = id.mutable_view();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (bytes[i] != std::byte{0xff}) {
      bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(bytes[i]) + 1);
      return id;
    }
    bytes[i] = std::byte{0};
  }
  return std::nullopt;
}

/// What comes of two who act at once, or of a word that came late: nobody has done wrong.
bool is_ordinary(ledger::Rejection rejection) {
  using ledger::Rejection;
  return rejection == Rejection::JobEpochStale || rejection == Rejection::JobStateWrong ||
         rejection == Rejection::JobLeaseRunning || rejection == Rejection::JobClaimed ||
         rejection == Rejection::JobFieldInvalid;
}

}  // namespace

ComputeDriver::ComputeDriver(const Parts& parts, const Options& options)
    : parts_(parts),
      options_(options),
      registry_(parts.ledger),
      wall_start_(parts.clock.now_wall()),
      mono_start_(parts.clock.now_mono()) {}

Result<std::shared_ptr<ComputeDriver>> ComputeDriver::open(const Parts& parts,
                                                           const Options& options) {
  auto driver = std::make_shared<ComputeDriver>(parts, options);
  if (options.is_broker) {
    compute::BrokerOptions broker;
    broker.chain = parts.chain;
    broker.self = parts.self;
    OORT_TRY(driver->broker_, compute::Broker::open(broker, parts.store, driver->registry_,
                                                    parts.signer, driver->now()));
  }
  if (options.is_executor) {
    compute::ExecutorOptions executor;
    executor.chain = parts.chain;
    executor.self = parts.self;
    executor.offer = options.offer;
    OORT_TRY(driver->executor_,
             compute::Executor::open(executor, parts.store, parts.signer, driver->now()));
  }
  return driver;
}

/// Civil time that never jumps within a life of the node.
WallTime ComputeDriver::now() const {
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now_mono() - mono_start_);
  return {wall_start_.milliseconds + static_cast<std::uint64_t>(passed.count())};
}

void ComputeDriver::attach() {
  parts_.transport.on_message(
      env::message_range::compute,
      [weak = weak_from_this()](NodeId from, env::MessageType type, const Bytes& payload) {
        if (const auto driver = weak.lock()) driver->hear(from, type, payload);
      });
}

void ComputeDriver::start(JobObjects* objects) {
  if (is_stopped_) return;
  OORT_ASSERT(!broker_ || objects != nullptr, "a broker reads and writes objects");
  objects_ = objects;
  is_started_ = true;
  if (executor_) {
    worker_ = std::make_unique<WorkRunner>(
        WorkRunner::Parts{.pool = parts_.work, .strand = parts_.strand, .clock = parts_.clock},
        listener());
  }
  if (broker_) carry_out(broker_->start());
  see_all();
  tick();
}

WorkRunner::Listener ComputeDriver::listener() {
  return {.progress =
              [this](compute::WorkProgress progress) {
                if (!is_stopped_) carry_out(executor_->progress(now(), std::move(progress)));
              },
          .ended =
              [this](compute::WorkEnded ended) {
                if (!is_stopped_) carry_out(executor_->ended(now(), std::move(ended)));
              }};
}

void ComputeDriver::stop() {
  is_stopped_ = true;
  worker_.reset();
  containers_.reset();
  for (auto& [ticket, done] : handovers_) {
    done(fail(ErrorCode::Cancelled, reason::cancelled, "the node is stopping"));
  }
  handovers_.clear();
}

void ComputeDriver::set_devices(std::vector<compute::DeviceFacts> devices) {
  options_.offer.devices = devices;
  if (executor_) executor_->set_devices(std::move(devices));
}

void ComputeDriver::set_sandbox(std::shared_ptr<env::Sandbox> sandbox) {
  if (is_stopped_ || !executor_) return;
  const std::uint8_t tiers = tiers_of(sandbox->support());
  constexpr unsigned least_tier = static_cast<unsigned>(compute::IsolationTier::Launcher);
  if ((tiers >> least_tier) == 0) return;
  containers_ =
      std::make_unique<ContainerRunner>(ContainerRunner::Parts{.sandbox = std::move(sandbox),
                                                               .pool = parts_.work,
                                                               .strand = parts_.strand,
                                                               .folder = parts_.folder},
                                        listener());
  options_.offer.tiers = tiers;
  executor_->set_tiers(tiers);
}

// Events ----------------------------------------------------------------------------------------

void ComputeDriver::hear(const NodeId& from, env::MessageType type, ByteView payload) {
  if (!is_started_ || is_stopped_) return;
  // Each machine passes over what is not for it.
  if (broker_) carry_out(broker_->receive(now(), from, type, payload));
  if (executor_) carry_out(executor_->receive(now(), from, type, payload));
}

void ComputeDriver::tick() {
  if (is_stopped_) return;
  if (ticks_ % look_every_ticks == 0 && executor_) {
    executor_->set_brokers(registry_.brokers());
    post_offer();
  }
  ++ticks_;
  if (broker_) carry_out(broker_->tick(now()));
  if (executor_) carry_out(executor_->tick(now()));
  measure();
  parts_.timers.after(options_.tick, [weak = weak_from_this()] {
    if (const auto driver = weak.lock()) driver->tick();
  });
}

void ComputeDriver::on_block(const object::FinalBlock& block) {
  if (!is_started_ || is_stopped_) return;
  std::set<JobId> changed;
  std::vector<compute::LedgerSight::Claimed> claimed;
  for (const ledger::Event& event : block.events) {
    if (const auto* job = std::get_if<ledger::JobChanged>(&event)) changed.insert(job->job);
    if (const auto* job = std::get_if<ledger::JobAnchored>(&event)) changed.insert(job->job);
    const auto* paid = std::get_if<ledger::JobPaid>(&event);
    if (paid == nullptr) continue;
    changed.insert(paid->job);
    if (paid->kind == ledger::JobPaid::Kind::Claimed) claimed.push_back({paid->job, paid->node});
  }
  const object::LedgerSnapshot now_state = parts_.ledger.snapshot();
  const ledger::JobsView view(*now_state.state);
  std::vector<ledger::Job> jobs;
  for (const JobId& id : changed) {
    if (auto job = view.job(id)) jobs.push_back(*std::move(job));
  }
  tell_opened(jobs, block.time_ms);
  see(std::move(jobs), std::move(claimed));
}

void ComputeDriver::tell_opened(const std::vector<ledger::Job>& jobs, std::uint64_t time_ms) {
  if (!broker_ || !watch_.opened) return;
  for (const ledger::Job& job : jobs) {
    const bool is_first = job.opened_ms == time_ms && job.phase == ledger::JobPhase::Open;
    if (!is_first || ledger::broker_of(job) != parts_.self) continue;
    if (const auto* const spec = broker_->spec(job.id)) watch_.opened(job, *spec);
  }
}

void ComputeDriver::see_all() {
  std::vector<ledger::Job> jobs;
  if (broker_) {
    const object::LedgerSnapshot now_state = parts_.ledger.snapshot();
    const ledger::JobsView view(*now_state.state);
    std::optional<JobId> from = JobId();
    while (from) {
      auto page = view.jobs_for(parts_.self, *from, jobs_page);
      if (page.empty()) break;
      from = after(page.back().id);
      std::move(page.begin(), page.end(), std::back_inserter(jobs));
    }
  }
  see(std::move(jobs), {});
}

void ComputeDriver::see(std::vector<ledger::Job> jobs,
                        std::vector<compute::LedgerSight::Claimed> claimed) {
  registry_.refresh();
  const object::LedgerSnapshot now_state = parts_.ledger.snapshot();
  const auto honesty = ledger::HonestyView(*now_state.state).state();
  const Epoch epoch(honesty ? honesty->round : 0);
  if (executor_) executor_->set_epoch(epoch);
  if (!broker_) return;
  const auto params = ledger::JobsView(*now_state.state).params();
  compute::LedgerSight sight;
  sight.time_ms = now_state.time_ms;
  sight.lease_ms = params ? params->lease_ms : 0;
  sight.epoch = epoch;
  sight.jobs = std::move(jobs);
  sight.claimed = std::move(claimed);
  carry_out(broker_->see(now(), sight));
}

void ComputeDriver::hand_over(api::JobHandover job, Callback<Result<void>> done) {
  if (!is_started_ || is_stopped_ || !broker_) {
    done(fail(ErrorCode::Cancelled, reason::cancelled, "the node starts or stops"));
    return;
  }
  const std::uint64_t ticket = ++last_ticket_;
  handovers_.emplace(ticket, std::move(done));
  carry_out(broker_->hand_over(now(), ticket, job.id, job.payer, std::move(job.open.brokers),
                               std::move(job.spec)));
}

void ComputeDriver::answer(const compute::HandoverAnswer& answer) {
  auto waiting = handovers_.extract(answer.ticket);
  if (waiting.empty()) return;
  if (answer.is_held) return waiting.mapped()({});
  waiting.mapped()(fail(ErrorCode::Unavailable, reason::peer_unreachable,
                        "none of the job's brokers has taken it"));
}

// What the machines want ------------------------------------------------------------------------

void ComputeDriver::keep(env::KvBatch writes, Task then) {
  if (writes.empty() && keeping_count_ == 0) return then();
  ++keeping_count_;
  parts_.disk.post([weak = weak_from_this(), &store = parts_.store, &strand = parts_.strand,
                    writes = std::move(writes), then = std::move(then)]() mutable {
    Result<void> written;
    if (!writes.empty()) written = store.write(writes, env::Sync::Yes);
    strand.post([weak, written = std::move(written), then = std::move(then)]() mutable {
      if (const auto driver = weak.lock()) driver->kept(written, std::move(then));
    });
  });
}

void ComputeDriver::kept(const Result<void>& written, Task then) {
  --keeping_count_;
  if (is_stopped_) return;
  if (written) return then();
  // What the machines know is ahead of the disk: a later life could contradict what leaves now.
  log::error(room, "what brokers and executors must not forget was not kept; both stop",
             {{"why", written.error().to_string()}});
  stop();
}

void ComputeDriver::carry_out(compute::BrokerOutputs outputs) {
  env::KvBatch writes = std::exchange(outputs.writes, {});
  keep(std::move(writes),
       [this, outputs = std::move(outputs)]() mutable { leave(std::move(outputs)); });
}

void ComputeDriver::carry_out(compute::ExecutorOutputs outputs) {
  env::KvBatch writes = std::exchange(outputs.writes, {});
  keep(std::move(writes),
       [this, outputs = std::move(outputs)]() mutable { leave(std::move(outputs)); });
}

void ComputeDriver::leave(compute::BrokerOutputs outputs) {
  send(std::move(outputs.sends));
  for (auto& transaction : outputs.transactions) submit(std::move(transaction));
  for (const compute::ReadWish& wish : outputs.reads) read(wish);
  for (compute::StoreWish& wish : outputs.stores) store(std::move(wish));
  for (const compute::HandoverAnswer& one : outputs.handovers) answer(one);
  if (watch_.answered) std::ranges::for_each(outputs.receipts, watch_.answered);
  for (const compute::Deviation& deviation : outputs.deviations) {
    log::warn(room, "an executor's result is not the majority's",
              {{"job", deviation.job.hex()},
               {"task", deviation.task},
               {"executor", deviation.executor.hex()},
               {"result", deviation.result.hex()},
               {"accepted", deviation.accepted.hex()}});
    if (tell_deviation_) tell_deviation_(deviation, spec_of(deviation.job));
  }
  if (!tell_change_) return;
  const std::set<JobId> changed(outputs.changed.begin(), outputs.changed.end());
  for (const JobId& job : changed) tell_change_(job);
}

void ComputeDriver::leave(compute::ExecutorOutputs outputs) {
  send(std::move(outputs.sends));
  for (compute::WorkStart& start : outputs.starts) {
    log::debug(room, "a task begins",
               {{"workload", start.work.workload.name}, {"inputs", start.inputs.size()}});
    // The machine takes containers only of a tier that it was told of.
    if (start.work.kind == compute::WorkKind::Container) {
      containers_->start(std::move(start));
    } else {
      worker_->start(std::move(start));
    }
  }
  for (const compute::WorkStop& one : outputs.stops) {
    worker_->stop(one);
    if (containers_) containers_->stop(one);
  }
}

void ComputeDriver::send(std::vector<compute::ComputeSend> sends) {
  for (compute::ComputeSend& one : sends) {
    if (one.to == parts_.self) {
      parts_.strand.post([weak = weak_from_this(), one = std::move(one)] {
        if (const auto driver = weak.lock()) driver->hear(one.to, one.type, one.payload);
      });
      continue;
    }
    const auto traffic = one.payload.size() > small_message_bytes ? env::TrafficClass::Bulk
                                                                  : env::TrafficClass::Gossip;
    // What is lost is said again.
    static_cast<void>(parts_.transport.send(one.to, traffic, one.type, one.payload));
  }
}

void ComputeDriver::submit(std::vector<compute::LedgerOperation> operations) {
  std::vector<ledger::SubmittedOperation> wanted;
  wanted.reserve(operations.size());
  for (const compute::LedgerOperation& operation : operations) {
    std::visit([&](const auto& one) { wanted.push_back({one, {}}); }, operation);
  }
  parts_.submit.submit(std::move(wanted), submit_deadline,
                       home<Result<object::SubmitResult>>(
                           [operations = std::move(operations)](
                               ComputeDriver& driver, const Result<object::SubmitResult>& result) {
                             driver.submitted(operations, result);
                           }));
}

void ComputeDriver::submitted(const std::vector<compute::LedgerOperation>& operations,
                              const Result<object::SubmitResult>& result) {
  if (!result) {
    log::debug(room, "the ledger took no operations yet", {{"why", result.error().to_string()}});
    return;
  }
  std::vector<compute::LedgerSight::Claimed> claimed;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const ledger::Rejection rejection = result->receipts.at(i).rejection;
    if (rejection == ledger::Rejection::None) continue;
    const auto* const claim = std::get_if<ledger::JobClaim>(&operations[i]);
    if (claim != nullptr && rejection == ledger::Rejection::JobClaimed) {
      claimed.push_back({claim->job, claim->total.executor});
    }
    const JobId job = std::visit([](const auto& one) { return one.job; }, operations[i]);
    const auto level = is_ordinary(rejection) ? log::Level::Debug : log::Level::Warn;
    if (!log::is_enabled(level)) continue;
    const ledger::Operation operation =
        std::visit([](const auto& one) { return ledger::Operation(one); }, operations[i]);
    log::write(level, room, "the ledger did not take an operation",
               {{"operation", ledger::name_of(operation)},
                {"rejection", ledger::to_string(rejection)},
                {"job", job.hex()}});
  }
  if (!claimed.empty()) see({}, std::move(claimed));
}

// Objects ---------------------------------------------------------------------------------------

Bytes32 ComputeDriver::spec_of(const JobId& job) const {
  const object::LedgerSnapshot now_state = parts_.ledger.snapshot();
  const auto record = ledger::JobsView(*now_state.state).job(job);
  return record ? record->spec : Bytes32();
}

void ComputeDriver::read(const compute::ReadWish& wish) {
  objects_->read(
      {wish.payer, wish.uri, spec_of(wish.job)}, wish.offset, wish.size,
      home<Result<Bytes>>([wish](ComputeDriver& driver, Result<Bytes> bytes) {
        if (!bytes) {
          log::info(
              room, "an input cannot be read",
              {{"job", wish.job.hex()}, {"uri", wish.uri}, {"why", bytes.error().to_string()}});
        }
        if (bytes) driver.tell_read(wish.job, *bytes);
        driver.carry_out(driver.broker_->was_read(driver.now(), wish.ticket, std::move(bytes)));
      }));
}

void ComputeDriver::tell_read(const JobId& job, ByteView bytes) {
  if (!watch_.read) return;
  const auto* const spec = broker_->spec(job);
  const auto* const work = spec ? std::get_if<ledger::BuiltinWork>(&spec->work) : nullptr;
  if (work != nullptr) watch_.read(job, {work->name, work->version}, bytes);
}

void ComputeDriver::store(compute::StoreWish wish) {
  objects_->write({wish.payer, wish.uri, spec_of(wish.job)}, std::move(wish.bytes),
                  home<Result<void>>([ticket = wish.ticket, job = wish.job, uri = wish.uri](
                                         ComputeDriver& driver, const Result<void>& stored) {
                    if (!stored) {
                      log::info(
                          room, "an output cannot be stored",
                          {{"job", job.hex()}, {"uri", uri}, {"why", stored.error().to_string()}});
                    }
                    driver.carry_out(driver.broker_->was_stored(driver.now(), ticket, stored));
                  }));
}

}  // namespace oort::node
