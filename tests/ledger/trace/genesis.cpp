// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "oort/codec/codec.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

Oort whole(std::uint64_t count) { return Oort(oort_base_units * count); }

Params params() {
  Params params;
  params.fee_transaction = Oort(1000);
  params.fee_operation = Oort(100);
  params.fee_byte = Oort(1);
  params.epoch_ms = 10'000;
  params.unbonding_epochs = 4;
  params.undo_window = 20;
  params.orphan_window = 30;
  params.hold_margin = 5;
  params.segment_lease = 8;
  params.distinct_networks = false;
  params.distinct_systems = false;
  params.classes = {{StorageClass::Standard, 3, 2, 4, 2, 1},
                    {StorageClass::StandardIa, 3, 2, 5, 2, 1}};
  params.governor = account_of(105);
  return params;
}

void add_nodes(GenesisParams& genesis) {
  for (std::uint8_t number = 1; number <= 5; ++number) {
    Node node;
    node.id = node_of(number);
    node.owner = account_of(static_cast<std::uint8_t>(10 + number));
    node.roles = static_cast<std::uint8_t>(number <= 4 ? NodeRole::Super : NodeRole::Archive);
    node.endpoints = {
        {EndpointKind::Peer, "127.0.0.1", static_cast<std::uint16_t>(20000 + number)}};
    node.region = "trace";
    node.network = number;
    node.system = number;
    node.capacity = 1'000'000;
    node.bond = whole(500);
    genesis.nodes.push_back(node);
    genesis.accounts.push_back({account_of(number), whole(1'000)});
    genesis.accounts.push_back({node.owner, whole(10'000)});
    if (number <= 3) genesis.validators.push_back({node.id, 1});
  }
  std::ranges::sort(genesis.nodes, {}, &Node::id);
  std::ranges::sort(genesis.validators, {}, &Validator::node);
}

StakingGenesis staking(const std::vector<Validator>& validators) {
  StakingGenesis staking;
  staking.params.creator_stake_min = whole(100);
  staking.params.pool_stake_min = whole(200);
  staking.params.delegation_min = whole(1);
  staking.params.jail_epochs = 2;
  staking.params.emission = whole(8);
  staking.params.halving_epochs = 16;
  for (const Validator& validator : validators) {
    staking.pools.push_back({validator.node, whole(200), 100'000});
  }
  return staking;
}

GovernanceParams governance() {
  GovernanceParams params;
  params.deposit_min = whole(5);
  params.deposit_epochs = 3;
  params.voting_epochs = 1;
  params.delay = 3;
  return params;
}

MarketGenesis market() {
  MarketGenesis market;
  market.first_rate = Rate(oort_base_units / 5);
  MarketParams& params = market.params;
  for (std::uint8_t seed = 61; seed <= 63; ++seed) {
    params.processors.push_back(keys_of(seed).public_key());
  }
  std::ranges::sort(params.processors);
  params.processors_needed = 2;
  params.daily_cap = Credits(5'000 * microcredits_per_credit);
  for (std::uint8_t seed = 71; seed <= 73; ++seed) {
    params.reporters.push_back(account_of(seed));
    market.bonds.push_back({account_of(seed), whole(10)});
  }
  std::ranges::sort(params.reporters);
  std::ranges::sort(market.bonds, {}, &GenesisBond::reporter);
  params.reporters_needed = 2;
  params.reporter_bond = whole(10);
  params.sample_ms = 3'000;
  params.stale_ms = 3'600'000;
  params.classes = {{StorageClass::Standard, Credits(900 * microcredits_per_credit)},
                    {StorageClass::StandardIa, Credits(700 * microcredits_per_credit)}};
  params.take = 100'000;
  params.discount = 40'000;
  market.credits = {{account_of(102), Credits(1'000 * microcredits_per_credit)}};
  return market;
}

HonestyParams honesty() {
  HonestyParams params;
  params.round_blocks = 30;
  params.post_blocks = 10;
  params.keep_rounds = 2;
  params.stake_min = whole(10);
  params.audit_every_blocks = 7;
  params.audit_blocks = 4;
  params.audit_fee = whole(1);
  params.audits_per_node = 2;
  return params;
}

/// Windows of a few blocks, so that jobs come to their end.
JobsParams jobs() {
  JobsParams params;
  params.lease_ms = 4'000;
  params.dispute_ms_max = 20'000;
  params.claim_ms = 20'000;
  params.cancel_ms = 5'000;
  params.job_ms_max = 200'000;
  params.keep_ms = 30'000;
  params.offer_ms_max = 10'000;
  params.broker_share = 100'000;
  return params;
}

CampaignsParams campaigns() {
  CampaignsParams params;
  params.appeal_ms_min = 1;
  return params;
}

StorageGenesis storage() {
  StorageGenesis storage{{3'600'000, 20'000}, {}};
  storage.funds = {{account_of(100), whole(1)}, {account_of(101), Oort(oort_base_units / 1'000)}};
  std::ranges::sort(storage.funds, {}, &GenesisStorageFund::payer);
  return storage;
}

}  // namespace

crypto::KeyPair keys_of(std::uint8_t seed) {
  std::array<std::byte, 32> bytes{};
  bytes.fill(static_cast<std::byte>(seed));
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}
AccountId account_of(std::uint8_t seed) { return crypto::account_of(keys_of(seed).public_key()); }
NodeId node_of(std::uint8_t number) { return keys_of(number).node_id(); }

GenesisParams genesis() {
  GenesisParams genesis;
  genesis.chain_name = "trace";
  genesis.time_ms = 1'000'000;
  genesis.params = params();
  add_nodes(genesis);
  for (std::uint8_t seed = 100; seed <= 105; ++seed) {
    genesis.accounts.push_back({account_of(seed), whole(100'000)});
  }
  for (std::uint8_t seed = 71; seed <= 73; ++seed) {
    genesis.accounts.push_back({account_of(seed), whole(1'000)});
  }
  std::ranges::sort(genesis.accounts, {}, &GenesisAccount::id);
  genesis.pots = {{Pot::Reserve, whole(200)},
                  {Pot::Stake, whole(200 * genesis.validators.size())},
                  {Pot::Mining, whole(1'000)},
                  {Pot::Treasury, whole(100)},
                  {Pot::Honesty, whole(50)}};
  genesis.modules = {{Module::Staking, codec::to_bytes(staking(genesis.validators))},
                     {Module::Governance, codec::to_bytes(governance())},
                     {Module::Honesty, codec::to_bytes(HonestyGenesis{honesty()})},
                     {Module::Market, codec::to_bytes(market())},
                     {Module::Jobs, codec::to_bytes(JobsGenesis{jobs()})},
                     {Module::Campaigns, codec::to_bytes(CampaignsGenesis{campaigns()})},
                     {Module::Datasets, codec::to_bytes(DatasetsGenesis{})},
                     {Module::Models, codec::to_bytes(ModelsGenesis{})},
                     {Module::Storage, codec::to_bytes(storage())}};
  return genesis;
}

}  // namespace oort::ledger::trace
