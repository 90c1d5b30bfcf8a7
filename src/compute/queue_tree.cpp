// SPDX-License-Identifier: Apache-2.0
#include "queue_tree.hpp"

#include <algorithm>

#include "fragmentation.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

constexpr std::uint64_t decay_unit = 1U << 16;

/// Present use for a while, then a while of forgetting; halved for each whole half-life, and in a
/// straight line in between.
std::uint64_t decay(std::uint64_t past, std::uint64_t present, std::uint64_t elapsed_ms,
                    std::uint64_t half_life_ms) {
  const std::uint64_t halves = elapsed_ms / half_life_ms;
  past = halves >= 64 ? 0 : past >> halves;
  const std::uint64_t rest_ms = elapsed_ms % half_life_ms;
  past -= static_cast<std::uint64_t>(Uint128{past} * rest_ms / (Uint128{2} * half_life_ms));
  const std::uint64_t sampled_ms = std::min(elapsed_ms, half_life_ms);
  return past +
         static_cast<std::uint64_t>(Uint128{present} * decay_unit * sampled_ms / half_life_ms);
}

}  // namespace

QueueTree::QueueTree() {
  queues_.emplace_back();
  by_id_.emplace(QueueId(0), 0);
}

std::optional<QueueIndex> QueueTree::find(QueueId id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

void QueueTree::set(QueueId id, QueueId parent, std::uint32_t weight) {
  const auto above = find(parent);
  if (!above || weight == 0) return;
  if (const auto known = find(id)) {
    const bool is_same = *known != 0 && queues_[*known].parent == *above;
    if (!is_same) return;
    queues_[*known].weight = weight;
    queues_[*known].share_ppb.reset();
    return;
  }
  if (queues_[*above].had_jobs) return;
  const auto index = static_cast<QueueIndex>(queues_.size());
  Queue& queue = queues_.emplace_back();
  queue.id = id;
  queue.parent = *above;
  queue.weight = weight;
  queues_[*above].children.push_back(index);
  by_id_.emplace(id, index);
}

void QueueTree::add(Job& job) {
  Queue& queue = queues_[job.queue];
  OORT_ASSERT(queue.children.empty() && !job.is_waiting, "jobs wait once, in a leaf");
  const ClassId cls = job.cls->id;
  if (queue.buckets.size() <= cls) {
    queue.buckets.resize(cls + 1);
    queue.heads.resize(cls + 1);
  }
  queue.buckets[cls].add(job);
  Head& head = queue.heads[cls];
  if (head.job == nullptr || job.rank < head.rank) head = {job.rank, &job};
  count_waiting(job.queue, true);
  ++job.cls->waiting;
  job.is_waiting = true;
}

void QueueTree::remove(Job& job) {
  Queue& queue = queues_[job.queue];
  const ClassId cls = job.cls->id;
  WaitingJobs& bucket = queue.buckets[cls];
  bucket.remove(job);
  queue.heads[cls] = bucket.empty() ? Head() : Head{bucket.first().rank, &bucket.first()};
  count_waiting(job.queue, false);
  --job.cls->waiting;
  job.is_waiting = false;
}

void QueueTree::count_waiting(QueueIndex index, bool is_added) {
  while (true) {
    std::size_t& waiting = queues_[index].waiting;
    waiting = is_added ? waiting + 1 : waiting - 1;
    if (index == 0) return;
    index = queues_[index].parent;
  }
}

void QueueTree::charge(QueueIndex index, const Need& need, bool is_added) {
  const auto move = [&](std::uint64_t& sum, std::uint64_t by) { is_added ? sum += by : sum -= by; };
  while (true) {
    Usage& running = queues_[index].running;
    move(running.gpu_milli, need.gpu_total());
    move(running.cpu_milli, need.cpu_milli);
    move(running.memory_mib, need.memory_mib);
    queues_[index].share_ppb.reset();
    if (index == 0) return;
    index = queues_[index].parent;
  }
}

void QueueTree::pass_time(std::uint64_t elapsed_ms, std::uint64_t half_life_ms) {
  for (Queue& queue : queues_) {
    const auto pass = [&](std::uint64_t& past, std::uint64_t present) {
      past = decay(past, present, elapsed_ms, half_life_ms);
    };
    pass(queue.decayed.gpu_milli, queue.running.gpu_milli);
    pass(queue.decayed.cpu_milli, queue.running.cpu_milli);
    pass(queue.decayed.memory_mib, queue.running.memory_mib);
    queue.share_ppb.reset();
  }
}

std::uint64_t QueueTree::share_ppb(QueueIndex index, const NodeTable& nodes) const {
  const Queue& queue = queues_[index];
  const auto part = [](std::uint64_t running, std::uint64_t decayed, std::uint64_t total) {
    const Uint128 used = Uint128{running} * decay_unit + decayed;
    return total == 0 ? 0 : static_cast<std::uint64_t>(used * 1'000'000'000U / decay_unit / total);
  };
  const std::uint64_t dominant =
      std::max({part(queue.running.gpu_milli, queue.decayed.gpu_milli, nodes.total_gpu()),
                part(queue.running.cpu_milli, queue.decayed.cpu_milli, nodes.total_cpu()),
                part(queue.running.memory_mib, queue.decayed.memory_mib, nodes.total_memory())});
  return dominant / queue.weight;
}

/// As `share_ppb`, found once until something is charged.
std::uint64_t QueueTree::known_share(QueueIndex index, const NodeTable& nodes) {
  if (totals_version_ != nodes.totals_version()) {
    for (Queue& queue : queues_) queue.share_ppb.reset();
    totals_version_ = nodes.totals_version();
  }
  std::optional<std::uint64_t>& share = queues_[index].share_ppb;
  if (!share) share = share_ppb(index, nodes);
  return *share;
}

std::optional<QueueIndex> QueueTree::neediest(const std::vector<bool>& has_work,
                                              const NodeTable& nodes) {
  // Children stand behind their parents, so one walk from the back carries work up to the root.
  has_work_ = has_work;
  for (std::size_t i = queues_.size(); i-- > 1;) {
    if (has_work_[i]) has_work_[queues_[i].parent] = true;
  }
  if (!has_work_[0]) return std::nullopt;
  QueueIndex at = 0;
  while (!queues_[at].children.empty()) {
    std::optional<QueueIndex> best;
    for (const QueueIndex child : queues_[at].children) {
      if (!has_work_[child]) continue;
      if (!best || known_share(child, nodes) < known_share(*best, nodes)) best = child;
    }
    at = *best;
  }
  return at;
}

}  // namespace oort::compute
