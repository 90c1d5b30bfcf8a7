// SPDX-License-Identifier: Apache-2.0
// What becomes of jobs and their leases.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "core.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

/// Of what tells most classes apart.
std::uint64_t class_hash(const Request& request) {
  std::uint64_t hash = 0;
  const auto add = [&](std::uint64_t number) {
    hash = (hash ^ number) * 0x9E37'79B9'7F4A'7C15U;
    hash ^= hash >> 32U;
  };
  for (const Alternative& need : request.any_of) {
    add(std::uint64_t{need.cpu_milli} << 32U | need.memory_mib);
    add(std::uint64_t{need.gpu_count} << 16U | need.gpu_milli);
  }
  add(price_max_of(request));
  add(std::uint64_t{request.gang.min} << 32U | request.gang.max);
  return hash;
}

bool is_class_of(const RequestClass& cls, const Request& request) {
  if (cls.gang != request.gang || cls.alternatives.size() != request.any_of.size()) return false;
  for (std::size_t i = 0; i < request.any_of.size(); ++i) {
    if (!is_shape_of(cls.alternatives[i].shape(), request, request.any_of[i])) return false;
  }
  return true;
}

}  // namespace

RequestClass* Core::class_of(const Request& request) {
  const std::uint64_t hash = class_hash(request);
  for (auto [at, end] = class_ids_.equal_range(hash); at != end; ++at) {
    if (is_class_of(*classes_[at->second], request)) return classes_[at->second].get();
  }
  if (classes_alive_ >= std::max(sweep_at_, options_.indexed_shapes_max)) drop_idle_classes();
  const bool is_indexed = classes_alive_ < options_.indexed_shapes_max;
  const auto vacant = std::find(classes_.begin(), classes_.end(), nullptr);
  const auto id = static_cast<ClassId>(vacant - classes_.begin());
  if (vacant == classes_.end()) classes_.emplace_back();
  auto cls = std::make_unique<RequestClass>();
  cls->id = id;
  cls->gang = request.gang;
  for (const Alternative& need : request.any_of) {
    cls->alternatives.emplace_back(shape_of(request, need), is_indexed);
    cls->gangs.emplace_back(request.gang, is_indexed);
  }
  classes_[id] = std::move(cls);
  class_ids_.emplace(hash, id);
  ++classes_alive_;
  return classes_[id].get();
}

void Core::drop_idle_classes() {
  for (auto at = class_ids_.begin(); at != class_ids_.end();) {
    if (classes_[at->second]->alive > 0) {
      ++at;
      continue;
    }
    if (at->second < hopeless_.size()) hopeless_[at->second] = Hopeless();
    classes_[at->second].reset();
    --classes_alive_;
    at = class_ids_.erase(at);
  }
  sweep_at_ = 2 * classes_alive_;
}

bool Core::wants_to_wait(const Job& job) const {
  if (job.ending || job.is_broken || job.dependencies_open > 0 || job.pending() == 0) return false;
  if (job.is_gang()) return job.leases.empty();
  const std::uint32_t most = job.terms.array_parallel_max;
  return most == 0 || job.running() < most;
}

void Core::wait(Job& job) {
  queues_.add(job);
  waiting_classes_.insert(job.cls->id);
  fresh_classes_.insert(job.cls->id);
}

void Core::stop_waiting(Job& job) {
  drop_reservation(job);
  if (!job.is_waiting) return;
  queues_.remove(job);
  if (job.cls->waiting > 0) return;
  waiting_classes_.erase(job.cls->id);
  fresh_classes_.erase(job.cls->id);
}

void Core::settle(Job& job) {
  if (job.leases.empty() && job.ending) return finish(job, *job.ending);
  if (job.leases.empty() && job.is_broken) {
    // All members begin anew, from the last checkpoint.
    job.is_broken = false;
    job.done = 0;
    job.tasks = job.cls->gang.min;
  }
  if (!job.ending && job.done == job.tasks) return finish(job, JobState::Finished);
  if (wants_to_wait(job)) {
    if (!job.is_waiting) wait(job);
  } else {
    stop_waiting(job);
  }
  const bool stops = job.ending || job.is_broken;
  if (job.dependencies_open > 0 && !stops) {
    job.state = JobState::Held;
  } else if (job.leases.empty()) {
    job.state = JobState::Queued;
  } else {
    job.state = stops ? JobState::Stopping : JobState::Running;
  }
}

Core::ReplicaGroup Core::replica_group_of(const Job& job) {
  const std::uint64_t group = job.terms.replica_group;
  return {group, group == 0 ? job.id : JobId()};
}

void Core::end_lease(LeaseNumber number, LeaseEnd end) {
  const auto found = leases_.find(number);
  if (is_stoppable(*found->second.job) && !found->second.is_stopping) {
    stoppable_.remove(found->second);
  }
  ends_.remove(found->second);
  const Lease lease = found->second;
  Job& job = *lease.job;
  leases_.erase(found);
  nodes_.release(lease.node, number, lease.need, lease.devices);
  queues_.charge(job.queue, lease.need, false);
  job.leases.erase(std::find(job.leases.begin(), job.leases.end(), number));
  if (job.terms.spread != Spread::None || job.terms.replica_group != 0) {
    const auto group = replicas_.find(replica_group_of(job));
    std::erase(group->second, number);
    if (group->second.empty()) replicas_.erase(group);
  }
  const bool is_nodes_fault =
      end == LeaseEnd::NodeFault || end == LeaseEnd::VerifyFailed || end == LeaseEnd::Refused;
  if (is_nodes_fault) {
    auto& avoided = job.own_rarities().avoided;
    std::erase_if(avoided, [&](const auto& one) { return one.second < now_; });
    const std::uint64_t back_off =
        end == LeaseEnd::NodeFault ? options_.fault_back_off_ms : options_.back_off_ms;
    avoided.emplace_back(nodes_.at(lease.node).offer.node, after(now_, back_off));
  }
  account_end(job, lease.task, end, lease.is_stopping);
  settle(job);
}

void Core::account_end(Job& job, std::uint32_t task, LeaseEnd end, bool was_stopping) {
  if (end == LeaseEnd::Finished) {
    ++job.done;
    return;
  }
  job.own_rarities().returned.insert(task);
  // A gang that is broken already has counted what broke it.
  if (job.ending || job.is_broken) return;
  std::uint32_t& retries = job.own_rarities().retries[job.is_gang() ? 0 : task];
  const Retry& retry = job.terms.retry;
  bool may_retry = true;
  switch (end) {
    case LeaseEnd::Finished:
    case LeaseEnd::Refused: break;
    case LeaseEnd::Failed: may_retry = false; break;
    case LeaseEnd::NodeFault: may_retry = retry.on_node_fault && retries++ < retry.max; break;
    case LeaseEnd::VerifyFailed: may_retry = retry.on_verify_failed && retries++ < retry.max; break;
    case LeaseEnd::Stopped:
      // Being preempted is no fault that is counted; stopping unasked is the task's own.
      may_retry = was_stopping && retry.on_preempted;
      break;
  }
  if (!may_retry) {
    job.ending = JobState::Failed;
    stop_waiting(job);
    stop_all(job, StopCause::JobFailed);
  } else if (job.is_gang()) {
    job.is_broken = true;
    stop_all(job, StopCause::GangBroken);
  }
}

void Core::stop(Lease& lease, StopCause cause, const JobId& by, std::uint64_t grace_ms) {
  if (lease.is_stopping) return;
  if (is_stoppable(*lease.job)) stoppable_.remove(lease);
  lease.is_stopping = true;
  const WallTime deadline = after(now_, grace_ms);
  if (deadline < lease.until) {
    ends_.remove(lease);
    lease.until = deadline;
    ends_.add(lease);
  }
  actions_.push_back(Stop{lease.number, cause, by, deadline});
}

void Core::stop_all(Job& job, StopCause cause) {
  for (const LeaseNumber number : job.leases) {
    stop(leases_.at(number), cause, job.id, job.terms.grace_ms);
  }
}

void Core::finish(Job& job, JobState outcome) {
  const JobId id = job.id;
  actions_.push_back(Ended{id, outcome});
  forget_running(job, outcome);
}

void Core::reject(Job& job, RejectReason reason) {
  actions_.push_back(Reject{job.id, reason});
  forget_running(job, JobState::Rejected);
}

void Core::forget_running(Job& job, JobState outcome) {
  OORT_ASSERT(job.leases.empty(), "a job ends after its leases");
  stop_waiting(job);
  const JobId id = job.id;
  --job.cls->alive;
  ended_.emplace(id, JobTasks{outcome, job.pending(), 0, job.done});
  for (const JobId& dependent : job.rarities().dependents) {
    news_.emplace_back(dependent, outcome == JobState::Finished);
  }
  jobs_.erase(id);
}

void Core::tell_dependents() {
  while (!news_.empty()) {
    const auto [id, is_finished] = news_.front();
    news_.pop_front();
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.dependencies_open == 0) continue;
    Job& job = found->second;
    if (!is_finished) {
      reject(job, RejectReason::DependencyFailed);
    } else if (--job.dependencies_open == 0) {
      settle(job);
    }
  }
}

std::uint32_t Core::take_task(Job& job) {
  if (job.rarities().returned.empty()) return job.next_task++;
  std::set<std::uint32_t>& returned = job.own_rarities().returned;
  const std::uint32_t task = *returned.begin();
  returned.erase(returned.begin());
  return task;
}

/// Where a task runs already, if its node is there, may run it, and has what it takes free.
std::optional<Core::Spot> Core::spot_of(Job& job, const RunningTask& running) {
  const auto index = nodes_.find(running.node);
  if (!index || running.alternative >= job.cls->alternatives.size()) return std::nullopt;
  ShapeIndex& shape = job.cls->alternatives[running.alternative];
  shape.refresh(nodes_);
  const Node& node = nodes_.at(*index);
  const Match matched = shape.match_of(nodes_, *index);
  const auto allowed = static_cast<DeviceMask>(matched.devices & running.devices);
  const auto devices = fit(node.free, shape.need(), allowed, node.links);
  const bool is_its_own = !node.reserved_for || *node.reserved_for == job.id;
  if (!matched.is_allowed || !devices || *devices != running.devices || !is_its_own) {
    return std::nullopt;
  }
  return Spot{*index, running.alternative, *devices, 0};
}

void Core::resume(Job& job, const std::vector<RunningTask>& running) {
  if (!job.is_gang()) {
    for (const RunningTask& one : running) {
      if (!job.rarities().returned.contains(one.task)) continue;
      const auto spot = spot_of(job, one);
      if (!spot) continue;
      job.own_rarities().returned.erase(one.task);
      lease(job, *spot, one.task);
    }
    return;
  }
  // Members are told apart by their rank, so all of them must be where they were.
  std::set<std::uint32_t> ranks;
  for (const RunningTask& one : running) ranks.insert(one.task);
  const bool is_whole = running.size() >= job.cls->gang.min && ranks.size() == running.size() &&
                        *ranks.rbegin() + 1 == ranks.size();
  if (!is_whole) return;
  job.tasks = static_cast<std::uint32_t>(running.size());
  job.next_task = job.tasks;
  const std::size_t actions = actions_.size();
  for (const RunningTask& one : running) {
    const auto spot = spot_of(job, one);
    if (!spot) break;
    lease(job, *spot, one.task);
  }
  if (job.leases.size() == running.size()) return;
  // Not one of them was told of, so none was placed.
  actions_.erase(actions_.begin() + static_cast<std::ptrdiff_t>(actions), actions_.end());
  job.is_broken = true;
  while (!job.leases.empty()) end_lease(job.leases.back(), LeaseEnd::Stopped);
}

void Core::lease(Job& job, const Spot& spot, std::uint32_t task) {
  last_lease_ = last_lease_.next();
  const ShapeIndex& shape = job.cls->alternatives[spot.alternative];
  Lease lease{last_lease_,  &job,         task, spot.node,
              shape.need(), spot.devices, now_, after(now_, job.terms.walltime_ms)};
  nodes_.lease(spot.node, last_lease_, shape.need(), spot.devices);
  queues_.charge(job.queue, shape.need(), true);
  job.leases.push_back(last_lease_);
  job.has_started = true;
  if (job.terms.spread != Spread::None || job.terms.replica_group != 0) {
    replicas_[replica_group_of(job)].push_back(last_lease_);
  }
  const Offer& offer = nodes_.at(spot.node).offer;
  actions_.push_back(Place{last_lease_, job.id, lease.task, offer.node, spot.alternative,
                           spot.devices, price_of(shape.shape().need, offer), lease.until});
  const auto added = leases_.emplace(last_lease_, lease).first;
  ends_.add(added->second);
  if (is_stoppable(job)) stoppable_.add(added->second);
}

}  // namespace oort::compute
