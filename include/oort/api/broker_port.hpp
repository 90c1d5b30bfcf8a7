// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/compute/explanation.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/jobs_sums.hpp"

/// What the gRPC door needs of a node's broker. Satisfied by `node`; faked in the door's tests.
///
/// Threads: every call may come from any thread and must not block; every callback runs exactly
/// once, on any thread, at the latest when the node stops (CANCELLED).
namespace oort::api {

/// A job on its way to its brokers, before the ledger knows of it.
struct JobHandover {
  JobId id;
  AccountId payer;
  ledger::JobOpen open;
  /// Canonical bytes; `open.spec` is their hash.
  Bytes spec;
};

enum class TaskState : std::uint8_t { Pending, Leased, Running, Done, Failed };

struct TaskView {
  std::uint32_t task = 0;
  std::uint32_t attempt = 0;
  TaskState state = TaskState::Pending;
  /// Where it runs, or ran last.
  std::optional<NodeId> node;
  WallTime since;
  /// Digest of its output, once it is done.
  std::optional<Bytes32> result;
  /// In units of the escrow's currency, so far.
  ledger::Units pay;
  /// Why the last attempt failed; empty where none did.
  std::string why;
};

/// What the broker in office knows of a job beyond the ledger.
struct JobRun {
  JobId id;
  std::uint64_t broker_epoch = 0;
  /// Grows with every change.
  std::uint64_t version = 0;
  std::uint32_t pending = 0;
  std::uint32_t running = 0;
  std::uint32_t done = 0;
  bool is_over = false;
  /// Why it waits, where it does.
  std::optional<compute::Explanation> waits;
  ledger::JobTotals totals;
  /// Ascending by task; the first `tasks_shown_max` of them.
  std::vector<TaskView> tasks;
};
inline constexpr std::size_t tasks_shown_max = 1000;

/// A place in what one task has written, all its attempts one after another.
struct LogPlace {
  std::uint32_t task = 0;
  std::uint64_t offset = 0;
};
struct LogChunk {
  /// Where the bytes begin: behind the place that was asked where older ones were dropped.
  LogPlace at;
  Bytes bytes;
  /// The task is over and this is its last.
  bool is_end = false;
};

class BrokerPort {
 public:
  virtual ~BrokerPort() = default;
  /// Gives the job to those of its brokers that can be reached, this node among them if it is one.
  /// Succeeds once one of them has stored it durably; brokers forget what the ledger does not know
  /// after some minutes. Fails with NOT_SUPPORTED for work that no broker can do, or
  /// PEER_UNREACHABLE.
  virtual void accept(JobHandover job, Callback<Result<void>> done) = 0;
  /// What would become of it now. Requires: `check_spec` passed.
  virtual void plan(ledger::JobSpec spec, Callback<Result<compute::Explanation>> done) = 0;
  /// Fails with NOT_FOUND where this node is not the job's broker in office.
  virtual void get_run(const JobId& job, Callback<Result<JobRun>> done) = 0;
  /// Answers once its version is over `after`, at once where it is, and as it stands after `wait`.
  virtual void await_run(const JobId& job, std::uint64_t after, Duration wait,
                         Callback<Result<JobRun>> done) = 0;
  /// At most `size_max` bytes from `place` on; answers once there are some, the task is over, or
  /// after `wait` with none. Fails with NOT_FOUND as above.
  virtual void read_log(const JobId& job, LogPlace place, std::size_t size_max, Duration wait,
                        Callback<Result<LogChunk>> done) = 0;
};

}  // namespace oort::api
