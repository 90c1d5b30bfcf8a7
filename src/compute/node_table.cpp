// SPDX-License-Identifier: Apache-2.0
#include "node_table.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "oort/core/amount.hpp"
#include "oort/core/assert.hpp"
#include "shape_index.hpp"

namespace oort::compute {
namespace {

/// The log is cut when it is longer; an index that was not asked for so long begins anew.
constexpr std::size_t log_length_max = 1U << 18;

Links links_of(const Offer& offer) {
  Links links;
  std::vector<std::uint16_t> seen;
  for (std::size_t i = 0; i < offer.devices.size(); ++i) {
    const auto found = std::find(seen.begin(), seen.end(), offer.devices[i].interconnect);
    links.group[i] = static_cast<std::uint8_t>(found - seen.begin());
    if (found == seen.end()) seen.push_back(offer.devices[i].interconnect);
  }
  links.groups_count = static_cast<std::uint8_t>(std::max<std::size_t>(1, seen.size()));
  return links;
}

Capacity total_of(const Offer& offer) {
  Capacity total;
  total.cpu_milli = offer.cpu_milli;
  total.memory_mib = offer.memory_mib;
  total.disk_mib = offer.disk_mib;
  total.risk = offer.risk_limit;
  total.devices_count = static_cast<std::uint32_t>(offer.devices.size());
  for (std::size_t i = 0; i < offer.devices.size(); ++i) total.gpu_milli[i] = gpu_whole;
  return total;
}

std::int64_t gpu_sum(const Capacity& capacity) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < capacity.devices_count; ++i) sum += capacity.gpu_milli[i];
  return sum;
}

/// Dividing takes longer than all else of a score. With m = 2^64 / d rounded up, n · m / 2^64 is
/// n / d rounded down wherever n · d < 2^64 (Granlund and Montgomery, PLDI'94).
constexpr std::uint64_t divisor_max = std::uint64_t{1} << 24U;
constexpr std::uint64_t dividend_max = std::uint64_t{1} << 40U;

std::uint64_t inverse_of(std::uint64_t divisor) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return divisor < 2 || divisor >= divisor_max ? 0 : most / divisor + 1;
}

/// `part` of `whole` in `score_unit`, rounded down. Requires: whole > 0.
std::int64_t part_of(std::int64_t part, std::int64_t whole, std::uint64_t inverse) {
  const auto dividend = static_cast<std::uint64_t>(part * score_unit);
  if (inverse == 0 || dividend >= dividend_max) return part * score_unit / whole;
  return static_cast<std::int64_t>(Uint128{dividend} * inverse >> 64U);
}

}  // namespace

std::optional<NodeIndex> NodeTable::find(const NodeId& id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

NodeIndex NodeTable::add(const Offer& offer) {
  OORT_ASSERT(!find(offer.node), "a node is added once");
  const auto vacant =
      std::find_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return !node.is_present; });
  const auto index = static_cast<NodeIndex>(vacant - nodes_.begin());
  if (vacant == nodes_.end()) nodes_.emplace_back();
  Node& node = nodes_[index];
  node = Node();
  node.is_present = true;
  set_offer(node, offer);
  by_id_.emplace(offer.node, index);
  count(node, true);
  touch(index);
  return index;
}

void NodeTable::change(NodeIndex index, const Offer& offer) {
  Node& node = nodes_[index];
  OORT_ASSERT(node.offer.devices == offer.devices, "leases hold devices by their number");
  count(node, false);
  kinds_.leave(node.kind);
  set_offer(node, offer);
  count(node, true);
  touch(index);
}

void NodeTable::remove(NodeIndex index) {
  Node& node = nodes_[index];
  OORT_ASSERT(node.leases.empty(), "leases end before their node goes");
  count(node, false);
  kinds_.leave(node.kind);
  ++offers_version_;
  by_id_.erase(node.offer.node);
  node.is_present = false;
  node.reserved_for.reset();
  touch(index);
}

void NodeTable::lease(NodeIndex index, LeaseNumber lease, const Need& need, DeviceMask devices) {
  Node& node = nodes_[index];
  OORT_ASSERT(fit(node.free, need, devices, node.links) == devices,
              "what is leased is free, and just those devices");
  give_back(node.used, need, devices);
  take(node.free, need, devices);
  measure(node);
  node.leases.push_back(lease);
  touch(index);
}

void NodeTable::release(NodeIndex index, LeaseNumber lease, const Need& need, DeviceMask devices) {
  Node& node = nodes_[index];
  const auto found = std::find(node.leases.begin(), node.leases.end(), lease);
  OORT_ASSERT(found != node.leases.end(), "a lease is on its node");
  node.leases.erase(found);
  take(node.used, need, devices);
  node.free = rest(node.total, node.used);
  measure(node);
  touch(index);
}

void NodeTable::reserve(NodeIndex index, const std::optional<JobId>& job) {
  nodes_[index].reserved_for = job;
  touch(index);
}

void NodeTable::expect(const Fragmentation& workload) {
  workload_ = workload;
  for (Node& node : nodes_) measure(node);
  ++generation_;
}

std::int64_t NodeTable::balance(const Node& node, std::int64_t gpu_after,
                                std::uint32_t cpu_after) const {
  const std::int64_t total_gpu = node.free.devices_count * std::int64_t{gpu_whole};
  const std::int64_t total_cpu = std::max<std::int64_t>(1, node.total_cpu);
  if (total_gpu == 0) {
    return weights_.free_share * (node.free.cpu_milli * score_unit / total_cpu);
  }
  const std::int64_t gpu = part_of(gpu_after, total_gpu, node.gpu_inverse);
  const std::int64_t cpu = part_of(cpu_after, total_cpu, node.cpu_inverse);
  const std::int64_t sum = weights_.free_share * node.gpu_free_part +
                           weights_.stranded_gpu * std::max<std::int64_t>(0, gpu - cpu) +
                           weights_.stranded_cpu * std::max<std::int64_t>(0, cpu - gpu);
  return sum * workload_.whole_part() / score_unit;
}

std::int32_t NodeTable::score(NodeIndex index, const Shape& shape, const Need& need,
                              DeviceMask devices) const {
  const Node& node = nodes_[index];
  Capacity after = node.free;
  take(after, need, devices);
  const std::int64_t gpu_after = node.gpu_free - static_cast<std::int64_t>(need.gpu_total());
  std::int64_t score =
      workload_.of(after) - node.fragmentation + balance(node, gpu_after, after.cpu_milli);
  if (node.has_price) {
    constexpr std::uint64_t credit = 1'000'000;
    const std::uint64_t price = std::min(price_of(shape.need, node.offer), 10'000 * credit);
    score += weights_.price * static_cast<std::int64_t>(price) * score_unit /
             static_cast<std::int64_t>(credit);
  }
  score += node.distrust;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(score, -score_max, score_max));
}

void NodeTable::set_offer(Node& node, const Offer& offer) {
  node.offer = offer;
  node.kind = kinds_.enter(offer);
  ++offers_version_;
  node.has_price = offer.ask_per_gpu != 0 || offer.ask_per_core != 0;
  node.total_cpu = offer.cpu_milli;
  const auto width = static_cast<std::int64_t>(std::bit_width(offer.honest_weight));
  node.distrust = weights_.honesty * score_unit * (64 - width) / 64;
  node.links = links_of(offer);
  node.links.slivers = &workload_.slivers();
  node.total = total_of(offer);
  node.gpu_inverse = inverse_of(node.total.devices_count * std::uint64_t{gpu_whole});
  node.cpu_inverse = inverse_of(node.total.cpu_milli);
  node.used.devices_count = node.total.devices_count;
  node.free = rest(node.total, node.used);
  measure(node);
  const auto number = static_cast<std::uint32_t>(regions_.size());
  node.region = regions_.emplace(offer.region, number).first->second;
}

void NodeTable::measure(Node& node) const {
  node.fragmentation = workload_.of(node.free);
  node.gpu_free = gpu_sum(node.free);
  const std::int64_t total_gpu = node.total.devices_count * std::int64_t{gpu_whole};
  node.gpu_free_part = total_gpu == 0 ? 0 : node.gpu_free * score_unit / total_gpu;
  node.most_free = 0;
  node.whole_free = 0;
  for (std::size_t i = 0; i < node.free.devices_count; ++i) {
    node.most_free = std::max(node.most_free, node.free.gpu_milli[i]);
    if (node.free.gpu_milli[i] == gpu_whole) ++node.whole_free;
  }
}

void NodeTable::count(const Node& node, bool is_added) {
  const std::uint64_t gpu = node.total.devices_count * std::uint64_t{gpu_whole};
  const auto move = [&](std::uint64_t& sum, std::uint64_t by) { is_added ? sum += by : sum -= by; };
  move(total_gpu_, gpu);
  move(total_cpu_, node.total.cpu_milli);
  move(total_memory_, node.total.memory_mib);
  ++totals_version_;
}

void NodeTable::touch(NodeIndex index) {
  if (index >= rooms_.size()) {
    rooms_.resize(index + std::size_t{1});
    latest_.resize(index + std::size_t{1});
  }
  latest_[index] = log_end();
  const Node& node = nodes_[index];
  rooms_[index] = {node.free.cpu_milli, node.free.memory_mib, node.kind,
                   node.most_free,      node.whole_free,      node.is_present && !node.reserved_for,
                   node.leases.empty()};
  log_.push_back(index);
  if (log_.size() > log_length_max) {
    log_begin_ += log_.size();
    log_.clear();
  }
}

}  // namespace oort::compute
