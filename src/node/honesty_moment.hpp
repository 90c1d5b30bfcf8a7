// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "honesty_driver.hpp"

namespace oort::node {

/// What the ledger says of honesty at one height.
struct HonestyDriver::Moment {
  object::LedgerSnapshot snapshot;
  ledger::HonestyView view;
  ledger::HonestyParams params;
  ledger::HonestyState state;
  ledger::Round round;

  /// Nothing where the network has no such module, or no round began yet.
  [[nodiscard]] static std::optional<Moment> of(const object::LedgerSnapshot& snapshot) {
    const ledger::HonestyView view(*snapshot.state);
    auto params = view.params();
    const auto state = view.state();
    auto round = state ? view.round(state->round) : std::nullopt;
    if (!params || !round) return std::nullopt;
    return Moment{snapshot, view, *std::move(params), *state, *std::move(round)};
  }
};

}  // namespace oort::node
