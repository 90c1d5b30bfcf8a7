// SPDX-License-Identifier: Apache-2.0
#include "devnet/genesis.hpp"

#include <algorithm>

#include "access_key.hpp"
#include "ledger_client.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::cli::devnet {
namespace {

constexpr std::uint64_t node_capacity_bytes = std::uint64_t{1} << 40;

constexpr Oort oorts(std::uint64_t count) { return Oort(oort_base_units * count); }

/// Small enough to be played with, large enough to be seen in a balance.
constexpr Oort owner_funds = oorts(1'000'000);

// The economy: windows of a few epochs, amounts that the owner can afford.
constexpr std::uint64_t epoch_ms = 12'000;
constexpr std::uint64_t pool_stake = 1'000;
/// A node that is killed now and then pays for its silences and still votes.
constexpr std::uint64_t pool_stake_min = 900;
constexpr Oort mining_funds = oorts(1'000'000);
constexpr Oort treasury_funds = oorts(10'000);
constexpr Oort reporter_funds = oorts(200);
constexpr Oort reporter_bond = oorts(100);
/// What each node that holds shards stakes on its honesty, and what finders are paid out of.
constexpr Oort node_bond = oorts(500);
constexpr Oort honesty_funds = oorts(1'000);
/// A month of storage lasts an hour, so that what it costs shows within minutes.
constexpr std::uint64_t storage_month_ms = ledger::hour_ms;
constexpr std::uint64_t storage_grace_ms = 60'000;
/// OORT at 5 cents.
constexpr ledger::Rate first_rate(oort_base_units / 5);

std::uint8_t role_bits(const std::string& role) {
  if (role == "super") return static_cast<std::uint8_t>(ledger::NodeRole::Super);
  if (role == "archive") return static_cast<std::uint8_t>(ledger::NodeRole::Archive);
  return static_cast<std::uint8_t>(ledger::NodeRole::Edge);
}

/// What every class promises with `supers_count` nodes that hold hot shards: 2-of-4 with four, and
/// as near to that as fewer allow.
ledger::ClassPolicy class_policy(ledger::StorageClass storage_class, std::size_t supers_count) {
  const auto total = static_cast<std::uint8_t>(std::min<std::size_t>(supers_count, 4));
  ledger::ClassPolicy policy;
  policy.storage_class = storage_class;
  policy.replicas = std::min<std::uint8_t>(total, 3);
  policy.data_shards = total >= 3 ? 2 : 1;
  policy.total_shards = total;
  policy.tolerance = static_cast<std::uint8_t>(
      std::min<unsigned>(policy.replicas - 1U, policy.total_shards - policy.data_shards));
  policy.tolerance_min = std::min<std::uint8_t>(policy.tolerance, 1);
  return policy;
}

ledger::Params make_params(std::size_t supers_count) {
  ledger::Params params;
  params.fee_transaction = Oort(oort_base_units / 100'000);
  params.fee_operation = Oort(oort_base_units / 1'000'000);
  params.fee_byte = Oort(oort_base_units / 1'000'000'000);
  params.epoch_ms = epoch_ms;
  params.unbonding_epochs = 3;
  params.idle_block_ms = 200;
  params.transaction_lifetime_max = 10'000;
  // One machine is one network and one system; the simulator tests these rules.
  params.distinct_networks = false;
  params.distinct_systems = false;
  for (std::uint8_t i = 0; i <= ledger::storage_class_last; ++i) {
    params.classes.push_back(class_policy(static_cast<ledger::StorageClass>(i), supers_count));
  }
  return params;
}

/// One pool of equal stake behind each validator.
ledger::StakingGenesis make_staking(const std::vector<ledger::Validator>& validators) {
  ledger::StakingGenesis staking;
  staking.params.creator_stake_min = oorts(100);
  staking.params.pool_stake_min = oorts(pool_stake_min);
  staking.params.delegation_min = oorts(1);
  staking.params.jail_epochs = 5;
  staking.params.emission = oorts(10);
  constexpr std::uint32_t commission = 50'000;
  for (const ledger::Validator& validator : validators) {
    staking.pools.push_back({validator.node, oorts(pool_stake), commission});
  }
  return staking;
}

ledger::GovernanceParams make_governance() {
  ledger::GovernanceParams params;
  params.deposit_min = oorts(100);
  params.deposit_epochs = 10;
  params.voting_epochs = 2;
  params.delay = 10;
  return params;
}

ledger::MarketGenesis make_market(const MarketKeys& keys) {
  constexpr auto credits = [](std::uint64_t hundredths) {
    return Credits(ledger::microcredits_per_credit / 100 * hundredths);
  };
  ledger::MarketGenesis market;
  market.first_rate = first_rate;
  ledger::MarketParams& params = market.params;
  params.processors = keys.processors;
  std::ranges::sort(params.processors);
  params.processors_needed = 2;
  params.daily_cap = credits(100'000'000);
  for (const PublicKey& reporter : keys.reporters) {
    params.reporters.push_back(crypto::account_of(reporter));
    market.bonds.push_back({params.reporters.back(), reporter_bond});
  }
  std::ranges::sort(params.reporters);
  std::ranges::sort(market.bonds, {}, &ledger::GenesisBond::reporter);
  params.reporters_needed = 2;
  params.reporter_bond = reporter_bond;
  params.sample_ms = 2'000;
  params.samples = 5;
  // A network to play with goes on selling while nobody reports.
  params.stale_ms = ledger::day_ms;
  params.step = 100'000;
  params.classes = {{ledger::StorageClass::Standard, credits(200)},
                    {ledger::StorageClass::StandardIa, credits(120)},
                    {ledger::StorageClass::Glacier, credits(40)},
                    {ledger::StorageClass::DeepArchive, credits(10)}};
  params.egress_gib = credits(100);
  params.take = 100'000;
  params.discount = 20'000;
  return market;
}

/// A broker that died is replaced within seconds, and pay is claimed within a minute.
ledger::JobsGenesis make_jobs() {
  ledger::JobsGenesis jobs;
  jobs.params.lease_ms = 6'000;
  jobs.params.claim_ms = 60'000;
  jobs.params.cancel_ms = 10'000;
  return jobs;
}

ledger::CampaignsGenesis make_campaigns() {
  ledger::CampaignsGenesis campaigns;
  campaigns.params.appeal_ms_min = 1'000;
  return campaigns;
}

/// Rounds and cases of seconds, on a network where every node knows every other one.
ledger::HonestyGenesis make_honesty() {
  ledger::HonestyGenesis honesty;
  ledger::HonestyParams& params = honesty.params;
  params.round_blocks = 60;
  params.post_blocks = 40;
  params.keep_rounds = 500;
  params.officers_expected = 4;
  params.rules = {60, 40, 20, 5};
  params.reveal_pay = oorts(1);
  params.audit_every_blocks = 10;
  params.audit_blocks = 100;
  return honesty;
}

void add_honesty(ledger::GenesisParams& genesis) {
  for (ledger::Node& node : genesis.nodes) {
    if (node.capacity > 0) node.bond = node_bond;
  }
  genesis.pots.push_back({ledger::Pot::Honesty, honesty_funds});
  std::ranges::sort(genesis.pots, {}, &ledger::GenesisPot::pot);
  genesis.modules.push_back({ledger::Module::Honesty, codec::to_bytes(make_honesty())});
  std::ranges::sort(genesis.modules, {}, &ledger::GenesisModule::module);
}

/// Every gateway's own account pays for what it writes.
ledger::StorageGenesis make_storage(const std::vector<NodeId>& gateways) {
  ledger::StorageGenesis storage;
  storage.params.month_ms = storage_month_ms;
  storage.params.grace_ms = storage_grace_ms;
  for (const NodeId& gateway : gateways) {
    storage.funds.push_back({crypto::account_of(crypto::key_of(gateway)), storage_funds});
  }
  std::ranges::sort(storage.funds, {}, &ledger::GenesisStorageFund::payer);
  return storage;
}

void add_economy(ledger::GenesisParams& genesis, const MarketKeys& keys,
                 const std::vector<NodeId>& gateways) {
  for (const PublicKey& reporter : keys.reporters) {
    genesis.accounts.push_back({.id = crypto::account_of(reporter), .balance = reporter_funds});
  }
  const ledger::StakingGenesis staking = make_staking(genesis.validators);
  genesis.pots = {{ledger::Pot::Stake, oorts(pool_stake * staking.pools.size())},
                  {ledger::Pot::Mining, mining_funds},
                  {ledger::Pot::Treasury, treasury_funds}};
  genesis.modules = {{ledger::Module::Staking, codec::to_bytes(staking)},
                     {ledger::Module::Governance, codec::to_bytes(make_governance())},
                     {ledger::Module::Market, codec::to_bytes(make_market(keys))},
                     {ledger::Module::Jobs, codec::to_bytes(make_jobs())},
                     {ledger::Module::Campaigns, codec::to_bytes(make_campaigns())},
                     {ledger::Module::Datasets, codec::to_bytes(ledger::DatasetsGenesis{})},
                     {ledger::Module::Models, codec::to_bytes(ledger::ModelsGenesis{})},
                     {ledger::Module::Storage, codec::to_bytes(make_storage(gateways))}};
}

}  // namespace

ledger::Node node_record(const NodeEntry& entry, const NodeId& id) {
  ledger::Node node;
  node.id = id;
  node.owner = crypto::account_of(crypto::key_of(id));
  node.roles = role_bits(entry.role);
  node.endpoints.push_back(
      {.kind = ledger::EndpointKind::Peer, .host = "127.0.0.1", .port = entry.peer_port});
  if (entry.s3_port != 0) {
    node.endpoints.push_back(
        {.kind = ledger::EndpointKind::S3, .host = "127.0.0.1", .port = entry.s3_port});
  }
  node.endpoints.push_back(
      {.kind = ledger::EndpointKind::Grpc, .host = "127.0.0.1", .port = entry.grpc_port});
  node.region = "local";
  node.capacity = entry.role == "edge" ? 0 : node_capacity_bytes;
  return node;
}

Result<ledger::GenesisParams> make_genesis(const Network& network, const PublicKey& owner,
                                           const MarketKeys& keys, WallTime now) {
  const AccountId owner_account = crypto::account_of(owner);
  ledger::GenesisParams genesis;
  genesis.chain_name = "devnet";
  genesis.time_ms = now.milliseconds;
  genesis.accounts.push_back({.id = owner_account, .balance = owner_funds});

  std::size_t supers_count = 0;
  std::vector<NodeId> gateways;
  for (const NodeEntry& entry : network.nodes) {
    OORT_TRY(const NodeId id, parse_node(entry.node_id));
    genesis.nodes.push_back(node_record(entry, id));
    genesis.accounts.push_back(
        {.id = crypto::account_of(crypto::key_of(id)), .balance = node_funds});
    if (entry.s3_port != 0) gateways.push_back(id);
    if (entry.role != "super") continue;
    ++supers_count;
    // As the stake of its pool, whole OORT of which are weight.
    genesis.validators.push_back({.node = id, .weight = pool_stake});
  }
  genesis.params = make_params(supers_count);

  ledger::AccessKey access_key;
  access_key.id = network.access_key_id;
  access_key.owner = owner_account;
  OORT_TRY(access_key.secrets, seal_secret(network.secret_access_key, gateways));
  access_key.created_ms = now.milliseconds;
  genesis.access_keys.push_back(std::move(access_key));
  for (const NodeId& gateway : gateways) {
    ledger::GatewayGrant grant;
    grant.id = ledger::GrantId(genesis.grants.size() + 1);
    grant.owner = owner_account;
    grant.gateway = crypto::account_of(crypto::key_of(gateway));
    grant.operations = ledger::granted_operations_all;
    genesis.grants.push_back(std::move(grant));
  }

  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  std::ranges::sort(genesis.validators, {}, &ledger::Validator::node);
  add_economy(genesis, keys, gateways);
  add_honesty(genesis);
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  OORT_TRY(ledger::check_genesis(genesis));
  return genesis;
}

}  // namespace oort::cli::devnet
