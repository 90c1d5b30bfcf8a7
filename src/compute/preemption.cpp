// SPDX-License-Identifier: Apache-2.0
// Preemption: on ticks, the first jobs of queues may stop leases that they have a right over.
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include "core.hpp"

namespace oort::compute {
namespace {

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

/// What must become free for a task to fit, at least.
Held missing(const Capacity& free, const Need& need) {
  // What is in use of each device that is not wholly free, the least first.
  std::array<std::uint32_t, devices_max> used{};
  std::size_t devices = 0;
  std::uint32_t most_free = 0;
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    most_free = std::max<std::uint32_t>(most_free, free.gpu_milli[i]);
    if (free.gpu_milli[i] < gpu_whole) used[devices++] = gpu_whole - free.gpu_milli[i];
  }
  std::uint64_t gpu = 0;
  if (need.gpu_milli < gpu_whole) {
    gpu = need.gpu_milli - std::min<std::uint32_t>(need.gpu_milli, most_free);
  } else {
    std::sort(used.begin(), used.begin() + static_cast<std::ptrdiff_t>(devices));
    const std::size_t whole = free.devices_count - devices;
    for (std::size_t i = 0; i < devices && whole + i < need.gpu_count; ++i) gpu += used[i];
  }
  return {gpu, need.cpu_milli - std::min(need.cpu_milli, free.cpu_milli)};
}

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
    // All that are left to choose from: where they do not suffice, no choice of them does.
    const std::uint64_t all = (std::uint64_t{1} << victims_.size()) - 1;
    if (!fits(chosen | (all & ~((std::uint64_t{1} << next) - 1)))) return;
    for (std::size_t i = next; i < victims_.size(); ++i) {
      if (cost + victims_[i].cost >= bound) return;  // The others cost no less.
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
  for (Job* const job : heads_in_order(&Job::for_preemption)) {
    if (left == 0 || tries == 0) return;
    const StopRights rights = rights_of(*job);
    if (job->is_gang() || !stoppable_.has_any_for(rights)) continue;
    --tries;
    if (preempt_for(*job, rights)) {
      --left;
    } else {
      job->for_preemption.fail(now_);
    }
  }
}

StopRights Core::rights_of(const Job& job) const {
  const Terms& terms = job.terms;
  StopRights rights{job.queue, terms.priority, terms.is_spot, terms.bid_per_hour, {}};
  if (now_ < after(job.submitted, options_.reclaim_after_ms)) return rights;
  const std::uint64_t mine = queues_.share_ppb(job.queue, nodes_);
  for (QueueIndex queue = 0; queue < queues_.size(); ++queue) {
    rights.is_rich.push_back(queues_.share_ppb(queue, nodes_) / 2 > mine);
  }
  return rights;
}

std::uint64_t Core::cost_of_gang(const Job& gang) const {
  std::uint64_t cost = 0;
  for (const LeaseNumber member : gang.leases) {
    cost += cost_of_stopping(stoppable_of(leases_.at(member)), now_);
  }
  return cost;
}

std::vector<Victim> Core::victims_on(const StopRights& rights, NodeIndex index) const {
  std::vector<Victim> victims;
  for (const Stoppable& one : stoppable_.on(index)) {
    const auto cause = rights.over(one);
    if (!cause) continue;
    if (!one.is_gang) {
      victims.push_back({cost_of_stopping(one, now_), *cause, {one.lease}});
      continue;
    }
    const auto known = std::find_if(victims.begin(), victims.end(), [&](const Victim& other) {
      return other.leases.front()->job == one.lease->job;
    });
    if (known != victims.end()) {
      known->leases.push_back(one.lease);
    } else {
      victims.push_back({cost_of_gang(*one.lease->job), *cause, {one.lease}});
    }
  }
  std::sort(victims.begin(), victims.end(), [](const Victim& a, const Victim& b) {
    return std::pair(a.cost, a.leases.front()->number) <
           std::pair(b.cost, b.leases.front()->number);
  });
  if (victims.size() > victims_max) victims.resize(victims_max);
  return victims;
}

/// What stopping anybody there costs at least; the greatest value where nobody may be stopped.
std::uint64_t Core::least_cost_on(const StopRights& rights, NodeIndex index) const {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const Stoppable& one : stoppable_.on(index)) {
    if (rights.over(one)) least = std::min(least, cost_of_stopping(one, now_));
  }
  return least;
}

void Core::stop_victim(const Victim& victim, const JobId& by) {
  for (const Lease* const one : victim.leases) {
    Job& owner = *one->job;
    if (!owner.is_gang()) {
      stop(leases_.at(one->number), victim.cause, by, owner.terms.grace_ms);
      continue;
    }
    if (!owner.terms.retry.on_preempted) owner.ending = JobState::Failed;
    owner.is_broken = true;
    for (const LeaseNumber member : owner.leases) {
      stop(leases_.at(member), victim.cause, by, owner.terms.grace_ms);
    }
    settle(owner);
  }
}

bool Core::preempt_for(Job& job, const StopRights& rights) {
  Choice best;
  const std::uint64_t queues = rights.queues();
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    const ShapeIndex& shape = job.cls->alternatives[i];
    for (NodeIndex index = 0; index < stoppable_.nodes_end(); ++index) {
      // Most have nobody, or nobody cheap enough, at a glance.
      const Node& node = nodes_.at(index);
      const auto least_cost = [&](const Held& held) {
        return stoppable_.least_cost(index, rights, queues, held, now_);
      };
      if (least_cost({}) >= best.cost) continue;
      if (least_cost(missing(node.free, shape.need())) >= best.cost) continue;
      if (least_cost_on(rights, index) >= best.cost) continue;
      const bool is_others = node.reserved_for && *node.reserved_for != job.id;
      const Match matched = shape.match_of(nodes_, index);
      if (is_others || !matched.is_allowed) continue;
      if (failed_for_job(job, index, now_) != 0) continue;
      std::vector<Victim> victims = victims_on(rights, index);
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
    start = std::max(start, after(now_, victim.leases.front()->job->terms.grace_ms));
  }
  if (job.reservation && job.reservation->start <= start) return false;
  for (const Victim& victim : best.victims) stop_victim(victim, job.id);
  hold_nodes(job, Reservation{start, best.alternative, {{best.node, 1}}});
  return true;
}

}  // namespace oort::compute
