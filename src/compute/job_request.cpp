// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/job_request.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "oort/compute/tasks.hpp"

namespace oort::compute {
namespace {

/// A specification's priority that is neither high nor low.
constexpr std::int32_t ordinary_priority = 100;

Alternative alternative_of(const ledger::JobAlternative& from) {
  Alternative way;
  way.gpu_models = from.gpu_models;
  way.gpu_count = from.gpu_count;
  way.gpu_milli = from.gpu_milli;
  way.gpu_memory_mib_min = from.gpu_memory_mib;
  way.same_interconnect = from.same_interconnect;
  way.cpu_milli = from.cpu_milli;
  way.memory_mib = std::max(task_memory_min_mib, from.memory_mib);
  way.disk_mib = from.disk_mib;
  way.network_mbps_min = from.network_mbps;
  if (from.architecture) way.architecture = static_cast<Architecture>(*from.architecture);
  return way;
}

Placement placement_of(const ledger::JobPlacement& from, std::span<const OperatorId> owners) {
  Placement placement;
  placement.regions = from.regions;
  placement.credibility_ppb_min = from.credibility_ppb_min;
  placement.exclude_nodes = from.exclude_nodes;
  placement.exclude_operators = from.exclude_operators;
  placement.exclude_operators.insert(placement.exclude_operators.end(), owners.begin(),
                                     owners.end());
  std::ranges::sort(placement.exclude_operators);
  const auto same = std::ranges::unique(placement.exclude_operators);
  placement.exclude_operators.erase(same.begin(), same.end());
  placement.only_operators = from.only_operators;
  return placement;
}

std::optional<WallTime> time_of(std::uint64_t time_ms) {
  if (time_ms == 0) return std::nullopt;
  return WallTime{time_ms};
}

}  // namespace

Request request_of(const JobId& job, const ledger::JobSpec& spec,
                   std::span<const OperatorId> brokers_owners) {
  Request request;
  request.job = job;
  request.queue = QueueId(spec.queue);
  request.priority = std::int32_t{spec.priority} - ordinary_priority;
  for (const ledger::JobAlternative& way : spec.any_of) {
    request.any_of.push_back(alternative_of(way));
  }
  request.gang = {spec.gang_min, spec.gang_max, static_cast<Topology>(spec.topology)};
  request.array_count = spec.array_count;
  request.array_parallel_max = spec.array_parallel_max;
  request.depends_on = spec.depends_on;
  request.walltime_ms = spec.walltime_ms;
  request.start_by = time_of(spec.start_by_ms);
  request.finish_by = time_of(spec.finish_by_ms);
  request.price_per_hour_max = spec.price_per_hour_max;
  request.is_spot = spec.is_spot;
  request.bid_per_hour = spec.bid_per_hour;
  request.is_preemptible = spec.is_preemptible;
  request.grace_ms = spec.grace_ms;
  request.checkpoint_ms = spec.checkpoint_ms;
  request.retry = {spec.retry.max, spec.retry.on_node_fault, spec.retry.on_preempted,
                   spec.retry.on_verify_failed};
  request.spread = static_cast<Spread>(spec.spread);
  request.placement = placement_of(spec.placement, brokers_owners);
  request.tier_min = static_cast<IsolationTier>(spec.tier_min);
  // A stranger's program runs only where it can be kept in.
  if (std::holds_alternative<ledger::ContainerWork>(spec.work)) {
    request.tier_min = std::max(request.tier_min, IsolationTier::Launcher);
  }
  request.data_class = static_cast<DataClass>(spec.data_class);
  request.risk = spec.risk;
  return request;
}

Offer offer_of(const ledger::Node& node, const ledger::OfferRecord& record) {
  const ledger::OfferSummary& summary = record.summary;
  Offer offer;
  offer.node = node.id;
  offer.operator_id = node.owner;
  offer.region = node.region;
  offer.network = node.system;
  for (const ledger::OfferDevices& group : summary.devices) {
    for (std::uint8_t i = 0; i < group.count && offer.devices.size() < devices_max; ++i) {
      offer.devices.push_back({group.model, group.memory_mib, 0});
    }
  }
  offer.cpu_milli = summary.cpu_milli;
  offer.memory_mib = summary.memory_mib;
  offer.disk_mib = summary.disk_mib;
  offer.network_mbps = summary.network_mbps;
  offer.architecture = static_cast<Architecture>(summary.architecture);
  offer.tiers = summary.tiers;
  offer.data_class = static_cast<DataClass>(summary.data_class);
  offer.ask_per_gpu = summary.ask_per_gpu;
  offer.ask_per_core = summary.ask_per_core;
  offer.available_until = WallTime{summary.expires_ms};
  return offer;
}

}  // namespace oort::compute
