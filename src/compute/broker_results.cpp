// SPDX-License-Identifier: Apache-2.0
// What becomes of results: who is believed, and where the bytes go.
#include <algorithm>
#include <utility>

#include "broker_core.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

constexpr std::uint32_t store_failures_max = 10;
/// A receipt of another time could not be shown to a court; blocks reach nodes apart.
constexpr std::uint64_t epochs_late_max = 2;

bool is_of_time(Epoch of, Epoch now) {
  if (now.value() == 0) return true;
  return of.value() <= now.value() + 1 && of.value() + epochs_late_max >= now.value();
}

}  // namespace

bool Broker::Core::is_good(const TaskResult& result, const Lease& lease, const NodeId& from) const {
  const ledger::WorkReceipt& receipt = result.receipt;
  if (!is_of_time(receipt.epoch, epoch_)) return false;
  const bool is_of_lease = receipt.chain == options_.chain && receipt.executor == from &&
                           receipt.lease == LeaseId{lease.key.number, lease.key.broker_epoch} &&
                           receipt.task_commitment == ledger::task_commitment(lease.grant.envelope);
  return is_of_lease && result.output_bytes <= task_result_bytes_max && ledger::is_signed(receipt);
}

void Broker::Core::say_seen(JobEntry& job, const NodeId& to, const LeaseKey& key) {
  ResultSeen seen{key, std::nullopt};
  ledger::Voucher voucher;
  for (const JournalEntry& line : job.journal) {
    if (line.executor != to) continue;
    if (line.kind == JournalEntry::Kind::Opened) ++voucher.leases;
    if (line.kind == JournalEntry::Kind::Closed) {
      voucher.pay = ledger::Units(voucher.pay.units() + line.line.pay.units());
    }
  }
  if (!voucher.pay.is_zero() && job.ledger) {
    voucher.chain = options_.chain;
    voucher.job = job.id;
    voucher.escrow = job.ledger->escrow;
    voucher.broker_epoch = job.ledger->broker_epoch;
    voucher.executor = to;
    if (const auto signature = signer_.sign(ledger::sign_hash(voucher).view())) {
      voucher.signature = *signature;
      seen.voucher = voucher;
    }
  }
  send(to, seen);
}

void Broker::Core::on(const NodeId& from, const TaskResult& message) {
  JobEntry* job = nullptr;
  Unit* const unit = find(from, message.key, &job);
  if (unit == nullptr) {
    const bool is_mine = job != nullptr && is_in_office(*job) && job->state != State::Adopting &&
                         job->state != State::Held;
    if (!is_mine) return;
    // One that waits for others is kept until those have come.
    if (!waits_for_others(*job, message.key)) say_seen(*job, from, message.key);
    return;
  }
  Lease& lease = *unit->lease;
  if (lease.gives_result || !is_good(message, lease, from)) return;
  if (!lease.is_accepted) accept(*job, *unit);
  lease.seen = now_;
  const std::uint64_t seen_ms = now_.milliseconds - lease.granted.milliseconds;
  const std::uint64_t run_ms =
      unit->attempt > 1 ? message.run_ms : std::min(message.run_ms, seen_ms);
  const std::uint64_t pay =
      std::min(lease.reserved, pay_for(lease.grant.pay_per_hour, run_ms, job->spec.walltime_ms));
  const LeaseKey key = message.key;
  if (message.end != TaskEnd::Done) {
    unit->why = message.detail;
    LeaseEnd end = LeaseEnd::Failed;
    if (message.end == TaskEnd::NodeFault) end = LeaseEnd::NodeFault;
    if (message.end == TaskEnd::Stopped) end = LeaseEnd::Stopped;
    const std::uint64_t due = end == LeaseEnd::NodeFault ? 0 : pay;
    end_lease(*job, *unit, end, due, &message.receipt);
    return say_seen(*job, from, key);
  }
  unit->why.clear();
  // So the others of its gang were begun, too.
  job->has_gang_started = true;
  unit->answer = Answer{key, from, message.receipt, message.output_bytes, pay, false, 0};
  lease.gives_result = true;
  out_.receipts.push_back(message.receipt);
  answered(*job, key);
}

void Broker::Core::answered(JobEntry& job, const LeaseKey& key) {
  const UnitKey unit_key{key.task, key.replica};
  if (job.state == State::Ending) {
    // It came too late to be of use, yet was asked for.
    Unit& unit = job.units.at(unit_key);
    const Answer answer = *std::exchange(unit.answer, std::nullopt);
    end_lease(job, unit, LeaseEnd::Stopped, answer.pay, &answer.receipt);
    return say_seen(job, answer.node, answer.key);
  }
  if (job.replicas == 1) return fetch(job, key.task, unit_key);
  // The lease stays open in the journal until the majority is known; the node is free.
  Unit& unit = job.units.at(unit_key);
  const std::uint64_t reserved = unit.lease->reserved;
  free_lease(job, unit, LeaseEnd::Finished);
  job.reserved += reserved;
  unit.answer->reserved = reserved;
  judge(job, key.task);
}

/// Once all runs of the task have answered: what most of them say.
void Broker::Core::judge(JobEntry& job, std::uint32_t task) {
  TaskEntry& one = job.tasks.at(task);
  if (one.output || one.source) return;
  std::map<Bytes32, std::uint32_t> votes;
  for (std::uint16_t replica = 0; replica < one.replicas; ++replica) {
    const Unit& unit = job.units.at({task, replica});
    if (!unit.answer) return;
    ++votes[unit.answer->receipt.result_hash];
  }
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (2 * most->second <= one.replicas) {
    const std::uint32_t extra = one.replicas - job.replicas;
    if (!job.spec.retry.on_verify_failed || extra >= job.spec.retry.max ||
        one.replicas >= replicas_max) {
      return conclude(job, ledger::JobOutcome::Failed,
                      "task " + std::to_string(task) + ": no result has a majority");
    }
    return schedule_replica(job, task, one.replicas++);
  }
  for (std::uint16_t replica = 0; replica < one.replicas; ++replica) {
    const Answer& answer = *job.units.at({task, replica}).answer;
    if (answer.receipt.result_hash == most->first && !answer.cannot_give) {
      return fetch(job, task, {task, replica});
    }
  }
  // Those who said so cannot show it.
  conclude(job, ledger::JobOutcome::Failed,
           "task " + std::to_string(task) + ": nobody has the output that most have signed");
}

void Broker::Core::fetch(JobEntry& job, std::uint32_t task, UnitKey source) {
  TaskEntry& one = job.tasks.at(task);
  const Answer& answer = *job.units.at(source).answer;
  if (output_uri(job.spec, task).empty()) return complete(job, task, answer.receipt.result_hash);
  one.source = source;
  one.bytes.clear();
  one.is_storing = false;
  if (answer.output_bytes == 0) return store_output(job, task);
  ask_output(job, task);
}

void Broker::Core::ask_output(JobEntry& job, std::uint32_t task) {
  TaskEntry& one = job.tasks.at(task);
  const Answer& answer = *job.units.at(*one.source).answer;
  one.asked = now_;
  send(answer.node, OutputAsk{answer.key, one.bytes.size()});
}

void Broker::Core::on(const NodeId& from, OutputPiece message) {
  const auto found = jobs_.find(message.key.job);
  if (found == jobs_.end() || message.key.task >= found->second.tasks.size()) return;
  JobEntry& job = found->second;
  TaskEntry& one = job.tasks.at(message.key.task);
  if (!one.source || one.is_storing || job.state != State::Active) return;
  const Answer& answer = *job.units.at(*one.source).answer;
  const bool fits = answer.node == from && answer.key == message.key &&
                    message.offset == one.bytes.size() && !message.bytes.empty() &&
                    message.bytes.size() <= answer.output_bytes - one.bytes.size();
  if (!fits) return;
  one.bytes.insert(one.bytes.end(), message.bytes.begin(), message.bytes.end());
  if (one.bytes.size() < answer.output_bytes) return ask_output(job, message.key.task);
  if (builtin::output_digest(one.bytes) != answer.receipt.result_hash) {
    return give_up_source(job, message.key.task);
  }
  store_output(job, message.key.task);
}

/// Its bytes are not what it signed, or never came.
void Broker::Core::give_up_source(JobEntry& job, std::uint32_t task) {
  TaskEntry& one = job.tasks.at(task);
  const UnitKey source = *std::exchange(one.source, std::nullopt);
  one.bytes.clear();
  Unit& unit = job.units.at(source);
  if (job.replicas > 1) {
    unit.answer->cannot_give = true;
    return judge(job, task);
  }
  const Answer answer = *std::exchange(unit.answer, std::nullopt);
  unit.why = "the output is not what the node signed";
  end_lease(job, unit, LeaseEnd::VerifyFailed, 0, &answer.receipt);
  say_seen(job, answer.node, answer.key);
}

void Broker::Core::store_output(JobEntry& job, std::uint32_t task) {
  TaskEntry& one = job.tasks.at(task);
  one.is_storing = true;
  one.asked = now_;
  const std::uint64_t ticket = ++last_ticket_;
  stores_[ticket] = {job.id, task};
  out_.stores.push_back({ticket, job.id, job.payer, output_uri(job.spec, task), one.bytes});
}

void Broker::Core::was_stored(std::uint64_t ticket, Result<void> stored) {
  const auto waiting = stores_.extract(ticket);
  if (waiting.empty()) return;
  const auto found = jobs_.find(waiting.mapped().first);
  if (found == jobs_.end()) return;
  JobEntry& job = found->second;
  const std::uint32_t task = waiting.mapped().second;
  TaskEntry& one = job.tasks.at(task);
  if (!one.source || !one.is_storing || job.state != State::Active) return;
  if (stored) return complete(job, task, job.units.at(*one.source).answer->receipt.result_hash);
  one.is_storing = false;
  one.asked = now_;
  if (++one.store_failures >= store_failures_max) {
    conclude(job, ledger::JobOutcome::Failed,
             "the output could not be stored: " + stored.error().to_string());
  }
}

/// Asks again, and gives up who does not answer.
void Broker::Core::see_to_output(JobEntry& job, std::uint32_t task) {
  TaskEntry& one = job.tasks.at(task);
  if (!one.source || one.is_storing || job.state != State::Active) return;
  if (now_ < plus_ms(one.asked, options_.ask_again_ms)) return;
  const Answer& answer = *job.units.at(*one.source).answer;
  if (one.bytes.size() == answer.output_bytes) return store_output(job, task);
  if (!nodes_.contains(answer.node)) return give_up_source(job, task);
  ask_output(job, task);
}

Deviation Broker::Core::deviation_of(const JobEntry& job, std::uint32_t task, const Answer& answer,
                                     const Bytes32& accepted) {
  Deviation deviation;
  deviation.job = job.id;
  deviation.task = task;
  deviation.executor = answer.node;
  deviation.result = answer.receipt.result_hash;
  deviation.accepted = accepted;
  deviation.receipt = answer.receipt;
  deviation.envelope = codec::to_bytes(envelope_of(job.id, job.spec, task));
  deviation.payer = job.payer;
  for (const std::uint32_t index : inputs_of(job.spec, task)) {
    deviation.inputs.push_back(job.spec.inputs[index].uri);
  }
  return deviation;
}

void Broker::Core::complete(JobEntry& job, std::uint32_t task, const Bytes32& result) {
  TaskEntry& one = job.tasks.at(task);
  one.output = result;
  one.source.reset();
  one.bytes = Bytes();
  JournalEntry done;
  done.kind = JournalEntry::Kind::Done;
  done.line.task = task;
  done.line.result = result;
  append(job, std::move(done));
  const std::uint16_t replicas = job.replicas == 1 ? 1 : one.replicas;
  for (std::uint16_t replica = 0; replica < replicas; ++replica) {
    Unit& unit = job.units.at({task, replica});
    const Answer answer = *std::exchange(unit.answer, std::nullopt);
    const bool is_right = answer.receipt.result_hash == result;
    if (unit.lease) {
      end_lease(job, unit, LeaseEnd::Finished, answer.pay, &answer.receipt);
    } else {
      close_answer(job, answer, is_right ? answer.pay : 0);
    }
    if (!is_right) {
      ++figures_.deviations;
      out_.deviations.push_back(deviation_of(job, task, answer, result));
    }
    say_seen(job, answer.node, answer.key);
  }
  const bool is_over = std::all_of(job.tasks.begin(), job.tasks.end(),
                                   [](const TaskEntry& each) { return each.output.has_value(); });
  if (is_over) return conclude(job, ledger::JobOutcome::Succeeded, "");
  if (job.replicas > 1) schedule_replicas(job);
}

/// A run whose lease the scheduler has ended before its pay was known.
void Broker::Core::close_answer(JobEntry& job, const Answer& answer, std::uint64_t pay) {
  JournalEntry line{JournalEntry::Kind::Closed, answer.node, answer.key.replica, {}, {}};
  line.line = line_of(answer.key, answer.receipt.task_commitment);
  line.line.result = answer.receipt.result_hash;
  line.line.pay = ledger::Units(pay);
  line.receipt = ledger::sign_hash(answer.receipt);
  append(job, std::move(line));
  job.reserved -= answer.reserved;
  job.spent += pay;
  job.tasks.at(answer.key.task).pay += pay;
}

// ---- Inputs

void Broker::Core::on(const NodeId& from, const InputAsk& message) {
  JobEntry* job = nullptr;
  if (find(from, message.key, &job) == nullptr) return;
  const std::vector<std::uint32_t> inputs = inputs_of(job->spec, message.key.task);
  if (message.index >= inputs.size()) return;
  const ledger::JobInput& input = job->spec.inputs[inputs[message.index]];
  if (message.offset >= input.size) return;
  const std::uint64_t ticket = ++last_ticket_;
  reads_[ticket] = {from, message};
  out_.reads.push_back({ticket, job->id, job->payer, input.uri, message.offset,
                        std::min<std::uint64_t>(piece_bytes_max, input.size - message.offset)});
}

void Broker::Core::was_read(std::uint64_t ticket, Result<Bytes> bytes) {
  const auto reading = reads_.extract(ticket);
  if (reading.empty()) return;
  const InputAsk& ask = reading.mapped().ask;
  InputPiece piece{ask.key, ask.index, ask.offset, false, {}};
  if (bytes) {
    piece.bytes = *std::move(bytes);
  } else {
    const ErrorCode code = bytes.error().code();
    piece.is_missing = code == ErrorCode::NotFound || code == ErrorCode::PermissionDenied ||
                       code == ErrorCode::InvalidArgument || code == ErrorCode::OutOfRange;
    if (!piece.is_missing) return;
  }
  send(reading.mapped().to, piece);
}

}  // namespace oort::compute
