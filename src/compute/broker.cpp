// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/broker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "broker_core.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {

Broker::Core::Core(BrokerOptions options, const NodeRegistry& registry, env::Signer& signer,
                   WallTime now)
    : options_(std::move(options)),
      registry_(registry),
      signer_(signer),
      scheduler_([this] {
        Options scheduling = options_.scheduler;
        scheduling.fault_back_off_ms = std::numeric_limits<std::uint32_t>::max() * 1'000ULL;
        return scheduling;
      }()),
      now_(now) {}

Broker::Broker(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Broker::~Broker() = default;

Result<std::unique_ptr<Broker>> Broker::open(BrokerOptions options, const env::KvReader& store,
                                             const NodeRegistry& registry, env::Signer& signer,
                                             WallTime now) {
  auto core = std::make_unique<Core>(std::move(options), registry, signer, now);
  OORT_TRY(core->load(store));
  return std::unique_ptr<Broker>(new Broker(std::move(core)));
}

BrokerOutputs Broker::start() { return core_->finish(WallTime{0}); }

BrokerOutputs Broker::hand_over(WallTime now, std::uint64_t ticket, const JobId& job,
                                const AccountId& payer, std::vector<NodeId> brokers, Bytes spec) {
  core_->set_now(now);
  core_->hand_over(ticket, job, payer, std::move(brokers), std::move(spec));
  return core_->finish(now);
}
BrokerOutputs Broker::receive(WallTime now, const NodeId& from, env::MessageType type,
                              ByteView payload) {
  core_->set_now(now);
  core_->receive(from, type, payload);
  return core_->finish(now);
}
BrokerOutputs Broker::see(WallTime now, const LedgerSight& sight) {
  core_->set_now(now);
  core_->see(sight);
  return core_->finish(now);
}
BrokerOutputs Broker::was_read(WallTime now, std::uint64_t ticket, Result<Bytes> bytes) {
  core_->set_now(now);
  core_->was_read(ticket, std::move(bytes));
  return core_->finish(now);
}
BrokerOutputs Broker::was_stored(WallTime now, std::uint64_t ticket, Result<void> stored) {
  core_->set_now(now);
  core_->was_stored(ticket, std::move(stored));
  return core_->finish(now);
}
BrokerOutputs Broker::tick(WallTime now) {
  core_->set_now(now);
  core_->tick();
  return core_->finish(now);
}
Explanation Broker::plan(const ledger::JobSpec& spec) const { return core_->plan(spec); }
std::optional<JobSight> Broker::job(const JobId& job) const { return core_->job(job); }
std::optional<LogSight> Broker::log(const JobId& job, std::uint32_t task, std::uint64_t from,
                                    std::size_t size_max) const {
  return core_->log(job, task, from, size_max);
}
const ledger::JobSpec* Broker::spec(const JobId& job) const { return core_->spec(job); }
BrokerFigures Broker::figures() const { return core_->figures(); }

const ledger::JobSpec* Broker::Core::spec(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found != jobs_.end() && found->second.has_spec ? &found->second.spec : nullptr;
}

BrokerOutputs Broker::Core::finish(WallTime now) {
  set_now(now);
  drain();
  return std::exchange(out_, BrokerOutputs());
}

void Broker::Core::receive(const NodeId& from, env::MessageType type, ByteView payload) {
  const auto hear = [&]<class Message>(Message*) {
    auto message = message_from<Message>(payload);
    // What cannot be read is as if it had been lost.
    if (message) on(from, *std::move(message));
  };
  switch (type) {
    case NodeOffer::type: return hear(static_cast<NodeOffer*>(nullptr));
    case LeaseAnswer::type: return hear(static_cast<LeaseAnswer*>(nullptr));
    case Heartbeat::type: return hear(static_cast<Heartbeat*>(nullptr));
    case TaskResult::type: return hear(static_cast<TaskResult*>(nullptr));
    case InputAsk::type: return hear(static_cast<InputAsk*>(nullptr));
    case OutputPiece::type: return hear(static_cast<OutputPiece*>(nullptr));
    case TaskCheckpoint::type: return hear(static_cast<TaskCheckpoint*>(nullptr));
    case LogPiece::type: return hear(static_cast<LogPiece*>(nullptr));
    case Holding::type: return hear(static_cast<Holding*>(nullptr));
    case SpecCopy::type: return hear(static_cast<SpecCopy*>(nullptr));
    case SpecAsk::type: return hear(static_cast<SpecAsk*>(nullptr));
    case SpecHeld::type: return hear(static_cast<SpecHeld*>(nullptr));
    case JournalCopy::type: return hear(static_cast<JournalCopy*>(nullptr));
    case JournalHeld::type: return hear(static_cast<JournalHeld*>(nullptr));
    default: return;
  }
}

void Broker::Core::tick() {
  expire_offers();
  std::vector<JobId> ids;
  for (const auto& [id, job] : jobs_) ids.push_back(id);
  for (const JobId& id : ids) {
    if (const auto found = jobs_.find(id); found != jobs_.end()) age(found->second);
  }
  feed(Tick{});
}

// ---- Nodes

void Broker::Core::on(const NodeId& from, const NodeOffer& message) {
  if (message.node != from || message.chain != options_.chain || !is_signed(message)) return;
  const auto known = nodes_.find(from);
  const std::pair newest(message.incarnation, message.sequence);
  if (known != nodes_.end() &&
      newest <= std::pair(known->second.incarnation, known->second.sequence)) {
    return;
  }
  const auto standing = registry_.standing(from);
  if (!standing) return;
  Offer offer;
  offer.node = from;
  offer.operator_id = standing->operator_id;
  offer.region = message.region;
  offer.network = message.network;
  offer.fabric = message.fabric;
  for (const DeviceFacts& device : message.devices) offer.devices.push_back(device.device);
  offer.cpu_milli = message.cpu_milli;
  offer.memory_mib = message.memory_mib;
  offer.disk_mib = message.disk_mib;
  offer.network_mbps = message.network_mbps;
  offer.architecture = message.architecture;
  offer.tiers = message.tiers;
  offer.data_class = message.data_class;
  offer.ask_per_gpu = message.ask_per_gpu;
  offer.ask_per_core = message.ask_per_core;
  offer.available_until = message.available_until;
  offer.credibility_ppb = standing->credibility_ppb;
  offer.risk_limit = standing->risk_limit;
  offer.honest_weight = standing->honest_weight;
  lose_older(from, message.incarnation);
  const bool has_other_devices =
      known != nodes_.end() && known->second.offer.devices != offer.devices;
  constexpr std::uint64_t valid_ms_max = 600'000;
  nodes_[from] = {offer, message.incarnation, message.sequence,
                  plus_ms(now_, std::min(message.valid_ms, valid_ms_max))};
  // Leases hold devices by their number, so other devices end them.
  if (has_other_devices) feed(OfferGone{from});
  feed(OfferSet{std::move(offer)});
}

void Broker::Core::expire_offers() {
  for (auto at = nodes_.begin(); at != nodes_.end();) {
    if (now_ <= at->second.until) {
      ++at;
      continue;
    }
    feed(OfferGone{at->first});
    at = nodes_.erase(at);
  }
}

/// An executor that began anew has lost what it held before.
void Broker::Core::lose_older(const NodeId& node, std::uint64_t incarnation) {
  for (auto& [id, job] : jobs_) {
    for (auto& [key, unit] : job.units) {
      if (!unit.lease || unit.lease->node != node || !unit.lease->is_accepted) continue;
      if (unit.lease->incarnation >= incarnation) continue;
      unit.why = "the node began anew";
      ++figures_.node_faults;
      end_lease(job, unit, LeaseEnd::NodeFault, 0, nullptr);
    }
  }
}

void Broker::Core::lose_all(const NodeId& node) {
  lose_older(node, std::numeric_limits<std::uint64_t>::max());
  for (auto& [id, job] : jobs_) {
    for (auto& [key, unit] : job.units) {
      if (unit.lease && unit.lease->node == node) free_lease(job, unit, LeaseEnd::Refused);
    }
  }
}

// ---- Questions

Explanation Broker::Core::plan(const ledger::JobSpec& spec) const {
  JobEntry job;
  job.spec = spec;
  return scheduler_.plan(request_for(job));
}

std::optional<JobSight> Broker::Core::job(const JobId& id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !found->second.has_spec) return std::nullopt;
  const JobEntry& job = found->second;
  JobSight sight;
  sight.job = id;
  sight.payer = job.payer;
  sight.broker_epoch = job.ledger ? job.ledger->broker_epoch : 0;
  sight.version = job.version;
  sight.is_in_office = is_in_office(job);
  sight.is_over = job.state == State::Ending || job.state == State::Over;
  sight.totals = totals_of(job).root.totals;
  sight.why = job.why;
  for (std::uint32_t task = 0; task < job.tasks.size(); ++task) {
    TaskSight one;
    one.task = task;
    one.result = job.tasks[task].output;
    one.pay = job.tasks[task].pay;
    const auto last = std::find_if(job.units.begin(), job.units.end(),
                                   [&](const auto& unit) { return unit.first.first == task; });
    if (last != job.units.end()) {
      const Unit& unit = last->second;
      one.attempt = unit.attempt;
      one.node = unit.last_node;
      one.since = unit.since;
      one.why = unit.why;
      if (unit.lease) {
        const TaskPhase phase = unit.lease->phase;
        const bool runs = phase != TaskPhase::Fetching && phase != TaskPhase::Ready;
        one.state = runs ? TaskSight::State::Running : TaskSight::State::Leased;
      }
    }
    if (one.result) one.state = TaskSight::State::Done;
    if (!one.result && sight.is_over) one.state = TaskSight::State::Failed;
    sight.tasks.push_back(std::move(one));
  }
  if (job.state == State::Active) {
    Explanation explanation = scheduler_.explain(id);
    if (explanation.verdict != Verdict::NotWaiting) sight.waits = std::move(explanation);
  }
  return sight;
}

std::optional<LogSight> Broker::Core::log(const JobId& id, std::uint32_t task, std::uint64_t from,
                                          std::size_t size_max) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || task >= found->second.tasks.size()) return std::nullopt;
  const JobEntry& job = found->second;
  const TaskEntry& one = job.tasks[task];
  LogSight sight;
  sight.begin = std::clamp(from, one.log_begin, one.log_begin + one.log.size());
  const ByteView rest = ByteView(one.log).subspan(sight.begin - one.log_begin);
  sight.bytes = to_bytes(rest.first(std::min(rest.size(), size_max)));
  const bool is_over = one.output || job.state == State::Ending || job.state == State::Over;
  sight.is_end = is_over && sight.bytes.size() == rest.size();
  return sight;
}

BrokerFigures Broker::Core::figures() const {
  BrokerFigures figures = figures_;
  figures.nodes = nodes_.size();
  figures.jobs = jobs_.size();
  figures.leases = leases_.size();
  figures.waiting = scheduler_.waiting_count();
  return figures;
}

}  // namespace oort::compute
