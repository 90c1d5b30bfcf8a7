// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/compute/offer.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"

/// What a job asks of the scheduler. Everything that does not decide where and when it runs (image,
/// command, inputs, secrets) stays with the broker.
namespace oort::compute {

/// A queue of the tree of queues; 0 is the root.
using QueueId = Strong<struct QueueIdTag, std::uint32_t>;

inline constexpr std::size_t alternatives_max = 8;
inline constexpr std::size_t locality_hints_max = 16;
inline constexpr std::uint32_t gang_members_max = 4'096;
inline constexpr std::uint32_t array_tasks_max = 1'000'000;
/// A hundred years: the longest walltime, in milliseconds.
inline constexpr std::uint64_t walltime_ms_max = 3'155'760'000'000U;

/// One way to satisfy a task. A `gpu_milli` below 1000 is a share of one device and goes with
/// `gpu_count` 1; such a share owns the same share of the device's memory.
struct Alternative {
  /// Globs with `*`; empty takes any model.
  std::vector<std::string> gpu_models;
  std::uint16_t gpu_count = 0;
  std::uint16_t gpu_milli = gpu_whole;
  /// Device memory that the task gets, of each device.
  std::uint32_t gpu_memory_mib_min = 0;
  bool same_interconnect = false;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t network_mbps_min = 0;
  std::optional<Architecture> architecture;
  friend bool operator==(const Alternative&, const Alternative&) = default;
  friend auto operator<=>(const Alternative&, const Alternative&) = default;
};

enum class Topology : std::uint8_t { Any, SameRegion, SameFabric, SameNode };

/// Tasks that start together or not at all. More than one member makes the job a gang.
struct Gang {
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  Topology topology = Topology::Any;
  friend bool operator==(const Gang&, const Gang&) = default;
};

/// What tasks of one replica group must not share.
enum class Spread : std::uint8_t { None, Node, Operator, Network, Region };

struct Placement {
  /// Empty takes any region.
  std::vector<std::string> regions;
  std::uint32_t credibility_ppb_min = 0;
  std::vector<NodeId> exclude_nodes;
  std::vector<OperatorId> exclude_operators;
  /// Empty takes any operator.
  std::vector<OperatorId> only_operators;
  friend bool operator==(const Placement&, const Placement&) = default;
  friend auto operator<=>(const Placement&, const Placement&) = default;
};

/// Part of the inputs lies on or near a node.
struct Locality {
  NodeId node;
  std::uint32_t mib = 0;
};

/// Why a lease ended without its task being done, as far as retrying is concerned.
struct Retry {
  std::uint32_t max = 3;
  bool on_node_fault = true;
  bool on_preempted = true;
  bool on_verify_failed = true;
};

struct Request {
  JobId job;
  QueueId queue;
  /// -100 to 100; a higher one goes first inside its queue.
  std::int32_t priority = 0;
  /// 1 to 8, most wanted first.
  std::vector<Alternative> any_of;
  Gang gang;
  /// More than one makes the job an array of tasks that start one by one.
  std::uint32_t array_count = 1;
  /// Tasks of the array at a time; 0 is no limit.
  std::uint32_t array_parallel_max = 0;
  /// Jobs known to the scheduler that must have finished first.
  std::vector<JobId> depends_on;
  /// A lease ends at the latest so long after its start. Not 0.
  std::uint64_t walltime_ms = 0;
  /// The job is rejected when it has not started by then, or cannot finish by then.
  std::optional<WallTime> start_by;
  std::optional<WallTime> finish_by;
  /// Microcredits an hour for one task; 0 is no limit.
  std::uint64_t price_per_hour_max = 0;
  /// A spot job pays at most its bid, goes after all others of its queue, and can be reclaimed.
  bool is_spot = false;
  std::uint64_t bid_per_hour = 0;
  bool is_preemptible = false;
  std::uint64_t grace_ms = 0;
  /// Time between checkpoints; 0 has none, so that a stop loses all work.
  std::uint64_t checkpoint_ms = 0;
  Retry retry;
  std::vector<Locality> near;
  Spread spread = Spread::None;
  /// Jobs of one number other than 0 are one replica group; 0 makes the job a group of its own.
  std::uint64_t replica_group = 0;
  Placement placement;
  IsolationTier tier_min = IsolationTier::Wasm;
  DataClass data_class = DataClass::Public;
  /// What a wrong result of one task costs, in microcredits.
  std::uint64_t risk = 0;
};

}  // namespace oort::compute
