// SPDX-License-Identifier: Apache-2.0
// One pass: whatever fits is placed, the first job of the neediest queue first.
#include <algorithm>
#include <utility>

#include "core.hpp"
#include "spread.hpp"

namespace oort::compute {

void Core::pass() {
  reject_late();
  tell_dependents();
  // Where nothing has changed, only those can start that have not been looked at yet.
  const bool is_settled = !may_use_reserved_ && settled_at_ == nodes_.log_end();
  if (!is_settled) try_reserved();
  gather_ready(is_settled ? fresh_classes_ : waiting_classes_);
  fresh_classes_.clear();
  if (!ready_.empty()) place_ready();
  settled_at_ = nodes_.log_end();
}

void Core::place_ready() {
  looks_.clear();
  if (may_use_reserved_) resume_looks();
  std::vector<bool> has_work(queues_.size(), true);
  while (true) {
    // Who has lost its last class that may have room has had its turns.
    for (QueueIndex i = 0; i < queues_.size(); ++i) has_work[i] = has_work[i] && has_head(i);
    const auto queue = queues_.neediest(has_work, nodes_);
    if (!queue) break;
    Job& job = *head_of(*queue);
    if (!is_surely_ready(job.cls->id)) {
      std::erase(ready_, job.cls->id);
      continue;
    }
    // Giving up what is reserved makes room, which is not for those that had none before.
    if (job.reservation) drop_surely_unready();
    if (place(job)) {
      drop_unready();
    } else {
      fail_head(job);
    }
  }
  if (may_use_reserved_) keep_looks();
}

void Core::resume_looks() {
  for (const auto& [key, passed] : resumed_) {
    const auto& buckets = queues_.at(key.first).buckets;
    const bool is_ready = std::binary_search(ready_.begin(), ready_.end(), key.second);
    if (!is_ready || key.second >= buckets.size()) continue;
    Look& look = looks_[key];
    if (buckets[key.second].behind(passed) != nullptr) look.passed = passed;
  }
}

void Core::keep_looks() {
  for (const auto& [key, look] : looks_) {
    if (look.is_over) {
      resumed_[key] = look.passed;
    } else {
      resumed_.erase(key);
    }
  }
}

/// Classes that have no place left lose their turn, and queues look for other first jobs.
void Core::drop_unready() {
  std::erase_if(ready_, [this](ClassId id) { return !may_be_ready(id); });
}

void Core::drop_surely_unready() {
  std::erase_if(ready_, [this](ClassId id) { return !is_surely_ready(id); });
}

/// There is room for the class, but just this job does not get it.
void Core::fail_head(const Job& job) {
  Look& look = looks_[{job.queue, job.cls->id}];
  look.passed = job.rank;
  look.is_over = ++look.count >= options_.looks_per_class_max;
}

void Core::try_reserved() {
  // Placing one ends its reservation, and so changes the list.
  const std::vector<Job*> jobs = reserved_;
  for (Job* const job : jobs) {
    const bool is_placed = job->is_gang() && place_gang_reserved(*job);
    if (!is_placed) static_cast<void>(place(*job));
  }
}

void Core::gather_ready(const ClassSet& classes) {
  ready_.clear();
  if (hopeless_.size() < classes_.size()) hopeless_.resize(classes_.size());
  for (const ClassId id : classes) {
    if (may_be_ready(id)) ready_.push_back(id);
  }
}

/// Whether a class may have room: false is sure. Where no node had room, only those that changed
/// since can have it, and most of them are short at a glance.
bool Core::may_be_ready(ClassId id) {
  constexpr std::uint64_t changes_max = 64;
  Hopeless& known = hopeless_[id];
  const std::uint64_t end = nodes_.log_end();
  const bool is_close = known.until != Hopeless::never && known.until >= nodes_.log_begin() &&
                        end - known.until <= changes_max;
  if (!is_close || may_use_reserved_) return check_ready(id);
  for (std::uint64_t at = known.until; at < end; ++at) {
    if (!is_short(nodes_.room(nodes_.changed(at)), known.need)) return true;
  }
  known.until = end;
  return false;
}

bool Core::is_surely_ready(ClassId id) {
  return hopeless_[id].until == Hopeless::never || check_ready(id);
}

bool Core::check_ready(ClassId id) {
  RequestClass& cls = *classes_[id];
  Hopeless& known = hopeless_[id];
  const bool is_simple =
      !cls.is_gang() && cls.alternatives.size() == 1 && cls.alternatives.front().is_indexed();
  if (is_simple && known.until != Hopeless::never) cls.alternatives.front().skip_to(known.until);
  const bool is_ready_now = is_ready(cls);
  known.until = Hopeless::never;
  if (is_simple && !is_ready_now) known = {nodes_.log_end(), cls.alternatives.front().glance()};
  return is_ready_now;
}

bool Core::is_ready(RequestClass& cls) {
  for (std::size_t i = 0; i < cls.alternatives.size(); ++i) {
    ShapeIndex& shape = cls.alternatives[i];
    if (cls.is_gang()) {
      cls.gangs[i].refresh(nodes_, shape);
      if (cls.gangs[i].is_feasible()) return true;
      continue;
    }
    shape.refresh(nodes_);
    if (shape.is_feasible()) return true;
    if (may_use_reserved_ && fits_reserved_node(shape)) return true;
  }
  return false;
}

bool Core::fits_reserved_node(const ShapeIndex& shape) const {
  return std::any_of(reserved_nodes_.begin(), reserved_nodes_.end(),
                     [&](NodeIndex node) { return shape.devices(nodes_, node).has_value(); });
}

/// The first job of a class that the pass has not looked at; null where there is none.
Job* Core::unseen(QueueIndex index, ClassId cls) const {
  const Queue& queue = queues_.at(index);
  if (cls >= queue.heads.size()) return nullptr;
  if (looks_.empty()) return queue.heads[cls].job;
  const auto look = looks_.find({index, cls});
  if (look == looks_.end()) return queue.heads[cls].job;
  return look->second.is_over ? nullptr : queue.buckets[cls].behind(look->second.passed);
}

bool Core::has_head(QueueIndex index) const {
  return std::any_of(ready_.begin(), ready_.end(),
                     [&](ClassId cls) { return unseen(index, cls) != nullptr; });
}

Job* Core::head_of(QueueIndex index) const {
  const Queue& queue = queues_.at(index);
  Job* best = nullptr;
  for (const ClassId cls : ready_) {
    // No job of a class ranks before its head.
    if (best != nullptr && cls < queue.heads.size() && best->rank < queue.heads[cls].rank) continue;
    Job* const first = unseen(index, cls);
    if (first != nullptr && (best == nullptr || first->rank < best->rank)) best = first;
  }
  return best;
}

bool Core::place(Job& job) {
  if (job.is_gang()) return place_gang(job);
  const auto spot = pick(job);
  if (!spot) return false;
  drop_reservation(job);
  lease(job, *spot, take_task(job));
  settle(job);
  return true;
}

std::optional<Core::Spot> Core::pick(Job& job) {
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    ShapeIndex& shape = job.cls->alternatives[i];
    shape.refresh(nodes_);
    std::optional<Spot> best;
    if (const auto first = shape.best(nodes_)) {
      consider(job, shape, i, *first, shape.score(nodes_, *first), best);
      if (!best) consider_all(job, shape, i, best);
      for (const Locality& near : job.rarities().near) {
        const auto node = nodes_.find(near.node);
        if (node) consider(job, shape, i, *node, shape.score(nodes_, *node), best);
      }
    }
    if (may_use_reserved_) {
      for (const NodeIndex node : reserved_nodes_) {
        consider(job, shape, i, node, shape.score_now(nodes_, node), best);
      }
    } else if (job.reservation) {
      for (const auto& part : job.reservation->parts) {
        consider(job, shape, i, part.node, shape.score_now(nodes_, part.node), best);
      }
    }
    if (best) return best;
  }
  return std::nullopt;
}

void Core::consider_all(const Job& job, const ShapeIndex& shape, std::uint32_t alternative,
                        std::optional<Spot>& best) const {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    consider(job, shape, alternative, node, shape.score(nodes_, node), best);
  }
}

void Core::consider(const Job& job, const ShapeIndex& shape, std::uint32_t alternative,
                    NodeIndex node, std::int64_t score, std::optional<Spot>& best) const {
  if (score == unfit) return;
  score -= locality_bonus(job, node);
  if (best && std::pair(best->score, best->node) <= std::pair(score, node)) return;
  if (failed_for_job(job, node, now_) != 0) return;
  const auto devices = shape.devices(nodes_, node);
  const auto& holder = nodes_.at(node).reserved_for;
  if (holder && *holder != job.id && !may_backfill(job, node, shape.need(), *devices)) {
    return;
  }
  best = Spot{node, alternative, *devices, score};
}

std::int64_t Core::locality_bonus(const Job& job, NodeIndex node) const {
  std::int64_t bonus = 0;
  for (const Locality& near : job.rarities().near) {
    if (near.node != nodes_.at(node).offer.node) continue;
    bonus += options_.weights.locality * score_unit * near.mib / 1024;
  }
  return bonus;
}

std::uint32_t Core::failed_for_job(const Job& job, NodeIndex index, WallTime start) const {
  const Offer& offer = nodes_.at(index).offer;
  std::uint32_t failed = 0;
  if (offer.available_until.milliseconds < after(start, job.terms.walltime_ms).milliseconds) {
    failed |= bit_of(Constraint::Availability);
  }
  for (const auto& [node, until] : job.rarities().avoided) {
    if (node == offer.node && start < until) failed |= bit_of(Constraint::NodeBackOff);
  }
  if (job.terms.spread != Spread::None && shares_domain(job, index)) {
    failed |= bit_of(Constraint::Spread);
  }
  return failed;
}

bool Core::shares_domain(const Job& job, NodeIndex index) const {
  const auto group = replicas_.find(replica_group_of(job));
  if (group == replicas_.end()) return false;
  const Offer& mine = nodes_.at(index).offer;
  return std::any_of(group->second.begin(), group->second.end(), [&](LeaseNumber number) {
    return same_domain(job.terms.spread, nodes_.at(leases_.at(number).node).offer, mine);
  });
}

bool Core::may_backfill(const Job& job, NodeIndex index, const Need& need,
                        DeviceMask devices) const {
  const Node& node = nodes_.at(index);
  const Job& holder = jobs_.at(*node.reserved_for);
  const Reservation& reservation = *holder.reservation;
  const WallTime start = std::max(now_, reservation.start);
  if (after(now_, job.terms.walltime_ms) <= start) return true;
  // It would still run then: the holder must fit beside it.
  Capacity used = node.used;
  for (const LeaseNumber number : node.leases) {
    const Lease& lease = leases_.at(number);
    if (lease.ends(now_) <= start) take(used, lease.need, lease.devices);
  }
  give_back(used, need, devices);
  const ShapeIndex& shape = holder.cls->alternatives[reservation.alternative];
  const auto part = std::find_if(reservation.parts.begin(), reservation.parts.end(),
                                 [&](const auto& one) { return one.node == index; });
  const Match matched = shape.match_of(nodes_, index);
  return matched.is_allowed &&
         members_that_fit(rest(node.total, used), shape.need(), matched.devices, node.links,
                          part->members) == part->members;
}

}  // namespace oort::compute
