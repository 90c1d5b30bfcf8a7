// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "oort/compute/explanation.hpp"
#include "oort/compute/offer.hpp"
#include "oort/compute/request.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"

/// The scheduler core: a step machine. Events with their time go in, decisions come out; whoever
/// drives it carries them out and tells it what became of them. No clock, thread or chance of its
/// own; not thread-safe: one strand owns it.
///
///   C1  No placement takes more of a node than is free, of any resource, at any time.
///   C2  The members of a gang are placed in one step, between min and max of them, or not at all.
///   C3  A reserved job starts no later than its reservation says, unless a node of it left,
///       changed or failed the job, a lease overran its time, or a replica of its group took the
///       domain.
///   C4  Every job, other than on spot, that idle nodes could run starts in bounded time if ticks
///       come and leases end at their walltime.
///   C5  The same events give the same actions.
///   C6  Every job is in exactly one state, and its tasks are pending, running or done.
///   C7  No task of a job starts before all jobs that it depends on have finished.
///   C8  Every placement keeps all constraints of its request.
///   C9  The actions are those of a scheduler that looks at every node for every decision.
///   C10 A lease is stopped for another job only if that job may take its place and has none
///       otherwise, and the cause is stated. Of the sets of leases that would do it is one of least
///       cost; where a node has more than twelve candidates, one of which none can be spared.
namespace oort::compute {

/// Number of a lease, counted from 1 and never used twice.
using LeaseNumber = Strong<struct LeaseNumberTag, std::uint64_t>;

// ---- Events -------------------------------------------------------------------------------------

/// A node's offer is there or has changed. Other devices end its leases; less of anything else
/// lets them run.
struct OfferSet {
  Offer offer;
};
/// The node is gone, and with it its leases.
struct OfferGone {
  NodeId node;
};
/// A queue is there or has another weight. A queue's parent never changes and is never a queue
/// with jobs of its own; queue 0 is the root.
struct QueueSet {
  QueueId queue;
  QueueId parent;
  std::uint32_t weight = 1;
};
struct JobSubmitted {
  Request request;
};
/// A task of a resumed job that runs already. `devices` are those of the offer, as `Place` says.
struct RunningTask {
  std::uint32_t task = 0;
  NodeId node;
  std::uint32_t alternative = 0;
  std::uint16_t devices = 0;
};
/// As `JobSubmitted`, of a job that another scheduler has begun. What of `running` still has its
/// place on a present node gets a lease there before anything else is placed, and a `Place` says
/// so; the rest waits. The members of a gang are taken over all, or none.
struct JobResumed {
  Request request;
  /// Ascending, each once; not for gangs.
  std::vector<std::uint32_t> done;
  std::vector<RunningTask> running;
};
struct JobCancelled {
  JobId job;
};
/// An ended job's outcome is not needed any more: no job will depend on it.
struct JobForgotten {
  JobId job;
};
enum class LeaseEnd : std::uint8_t {
  Finished,
  Failed,  ///< By the task's own fault.
  NodeFault,
  VerifyFailed,
  Refused,  ///< The executor did not take the lease.
  Stopped,  ///< As asked by `Stop`.
};
struct LeaseEnded {
  LeaseNumber lease;
  LeaseEnd end = LeaseEnd::Finished;
};
/// Time has passed. Reservations, preemption, deadlines and decay happen on ticks alone, so ticks
/// should come about once a second.
struct Tick {};

/// A shape of tasks to expect and how often, for the measure of fragmentation.
struct WorkloadShape {
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint16_t gpu_count = 0;
  std::uint16_t gpu_milli = gpu_whole;
  std::uint64_t weight = 0;
};
inline constexpr std::size_t workload_shapes_max = 256;
/// Sets what workload to expect, instead of learning it from what is submitted.
struct WorkloadSet {
  std::vector<WorkloadShape> shapes;
};

using Event = std::variant<OfferSet, OfferGone, QueueSet, JobSubmitted, JobResumed, JobCancelled,
                           JobForgotten, LeaseEnded, WorkloadSet, Tick>;

// ---- Actions ------------------------------------------------------------------------------------

struct Place {
  LeaseNumber lease;
  JobId job;
  /// Index in the array, or rank in the gang.
  std::uint32_t task = 0;
  NodeId node;
  /// Which of `any_of`.
  std::uint32_t alternative = 0;
  /// Bit n: device n of the offer.
  std::uint16_t devices = 0;
  std::uint64_t price_per_hour = 0;
  WallTime until;
  friend bool operator==(const Place&, const Place&) = default;
};
enum class StopCause : std::uint8_t {
  HigherPriority,
  SpotReclaimed,
  SpotOutbid,
  FairShare,
  GangBroken,
  JobFailed,
  JobCancelled,
};
/// The lease must end by the deadline; it holds its resources until `LeaseEnded`.
struct Stop {
  LeaseNumber lease;
  StopCause cause = StopCause::JobCancelled;
  /// Whom it makes room for; the lease's own job where it is for nobody else.
  JobId by;
  WallTime deadline;
  friend bool operator==(const Stop&, const Stop&) = default;
};
struct Reserve {
  JobId job;
  WallTime start;
  std::vector<NodeId> nodes;
  friend bool operator==(const Reserve&, const Reserve&) = default;
};
enum class RejectReason : std::uint8_t {
  BadRequest,
  DuplicateJob,
  UnknownQueue,
  UnknownDependency,
  DependencyFailed,
  StartByPassed,
  CannotFinishInTime,
};
struct Reject {
  JobId job;
  RejectReason reason = RejectReason::BadRequest;
  friend bool operator==(const Reject&, const Reject&) = default;
};
enum class JobState : std::uint8_t {
  Held,      ///< Waits for jobs that it depends on.
  Queued,    ///< Has pending tasks and no lease.
  Running,   ///< Has leases.
  Stopping,  ///< Its leases are asked to end; then it is queued again, or ends.
  Finished,
  Failed,
  Cancelled,
  Rejected,
};
/// The job ended, other than by `Reject`.
struct Ended {
  JobId job;
  JobState state = JobState::Finished;
  friend bool operator==(const Ended&, const Ended&) = default;
};

using Action = std::variant<Place, Stop, Reserve, Reject, Ended>;

// ---- The machine --------------------------------------------------------------------------------

/// Weights of what a placement spoils, in thousandths of a device: the least sum is placed. Those
/// of balance count as far as the expected workload asks for whole devices.
struct ScoreWeights {
  std::uint32_t free_share = 0;      ///< Of a node that was wholly free.
  std::uint32_t stranded_gpu = 500;  ///< Devices free beyond the share of free cores.
  std::uint32_t stranded_cpu = 100;  ///< Cores free beyond the share of free devices.
  std::uint32_t price = 1;           ///< A credit an hour.
  std::uint32_t honesty = 20;        ///< Of a node without honest weight.
  std::uint32_t locality = 20;       ///< A GiB of inputs that lie elsewhere.
};

struct Options {
  ScoreWeights weights;
  /// Shapes of requests with an index of their best nodes; what is beyond is searched node by node.
  std::size_t indexed_shapes_max = 1'024;
  std::size_t reservations_max = 8;
  std::size_t preemptions_per_tick_max = 4;
  /// Jobs of one class and queue looked at in one pass when some fail what is checked job by job;
  /// the next tick goes on behind them.
  std::size_t looks_per_class_max = 8;
  /// Waiting so long is worth one step of priority.
  std::uint64_t ageing_ms = 60'000;
  std::uint64_t usage_half_life_ms = 3'600'000;
  /// How long a job keeps away from a node that refused or failed it, and from one that broke
  /// under it.
  std::uint64_t back_off_ms = 60'000;
  std::uint64_t fault_back_off_ms = 60'000;
  /// A queue that waited so long may reclaim from one that has more than twice its share.
  std::uint64_t reclaim_after_ms = 60'000;
};

/// Tasks of one job by state.
struct JobTasks {
  JobState state = JobState::Queued;
  std::uint32_t pending = 0;
  std::uint32_t running = 0;
  std::uint32_t done = 0;
};

class Core;

class Scheduler {
 public:
  explicit Scheduler(const Options& options);
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// Takes one event. A time before the last one's counts as the last one's. What cannot be
  /// (an unknown lease or node) has no effect; a request that is not well-formed is rejected.
  [[nodiscard]] std::vector<Action> step(WallTime now, const Event& event);

  /// Why a job waits. O(nodes).
  [[nodiscard]] Explanation explain(const JobId& job) const;
  /// What would become of a job that is not submitted. O(nodes).
  [[nodiscard]] Explanation plan(const Request& request) const;

  /// Empty for a job that is unknown or forgotten.
  [[nodiscard]] std::optional<JobTasks> job(const JobId& job) const;
  [[nodiscard]] std::size_t leases_count() const noexcept;
  [[nodiscard]] std::size_t waiting_count() const noexcept;
  /// Dominant share of a queue's present and decayed use over its weight, in parts per billion;
  /// empty for an unknown queue.
  [[nodiscard]] std::optional<std::uint64_t> share_ppb(QueueId queue) const;
  /// Thousandths of devices in use, of all present nodes.
  [[nodiscard]] std::uint64_t gpu_milli_leased() const noexcept;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace oort::compute
