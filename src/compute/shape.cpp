// SPDX-License-Identifier: Apache-2.0
#include "shape.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "oort/core/amount.hpp"

namespace oort::compute {
namespace {

template <class List, class Value>
bool holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool model_is_wanted(const Alternative& need, const Device& device) {
  return need.gpu_models.empty() ||
         std::any_of(need.gpu_models.begin(), need.gpu_models.end(),
                     [&](const std::string& glob) { return glob_matches(glob, device.model); });
}

bool memory_suffices(const Alternative& need, const Device& device) {
  return std::uint64_t{device.memory_mib} * need.gpu_milli / gpu_whole >= need.gpu_memory_mib_min;
}

std::uint32_t failed_names(const Placement& placement, const Offer& offer) {
  std::uint32_t failed = 0;
  const bool is_listed =
      placement.only_operators.empty() || holds(placement.only_operators, offer.operator_id);
  if (!is_listed || holds(placement.exclude_operators, offer.operator_id)) {
    failed |= bit_of(Constraint::Operator);
  }
  if (holds(placement.exclude_nodes, offer.node)) failed |= bit_of(Constraint::ExcludedNode);
  return failed;
}

std::uint32_t failed_trust(const Shape& shape, const Offer& offer) {
  const Placement& placement = shape.placement;
  std::uint32_t failed = 0;
  if (!placement.regions.empty() && !holds(placement.regions, offer.region)) {
    failed |= bit_of(Constraint::Region);
  }
  if ((offer.tiers >> static_cast<unsigned>(shape.tier_min)) == 0) {
    failed |= bit_of(Constraint::Isolation);
  }
  if (offer.data_class < shape.data_class) failed |= bit_of(Constraint::DataClass);
  if (offer.credibility_ppb < placement.credibility_ppb_min) {
    failed |= bit_of(Constraint::Credibility);
  }
  return failed;
}

std::uint32_t failed_devices(const Shape& shape, const Offer& offer, const Links& links) {
  const Alternative& need = shape.need;
  if (need.gpu_count == 0) return 0;
  std::size_t of_model = 0;
  std::size_t of_memory = 0;
  std::array<std::size_t, devices_max> linked{};
  for (std::size_t i = 0; i < offer.devices.size(); ++i) {
    if (!model_is_wanted(need, offer.devices[i])) continue;
    ++of_model;
    if (!memory_suffices(need, offer.devices[i])) continue;
    ++of_memory;
    ++linked[links.group[i]];
  }
  if (offer.devices.size() < need.gpu_count) return bit_of(Constraint::GpuCount);
  if (of_model < need.gpu_count) return bit_of(Constraint::GpuModel);
  if (of_memory < need.gpu_count) return bit_of(Constraint::GpuMemory);
  const auto largest = *std::max_element(linked.begin(), linked.end());
  if (need.same_interconnect && largest < need.gpu_count) return bit_of(Constraint::Interconnect);
  return 0;
}

std::uint32_t failed_of_kind(const Shape& shape, const Offer& offer, const Links& links) {
  std::uint32_t failed = failed_trust(shape, offer) | failed_devices(shape, offer, links);
  const Alternative& need = shape.need;
  if (need.architecture && *need.architecture != offer.architecture) {
    failed |= bit_of(Constraint::Architecture);
  }
  if (offer.network_mbps < need.network_mbps_min) failed |= bit_of(Constraint::Network);
  if (price_of(need, offer) > shape.price_max) failed |= bit_of(Constraint::Price);
  return failed;
}

}  // namespace

std::uint64_t price_max_of(const Request& request) {
  constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t price = request.price_per_hour_max;
  return std::min(price == 0 ? no_limit : price, request.is_spot ? request.bid_per_hour : no_limit);
}

bool is_shape_of(const Shape& shape, const Request& request, const Alternative& alternative) {
  return shape.need == alternative && shape.placement == request.placement &&
         shape.tier_min == request.tier_min && shape.data_class == request.data_class &&
         shape.risk == request.risk && shape.price_max == price_max_of(request);
}

Shape shape_of(const Request& request, const Alternative& alternative) {
  return {alternative,        request.placement, request.tier_min,
          request.data_class, request.risk,      price_max_of(request)};
}

Need need_of(const Shape& shape) {
  const Alternative& need = shape.need;
  return {need.cpu_milli, need.memory_mib, need.disk_mib,         need.gpu_count,
          need.gpu_milli, shape.risk,      need.same_interconnect};
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Where the last star stands, and how much of the text it has taken.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t p = 0;
  std::size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::uint64_t price_of(const Alternative& need, const Offer& offer) {
  const Uint128 milli = Uint128{offer.ask_per_gpu} * need.gpu_count * need.gpu_milli +
                        Uint128{offer.ask_per_core} * need.cpu_milli;
  const Uint128 price = (milli + 999) / 1000;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return price > most ? most : static_cast<std::uint64_t>(price);
}

DeviceMask allowed_devices(const Shape& shape, const Offer& offer) {
  DeviceMask mask = 0;
  if (shape.need.gpu_count == 0) return mask;
  for (std::size_t i = 0; i < offer.devices.size(); ++i) {
    if (!model_is_wanted(shape.need, offer.devices[i])) continue;
    if (!memory_suffices(shape.need, offer.devices[i])) continue;
    mask = static_cast<DeviceMask>(mask | (1U << i));
  }
  return mask;
}

Match match(const Shape& shape, const Offer& offer, const Links& links) {
  return takes_name(shape, offer) ? match_of_kind(shape, offer, links) : Match();
}

Match match_of_kind(const Shape& shape, const Offer& offer, const Links& links) {
  if (failed_of_kind(shape, offer, links) != 0) return {};
  return {true, allowed_devices(shape, offer)};
}

bool has_names(const Shape& shape) {
  const Placement& placement = shape.placement;
  return !placement.only_operators.empty() || !placement.exclude_operators.empty() ||
         !placement.exclude_nodes.empty();
}

bool takes_name(const Shape& shape, const Offer& offer) {
  return failed_names(shape.placement, offer) == 0;
}

std::uint32_t failed_constraints(const Shape& shape, const Offer& offer, const Links& links) {
  return failed_names(shape.placement, offer) | failed_of_kind(shape, offer, links);
}

}  // namespace oort::compute
