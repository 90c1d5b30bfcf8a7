// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "oort/compute/broker.hpp"

namespace oort::compute {

[[nodiscard]] constexpr WallTime plus_ms(WallTime time, std::uint64_t ms) {
  return {time.milliseconds + ms};
}

/// The broker's state. One source a concern: `broker.cpp` takes events and keeps nodes,
/// `broker_jobs.cpp` the life of a job and its journal, `broker_ledger.cpp` what the ledger is
/// told, `broker_leases.cpp` what the scheduler decides and executors answer, `broker_results.cpp`
/// what becomes of outputs.
class Broker::Core {
 public:
  using UnitKey = std::pair<std::uint32_t, std::uint16_t>;  ///< Task, replica.

  struct Lease {
    LeaseKey key;
    LeaseNumber number;
    NodeId node;
    LeaseGrant grant;
    WallTime granted;
    WallTime asked;
    /// Last heard of.
    WallTime seen;
    bool is_accepted = false;
    /// The message that accepted it: a later one that does not name it has lost it.
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
    TaskPhase phase = TaskPhase::Fetching;
    /// Its place in the journal, and whether the ledger's last anchor holds that.
    std::uint64_t opened_at = 0;
    bool is_anchored = false;
    /// When its executor was told to begin.
    std::optional<WallTime> begun;
    std::uint64_t reserved = 0;
    std::optional<WallTime> stop_by;
    bool gives_result = false;
    std::uint64_t log_end = 0;
  };
  /// What a run returned, until the task is settled.
  struct Answer {
    LeaseKey key;
    NodeId node;
    ledger::WorkReceipt receipt;
    std::uint64_t output_bytes = 0;
    std::uint64_t pay = 0;
    bool cannot_give = false;
    /// Of the budget, where the lease itself is over.
    std::uint64_t reserved = 0;
  };
  /// One run of a task among replicas.
  struct Unit {
    JobId scheduled;
    std::uint32_t attempt = 0;
    std::optional<Lease> lease;
    std::optional<Answer> answer;
    std::optional<NodeId> last_node;
    WallTime since;
    std::string why;
  };
  struct TaskEntry {
    std::optional<Bytes32> output;
    std::uint16_t replicas = 0;  ///< Begun, for tasks that are run several times.
    /// Who is asked for the output, how far it got, and when it was asked last.
    std::optional<UnitKey> source;
    Bytes bytes;
    WallTime asked;
    bool is_storing = false;
    std::uint32_t store_failures = 0;
    std::uint64_t log_begin = 0;
    Bytes log;
    std::uint64_t pay = 0;
  };
  enum class State : std::uint8_t {
    Handed,    ///< The ledger does not know of it yet.
    Standby,   ///< Another broker is in office.
    Adopting,  ///< Executors are asked what they hold.
    Held,      ///< Waits for jobs that it depends on.
    Active,    ///< The scheduler has it.
    Ending,    ///< Nothing is to be done any more; open leases end, then the result goes out.
    Over,      ///< Nothing but pay is left.
  };
  struct JobEntry {
    JobId id;
    AccountId payer;
    Bytes spec_bytes;
    ledger::JobSpec spec;
    bool has_spec = false;
    std::uint32_t replicas = 1;
    State state = State::Handed;
    WallTime since;
    std::optional<ledger::Job> ledger;
    std::vector<NodeId> others;
    std::map<std::uint64_t, std::set<NodeId>> handovers;  ///< Ticket, who holds a copy.
    std::vector<TaskEntry> tasks;
    std::map<UnitKey, Unit> units;
    std::map<UnitKey, std::pair<NodeId, HeldTask>> adopted;
    std::vector<JournalEntry> journal;
    /// Since when no other broker has held all of the journal, where that is so.
    WallTime behind_since;
    std::map<NodeId, std::uint64_t> copied;
    WallTime copy_asked;
    /// Pay of closed leases, and what open ones may come to.
    std::uint64_t spent = 0;
    std::uint64_t reserved = 0;
    std::uint64_t version = 1;
    ledger::JobOutcome outcome = ledger::JobOutcome::None;
    std::string why;
    /// Anchors on their way: what of the journal each covers, and what the ledger's last one does.
    std::deque<std::pair<ledger::SumRoot, std::uint64_t>> anchors;
    std::uint64_t anchored_count = 0;
    WallTime phase_since;
    WallTime anchored;
    WallTime told;  ///< The ledger, of a result, a takeover, or claims.
    std::set<NodeId> claimed;
    bool has_gang_started = false;
  };
  struct NodeEntry {
    Offer offer;
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
    WallTime until;
  };

  Core(BrokerOptions options, const NodeRegistry& registry, env::Signer& signer, WallTime now);
  Result<void> load(const env::KvReader& store);

  // Events.
  void hand_over(std::uint64_t ticket, const JobId& job, const AccountId& payer,
                 std::vector<NodeId> brokers, Bytes spec);
  void receive(const NodeId& from, env::MessageType type, ByteView payload);
  void see(const LedgerSight& sight);
  void was_read(std::uint64_t ticket, Result<Bytes> bytes);
  void was_stored(std::uint64_t ticket, Result<void> stored);
  void tick();
  [[nodiscard]] BrokerOutputs finish(WallTime now);
  void set_now(WallTime now) { now_ = std::max(now_, now); }

  // Questions.
  [[nodiscard]] Explanation plan(const ledger::JobSpec& spec) const;
  [[nodiscard]] std::optional<JobSight> job(const JobId& id) const;
  [[nodiscard]] std::optional<LogSight> log(const JobId& id, std::uint32_t task, std::uint64_t from,
                                            std::size_t size_max) const;
  [[nodiscard]] const ledger::JobSpec* spec(const JobId& id) const;
  [[nodiscard]] BrokerFigures figures() const;

 private:
  void on(const NodeId& from, const NodeOffer& message);
  void on(const NodeId& from, const LeaseAnswer& message);
  void on(const NodeId& from, const Heartbeat& message);
  void on(const NodeId& from, const TaskResult& message);
  void on(const NodeId& from, const InputAsk& message);
  void on(const NodeId& from, OutputPiece message);
  void on(const NodeId& from, const TaskCheckpoint& message);
  void on(const NodeId& from, const LogPiece& message);
  void on(const NodeId& from, const Holding& message);
  void on(const NodeId& from, SpecCopy message);
  void on(const NodeId& from, const SpecAsk& message);
  void on(const NodeId& from, const SpecHeld& message);
  void on(const NodeId& from, const JournalCopy& message);
  void on(const NodeId& from, const JournalHeld& message);

  // Nodes.
  void expire_offers();
  void lose_older(const NodeId& node, std::uint64_t incarnation);
  void lose_all(const NodeId& node);

  // The life of a job.
  JobEntry& entry(const JobId& id);
  bool take_spec(JobEntry& job, const AccountId& payer, Bytes spec);
  void prepare_tasks(JobEntry& job);
  void store_spec(const JobEntry& job);
  void take_office(JobEntry& job);
  void leave_office(JobEntry& job);
  void end_adoption(JobEntry& job);
  void begin(JobEntry& job);
  void begin_when_free(JobEntry& job);
  void schedule(JobEntry& job);
  void schedule_replicas(JobEntry& job);
  void schedule_replica(JobEntry& job, std::uint32_t task, std::uint16_t replica);
  [[nodiscard]] Request request_for(const JobEntry& job) const;
  [[nodiscard]] QueueId queue_of(const AccountId& payer);
  void conclude(JobEntry& job, ledger::JobOutcome outcome, std::string why);
  void close(JobEntry& job);
  void forget(const JobId& id);
  /// Whether that was the end of the entry.
  [[nodiscard]] bool fade(JobEntry& job);
  void age(JobEntry& job);
  void append(JobEntry& job, JournalEntry line);
  void replay(JobEntry& job);
  void take_journal(JobEntry& job, std::uint64_t first, const std::vector<JournalEntry>& entries);
  void copy_journal(JobEntry& job);
  [[nodiscard]] bool is_copied(const JobEntry& job) const;
  [[nodiscard]] bool is_in_office(const JobEntry& job) const;
  [[nodiscard]] bool is_at_work(const JobEntry& job) const;
  void changed(JobEntry& job);

  // The ledger.
  void heed(JobEntry& job, const ledger::Job& record);
  void tell_ledger(JobEntry& job);
  void anchor(JobEntry& job);
  void heed_anchor(JobEntry& job);
  void tell_result(JobEntry& job);
  void claim(JobEntry& job);
  void take_over(JobEntry& job);
  struct Totals {
    std::vector<ledger::ExecutorTotal> leaves;
    ledger::SumRoot root;
  };
  [[nodiscard]] Totals totals_of(const JobEntry& job) const;
  [[nodiscard]] std::size_t leases_open(const JobEntry& job) const;
  [[nodiscard]] Bytes32 receipts_root(const JobEntry& job) const;

  // The scheduler.
  void feed(Event event) { events_.push_back(std::move(event)); }
  void drain();
  void act(const Place& action);
  void act(const Stop& action);
  void act(const Reserve&) {}
  void act(const Reject& action);
  void act(const Ended& action);
  [[nodiscard]] Unit* unit_of(const JobId& scheduled, std::uint32_t task, JobEntry** job,
                              UnitKey* key);
  [[nodiscard]] Unit* find(const NodeId& from, const LeaseKey& key, JobEntry** job);
  [[nodiscard]] bool is_taken(const JobEntry& job, const UnitKey& key, const NodeId& node) const;
  void accept(JobEntry& job, Unit& unit);
  void start_gang(JobEntry& job);
  void start(Lease& lease);
  void start_anchored(JobEntry& job);
  [[nodiscard]] static bool waits_for_others(const JobEntry& job, const LeaseKey& key);
  void end_lease(JobEntry& job, Unit& unit, LeaseEnd end, std::uint64_t pay,
                 const ledger::WorkReceipt* receipt);
  void free_lease(JobEntry& job, Unit& unit, LeaseEnd end);
  void see_to_leases(JobEntry& job);
  void say_seen(JobEntry& job, const NodeId& to, const LeaseKey& key);
  [[nodiscard]] ledger::LeaseLine line_of(const LeaseKey& key, const Bytes32& commitment) const;

  // Results.
  [[nodiscard]] bool is_good(const TaskResult& result, const Lease& lease,
                             const NodeId& from) const;
  void answered(JobEntry& job, const LeaseKey& key);
  void judge(JobEntry& job, std::uint32_t task);
  void fetch(JobEntry& job, std::uint32_t task, UnitKey source);
  void give_up_source(JobEntry& job, std::uint32_t task);
  void ask_output(JobEntry& job, std::uint32_t task);
  void see_to_output(JobEntry& job, std::uint32_t task);
  void store_output(JobEntry& job, std::uint32_t task);
  void close_answer(JobEntry& job, const Answer& answer, std::uint64_t pay);
  [[nodiscard]] static Deviation deviation_of(const JobEntry& job, std::uint32_t task,
                                              const Answer& answer, const Bytes32& accepted);
  void complete(JobEntry& job, std::uint32_t task, const Bytes32& result);

  template <class Message>
  void send(const NodeId& to, const Message& message) {
    out_.sends.push_back({to, Message::type, message_bytes(message)});
  }

  BrokerOptions options_;
  const NodeRegistry& registry_;
  env::Signer& signer_;
  Scheduler scheduler_;
  WallTime now_;
  std::uint64_t incarnation_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t ledger_ms_ = 0;
  std::uint64_t ledger_lease_ms_ = 0;
  Epoch epoch_;
  std::map<JobId, JobEntry> jobs_;
  std::map<NodeId, NodeEntry> nodes_;
  std::map<AccountId, QueueId> queues_;
  /// Jobs of the scheduler, and of which job and unit they are; the unit only of replicas.
  std::map<JobId, std::pair<JobId, std::optional<UnitKey>>> scheduled_;
  std::map<LeaseNumber, std::pair<JobId, UnitKey>> leases_;
  struct Reading {
    NodeId to;
    InputAsk ask;
  };
  std::map<std::uint64_t, Reading> reads_;
  std::map<std::uint64_t, std::pair<JobId, std::uint32_t>> stores_;
  std::map<std::pair<JobId, UnitKey>, Bytes> checkpoints_;
  std::deque<Event> events_;
  BrokerFigures figures_;
  BrokerOutputs out_;
};

}  // namespace oort::compute
