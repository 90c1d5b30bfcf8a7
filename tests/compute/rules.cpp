// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace oort::compute::test {
namespace {

bool is_wanted(const std::vector<std::string>& globs, const std::string& model) {
  if (globs.empty()) return true;
  for (const std::string& glob : globs) {
    if (glob == model || glob == "*") return true;
    // The streams write globs as a beginning and one star.
    if (glob.back() == '*' && model.rfind(glob.substr(0, glob.size() - 1), 0) == 0) return true;
  }
  return false;
}

bool has_memory(const Alternative& need, const Device& device) {
  return std::uint64_t{device.memory_mib} * need.gpu_milli / 1000 >= need.gpu_memory_mib_min;
}

/// The most devices of one link, or all where no link is asked.
std::size_t most_linked(const Alternative& need, const Offer& offer,
                        const std::vector<std::size_t>& devices) {
  if (!need.same_interconnect) return devices.size();
  std::map<std::uint16_t, std::size_t> linked;
  std::size_t most = 0;
  for (const std::size_t i : devices)
    most = std::max(most, ++linked[offer.devices[i].interconnect]);
  return most;
}

void add_failed_devices(const Alternative& need, const WatchedNode& node,
                        std::set<Constraint>& failed) {
  if (need.gpu_count == 0) return;
  const Offer& offer = node.offer;
  std::size_t of_model = 0;
  std::vector<std::size_t> suitable;
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < offer.devices.size(); ++i) {
    if (!is_wanted(need.gpu_models, offer.devices[i].model)) continue;
    ++of_model;
    if (!has_memory(need, offer.devices[i])) continue;
    suitable.push_back(i);
    const bool is_whole = need.gpu_milli == 1000;
    const std::uint32_t used = node.gpu_milli[i];
    if (is_whole ? used == 0 : used + need.gpu_milli <= 1000) free.push_back(i);
  }
  if (offer.devices.size() < need.gpu_count) {
    failed.insert(Constraint::GpuCount);
  } else if (of_model < need.gpu_count) {
    failed.insert(Constraint::GpuModel);
  } else if (suitable.size() < need.gpu_count) {
    failed.insert(Constraint::GpuMemory);
  } else if (most_linked(need, offer, suitable) < need.gpu_count) {
    failed.insert(Constraint::Interconnect);
  } else if (most_linked(need, offer, free) < need.gpu_count) {
    failed.insert(Constraint::Gpu);
  }
}

template <class List, class Value>
bool holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

void WatchedNode::use(const Request& request, const Place& place, int sign) {
  const Alternative& need = request.any_of[place.alternative];
  const auto move = [&](auto& sum, auto by) {
    sum = sign > 0 ? static_cast<std::decay_t<decltype(sum)>>(sum + by)
                   : static_cast<std::decay_t<decltype(sum)>>(sum - by);
  };
  move(cpu_milli, need.cpu_milli);
  move(memory_mib, need.memory_mib);
  move(disk_mib, need.disk_mib);
  move(risk, request.risk);
  for (std::size_t i = 0; i < devices_max; ++i) {
    if ((place.devices >> i & 1U) != 0) move(gpu_milli[i], need.gpu_milli);
  }
}

std::set<Constraint> failed_rules(const Request& request, const Alternative& need,
                                  const WatchedNode& node, WallTime now) {
  std::set<Constraint> failed;
  const Offer& offer = node.offer;
  const Placement& where = request.placement;
  const auto fail_if = [&](bool is_failed, Constraint constraint) {
    if (is_failed) failed.insert(constraint);
  };
  fail_if(!where.regions.empty() && !holds(where.regions, offer.region), Constraint::Region);
  fail_if(holds(where.exclude_operators, offer.operator_id), Constraint::Operator);
  fail_if(!where.only_operators.empty() && !holds(where.only_operators, offer.operator_id),
          Constraint::Operator);
  fail_if(holds(where.exclude_nodes, offer.node), Constraint::ExcludedNode);
  bool has_tier = false;
  for (auto tier = static_cast<unsigned>(request.tier_min); tier < isolation_tiers_count; ++tier) {
    has_tier = has_tier || (offer.tiers >> tier & 1U) != 0;
  }
  fail_if(!has_tier, Constraint::Isolation);
  fail_if(offer.data_class < request.data_class, Constraint::DataClass);
  fail_if(offer.credibility_ppb < where.credibility_ppb_min, Constraint::Credibility);
  fail_if(need.architecture && *need.architecture != offer.architecture, Constraint::Architecture);
  fail_if(offer.network_mbps < need.network_mbps_min, Constraint::Network);
  const std::uint64_t price = price_by_rule(need, offer);
  fail_if(request.price_per_hour_max > 0 && price > request.price_per_hour_max, Constraint::Price);
  fail_if(request.is_spot && price > request.bid_per_hour, Constraint::Price);
  fail_if(now.milliseconds + request.walltime_ms > offer.available_until.milliseconds,
          Constraint::Availability);
  const auto lacks = [](std::uint64_t used, std::uint64_t asked, std::uint64_t total) {
    return asked > 0 && used + asked > total;
  };
  fail_if(lacks(node.cpu_milli, need.cpu_milli, offer.cpu_milli), Constraint::Cpu);
  fail_if(lacks(node.memory_mib, need.memory_mib, offer.memory_mib), Constraint::Memory);
  fail_if(lacks(node.disk_mib, need.disk_mib, offer.disk_mib), Constraint::Disk);
  fail_if(lacks(node.risk, request.risk, offer.risk_limit), Constraint::Risk);
  add_failed_devices(need, node, failed);
  return failed;
}

bool devices_keep_rules(const Request& request, const Place& place, const WatchedNode& node) {
  const Alternative& need = request.any_of[place.alternative];
  if (std::popcount(place.devices) != need.gpu_count) return false;
  std::set<std::uint16_t> links;
  for (std::size_t i = 0; i < devices_max; ++i) {
    if ((place.devices >> i & 1U) == 0) continue;
    if (i >= node.offer.devices.size()) return false;
    const Device& device = node.offer.devices[i];
    if (!is_wanted(need.gpu_models, device.model) || !has_memory(need, device)) return false;
    if (node.gpu_milli[i] + need.gpu_milli > 1000U) return false;
    links.insert(device.interconnect);
  }
  return !need.same_interconnect || links.size() <= 1;
}

std::uint64_t price_by_rule(const Alternative& need, const Offer& offer) {
  const std::uint64_t milli =
      offer.ask_per_gpu * need.gpu_count * need.gpu_milli + offer.ask_per_core * need.cpu_milli;
  return (milli + 999) / 1000;
}

}  // namespace oort::compute::test
