// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "honesty/inner.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: honesty: " + std::move(detail));
}

}  // namespace

std::optional<HonestyParams> honesty_params(const StateReader& state) {
  return load<HonestyParams>(state, keys::honesty_params());
}

HonestyState honesty_state(const StateReader& state) {
  const auto found = load<HonestyState>(state, keys::honesty_state());
  OORT_ASSERT(found.has_value(), "the module is on");
  return *found;
}

Result<void> check_honesty(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto honesty, codec::from_bytes<HonestyGenesis>(record));
  if (!is_possible(honesty.params)) return refuse("params contradict each other or a bound");
  const bool has_staking = std::ranges::find(genesis.modules, Module::Staking,
                                             &GenesisModule::module) != genesis.modules.end();
  if (!has_staking) return refuse("without staking there is nothing to lose");
  return {};
}

void enter_honesty(Overlay& state, ByteView record) {
  const auto begin = codec::from_bytes<HonestyGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::honesty_params(), begin->params);
  HonestyState honesty;
  honesty.fund = View(state).pot(Pot::Honesty);
  honesty.swept = 1;
  save(state, keys::honesty_state(), honesty);
}

}  // namespace oort::ledger
