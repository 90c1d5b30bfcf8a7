// SPDX-License-Identifier: Apache-2.0
// Why a job waits: every node is asked for every constraint that it fails.
#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "core.hpp"
#include "oort/core/amount.hpp"
#include "spread.hpp"

namespace oort::compute {
namespace {

/// What waiting cures, and so is never offered as something to give up.
constexpr std::uint32_t passing_bits =
    bit_of(Constraint::NodeBackOff) | bit_of(Constraint::Reserved);

/// The shape without the constraint on devices that the node fails.
Shape without_device_constraint(Shape shape, std::uint32_t failed) {
  if ((failed & bit_of(Constraint::GpuModel)) != 0) shape.need.gpu_models.clear();
  if ((failed & bit_of(Constraint::GpuMemory)) != 0) shape.need.gpu_memory_mib_min = 0;
  if ((failed & bit_of(Constraint::Interconnect)) != 0) shape.need.same_interconnect = false;
  if ((failed & bit_of(Constraint::GpuCount)) != 0) shape.need.gpu_count = 1;
  return shape;
}

std::uint32_t failed_resources(const Shape& asked, const Node& node, const Capacity& free,
                               std::uint32_t failed) {
  const Shape shape = without_device_constraint(asked, failed);
  const Need need = need_of(shape);
  std::uint32_t bits = 0;
  if (free.cpu_milli < need.cpu_milli) bits |= bit_of(Constraint::Cpu);
  if (free.memory_mib < need.memory_mib) bits |= bit_of(Constraint::Memory);
  if (free.disk_mib < need.disk_mib) bits |= bit_of(Constraint::Disk);
  if (free.risk < need.risk) bits |= bit_of(Constraint::Risk);
  if (need.gpu_count == 0) return bits;
  const DeviceMask allowed = allowed_devices(shape, node.offer);
  if (!choose_devices(free, need, allowed, node.links)) bits |= bit_of(Constraint::Gpu);
  return bits;
}

bool devices_fit(const Shape& shape, const Node& node) {
  const Need need = need_of(shape);
  if (need.gpu_count == 0) return true;
  const DeviceMask allowed = allowed_devices(shape, node.offer);
  return choose_devices(node.free, need, allowed, node.links).has_value();
}

/// How many devices, of as many as are asked for, the node could give now.
std::uint64_t devices_free(Shape shape, const Node& node) {
  while (!devices_fit(shape, node)) --shape.need.gpu_count;
  return shape.need.gpu_count;
}

/// The largest value of a field, of those that the node's devices have, with which they fit now.
template <class Field, class ValueOf>
std::uint64_t largest_that_fits(const Shape& asked, const Node& node, Field Alternative::* field,
                                const ValueOf& value_of) {
  Shape shape = asked;
  std::vector<std::uint64_t> values;
  values.reserve(node.free.devices_count);
  for (std::size_t i = 0; i < node.free.devices_count; ++i) values.push_back(value_of(i));
  std::sort(values.rbegin(), values.rend());
  for (const std::uint64_t value : values) {
    shape.need.*field = static_cast<Field>(value);
    if (value > 0 && devices_fit(shape, node)) return value;
  }
  return 0;
}

std::uint64_t share_free(const Shape& shape, const Node& node) {
  return largest_that_fits(shape, node, &Alternative::gpu_milli,
                           [&](std::size_t i) { return node.free.gpu_milli[i]; });
}

/// The most device memory that as many free devices as are asked for have.
std::uint64_t device_memory(const Shape& shape, const Node& node) {
  return largest_that_fits(shape, node, &Alternative::gpu_memory_mib_min, [&](std::size_t i) {
    return std::uint64_t{node.offer.devices[i].memory_mib} * shape.need.gpu_milli / gpu_whole;
  });
}

std::pair<std::uint64_t, std::uint64_t> have_and_want(const Shape& shape, const Node& node,
                                                      Constraint constraint) {
  const Alternative& need = shape.need;
  switch (constraint) {
    case Constraint::Cpu: return {node.free.cpu_milli, need.cpu_milli};
    case Constraint::Memory: return {node.free.memory_mib, need.memory_mib};
    case Constraint::Disk: return {node.free.disk_mib, need.disk_mib};
    case Constraint::Risk: return {node.free.risk, shape.risk};
    case Constraint::Network: return {node.offer.network_mbps, need.network_mbps_min};
    case Constraint::Price: return {shape.price_max, price_of(need, node.offer)};
    case Constraint::Credibility:
      return {node.offer.credibility_ppb, shape.placement.credibility_ppb_min};
    case Constraint::GpuMemory: return {device_memory(shape, node), need.gpu_memory_mib_min};
    case Constraint::GpuCount: return {devices_free(shape, node), need.gpu_count};
    case Constraint::Gpu:
      if (need.gpu_milli < gpu_whole) return {share_free(shape, node), need.gpu_milli};
      return {devices_free(shape, node), need.gpu_count};
    case Constraint::Region:
    case Constraint::Operator:
    case Constraint::ExcludedNode:
    case Constraint::Isolation:
    case Constraint::DataClass:
    case Constraint::Architecture:
    case Constraint::GpuModel:
    case Constraint::Interconnect:
    case Constraint::Availability:
    case Constraint::Spread:
    case Constraint::NodeBackOff:
    case Constraint::Reserved: break;
  }
  return {0, 0};
}

/// How many members of a gang each group of nodes takes; one a domain where they must be apart.
class MembersByGroup {
 public:
  explicit MembersByGroup(const Job& job)
      : spread_(job.is_gang() ? job.terms.spread : Spread::None) {}
  std::uint64_t add(TopologyGroup group, const Offer& offer, std::uint32_t members) {
    std::uint64_t& sum = sums_[group];
    if (members == 0) return sum;
    const bool is_apart = taken_.try_emplace(group, spread_).first->second.take(offer);
    if (spread_ == Spread::None) return sum += members;
    return sum += is_apart ? 1 : 0;
  }

 private:
  Spread spread_;
  std::map<TopologyGroup, std::uint64_t> sums_;
  std::map<TopologyGroup, TakenDomains> taken_;
};

}  // namespace

std::optional<Relaxation> Core::relaxation_of(const ShapeIndex& shape, NodeIndex index,
                                              Constraint constraint) const {
  if ((passing_bits & bit_of(constraint)) != 0) return std::nullopt;
  const Node& node = nodes_.at(index);
  const auto [have, want] = have_and_want(shape.shape(), node, constraint);
  Relaxation relaxation{constraint, node.offer.node, 0, have, want, 1'000'000};
  if (want > have) {
    relaxation.cost_ppm = static_cast<std::uint64_t>(Uint128{want - have} * 1'000'000U / want);
  }
  return relaxation;
}

Core::NodeView Core::view_of(const Job& job, const ShapeIndex& shape, NodeIndex index) const {
  const Node& node = nodes_.at(index);
  NodeView view;
  const std::uint32_t fixed = failed_constraints(shape.shape(), node.offer, node.links);
  const std::uint32_t of_job = failed_for_job(job, index, now_);
  view.failed = fixed | of_job | failed_resources(shape.shape(), node, node.free, fixed);
  if (node.reserved_for && *node.reserved_for != job.id) {
    const auto devices = shape.devices(nodes_, index);
    if (!devices || !may_backfill(job, index, shape.need(), *devices)) {
      view.failed |= bit_of(Constraint::Reserved);
    }
  }
  const std::uint32_t lasting = fixed | (of_job & bit_of(Constraint::Availability));
  view.could_when_idle =
      lasting == 0 && failed_resources(shape.shape(), node, node.total, fixed) == 0;
  const DeviceMask allowed = allowed_devices(shape.shape(), node.offer);
  const std::uint32_t most = job.cls->gang.max;
  if (view.failed == 0) {
    view.members_now = members_that_fit(node.free, shape.need(), allowed, node.links, most);
  }
  if (view.could_when_idle) {
    view.members_idle = members_that_fit(node.total, shape.need(), allowed, node.links, most);
  }
  return view;
}

Explanation Core::explain_alternative(const Job& job, std::uint32_t alternative) const {
  const ShapeIndex& shape = job.cls->alternatives[alternative];
  const Gang& gang = job.cls->gang;
  Explanation result;
  result.alternative = alternative;
  MembersByGroup now(job);
  MembersByGroup idle(job);
  bool fits_now = false;
  bool fits_idle = false;
  std::int32_t best = unfit;
  for (const auto& [id, index] : nodes_.present()) {
    const NodeView view = view_of(job, shape, index);
    const TopologyGroup group = group_of(gang.topology, nodes_.at(index), index);
    fits_now |= now.add(group, nodes_.at(index).offer, view.members_now) >= gang.min;
    fits_idle |= idle.add(group, nodes_.at(index).offer, view.members_idle) >= gang.min;
    ++result.nodes;
    if (view.failed == 0) {
      ++result.usable;
      const std::int32_t score = shape.score_now(nodes_, index);
      if (score >= best) continue;
      best = score;
      result.node = id;
      result.price_per_hour = price_of(shape.shape().need, nodes_.at(index).offer);
      continue;
    }
    const auto first = static_cast<std::size_t>(std::countr_zero(view.failed));
    ++result.removed[first];
    if (!std::has_single_bit(view.failed)) continue;
    ++result.alone[first];
    auto relaxation = relaxation_of(shape, index, static_cast<Constraint>(first));
    if (!relaxation) continue;
    relaxation->alternative = alternative;
    if (!result.relaxation || relaxation->cost_ppm < result.relaxation->cost_ppm) {
      result.relaxation = relaxation;
    }
  }
  const auto most = std::max_element(result.removed.begin(), result.removed.end());
  if (*most > 0) result.binding = static_cast<Constraint>(most - result.removed.begin());
  result.verdict = fits_now    ? Verdict::StartsNow
                   : fits_idle ? Verdict::WaitsForResources
                               : Verdict::Unsatisfiable;
  if (!fits_now) result.node.reset();
  return result;
}

Explanation Core::explain_alternatives(const Job& job) const {
  std::optional<Explanation> best;
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    const Explanation one = explain_alternative(job, i);
    if (!best || std::pair(one.verdict, best->usable) < std::pair(best->verdict, one.usable)) {
      best = one;
    }
  }
  if (best->verdict == Verdict::StartsNow) best->starts = now_;
  if (best->verdict != Verdict::WaitsForResources) return *best;
  if (job.reservation) {
    best->starts = job.reservation->start;
  } else if (const auto window =
                 earliest(job, static_cast<std::uint32_t>(best->alternative), ends_.in_order(now_));
             window.reservation) {
    best->starts = window.reservation->start;
  }
  return *best;
}

Explanation Core::explain(const JobId& id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return {};
  const Job& job = found->second;
  Explanation result;
  if (job.state == JobState::Held) {
    result.verdict = Verdict::WaitsForJobs;
    return result;
  }
  if (!job.is_waiting) return result;
  result = explain_alternatives(job);
  if (result.verdict == Verdict::StartsNow) result.verdict = Verdict::WaitsForTurn;
  return result;
}

Explanation Core::plan(const Request& request) const {
  Explanation refused;
  refused.verdict = Verdict::Unsatisfiable;
  const auto reason = refusal(request);
  if (reason && *reason != RejectReason::DuplicateJob) return refused;
  RequestClass cls;
  cls.gang = request.gang;
  for (const Alternative& need : request.any_of) {
    cls.alternatives.emplace_back(shape_of(request, need), false);
  }
  Job job;
  job.id = request.job;
  job.terms = terms_of(request);
  job.cls = &cls;
  job.submitted = now_;
  return explain_alternatives(job);
}

}  // namespace oort::compute
