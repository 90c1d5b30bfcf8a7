// SPDX-License-Identifier: Apache-2.0
#include "core.hpp"

#include <algorithm>
#include <string>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

bool is_well_formed(const Alternative& need) {
  if (need.gpu_count > devices_max || need.gpu_milli == 0 || need.gpu_milli > gpu_whole) {
    return false;
  }
  return need.gpu_milli == gpu_whole || need.gpu_count == 1;
}

bool is_well_formed(const Request& request) {
  const Gang& gang = request.gang;
  if (request.any_of.empty() || request.any_of.size() > alternatives_max) return false;
  if (request.walltime_ms == 0 || request.walltime_ms > walltime_ms_max) return false;
  if (request.grace_ms > walltime_ms_max || request.near.size() > locality_hints_max) return false;
  if (request.priority < -100 || request.priority > 100) return false;
  if (gang.min == 0 || gang.min > gang.max || gang.max > gang_members_max) return false;
  if (request.array_count == 0 || request.array_count > array_tasks_max) return false;
  if (gang.max > 1 && request.array_count > 1) return false;
  return std::all_of(request.any_of.begin(), request.any_of.end(),
                     [](const Alternative& need) { return is_well_formed(need); });
}

bool is_well_formed(const Offer& offer) { return offer.devices.size() <= devices_max; }

}  // namespace

std::vector<Action> Core::step(WallTime now, const Event& event) {
  now_ = std::max(now_, now);
  actions_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  return std::move(actions_);
}

void Core::on(const OfferSet& event) {
  if (!is_well_formed(event.offer)) return;
  const auto known = nodes_.find(event.offer.node);
  if (known && nodes_.at(*known).offer.devices == event.offer.devices) {
    if (nodes_.at(*known).offer == event.offer) return;
    nodes_.change(*known, event.offer);
  } else {
    if (known) remove_node(*known);
    nodes_.add(event.offer);
  }
  pass();
}

void Core::on(const OfferGone& event) {
  const auto known = nodes_.find(event.node);
  if (!known) return;
  remove_node(*known);
  pass();
}

void Core::remove_node(NodeIndex index) {
  if (const auto job = nodes_.at(index).reserved_for) drop_reservation(jobs_.at(*job));
  while (!nodes_.at(index).leases.empty()) {
    end_lease(nodes_.at(index).leases.back(), LeaseEnd::NodeFault);
  }
  nodes_.remove(index);
}

void Core::on(const QueueSet& event) { queues_.set(event.queue, event.parent, event.weight); }

std::optional<RejectReason> Core::refusal(const Request& request) const {
  if (!is_well_formed(request)) return RejectReason::BadRequest;
  if (jobs_.contains(request.job) || ended_.contains(request.job)) {
    return RejectReason::DuplicateJob;
  }
  const auto queue = queues_.find(request.queue);
  if (!queue || !queues_.at(*queue).children.empty()) return RejectReason::UnknownQueue;
  for (const JobId& on : request.depends_on) {
    const auto ended = ended_.find(on);
    if (ended == ended_.end()) {
      if (!jobs_.contains(on)) return RejectReason::UnknownDependency;
    } else if (ended->second.state != JobState::Finished) {
      return RejectReason::DependencyFailed;
    }
  }
  if (request.finish_by &&
      after(now_, request.walltime_ms).milliseconds > request.finish_by->milliseconds) {
    return RejectReason::CannotFinishInTime;
  }
  if (request.start_by && *request.start_by < now_) return RejectReason::StartByPassed;
  return std::nullopt;
}

/// Null, and the reason among the actions, where it is refused.
Job* Core::admit(const Request& request) {
  if (const auto reason = refusal(request)) {
    actions_.push_back(Reject{request.job, *reason});
    return nullptr;
  }
  Job& job = jobs_[request.job];
  job.id = request.job;
  job.terms = terms_of(request);
  if (!request.near.empty()) job.own_rarities().near = request.near;
  job.queue = *queues_.find(request.queue);
  queues_.admit(job.queue);
  job.cls = class_of(request);
  ++job.cls->alive;
  job.submitted = now_;
  job.tasks = job.is_gang() ? request.gang.min : request.array_count;
  const auto age = static_cast<std::int64_t>(now_.milliseconds);
  const auto worth = static_cast<std::int64_t>(options_.ageing_ms) * request.priority;
  job.rank = {request.is_spot, age - worth, ++last_sequence_};
  if (request.is_spot) job.rank.value = -static_cast<std::int64_t>(request.bid_per_hour >> 1U);
  if (request.start_by) deadlines_.emplace(*request.start_by, request.job);
  if (request.finish_by) {
    deadlines_.emplace(WallTime{request.finish_by->milliseconds - request.walltime_ms},
                       request.job);
  }
  const std::uint64_t tasks = std::uint64_t{request.array_count} * request.gang.min;
  if (workload_.learn(request.any_of.front(), tasks)) {
    nodes_.expect(Fragmentation(workload_.shapes()));
  }
  return &job;
}

void Core::on(const JobSubmitted& event) {
  Job* const job = admit(event.request);
  if (job == nullptr) return;
  hold_or_queue(*job, event.request.depends_on);
  if (job->state == JobState::Queued) pass();
}

void Core::on(const JobResumed& event) {
  Job* const job = admit(event.request);
  if (job == nullptr) return;
  if (!job->is_gang()) {
    job->next_task = job->tasks;
    std::set<std::uint32_t>& returned = job->own_rarities().returned;
    for (std::uint32_t task = 0; task < job->tasks; ++task) {
      if (!std::binary_search(event.done.begin(), event.done.end(), task)) returned.insert(task);
    }
    job->done = job->tasks - static_cast<std::uint32_t>(returned.size());
  }
  hold_or_queue(*job, event.request.depends_on);
  if (job->dependencies_open == 0) {
    resume(*job, event.running);
    settle(*job);
  }
  pass();
}

void Core::hold_or_queue(Job& job, const std::vector<JobId>& depends_on) {
  for (const JobId& on : depends_on) {
    const auto found = jobs_.find(on);
    if (found == jobs_.end()) continue;
    found->second.own_rarities().dependents.push_back(job.id);
    ++job.dependencies_open;
  }
  if (job.dependencies_open > 0) {
    job.state = JobState::Held;
  } else if (wants_to_wait(job)) {
    wait(job);
  }
}

void Core::on(const JobCancelled& event) {
  const auto found = jobs_.find(event.job);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  if (job.ending) return;
  job.ending = JobState::Cancelled;
  stop_waiting(job);
  stop_all(job, StopCause::JobCancelled);
  settle(job);
  pass();
}

void Core::on(const JobForgotten& event) { ended_.erase(event.job); }

void Core::on(const LeaseEnded& event) {
  if (!leases_.contains(event.lease)) return;
  end_lease(event.lease, event.end);
  pass();
}

void Core::on(const WorkloadSet& event) {
  if (event.shapes.size() > workload_shapes_max) return;
  workload_.set();
  nodes_.expect(Fragmentation(event.shapes));
}

void Core::on(const Tick&) {
  queues_.pass_time(now_.milliseconds - last_tick_.milliseconds, options_.usage_half_life_ms);
  last_tick_ = now_;
  may_use_reserved_ = true;
  pass();
  may_use_reserved_ = false;
  tell_dependents();
  drop_late_reservations();
  preempt();
  make_reservations();
  try_reserved();
}

void Core::reject_late() {
  while (!deadlines_.empty() && deadlines_.begin()->first < now_) {
    const JobId id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.has_started || found->second.ending) continue;
    const auto& start_by = found->second.terms.start_by;
    reject(found->second, start_by && *start_by < now_ ? RejectReason::StartByPassed
                                                       : RejectReason::CannotFinishInTime);
  }
}

std::optional<JobTasks> Core::job(const JobId& id) const {
  if (const auto found = jobs_.find(id); found != jobs_.end()) {
    const Job& job = found->second;
    return JobTasks{job.state, job.pending(), job.running(), job.done};
  }
  if (const auto found = ended_.find(id); found != ended_.end()) return found->second;
  return std::nullopt;
}

std::optional<std::uint64_t> Core::share_ppb(QueueId id) const {
  const auto index = queues_.find(id);
  if (!index) return std::nullopt;
  return queues_.share_ppb(*index, nodes_);
}

}  // namespace oort::compute
