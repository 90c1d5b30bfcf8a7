// SPDX-License-Identifier: Apache-2.0
#include "module_genesis.hpp"

#include <string>

#include "campaigns/campaigns.hpp"
#include "datasets/datasets.hpp"
#include "governance/governance.hpp"
#include "honesty/honesty.hpp"
#include "jobs/jobs.hpp"
#include "market/market.hpp"
#include "models/models.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "staking/staking.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {

Result<void> check_module(const GenesisParams& genesis, const GenesisModule& module) {
  if (module.module == Module::Staking) return check_staking(genesis, module.genesis);
  if (module.module == Module::Governance) return check_governance(genesis, module.genesis);
  if (module.module == Module::Market) return check_market(genesis, module.genesis);
  if (module.module == Module::Honesty) return check_honesty(genesis, module.genesis);
  if (module.module == Module::Storage) return check_storage(genesis, module.genesis);
  if (module.module == Module::Jobs) return check_jobs(genesis, module.genesis);
  if (module.module == Module::Campaigns) return check_campaigns(genesis, module.genesis);
  if (module.module == Module::Datasets) return check_datasets(genesis, module.genesis);
  if (module.module == Module::Models) return check_models(genesis, module.genesis);
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: this program has no module " + std::string(to_string(module.module)) +
                  " that can begin in a genesis");
}

void enter_module(Overlay& state, const GenesisParams& genesis, const GenesisModule& module) {
  if (module.module == Module::Staking) return enter_staking(state, genesis, module.genesis);
  if (module.module == Module::Governance) return enter_governance(state, module.genesis);
  if (module.module == Module::Market) return enter_market(state, genesis, module.genesis);
  if (module.module == Module::Honesty) return enter_honesty(state, module.genesis);
  if (module.module == Module::Storage) return enter_storage(state, genesis, module.genesis);
  if (module.module == Module::Jobs) return enter_jobs(state, module.genesis);
  if (module.module == Module::Campaigns) return enter_campaigns(state, module.genesis);
  if (module.module == Module::Datasets) return enter_datasets(state, module.genesis);
  if (module.module == Module::Models) return enter_models(state, module.genesis);
  OORT_ASSERT(false, "check_module passed");
}

}  // namespace oort::ledger
