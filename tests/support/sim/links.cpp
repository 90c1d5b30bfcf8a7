// SPDX-License-Identifier: Apache-2.0
#include "sim/links.hpp"

#include <algorithm>

namespace oort::sim {

Links::Links(World& world, std::size_t nodes_count, LinkOptions options)
    : world_(world),
      random_(world.random().fork()),
      nodes_count_(nodes_count),
      links_(nodes_count * nodes_count),
      slowness_(nodes_count, 1) {
  set_all(options);
}

Links::Link& Links::link(std::uint32_t from, std::uint32_t to) {
  OORT_ASSERT(from < nodes_count_, "a machine of this world sends");
  OORT_ASSERT(to < nodes_count_, "a machine of this world receives");
  return links_[from * nodes_count_ + to];
}
const Links::Link& Links::link(std::uint32_t from, std::uint32_t to) const {
  OORT_ASSERT(from < nodes_count_, "a machine of this world sends");
  OORT_ASSERT(to < nodes_count_, "a machine of this world receives");
  return links_[from * nodes_count_ + to];
}

void Links::set_all(const LinkOptions& options) {
  for (Link& each : links_) each.options = options;
}
void Links::set(std::uint32_t from, std::uint32_t to, const LinkOptions& options) {
  link(from, to).options = options;
}
void Links::slow(std::uint32_t node, std::uint32_t factor) { slowness_.at(node) = factor; }
void Links::cut(std::uint32_t from, std::uint32_t to) { link(from, to).is_cut = true; }
void Links::join(std::uint32_t from, std::uint32_t to) { link(from, to).is_cut = false; }
bool Links::is_cut(std::uint32_t from, std::uint32_t to) const { return link(from, to).is_cut; }
const LinkOptions& Links::options(std::uint32_t from, std::uint32_t to) const {
  return link(from, to).options;
}

void Links::partition(const std::vector<std::uint32_t>& side_of) {
  OORT_ASSERT(side_of.size() == nodes_count_, "every machine is on a side");
  for (std::uint32_t from = 0; from < nodes_count_; ++from) {
    for (std::uint32_t to = 0; to < nodes_count_; ++to) {
      if (side_of[from] != side_of[to]) cut(from, to);
    }
  }
}

void Links::heal() {
  for (Link& each : links_) each.is_cut = false;
}

Links::Fate Links::carry(std::uint32_t from, std::uint32_t to, env::TrafficClass traffic,
                         std::uint64_t size_bytes, bool may_double) {
  Link& wire = link(from, to);
  const LinkOptions& options = wire.options;
  if (wire.is_cut || random_.chance(options.loss_ppm)) return {};
  const auto lane = static_cast<std::size_t>(traffic);
  const std::int64_t now = world_.now().nanoseconds;
  std::int64_t leaves = now;
  if (options.bytes_per_second > 0) {
    const Uint128 nanoseconds = Uint128{size_bytes} * 1'000'000'000U / options.bytes_per_second;
    leaves = std::max(now, wire.free_at[lane]) + static_cast<std::int64_t>(nanoseconds);
    wire.free_at[lane] = leaves;
  }
  Fate fate;
  fate.copies = may_double && random_.chance(options.duplicate_ppm) ? 2 : 1;
  const std::int64_t slowness = std::max(slowness_[from], slowness_[to]);
  for (std::uint32_t copy = 0; copy < fate.copies; ++copy) {
    Duration delay = random_.duration(options.delay_min, options.delay_max);
    if (random_.chance(options.stall_ppm)) {
      delay += random_.duration(Duration{0}, options.stall_max);
    }
    std::int64_t arrives = leaves + delay.count() * slowness;
    if (options.is_ordered) arrives = std::max(arrives, wire.last_arrival[lane]);
    wire.last_arrival[lane] = std::max(arrives, wire.last_arrival[lane]);
    fate.delays[copy] = Duration(arrives - now);
  }
  return fate;
}

}  // namespace oort::sim
