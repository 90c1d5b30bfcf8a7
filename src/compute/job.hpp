// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "capacity.hpp"
#include "gang_index.hpp"
#include "node_table.hpp"
#include "oort/compute/scheduler.hpp"
#include "shape_index.hpp"

namespace oort::compute {

using ClassId = std::uint32_t;
using QueueIndex = std::uint32_t;

/// Jobs that can run in the same places: what is found out about one holds for all.
struct RequestClass {
  ClassId id = 0;
  std::vector<ShapeIndex> alternatives;
  std::vector<GangIndex> gangs;  ///< One an alternative, for gangs alone.
  Gang gang;
  /// Waiting jobs of the class, and all that have not ended.
  std::size_t waiting = 0;
  std::size_t alive = 0;
  [[nodiscard]] bool is_gang() const noexcept { return gang.max > 1; }
};

/// The order of jobs inside a queue; the least goes first. Ageing at one rate for all turns a step
/// of priority into time, so the order of two jobs never changes.
struct Rank {
  bool is_spot = false;
  std::int64_t value = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const Rank&, const Rank&) noexcept = default;
};

struct Reservation {
  struct Part {
    NodeIndex node;
    std::uint32_t members;
  };
  WallTime start;
  std::uint32_t alternative = 0;
  std::vector<Part> parts;
};

/// What was sought for a job in vain is sought again later, each time twice as late: who stands
/// behind it gets a turn, and it rests no longer than it has waited.
struct Patience {
  WallTime again;
  std::uint32_t failures = 0;

  void fail(WallTime now) {
    constexpr std::uint32_t doublings_max = 10;
    again = {now.milliseconds + (std::uint64_t{1'000} << std::min(failures, doublings_max))};
    ++failures;
  }
};

/// What a request says beside its class and its place in a queue.
struct Terms {
  std::uint64_t walltime_ms = 0;
  std::optional<WallTime> start_by;
  std::optional<WallTime> finish_by;
  std::uint64_t bid_per_hour = 0;
  std::uint64_t grace_ms = 0;
  std::uint64_t checkpoint_ms = 0;
  std::uint64_t replica_group = 0;
  Retry retry;
  std::int32_t priority = 0;
  std::uint32_t array_parallel_max = 0;
  Spread spread = Spread::None;
  bool is_spot = false;
  bool is_preemptible = false;
};
[[nodiscard]] inline Terms terms_of(const Request& request) {
  return {request.walltime_ms,        request.start_by, request.finish_by,
          request.bid_per_hour,       request.grace_ms, request.checkpoint_ms,
          request.replica_group,      request.retry,    request.priority,
          request.array_parallel_max, request.spread,   request.is_spot,
          request.is_preemptible};
}

/// What few jobs have, so that the others are small.
struct JobRarities {
  std::vector<Locality> near;
  /// Tasks that ran and must again.
  std::set<std::uint32_t> returned;
  /// Retries so far by task; a gang's are all counted for its first.
  std::map<std::uint32_t, std::uint32_t> retries;
  std::vector<std::pair<NodeId, WallTime>> avoided;
  std::vector<JobId> dependents;
};

/// There are very many, and most wait: a job is as small as it can be.
struct Job {
  JobId id;
  RequestClass* cls = nullptr;
  Rank rank;
  QueueIndex queue = 0;
  JobState state = JobState::Queued;
  bool has_started = false;
  bool is_waiting = false;
  /// A gang that lost a member stops the others and begins anew.
  bool is_broken = false;
  /// What it becomes when its last lease has ended.
  std::optional<JobState> ending;
  /// Tasks that never ran are those from `next_task` on.
  std::uint32_t tasks = 1;
  std::uint32_t next_task = 0;
  std::uint32_t done = 0;
  std::uint32_t dependencies_open = 0;
  std::vector<LeaseNumber> leases;
  Terms terms;
  WallTime submitted;
  std::unique_ptr<Reservation> reservation;
  Patience for_reservation;
  Patience for_preemption;

  [[nodiscard]] const JobRarities& rarities() const {
    static const JobRarities none;
    return rarities_ ? *rarities_ : none;
  }
  /// To be written to.
  [[nodiscard]] JobRarities& own_rarities() {
    if (!rarities_) rarities_ = std::make_unique<JobRarities>();
    return *rarities_;
  }
  [[nodiscard]] std::uint32_t running() const { return static_cast<std::uint32_t>(leases.size()); }
  [[nodiscard]] std::uint32_t pending() const { return tasks - done - running(); }
  [[nodiscard]] bool is_gang() const { return cls->is_gang(); }

 private:
  std::unique_ptr<JobRarities> rarities_;
};

struct Lease {
  LeaseNumber number;
  Job* job = nullptr;
  std::uint32_t task = 0;
  NodeIndex node = 0;
  Need need;
  DeviceMask devices = 0;
  WallTime started;
  WallTime until;
  bool is_stopping = false;

  /// When it is expected to be over; one that overran may be over any time.
  [[nodiscard]] WallTime ends(WallTime now) const { return until < now ? now : until; }
};

/// What may be stopped for another job: one lease, or all that a gang has on a node, which stops as
/// a whole wherever its members are.
struct Victim {
  std::uint64_t cost = 0;
  StopCause cause = StopCause::HigherPriority;
  std::vector<const Lease*> leases;
};

}  // namespace oort::compute
