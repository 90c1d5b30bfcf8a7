// SPDX-License-Identifier: Apache-2.0
// Reservations: the first job of a queue that does not fit is promised nodes and a time, and what
// is placed there in the meantime must be gone by then or leave it room.
#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "core.hpp"
#include "spread.hpp"

namespace oort::compute {
namespace {

/// Jobs of one queue that are looked at for a reservation in one tick.
constexpr std::size_t heads_per_queue_max = 4;

}  // namespace

void Core::drop_reservation(Job& job) {
  if (!job.reservation) return;
  for (const auto& part : job.reservation->parts) {
    reserved_nodes_.erase(part.node);
    nodes_.reserve(part.node, std::nullopt);
  }
  job.reservation.reset();
  std::erase(reserved_, &job);
}

void Core::drop_late_reservations() {
  const std::vector<Job*> jobs = reserved_;
  for (Job* const job : jobs) {
    if (job->reservation->start < now_) drop_reservation(*job);
  }
}

void Core::hold_nodes(Job& job, Reservation reservation) {
  drop_reservation(job);
  std::vector<NodeId> names;
  for (const auto& part : reservation.parts) {
    reserved_nodes_.insert(part.node);
    nodes_.reserve(part.node, job.id);
    names.push_back(nodes_.at(part.node).offer.node);
  }
  actions_.push_back(Reserve{job.id, reservation.start, std::move(names)});
  job.reservation = std::make_unique<Reservation>(std::move(reservation));
  reserved_.push_back(&job);
}

/// The first few jobs of every queue that do not rest, one a class: all first ones, then all second
/// ones, and so on, each time the neediest queue first.
std::vector<Job*> Core::heads_in_order(Patience Job::* patience) const {
  std::vector<std::tuple<std::size_t, std::uint64_t, Rank, Job*>> order;
  for (QueueIndex index = 0; index < queues_.size(); ++index) {
    std::vector<Job*> heads;
    for (const WaitingJobs& bucket : queues_.at(index).buckets) {
      Job* const first = bucket.find([&](const Job& job) { return (job.*patience).again <= now_; });
      if (first != nullptr) heads.push_back(first);
    }
    std::sort(heads.begin(), heads.end(),
              [](const Job* a, const Job* b) { return a->rank < b->rank; });
    const std::uint64_t share = queues_.share_ppb(index, nodes_);
    for (std::size_t i = 0; i < std::min(heads.size(), heads_per_queue_max); ++i) {
      order.emplace_back(i, share, heads[i]->rank, heads[i]);
    }
  }
  std::sort(order.begin(), order.end());  // The sequence in the rank makes the order total.
  std::vector<Job*> jobs;
  jobs.reserve(order.size());
  for (const auto& one : order) jobs.push_back(std::get<Job*>(one));
  return jobs;
}

void Core::make_reservations() {
  // While reservations are made no lease comes or goes, so their order is asked for once.
  std::optional<std::vector<Ending>> ends;
  std::size_t tries = 2 * options_.reservations_max;
  for (Job* const job : heads_in_order(&Job::for_reservation)) {
    if (reserved_.size() >= options_.reservations_max || tries == 0) break;
    if (job->reservation) continue;
    --tries;
    if (!ends) {
      ends_.settle();
      ends = ends_.in_order(now_);
    }
    const Reserved outcome = reserve(*job, *ends);
    // Those behind it would hold, again and again, what it waits for.
    if (outcome == Reserved::Blocked) break;
    if (outcome == Reserved::No) job->for_reservation.fail(now_);
  }
}

Core::Reserved Core::reserve(Job& job, const std::vector<Ending>& ends) {
  std::optional<Reservation> best;
  bool is_blocked = false;
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    job.cls->alternatives[i].refresh(nodes_);
    auto [found, is_this_blocked] = earliest(job, i, ends);
    is_blocked = is_blocked || is_this_blocked;
    if (found && (!best || found->start < best->start)) best = std::move(found);
  }
  if (!best) return is_blocked ? Reserved::Blocked : Reserved::No;
  const Terms& terms = job.terms;
  const WallTime end = after(best->start, terms.walltime_ms);
  if (!job.has_started && terms.start_by && *terms.start_by < best->start) return Reserved::No;
  if (!job.has_started && terms.finish_by && *terms.finish_by < end) return Reserved::No;
  hold_nodes(job, std::move(*best));
  return Reserved::Yes;
}

/// Lets leases end in thought, the first to end first, until the job fits.
class EarliestWindow {
 public:
  /// Of nodes that lie in one domain of the spread only the first is used, for one member.
  EarliestWindow(const NodeTable& nodes, const ShapeIndex& shape, const Gang& gang, Spread spread)
      : nodes_(nodes),
        shape_(shape),
        gang_(gang),
        spread_(spread),
        most_(spread == Spread::None ? gang.max : 1),
        states_(nodes.size()) {}

  /// Whether enough members fit into idle nodes, of those that `may_use`.
  template <class MayUse>
  bool begin(const MayUse& may_use) {
    std::map<TopologyGroup, std::uint64_t> idle;
    std::map<TopologyGroup, TakenDomains> taken;
    std::map<TopologyGroup, std::uint64_t> idle_or_reserved;
    std::map<TopologyGroup, TakenDomains> taken_or_reserved;
    bool could = false;
    for (NodeIndex index = 0; index < nodes_.size(); ++index) {
      const Node& node = nodes_.at(index);
      State& state = states_[index];
      state.match = shape_.match_of(nodes_, index);
      if (!state.match.is_allowed) continue;
      const std::uint32_t members_idle = may_use(index) ? fitting(index, node.total) : 0;
      state.match.is_allowed = false;
      if (members_idle == 0) continue;
      const TopologyGroup group = group_of(gang_.topology, node, index);
      if (take(taken_or_reserved, group, node)) idle_or_reserved[group] += members_idle;
      could_unreserved_ = could_unreserved_ || idle_or_reserved[group] >= gang_.min;
      if (node.reserved_for || !take(taken, group, node)) continue;
      state.match.is_allowed = true;
      state.used = node.used;
      could |= (idle[group] += members_idle) >= gang_.min;
      state.members = fitting(index, node.free);
      sums_[group] += state.members;
    }
    return could;
  }
  /// Whether enough would fit if no node were reserved.
  [[nodiscard]] bool could_unreserved() const noexcept { return could_unreserved_; }
  [[nodiscard]] bool uses(NodeIndex index) const { return states_[index].match.is_allowed; }
  [[nodiscard]] std::optional<TopologyGroup> fitting_group() const {
    for (const auto& [group, sum] : sums_) {
      if (sum >= gang_.min) return group;
    }
    return std::nullopt;
  }
  /// The lease's group, where its end makes the job fit.
  std::optional<TopologyGroup> end(const Lease& lease) {
    State& state = states_[lease.node];
    const Node& node = nodes_.at(lease.node);
    compute::take(state.used, lease.need, lease.devices);
    const std::uint32_t members = fitting(lease.node, rest(node.total, state.used));
    const TopologyGroup group = group_of(gang_.topology, node, lease.node);
    std::uint64_t& sum = sums_[group];
    sum = sum - state.members + members;
    state.members = members;
    return sum >= gang_.min ? std::optional(group) : std::nullopt;
  }
  /// Nodes of the group for the least gang, those that take most first.
  [[nodiscard]] std::vector<Reservation::Part> parts(TopologyGroup group) const {
    std::vector<std::pair<std::uint32_t, NodeIndex>> order;
    for (NodeIndex index = 0; index < states_.size(); ++index) {
      if (!uses(index) || states_[index].members == 0) continue;
      if (group_of(gang_.topology, nodes_.at(index), index) != group) continue;
      order.emplace_back(gang_.max - states_[index].members, index);
    }
    std::sort(order.begin(), order.end());
    std::vector<Reservation::Part> parts;
    std::uint32_t left = gang_.min;
    for (const auto& [missing, index] : order) {
      if (left == 0) break;
      const std::uint32_t members = std::min(left, gang_.max - missing);
      parts.push_back({index, members});
      left -= members;
    }
    return parts;
  }

 private:
  struct State {
    Match match;
    Capacity used;
    std::uint32_t members = 0;
  };
  using Taken = std::map<TopologyGroup, TakenDomains>;
  bool take(Taken& taken, TopologyGroup group, const Node& node) const {
    return taken.try_emplace(group, spread_).first->second.take(node.offer);
  }
  [[nodiscard]] std::uint32_t fitting(NodeIndex index, const Capacity& free) const {
    return members_that_fit(free, shape_.need(), states_[index].match.devices,
                            nodes_.at(index).links, most_);
  }

  const NodeTable& nodes_;
  const ShapeIndex& shape_;
  const Gang& gang_;
  Spread spread_;
  std::uint32_t most_;
  std::vector<State> states_;
  std::map<TopologyGroup, std::uint64_t> sums_;
  bool could_unreserved_ = false;
};

/// As `earliest`, for one task that lies anywhere and fits nowhere now: only the nodes of leases
/// that end before it fits are looked at. Nothing where there is no such time, or not for sure.
std::optional<Reservation> Core::earliest_single(const Job& job, std::uint32_t alternative,
                                                 const std::vector<Ending>& ends) const {
  const ShapeIndex& shape = job.cls->alternatives[alternative];
  struct State {
    bool is_seen = false;
    Match match;
    Capacity used;
  };
  std::vector<State> states(nodes_.size());
  for (const auto& [time, number, lease] : ends) {
    State& state = states[lease->node];
    const Node& node = nodes_.at(lease->node);
    const auto fits = [&](const Capacity& free) {
      return fit(free, shape.need(), state.match.devices, node.links).has_value();
    };
    if (!state.is_seen) {
      state.is_seen = true;
      state.match = shape.match_of(nodes_, lease->node);
      state.used = node.used;
      state.match.is_allowed = state.match.is_allowed && !node.reserved_for && fits(node.total) &&
                               failed_for_job(job, lease->node, now_) == 0;
    }
    if (!state.match.is_allowed) continue;
    take(state.used, lease->need, lease->devices);
    if (!fits(rest(node.total, state.used))) continue;
    const auto failed = failed_for_job(job, lease->node, time);
    if ((failed & bit_of(Constraint::Availability)) != 0) return std::nullopt;
    return Reservation{time, alternative, {{lease->node, 1}}};
  }
  return std::nullopt;
}

Core::Window Core::earliest(const Job& job, std::uint32_t alternative,
                            const std::vector<Ending>& ends) const {
  const ShapeIndex& shape = job.cls->alternatives[alternative];
  const Gang& gang = job.cls->gang;
  if (gang.max == 1 && gang.topology == Topology::Any && shape.fits_nowhere(nodes_)) {
    if (auto found = earliest_single(job, alternative, ends)) return {std::move(found), false};
  }
  const Spread spread = job.is_gang() ? job.terms.spread : Spread::None;
  EarliestWindow window(nodes_, shape, gang, spread);
  const auto may_use = [&](NodeIndex node) { return failed_for_job(job, node, now_) == 0; };
  if (!window.begin(may_use)) return {std::nullopt, window.could_unreserved()};
  if (const auto group = window.fitting_group()) {
    return {Reservation{now_, alternative, window.parts(*group)}, false};
  }
  for (const auto& [time, number, lease] : ends) {
    if (!window.uses(lease->node)) continue;
    const auto group = window.end(*lease);
    if (!group) continue;
    auto parts = window.parts(*group);
    const bool is_available = std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
      return (failed_for_job(job, part.node, time) & bit_of(Constraint::Availability)) == 0;
    });
    if (is_available) return {Reservation{time, alternative, std::move(parts)}, false};
  }
  return {};
}

}  // namespace oort::compute
