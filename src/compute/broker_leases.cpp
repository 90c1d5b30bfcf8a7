// SPDX-License-Identifier: Apache-2.0
// What the scheduler decides, and what executors answer.
#include <algorithm>
#include <utility>
#include <variant>

#include "broker_core.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::compute {

void Broker::Core::drain() {
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    // The scheduler ends a node's leases with it, also those that it gave since the node was
    // missed.
    if (const auto* const gone = std::get_if<OfferGone>(&event)) lose_all(gone->node);
    for (const Action& action : scheduler_.step(now_, event)) {
      std::visit([this](const auto& one) { act(one); }, action);
    }
  }
}

Broker::Core::Unit* Broker::Core::unit_of(const JobId& scheduled, std::uint32_t task,
                                          JobEntry** job, UnitKey* key) {
  const auto of = scheduled_.find(scheduled);
  if (of == scheduled_.end()) return nullptr;
  *job = &jobs_.at(of->second.first);
  *key = of->second.second.value_or(UnitKey{task, 0});
  return &(*job)->units[*key];
}

Broker::Core::Unit* Broker::Core::find(const NodeId& from, const LeaseKey& key, JobEntry** job) {
  const auto found = jobs_.find(key.job);
  if (found == jobs_.end()) return nullptr;
  *job = &found->second;
  const auto unit = found->second.units.find({key.task, key.replica});
  if (unit == found->second.units.end() || !unit->second.lease) return nullptr;
  const Lease& lease = *unit->second.lease;
  return lease.node == from && lease.key == key ? &unit->second : nullptr;
}

// ---- The scheduler's decisions

/// Whether another run of the task is, or was, in the same hands. The scheduler knows of those
/// alone that have a lease now.
bool Broker::Core::is_taken(const JobEntry& job, const UnitKey& key, const NodeId& node) const {
  const auto mine = registry_.standing(node);
  return std::any_of(job.units.begin(), job.units.end(), [&](const auto& one) {
    const auto& [other_key, other] = one;
    if (other_key.first != key.first || other_key.second == key.second) return false;
    if (!other.lease && !other.answer) return false;
    const NodeId& other_node = other.lease ? other.lease->node : other.answer->node;
    const auto theirs = registry_.standing(other_node);
    return other_node == node || (mine && theirs && mine->operator_id == theirs->operator_id);
  });
}

void Broker::Core::act(const Place& action) {
  JobEntry* job = nullptr;
  UnitKey key;
  Unit* const unit = unit_of(action.job, action.task, &job, &key);
  if (unit == nullptr || job->state != State::Active || is_taken(*job, key, action.node)) {
    return feed(LeaseEnded{action.lease, LeaseEnd::Refused});
  }
  OORT_ASSERT(!unit->lease, "a task has one lease at a time");
  if (job->spec.gang_max > 1) {
    // All members begin anew together.
    job->has_gang_started = false;
    job->tasks.at(key.first).output.reset();
  }
  const std::uint64_t walltime = job->spec.walltime_ms;
  const std::uint64_t most = pay_for(action.price_per_hour, walltime, walltime);
  const Uint128 pay = Uint128{job->spent} + job->reserved + most;
  const Uint128 share = ledger::share_of(pay, job->ledger->broker_share, ledger::Rounding::Up);
  if (pay + share > job->ledger->budget.units()) {
    feed(LeaseEnded{action.lease, LeaseEnd::Refused});
    return conclude(*job, ledger::JobOutcome::Failed,
                    "the budget does not cover the walltime of another task");
  }
  job->reserved += most;
  const Request request = request_for(*job);
  const Alternative& need = request.any_of.at(action.alternative);
  ++unit->attempt;
  unit->since = now_;
  unit->last_node = action.node;
  Lease lease;
  lease.number = action.lease;
  lease.node = action.node;
  lease.granted = now_;
  lease.asked = now_;
  lease.seen = now_;
  lease.reserved = most;
  // The incarnation stands above, so that no number comes twice.
  lease.key = {job->id,       key.first,
               key.second,    job->ledger->broker_epoch,
               unit->attempt, (incarnation_ << 32U) | ++last_number_};
  lease.grant.key = lease.key;
  lease.grant.lease_ms = options_.lease_ms;
  lease.grant.members = job->spec.gang_max;
  lease.grant.starts_now = false;
  lease.grant.alternative = action.alternative;
  lease.grant.devices = action.devices;
  lease.grant.cpu_milli = need.cpu_milli;
  lease.grant.memory_mib = need.memory_mib;
  lease.grant.disk_mib = need.disk_mib;
  lease.grant.pay_per_hour = action.price_per_hour;
  lease.grant.checkpoint_ms = job->spec.checkpoint_ms;
  lease.grant.envelope = codec::to_bytes(envelope_of(job->id, job->spec, key.first));
  const auto saved = checkpoints_.find({job->id, key});
  if (saved != checkpoints_.end()) lease.grant.checkpoint = saved->second;
  send(lease.node, lease.grant);
  leases_[lease.number] = {job->id, key};
  unit->lease = std::move(lease);
  ++figures_.granted;
  changed(*job);
}

void Broker::Core::act(const Stop& action) {
  const auto of = leases_.find(action.lease);
  if (of == leases_.end()) return;
  JobEntry& job = jobs_.at(of->second.first);
  Unit& unit = job.units.at(of->second.second);
  Lease& lease = *unit.lease;
  if (unit.answer) {
    // It has ended by itself. Where that is of use still, the output is on its way.
    if (job.state == State::Active) return;
    const Answer answer = *std::exchange(unit.answer, std::nullopt);
    end_lease(job, unit, LeaseEnd::Stopped, answer.pay, &answer.receipt);
    return say_seen(job, answer.node, answer.key);
  }
  const std::uint64_t left =
      action.deadline.milliseconds - std::min(action.deadline, now_).milliseconds;
  send(lease.node, LeaseStop{lease.key, left});
  if (!lease.is_accepted) return free_lease(job, unit, LeaseEnd::Stopped);
  lease.stop_by = action.deadline;
  lease.asked = now_;
}

void Broker::Core::act(const Reject& action) {
  const auto of = scheduled_.find(action.job);
  if (of == scheduled_.end()) return;
  JobEntry& job = jobs_.at(of->second.first);
  scheduled_.erase(of);
  conclude(job, ledger::JobOutcome::Failed,
           "the scheduler refused it for reason " +
               std::to_string(static_cast<unsigned>(action.reason)));
}

void Broker::Core::act(const Ended& action) {
  feed(JobForgotten{action.job});
  const auto of = scheduled_.find(action.job);
  if (of == scheduled_.end()) return;
  JobEntry& job = jobs_.at(of->second.first);
  scheduled_.erase(of);
  if (action.state != JobState::Failed) return;
  std::string why = "a task failed";
  for (const auto& [key, unit] : job.units) {
    if (!unit.why.empty()) why = "task " + std::to_string(key.first) + ": " + unit.why;
  }
  conclude(job, ledger::JobOutcome::Failed, std::move(why));
}

// ---- Leases

ledger::LeaseLine Broker::Core::line_of(const LeaseKey& key, const Bytes32& commitment) const {
  ledger::LeaseLine line;
  line.lease = LeaseId{key.number, key.broker_epoch};
  line.task = key.task;
  line.attempt = key.attempt;
  line.task_commitment = commitment;
  return line;
}

void Broker::Core::on(const NodeId& from, const LeaseAnswer& message) {
  JobEntry* job = nullptr;
  Unit* const unit = find(from, message.key, &job);
  if (unit == nullptr) {
    // It took a lease that is none any more.
    if (message.refusal == Refusal::None) send(from, LeaseStop{message.key, 0});
    return;
  }
  Lease& lease = *unit->lease;
  if (lease.is_accepted) return;
  if (message.refusal != Refusal::None) {
    unit->why = "refused by the node";
    return free_lease(*job, *unit, LeaseEnd::Refused);
  }
  lease.incarnation = message.incarnation;
  lease.sequence = message.sequence;
  accept(*job, *unit);
}

void Broker::Core::accept(JobEntry& job, Unit& unit) {
  Lease& lease = *unit.lease;
  lease.is_accepted = true;
  lease.seen = now_;
  JournalEntry line{JournalEntry::Kind::Opened, lease.node, lease.key.replica, {}, {}};
  line.line = line_of(lease.key, ledger::task_commitment(lease.grant.envelope));
  lease.opened_at = job.journal.size();
  append(job, std::move(line));
}

void Broker::Core::start(Lease& lease) {
  if (!lease.begun) lease.begun = now_;
  send(lease.node, LeaseStart{lease.key});
}

/// What the ledger's last anchor holds may begin.
void Broker::Core::start_anchored(JobEntry& job) {
  const bool is_gang = job.spec.gang_max > 1;
  bool has_more = false;
  for (auto& [key, unit] : job.units) {
    if (!unit.lease || !unit.lease->is_accepted || unit.lease->is_anchored) continue;
    if (unit.lease->opened_at >= job.anchored_count) continue;
    unit.lease->is_anchored = true;
    has_more = true;
    if (!is_gang) start(*unit.lease);
  }
  if (has_more && is_gang) start_gang(job);
}

/// Whoever is to start knows of all the others that they can.
void Broker::Core::start_gang(JobEntry& job) {
  const bool is_whole = job.has_gang_started ||
                        std::all_of(job.units.begin(), job.units.end(), [&](const auto& unit) {
                          // A member that has ended was begun with all the others.
                          if (job.tasks.at(unit.first.first).output) return true;
                          return unit.second.lease && unit.second.lease->is_anchored;
                        });
  if (!is_whole) return;
  job.has_gang_started = true;
  for (auto& [key, unit] : job.units) {
    if (unit.lease && unit.lease->is_anchored) start(*unit.lease);
  }
}

void Broker::Core::end_lease(JobEntry& job, Unit& unit, LeaseEnd end, std::uint64_t pay,
                             const ledger::WorkReceipt* receipt) {
  const Lease& lease = *unit.lease;
  if (lease.is_accepted) {
    JournalEntry line{JournalEntry::Kind::Closed, lease.node, lease.key.replica, {}, {}};
    line.line = line_of(lease.key, ledger::task_commitment(lease.grant.envelope));
    line.line.pay = ledger::Units(pay);
    if (receipt != nullptr) {
      line.line.result = receipt->result_hash;
      line.receipt = ledger::sign_hash(*receipt);
    }
    append(job, std::move(line));
    job.spent += pay;
    job.tasks.at(lease.key.task).pay += pay;
  }
  free_lease(job, unit, end);
}

/// Without a word in the journal.
void Broker::Core::free_lease(JobEntry& job, Unit& unit, LeaseEnd end) {
  const Lease lease = *std::exchange(unit.lease, std::nullopt);
  job.reserved -= lease.reserved;
  leases_.erase(lease.number);
  TaskEntry& task = job.tasks.at(lease.key.task);
  const UnitKey key{lease.key.task, lease.key.replica};
  if (job.replicas == 1) {
    unit.answer.reset();
    if (task.source == key) {
      task.source.reset();
      task.bytes.clear();
      task.is_storing = false;
    }
  }
  feed(LeaseEnded{lease.number, end});
  changed(job);
}

/// Whether it is of a run whose task is not settled.
bool Broker::Core::waits_for_others(const JobEntry& job, const LeaseKey& key) {
  const auto unit = job.units.find({key.task, key.replica});
  return unit != job.units.end() && unit->second.answer && unit->second.answer->key == key;
}

void Broker::Core::on(const NodeId& from, const Heartbeat& message) {
  Renewal renewal{options_.lease_ms, {}};
  std::set<std::uint64_t> named;
  for (const LeaseState& state : message.leases) {
    JobEntry* job = nullptr;
    Unit* const unit = find(from, state.key, &job);
    if (unit == nullptr) {
      const bool is_waiting = job != nullptr && waits_for_others(*job, state.key);
      if (is_waiting) renewal.leases.push_back({state.key, 0});
      // Of a job in other hands, or about to be adopted, it is not for this broker to say.
      const bool is_mine = job != nullptr && is_in_office(*job) && job->state != State::Adopting &&
                           job->state != State::Held;
      if (is_mine && !is_waiting) {
        send(from, LeaseStop{state.key, 0});
        if (state.phase == TaskPhase::Over) say_seen(*job, from, state.key);
      }
      continue;
    }
    Lease& lease = *unit->lease;
    named.insert(lease.key.number);
    lease.seen = now_;
    if (!lease.is_accepted) {
      lease.incarnation = message.incarnation;
      lease.sequence = message.sequence;
      accept(*job, *unit);
    }
    // One that runs was begun together with all the others, perhaps by an earlier broker.
    const bool runs = state.phase == TaskPhase::Running || state.phase == TaskPhase::Stopping;
    job->has_gang_started = job->has_gang_started || runs;
    if (state.phase == TaskPhase::Ready && lease.is_anchored) {
      if (job->spec.gang_max > 1) {
        start_gang(*job);
      } else {
        start(lease);
      }
    }
    if (lease.phase != state.phase) changed(*job);
    lease.phase = state.phase;
    renewal.leases.push_back({lease.key, lease.log_end});
  }
  if (!renewal.leases.empty()) send(from, renewal);
  // What it does not name any more, it has lost.
  std::vector<std::pair<JobEntry*, Unit*>> lost;
  for (const auto& [number, of] : leases_) {
    JobEntry& job = jobs_.at(of.first);
    Unit& unit = job.units.at(of.second);
    const Lease& lease = *unit.lease;
    if (lease.node != from || !lease.is_accepted || named.contains(lease.key.number)) continue;
    if (std::pair(lease.incarnation, lease.sequence) <
        std::pair(message.incarnation, message.sequence)) {
      lost.emplace_back(&job, &unit);
    }
  }
  for (const auto& [job, unit] : lost) {
    unit->why = "the node lost the task";
    ++figures_.node_faults;
    end_lease(*job, *unit, LeaseEnd::NodeFault, 0, nullptr);
  }
}

void Broker::Core::see_to_leases(JobEntry& job) {
  for (auto& [key, unit] : job.units) {
    if (!unit.lease) continue;
    Lease& lease = *unit.lease;
    if (!lease.is_accepted) {
      if (plus_ms(lease.granted, options_.grant_ms) <= now_) {
        unit.why = "the node did not answer";
        send(lease.node, LeaseStop{lease.key, 0});
        free_lease(job, unit, LeaseEnd::Refused);
      } else if (plus_ms(lease.asked, options_.ask_again_ms) <= now_) {
        lease.asked = now_;
        send(lease.node, lease.grant);
      }
      continue;
    }
    const bool is_silent = plus_ms(lease.seen, options_.lease_ms) <= now_;
    const WallTime since = lease.begun.value_or(lease.granted);
    const bool overran = plus_ms(since, job.spec.walltime_ms + 2 * options_.lease_ms) <= now_ &&
                         !job.tasks.at(key.first).source;
    if (overran && !lease.begun) {
      // Nobody's fault: what it waited for did not come.
      unit.why = "the task was not begun";
      send(lease.node, LeaseStop{lease.key, 0});
      end_lease(job, unit, LeaseEnd::Refused, 0, nullptr);
      continue;
    }
    const bool will_not_stop = lease.stop_by && plus_ms(*lease.stop_by, options_.lease_ms) <= now_;
    if (is_silent || overran || will_not_stop) {
      unit.why = is_silent ? "the node was silent" : "the node did not end the task";
      if (!will_not_stop) ++figures_.node_faults;
      send(lease.node, LeaseStop{lease.key, 0});
      end_lease(job, unit, will_not_stop ? LeaseEnd::Stopped : LeaseEnd::NodeFault, 0, nullptr);
    } else if (lease.stop_by && plus_ms(lease.asked, options_.ask_again_ms) <= now_) {
      lease.asked = now_;
      const std::uint64_t left =
          lease.stop_by->milliseconds - std::min(*lease.stop_by, now_).milliseconds;
      send(lease.node, LeaseStop{lease.key, left});
    }
  }
  for (std::uint32_t task = 0; task < job.tasks.size(); ++task) see_to_output(job, task);
}

void Broker::Core::on(const NodeId& from, const LogPiece& message) {
  JobEntry* job = nullptr;
  Unit* const unit = find(from, message.key, &job);
  if (unit == nullptr || message.key.replica != 0) return;
  Lease& lease = *unit->lease;
  const std::uint64_t end = message.offset + message.bytes.size();
  if (end <= lease.log_end) return;
  const std::uint64_t known = std::max(lease.log_end, message.offset) - message.offset;
  lease.log_end = end;
  TaskEntry& task = job->tasks.at(message.key.task);
  task.log.insert(task.log.end(), message.bytes.begin() + static_cast<std::ptrdiff_t>(known),
                  message.bytes.end());
  if (task.log.size() > options_.log_bytes_max) {
    const std::size_t surplus = task.log.size() - options_.log_bytes_max;
    task.log.erase(task.log.begin(), task.log.begin() + static_cast<std::ptrdiff_t>(surplus));
    task.log_begin += surplus;
  }
  changed(*job);
}

}  // namespace oort::compute
