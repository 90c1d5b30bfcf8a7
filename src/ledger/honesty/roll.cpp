// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Draws that hit somebody who may not sit are repeated, so many times a seat: where one operator
/// has nearly all of the weight, a panel stays short and decides nothing.
constexpr std::uint64_t draws_per_seat = 24;

}  // namespace

/// The last place whose weight before it is not above the point.
RollEntry RoundRoll::at(Uint128 point, std::uint64_t count) const {
  std::uint64_t low = 0;
  std::uint64_t high = count;
  RollEntry found;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto entry = load<RollEntry>(*state_, keys::roll(round_, middle));
    OORT_ASSERT(entry.has_value(), "places of a roll are filled in order");
    if (entry->below.units() <= point) {
      found = *std::move(entry);
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return found;
}

std::vector<PanelCandidate> RoundRoll::draw(const PanelDraw& draw) const {
  std::vector<PanelCandidate> panel;
  const auto round = load<Round>(*state_, keys::round(round_));
  if (!round || round->weight.is_zero()) return panel;
  std::vector<OperatorId> excluded = draw.excluded;
  const std::uint64_t first = std::uint64_t{draw.round} << 32;
  for (std::uint64_t i = 0; panel.size() < draw.count && i < draws_per_seat * draw.count; ++i) {
    const Uint128 point =
        draw_below(draw.seed, DrawPurpose::Panel, draw.fault, first + i, round->weight.units());
    const RollEntry entry = at(point, round->nodes_count);
    if (std::ranges::find(excluded, entry.owner) != excluded.end()) continue;
    // Whoever was slashed since has nothing left to answer with.
    if (self_stake_of(*state_, entry.node) < stake_min_) continue;
    excluded.push_back(entry.owner);
    panel.push_back({entry.node, entry.owner, entry.weight.units()});
  }
  return panel;
}

}  // namespace oort::ledger
