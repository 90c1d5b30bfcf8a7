// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "datahub_kit.hpp"

namespace oort::ledger::test {
namespace {

constexpr Oort price(oort_base_units * 5);

/// Owned by `owner`; `stranger` wants in.
struct Shop {
  Shop() : ledger(datahub_genesis()) {}
  Rejection own(const Operation& operation) { return ledger.send(ledger.owner, operation); }
  Rejection other(const Operation& operation) { return ledger.send(ledger.stranger, operation); }
  Oort balance(const crypto::KeyPair& keys) const {
    return ledger.view().account(account_of(keys)).balance;
  }
  DatasetVersion version() const { return *DataHubView(ledger.state()).dataset(signs); }
  DatasetGrant grant() const {
    return *DataHubView(ledger.state()).grant(signs, account_of(ledger.stranger));
  }
  std::optional<DatasetOpening> opening() const {
    return DataHubView(ledger.state()).opening(signs, account_of(ledger.stranger));
  }
  /// To `stranger`, in so many milliseconds.
  bool is_open_in(std::uint64_t ms) const {
    return opening() && is_open(version(), grant(), *opening(), ledger.time_ms + ms);
  }
  TestLedger ledger;
  DatasetId signs = dataset_named("signs");
};

TEST(Datasets, AreOffWithoutTheirGenesis) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, seal_of("signs")), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, DatasetRequest{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, DatasetUse{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, DatasetOpen{}), Rejection::ModuleOff);
}

TEST(Datasets, AVersionIsSealedOnceAndNewerThanTheLast_E1) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  EXPECT_EQ(shop.own(seal_of("signs")), Rejection::DatasetExists);
  EXPECT_EQ(shop.other(seal_of("signs")), Rejection::DatasetExists);
  DatasetSeal next = seal_of("signs");
  next.root = dataset_named("signs 2");
  EXPECT_EQ(shop.own(next), Rejection::DatasetVersionStale);
  next.version = {1, 0, 1};
  next.parents = {shop.signs};
  ASSERT_EQ(shop.own(next), Rejection::None);
  EXPECT_EQ(DataHubView(shop.ledger.state()).dataset(next.root)->previous, shop.signs);
  // A name is its owner's: another has one of its own.
  DatasetSeal foreign = seal_of("signs");
  foreign.root = dataset_named("foreign");
  EXPECT_EQ(shop.other(foreign), Rejection::None);
  EXPECT_EQ(
      DataHubView(shop.ledger.state()).datasets_of(account_of(shop.ledger.owner), {}, 10).size(),
      2U);
}

TEST(Datasets, ASealIsRefusedForEachReason_E1) {
  Shop shop;
  const auto refused = [&](auto change) {
    DatasetSeal seal = seal_of("signs");
    change(seal);
    return shop.own(seal);
  };
  const auto field = Rejection::DatasetFieldInvalid;
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.root = {}; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.name = "Signs"; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.name = ""; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.licence = "a\nb"; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.manifest = {}; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.samples_count = 0; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.not_before = {}; }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.campaigns.resize(2); }), field);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.parents = {dataset_named("none")}; }),
            Rejection::DatasetParentUnknown);
  EXPECT_EQ(refused([](DatasetSeal& seal) { seal.campaigns.resize(1); }),
            Rejection::DatasetCampaignWrong);
}

TEST(Datasets, NameACampaignOnceItIsOverAndTheirs_E1) {
  TestCampaign test;
  const CampaignId id = test.open();
  DatasetSeal seal = seal_of("signs");
  seal.campaigns = {id};
  EXPECT_EQ(test.ledger.send(test.ledger.owner, seal), Rejection::DatasetCampaignWrong);
  ASSERT_EQ(test.ledger.send(test.ledger.owner, CampaignClose{id}), Rejection::None);
  EXPECT_EQ(test.ledger.send(test.ledger.stranger, seal), Rejection::DatasetCampaignWrong);
  EXPECT_EQ(test.ledger.send(test.ledger.owner, seal), Rejection::None);
}

TEST(Datasets, ASalePaysOwnerAndProtocol_E2) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  const DatasetRequest request{shop.signs, price};
  EXPECT_EQ(shop.other(request), Rejection::DatasetClosed);
  EXPECT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Sold, Oort(), 0}),
            Rejection::DatasetFieldInvalid);
  EXPECT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Open, price, 0}),
            Rejection::DatasetFieldInvalid);
  EXPECT_EQ(shop.other(DatasetOffer{shop.signs, DatasetAccess::Open, {}, 0}),
            Rejection::DatasetNotYours);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Sold, price, 1'000}), Rejection::None);
  EXPECT_EQ(shop.other(DatasetRequest{shop.signs, Oort(1)}), Rejection::DatasetPriceTooHigh);
  EXPECT_EQ(shop.own(request), Rejection::DatasetGrantKnown);
  const Oort seller = shop.balance(shop.ledger.owner);
  const Oort buyer = shop.balance(shop.ledger.stranger);
  const Oort treasury = shop.ledger.view().pot(Pot::Treasury);
  ASSERT_EQ(shop.other(request), Rejection::None);
  EXPECT_EQ(shop.balance(shop.ledger.owner), *seller.plus(Oort(price.units() * 9 / 10)));
  EXPECT_LE(shop.balance(shop.ledger.stranger), *buyer.minus(price));
  EXPECT_EQ(shop.ledger.view().pot(Pot::Treasury), *treasury.plus(Oort(price.units() / 10)));
  EXPECT_EQ(shop.other(request), Rejection::DatasetGrantKnown);
  EXPECT_EQ(shop.own(DatasetDecide{shop.signs, account_of(shop.ledger.stranger), false, 0}),
            Rejection::DatasetGrantPaid);
  // When it has ended, it is bought again.
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 3}), Rejection::None);
  shop.ledger.time_ms += 1'000;
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 1}), Rejection::DatasetGrantMissing);
  EXPECT_EQ(shop.other(request), Rejection::None);
  EXPECT_EQ(shop.version().grants_count, 2U);
  EXPECT_EQ(shop.version().uses_count, 3U);
}

TEST(Datasets, TheTakeOfASaleIsRoundedUp_E2) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Sold, Oort(15), 0}), Rejection::None);
  const Oort seller = shop.balance(shop.ledger.owner);
  const Oort treasury = shop.ledger.view().pot(Pot::Treasury);
  ASSERT_EQ(shop.other(DatasetRequest{shop.signs, Oort(15)}), Rejection::None);
  EXPECT_EQ(shop.balance(shop.ledger.owner), *seller.plus(Oort(13)));
  EXPECT_EQ(shop.ledger.view().pot(Pot::Treasury), *treasury.plus(Oort(2)));
}

TEST(Datasets, AGateIsTheOwners_E3) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Gated, {}, 0}), Rejection::None);
  const DatasetRequest request{shop.signs, {}};
  const auto decide = [&](bool is_granted, std::uint64_t uses_max = 0) {
    return shop.own(
        DatasetDecide{shop.signs, account_of(shop.ledger.stranger), is_granted, uses_max});
  };
  EXPECT_EQ(decide(false), Rejection::DatasetGrantMissing);
  ASSERT_EQ(shop.other(request), Rejection::None);
  EXPECT_EQ(shop.other(request), Rejection::DatasetGrantKnown);
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 1}), Rejection::DatasetGrantMissing);
  EXPECT_EQ(shop.other(DatasetDecide{shop.signs, account_of(shop.ledger.stranger), true, 0}),
            Rejection::DatasetNotYours);
  ASSERT_EQ(decide(true, 5), Rejection::None);
  EXPECT_EQ(decide(true), Rejection::DatasetGrantKnown);
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 0}), Rejection::DatasetFieldInvalid);
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 6}), Rejection::DatasetUsesSpent);
  ASSERT_EQ(shop.other(DatasetUse{shop.signs, 5}), Rejection::None);
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 1}), Rejection::DatasetUsesSpent);
  ASSERT_EQ(decide(false), Rejection::None);
  EXPECT_EQ(shop.grant().status, GrantStatus::Revoked);
  EXPECT_EQ(decide(false), Rejection::DatasetGrantMissing);
  // Whom the owner sent away does not come back by the open door.
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Open, {}, 0}), Rejection::None);
  EXPECT_EQ(shop.other(request), Rejection::DatasetGrantMissing);
  EXPECT_EQ(decide(true), Rejection::None);
  EXPECT_EQ(shop.ledger.send(contributor(1), request), Rejection::None);
}

TEST(Datasets, ATakeDownEndsGrantsAndLeavesTheRecord_E4) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Sold, price, 0}), Rejection::None);
  ASSERT_EQ(shop.other(DatasetRequest{shop.signs, price}), Rejection::None);
  EXPECT_EQ(shop.other(DatasetTakeDown{shop.signs, digest("notice")}), Rejection::DatasetNotYours);
  ASSERT_EQ(shop.own(DatasetTakeDown{shop.signs, digest("notice")}), Rejection::None);
  const auto gone = Rejection::DatasetTakenDown;
  EXPECT_EQ(shop.own(DatasetTakeDown{shop.signs, {}}), gone);
  EXPECT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Open, {}, 0}), gone);
  EXPECT_EQ(shop.other(DatasetRequest{shop.signs, price}), gone);
  EXPECT_EQ(shop.other(DatasetUse{shop.signs, 1}), gone);
  EXPECT_EQ(shop.own(DatasetUse{shop.signs, 1}), gone);
  EXPECT_EQ(shop.own(DatasetDecide{shop.signs, account_of(shop.ledger.stranger), true, 0}), gone);
  EXPECT_EQ(shop.version().root, shop.signs);
  EXPECT_EQ(shop.version().why, digest("notice"));
  EXPECT_FALSE(is_live(shop.version(), shop.grant(), shop.ledger.time_ms));
  EXPECT_EQ(shop.own(DatasetOffer{dataset_named("none"), DatasetAccess::Open, {}, 0}),
            Rejection::DatasetUnknown);
}

TEST(Datasets, AnOpeningIsAUseAndLastsADay_E5) {
  Shop shop;
  EXPECT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::DatasetUnknown);
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Gated, {}, 0}), Rejection::None);
  EXPECT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::DatasetGrantMissing);
  ASSERT_EQ(shop.other(DatasetRequest{shop.signs, {}}), Rejection::None);
  EXPECT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::DatasetGrantMissing);
  ASSERT_EQ(shop.own(DatasetDecide{shop.signs, account_of(shop.ledger.stranger), true, 2}),
            Rejection::None);
  EXPECT_FALSE(shop.opening());
  ASSERT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::None);
  EXPECT_EQ(shop.grant().uses, 1U);
  EXPECT_EQ(shop.version().uses_count, 1U);
  EXPECT_TRUE(shop.is_open_in(dataset_opening_ms - 1));
  EXPECT_FALSE(shop.is_open_in(dataset_opening_ms));
  // Again, half a day later: from then on for a day.
  shop.ledger.time_ms += dataset_opening_ms / 2;
  ASSERT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::None);
  EXPECT_TRUE(shop.is_open_in(dataset_opening_ms - 1));
  // No more uses are left, which does not shorten the last one.
  EXPECT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::DatasetUsesSpent);
  EXPECT_TRUE(shop.is_open_in(0));
  EXPECT_EQ(shop.own(DatasetOpen{shop.signs}), Rejection::None);
}

TEST(Datasets, AnOpeningEndsWithItsGrant_E5) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Open, {}, 1'000}), Rejection::None);
  const DatasetRequest request{shop.signs, {}};
  ASSERT_EQ(shop.other(request), Rejection::None);
  ASSERT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::None);
  EXPECT_EQ(shop.opening()->until_ms, shop.grant().expires_ms);
  // A grant of later does not open what an earlier one had opened.
  shop.ledger.time_ms += 1'000;
  ASSERT_EQ(shop.other(request), Rejection::None);
  EXPECT_TRUE(is_live(shop.version(), shop.grant(), shop.ledger.time_ms));
  EXPECT_FALSE(shop.is_open_in(0));
  // Nor does one that is given back after a revocation.
  const auto decide = [&](bool is_granted) {
    return shop.own(DatasetDecide{shop.signs, account_of(shop.ledger.stranger), is_granted, 0});
  };
  ASSERT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::None);
  EXPECT_TRUE(shop.is_open_in(0));
  ASSERT_EQ(decide(false), Rejection::None);
  EXPECT_FALSE(shop.opening());
  ASSERT_EQ(decide(true), Rejection::None);
  EXPECT_FALSE(shop.is_open_in(0));
}

TEST(Datasets, ATakeDownEndsOpenings_E5) {
  Shop shop;
  ASSERT_EQ(shop.own(seal_of("signs")), Rejection::None);
  ASSERT_EQ(shop.own(DatasetOffer{shop.signs, DatasetAccess::Sold, price, 0}), Rejection::None);
  ASSERT_EQ(shop.other(DatasetRequest{shop.signs, price}), Rejection::None);
  ASSERT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::None);
  EXPECT_TRUE(shop.is_open_in(0));
  ASSERT_EQ(shop.own(DatasetTakeDown{shop.signs, digest("notice")}), Rejection::None);
  EXPECT_FALSE(shop.is_open_in(0));
  EXPECT_EQ(shop.other(DatasetOpen{shop.signs}), Rejection::DatasetTakenDown);
}

}  // namespace
}  // namespace oort::ledger::test
