// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "amounts.hpp"
#include "economy_file.hpp"
#include "genesis_file.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::cli {
namespace {

constexpr WallTime now{1'700'000'000'000};

std::string node_id(char digit) { return std::string(64, digit); }
std::string account_id(char digit) { return std::string(40, digit); }

/// As a person would write it, so that numbers and lists are what a parser makes of them.
Json small_network() {
  return Json::parse(R"({
    "chain_name": "founders",
    "accounts": [{"account": ")" +
                     account_id('a') + R"(", "balance": "1000.5"}],
    "nodes": [
      {"node": ")" + node_id('2') +
                     R"(",
       "endpoints": {"grpc": "[2001:db8::1]:7170", "peer": "203.0.113.7:7100"},
       "capacity_gib": 2, "funds": "7"},
      {"node": ")" + node_id('1') +
                     R"(", "owner": ")" + account_id('a') + R"(",
       "roles": ["archive"], "endpoints": {"peer": "b.example.org:7100"}}]})");
}

std::string refusal(const Json& description) {
  const auto genesis = read_genesis(description, now);
  return genesis ? "" : genesis.error().detail();
}

TEST(GenesisFile, SaysWhatItsDescriptionSays) {
  const auto genesis = read_genesis(small_network(), now);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().to_string();
  EXPECT_EQ(genesis->chain_name, "founders");
  EXPECT_EQ(genesis->time_ms, now.milliseconds);
  ASSERT_EQ(genesis->nodes.size(), 2U);
  const ledger::Node& archive = genesis->nodes[0];
  const ledger::Node& super = genesis->nodes[1];
  EXPECT_EQ(archive.owner.hex(), account_id('a'));
  EXPECT_EQ(archive.network, 0U);
  EXPECT_EQ(super.owner, crypto::account_of(crypto::key_of(super.id)));
  EXPECT_EQ(super.network, 203U << 16 | 113);
  EXPECT_EQ(super.capacity, std::uint64_t{2} << 30);
  ASSERT_EQ(super.endpoints.size(), 2U);
  EXPECT_EQ(super.endpoints[0],
            (ledger::Endpoint{ledger::EndpointKind::Peer, "203.0.113.7", 7100}));
  EXPECT_EQ(super.endpoints[1],
            (ledger::Endpoint{ledger::EndpointKind::Grpc, "2001:db8::1", 7170}));
  ASSERT_EQ(genesis->validators.size(), 1U);
  EXPECT_EQ(genesis->validators[0].node, super.id);
  EXPECT_EQ(genesis->accounts.size(), 3U);
}

TEST(GenesisFile, WhatIsShownMakesTheSameGenesisAgain_I4) {
  const auto genesis = read_genesis(small_network(), now);
  ASSERT_TRUE(genesis.has_value());
  const auto again = read_genesis(Json::parse(describe(*genesis).dump()), WallTime{1});
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(ledger::chain_id_of(*again), ledger::chain_id_of(*genesis));
}

/// All modules, each with a field that is not its default.
Json network_with_an_economy() {
  Json network = small_network();
  network["pots"] = Json::parse(R"({"mining": "1000", "treasury": "2.5", "reserve": "2"})");
  network["modules"] = Json::parse(
      R"({"staking": {"params": {"emission": "3", "jail_epochs": 7, "creator_stake_min": "10",
                                 "pool_stake_min": "10"},
                      "pools": [{"node": ")" +
      node_id('2') + R"(", "stake": "11.5", "commission": 20000}]},
          "governance": {"params": {"deposit_min": "12", "live_max": 3}},
          "market": {"params": {"processors": [")" +
      node_id('5') + R"(", ")" + node_id('4') + R"("], "processors_needed": 1,
                                "daily_cap": "1.5", "reporters": [")" +
      account_id('a') + R"("], "reporters_needed": 1, "reporter_bond": "1",
                                "classes": [{"class": "GLACIER", "gib_month": "0.4"}]},
                     "first_rate": "0.2",
                     "credits": [{"account": ")" +
      account_id('a') + R"(", "balance": "10"}],
                     "bonds": [{"reporter": ")" +
      account_id('a') + R"(", "bond": "1"}]},
          "storage": {"params": {"month_ms": 60000, "grace_ms": 5},
                      "funds": [{"payer": ")" +
      account_id('a') + R"(", "amount": "0.5"}]}})");
  return network;
}

TEST(GenesisFile, DescribesHonestyWhole_I4) {
  Json network = network_with_an_economy();
  network["pots"]["honesty"] = "7";
  network["modules"]["honesty"] = Json::parse(
      R"({"params": {"round_blocks": 60, "post_blocks": 40, "commit_blocks": 9,
                     "prior_saboteurs": 100000000, "slashed_missed_audit": 70000,
                     "reveal_pay": "0.5", "audit_every_blocks": 10}})");
  const auto genesis = read_genesis(network, now);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().to_string();
  const auto found =
      std::ranges::find(genesis->modules, ledger::Module::Honesty, &ledger::GenesisModule::module);
  ASSERT_NE(found, genesis->modules.end());
  const auto honesty = codec::from_bytes<ledger::HonestyGenesis>(found->genesis).value();
  EXPECT_EQ(honesty.params.rules.commit_blocks, 9U);
  EXPECT_EQ(honesty.params.prior.saboteurs, ledger::Ppb(100'000'000));
  EXPECT_EQ(honesty.params.slashed[1], 70'000U);
  const auto again = read_genesis(Json::parse(describe(*genesis).dump()), WallTime{1});
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(ledger::chain_id_of(*again), ledger::chain_id_of(*genesis));
}

TEST(GenesisFile, BeginsTheEconomyThatItDescribes) {
  const auto genesis = read_genesis(network_with_an_economy(), now);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().to_string();
  ASSERT_EQ(genesis->modules.size(), 4U);
  const auto staking = codec::from_bytes<ledger::StakingGenesis>(genesis->modules[0].genesis);
  ASSERT_TRUE(staking.has_value());
  EXPECT_EQ(staking->params.emission, Oort(3 * oort_base_units));
  EXPECT_EQ(staking->params.jail_epochs, 7U);
  ASSERT_EQ(staking->pools.size(), 1U);
  EXPECT_EQ(staking->pools[0].commission, 20'000U);
  ASSERT_EQ(genesis->pots.size(), 4U);
  EXPECT_EQ(genesis->pots[1],
            (ledger::GenesisPot{ledger::Pot::Stake, Oort(oort_base_units * 23 / 2)}));
  const auto market = codec::from_bytes<ledger::MarketGenesis>(genesis->modules[2].genesis);
  ASSERT_TRUE(market.has_value());
  EXPECT_EQ(market->first_rate, ledger::Rate(oort_base_units / 5));
  EXPECT_EQ(market->params.daily_cap, Credits(1'500'000));
  EXPECT_EQ(market->params.processors[0].hex(), node_id('4')) << "sorted";
  EXPECT_EQ(market->credits[0].balance, Credits(10'000'000));
  const auto storage = codec::from_bytes<ledger::StorageGenesis>(genesis->modules[3].genesis);
  ASSERT_TRUE(storage.has_value());
  EXPECT_EQ(storage->params, (ledger::StorageParams{60'000, 5}));
  ASSERT_EQ(storage->funds.size(), 1U);
  EXPECT_EQ(storage->funds[0].amount, Oort(oort_base_units / 2));
}

TEST(GenesisFile, WhatIsShownOfAnEconomyMakesItAgain_I4) {
  const auto genesis = read_genesis(network_with_an_economy(), now);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().to_string();
  const auto again = read_genesis(Json::parse(describe(*genesis).dump()), WallTime{1});
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(ledger::chain_id_of(*again), ledger::chain_id_of(*genesis));
}

TEST(GenesisFile, WithoutPoolsEachValidatorHasTheSmallest) {
  Json network = small_network();
  network["modules"]["staking"] = Json::object();
  const auto genesis = read_genesis(network, now);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().to_string();
  const auto staking = codec::from_bytes<ledger::StakingGenesis>(genesis->modules[0].genesis);
  ASSERT_EQ(staking->pools.size(), 1U);
  EXPECT_EQ(staking->pools[0].node.hex(), node_id('2'));
  EXPECT_EQ(staking->pools[0].self, staking->params.pool_stake_min);
}

TEST(GenesisFile, ParametersOfAModuleAreReadAsTheyAreShown) {
  for (const ledger::Module module : {ledger::Module::Staking, ledger::Module::Governance,
                                      ledger::Module::Market, ledger::Module::Storage}) {
    const Bytes canonical = read_params(module, Json::object()).value();
    const Json shown = describe_params(module, canonical).value();
    EXPECT_EQ(read_params(module, Json::parse(shown.dump())).value(), canonical);
  }
  EXPECT_EQ(describe_params(ledger::Module::Bank, {}).error().reason(), "NOT_SUPPORTED");
  const auto wrong = read_params(ledger::Module::Staking, Json{{"emision", "1"}});
  EXPECT_NE(wrong.error().detail().find("params.emision is no field"), std::string::npos);
}

TEST(Amounts, PricesAndRatesSayTheSame) {
  EXPECT_EQ(rate_from_price("0.05"), ledger::Rate(oort_base_units / 5));
  EXPECT_EQ(price_of(ledger::Rate(oort_base_units / 5)), "0.05");
  EXPECT_FALSE(rate_from_price("0"));
  EXPECT_FALSE(rate_from_price("five"));
  EXPECT_FALSE(rate_from_price("0.00000000001")) << "above the greatest rate";
}

TEST(Amounts, CreditsHaveSixDecimals) {
  EXPECT_EQ(credits_from_text("12.5"), Credits(12'500'000));
  EXPECT_EQ(credits_from_text("0.000001"), Credits(1));
  EXPECT_FALSE(credits_from_text("0.0000001"));
  EXPECT_EQ(to_text(Credits(12'500'000)), "12.5");
  EXPECT_EQ(to_text(Credits(1)), "0.000001");
  EXPECT_EQ(to_text(Credits(3'000'000)), "3");
}

TEST(GenesisFile, EachMistakeIsNamed_I4) {
  struct Case {
    const char* place;
    const char* value;
    const char* told;
  };
  const Case cases[] = {
      {"/chain_nmae", R"("x")", "genesis.chain_nmae is no field"},
      {"/nodes/0/node", R"("12")", "nodes[0].node must be 64"},
      {"/nodes/1/roles", R"(["suber"])", "nodes[1].roles may hold"},
      {"/nodes/0/endpoints/peer", R"("a:0")", "nodes[0].endpoints.peer must be"},
      {"/nodes/0/endpoints/perr", R"("a:1")", "is none of"},
      {"/nodes/0/weight", "-1", "nodes[0].weight must be a whole number"},
      {"/accounts/0/balance", "5", "accounts[0].balance must be an amount"},
      {"/params", R"({"classes": [{"class": "COLD"}]})", "params.classes[0].class is none of"},
      {"/params", R"({"governor": "me"})", "params.governor must be an account"},
      {"/nodes/0/weight", "0", "validators"},
      {"/pots", R"({"stake": "1"})", "pots.stake is no field"},
      {"/modules", R"({"honesty": {}})", "without staking there is nothing to lose"},
      {"/modules", R"({"storage": {}})", "without a market nothing has a price"},
      {"/modules", R"({"weather": {}})", "modules.weather is no field"},
      {"/modules", R"({"staking": {"params": {"emission": 1}}})",
       "modules.staking.params.emission must be an amount"},
      {"/modules", R"({"staking": {"pools": [{"stake": "1"}]}})",
       "modules.staking.pools[0].node must be"},
      {"/modules", R"({"governance": {}})", "staking is not there"},
      {"/modules", R"({"market": {"params": {"daily_cap": "1.0000001"}}})",
       "modules.market.params.daily_cap must be an amount of credits"},
      {"/modules", R"({"market": {"params": {"reporters": ["me"]}}})",
       "modules.market.params.reporters holds what is none"},
  };
  for (const Case& mistake : cases) {
    Json description = small_network();
    description[Json::json_pointer(mistake.place)] = Json::parse(mistake.value);
    const std::string told = refusal(description);
    EXPECT_NE(told.find(mistake.told), std::string::npos) << mistake.place << ": " << told;
  }
  EXPECT_NE(refusal(Json::array()).find("genesis must be an object"), std::string::npos);
}

TEST(GenesisFile, ItsTemplateNeedsOnlyNames) {
  // It passes through text, as it does in use.
  Json description = Json::parse(genesis_template().dump());
  description["nodes"][0]["node"] = node_id('3');
  description["nodes"][0]["owner"] = account_id('b');
  description["accounts"][0]["account"] = account_id('c');
  EXPECT_EQ(refusal(description), "");
}

}  // namespace
}  // namespace oort::cli
