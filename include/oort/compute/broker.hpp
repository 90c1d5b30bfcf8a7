// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "oort/compute/executor.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/scheduler.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"

namespace oort::compute {

/// What the ledger says of a node that an offer cannot.
struct NodeStanding {
  OperatorId operator_id;
  std::uint32_t credibility_ppb = 0;
  std::uint64_t risk_limit = 0;
  std::uint64_t honest_weight = 0;
};
/// Threads: the broker's strand.
class NodeRegistry {
 public:
  virtual ~NodeRegistry() = default;
  /// Nothing for a node that the ledger does not know, or that must not get work.
  [[nodiscard]] virtual std::optional<NodeStanding> standing(const NodeId& node) const = 0;
};

/// What a final block tells.
struct LedgerSight {
  /// Of its header.
  std::uint64_t time_ms = 0;
  /// JobsParams::lease_ms.
  std::uint64_t lease_ms = 0;
  /// Of honesty, which receipts are of; 0 where the network has none.
  Epoch epoch;
  /// Those that name this node as a broker and changed; at the start all of them.
  std::vector<ledger::Job> jobs;
  /// Whose pay was claimed.
  struct Claimed {
    JobId job;
    NodeId executor;
  };
  std::vector<Claimed> claimed;
};

using LedgerOperation =
    std::variant<ledger::JobTakeOver, ledger::JobAnchor, ledger::JobResult, ledger::JobClaim>;

/// Bytes of an object, for an executor.
struct ReadWish {
  std::uint64_t ticket = 0;
  JobId job;
  AccountId payer;
  std::string uri;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
struct StoreWish {
  std::uint64_t ticket = 0;
  JobId job;
  AccountId payer;
  std::string uri;
  Bytes bytes;
};
/// An executor whose result is not the majority's.
struct Deviation {
  JobId job;
  std::uint32_t task = 0;
  NodeId executor;
  Bytes32 result;
  Bytes32 accepted;
  ledger::WorkReceipt receipt;
  /// What it was asked, byte for byte, and where a broker reads the inputs.
  Bytes envelope;
  AccountId payer;
  std::vector<std::string> inputs;
};
/// A handover is held by a broker, or by none that answered.
struct HandoverAnswer {
  std::uint64_t ticket = 0;
  bool is_held = false;
};

/// What a broker wants done. `writes` is durable before anything else leaves.
struct BrokerOutputs {
  env::KvBatch writes;
  std::vector<ComputeSend> sends;
  /// Each a transaction, in this order.
  std::vector<std::vector<LedgerOperation>> transactions;
  std::vector<ReadWish> reads;
  std::vector<StoreWish> stores;
  std::vector<HandoverAnswer> handovers;
  std::vector<Deviation> deviations;
  /// Of runs that ended well, as they came; some may come twice.
  std::vector<ledger::WorkReceipt> receipts;
  /// Jobs of which something that `job` or `log` tells has changed; some may come twice.
  std::vector<JobId> changed;
};

struct BrokerOptions {
  ChainId chain;
  NodeId self;
  Options scheduler;
  /// Of leases to executors. A node that is not heard of for so long has lost them.
  std::uint64_t lease_ms = 10'000;
  /// How long answers to `Adopt` are waited for.
  std::uint64_t adopt_ms = 4'000;
  /// A grant that is not answered by then is given up.
  std::uint64_t grant_ms = 6'000;
  std::uint64_t ask_again_ms = 1'000;
  /// Between anchors of a job whose leases change.
  std::uint64_t anchor_ms = 2'000;
  /// The same, while a lease waits to be anchored before its task may begin.
  std::uint64_t start_anchor_ms = 500;
  /// An operation that has shown no effect is sent again.
  std::uint64_t ledger_again_ms = 3'000;
  /// How long other brokers are waited for before an anchor, or a handover's answer, does without.
  std::uint64_t copy_patience_ms = 5'000;
  /// A handover whose job the ledger never shows is forgotten.
  std::uint64_t handover_ms = 300'000;
  /// For so long tasks and logs of a closed job are told of.
  std::uint64_t closed_ms = 600'000;
  /// For so long its outcome is known to jobs that depend on it; longer than the ledger keeps it.
  std::uint64_t outcome_ms = 691'200'000;
  std::size_t log_bytes_max = 64 * 1024;
  /// Those that are closed and told of no more do not count.
  std::size_t jobs_max = 10'000;
};

/// One task for those who ask.
struct TaskSight {
  std::uint32_t task = 0;
  std::uint32_t attempt = 0;
  enum class State : std::uint8_t { Pending, Leased, Running, Done, Failed } state = State::Pending;
  std::optional<NodeId> node;
  WallTime since;
  std::optional<Bytes32> result;
  std::uint64_t pay = 0;
  std::string why;
};
struct JobSight {
  JobId job;
  AccountId payer;
  std::uint64_t broker_epoch = 0;
  /// Grows with every change.
  std::uint64_t version = 0;
  bool is_in_office = false;
  bool is_over = false;
  ledger::JobTotals totals;
  std::string why;
  std::vector<TaskSight> tasks;
  std::optional<Explanation> waits;
};
struct LogSight {
  std::uint64_t begin = 0;
  Bytes bytes;
  bool is_end = false;
};
struct BrokerFigures {
  std::size_t nodes = 0;
  std::size_t jobs = 0;
  std::size_t leases = 0;
  std::size_t waiting = 0;
  std::uint64_t granted = 0;
  std::uint64_t node_faults = 0;
  std::uint64_t deviations = 0;
};

/// A super node's part in compute: drives the scheduler with what executors and the ledger say,
/// leases, collects results, keeps what is owed, anchors it, and takes over jobs of brokers that
/// are silent.
///
/// Invariants
///   R1  A job that was handed over to a broker that lives, or comes back, ends on the ledger.
///   R2  What a job pays never exceeds its budget, the broker's share included, and is the sum over
///       the leases of its journal, each paid once.
///   R3  One who is not a job's broker by the ledger leases, renews and anchors nothing of it.
///   R4  Every number of a lease is new, also after a crash: what a message of an earlier lease
///       says is heard by nobody.
///   R5  A task's output is the result of most of its runs, and its bytes have that digest.
///   R6  After a node's fault no task of that job is leased to it again by this life.
///   R7  All members of a gang have accepted before one starts.
///   R8  An anchor covers only what another broker of the job holds too, or had time to.
///   R9  Totals of an anchor never shrink.
///   R10 No executor is told to begin before the ledger's last anchor holds its lease: from then on
///       a payer who cancels pays for what was done.
/// Threads: none; one strand drives it. Times are any clock that does not go back.
class Broker {
 public:
  /// `store` is read now; it holds what `writes` of earlier lives said. `registry` and `signer`
  /// outlive the broker. Fails with DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] static Result<std::unique_ptr<Broker>> open(BrokerOptions options,
                                                            const env::KvReader& store,
                                                            const NodeRegistry& registry,
                                                            env::Signer& signer, WallTime now);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// What opening must make durable before anything else.
  [[nodiscard]] BrokerOutputs start();

  /// Gives a job to those of its `brokers` that can be reached; `HandoverAnswer` tells once one
  /// has it. Requires: `spec` has the hash that the ledger will hold, and is feasible.
  [[nodiscard]] BrokerOutputs hand_over(WallTime now, std::uint64_t ticket, const JobId& job,
                                        const AccountId& payer, std::vector<NodeId> brokers,
                                        Bytes spec);
  [[nodiscard]] BrokerOutputs receive(WallTime now, const NodeId& from, env::MessageType type,
                                      ByteView payload);
  [[nodiscard]] BrokerOutputs see(WallTime now, const LedgerSight& sight);
  /// A read that failed for good says so with NotFound, PermissionDenied or InvalidArgument; after
  /// any other failure the executor asks again.
  [[nodiscard]] BrokerOutputs was_read(WallTime now, std::uint64_t ticket, Result<Bytes> bytes);
  [[nodiscard]] BrokerOutputs was_stored(WallTime now, std::uint64_t ticket, Result<void> stored);
  [[nodiscard]] BrokerOutputs tick(WallTime now);

  [[nodiscard]] Explanation plan(const ledger::JobSpec& spec) const;
  [[nodiscard]] std::optional<JobSight> job(const JobId& job) const;
  [[nodiscard]] std::optional<LogSight> log(const JobId& job, std::uint32_t task,
                                            std::uint64_t from, std::size_t size_max) const;
  /// As it was handed over; null where this broker has none. Valid until the next event.
  [[nodiscard]] const ledger::JobSpec* spec(const JobId& job) const;
  [[nodiscard]] BrokerFigures figures() const;

 private:
  class Core;
  explicit Broker(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace oort::compute
