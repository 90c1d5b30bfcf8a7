// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "oort/crypto/hash.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

constexpr std::uint8_t reviewer = 104;
constexpr std::uint64_t nonces = 4;

Bytes32 digest(const std::string& text) { return crypto::sha256(as_bytes(text)); }

/// What two people put into a batch: whoever asks for it again gets the same.
struct Sheet {
  std::array<Contribution, 2> parts;
  std::array<Bytes32, 2> leaves;

  Sheet(const CampaignId& campaign, std::uint32_t number) {
    for (std::uint8_t i = 0; i < 2; ++i) {
      const auto person = static_cast<std::uint8_t>(102 + i);
      const std::uint32_t answers = 2 + (std::to_integer<std::uint32_t>(campaign.view()[i]) % 4);
      const std::string name = std::to_string(person);
      parts[i] = {digest("pseudonym " + name), account_of(person), answers, digest("a " + name)};
      leaves[i] = contribution_leaf(campaign, number, parts[i]);
    }
  }
  [[nodiscard]] Bytes32 root() const {
    Bytes node(1, std::byte{1});
    for (const Bytes32& leaf : leaves) {
      const ByteView bytes = leaf.view();
      node.insert(node.end(), bytes.begin(), bytes.end());
    }
    return crypto::sha256(node);
  }
  [[nodiscard]] ContributionPath path(std::size_t place) const {
    return {place, 2, {leaves[1 - place]}};
  }
};

BatchCommit commit_of(const Campaign& campaign) {
  BatchCommit commit;
  commit.campaign = campaign.id;
  commit.number = campaign.batches_count + 1;
  const Sheet sheet(campaign.id, commit.number);
  commit.root = sheet.root();
  commit.contributors = 2;
  commit.answers = sheet.parts[0].answers + sheet.parts[1].answers;
  commit.consent = campaign.terms.consent;
  commit.not_before = BlockId(digest("block").array());
  return commit;
}

std::uint8_t person_of(const AccountId& account) {
  for (std::uint8_t seed = 100; seed <= 105; ++seed) {
    if (account_of(seed) == account) return seed;
  }
  return 100;
}

}  // namespace

Operation Author::campaign_open(std::uint8_t requester) {
  CampaignOpen open;
  open.nonce = dice_->pick(nonces);
  open.terms.task = digest("task");
  open.terms.consent = digest("consent");
  open.terms.overlap = 1 + static_cast<std::uint32_t>(dice_->pick(3));
  open.terms.price = Units(1'000 + dice_->pick(1'000'000));
  open.terms.holdback = static_cast<std::uint32_t>(dice_->pick(500'000));
  open.terms.appeal_ms = 1 + dice_->pick(20'000);
  open.terms.steward = account_of(requester);
  open.terms.reviewer = account_of(reviewer);
  open.currency = dice_->is_one_in(6) ? Currency::Credits : Currency::Oort;
  open.budget = Units(open.terms.price.units() * (10 + dice_->pick(60)));
  return open;
}

/// Of a campaign that is not closed.
Draw Author::running(const Campaign& campaign, std::uint8_t steward) {
  const auto by_steward = [&](Operation operation) {
    return Draw{steward, {std::move(operation), {}}};
  };
  switch (dice_->pick(9)) {
    case 0: return by_steward(CampaignPause{campaign.id, campaign.status == CampaignStatus::Open});
    case 1: return by_steward(CampaignClose{campaign.id});
    case 2: return by_steward(StageOpen{campaign.id, campaign.stage, digest("answers")});
    case 3: {
      const Bytes32 commitment = gold_commitment(digest("salt"), digest("gold"));
      return by_steward(GoldCommit{campaign.id, commitment, 3});
    }
    case 4: return {person(), {ConsentGive{campaign.id, dice_->bytes32()}, {}}};
    case 5: return {person(), {ConsentWithdraw{campaign.id}, {}}};
    default: return by_steward(commit_of(campaign));
  }
}

/// Of a campaign that is closed.
Draw Author::appeals(const View& view, const Campaign& campaign, std::uint8_t steward) {
  const auto number = static_cast<std::uint32_t>(1 + dice_->pick(campaign.batches_count));
  const Sheet sheet(campaign.id, number);
  const auto place = static_cast<std::size_t>(dice_->pick(2));
  const Contribution& part = sheet.parts.at(place);
  const ContributionPath path = sheet.path(place);
  const auto by_steward = [&](Operation operation) {
    return Draw{steward, {std::move(operation), {}}};
  };
  if (campaign.result_ms == 0) {
    ResultPost post{campaign.id, digest("result"), {}, {}};
    if (campaign.gold != Bytes32{}) {
      post.gold_root = digest("gold");
      post.gold_salt = digest("salt");
    }
    return by_steward(post);
  }
  const auto appeal = DataHubView(view.state()).appeal(campaign.id, number, part.pseudonym);
  if (appeal && appeal->status == AppealStatus::Open && !dice_->is_one_in(4)) {
    const std::uint8_t judge = dice_->is_one_in(2) ? steward : reviewer;
    if (dice_->is_one_in(3)) {
      return {judge, {AppealExpire{campaign.id, number, part.pseudonym}, {}}};
    }
    return {judge, {AppealVote{campaign.id, number, part.pseudonym, 1}, {}}};
  }
  switch (dice_->pick(5)) {
    case 0: return by_steward(HoldbackRelease{campaign.id, number, {part.pseudonym}});
    case 1: return by_steward(CampaignSettle{campaign.id});
    case 2: return {person_of(part.account), {AppealOpen{campaign.id, number, part, path, 1}, {}}};
    default: {
      const auto accepted = static_cast<std::uint32_t>(1 + dice_->pick(part.answers));
      return by_steward(
          PayoutPost{campaign.id, number, digest("result"), {{part, path, accepted}}});
    }
  }
}

Draw Author::campaigns(const View& view) {
  const std::uint8_t requester = dice_->between(100, 103);
  const CampaignId id = campaign_id_of(account_of(requester), dice_->pick(nonces));
  const auto campaign = DataHubView(view.state()).campaign(id);
  if (!campaign || dice_->is_one_in(20)) return {requester, {campaign_open(requester), {}}};
  if (campaign->status == CampaignStatus::Closed && campaign->batches_count > 0) {
    return appeals(view, *campaign, requester);
  }
  if (campaign->status == CampaignStatus::Closed) {
    return {requester, {CampaignSettle{id}, {}}};
  }
  return running(*campaign, requester);
}

}  // namespace oort::ledger::trace
