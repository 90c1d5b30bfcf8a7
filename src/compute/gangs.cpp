// SPDX-License-Identifier: Apache-2.0
// Gangs: all members are found places first, and then leased in one step.
#include <algorithm>
#include <tuple>
#include <utility>

#include "core.hpp"
#include "oort/core/assert.hpp"
#include "spread.hpp"

namespace oort::compute {

bool Core::place_gang(Job& job) {
  for (std::uint32_t i = 0; i < job.cls->alternatives.size(); ++i) {
    job.cls->gangs[i].refresh(nodes_, job.cls->alternatives[i]);
    for (const TopologyGroup group : job.cls->gangs[i].groups()) {
      if (place_gang_in(job, i, group)) return true;
    }
  }
  return false;
}

bool Core::place_gang_in(Job& job, std::uint32_t alternative, TopologyGroup group) {
  const ShapeIndex& shape = job.cls->alternatives[alternative];
  const Gang& gang = job.cls->gang;
  std::vector<Reservation::Part> parts;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    const Node& node = nodes_.at(index);
    const Match matched = shape.match_of(nodes_, index);
    if (!matched.is_allowed || node.reserved_for) continue;
    if (group_of(gang.topology, node, index) != group) continue;
    const std::uint32_t members =
        members_that_fit(node.free, shape.need(), matched.devices, node.links, gang.max);
    if (members > 0 && failed_for_job(job, index, now_) == 0) parts.push_back({index, members});
  }
  parts = spread_out(job, std::move(parts));
  // As few nodes as can be, and of those that take alike the ones that are spoiled least.
  std::vector<std::tuple<std::uint32_t, std::int32_t, NodeIndex>> order;
  order.reserve(parts.size());
  for (const auto& part : parts) {
    order.emplace_back(gang.max - part.members, shape.score_now(nodes_, part.node), part.node);
  }
  std::sort(order.begin(), order.end());
  std::vector<Reservation::Part> chosen;
  std::uint32_t left = gang.max;
  for (const auto& [missing, score, node] : order) {
    const std::uint32_t members = std::min(left, gang.max - missing);
    if (members > 0) chosen.push_back({node, members});
    left -= members;
  }
  if (gang.max - left < gang.min) return false;
  lease_members(job, alternative, chosen);
  return true;
}

/// One member a domain where the job asks for that; of a domain's nodes the first.
std::vector<Reservation::Part> Core::spread_out(const Job& job,
                                                std::vector<Reservation::Part> parts) const {
  const Spread spread = job.terms.spread;
  if (spread == Spread::None) return parts;
  TakenDomains taken(spread);
  std::erase_if(parts, [&](Reservation::Part& part) {
    part.members = 1;
    return !taken.take(nodes_.at(part.node).offer);
  });
  return parts;
}

bool Core::place_gang_reserved(Job& job) {
  const Reservation& reservation = *job.reservation;
  const ShapeIndex& shape = job.cls->alternatives[reservation.alternative];
  std::vector<Reservation::Part> parts;
  std::uint32_t members = 0;
  // Offers may have changed since: what is promised may lie apart, or in one domain, by now.
  const Topology topology = job.cls->gang.topology;
  const NodeIndex first = reservation.parts.front().node;
  TakenDomains taken(job.terms.spread);
  for (const auto& part : reservation.parts) {
    const Node& node = nodes_.at(part.node);
    if (group_of(topology, node, part.node) != group_of(topology, nodes_.at(first), first))
      continue;
    const Match matched = shape.match_of(nodes_, part.node);
    if (!matched.is_allowed || failed_for_job(job, part.node, now_) != 0) continue;
    const std::uint32_t fits =
        members_that_fit(node.free, shape.need(), matched.devices, node.links, part.members);
    if (fits == 0 || !taken.take(node.offer)) continue;
    parts.push_back({part.node, fits});
    members += fits;
  }
  if (members < job.cls->gang.min) return false;
  lease_members(job, reservation.alternative, parts);
  return true;
}

void Core::lease_members(Job& job, std::uint32_t alternative,
                         const std::vector<Reservation::Part>& parts) {
  drop_reservation(job);
  if (!job.rarities().returned.empty()) job.own_rarities().returned.clear();
  job.next_task = 0;
  job.tasks = 0;
  for (const auto& part : parts) job.tasks += part.members;
  const ShapeIndex& shape = job.cls->alternatives[alternative];
  for (const auto& part : parts) {
    for (std::uint32_t i = 0; i < part.members; ++i) {
      const auto devices = shape.devices(nodes_, part.node);
      OORT_ASSERT(devices.has_value(), "all members were found to fit");
      lease(job, Spot{part.node, alternative, *devices, 0}, take_task(job));
    }
  }
  settle(job);
}

}  // namespace oort::compute
