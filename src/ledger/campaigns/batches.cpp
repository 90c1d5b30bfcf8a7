// SPDX-License-Identifier: Apache-2.0
#include "campaigns/campaigns.hpp"
#include "market/escrow.hpp"

namespace oort::ledger {
namespace {

using CampaignChange = CampaignChanged::Kind;

/// The sender's as steward.
Accepted<Campaign> find_own(const Call& call, const CampaignId& id) {
  auto campaign = find_campaign(call.state(), id);
  if (campaign && call.sender != campaign->terms.steward) {
    return Refused(Rejection::CampaignNotYours);
  }
  return campaign;
}

bool is_possible(const BatchCommit& batch) {
  return batch.root != Bytes32{} && batch.not_before != BlockId{} && batch.contributors >= 1 &&
         batch.contributors <= batch.answers;
}

/// Whether the escrow holds the price of that many answers.
Rejection check_cover(const Call& call, const Campaign& campaign, std::uint64_t answers) {
  const auto needed = price_of(campaign, answers);
  if (!needed) return needed.error();
  const auto escrow = find_escrow(call.block, campaign.escrow);
  if (!escrow) return escrow.error();
  return unstreamed(*escrow) < *needed ? Rejection::EscrowTooLow : Rejection::None;
}

}  // namespace

Rejection apply(Call& call, const GoldCommit& operation) {
  auto campaign = find_own(call, operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Open) return Rejection::CampaignStatusWrong;
  if (campaign->gold != Bytes32{} || campaign->batches_count > 0) return Rejection::GoldKnown;
  if (operation.commitment == Bytes32{} || operation.count == 0) return Rejection::GoldWrong;
  campaign->gold = operation.commitment;
  campaign->gold_count = operation.count;
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::GoldFixed, *campaign, 0, {}, operation.commitment);
  return Rejection::None;
}

Rejection apply(Call& call, const BatchCommit& operation) {
  auto campaign = find_own(call, operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Open) return Rejection::CampaignStatusWrong;
  if (campaign->terms.gold_share > 0 && campaign->gold == Bytes32{}) return Rejection::GoldMissing;
  if (operation.number != campaign->batches_count + 1 || !is_possible(operation)) {
    return Rejection::BatchFieldInvalid;
  }
  if (operation.consent != campaign->terms.consent) return Rejection::ConsentWrong;
  campaign->batches_count = operation.number;
  campaign->answers_count += operation.answers;
  if (const Rejection refused = check_cover(call, *campaign, campaign->answers_count);
      refused != Rejection::None) {
    return refused;
  }
  campaign->last_batch = call.block.header.height;
  Batch batch;
  batch.number = operation.number;
  batch.stage = campaign->stage;
  batch.root = operation.root;
  batch.contributors = operation.contributors;
  batch.answers = operation.answers;
  batch.consent = operation.consent;
  batch.not_before = operation.not_before;
  batch.height = call.block.header.height;
  batch.time_ms = call.block.header.time_ms;
  save(call.state(), keys::batch(campaign->id, batch.number), batch);
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::BatchCommitted, *campaign, batch.number, {}, batch.root);
  return Rejection::None;
}

Rejection apply(Call& call, const StageOpen& operation) {
  auto campaign = find_own(call, operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Open && campaign->status != CampaignStatus::Paused) {
    return Rejection::CampaignStatusWrong;
  }
  if (operation.stage != campaign->stage || campaign->batches_count == 0) {
    return Rejection::StageWrong;
  }
  const Height height = call.block.header.height;
  if (height <= campaign->last_batch) return Rejection::StageTooEarly;
  save(call.state(), keys::stage_end(campaign->id, campaign->stage),
       StageEnd{operation.answers, height, call.block.header.time_ms});
  ++campaign->stage;
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::StageEnded, *campaign, operation.stage, {}, operation.answers);
  return Rejection::None;
}

Rejection apply(Call& call, const ResultPost& operation) {
  auto campaign = find_own(call, operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Closed || campaign->batches_count == 0) {
    return Rejection::CampaignStatusWrong;
  }
  if (campaign->result_ms != 0) return Rejection::ResultKnown;
  const std::uint64_t now = call.block.header.time_ms;
  if (now >= campaign->closed_ms + campaign->terms.appeal_ms) return Rejection::ResultLate;
  if (operation.result == Bytes32{}) return Rejection::ResultWrong;
  const bool has_gold = campaign->gold != Bytes32{};
  const bool is_gold_right =
      has_gold ? gold_commitment(operation.gold_salt, operation.gold_root) == campaign->gold
               : operation.gold_root == Bytes32{} && operation.gold_salt == Bytes32{};
  if (!is_gold_right) return Rejection::GoldWrong;
  campaign->result = operation.result;
  campaign->result_ms = now;
  campaign->gold_root = operation.gold_root;
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::ResultPosted, *campaign, 0, {}, operation.result);
  return Rejection::None;
}

}  // namespace oort::ledger
