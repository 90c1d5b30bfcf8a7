// SPDX-License-Identifier: Apache-2.0
#include "campaigns/campaigns.hpp"

#include <algorithm>

#include "market/escrow.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

using CampaignChange = CampaignChanged::Kind;

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: campaigns: " + std::move(detail));
}

bool are_possible(const CampaignTerms& terms, const CampaignsParams& params) {
  return !terms.price.is_zero() && terms.overlap >= 1 && terms.overlap <= params.overlap_max &&
         terms.gold_share <= parts_per_million && terms.holdback <= params.holdback_max &&
         terms.appeal_ms >= params.appeal_ms_min && terms.appeal_ms <= params.appeal_ms_max &&
         terms.steward != terms.reviewer;
}

/// Of the requester or the steward, in one of its first two states.
Accepted<Campaign> find_running(const Call& call, const CampaignId& id) {
  auto campaign = find_campaign(call.state(), id);
  if (!campaign) return campaign;
  if (call.sender != campaign->requester && call.sender != campaign->terms.steward) {
    return Refused(Rejection::CampaignNotYours);
  }
  if (campaign->status != CampaignStatus::Open && campaign->status != CampaignStatus::Paused) {
    return Refused(Rejection::CampaignStatusWrong);
  }
  return campaign;
}

}  // namespace

std::optional<CampaignsParams> campaigns_params(const StateReader& state) {
  return load<CampaignsParams>(state, keys::campaigns_params());
}

Result<void> check_campaigns(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto campaigns, codec::from_bytes<CampaignsGenesis>(record));
  if (!is_possible(campaigns.params)) return refuse("params contradict each other or a bound");
  const bool has_market = std::ranges::find(genesis.modules, Module::Market,
                                            &GenesisModule::module) != genesis.modules.end();
  if (!has_market) return refuse("without a market there are no escrows to pay from");
  return {};
}

void enter_campaigns(Overlay& state, ByteView record) {
  const auto begin = codec::from_bytes<CampaignsGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::campaigns_params(), begin->params);
}

Accepted<Campaign> find_campaign(const StateReader& state, const CampaignId& id) {
  if (!campaigns_params(state)) return Refused(Rejection::ModuleOff);
  auto campaign = load<Campaign>(state, keys::campaign(id));
  if (!campaign) return Refused(Rejection::CampaignUnknown);
  return *std::move(campaign);
}

void save_campaign(Overlay& state, const Campaign& campaign) {
  save(state, keys::campaign(campaign.id), campaign);
}

void tell(Call& call, CampaignChange kind, const Campaign& campaign, std::uint32_t number,
          Units amount, const Bytes32& subject) {
  call.events.emplace_back(CampaignChanged{kind, campaign.id, number, amount, subject});
}

Accepted<Units> price_of(const Campaign& campaign, std::uint64_t answers) {
  const auto price = campaign.terms.price.times(answers);
  if (!price) return Refused(Rejection::AmountOverflow);
  return *price;
}

Rejection apply(Call& call, const CampaignOpen& operation) {
  const auto params = campaigns_params(call.state());
  if (!params) return Rejection::ModuleOff;
  if (!are_possible(operation.terms, *params)) return Rejection::CampaignFieldInvalid;
  Campaign campaign;
  campaign.id = campaign_id_of(call.sender, operation.nonce);
  if (call.state().get(keys::campaign(campaign.id))) return Rejection::CampaignExists;
  const EscrowTerms terms{.payer = call.sender,
                          .kind = EscrowKind::Campaign,
                          .currency = operation.currency,
                          .arbiter = Module::Campaigns,
                          .amount = operation.budget,
                          .rate = {},
                          .earners = {}};
  const auto escrow = open_escrow(call, terms);
  if (!escrow) return escrow.error();
  campaign.requester = call.sender;
  campaign.terms = operation.terms;
  campaign.escrow = escrow->id;
  campaign.currency = operation.currency;
  campaign.opened = call.block.header.height;
  campaign.opened_ms = call.block.header.time_ms;
  save_campaign(call.state(), campaign);
  call.state().put(keys::campaign_requester(campaign.requester, campaign.id), {});
  tell(call, CampaignChange::Opened, campaign, 0, operation.budget);
  return Rejection::None;
}

Rejection apply(Call& call, const CampaignPause& operation) {
  auto campaign = find_running(call, operation.campaign);
  if (!campaign) return campaign.error();
  const bool is_paused = campaign->status == CampaignStatus::Paused;
  if (is_paused == operation.is_paused) return Rejection::CampaignStatusWrong;
  campaign->status = operation.is_paused ? CampaignStatus::Paused : CampaignStatus::Open;
  save_campaign(call.state(), *campaign);
  tell(call, operation.is_paused ? CampaignChange::Paused : CampaignChange::Resumed, *campaign);
  return Rejection::None;
}

Rejection apply(Call& call, const CampaignClose& operation) {
  auto campaign = find_running(call, operation.campaign);
  if (!campaign) return campaign.error();
  campaign->status = CampaignStatus::Closed;
  campaign->closed_ms = call.block.header.time_ms;
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::Closed, *campaign);
  return Rejection::None;
}

Rejection apply(Call& call, const CampaignSettle& operation) {
  auto campaign = find_campaign(call.state(), operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Closed) return Rejection::CampaignStatusWrong;
  const bool had_answers = campaign->batches_count > 0;
  if (had_answers && call.block.header.time_ms < appeals_until_ms(*campaign)) {
    return Rejection::SettleTooEarly;
  }
  if (campaign->appeals_open > 0) return Rejection::AppealRunning;
  if (!campaign->held.is_zero()) return Rejection::HoldbackLeft;
  OORT_ASSERT(campaign->reserved.is_zero(), "what is reserved is for open appeals");
  auto escrow = find_escrow(call.block, campaign->escrow);
  if (!escrow) return escrow.error();
  const Units rest = unstreamed(*escrow);
  close_escrow(call, *escrow);
  campaign->status = CampaignStatus::Settled;
  save_campaign(call.state(), *campaign);
  tell(call, CampaignChange::Settled, *campaign, 0, rest);
  return Rejection::None;
}

Rejection apply(Call& call, const ConsentGive& operation) {
  const auto campaign = find_campaign(call.state(), operation.campaign);
  if (!campaign) return campaign.error();
  if (campaign->status != CampaignStatus::Open && campaign->status != CampaignStatus::Paused) {
    return Rejection::CampaignStatusWrong;
  }
  const Bytes key = keys::consent(campaign->id, call.sender);
  const auto before = load<Consent>(call.state(), key);
  if (before && before->withdrawn_ms == 0) return Rejection::ConsentKnown;
  save(call.state(), key, Consent{operation.commitment, call.block.header.time_ms, 0});
  tell(call, CampaignChange::ConsentGiven, *campaign, 0, {}, operation.commitment);
  return Rejection::None;
}

Rejection apply(Call& call, const ConsentWithdraw& operation) {
  const auto campaign = find_campaign(call.state(), operation.campaign);
  if (!campaign) return campaign.error();
  const Bytes key = keys::consent(campaign->id, call.sender);
  auto consent = load<Consent>(call.state(), key);
  if (!consent || consent->withdrawn_ms != 0) return Rejection::ConsentUnknown;
  consent->withdrawn_ms = call.block.header.time_ms;
  save(call.state(), key, *consent);
  tell(call, CampaignChange::ConsentWithdrawn, *campaign, 0, {}, consent->commitment);
  return Rejection::None;
}

}  // namespace oort::ledger
