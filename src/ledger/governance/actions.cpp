// SPDX-License-Identifier: Apache-2.0
#include "bank/bank.hpp"
#include "campaigns/campaigns.hpp"
#include "datasets/datasets.hpp"
#include "governance/governance.hpp"
#include "honesty/honesty.hpp"
#include "models/models.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/view.hpp"
#include "params/params.hpp"
#include "staking/staking.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {
namespace {

bool is_upgrade_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!is_word && c != '-' && c != '.') return false;
  }
  return true;
}

template <class T>
bool are_possible(ByteView bytes) {
  const auto params = codec::from_bytes<T>(bytes);
  return params && is_possible(*params);
}

}  // namespace

bool are_possible_params(const StateReader& state, Module module, ByteView params) {
  if (module == Module::Staking) {
    return staking_params(state).has_value() && are_possible<StakingParams>(params);
  }
  if (module == Module::Governance) {
    return governance_params(state).has_value() && are_possible<GovernanceParams>(params);
  }
  if (module == Module::Market) {
    return View(state).market_params().has_value() && are_possible<MarketParams>(params);
  }
  if (module == Module::Honesty) {
    return honesty_params(state).has_value() && are_possible<HonestyParams>(params);
  }
  if (module == Module::Storage) {
    return storage_params(state).has_value() && are_possible<StorageParams>(params);
  }
  if (module == Module::Jobs) {
    return JobsView(state).params().has_value() && are_possible<JobsParams>(params);
  }
  if (module == Module::Campaigns) {
    return campaigns_params(state).has_value() && are_possible<CampaignsParams>(params);
  }
  if (module == Module::Datasets) {
    return datasets_params(state).has_value() && are_possible<DatasetsParams>(params);
  }
  if (module == Module::Models) {
    return models_params(state).has_value() && are_possible<ModelsParams>(params);
  }
  return false;
}

bool set_module_params(Overlay& state, Module module, ByteView params, std::vector<Event>& events) {
  if (!are_possible_params(state, module, params)) return false;
  // Every module keeps its parameters, as they are encoded, in a table of this name.
  state.put(keys::prefix(module, table::governance_params), to_bytes(params));
  events.emplace_back(ModuleParamsChanged{module});
  return true;
}

bool is_possible(const Block& block, const ProposalAction& action) {
  if (const auto* params = std::get_if<ParamsAction>(&action)) return is_possible(params->params);
  if (const auto* module = std::get_if<ModuleParamsAction>(&action)) {
    return are_possible_params(block.state, module->module, module->params);
  }
  if (const auto* spend = std::get_if<SpendAction>(&action)) {
    return !spend->amount.is_zero() && spend->amount <= block.view().pot(Pot::Treasury);
  }
  if (const auto* upgrade = std::get_if<UpgradeAction>(&action)) {
    return is_upgrade_name(upgrade->name) && block.header.height < upgrade->height;
  }
  return true;
}

bool carry_out(Block& block, const Proposal& proposal, std::vector<Event>& events) {
  if (!is_possible(block, proposal.action)) return false;
  if (const auto* params = std::get_if<ParamsAction>(&proposal.action)) {
    const Height next = block.header.height.next();
    save(block.state, keys::params_next(), PendingParams{params->params, next});
    events.emplace_back(ParamsChanged{next, false});
  } else if (const auto* module = std::get_if<ModuleParamsAction>(&proposal.action)) {
    return set_module_params(block.state, module->module, module->params, events);
  } else if (const auto* spend = std::get_if<SpendAction>(&proposal.action)) {
    draw(block.state, Pot::Treasury, spend->amount);
    credit(block.state, events, spend->to, spend->amount, Purpose::TreasurySpent, Bytes32{});
  } else if (const auto* upgrade = std::get_if<UpgradeAction>(&proposal.action)) {
    save(block.state, keys::upgrade(), Upgrade{upgrade->name, upgrade->height});
  }
  return true;
}

}  // namespace oort::ledger
