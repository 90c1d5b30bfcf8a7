// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "governance/governance.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: governance: " + std::move(detail));
}

}  // namespace

std::optional<GovernanceParams> governance_params(const StateReader& state) {
  return load<GovernanceParams>(state, keys::governance_params());
}

bool is_possible(const GovernanceParams& params) {
  return !params.deposit_min.is_zero() && params.deposit_epochs > 0 && params.voting_epochs > 0 &&
         params.delay > 0 && params.quorum > 0 && params.quorum <= parts_per_million &&
         params.threshold >= 500'000 && params.threshold < parts_per_million && params.veto > 0 &&
         params.veto <= parts_per_million && params.live_max > 0 &&
         params.live_max <= proposals_live_max;
}

/// The module's genesis is its parameters.
Result<void> check_governance(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto params, codec::from_bytes<GovernanceParams>(record));
  if (!is_possible(params)) return refuse("params contradict each other or a bound");
  const bool has_stake = std::ranges::any_of(genesis.modules, [](const GenesisModule& module) {
    return module.module == Module::Staking;
  });
  if (!has_stake) return refuse("votes are stake, and the module staking is not there");
  return {};
}

void enter_governance(Overlay& state, ByteView record) {
  const auto params = codec::from_bytes<GovernanceParams>(record);
  OORT_ASSERT(params.has_value(), "check_module passed");
  save(state, keys::governance_params(), *params);
}

}  // namespace oort::ledger
