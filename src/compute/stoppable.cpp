// SPDX-License-Identifier: Apache-2.0
#include "stoppable.hpp"

#include <algorithm>
#include <limits>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

/// Starting a task again costs about a minute of its resources.
constexpr std::uint64_t restart_ms = 60'000;
/// No cost is greater, so that sums of them are none.
constexpr std::uint64_t cost_max = std::numeric_limits<std::uint64_t>::max() / (1U << 20);

std::uint64_t queue_bit(QueueIndex queue) { return std::uint64_t{1} << queue % 64; }

template <class Counts, class Key>
void uncount(Counts& counts, const Key& key) {
  const auto found = counts.find(key);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

std::uint64_t cost_of_stopping(const Stoppable& one, WallTime now) {
  const std::uint64_t ran = now.milliseconds - one.started_ms;
  const std::uint64_t step = one.checkpoint_ms;
  const std::uint64_t lost = (step == 0 ? ran : ran % step) + restart_ms;
  const std::uint64_t width = one.held.width();
  return std::min(lost, cost_max / width) * width;
}

Stoppable stoppable_of(const Lease& lease) {
  const Terms& terms = lease.job->terms;
  const Held held{lease.need.gpu_total(), lease.need.cpu_milli};
  return {&lease,        lease.job->queue,           terms.priority,
          terms.is_spot, lease.job->is_gang(),       terms.bid_per_hour,
          held,          lease.started.milliseconds, terms.checkpoint_ms};
}

std::uint64_t StopRights::queues() const {
  std::uint64_t bits = queue_bit(queue);
  for (QueueIndex i = 0; i < is_rich.size(); ++i) bits |= is_rich[i] ? queue_bit(i) : 0;
  return bits;
}

std::optional<StopCause> StopRights::over(const Stoppable& one) const {
  if (one.is_spot) {
    if (!is_spot) return StopCause::SpotReclaimed;
    return bid > one.bid ? std::optional(StopCause::SpotOutbid) : std::nullopt;
  }
  if (is_spot) return std::nullopt;
  if (queue == one.queue) {
    return priority > one.priority ? std::optional(StopCause::HigherPriority) : std::nullopt;
  }
  const bool must_give = one.queue < is_rich.size() && is_rich[one.queue];
  return must_give ? std::optional(StopCause::FairShare) : std::nullopt;
}

void StoppableLeases::add(const Lease& lease) {
  if (lease.node >= by_node_.size()) {
    by_node_.resize(lease.node + std::size_t{1});
    summaries_.resize(lease.node + std::size_t{1});
  }
  const Stoppable one = stoppable_of(lease);
  by_node_[lease.node].push_back(one);
  summarise(lease.node);
  ++count_;
  if (one.is_spot) {
    ++bids_[one.bid];
  } else {
    ++priorities_[{one.queue, one.priority}];
  }
}

void StoppableLeases::remove(const Lease& lease) {
  auto& here = by_node_[lease.node];
  const auto found = std::find_if(here.begin(), here.end(),
                                  [&](const Stoppable& one) { return one.lease == &lease; });
  OORT_ASSERT(found != here.end(), "a lease is added before it is removed");
  if (found->is_spot) {
    uncount(bids_, found->bid);
  } else {
    uncount(priorities_, std::pair(found->queue, found->priority));
  }
  here.erase(found);
  summarise(lease.node);
  --count_;
}

void StoppableLeases::summarise(NodeIndex node) {
  Summary summary;
  for (const Stoppable& one : by_node_[node]) {
    if (one.is_spot) {
      summary.has_spot = true;
    } else {
      summary.queues |= queue_bit(one.queue);
    }
    summary.held.gpu_milli += one.held.gpu_milli;
    summary.held.cpu_milli += one.held.cpu_milli;
    summary.least_width = std::min(summary.least_width, one.held.width());
    const bool may_be_saved = one.checkpoint_ms != 0;
    const std::uint64_t started =
        may_be_saved ? std::numeric_limits<std::uint64_t>::max() : one.started_ms;
    summary.started_ms = std::max(summary.started_ms, started);
  }
  summaries_[node] = summary;
}

std::uint64_t StoppableLeases::least_cost(NodeIndex node, const StopRights& rights,
                                          std::uint64_t queues, const Held& held,
                                          WallTime now) const {
  const Summary& all = summaries_[node];
  constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  const bool is_covered = all.has_spot || (!rights.is_spot && (all.queues & queues) != 0);
  const bool suffices =
      all.held.gpu_milli >= held.gpu_milli && all.held.cpu_milli >= held.cpu_milli;
  if (!is_covered || !suffices) return never;
  const std::uint64_t width = std::max(held.width(), all.least_width);
  const std::uint64_t ran =
      now.milliseconds > all.started_ms ? now.milliseconds - all.started_ms : 0;
  // A lease whose cost is bounded comes to more than half of the greatest.
  return std::min(ran + restart_ms, cost_max / 2 / width) * width;
}

bool StoppableLeases::has_any_for(const StopRights& rights) const {
  if (!bids_.empty() && (!rights.is_spot || bids_.begin()->first < rights.bid)) return true;
  if (rights.is_spot) return false;
  // Each queue's least priority stands first.
  constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  for (auto at = priorities_.begin(); at != priorities_.end();) {
    const auto [queue, priority] = at->first;
    if (queue == rights.queue && priority < rights.priority) return true;
    if (queue != rights.queue && queue < rights.is_rich.size() && rights.is_rich[queue]) {
      return true;
    }
    at = priorities_.lower_bound({queue + 1, least});
  }
  return false;
}

}  // namespace oort::compute
