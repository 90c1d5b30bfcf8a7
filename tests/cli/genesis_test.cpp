// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "genesis_file.hpp"
#include "oort/crypto/signature.hpp"

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
