// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/executor.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::compute {
namespace {

constexpr char fence_table = 'f';
constexpr char voucher_table = 'v';

Bytes fence_key(const JobId& job) {
  codec::Writer out;
  out.u8(static_cast<std::uint8_t>(fence_table));
  codec::encode(out, job);
  return std::move(out).take();
}

/// One a job and broker: vouchers of one broker only grow.
Bytes voucher_key(const ledger::Voucher& voucher) {
  codec::Writer out;
  out.u8(static_cast<std::uint8_t>(voucher_table));
  codec::encode(out, voucher.job);
  out.u64(voucher.broker_epoch);
  return std::move(out).take();
}

WallTime later(WallTime time, std::uint64_t ms) { return {time.milliseconds + ms}; }

}  // namespace

Result<std::unique_ptr<Executor>> Executor::open(ExecutorOptions options,
                                                 const env::KvReader& store, env::Signer& signer,
                                                 WallTime now) {
  std::unique_ptr<Executor> executor(new Executor(std::move(options), signer, now));
  executor->now_ = now;
  const Bytes prefix{static_cast<std::byte>(fence_table)};
  const auto at = store.iterate(prefix);
  for (; at->is_valid(); at->next()) {
    codec::Reader key(at->key().subspan(1));
    codec::Reader value(at->value());
    JobId job;
    Fence fence;
    OORT_TRY(codec::decode(key, job));
    OORT_TRY(fence.epoch, value.u64());
    OORT_TRY(codec::decode(value, fence.broker));
    executor->fences_.emplace(job, fence);
  }
  OORT_TRY(at->status());
  return executor;
}

template <class Message>
void Executor::send(const NodeId& to, const Message& message) {
  out_.sends.push_back({to, Message::type, message_bytes(message)});
}

ExecutorOutputs Executor::take_outputs() { return std::exchange(out_, ExecutorOutputs()); }

ExecutorOutputs Executor::receive(WallTime now, const NodeId& from, env::MessageType type,
                                  ByteView payload) {
  now_ = std::max(now_, now);
  const auto hear = [&]<class Message>(Message*) {
    auto message = message_from<Message>(payload);
    // What cannot be read is as if it had been lost: nobody is owed an answer.
    if (message) on(from, *std::move(message));
  };
  switch (type) {
    case LeaseGrant::type: hear(static_cast<LeaseGrant*>(nullptr)); break;
    case LeaseStart::type: hear(static_cast<LeaseStart*>(nullptr)); break;
    case Renewal::type: hear(static_cast<Renewal*>(nullptr)); break;
    case LeaseStop::type: hear(static_cast<LeaseStop*>(nullptr)); break;
    case ResultSeen::type: hear(static_cast<ResultSeen*>(nullptr)); break;
    case InputPiece::type: hear(static_cast<InputPiece*>(nullptr)); break;
    case OutputAsk::type: hear(static_cast<OutputAsk*>(nullptr)); break;
    case Adopt::type: hear(static_cast<Adopt*>(nullptr)); break;
    default: break;
  }
  return take_outputs();
}

/// Takes note of a newer broker, durably.
bool Executor::heeds(const JobId& job, std::uint64_t epoch, const NodeId& broker) {
  const auto found = fences_.find(job);
  if (found != fences_.end() && found->second.epoch >= epoch) {
    const bool is_same = found->second.epoch == epoch && found->second.broker == broker;
    if (!is_same) ++figures_.fenced;
    return is_same;
  }
  if (found == fences_.end() && fences_.size() >= options_.fences_max) {
    // Jobs of which nothing is held are over, or begin anew.
    const auto idle = std::find_if(fences_.begin(), fences_.end(), [&](const auto& fence) {
      const auto first = held_.lower_bound(Slot{fence.first, 0, 0});
      return first == held_.end() || std::get<0>(first->first) != fence.first;
    });
    if (idle == fences_.end()) return false;
    out_.writes.erase(fence_key(idle->first));
    fences_.erase(idle);
  }
  fences_[job] = {epoch, broker};
  codec::Writer value;
  value.u64(epoch);
  codec::encode(value, broker);
  out_.writes.put(fence_key(job), value.bytes());
  return true;
}

/// Whether a later lease finds here what it wants.
bool Executor::may_go_on(const Held& held) noexcept {
  if (held.phase == TaskPhase::Over) return held.outcome.end == TaskEnd::Done;
  return held.phase != TaskPhase::Stopping;
}

Refusal Executor::refusal_of(const LeaseGrant& grant, const TaskEnvelope& envelope) const {
  const Work& work = envelope.work;
  if (work.kind == WorkKind::Builtin && builtin::find_builtin(work.workload) == nullptr) {
    return Refusal::NotSupported;
  }
  constexpr unsigned least_tier = static_cast<unsigned>(IsolationTier::Launcher);
  if (work.kind == WorkKind::Container && (options_.offer.tiers >> least_tier) == 0) {
    return Refusal::NotSupported;
  }
  std::uint64_t bytes = 0;
  for (const InputDigest& input : envelope.inputs) {
    if (input.size > task_input_bytes_max) return Refusal::NotSupported;
    bytes += input.size;
  }
  if (bytes > task_input_bytes_max) return Refusal::NotSupported;
  if (held_.size() >= options_.held_max) return Refusal::NoCapacity;
  std::uint64_t cpu = grant.cpu_milli;
  std::uint64_t memory = grant.memory_mib;
  std::uint64_t disk = grant.disk_mib;
  std::uint16_t devices = 0;
  for (const auto& [slot, held] : held_) {
    if (held.phase == TaskPhase::Over) continue;
    cpu += held.grant.cpu_milli;
    memory += held.grant.memory_mib;
    disk += held.grant.disk_mib;
    devices |= held.grant.devices;
  }
  const NodeOffer& offer = options_.offer;
  const auto present = static_cast<std::uint32_t>((1U << offer.devices.size()) - 1U);
  const bool has_devices = (grant.devices & ~present) == 0 && (grant.devices & devices) == 0;
  const bool fits = cpu <= offer.cpu_milli && memory <= offer.memory_mib && disk <= offer.disk_mib;
  return fits && has_devices ? Refusal::None : Refusal::NoCapacity;
}

void Executor::answer(const NodeId& to, const LeaseKey& key, Refusal refusal) {
  if (refusal != Refusal::None) ++figures_.refused;
  send(to, LeaseAnswer{key, incarnation_, ++sequence_, refusal});
}

void Executor::on(const NodeId& from, LeaseGrant message) {
  const LeaseKey key = message.key;
  if (!heeds(key.job, key.broker_epoch, from)) return answer(from, key, Refusal::StaleBroker);
  auto envelope = codec::from_bytes<TaskEnvelope>(message.envelope);
  if (!envelope) return answer(from, key, Refusal::Malformed);
  const Slot slot{key.job, key.task, key.replica};
  const Bytes32 commitment = ledger::task_commitment(message.envelope);
  if (const auto found = held_.find(slot); found != held_.end()) {
    Held& held = found->second;
    if (held.grant.key == key) return answer(from, key, Refusal::None);
    if (is_newer(held.grant.key, key)) return;
    if (held.commitment == commitment && may_go_on(held)) {
      // The same task under a later lease: what was done goes on.
      held.broker = from;
      held.grant = std::move(message);
      held.lease_until = later(now_, held.grant.lease_ms);
      held.log_sent = held.log_begin;
      held.may_start = held.may_start || held.grant.starts_now;
      answer(from, key, Refusal::None);
      if (held.phase == TaskPhase::Over) tell_result(held);
      return go_on(held);
    }
    drop(found);
  }
  const Refusal refusal = refusal_of(message, *envelope);
  answer(from, key, refusal);
  if (refusal != Refusal::None) return;
  Held& held = held_[slot];
  held.broker = from;
  held.may_start = message.starts_now;
  held.lease_until = later(now_, message.lease_ms);
  held.commitment = commitment;
  held.envelope = *std::move(envelope);
  held.grant = std::move(message);
  go_on(held);
}

void Executor::on(const NodeId& from, const LeaseStart& message) {
  Held* const held = find(from, message.key);
  if (held == nullptr) return;
  held->may_start = true;
  go_on(*held);
}

void Executor::on(const NodeId& from, const Renewal& message) {
  for (const Renewed& renewed : message.leases) {
    Held* const held = find(from, renewed.key);
    if (held == nullptr) continue;
    held->lease_until = later(now_, message.lease_ms);
    held->log_sent =
        std::max(held->log_begin, std::min(renewed.log_end, held->log_begin + held->log.size()));
  }
}

void Executor::on(const NodeId& from, const LeaseStop& message) {
  Held* const held = find(from, message.key);
  if (held == nullptr || held->phase == TaskPhase::Stopping) return;
  if (held->phase == TaskPhase::Over) return;
  if (held->phase == TaskPhase::Running) {
    held->phase = TaskPhase::Stopping;
    out_.stops.push_back({held->work, message.grace_ms});
    return;
  }
  finish(*held, TaskEnd::Stopped, "stopped before it began");
}

void Executor::on(const NodeId& from, const ResultSeen& message) {
  const auto found = held_.find(Slot{message.key.job, message.key.task, message.key.replica});
  if (found == held_.end() || found->second.broker != from) return;
  if (found->second.grant.key != message.key || found->second.phase != TaskPhase::Over) return;
  if (message.voucher) keep(from, *message.voucher);
  held_.erase(found);
}

/// What a broker owes for a job; the newest is all that counts, and may be needed long after.
void Executor::keep(const NodeId& from, const ledger::Voucher& voucher) {
  const bool is_mine = voucher.chain == options_.chain && voucher.executor == options_.self;
  const Bytes32 signed_hash = ledger::sign_hash(voucher);
  if (!is_mine || !crypto::verify(crypto::key_of(from), signed_hash.view(), voucher.signature)) {
    return;
  }
  codec::Writer value;
  codec::encode(value, from);
  encode(value, voucher);
  out_.writes.put(voucher_key(voucher), value.bytes());
}

void Executor::on(const NodeId& from, InputPiece message) {
  Held* const held = find(from, message.key);
  if (held == nullptr || held->phase != TaskPhase::Fetching) return;
  if (held->inputs.empty() || message.index + 1 != held->inputs.size()) return;
  if (message.is_missing) {
    return finish(*held, TaskEnd::Failed,
                  "input " + std::to_string(message.index) + " cannot be read");
  }
  Bytes& input = held->inputs.back();
  const InputDigest& digest = held->envelope.inputs[message.index];
  if (message.offset != input.size() || message.bytes.size() > digest.size - input.size()) return;
  if (message.bytes.empty() && digest.size > 0) return;
  input.insert(input.end(), message.bytes.begin(), message.bytes.end());
  held->asked = WallTime{0};
  if (input.size() == digest.size && crypto::tree_root(input) != digest.root) {
    return finish(*held, TaskEnd::Failed,
                  "input " + std::to_string(message.index) + " is not what the job names");
  }
  go_on(*held);
}

void Executor::on(const NodeId& from, const OutputAsk& message) {
  Held* const held = find(from, message.key);
  if (held == nullptr || held->phase != TaskPhase::Over) return;
  const Bytes& output = held->outcome.output;
  if (message.offset > output.size()) return;
  const ByteView rest = ByteView(output).subspan(message.offset);
  send(from, OutputPiece{message.key, message.offset,
                         to_bytes(rest.first(std::min(rest.size(), piece_bytes_max)))});
}

void Executor::on(const NodeId& from, const Adopt& message) {
  if (!heeds(message.job, message.broker_epoch, from)) return;
  Holding holding{message.job, message.broker_epoch, {}};
  for (auto at = held_.lower_bound(Slot{message.job, 0, 0});
       at != held_.end() && std::get<0>(at->first) == message.job; ++at) {
    const Held& held = at->second;
    if (!may_go_on(held)) continue;
    holding.tasks.push_back(
        {held.grant.key, held.phase, held.grant.alternative, held.grant.devices});
  }
  send(from, holding);
}

/// Whatever comes next: the next input, the start.
void Executor::go_on(Held& held) {
  if (held.phase == TaskPhase::Fetching) {
    const auto& wanted = held.envelope.inputs;
    const auto is_whole = [&] {
      return held.inputs.empty() ||
             held.inputs.back().size() == wanted[held.inputs.size() - 1].size;
    };
    while (is_whole() && held.inputs.size() < wanted.size()) {
      held.inputs.emplace_back();
      const InputDigest& next = wanted[held.inputs.size() - 1];
      if (next.size == 0 && crypto::tree_root(ByteView()) != next.root) {
        return finish(held, TaskEnd::Failed, "an empty input is not what the job names");
      }
    }
    if (!is_whole()) {
      if (later(held.asked, options_.ask_again_ms) <= now_) ask_input(held);
      return;
    }
    held.phase = TaskPhase::Ready;
  }
  if (held.phase != TaskPhase::Ready || !held.may_start) return;
  held.phase = TaskPhase::Running;
  last_work_ = last_work_.next();
  held.work = last_work_;
  const LeaseGrant& grant = held.grant;
  out_.starts.push_back({.id = held.work,
                         .work = held.envelope.work,
                         .inputs = held.envelope.inputs,
                         .input_bytes = std::exchange(held.inputs, {}),
                         .checkpoint = std::exchange(held.grant.checkpoint, {}),
                         .walltime_ms = held.envelope.walltime_ms,
                         .checkpoint_ms = grant.checkpoint_ms,
                         .cpu_milli = grant.cpu_milli,
                         .memory_mib = grant.memory_mib,
                         .disk_mib = grant.disk_mib,
                         .devices = grant.devices,
                         .rank = grant.key.task,
                         .members = grant.members});
}

void Executor::ask_input(Held& held) {
  held.asked = now_;
  send(held.broker, InputAsk{held.grant.key, static_cast<std::uint32_t>(held.inputs.size() - 1),
                             held.inputs.back().size()});
}

ExecutorOutputs Executor::progress(WallTime now, WorkProgress progress) {
  now_ = std::max(now_, now);
  Held* const held = find(progress.id);
  if (held == nullptr) return take_outputs();
  held->units_done = progress.units_done;
  held->units_count = progress.units_count;
  const ByteView log = as_bytes(progress.log);
  held->log.insert(held->log.end(), log.begin(), log.end());
  if (held->log.size() > options_.log_bytes_max) {
    const std::size_t surplus = held->log.size() - options_.log_bytes_max;
    held->log.erase(held->log.begin(), held->log.begin() + static_cast<std::ptrdiff_t>(surplus));
    held->log_begin += surplus;
    held->log_sent = std::max(held->log_sent, held->log_begin);
  }
  if (!progress.checkpoint.empty() && progress.checkpoint.size() <= checkpoint_bytes_max) {
    send(held->broker,
         TaskCheckpoint{held->grant.key, progress.units_done, std::move(progress.checkpoint)});
  }
  return take_outputs();
}

ExecutorOutputs Executor::ended(WallTime now, WorkEnded ended) {
  now_ = std::max(now_, now);
  Held* const held = find(ended.id);
  if (held == nullptr) return take_outputs();
  if (ended.end == TaskEnd::Done) ++figures_.done;
  if (ended.output.size() > task_result_bytes_max) {
    ended.end = TaskEnd::Failed;
    ended.detail = "an output of " + std::to_string(ended.output.size()) + " bytes";
    ended.output.clear();
  }
  held->outcome = std::move(ended);
  held->phase = TaskPhase::Over;
  tell_log(*held);
  tell_result(*held);
  return take_outputs();
}

void Executor::finish(Held& held, TaskEnd end, std::string detail) {
  held.phase = TaskPhase::Over;
  held.inputs.clear();
  held.outcome = WorkEnded{held.work, end, {}, {}, 0, std::move(detail)};
  tell_result(held);
}

void Executor::tell_result(Held& held) {
  const WorkEnded& outcome = held.outcome;
  const LeaseKey& key = held.grant.key;
  TaskResult result;
  result.key = key;
  result.end = outcome.end;
  result.run_ms = outcome.run_ms;
  result.output_bytes = outcome.output.size();
  result.detail = outcome.detail.substr(0, 512);
  ledger::WorkReceipt& receipt = result.receipt;
  receipt.chain = options_.chain;
  receipt.epoch = epoch_;
  receipt.lease = LeaseId{key.number, key.broker_epoch};
  receipt.task_commitment = held.commitment;
  receipt.input_root = inputs_root(held.envelope.inputs);
  if (outcome.end == TaskEnd::Done) receipt.result_hash = builtin::output_digest(outcome.output);
  receipt.resources = outcome.resources;
  receipt.executor = options_.self;
  auto signature = signer_.sign(ledger::sign_hash(receipt).view());
  // A signer that refuses now is asked again with the next heartbeat.
  if (!signature) return;
  receipt.signature = *signature;
  send(held.broker, result);
}

void Executor::tell_log(Held& held) {
  const std::uint64_t end = held.log_begin + held.log.size();
  if (held.log_sent >= end) return;
  const ByteView rest = ByteView(held.log).subspan(held.log_sent - held.log_begin);
  send(held.broker, LogPiece{held.grant.key, held.log_sent, to_bytes(rest)});
}

void Executor::drop(std::map<Slot, Held>::iterator held) {
  const TaskPhase phase = held->second.phase;
  if (phase == TaskPhase::Running || phase == TaskPhase::Stopping) {
    out_.stops.push_back({held->second.work, 0});
  }
  held_.erase(held);
}

ExecutorOutputs Executor::tick(WallTime now) {
  now_ = std::max(now_, now);
  for (auto at = held_.begin(); at != held_.end();) {
    const auto held = at++;
    if (later(held->second.lease_until, options_.orphan_ms) < now_) {
      drop(held);
    } else {
      go_on(held->second);
    }
  }
  if (later(beat_, options_.heartbeat_ms) <= now_) {
    beat_ = now_;
    tell_heartbeats();
    tell_offers();
    for (auto& [slot, held] : held_) {
      tell_log(held);
      if (held.phase == TaskPhase::Over) tell_result(held);
    }
  }
  return take_outputs();
}

void Executor::tell_heartbeats() {
  std::map<NodeId, Heartbeat> beats;
  for (const auto& [slot, held] : held_) {
    Heartbeat& beat = beats[held.broker];
    if (beat.leases.size() == leases_per_message_max) continue;
    beat.leases.push_back({held.grant.key, held.phase, held.units_done, held.units_count});
  }
  for (auto& [broker, beat] : beats) {
    beat.incarnation = incarnation_;
    beat.sequence = ++sequence_;
    send(broker, beat);
  }
}

void Executor::tell_offers() {
  for (const NodeId& broker : brokers_) {
    NodeOffer offer = options_.offer;
    offer.chain = options_.chain;
    offer.node = options_.self;
    offer.incarnation = incarnation_;
    offer.sequence = ++sequence_;
    offer.valid_ms = 5 * options_.heartbeat_ms;
    for (const auto& [slot, held] : held_) {
      if (held.broker == broker || held.phase == TaskPhase::Over) continue;
      offer.cpu_milli -= std::min(offer.cpu_milli, held.grant.cpu_milli);
      offer.memory_mib -= std::min(offer.memory_mib, held.grant.memory_mib);
      offer.disk_mib -= std::min(offer.disk_mib, held.grant.disk_mib);
    }
    const auto signature = signer_.sign(sign_hash(offer).view());
    if (!signature) continue;
    offer.signature = *signature;
    send(broker, offer);
  }
}

Executor::Held* Executor::find(const NodeId& from, const LeaseKey& key) {
  const auto found = held_.find(Slot{key.job, key.task, key.replica});
  if (found == held_.end() || found->second.broker != from) return nullptr;
  return found->second.grant.key == key ? &found->second : nullptr;
}

Executor::Held* Executor::find(WorkId work) {
  for (auto& [slot, held] : held_) {
    const bool is_at_work = held.phase == TaskPhase::Running || held.phase == TaskPhase::Stopping;
    if (held.work == work && is_at_work) return &held;
  }
  return nullptr;
}

ExecutorFigures Executor::figures() const {
  ExecutorFigures figures = figures_;
  figures.held = held_.size();
  for (const auto& [slot, held] : held_) {
    if (held.phase == TaskPhase::Running) ++figures.running;
  }
  return figures;
}

}  // namespace oort::compute
