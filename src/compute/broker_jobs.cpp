// SPDX-License-Identifier: Apache-2.0
// The life of a job: handed over, in office, adopted, begun, ended; and its journal.
#include <algorithm>
#include <utility>

#include "broker_core.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/job_request.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

constexpr char incarnation_table = 'i';
constexpr char spec_table = 's';
constexpr char journal_table = 'n';
constexpr char checkpoint_table = 'c';

Bytes key_of(char table) { return {static_cast<std::byte>(table)}; }
Bytes key_of(char table, const JobId& job) {
  codec::Writer out;
  out.u8(static_cast<std::uint8_t>(table));
  codec::encode(out, job);
  return std::move(out).take();
}
/// Big-endian, so that entries are read in their order.
Bytes journal_key(const JobId& job, std::uint64_t index) {
  codec::Writer out;
  out.raw(key_of(journal_table, job));
  for (int shift = 56; shift >= 0; shift -= 8) out.u8(static_cast<std::uint8_t>(index >> shift));
  return std::move(out).take();
}
Bytes checkpoint_key(const JobId& job, std::uint32_t task, std::uint16_t replica) {
  codec::Writer out;
  out.raw(key_of(checkpoint_table, job));
  out.u32(task);
  out.u16(replica);
  return std::move(out).take();
}

/// Number of a job, from its name.
std::uint64_t group_of(const JobId& job, std::uint32_t task) {
  codec::Reader in(job.view());
  return (in.u64().value_or(0) ^ (std::uint64_t{task} * 0x9e3779b97f4a7c15U)) | 1U;
}

}  // namespace

// ---- What is kept

Result<void> Broker::Core::load(const env::KvReader& store) {
  OORT_TRY(const auto incarnation, store.get(key_of(incarnation_table)));
  if (incarnation) {
    codec::Reader in(*incarnation);
    OORT_TRY(incarnation_, in.u64());
  }
  codec::Writer next;
  next.u64(++incarnation_);
  out_.writes.put(key_of(incarnation_table), next.bytes());
  const auto specs = store.iterate(key_of(spec_table));
  for (; specs->is_valid(); specs->next()) {
    codec::Reader key(specs->key().subspan(1));
    codec::Reader value(specs->value());
    JobId id;
    AccountId payer;
    OORT_TRY(codec::decode(key, id));
    OORT_TRY(codec::decode(value, payer));
    OORT_TRY(const ByteView spec, value.blob(ledger::job_spec_bytes_max));
    take_spec(entry(id), payer, to_bytes(spec));
  }
  OORT_TRY(specs->status());
  for (auto& [id, job] : jobs_) {
    const auto lines = store.iterate(key_of(journal_table, id));
    for (; lines->is_valid(); lines->next()) {
      OORT_TRY(auto line, codec::from_bytes<JournalEntry>(lines->value()));
      job.journal.push_back(std::move(line));
    }
    OORT_TRY(lines->status());
    const auto saved = store.iterate(key_of(checkpoint_table, id));
    for (; saved->is_valid(); saved->next()) {
      codec::Reader key(saved->key().subspan(1 + JobId::size_bytes));
      OORT_TRY(const std::uint32_t task, key.u32());
      OORT_TRY(const std::uint16_t replica, key.u16());
      checkpoints_[{id, {task, replica}}] = to_bytes(saved->value());
    }
    OORT_TRY(saved->status());
    // Whether it is in office, and of what epoch, the ledger will say.
    job.state = State::Standby;
    replay(job);
  }
  return {};
}

void Broker::Core::store_spec(const JobEntry& job) {
  codec::Writer value;
  codec::encode(value, job.payer);
  value.blob(job.spec_bytes);
  out_.writes.put(key_of(spec_table, job.id), value.bytes());
}

void Broker::Core::append(JobEntry& job, JournalEntry line) {
  const std::uint64_t count = job.journal.size();
  out_.writes.put(journal_key(job.id, count), codec::to_bytes(line));
  const bool was_copied =
      count == 0 || std::any_of(job.copied.begin(), job.copied.end(),
                                [&](const auto& other) { return other.second >= count; });
  if (was_copied) job.behind_since = now_;
  job.journal.push_back(std::move(line));
  changed(job);
}

void Broker::Core::changed(JobEntry& job) {
  ++job.version;
  out_.changed.push_back(job.id);
}

/// From the journal: what was paid, which tasks are done, how often each was begun.
void Broker::Core::replay(JobEntry& job) {
  job.spent = 0;
  job.reserved = 0;
  prepare_tasks(job);
  for (const JournalEntry& line : job.journal) {
    const std::uint32_t task = line.line.task;
    if (task >= job.tasks.size()) continue;
    if (line.kind == JournalEntry::Kind::Done) {
      job.tasks[task].output = line.line.result;
      continue;
    }
    if (line.kind == JournalEntry::Kind::Closed) {
      const auto pay = static_cast<std::uint64_t>(line.line.pay.units());
      job.spent += pay;
      job.tasks[task].pay += pay;
    }
    Unit& unit = job.units[{task, line.replica}];
    unit.attempt = std::max(unit.attempt, line.line.attempt);
    unit.last_node = line.executor;
  }
}

void Broker::Core::take_journal(JobEntry& job, std::uint64_t first,
                                const std::vector<JournalEntry>& entries) {
  if (first > job.journal.size()) return;
  for (std::uint64_t i = first + entries.size(); i < job.journal.size(); ++i) {
    out_.writes.erase(journal_key(job.id, i));
  }
  job.journal.resize(first);
  for (const JournalEntry& line : entries) append(job, line);
  replay(job);
}

/// Tells the other brokers what they do not hold yet.
void Broker::Core::copy_journal(JobEntry& job) {
  if (now_ < plus_ms(job.copy_asked, options_.ask_again_ms)) return;
  bool is_behind = false;
  for (const NodeId& other : job.others) {
    const std::uint64_t held = job.copied[other];
    if (held >= job.journal.size() && job.copied.contains(other)) continue;
    is_behind = true;
    JournalCopy copy{job.id, job.ledger->broker_epoch, held, {}};
    const std::uint64_t end =
        std::min<std::uint64_t>(job.journal.size(), held + journal_entries_per_message_max);
    for (std::uint64_t i = held; i < end; ++i) copy.entries.push_back(job.journal[i]);
    if (!copy.entries.empty()) send(other, copy);
  }
  if (is_behind) job.copy_asked = now_;
}

bool Broker::Core::is_copied(const JobEntry& job) const {
  if (job.others.empty() || plus_ms(job.behind_since, options_.copy_patience_ms) <= now_) {
    return true;
  }
  return std::any_of(job.others.begin(), job.others.end(), [&](const NodeId& other) {
    const auto held = job.copied.find(other);
    return held != job.copied.end() && held->second >= job.journal.size();
  });
}

void Broker::Core::on(const NodeId& from, const JournalCopy& message) {
  const auto found = jobs_.find(message.job);
  if (found == jobs_.end() || !found->second.ledger) return;
  JobEntry& job = found->second;
  const ledger::Job& record = *job.ledger;
  // Of a later epoch too: the ledger's word may be on its way.
  const bool is_broker = message.broker_epoch >= record.broker_epoch &&
                         record.brokers[ledger::broker_index(record, message.broker_epoch)] == from;
  if (!is_broker || is_in_office(job) || job.state != State::Standby) return;
  take_journal(job, message.first, message.entries);
  send(from, JournalHeld{job.id, message.broker_epoch, job.journal.size()});
}

void Broker::Core::on(const NodeId& from, const JournalHeld& message) {
  const auto found = jobs_.find(message.job);
  if (found == jobs_.end() || !found->second.ledger) return;
  JobEntry& job = found->second;
  if (message.broker_epoch != job.ledger->broker_epoch) return;
  job.copied[from] = std::min<std::uint64_t>(message.entries_count, job.journal.size());
  job.copy_asked = WallTime{0};
  if (is_in_office(job)) copy_journal(job);
}

// ---- Handing over

Broker::Core::JobEntry& Broker::Core::entry(const JobId& id) {
  const auto [found, is_new] = jobs_.try_emplace(id);
  if (is_new) {
    found->second.id = id;
    found->second.since = now_;
  }
  return found->second;
}

bool Broker::Core::take_spec(JobEntry& job, const AccountId& payer, Bytes spec) {
  auto read = codec::from_bytes<ledger::JobSpec>(spec);
  if (!read || !ledger::check_spec(*read) || !check_feasible(*read)) return false;
  if (job.ledger && ledger::job_spec_hash(spec) != job.ledger->spec) return false;
  job.payer = payer;
  job.spec = *std::move(read);
  job.spec_bytes = std::move(spec);
  job.has_spec = true;
  job.replicas =
      replicas_for(job.spec.confidence, job.spec.placement.credibility_ppb_min).value_or(1);
  prepare_tasks(job);
  return true;
}

void Broker::Core::prepare_tasks(JobEntry& job) {
  job.tasks.assign(job.has_spec ? tasks_count(job.spec) : 0, TaskEntry());
  job.units.clear();
}

void Broker::Core::hand_over(std::uint64_t ticket, const JobId& id, const AccountId& payer,
                             std::vector<NodeId> brokers, Bytes spec) {
  JobEntry& job = entry(id);
  const bool is_mine = std::erase(brokers, options_.self) > 0;
  job.handovers[ticket];
  if (!job.has_spec && !take_spec(job, payer, spec)) {
    out_.handovers.push_back({ticket, false});
    job.handovers.erase(ticket);
    return;
  }
  if (is_mine) {
    store_spec(job);
    out_.handovers.push_back({ticket, true});
    job.handovers.erase(ticket);
  }
  if (!job.ledger) job.others = brokers;
  for (const NodeId& other : brokers) send(other, SpecCopy{id, job.spec_bytes, payer});
}

void Broker::Core::on(const NodeId& from, SpecCopy message) {
  if (!jobs_.contains(message.job)) {
    const auto held = std::count_if(jobs_.begin(), jobs_.end(),
                                    [](const auto& known) { return known.second.has_spec; });
    if (static_cast<std::size_t>(held) >= options_.jobs_max) return;
  }
  JobEntry& job = entry(message.job);
  if (!job.has_spec) {
    if (!take_spec(job, message.payer, std::move(message.spec))) {
      if (!job.ledger) jobs_.erase(message.job);
      return;
    }
    store_spec(job);
    // In office already, it only lacked what to do.
    if (job.ledger) heed(job, ledger::Job(*job.ledger));
  }
  send(from, SpecHeld{message.job});
}

void Broker::Core::on(const NodeId& from, const SpecAsk& message) {
  const auto found = jobs_.find(message.job);
  if (found == jobs_.end() || !found->second.has_spec) return;
  const JobEntry& job = found->second;
  const bool is_one = std::find(job.others.begin(), job.others.end(), from) != job.others.end();
  if (is_one) send(from, SpecCopy{job.id, job.spec_bytes, job.payer});
}

void Broker::Core::on(const NodeId&, const SpecHeld& message) {
  const auto found = jobs_.find(message.job);
  if (found == jobs_.end()) return;
  for (const auto& [ticket, holders] : found->second.handovers) {
    out_.handovers.push_back({ticket, true});
  }
  found->second.handovers.clear();
}

// ---- In office

bool Broker::Core::is_at_work(const JobEntry& job) const {
  return job.state == State::Adopting || job.state == State::Held || job.state == State::Active;
}

void Broker::Core::take_office(JobEntry& job) {
  if (!job.has_spec) return;
  const ledger::Job& record = *job.ledger;
  job.payer = record.payer;
  job.copied.clear();
  job.adopted.clear();
  job.told = WallTime{0};
  job.since = now_;
  job.behind_since = now_;
  job.anchors.clear();
  job.anchored_count = 0;
  if (record.currency != ledger::Currency::Credits) {
    job.state = State::Active;
    return conclude(job, ledger::JobOutcome::Failed, "brokers serve escrows of credits alone");
  }
  const bool is_fresh = job.state == State::Handed && record.broker_epoch == 1;
  job.state = State::Adopting;
  if (is_fresh && job.journal.empty()) {
    replay(job);
    return begin_when_free(job);
  }
  for (const auto& [node, offer] : nodes_) send(node, Adopt{job.id, record.broker_epoch});
}

void Broker::Core::on(const NodeId& from, const Holding& message) {
  const auto found = jobs_.find(message.job);
  if (found == jobs_.end() || found->second.state != State::Adopting) return;
  JobEntry& job = found->second;
  if (message.broker_epoch != job.ledger->broker_epoch) return;
  for (const HeldTask& held : message.tasks) {
    const UnitKey key{held.key.task, held.key.replica};
    if (held.key.job != job.id || key.first >= job.tasks.size()) continue;
    const auto known = job.adopted.find(key);
    if (known != job.adopted.end() && !is_newer(held.key, known->second.second.key)) continue;
    job.adopted[key] = {from, held};
  }
}

/// What the journal has open is under leases that nobody holds any more.
void Broker::Core::end_adoption(JobEntry& job) {
  std::map<std::uint64_t, JournalEntry> open;
  for (const JournalEntry& line : job.journal) {
    const std::uint64_t number = line.line.lease.id;
    if (line.kind == JournalEntry::Kind::Opened) open[number] = line;
    if (line.kind == JournalEntry::Kind::Closed) open.erase(number);
  }
  for (auto& [number, line] : open) {
    line.kind = JournalEntry::Kind::Closed;
    append(job, line);
  }
  replay(job);
  begin_when_free(job);
}

void Broker::Core::begin_when_free(JobEntry& job) {
  job.state = State::Held;
  for (const JobId& on : job.spec.depends_on) {
    const auto other = jobs_.find(on);
    if (other == jobs_.end()) {
      return conclude(job, ledger::JobOutcome::Failed,
                      "it depends on a job that its broker does not know");
    }
    const JobEntry& before = other->second;
    const bool is_done = before.state == State::Ending || before.state == State::Over;
    const bool is_told = before.ledger && before.ledger->phase >= ledger::JobPhase::Disputable;
    // Another broker may be at it.
    if (!is_done && !is_told) return;
    const ledger::JobOutcome outcome = is_told ? before.ledger->outcome : before.outcome;
    if (outcome != ledger::JobOutcome::Succeeded) {
      return conclude(job, ledger::JobOutcome::Failed, "a job that it depends on did not succeed");
    }
  }
  job.state = State::Active;
  begin(job);
}

void Broker::Core::begin(JobEntry& job) {
  const bool is_done = std::all_of(job.tasks.begin(), job.tasks.end(),
                                   [](const TaskEntry& task) { return task.output.has_value(); });
  if (is_done) return conclude(job, ledger::JobOutcome::Succeeded, "");
  if (job.replicas > 1) {
    schedule_replicas(job);
  } else {
    schedule(job);
  }
  job.adopted.clear();
}

QueueId Broker::Core::queue_of(const AccountId& payer) {
  const auto next = QueueId(static_cast<std::uint32_t>(queues_.size() + 1));
  const auto [found, is_new] = queues_.emplace(payer, next);
  if (is_new) feed(QueueSet{found->second, QueueId(0), 1});
  return found->second;
}

Request Broker::Core::request_for(const JobEntry& job) const {
  std::vector<OperatorId> owners;
  std::vector<NodeId> brokers = job.others;
  if (job.ledger) brokers.push_back(options_.self);
  for (const NodeId& broker : brokers) {
    if (const auto standing = registry_.standing(broker)) owners.push_back(standing->operator_id);
  }
  Request request = request_of(job.id, job.spec, owners);
  request.queue = QueueId(0);
  // Dependencies are judged here, by outcomes that were verified and stored.
  request.depends_on.clear();
  return request;
}

void Broker::Core::schedule(JobEntry& job) {
  JobResumed resumed{request_for(job), {}, {}};
  resumed.request.queue = queue_of(job.payer);
  for (std::uint32_t task = 0; task < job.tasks.size(); ++task) {
    Unit& unit = job.units[{task, 0}];
    unit.scheduled = job.id;
    if (job.tasks[task].output) resumed.done.push_back(task);
  }
  for (const auto& [key, held] : job.adopted) {
    if (key.second != 0 || job.tasks[key.first].output) continue;
    resumed.running.push_back(
        {key.first, held.first, held.second.alternative, held.second.devices});
  }
  if (resumed.request.gang.max > 1) {
    // A gang whose members have partly ended cannot go on: all of it begins anew.
    for (const std::uint32_t task : resumed.done) job.tasks[task].output.reset();
    resumed.done.clear();
  }
  scheduled_[job.id] = {job.id, std::nullopt};
  feed(std::move(resumed));
}

void Broker::Core::schedule_replicas(JobEntry& job) {
  const std::uint32_t most = job.spec.array_parallel_max;
  std::uint32_t under_way = 0;
  for (std::uint32_t task = 0; task < job.tasks.size(); ++task) {
    TaskEntry& one = job.tasks[task];
    if (one.output) continue;
    if (most != 0 && under_way >= most) return;
    ++under_way;
    while (one.replicas < job.replicas) schedule_replica(job, task, one.replicas++);
  }
}

void Broker::Core::schedule_replica(JobEntry& job, std::uint32_t task, std::uint16_t replica) {
  JobResumed resumed{request_for(job), {}, {}};
  Request& request = resumed.request;
  codec::Writer name;
  codec::encode(name, job.id);
  name.u32(task);
  name.u16(replica);
  request.job = JobId(ledger::job_spec_hash(name.bytes()).array());
  request.queue = queue_of(job.payer);
  request.array_count = 1;
  request.array_parallel_max = 0;
  request.replica_group = group_of(job.id, task);
  if (request.spread == Spread::None) request.spread = Spread::Operator;
  const UnitKey key{task, replica};
  job.units[key].scheduled = request.job;
  if (const auto held = job.adopted.find(key); held != job.adopted.end()) {
    resumed.running.push_back(
        {0, held->second.first, held->second.second.alternative, held->second.second.devices});
  }
  scheduled_[request.job] = {job.id, key};
  feed(std::move(resumed));
}

/// Another broker has the job: whatever runs, it will adopt.
void Broker::Core::leave_office(JobEntry& job) {
  if (is_at_work(job) || job.state == State::Ending) {
    // What the scheduler says of it from here on is of no job.
    for (auto of = scheduled_.begin(); of != scheduled_.end();) {
      if (of->second.first != job.id) {
        ++of;
        continue;
      }
      feed(JobCancelled{of->first});
      of = scheduled_.erase(of);
    }
    for (auto& [key, unit] : job.units) {
      if (unit.lease) free_lease(job, unit, LeaseEnd::Stopped);
      unit.answer.reset();
    }
    for (TaskEntry& task : job.tasks) task.source.reset();
    job.outcome = ledger::JobOutcome::None;
    job.why.clear();
  }
  if (job.state != State::Over) job.state = State::Standby;
}

/// Nothing further is begun; what runs is stopped.
void Broker::Core::conclude(JobEntry& job, ledger::JobOutcome outcome, std::string why) {
  if (job.state == State::Ending || job.state == State::Over) return;
  job.state = State::Ending;
  job.outcome = outcome;
  job.why = std::move(why);
  changed(job);
  // Runs whose result waits for others are over.
  for (auto& [key, unit] : job.units) {
    if (unit.lease || !unit.answer) continue;
    const Answer answer = *std::exchange(unit.answer, std::nullopt);
    close_answer(job, answer, 0);
    say_seen(job, answer.node, answer.key);
  }
  for (const auto& [id, of] : scheduled_) {
    if (of.first == job.id) feed(JobCancelled{id});
  }
}

/// The ledger takes no further word of the broker.
void Broker::Core::close(JobEntry& job) {
  conclude(job, job.ledger->outcome, "over by the ledger");
  if (job.outcome == ledger::JobOutcome::None) job.outcome = job.ledger->outcome;
  for (auto& [key, unit] : job.units) {
    if (unit.lease) {
      send(unit.lease->node, LeaseStop{unit.lease->key, 0});
      free_lease(job, unit, LeaseEnd::Stopped);
    }
  }
  job.state = State::Over;
  changed(job);
}

/// What stays in memory answers questions for a while.
void Broker::Core::forget(const JobId& id) {
  JobEntry& job = jobs_.at(id);
  if (job.spec_bytes.empty() && job.journal.empty()) return;
  out_.writes.erase(key_of(spec_table, id));
  for (std::uint64_t i = 0; i < job.journal.size(); ++i) out_.writes.erase(journal_key(id, i));
  const auto first = checkpoints_.lower_bound({id, {0, 0}});
  auto last = first;
  for (; last != checkpoints_.end() && last->first.first == id; ++last) {
    out_.writes.erase(checkpoint_key(id, last->first.second.first, last->first.second.second));
  }
  checkpoints_.erase(first, last);
  job.spec_bytes = Bytes();
}

/// A closed job is told of for a while, and then remembered by its outcome alone.
bool Broker::Core::fade(JobEntry& job) {
  const bool is_closed =
      job.state == State::Over && job.ledger && job.ledger->phase == ledger::JobPhase::Closed;
  if (!is_closed) return false;
  if (plus_ms(job.phase_since, options_.outcome_ms) <= now_) {
    jobs_.erase(job.id);
    return true;
  }
  if (!job.has_spec || now_ < plus_ms(job.phase_since, options_.closed_ms)) return false;
  JobEntry rest;
  rest.id = job.id;
  rest.since = job.since;
  rest.ledger = job.ledger;
  rest.state = State::Over;
  rest.outcome = job.outcome;
  rest.phase_since = job.phase_since;
  job = std::move(rest);
  return true;
}

void Broker::Core::on(const NodeId& from, const TaskCheckpoint& message) {
  JobEntry* job = nullptr;
  if (find(from, message.key, &job) == nullptr) return;
  const UnitKey key{message.key.task, message.key.replica};
  checkpoints_[{job->id, key}] = message.bytes;
  out_.writes.put(checkpoint_key(job->id, key.first, key.second), message.bytes);
}

/// What time alone brings about.
void Broker::Core::age(JobEntry& job) {
  if (fade(job)) return;
  if (!job.ledger) {
    if (plus_ms(job.since, options_.handover_ms) <= now_ && job.state == State::Handed) {
      out_.writes.erase(key_of(spec_table, job.id));
      jobs_.erase(job.id);
      return;
    }
    if (!job.handovers.empty()) {
      if (plus_ms(job.since, options_.copy_patience_ms) <= now_) {
        for (const auto& [ticket, holders] : job.handovers) {
          out_.handovers.push_back({ticket, false});
        }
        job.handovers.clear();
      } else {
        for (const NodeId& other : job.others) {
          send(other, SpecCopy{job.id, job.spec_bytes, job.payer});
        }
      }
    }
    return;
  }
  const bool is_open = job.ledger->phase == ledger::JobPhase::Open;
  if (!job.has_spec && is_open && plus_ms(job.copy_asked, options_.ask_again_ms) <= now_) {
    job.copy_asked = now_;
    for (const NodeId& other : job.others) send(other, SpecAsk{job.id});
  }
  if (job.state == State::Adopting) {
    for (const auto& [node, offer] : nodes_) {
      send(node, Adopt{job.id, job.ledger->broker_epoch});
    }
    if (plus_ms(job.since, options_.adopt_ms) <= now_) end_adoption(job);
  }
  if (job.state == State::Held) begin_when_free(job);
  if (job.state == State::Active || job.state == State::Ending) {
    see_to_leases(job);
    copy_journal(job);
  }
  tell_ledger(job);
}

}  // namespace oort::compute
