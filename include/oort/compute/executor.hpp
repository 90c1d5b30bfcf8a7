// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "oort/compute/messages.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::compute {

/// A message to another node, or to this one.
struct ComputeSend {
  NodeId to;
  env::MessageType type = 0;
  Bytes payload;
};

/// Number of a piece of work under way, never used twice by one executor.
using WorkId = Strong<struct WorkIdTag, std::uint64_t>;

/// What is to be done, with all that it needs.
struct WorkStart {
  WorkId id;
  Work work;
  std::vector<InputDigest> inputs;
  /// The bytes of each.
  std::vector<Bytes> input_bytes;
  /// Of an earlier run; empty: from the start.
  Bytes checkpoint;
  std::uint64_t walltime_ms = 0;
  std::uint64_t checkpoint_ms = 0;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint16_t devices = 0;
  std::uint32_t rank = 0;
  std::uint32_t members = 1;
};
struct WorkStop {
  WorkId id;
  std::uint64_t grace_ms = 0;
};
struct WorkProgress {
  WorkId id;
  std::uint64_t units_done = 0;
  std::uint64_t units_count = 0;
  /// Empty where none was made.
  Bytes checkpoint;
  std::string log;
};
struct WorkEnded {
  WorkId id;
  TaskEnd end = TaskEnd::Done;
  Bytes output;
  ledger::Resources resources;
  std::uint64_t run_ms = 0;
  std::string detail;
};

/// What an executor wants done. `writes` is durable before anything else leaves.
struct ExecutorOutputs {
  env::KvBatch writes;
  std::vector<ComputeSend> sends;
  std::vector<WorkStart> starts;
  std::vector<WorkStop> stops;
};

struct ExecutorOptions {
  ChainId chain;
  NodeId self;
  /// What is offered; incarnation, sequence, validity and signature are the executor's to fill in.
  NodeOffer offer;
  std::uint64_t heartbeat_ms = 1'000;
  /// How long work goes on that no broker renews: a job may be taken over.
  std::uint64_t orphan_ms = 120'000;
  std::uint64_t ask_again_ms = 1'000;
  std::size_t log_bytes_max = 64 * 1024;
  /// Tasks under way or told about.
  std::size_t held_max = 256;
  /// Jobs whose newest broker is remembered.
  std::size_t fences_max = 10'000;
};

/// Figures for operators.
struct ExecutorFigures {
  std::size_t held = 0;
  std::size_t running = 0;
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  std::uint64_t fenced = 0;
};

/// One node's part in compute: takes leases, fetches inputs, has the work done, tells the results.
///
/// Invariants
///   EX1 It never holds more than its offer says, of any resource: what does not fit is refused.
///   EX2 Once it has heard of a job's broker of an epoch, it heeds none of an older one, also after
///       a restart.
///   EX3 Of one task and replica it has at most one run, that of the newest lease.
///   EX4 It runs a task only on inputs whose digests are those of the envelope.
///   EX5 A result is told until its broker has seen it, and is signed for the lease that asks.
///   EX6 Work that nobody has renewed for `orphan_ms` beyond its lease ends.
/// Threads: none; one strand drives it. Times are any clock that does not go back.
class Executor {
 public:
  /// `store` is read now; it holds what `writes` of earlier lives said. `signer` outlives it. Fails
  /// with DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] static Result<std::unique_ptr<Executor>> open(ExecutorOptions options,
                                                              const env::KvReader& store,
                                                              env::Signer& signer, WallTime now);

  /// Whom offers are told.
  void set_brokers(std::vector<NodeId> brokers) { brokers_ = std::move(brokers); }
  /// Of the ledger, for receipts.
  void set_epoch(Epoch epoch) noexcept { epoch_ = epoch; }
  void set_devices(std::vector<DeviceFacts> devices) {
    options_.offer.devices = std::move(devices);
  }

  /// Bit n: isolation tier n.
  void set_tiers(std::uint8_t tiers) noexcept { options_.offer.tiers = tiers; }

  [[nodiscard]] ExecutorOutputs receive(WallTime now, const NodeId& from, env::MessageType type,
                                        ByteView payload);
  [[nodiscard]] ExecutorOutputs tick(WallTime now);
  [[nodiscard]] ExecutorOutputs progress(WallTime now, WorkProgress progress);
  [[nodiscard]] ExecutorOutputs ended(WallTime now, WorkEnded ended);

  [[nodiscard]] ExecutorFigures figures() const;

 private:
  using Slot = std::tuple<JobId, std::uint32_t, std::uint16_t>;
  struct Held {
    NodeId broker;
    LeaseGrant grant;
    TaskEnvelope envelope;
    Bytes32 commitment;
    TaskPhase phase = TaskPhase::Fetching;
    bool may_start = false;
    std::vector<Bytes> inputs;
    WallTime lease_until;
    WallTime asked;
    WorkId work;
    std::uint64_t units_done = 0;
    std::uint64_t units_count = 0;
    WorkEnded outcome;
    Bytes log;
    std::uint64_t log_begin = 0;
    std::uint64_t log_sent = 0;
  };
  struct Fence {
    std::uint64_t epoch = 0;
    NodeId broker;
  };

  Executor(ExecutorOptions options, env::Signer& signer, WallTime now)
      : options_(std::move(options)), signer_(signer), incarnation_(now.milliseconds) {}

  void on(const NodeId& from, LeaseGrant message);
  void on(const NodeId& from, const LeaseStart& message);
  void on(const NodeId& from, const Renewal& message);
  void on(const NodeId& from, const LeaseStop& message);
  void on(const NodeId& from, const ResultSeen& message);
  void on(const NodeId& from, InputPiece message);
  void on(const NodeId& from, const OutputAsk& message);
  void on(const NodeId& from, const Adopt& message);

  [[nodiscard]] bool heeds(const JobId& job, std::uint64_t epoch, const NodeId& broker);
  [[nodiscard]] static bool may_go_on(const Held& held) noexcept;
  void keep(const NodeId& from, const ledger::Voucher& voucher);
  [[nodiscard]] Refusal refusal_of(const LeaseGrant& grant, const TaskEnvelope& envelope) const;
  void answer(const NodeId& to, const LeaseKey& key, Refusal refusal);
  void go_on(Held& held);
  void ask_input(Held& held);
  void finish(Held& held, TaskEnd end, std::string detail);
  void tell_result(Held& held);
  void tell_log(Held& held);
  void drop(std::map<Slot, Held>::iterator held);
  void tell_offers();
  void tell_heartbeats();
  [[nodiscard]] Held* find(const NodeId& from, const LeaseKey& key);
  [[nodiscard]] Held* find(WorkId work);
  template <class Message>
  void send(const NodeId& to, const Message& message);
  [[nodiscard]] ExecutorOutputs take_outputs();

  ExecutorOptions options_;
  env::Signer& signer_;
  std::uint64_t incarnation_;
  std::uint64_t sequence_ = 0;
  Epoch epoch_;
  WallTime now_;
  WallTime beat_;
  std::vector<NodeId> brokers_;
  std::map<Slot, Held> held_;
  std::map<JobId, Fence> fences_;
  WorkId last_work_;
  ExecutorFigures figures_;
  ExecutorOutputs out_;
};

}  // namespace oort::compute
