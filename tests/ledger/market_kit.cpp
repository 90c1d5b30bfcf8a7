// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kit.hpp"
#include "oort/codec/codec.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint32_t percent = parts_per_million / 100;

}  // namespace

GenesisParams market_genesis(bool is_rate_fixed) {
  GenesisParams genesis = small_genesis();
  MarketGenesis market;
  market.first_rate = test_rate;
  MarketParams& params = market.params;
  for (std::uint8_t seed = 61; seed <= 63; ++seed) {
    params.processors.push_back(keys_of(seed).public_key());
  }
  std::ranges::sort(params.processors);
  params.processors_needed = 2;
  params.daily_cap = Credits(5'000 * credit);
  params.take = 10 * percent;
  params.discount = 4 * percent;
  params.step = 2 * percent;
  params.classes = {{StorageClass::Standard, Credits(2 * credit)}};
  params.egress_gib = Credits(5 * credit);
  if (is_rate_fixed) params.fixed_rate = test_rate;
  for (std::uint8_t seed = 71; seed <= 73 && !is_rate_fixed; ++seed) {
    const AccountId reporter = account_of(keys_of(seed));
    genesis.accounts.push_back({reporter, Oort(1'000 * oort_base_units)});
    params.reporters.push_back(reporter);
    market.bonds.push_back({reporter, Oort(10 * oort_base_units)});
  }
  params.reporters_needed = is_rate_fixed ? 0 : 2;
  params.reporter_bond = Oort(10 * oort_base_units);
  std::ranges::sort(genesis.accounts, {}, &GenesisAccount::id);
  std::ranges::sort(params.reporters);
  std::ranges::sort(market.bonds, {}, &GenesisBond::reporter);
  market.credits = {{account_of(keys_of(100)), Credits(1'000 * credit)}};
  genesis.pots = {{Pot::Reserve, Oort(200 * oort_base_units)}};
  set_market(genesis, market);
  return genesis;
}

GenesisParams storage_genesis(bool is_rate_fixed) {
  GenesisParams genesis = market_genesis(is_rate_fixed);
  MarketGenesis market = market_of(genesis);
  market.params.classes = {{StorageClass::Standard, standard_price},
                           {StorageClass::StandardIa, standard_ia_price}};
  set_market(genesis, market);
  const StorageGenesis storage{storage_rules, {{account_of(keys_of(100)), storage_fund}}};
  genesis.modules.push_back({Module::Storage, codec::to_bytes(storage)});
  return genesis;
}

MarketGenesis market_of(const GenesisParams& genesis) {
  return codec::from_bytes<MarketGenesis>(genesis.modules.at(0).genesis).value();
}

void set_market(GenesisParams& genesis, const MarketGenesis& market) {
  genesis.modules = {{Module::Market, codec::to_bytes(market)}};
}

}  // namespace oort::ledger::test
