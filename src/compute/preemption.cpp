// SPDX-License-Identifier: Apache-2.0
// Preemption: on ticks, the first jobs of queues may stop leases that they have a right over.
#include <algorithm>
#include <limits>
#include <utility>

#include "core.hpp"

namespace oort::compute {
namespace {

/// Starting a task again costs about a minute of its resources.
constexpr std::uint64_t restart_ms = 60'000;
/// Of so many candidates on one node the cheapest set is found exactly; of more, one of which none
/// can be spared.
constexpr std::size_t exact_victims_max = 12;
/// Victims are bits of a word; a node's dearest beyond that many are left alone.
constexpr std::size_t victims_max = 60;

struct Choice {
  std::uint64_t cost = std::numeric_limits<std::uint64_t>::max();
  NodeIndex node = 0;
  std::uint32_t alternative = 0;
  std::vector<Victim> victims;
};

class CheapestVictims {
 public:
  CheapestVictims(const Node& node, const ShapeIndex& shape, DeviceMask allowed,
                  const std::vector<Victim>& victims)
      : node_(node), shape_(shape), allowed_(allowed), victims_(victims) {}

  /// Bits of the victims, where they cost less than `bound`.
  std::optional<std::uint64_t> find(std::uint64_t& bound) {
    const std::uint64_t all = (std::uint64_t{1} << victims_.size()) - 1;
    if (!fits(all)) return std::nullopt;
    best_.reset();
    if (victims_.size() <= exact_victims_max) {
      search(0, 0, 0, bound);
    } else {
      spare(all, bound);
    }
    return best_;
  }

 private:
  [[nodiscard]] bool fits(std::uint64_t chosen) const {
    Capacity used = node_.used;
    for (std::size_t i = 0; i < victims_.size(); ++i) {
      if ((chosen >> i & 1U) == 0) continue;
      for (const Lease* lease : victims_[i].leases) take(used, lease->need, lease->devices);
    }
    return fit(rest(node_.total, used), shape_.need(), allowed_, node_.links).has_value();
  }
  void search(std::size_t next, std::uint64_t chosen, std::uint64_t cost, std::uint64_t& bound) {
    if (cost >= bound) return;
    if (fits(chosen)) {
      bound = cost;
      best_ = chosen;
      return;
    }
    for (std::size_t i = next; i < victims_.size(); ++i) {
      search(i + 1, chosen | std::uint64_t{1} << i, cost + victims_[i].cost, bound);
    }
  }
  /// Victims are in order of cost: the dearest are spared first.
  void spare(std::uint64_t chosen, std::uint64_t& bound) {
    std::uint64_t cost = 0;
    for (std::size_t i = victims_.size(); i-- > 0;) {
      const std::uint64_t without = chosen & ~(std::uint64_t{1} << i);
      if (fits(without)) {
        chosen = without;
      } else {
        cost += victims_[i].cost;
      }
    }
    if (cost >= bound) return;
    bound = cost;
    best_ = chosen;
  }

  const Node& node_;
  const ShapeIndex& shape_;
  DeviceMask allowed_;
  const std::vector<Victim>& victims_;
  std::optional<std::uint64_t> best_;
};

}  // namespace

void Core::preempt() {
  if (stoppable_.empty()) return;
  std::size_t left = options_.preemptions_per_tick_max;
  std::size_t tries = 2 * left;
  for (Job* const job : heads_in_order()) {
    if (left == 0 || tries == 0) return;
    if (job->is_gang()) continue;
    --tries;
    if (preempt_for(*job)) --left;
  }
}

std::optional<StopCause> Core::may_take(const Job& job, const Lease& lease) const {
  const Job& victim = *lease.job;
  if (lease.is_stopping || !is_stoppable(victim) || &victim == &job) return std::nullopt;
  if (victim.request.is_spot) {
    if (!job.request.is_spot) return StopCause::SpotReclaimed;
    if (job.request.bid_per_hour > victim.request.bid_per_hour) return StopCause::SpotOutbid;
    return std::nullopt;
  }
  if (job.request.is_spot) return std::nullopt;
  if (job.queue == victim.queue) {
    const bool is_higher = job.request.priority > victim.request.priority;
    return is_higher ? std::optional(StopCause::HigherPriority) : std::nullopt;
  }
  if (now_ < after(job.submitted, options_.reclaim_after_ms)) return std::nullopt;
  const std::uint64_t mine = queues_.share_ppb(job.queue, nodes_);
  const bool is_rich = queues_.share_ppb(victim.queue, nodes_) / 2 > mine;
  return is_rich ? std::optional(StopCause::FairShare) : std::nullopt;
}

/// Milliseconds of work lost, each weighed by the thousandths of devices and cores that did it.
std::uint64_t Core::cost_of_stopping(const Lease& lease) const {
  const std::uint64_t ran = now_.milliseconds - lease.started.milliseconds;
  const std::uint64_t step = lease.job->request.checkpoint_ms;
  const std::uint64_t lost = (step == 0 ? ran : ran % step) + restart_ms;
  const std::uint64_t width = 16 * lease.need.gpu_total() + lease.need.cpu_milli + 1;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / (1U << 20);
  return std::min(lost, most / width) * width;
}

std::vector<Victim> Core::victims_on(const Job& job, const Node& node) const {
  std::vector<Victim> victims;
  for (const LeaseNumber number : node.leases) {
    const Lease& lease = leases_.at(number);
    const auto cause = may_take(job, lease);
    if (!cause) continue;
    if (!lease.job->is_gang()) {
      victims.push_back({cost_of_stopping(lease), *cause, {&lease}});
      continue;
    }
    const auto known = std::find_if(victims.begin(), victims.end(), [&](const Victim& one) {
      return one.leases.front()->job == lease.job;
    });
    if (known != victims.end()) {
      known->leases.push_back(&lease);
      continue;
    }
    Victim gang{0, *cause, {&lease}};
    for (const LeaseNumber member : lease.job->leases) {
      gang.cost += cost_of_stopping(leases_.at(member));
    }
    victims.push_back(std::move(gang));
  }
  std::sort(victims.begin(), victims.end(), [](const Victim& a, const Victim& b) {
    return std::pair(a.cost, a.leases.front()->number) <
           std::pair(b.cost, b.leases.front()->number);
  });
  if (victims.size() > victims_max) victims.resize(victims_max);
  return victims;
}

void Core::stop_victim(const Victim& victim, const JobId& by) {
  for (const Lease* const one : victim.leases) {
    Job& owner = *one->job;
    if (!owner.is_gang()) {
      stop(leases_.at(one->number), victim.cause, by, owner.request.grace_ms);
      continue;
    }
    if (!owner.request.retry.on_preempted) owner.ending = JobState::Failed;
    owner.is_broken = true;
    for (const LeaseNumber member : owner.leases) {
      stop(leases_.at(member), victim.cause, by, owner.request.grace_ms);
    }
    settle(owner);
  }
}

bool Core::preempt_for(Job& job) {
  Choice best;
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    const ShapeIndex& shape = job.cls->alternatives[i];
    for (const auto& [index, leases] : stoppable_) {
      const Node& node = nodes_.at(index);
      const bool is_others = node.reserved_for && *node.reserved_for != job.request.job;
      const Match matched = shape.match_of(nodes_, index);
      if (is_others || !matched.is_allowed) continue;
      if (failed_for_job(job, index, now_) != 0) continue;
      std::vector<Victim> victims = victims_on(job, node);
      CheapestVictims search(node, shape, matched.devices, victims);
      const auto chosen = search.find(best.cost);
      if (!chosen) continue;
      best.node = index;
      best.alternative = i;
      best.victims.clear();
      for (std::size_t v = 0; v < victims.size(); ++v) {
        if ((*chosen >> v & 1U) != 0) best.victims.push_back(std::move(victims[v]));
      }
    }
  }
  if (best.victims.empty()) return false;
  WallTime start = now_;
  for (const Victim& victim : best.victims) {
    start = std::max(start, after(now_, victim.leases.front()->job->request.grace_ms));
  }
  if (job.reservation && job.reservation->start <= start) return false;
  for (const Victim& victim : best.victims) stop_victim(victim, job.request.job);
  hold_nodes(job, Reservation{start, best.alternative, {{best.node, 1}}});
  return true;
}

}  // namespace oort::compute
