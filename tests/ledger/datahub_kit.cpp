// SPDX-License-Identifier: Apache-2.0
#include "datahub_kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/ledger/datahub_keys.hpp"

namespace oort::ledger::test {

GenesisParams datahub_genesis() {
  GenesisParams genesis = market_genesis();
  CampaignsGenesis campaigns;
  campaigns.params.appeal_ms_min = 1;
  genesis.modules.push_back({Module::Campaigns, codec::to_bytes(campaigns)});
  genesis.modules.push_back({Module::Datasets, codec::to_bytes(DatasetsGenesis{})});
  genesis.modules.push_back({Module::Models, codec::to_bytes(ModelsGenesis{})});
  return genesis;
}

Bytes32 digest(std::string_view text) { return crypto::sha256(as_bytes(text)); }

// Nodes' accounts are 1 to 5: they have money for fees.
crypto::KeyPair contributor(std::uint8_t number) { return keys_of(number); }

TestBatch::TestBatch(const CampaignId& campaign, std::uint32_t number,
                     std::vector<std::uint32_t> answers)
    : campaign_(campaign), number_(number) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto who = static_cast<std::uint8_t>(i + 1);
    contributions_.push_back({digest("pseudonym " + std::to_string(i)),
                              account_of(contributor(who)), answers[i],
                              digest("answers " + std::to_string(i))});
    leaves_.push_back(contribution_leaf(campaign, number, contributions_.back()));
  }
}

BatchCommit TestBatch::commit() const {
  BatchCommit commit;
  commit.campaign = campaign_;
  commit.number = number_;
  commit.root = datahub::sample_root(leaves_);
  commit.contributors = static_cast<std::uint32_t>(contributions_.size());
  for (const Contribution& each : contributions_) commit.answers += each.answers;
  commit.consent = digest("consent");
  commit.not_before = BlockId(digest("block").array());
  return commit;
}

ContributionPath TestBatch::path(std::size_t place) const {
  const auto proof = datahub::prove_sample(leaves_, place);
  return {proof.index, proof.count, proof.path};
}

PayoutLine TestBatch::line(std::size_t place, std::uint32_t accepted) const {
  return {contribution(place), path(place), accepted};
}

PayoutPost TestBatch::payout(const std::vector<std::uint32_t>& accepted) const {
  PayoutPost payout{campaign_, number_, digest("result"), {}};
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    if (accepted[i] > 0) payout.lines.push_back(line(i, accepted[i]));
  }
  std::ranges::sort(payout.lines, {},
                    [](const PayoutLine& each) { return each.contribution.pseudonym; });
  return payout;
}

AppealOpen TestBatch::appeal(std::size_t place, std::uint32_t claimed) const {
  return {campaign_, number_, contribution(place), path(place), claimed};
}

HoldbackRelease TestBatch::release(const std::vector<std::size_t>& places) const {
  HoldbackRelease release{campaign_, number_, {}};
  for (const std::size_t place : places) {
    release.pseudonyms.push_back(contribution(place).pseudonym);
  }
  std::ranges::sort(release.pseudonyms);
  return release;
}

CampaignOpen TestCampaign::open_operation(std::uint64_t nonce) const {
  CampaignOpen open;
  open.nonce = nonce;
  open.terms.task = digest("task");
  open.terms.consent = digest("consent");
  open.terms.overlap = 3;
  open.terms.price = Units(oort_base_units / 10);
  open.terms.holdback = 200'000;
  open.terms.appeal_ms = appeal_ms;
  open.terms.steward = account_of(ledger.owner);
  open.terms.reviewer = account_of(ledger.stranger);
  open.budget = Units(10 * oort_base_units);
  return open;
}

CampaignId TestCampaign::open(std::uint64_t nonce) {
  const Rejection refused = ledger.send(ledger.owner, open_operation(nonce));
  EXPECT_EQ(refused, Rejection::None) << to_string(refused);
  return campaign_id_of(account_of(ledger.owner), nonce);
}

CampaignId TestCampaign::with_result(const TestBatch& batch, std::uint64_t nonce) {
  const CampaignId id = open(nonce);
  for (const Operation& operation :
       {Operation(batch.commit()), Operation(CampaignClose{id}), Operation(result(id))}) {
    const Rejection refused = ledger.send(ledger.owner, operation);
    EXPECT_EQ(refused, Rejection::None) << name_of(operation) << to_string(refused);
  }
  return id;
}

namespace {

struct Parts {
  std::uint64_t answers = 0;
  std::uint64_t accepted = 0;
  std::uint64_t claimed = 0;
  Units held;
};

Parts parts_of(const DataHubView& view, const Campaign& campaign) {
  Parts parts;
  for (const Batch& batch : view.batches(campaign.id, 0, 1'000)) {
    EXPECT_LE(std::uint64_t{batch.accepted} + batch.claimed, batch.answers) << "D2";
    parts.answers += batch.answers;
    parts.accepted += batch.accepted;
    parts.claimed += batch.claimed;
    std::uint64_t of_pays = 0;
    for (const auto& [pseudonym, pay] : view.pays(campaign.id, batch.number, {}, 1'000)) {
      of_pays += pay.accepted;
      parts.held = *parts.held.plus(pay.held);
      EXPECT_EQ(pay.amount, *campaign.terms.price.times(pay.accepted)) << "D2";
    }
    EXPECT_EQ(of_pays, batch.accepted) << "D2";
  }
  return parts;
}

}  // namespace

void expect_campaigns(const StateReader& state) {
  const DataHubView view(state);
  for (const Campaign& campaign : view.campaigns({}, 1'000)) {
    const Parts parts = parts_of(view, campaign);
    EXPECT_EQ(parts.answers, campaign.answers_count) << "D2";
    EXPECT_EQ(parts.accepted, campaign.accepted_count) << "D2";
    EXPECT_EQ(parts.held, campaign.held) << "D1";
    EXPECT_EQ(campaign.reserved, *campaign.terms.price.times(parts.claimed)) << "D1";
    const Units earned = *campaign.terms.price.times(campaign.accepted_count);
    EXPECT_EQ(earned, *campaign.paid.plus(campaign.held)) << "D1";
    const auto escrow = View(state).escrow(campaign.escrow);
    EXPECT_EQ(escrow.has_value(), campaign.status != CampaignStatus::Settled) << "D3";
    if (escrow) {
      EXPECT_LE(*campaign.held.plus(campaign.reserved), unstreamed(*escrow)) << "D1";
    }
  }
}

DatasetSeal seal_of(std::string_view name) {
  DatasetSeal seal;
  seal.root = dataset_named(name);
  seal.name = std::string(name);
  seal.version = {1, 0, 0};
  seal.manifest = digest("manifest");
  seal.card = digest("card");
  seal.samples = digest("samples");
  seal.samples_count = 10;
  seal.bytes = 1'000;
  seal.licence = "CC-BY-4.0";
  seal.not_before = BlockId(digest("block").array());
  return seal;
}

}  // namespace oort::ledger::test
