// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "oort/compute/scheduler.hpp"
#include "rules.hpp"

namespace oort::compute::test {

/// Keeps its own book of nodes, jobs and leases from events and actions alone, and fails the test
/// where an action breaks an invariant.
class Watcher {
 public:
  struct Lease {
    Place place;
    std::optional<WallTime> deadline;  ///< Of a lease that was asked to stop.
  };
  struct Promise {
    WallTime start;
    std::vector<NodeId> nodes;
  };
  struct WatchedJob {
    Request request;
    WallTime submitted;
    std::set<LeaseNumber> leases;
    bool has_started = false;
    std::optional<JobState> ended;
    std::optional<Promise> promise;
    std::map<NodeId, WallTime> avoided;
  };

  explicit Watcher(const Options& options) : options_(options) {}

  /// Before the step; then with its actions.
  void before(WallTime now, const Event& event);
  void after(const Scheduler& scheduler, const std::vector<Action>& actions);
  /// All jobs, rather than those of the last step.
  void check_all(const Scheduler& scheduler);

  [[nodiscard]] const std::map<LeaseNumber, Lease>& leases() const { return leases_; }
  [[nodiscard]] const std::map<JobId, WatchedJob>& jobs() const { return jobs_; }
  [[nodiscard]] const std::map<NodeId, WatchedNode>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t promises_kept() const { return promises_kept_; }
  [[nodiscard]] std::size_t promises_excused() const { return promises_excused_; }

 private:
  void see(const OfferSet& event);
  void see(const OfferGone& event);
  void see(const JobSubmitted& event);
  void see(const JobResumed& event) { see(JobSubmitted{event.request}); }
  void see(const JobForgotten& event) { jobs_.erase(event.job); }
  void see(const LeaseEnded& event);
  template <class Other>
  void see(const Other& /*event*/) {}

  void check(const Place& place);
  void check(const Stop& stop);
  void check(const Reserve& reserve);
  void check(const Reject& reject);
  void check(const Ended& ended);
  void check_apart(const WatchedJob& job, const Offer& offer) const;
  void check_gangs(const std::vector<Action>& actions);
  void check_gang(const WatchedJob& job, const std::vector<Place>& members) const;
  void check_promises(const Scheduler& scheduler);
  void check_state(const Scheduler& scheduler, const JobId& id, const WatchedJob& job) const;
  void end_all_on(const NodeId& node);
  void end(LeaseNumber number);
  void excuse(WatchedJob& job);
  void excuse_node(const NodeId& node);

  Options options_;
  WallTime now_;
  std::map<NodeId, WatchedNode> nodes_;
  std::map<JobId, WatchedJob> jobs_;
  std::map<LeaseNumber, Lease> leases_;
  std::set<JobId> touched_;
  /// Leases that ended with their node in this step.
  std::set<LeaseNumber> lost_;
  /// The job that this step submits.
  std::optional<JobId> submitted_;
  std::size_t promises_kept_ = 0;
  std::size_t promises_excused_ = 0;
};

}  // namespace oort::compute::test
