// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "job.hpp"
#include "node_table.hpp"
#include "waiting_jobs.hpp"

namespace oort::compute {

/// What a queue uses of the resources that shares are measured by.
struct Usage {
  std::uint64_t gpu_milli = 0;
  std::uint64_t cpu_milli = 0;
  std::uint64_t memory_mib = 0;
};

/// A job with its rank; null where nobody waits.
struct Head {
  Rank rank;
  Job* job = nullptr;
};

struct Queue {
  QueueId id;
  QueueIndex parent = 0;
  std::vector<QueueIndex> children;
  std::uint32_t weight = 1;
  Usage running;
  /// Past use, halved every half-life, in 65,536ths.
  Usage decayed;
  bool had_jobs = false;
  /// Waiting jobs of the queue and all below it.
  std::size_t waiting = 0;
  /// Waiting jobs by class.
  std::vector<WaitingJobs> buckets;
  /// The first of each bucket, so that looking for the first job touches little memory.
  std::vector<Head> heads;
  /// Its share by what has been charged; nothing where that has changed since it was asked for.
  std::optional<std::uint64_t> share_ppb;
};

/// The tree of queues: whose turn it is, by hierarchical weighted dominant-resource fairness
/// (Ghodsi et al., NSDI'11) over present and decayed use.
///   Q1  At each level the child with the least share over weight that has work goes first.
///   Q2  A queue's present use is the sum of its children's.
class QueueTree {
 public:
  QueueTree();

  [[nodiscard]] std::optional<QueueIndex> find(QueueId id) const;
  [[nodiscard]] const Queue& at(QueueIndex index) const { return queues_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return queues_.size(); }
  /// No effect where the parent is unknown or had jobs, or the queue has another parent.
  void set(QueueId id, QueueId parent, std::uint32_t weight);

  /// The queue has jobs of its own from here on, and so never children.
  void admit(QueueIndex queue) { queues_[queue].had_jobs = true; }
  void add(Job& job);
  void remove(Job& job);
  void charge(QueueIndex queue, const Need& need, bool is_added);
  /// Samples present use for `elapsed_ms` and lets past use decay.
  void pass_time(std::uint64_t elapsed_ms, std::uint64_t half_life_ms);

  [[nodiscard]] std::uint64_t share_ppb(QueueIndex queue, const NodeTable& nodes) const;
  /// The neediest of the queues that `has_work` marks (by index), by Q1.
  [[nodiscard]] std::optional<QueueIndex> neediest(const std::vector<bool>& has_work,
                                                   const NodeTable& nodes);

 private:
  [[nodiscard]] std::uint64_t known_share(QueueIndex index, const NodeTable& nodes);
  void count_waiting(QueueIndex index, bool is_added);

  std::vector<Queue> queues_;
  std::map<QueueId, QueueIndex> by_id_;
  /// The nodes' totals that the queues' shares are of.
  std::uint64_t totals_version_ = 0;
  /// Of one choice of the neediest: which queues have work, or one below them.
  std::vector<bool> has_work_;
};

}  // namespace oort::compute
