// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "jobs/inner.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: jobs: " + std::move(detail));
}

}  // namespace

std::optional<JobsParams> jobs_params(const StateReader& state) {
  return load<JobsParams>(state, keys::jobs_params());
}

Result<void> check_jobs(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto jobs, codec::from_bytes<JobsGenesis>(record));
  if (!is_possible(jobs.params)) return refuse("params contradict each other or a bound");
  const bool has_market = std::ranges::find(genesis.modules, Module::Market,
                                            &GenesisModule::module) != genesis.modules.end();
  if (!has_market) return refuse("without the market there is no escrow to pay from");
  return {};
}

void enter_jobs(Overlay& state, ByteView record) {
  const auto begin = codec::from_bytes<JobsGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::jobs_params(), begin->params);
}

}  // namespace oort::ledger
