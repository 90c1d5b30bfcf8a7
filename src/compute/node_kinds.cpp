// SPDX-License-Identifier: Apache-2.0
#include "node_kinds.hpp"

#include <bit>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

/// The offer without what nodes of one kind differ in.
Offer name_of(const Offer& offer) {
  Offer name = offer;
  name.node = NodeId();
  name.operator_id = OperatorId();
  name.network = 0;
  name.fabric = 0;
  name.available_until = WallTime();
  name.honest_weight = static_cast<std::uint64_t>(std::bit_width(offer.honest_weight));
  return name;
}

}  // namespace

KindIndex NodeKinds::enter(const Offer& offer) {
  const auto [name, is_new] = by_name_.try_emplace(name_of(offer), KindIndex{0});
  if (is_new) {
    if (free_.empty()) {
      free_.push_back(static_cast<KindIndex>(kinds_.size()));
      kinds_.emplace_back();
    }
    name->second = free_.back();
    free_.pop_back();
    kinds_[name->second] = {++last_stamp_, 0, name};
  }
  ++kinds_[name->second].nodes;
  return name->second;
}

void NodeKinds::leave(KindIndex kind) {
  Kind& left = kinds_[kind];
  OORT_ASSERT(left.nodes > 0, "who leaves a kind has entered it");
  if (--left.nodes > 0) return;
  by_name_.erase(left.name);
  free_.push_back(kind);
}

}  // namespace oort::compute
