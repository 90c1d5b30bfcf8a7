// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "class_set.hpp"
#include "job.hpp"
#include "lease_ends.hpp"
#include "node_table.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/compute/scheduler.hpp"
#include "queue_tree.hpp"
#include "stoppable.hpp"
#include "workload.hpp"

namespace oort::compute {

[[nodiscard]] constexpr WallTime after(WallTime time, std::uint64_t ms) {
  return {time.milliseconds + ms};
}

/// The scheduler's state. One source a concern: `core.cpp` takes events, `pass.cpp` places single
/// tasks, `gangs.cpp` gangs, `reservations.cpp` and `preemption.cpp` what ticks do, `explain.cpp`
/// looks and changes nothing.
class Core {
 public:
  explicit Core(const Options& options) : options_(options), nodes_(options.weights) {}

  std::vector<Action> step(WallTime now, const Event& event);
  [[nodiscard]] Explanation explain(const JobId& id) const;
  [[nodiscard]] Explanation plan(const Request& request) const;
  [[nodiscard]] std::optional<JobTasks> job(const JobId& id) const;
  [[nodiscard]] std::size_t leases_count() const noexcept { return leases_.size(); }
  [[nodiscard]] std::size_t waiting_count() const noexcept { return queues_.at(0).waiting; }
  [[nodiscard]] std::optional<std::uint64_t> share_ppb(QueueId id) const;
  [[nodiscard]] std::uint64_t gpu_milli_leased() const noexcept {
    return queues_.at(0).running.gpu_milli;
  }

 private:
  /// Where a task would go. `score` orders places; less is better.
  struct Spot {
    NodeIndex node = 0;
    std::uint32_t alternative = 0;
    DeviceMask devices = 0;
    std::int64_t score = 0;
  };
  /// How far a pass has got in a bucket whose first jobs failed what is checked job by job.
  struct Look {
    Rank passed{false, std::numeric_limits<std::int64_t>::min(), 0};
    std::size_t count = 0;
    bool is_over = false;
  };
  /// Both are looked up and never walked in an order that shows. Jobs are named by hashes.
  struct ByName {
    std::size_t operator()(const JobId& id) const noexcept {
      std::size_t first = 0;
      std::memcpy(&first, id.view().data(), sizeof(first));
      return first;
    }
    std::size_t operator()(LeaseNumber number) const noexcept { return number.value(); }
  };
  /// That no node had room for a class of one alternative when the log stood at `until`.
  struct Hopeless {
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t until = never;
    Glance need;
  };
  using ReplicaGroup = std::pair<std::uint64_t, JobId>;

  // Events.
  void on(const OfferSet& event);
  void on(const OfferGone& event);
  void on(const QueueSet& event);
  void on(const JobSubmitted& event);
  void on(const JobResumed& event);
  void on(const JobCancelled& event);
  void on(const JobForgotten& event);
  void on(const LeaseEnded& event);
  void on(const WorkloadSet& event);
  void on(const Tick& event);
  void remove_node(NodeIndex index);
  [[nodiscard]] std::optional<RejectReason> refusal(const Request& request) const;

  // Jobs and leases.
  Job* admit(const Request& request);
  void resume(Job& job, const std::vector<RunningTask>& running);
  [[nodiscard]] std::optional<Spot> spot_of(Job& job, const RunningTask& running);
  RequestClass* class_of(const Request& request);
  void drop_idle_classes();
  void hold_or_queue(Job& job, const std::vector<JobId>& depends_on);
  void wait(Job& job);
  void stop_waiting(Job& job);
  [[nodiscard]] bool wants_to_wait(const Job& job) const;
  void settle(Job& job);
  void end_lease(LeaseNumber number, LeaseEnd end);
  void account_end(Job& job, std::uint32_t task, LeaseEnd end, bool was_stopping);
  void stop(Lease& lease, StopCause cause, const JobId& by, std::uint64_t grace_ms);
  void stop_all(Job& job, StopCause cause);
  void finish(Job& job, JobState outcome);
  void reject(Job& job, RejectReason reason);
  void forget_running(Job& job, JobState outcome);
  void tell_dependents();
  void lease(Job& job, const Spot& spot, std::uint32_t task);
  [[nodiscard]] std::uint32_t take_task(Job& job);
  [[nodiscard]] static ReplicaGroup replica_group_of(const Job& job);

  // One pass: place what fits, neediest queue first.
  void pass();
  void try_reserved();
  [[nodiscard]] bool is_ready(RequestClass& cls);
  [[nodiscard]] bool may_be_ready(ClassId id);
  [[nodiscard]] bool is_surely_ready(ClassId id);
  [[nodiscard]] bool check_ready(ClassId id);
  [[nodiscard]] bool fits_reserved_node(const ShapeIndex& shape) const;
  void gather_ready(const ClassSet& classes);
  void place_ready();
  [[nodiscard]] Job* head_of(QueueIndex queue) const;
  [[nodiscard]] bool has_head(QueueIndex queue) const;
  [[nodiscard]] Job* unseen(QueueIndex queue, ClassId cls) const;
  void resume_looks();
  void keep_looks();
  void drop_unready();
  void drop_surely_unready();
  void fail_head(const Job& job);
  [[nodiscard]] bool place(Job& job);
  [[nodiscard]] std::optional<Spot> pick(Job& job);
  void consider(const Job& job, const ShapeIndex& shape, std::uint32_t alternative, NodeIndex node,
                std::int64_t score, std::optional<Spot>& best) const;
  void consider_all(const Job& job, const ShapeIndex& shape, std::uint32_t alternative,
                    std::optional<Spot>& best) const;
  [[nodiscard]] std::int64_t locality_bonus(const Job& job, NodeIndex node) const;
  /// What the index does not know: time, spread, back-off; as bits by `Constraint`.
  [[nodiscard]] std::uint32_t failed_for_job(const Job& job, NodeIndex node, WallTime start) const;
  [[nodiscard]] bool shares_domain(const Job& job, NodeIndex node) const;
  [[nodiscard]] bool may_backfill(const Job& job, NodeIndex node, const Need& need,
                                  DeviceMask devices) const;

  // Gangs.
  [[nodiscard]] bool place_gang(Job& job);
  [[nodiscard]] bool place_gang_in(Job& job, std::uint32_t alternative, TopologyGroup group);
  [[nodiscard]] bool place_gang_reserved(Job& job);
  void lease_members(Job& job, std::uint32_t alternative,
                     const std::vector<Reservation::Part>& parts);
  [[nodiscard]] std::vector<Reservation::Part> spread_out(
      const Job& job, std::vector<Reservation::Part> parts) const;

  // Ticks.
  void reject_late();
  void drop_late_reservations();
  void make_reservations();
  /// What a search for nodes and a time has found. It is blocked where reservations of others alone
  /// keep the job from having one.
  struct Window {
    std::optional<Reservation> reservation;
    bool is_blocked = false;
  };
  enum class Reserved : std::uint8_t { Yes, Blocked, No };
  [[nodiscard]] Reserved reserve(Job& job, const std::vector<Ending>& ends);
  void hold_nodes(Job& job, Reservation reservation);
  void drop_reservation(Job& job);
  [[nodiscard]] Window earliest(const Job& job, std::uint32_t alternative,
                                const std::vector<Ending>& ends) const;
  [[nodiscard]] std::optional<Reservation> earliest_single(const Job& job,
                                                           std::uint32_t alternative,
                                                           const std::vector<Ending>& ends) const;
  [[nodiscard]] std::vector<Job*> heads_in_order(Patience Job::* patience) const;
  void preempt();
  [[nodiscard]] bool preempt_for(Job& job, const StopRights& rights);
  [[nodiscard]] std::uint64_t least_cost_on(const StopRights& rights, NodeIndex index) const;
  [[nodiscard]] StopRights rights_of(const Job& job) const;
  [[nodiscard]] std::vector<Victim> victims_on(const StopRights& rights, NodeIndex index) const;
  void stop_victim(const Victim& victim, const JobId& by);
  [[nodiscard]] static bool is_stoppable(const Job& job) {
    return job.terms.is_preemptible || job.terms.is_spot;
  }
  [[nodiscard]] std::uint64_t cost_of_gang(const Job& gang) const;

  // Explanations.
  struct NodeView {
    std::uint32_t failed = 0;  ///< Now, as bits by `Constraint`.
    bool could_when_idle = false;
    std::uint32_t members_now = 0;
    std::uint32_t members_idle = 0;
  };
  [[nodiscard]] Explanation explain_alternatives(const Job& job) const;
  [[nodiscard]] Explanation explain_alternative(const Job& job, std::uint32_t alternative) const;
  [[nodiscard]] NodeView view_of(const Job& job, const ShapeIndex& shape, NodeIndex index) const;
  [[nodiscard]] std::optional<Relaxation> relaxation_of(const ShapeIndex& shape, NodeIndex index,
                                                        Constraint constraint) const;

  Options options_;
  /// Of what there are very many of.
  std::pmr::unsynchronized_pool_resource pool_;
  WallTime now_;
  std::vector<Action> actions_;
  NodeTable nodes_;
  QueueTree queues_;
  LearnedWorkload workload_;
  std::pmr::unordered_map<JobId, Job, ByName> jobs_{&pool_};
  std::map<JobId, JobTasks> ended_;
  std::pmr::unordered_map<LeaseNumber, Lease, ByName> leases_{&pool_};
  LeaseEnds ends_;
  LeaseNumber last_lease_;
  std::uint64_t last_sequence_ = 0;
  WallTime last_tick_;
  /// By `class_hash`: classes of one hash are compared with the request.
  std::unordered_multimap<std::uint64_t, ClassId> class_ids_;
  std::vector<std::unique_ptr<RequestClass>> classes_;
  std::size_t classes_alive_ = 0;
  std::size_t sweep_at_ = 0;
  /// Classes with waiting jobs, and those of them that got one since the last pass.
  ClassSet waiting_classes_;
  ClassSet fresh_classes_;
  /// The nodes' log at the end of the last pass: what waited then had no place.
  std::uint64_t settled_at_ = 0;
  std::set<std::pair<WallTime, JobId>> deadlines_;
  std::map<ReplicaGroup, std::vector<LeaseNumber>> replicas_;
  std::vector<Job*> reserved_;
  std::set<NodeIndex> reserved_nodes_;
  StoppableLeases stoppable_;

  /// Jobs that a job they depend on has ended for, and whether well; told before the next pass.
  std::deque<std::pair<JobId, bool>> news_;

  // Of one pass.
  /// Reserved nodes take other jobs on ticks alone, since each job has to be looked at for that.
  bool may_use_reserved_ = false;
  /// Classes that may have room. Those whose `hopeless_` is never have it, the others are checked
  /// when it is their turn: most of them lose it to the first.
  std::vector<ClassId> ready_;
  /// By class. Beside the classes, so that asking all of them touches little memory.
  std::vector<Hopeless> hopeless_;
  std::map<std::pair<QueueIndex, ClassId>, Look> looks_;
  /// Where the next tick goes on looking, so that jobs that never fit hide nobody for ever.
  std::map<std::pair<QueueIndex, ClassId>, Rank> resumed_;
};

}  // namespace oort::compute
