// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "jobs/inner.hpp"
#include "nodes/nodes.hpp"

namespace oort::ledger {
namespace {

constexpr std::uint32_t devices_max = 16;
constexpr std::uint8_t tiers_all = 0x1f;
constexpr std::uint8_t architecture_last = 1;
constexpr std::uint8_t data_class_last = 2;

bool is_possible(const OfferSummary& offer) {
  std::uint32_t devices = 0;
  for (const OfferDevices& group : offer.devices) {
    if (group.model.empty() || group.count == 0) return false;
    devices += group.count;
  }
  return devices <= devices_max && offer.architecture <= architecture_last &&
         offer.data_class <= data_class_last && (offer.tiers & ~tiers_all) == 0;
}

void drop_offer(Overlay& state, const OfferRecord& offer) {
  state.erase(keys::offer(offer.node));
  state.erase(
      keys::jobs_due(offer.summary.expires_ms, keys::JobsDue::Offer, Bytes32(offer.node.array())));
}

}  // namespace

Rejection apply(Call& call, const OfferPost& operation) {
  const auto params = jobs_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto node = own_node(call, operation.node);
  if (!node) return node.error();
  const std::uint64_t now = call.block.header.time_ms;
  const OfferSummary& summary = operation.summary;
  if (node->status != NodeStatus::Active || !is_possible(summary) || summary.expires_ms <= now ||
      summary.expires_ms - now > params->offer_ms_max) {
    return Rejection::OfferInvalid;
  }
  if (const auto before = JobsView(call.state()).offer(node->id)) {
    drop_offer(call.state(), *before);
  }
  save(call.state(), keys::offer(node->id),
       OfferRecord{node->id, summary, call.block.header.height});
  call.state().put(
      keys::jobs_due(summary.expires_ms, keys::JobsDue::Offer, Bytes32(node->id.array())), Bytes{});
  call.events.emplace_back(OfferChanged{node->id, summary.digest, false});
  return Rejection::None;
}

Rejection apply(Call& call, const OfferWithdraw& operation) {
  if (!jobs_params(call.state())) return Rejection::ModuleOff;
  const auto node = own_node(call, operation.node);
  if (!node) return node.error();
  const auto offer = JobsView(call.state()).offer(node->id);
  if (!offer) return Rejection::OfferUnknown;
  drop_offer(call.state(), *offer);
  call.events.emplace_back(OfferChanged{node->id, offer->summary.digest, true});
  return Rejection::None;
}

}  // namespace oort::ledger
