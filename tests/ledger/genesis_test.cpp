// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

TEST(Genesis, MakesAStateThatAddsUp_L2) {
  const GenesisParams genesis = small_genesis();
  MemoryState state;
  state.apply(genesis_writes(genesis));
  expect_invariants(state);
  const View view(state);
  EXPECT_EQ(view.chain(), chain_id_of(genesis));
  EXPECT_EQ(view.params(), genesis.params);
  EXPECT_EQ(view.validator_set(Epoch())->validators, genesis.validators);
  EXPECT_EQ(view.nodes(NodeId(), 100), genesis.nodes);
  EXPECT_EQ(view.account(account_of(keys_of(100))).balance, Oort(oort_base_units * 1000));
  // Operators and nodes have accounts, funded or not.
  EXPECT_TRUE(state.get(keys::account(account_of(keys_of(11)))));
  EXPECT_TRUE(std::ranges::is_sorted(genesis_writes(genesis), KeyLess{}, &StateWrite::key));
}

TEST(Genesis, AccessKeysAndGrantsWorkFromTheStart) {
  GenesisParams genesis = small_genesis();
  const AccountId owner = account_of(keys_of(100));
  const AccountId gateway = account_of(keys_of(1));
  genesis.access_keys = {{"OORT0123", owner, {}, {}, granted_operations_all, 0, 0}};
  genesis.grants = {{GrantId(1), owner, gateway, {}, granted_operations_all, 0, 0, {}, {}, 0}};
  TestLedger ledger(genesis);
  EXPECT_EQ(ledger.view().access_keys_of(owner, 10).size(), 1U);
  EXPECT_EQ(
      ledger.send(TestLedger::node(1), BucketCreate{owner, "photos", {}, {}, {GrantId(1), {}}}),
      Rejection::None);
  EXPECT_EQ(ledger.grant_to(TestLedger::node(2), 8), GrantId(2));
}

TEST(Genesis, EveryFieldCountsForTheChainId) {
  GenesisParams genesis = small_genesis();
  const ChainId id = chain_id_of(genesis);
  genesis.cell = CellId(1);
  EXPECT_NE(chain_id_of(genesis), id);
  genesis = small_genesis();
  genesis.params.undo_window += 1;
  EXPECT_NE(chain_id_of(genesis), id);
}

TEST(Genesis, PotsArePartOfTheSupply_L2) {
  GenesisParams genesis = small_genesis();
  const Oort before = TestLedger(genesis).view().supply().total;
  genesis.pots = {{Pot::Mining, Oort(7)}, {Pot::Treasury, Oort(2)}};
  const TestLedger ledger(genesis);
  expect_invariants(ledger.state());
  EXPECT_EQ(ledger.view().pot(Pot::Mining), Oort(7));
  EXPECT_EQ(ledger.view().pot(Pot::Stake), Oort());
  EXPECT_EQ(ledger.view().supply().total, *before.plus(Oort(9)));
}

TEST(Genesis, RefusesPotsAndModulesThatCannotBe) {
  GenesisParams genesis = small_genesis();
  genesis.pots = {{Pot::Treasury, Oort(2)}, {Pot::Mining, Oort(7)}};
  EXPECT_FALSE(check_genesis(genesis).has_value());
  genesis.pots = {{Pot::Mining, Oort()}};
  EXPECT_FALSE(check_genesis(genesis).has_value());
  genesis.pots = {};
  genesis.modules = {{Module::Beacon, {}}};
  EXPECT_FALSE(check_genesis(genesis).has_value());
}

TEST(Genesis, WithoutAnEconomyIsOfFormat1) {
  GenesisParams genesis = small_genesis();
  EXPECT_EQ(codec::to_bytes(genesis)[0], std::byte{1});
  genesis.pots = {{Pot::Mining, Oort(7)}};
  Bytes bytes = codec::to_bytes(genesis);
  EXPECT_EQ(bytes[0], std::byte{2});
  EXPECT_EQ(codec::from_bytes<GenesisParams>(bytes), genesis);
  // Format 2 with nothing of format 2 in it would be a second encoding of the same genesis.
  Bytes empty = codec::to_bytes(small_genesis());
  empty[0] = std::byte{2};
  empty.resize(empty.size() + 8);
  EXPECT_FALSE(codec::from_bytes<GenesisParams>(empty).has_value());
}

TEST(Genesis, FileIsReadBackAndAnyFlippedByteIsRefused) {
  GenesisParams genesis = small_genesis();
  genesis.pots = {{Pot::Mining, Oort(7)}};
  Bytes file = genesis_to_file(genesis);
  const auto read = genesis_from_file(file);
  ASSERT_TRUE(read.has_value()) << read.error().to_string();
  EXPECT_EQ(*read, genesis);
  for (std::byte& byte : file) {
    byte ^= std::byte{1};
    EXPECT_FALSE(genesis_from_file(file).has_value());
    byte ^= std::byte{1};
  }
  EXPECT_EQ(genesis_from_file(to_bytes("x")).error().reason(), "WRONG_GENESIS");
  file.push_back(std::byte{0});
  EXPECT_FALSE(genesis_from_file(file).has_value());
}

TEST(Genesis, ImpossibleOnesAreNamed) {
  const auto detail_of = [](auto change) {
    GenesisParams genesis = small_genesis();
    change(genesis);
    const auto checked = check_genesis(genesis);
    return checked ? std::string() : checked.error().detail();
  };
  const auto expect = [&](std::string_view word, auto change) {
    EXPECT_NE(detail_of(change).find(word), std::string::npos) << word;
  };
  EXPECT_EQ(detail_of([](auto&) {}), "");
  expect("chain_name", [](auto& g) { g.chain_name = "A"; });
  expect("params", [](auto& g) { g.params.epoch_ms = 0; });
  expect("accounts", [](auto& g) { std::swap(g.accounts[0], g.accounts[1]); });
  expect("balances", [](auto& g) { g.accounts[0].balance = Oort(~Uint128{0}); });
  expect("nodes", [](auto& g) { std::swap(g.nodes[0], g.nodes[1]); });
  expect("impossible", [](auto& g) { g.nodes[0].roles = 0; });
  expect("validators", [](auto& g) { g.validators.clear(); });
  expect("ascend by node", [](auto& g) { std::swap(g.validators[0], g.validators[1]); });
  expect("super node", [](auto& g) { g.validators[0].node = NodeId(); });
  expect("weights", [](auto& g) { g.validators[0].weight = 0; });
  expect("weights", [](auto& g) { g.validators[0].weight = ~std::uint64_t{0}; });
  expect("access key", [](auto& g) { g.access_keys.resize(1); });
  expect("ascend by id", [](auto& g) { g.access_keys.resize(2); });
  expect("numbered", [](auto& g) { g.grants.resize(1); });
}

}  // namespace
}  // namespace oort::ledger::test
