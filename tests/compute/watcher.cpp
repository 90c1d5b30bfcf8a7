// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

namespace oort::compute::test {
namespace {

bool share_domain(Spread spread, const Offer& a, const Offer& b) {
  return (spread == Spread::Node && a.node == b.node) ||
         (spread == Spread::Operator && a.operator_id == b.operator_id) ||
         (spread == Spread::Network && a.network == b.network) ||
         (spread == Spread::Region && a.region == b.region);
}

bool is_one_group(const Request& a, const Request& b) {
  return a.replica_group == 0 ? a.job == b.job : a.replica_group == b.replica_group;
}

}  // namespace

void Watcher::before(WallTime now, const Event& event) {
  now_ = now;
  touched_.clear();
  lost_.clear();
  submitted_.reset();
  std::visit([this](const auto& one) { see(one); }, event);
}

void Watcher::see(const OfferSet& event) {
  const auto known = nodes_.find(event.offer.node);
  if (known == nodes_.end()) {
    nodes_[event.offer.node].offer = event.offer;
    return;
  }
  excuse_node(event.offer.node);
  if (known->second.offer.devices != event.offer.devices) end_all_on(event.offer.node);
  known->second.offer = event.offer;
}

void Watcher::see(const OfferGone& event) {
  excuse_node(event.node);
  end_all_on(event.node);
  nodes_.erase(event.node);
}

void Watcher::see(const JobSubmitted& event) {
  WatchedJob& job = jobs_[event.request.job];
  job.request = event.request;
  job.submitted = now_;
  touched_.insert(event.request.job);
  submitted_ = event.request.job;
}

void Watcher::see(const LeaseEnded& event) {
  const auto found = leases_.find(event.lease);
  if (found == leases_.end()) return;
  const Place place = found->second.place;
  WatchedJob& job = jobs_.at(place.job);
  if (event.end == LeaseEnd::NodeFault || event.end == LeaseEnd::VerifyFailed ||
      event.end == LeaseEnd::Refused) {
    job.avoided[place.node] = WallTime{now_.milliseconds + options_.back_off_ms};
    excuse(job);
  }
  end(event.lease);
}

void Watcher::end_all_on(const NodeId& node) {
  std::vector<LeaseNumber> here;
  for (const auto& [number, lease] : leases_) {
    if (lease.place.node == node) here.push_back(number);
  }
  for (const LeaseNumber number : here) {
    WatchedJob& job = jobs_.at(leases_.at(number).place.job);
    job.avoided[node] = WallTime{now_.milliseconds + options_.back_off_ms};
    excuse(job);
    end(number);
    lost_.insert(number);
  }
}

void Watcher::end(LeaseNumber number) {
  const Place place = leases_.at(number).place;
  WatchedJob& job = jobs_.at(place.job);
  nodes_.at(place.node).use(job.request, place, -1);
  job.leases.erase(number);
  leases_.erase(number);
  touched_.insert(place.job);
}

void Watcher::excuse(WatchedJob& job) {
  promises_excused_ += job.promise ? 1 : 0;
  job.promise.reset();
}

void Watcher::excuse_node(const NodeId& node) {
  for (auto& [id, job] : jobs_) {
    if (!job.promise) continue;
    const auto& nodes = job.promise->nodes;
    if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) excuse(job);
  }
}

void Watcher::after(const Scheduler& scheduler, const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& one) { check(one); }, action);
  }
  check_gangs(actions);
  check_promises(scheduler);
  EXPECT_EQ(scheduler.leases_count(), leases_.size());
  for (const JobId& id : touched_) {
    if (const auto job = jobs_.find(id); job != jobs_.end())
      check_state(scheduler, id, job->second);
  }
}

void Watcher::check_all(const Scheduler& scheduler) {
  for (const auto& [id, job] : jobs_) check_state(scheduler, id, job);
}

void Watcher::check(const Place& place) {
  WatchedJob& job = jobs_.at(place.job);
  const Request& request = job.request;
  WatchedNode& node = nodes_.at(place.node);
  const Alternative& need = request.any_of.at(place.alternative);
  EXPECT_FALSE(job.ended) << "C6: an ended job starts";
  // C1 and C8.
  for (const Constraint failed : failed_rules(request, need, node, now_)) {
    ADD_FAILURE() << "a placement breaks " << to_text(failed);
  }
  EXPECT_TRUE(devices_keep_rules(request, place, node));
  EXPECT_EQ(place.price_per_hour, price_by_rule(need, node.offer));
  EXPECT_EQ(place.until.milliseconds, now_.milliseconds + request.walltime_ms);
  if (const auto avoided = job.avoided.find(place.node); avoided != job.avoided.end()) {
    EXPECT_GE(now_, avoided->second) << "C8: a node that failed the job gets it at once";
  }
  check_apart(job, node.offer);
  if (request.start_by && !job.has_started) {
    EXPECT_LE(now_, *request.start_by);
  }
  for (const JobId& on : request.depends_on) {
    const auto found = jobs_.find(on);
    if (found == jobs_.end()) continue;
    EXPECT_EQ(found->second.ended, JobState::Finished) << "C7";
  }
  for (const LeaseNumber other : job.leases) EXPECT_NE(leases_.at(other).place.task, place.task);
  node.use(request, place, 1);
  job.leases.insert(place.lease);
  if (request.array_parallel_max > 0) {
    EXPECT_LE(job.leases.size(), request.array_parallel_max);
  }
  job.has_started = true;
  if (job.promise) {
    EXPECT_LE(now_, job.promise->start) << "C3: a reserved job starts late";
    ++promises_kept_;
    job.promise.reset();
  }
  EXPECT_TRUE(leases_.emplace(place.lease, Lease{place, {}}).second);
  touched_.insert(place.job);
}

void Watcher::check_apart(const WatchedJob& job, const Offer& offer) const {
  const Spread spread = job.request.spread;
  if (spread == Spread::None) return;
  for (const auto& [number, lease] : leases_) {
    if (!is_one_group(jobs_.at(lease.place.job).request, job.request)) continue;
    EXPECT_FALSE(share_domain(spread, nodes_.at(lease.place.node).offer, offer))
        << "C8: two replicas in one domain";
  }
}

void Watcher::check(const Stop& stop) {
  if (lost_.contains(stop.lease)) return;
  Lease& lease = leases_.at(stop.lease);
  const Request& victim = jobs_.at(lease.place.job).request;
  EXPECT_FALSE(lease.deadline) << "a lease is stopped once";
  EXPECT_EQ(stop.deadline.milliseconds, now_.milliseconds + victim.grace_ms);
  lease.deadline = stop.deadline;
  touched_.insert(victim.job);
  if (stop.cause == StopCause::GangBroken || stop.cause == StopCause::JobFailed ||
      stop.cause == StopCause::JobCancelled) {
    EXPECT_EQ(stop.by, victim.job);
    return;
  }
  // C10
  const WatchedJob& by = jobs_.at(stop.by);
  EXPECT_TRUE(victim.is_preemptible || victim.is_spot);
  EXPECT_FALSE(by.ended);
  switch (stop.cause) {
    case StopCause::HigherPriority:
      EXPECT_EQ(by.request.queue, victim.queue);
      EXPECT_GT(by.request.priority, victim.priority);
      break;
    case StopCause::SpotReclaimed: EXPECT_TRUE(victim.is_spot && !by.request.is_spot); break;
    case StopCause::SpotOutbid:
      EXPECT_TRUE(victim.is_spot && by.request.is_spot);
      EXPECT_GT(by.request.bid_per_hour, victim.bid_per_hour);
      break;
    case StopCause::FairShare:
      EXPECT_NE(by.request.queue, victim.queue);
      EXPECT_GE(now_.milliseconds, by.submitted.milliseconds + options_.reclaim_after_ms);
      break;
    case StopCause::GangBroken:
    case StopCause::JobFailed:
    case StopCause::JobCancelled: break;
  }
}

void Watcher::check(const Reserve& reserve) {
  WatchedJob& job = jobs_.at(reserve.job);
  EXPECT_GE(reserve.start, now_);
  if (job.promise) {
    EXPECT_LE(reserve.start, job.promise->start) << "C3: a promise is put off";
  }
  job.promise = Promise{reserve.start, reserve.nodes};
}

void Watcher::check(const Reject& reject) {
  const auto found = jobs_.find(reject.job);
  if (found == jobs_.end()) return;
  EXPECT_FALSE(found->second.ended) << "C6: a job ends once";
  EXPECT_TRUE(found->second.leases.empty());
  if (submitted_ == reject.job) {
    // Refused at the door, so the scheduler does not know it.
    jobs_.erase(found);
    return;
  }
  found->second.ended = JobState::Rejected;
  found->second.promise.reset();
}

void Watcher::check(const Ended& ended) {
  WatchedJob& job = jobs_.at(ended.job);
  EXPECT_FALSE(job.ended) << "C6: a job ends once";
  EXPECT_TRUE(job.leases.empty());
  job.ended = ended.state;
  job.promise.reset();
}

void Watcher::check_gangs(const std::vector<Action>& actions) {
  std::map<JobId, std::vector<Place>> placed;
  for (const Action& action : actions) {
    if (const auto* place = std::get_if<Place>(&action)) placed[place->job].push_back(*place);
  }
  for (const auto& [id, members] : placed) {
    const WatchedJob& job = jobs_.at(id);
    if (job.request.gang.max > 1) check_gang(job, members);
  }
}

void Watcher::check_gang(const WatchedJob& job, const std::vector<Place>& members) const {
  const Gang& gang = job.request.gang;
  EXPECT_GE(members.size(), gang.min) << "C2";
  EXPECT_LE(members.size(), gang.max) << "C2";
  EXPECT_EQ(members.size(), job.leases.size()) << "C2: a gang starts beside its own members";
  const Offer& first = nodes_.at(members.front().node).offer;
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(members[i].task, i);
    EXPECT_EQ(members[i].alternative, members.front().alternative);
    const Offer& offer = nodes_.at(members[i].node).offer;
    const bool is_here = offer.node == first.node;
    switch (gang.topology) {
      case Topology::Any: break;
      case Topology::SameRegion: EXPECT_EQ(offer.region, first.region); break;
      case Topology::SameFabric:
        EXPECT_TRUE(is_here || (first.fabric != 0 && offer.fabric == first.fabric));
        break;
      case Topology::SameNode: EXPECT_TRUE(is_here); break;
    }
  }
}

void Watcher::check_promises(const Scheduler& scheduler) {
  for (auto& [id, job] : jobs_) {
    if (!job.promise) continue;
    // Nobody starts a job that is told to end, nor one beside a replica in its domain.
    const auto state = scheduler.job(id);
    bool is_excused = !state || state->state == JobState::Stopping;
    for (const NodeId& node : job.promise->nodes) {
      for (const auto& [number, lease] : leases_) {
        const Request& other = jobs_.at(lease.place.job).request;
        is_excused = is_excused || (is_one_group(other, job.request) &&
                                    share_domain(job.request.spread, nodes_.at(node).offer,
                                                 nodes_.at(lease.place.node).offer));
      }
    }
    if (is_excused) {
      excuse(job);
      continue;
    }
    EXPECT_LE(now_, job.promise->start) << "C3: a reserved job has not started";
    if (now_ > job.promise->start) job.promise.reset();
  }
}

void Watcher::check_state(const Scheduler& scheduler, const JobId& id,
                          const WatchedJob& job) const {
  const auto tasks = scheduler.job(id);
  ASSERT_TRUE(tasks) << "C6: a job is lost";
  EXPECT_EQ(tasks->running, job.leases.size()) << "C6";
  if (job.ended) {
    EXPECT_EQ(tasks->state, *job.ended) << "C6";
    return;
  }
  const std::uint32_t all = tasks->pending + tasks->running + tasks->done;
  const Gang& gang = job.request.gang;
  EXPECT_GE(all, gang.max > 1 ? gang.min : job.request.array_count) << "C6";
  EXPECT_LE(all, gang.max > 1 ? gang.max : job.request.array_count) << "C6";
  const bool is_active = tasks->state == JobState::Running || tasks->state == JobState::Stopping;
  const bool is_idle = tasks->state == JobState::Held || tasks->state == JobState::Queued;
  EXPECT_EQ(is_active, !job.leases.empty()) << "C6";
  EXPECT_EQ(is_idle, job.leases.empty()) << "C6";
}

}  // namespace oort::compute::test
