// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/storage_view.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint64_t second_ms = 1'000;

AccountId id_of(std::uint8_t seed) { return account_of(keys_of(seed)); }
NodeId node_id(std::uint8_t number) { return TestLedger::node(number).node_id(); }

/// A ledger that meters; the owner's gateway is the owner.
struct Store {
  TestLedger ledger;
  AccountId owner = account_of(ledger.owner);

  explicit Store(GenesisParams genesis = storage_genesis()) : ledger(std::move(genesis)) {}

  StorageView view() const { return StorageView(ledger.state()); }
  StorageAccount account() const { return view().account(owner).value(); }
  Units held() const { return ledger.view().escrow(account().escrow)->held; }
  /// What a node has earned from the owner, whole base units.
  Uint128 earned(std::uint8_t number) const {
    const auto holdings = view().holdings_of(node_id(number), owner, 1);
    return holdings.empty() ? 0 : holdings[0].second.earned.high;
  }
  Rejection store(std::uint64_t nonce, std::uint64_t length = 1000) {
    return ledger.send(ledger.owner, ledger.store_operation(ledger.owner, nonce, length));
  }
  OperationReceipt collect(std::uint8_t number, std::vector<AccountId> payers) {
    return ledger.run(TestLedger::node(number), StorageCollect{node_id(number), payers});
  }
  Rejection fund(Oort amount) { return ledger.send(ledger.owner, StorageFund{owner, amount}); }
  void wait(std::uint64_t milliseconds) {
    ledger.time_ms += milliseconds;
    ledger.pass(1);
  }
  /// What 2,000 bytes of STANDARD cost, rounded down.
  static Uint128 cost_of(std::uint64_t bytes, std::uint64_t milliseconds) {
    return mul_div(standard_price.units() * test_rate.units(), Uint128{bytes} * milliseconds,
                   credit * (Uint128{1} << 30) * hour_ms, Rounding::Down)
        .value();
  }
};

TEST(Storage, IsOffWhereTheGenesisDoesNotNameIt) {
  TestLedger ledger(market_genesis());
  const AccountId owner = account_of(ledger.owner);
  EXPECT_EQ(ledger.send(ledger.owner, StorageFund{owner, Oort(1)}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, StorageWithdraw{Oort(1)}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(TestLedger::node(1), StorageCollect{node_id(1), {owner}}),
            Rejection::ModuleOff);
  ledger.store_segment(ledger.owner, 1);
  EXPECT_FALSE(StorageView(ledger.state()).meter());
  const Bytes prefix = Bytes{static_cast<std::byte>(Module::Storage)};
  ledger.state().scan(prefix, prefix, [](ByteView key, ByteView) {
    ADD_FAILURE() << "written where nothing is metered: " << to_hex(key);
    return true;
  });
}

TEST(Storage, GenesisIsRefusedForEachReason) {
  const auto is_refused = [](auto change) {
    GenesisParams genesis = storage_genesis(false);
    StorageGenesis storage = *codec::from_bytes<StorageGenesis>(genesis.modules[1].genesis);
    change(genesis, storage);
    genesis.modules.back().genesis = codec::to_bytes(storage);
    return !check_genesis(genesis).has_value();
  };
  EXPECT_FALSE(is_refused([](auto&, auto&) {}));
  EXPECT_TRUE(is_refused([](auto&, auto& s) { s.params.month_ms = 0; }));
  EXPECT_TRUE(is_refused([](auto& g, auto&) { g.modules.erase(g.modules.begin()); }));
  EXPECT_TRUE(is_refused([](auto&, auto& s) { s.funds[0].amount = Oort(); }));
  EXPECT_TRUE(is_refused([](auto&, auto& s) { s.funds[0].payer = AccountId(); }));
  EXPECT_TRUE(is_refused([](auto&, auto& s) { s.funds.push_back(s.funds[0]); }));
  const Oort all(1'000 * oort_base_units);
  EXPECT_FALSE(is_refused([&](auto&, auto& s) { s.funds[0].amount = all; }));
  // A reporter's bond is out of the same balance.
  EXPECT_TRUE(is_refused([&](auto&, auto& s) { s.funds = {{id_of(71), all}}; }));
}

TEST(Storage, WhoMakesASegmentMustHaveFundedIt_U5) {
  Store store;
  TestLedger& ledger = store.ledger;
  const AccountId stranger = account_of(ledger.stranger);
  const SegmentStore segment = ledger.store_operation(ledger.stranger, 1);
  const SegmentOpen open{2, StorageClass::Standard, {node_id(1), node_id(2), node_id(3)}};
  EXPECT_EQ(ledger.send(ledger.stranger, segment), Rejection::StorageUnfunded);
  EXPECT_EQ(ledger.send(ledger.stranger, open), Rejection::StorageUnfunded);
  EXPECT_EQ(ledger.send(ledger.stranger, StorageWithdraw{Oort(1)}),
            Rejection::StorageAccountUnknown);
  EXPECT_EQ(ledger.send(ledger.stranger, StorageFund{stranger, Oort()}), Rejection::ZeroAmount);
  // The owner pays for the stranger's gateway.
  const auto funded = ledger.run(ledger.owner, StorageFund{stranger, storage_fund});
  EXPECT_EQ(funded.rejection, Rejection::None);
  EXPECT_EQ(find_event<BalanceChanged>(funded)->account, store.owner);
  EXPECT_EQ(find_event<StorageAccountChanged>(funded)->kind, StorageAccountChanged::Kind::Opened);
  const auto escrow = ledger.view().escrow(store.view().account(stranger)->escrow);
  EXPECT_EQ(escrow->payer, stranger);
  EXPECT_EQ(escrow->kind, EscrowKind::Storage);
  EXPECT_EQ(ledger.send(ledger.stranger, segment), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.stranger, open), Rejection::None);
  // Nobody but metering ends it.
  EXPECT_EQ(ledger.send(ledger.stranger, EscrowClose{escrow->id}), Rejection::EscrowNotYours);
  EXPECT_EQ(ledger.send(ledger.stranger, EscrowWithdraw{escrow->id}), Rejection::EscrowNotYours);
}

TEST(Storage, NodesEarnByTheirBytesAndTime_U1_U3) {
  Store store;
  ASSERT_EQ(store.store(1, 1000), Rejection::None);
  EXPECT_EQ(store.account().bytes[0], 2000U);
  store.wait(7 * second_ms);
  for (std::uint8_t node = 1; node <= 4; ++node) {
    EXPECT_EQ(store.earned(node), Store::cost_of(500, 7 * second_ms));
  }
  EXPECT_EQ(store.earned(5), Uint128{0});
  ASSERT_EQ(store.store(2, 3000), Rejection::None);
  store.wait(second_ms);
  EXPECT_EQ(store.earned(1), Store::cost_of(500, 8 * second_ms) + Store::cost_of(1500, second_ms));
}

TEST(Storage, TheOperatorIsPaidLessTheTake_U2) {
  Store store;
  TestLedger& ledger = store.ledger;
  ASSERT_EQ(store.store(1), Rejection::None);
  store.wait(10 * second_ms);
  const Uint128 gross = store.earned(1);
  const Oort treasury = ledger.view().pot(Pot::Treasury);
  const Escrow before = *ledger.view().escrow(store.account().escrow);
  const auto paid = store.collect(1, {store.owner});
  ASSERT_EQ(paid.rejection, Rejection::None) << to_string(paid.rejection);
  const Uint128 take = share_of(gross, before.take, Rounding::Up);
  const Uint128 discount = share_of(gross, before.discount, Rounding::Down);
  // The operator of node 1, whoever asked for it.
  EXPECT_EQ(ledger.view().account(id_of(11)).balance, Oort(gross - take));
  EXPECT_EQ(ledger.view().pot(Pot::Treasury), *treasury.plus(Oort(take - discount)));
  const Escrow after = *ledger.view().escrow(before.id);
  EXPECT_EQ(after.paid, Units(gross - discount));
  EXPECT_EQ(after.refunded, Units(discount));
  const auto is_pay = [](const Event& event) {
    const auto* changed = std::get_if<BalanceChanged>(&event);
    return changed != nullptr && changed->purpose == Purpose::StoragePaid;
  };
  EXPECT_EQ(std::ranges::count_if(paid.events, is_pay), 1);
  EXPECT_EQ(store.collect(1, {store.owner}).rejection, Rejection::NothingToWithdraw);
}

TEST(Storage, CollectingIsRefusedForEachReason) {
  Store store;
  TestLedger& ledger = store.ledger;
  ASSERT_EQ(store.store(1), Rejection::None);
  store.wait(second_ms);
  const AccountId stranger = account_of(ledger.stranger);
  EXPECT_EQ(store.collect(1, {}).rejection, Rejection::StorageFieldInvalid);
  EXPECT_EQ(store.collect(1, {store.owner, store.owner}).rejection, Rejection::StorageFieldInvalid);
  EXPECT_EQ(store.collect(1, {stranger}).rejection, Rejection::NothingToWithdraw);
  EXPECT_EQ(store.collect(5, {store.owner}).rejection, Rejection::NothingToWithdraw);
  EXPECT_EQ(ledger.send(ledger.stranger, StorageCollect{node_id(1), {store.owner}}),
            Rejection::NodeNotYours);
  EXPECT_EQ(ledger.send(TestLedger::node(1), StorageCollect{node_id(77), {store.owner}}),
            Rejection::NodeUnknown);
  ledger.set_status(node_id(1), NodeStatus::Faulty);
  EXPECT_EQ(store.collect(1, {store.owner}).rejection, Rejection::NodeFaulty);
  ledger.set_status(node_id(1), NodeStatus::Draining);
  EXPECT_EQ(store.collect(1, {store.owner}).rejection, Rejection::None);
}

TEST(Storage, ADryAccountPaysNoMoreAndIsRefusedAfterTheGrace_U5) {
  Store store;
  TestLedger& ledger = store.ledger;
  ASSERT_EQ(store.store(1, 100'000'000 / 2), Rejection::None);
  const SegmentId stored = segment_id_of(store.owner, 1);
  const std::uint64_t since = ledger.time_ms;
  const Uint128 each_second = Store::cost_of(100'000'000, second_ms);
  const auto lasts_ms = static_cast<std::uint64_t>(storage_fund.units() * second_ms / each_second);
  ASSERT_GT(lasts_ms, 30 * second_ms);
  store.wait(lasts_ms + 20 * second_ms);
  // Noticed late, it is known when it was, to the millisecond.
  EXPECT_NEAR(static_cast<double>(store.account().dry_ms), static_cast<double>(since + lasts_ms),
              2.0);
  EXPECT_LE(unearned(store.account(), store.held()), Units(100));
  EXPECT_EQ(store.store(2), Rejection::None) << "within the grace";
  store.wait(41 * second_ms);
  EXPECT_EQ(store.store(3), Rejection::StorageInArrears);
  // What is stored stays, can be named and repaired.
  const BucketId bucket = ledger.make_bucket("photos");
  ledger.put(ledger.owner, bucket, "a", stored);
  // A little money does not end it, though it is earned; the price of the grace does.
  EXPECT_EQ(store.fund(Oort(each_second)), Rejection::None);
  EXPECT_EQ(store.store(3), Rejection::StorageInArrears);
  const std::uint64_t dry = store.account().dry_ms;
  EXPECT_NE(dry, 0U);
  const auto resumed =
      ledger.run(ledger.stranger, EscrowFund{store.account().escrow, Units(each_second * 61)});
  EXPECT_EQ(resumed.rejection, Rejection::None);
  EXPECT_EQ(store.account().dry_ms, 0U);
  EXPECT_EQ(store.store(3), Rejection::None);
  // Nothing is earned for the time in which nobody paid.
  const Uint128 before = store.earned(1);
  store.wait(second_ms);
  const Uint128 gained = store.earned(1) - before;
  EXPECT_GE(gained, Store::cost_of(25'000'000 + 1'000, second_ms) - 1);
  EXPECT_LE(gained, Store::cost_of(25'000'000 + 1'000, second_ms) + 1);
}

TEST(Storage, WhatNobodyEarnedComesBackButForTheGrace_U2) {
  Store store;
  TestLedger& ledger = store.ledger;
  EXPECT_EQ(ledger.send(ledger.owner, StorageWithdraw{Oort()}), Rejection::ZeroAmount);
  ASSERT_EQ(store.store(1), Rejection::None);
  store.wait(second_ms);
  const Uint128 grace = Store::cost_of(2'000, 60 * second_ms) + 1;
  const Uint128 free = unearned(store.account(), store.held()).units();
  EXPECT_EQ(ledger.send(ledger.owner, StorageWithdraw{Oort(free)}), Rejection::EscrowTooLow);
  const auto before = ledger.view().account(store.owner).balance;
  const auto done = ledger.run(ledger.owner, StorageWithdraw{Oort(free - grace)});
  EXPECT_EQ(done.rejection, Rejection::None);
  const Oort fee = ledger.last().receipts.at(0).fee;
  EXPECT_EQ(ledger.view().account(store.owner).balance,
            before.plus(Oort(free - grace))->minus(fee));
  EXPECT_EQ(ledger.view().escrow(store.account().escrow)->refunded, Units(free - grace));
}

TEST(Storage, BytesMoveWithTheShards_U1) {
  Store store;
  TestLedger& ledger = store.ledger;
  SegmentOpen open{1, StorageClass::Standard, {node_id(1), node_id(2), node_id(3)}};
  ASSERT_EQ(ledger.send(ledger.owner, open), Rejection::None);
  EXPECT_EQ(store.account().bytes[0], 0U);
  const SegmentId id = segment_id_of(store.owner, 1);
  const TreeRoot root = root_of("content");
  SegmentAppend append{id, 1, 300, root, {}};
  for (std::uint8_t i = 0; i < 3; ++i) {
    append.receipts.push_back(
        ledger.receipt(static_cast<std::uint8_t>(i + 1), id, i, 300, 1, root));
  }
  ASSERT_EQ(ledger.send(ledger.owner, append), Rejection::None);
  EXPECT_EQ(store.account().bytes[0], 900U);
  SegmentSeal seal{id, 1, 2, {}};
  for (std::uint8_t i = 0; i < 4; ++i) {
    seal.receipts.push_back(ledger.receipt(static_cast<std::uint8_t>(i + 1), id, i, 150, 2,
                                           root_of(std::to_string(i))));
  }
  ASSERT_EQ(ledger.send(ledger.owner, seal), Rejection::None);
  EXPECT_EQ(store.account().bytes[0], 600U);
  store.wait(second_ms);
  // Node 5 takes the shard of node 2, which is paid for its time.
  const ShardReplace repair{id, node_id(2), ledger.receipt(5, id, 1, 150, 3, root_of("1"))};
  ASSERT_EQ(ledger.send(TestLedger::node(5), repair), Rejection::None);
  const Uint128 left = store.earned(2);
  EXPECT_GT(left, Uint128{0});
  store.wait(second_ms);
  EXPECT_EQ(store.earned(2), left);
  EXPECT_EQ(store.earned(5), Store::cost_of(150, second_ms));
  // Nothing refers to it: the record goes, and with it all that is paid for.
  ledger.pass(40);
  ASSERT_FALSE(ledger.view().segment(id));
  EXPECT_EQ(store.account().bytes[0], 0U);
  EXPECT_EQ(store.collect(2, {store.owner}).rejection, Rejection::None);
  EXPECT_TRUE(store.view().holdings_of(node_id(2), AccountId(), 9).empty());
}

TEST(Storage, APriceCountsForTheTimeInWhichItRuled_U3) {
  Store store;
  TestLedger& ledger = store.ledger;
  ASSERT_EQ(store.store(1), Rejection::None);
  store.wait(4 * second_ms);
  MarketParams params = *ledger.view().market_params();
  params.classes[0].gib_month = Credits(3 * standard_price.units());
  ledger.apply(std::vector<StateWrite>{{keys::market_params(), codec::to_bytes(params)}});
  store.wait(2 * second_ms);
  EXPECT_EQ(store.earned(1), Store::cost_of(500, 10 * second_ms));
  // A class without a price costs nothing.
  params.classes.clear();
  ledger.apply(std::vector<StateWrite>{{keys::market_params(), codec::to_bytes(params)}});
  store.wait(9 * second_ms);
  EXPECT_EQ(store.earned(1), Store::cost_of(500, 10 * second_ms));
}

TEST(Storage, PricesBeyondAllMoneyDryTheAccountAndBreakNothing_U2) {
  Store store;
  TestLedger& ledger = store.ledger;
  ASSERT_EQ(store.store(1), Rejection::None);
  MarketParams params = *ledger.view().market_params();
  params.classes[0].gib_month = Credits(~Uint128{0});
  params.fixed_rate = Rate(rate_max);
  ledger.apply(std::vector<StateWrite>{{keys::market_params(), codec::to_bytes(params)}});
  store.wait(~std::uint64_t{0} / 4);
  EXPECT_NE(store.account().dry_ms, 0U);
  EXPECT_EQ(store.fund(Oort(5)), Rejection::None);
  store.wait(second_ms);
  EXPECT_EQ(store.collect(1, {store.owner}).rejection, Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, StorageWithdraw{Oort(1)}), Rejection::EscrowTooLow);
}

}  // namespace
}  // namespace oort::ledger::test
