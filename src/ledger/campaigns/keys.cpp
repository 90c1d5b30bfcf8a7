// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/datahub_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter campaigns(char table) { return {Module::Campaigns, table}; }

}  // namespace

Bytes campaigns_params() { return campaigns(table::campaigns_params).take(); }
Bytes campaign(const CampaignId& id) { return campaigns(table::campaign).add(id).take(); }
Bytes campaign_requester(const AccountId& requester) {
  return campaigns(table::campaign_requester).add(requester).take();
}
Bytes campaign_requester(const AccountId& requester, const CampaignId& id) {
  return campaigns(table::campaign_requester).add(requester).add(id).take();
}
Bytes batch(const CampaignId& campaign, std::uint32_t number) {
  return campaigns(table::batch).add(campaign).add(number).take();
}
Bytes batches(const CampaignId& campaign) { return campaigns(table::batch).add(campaign).take(); }
Bytes stage_end(const CampaignId& campaign, std::uint32_t stage) {
  return campaigns(table::stage_end).add(campaign).add(stage).take();
}
Bytes contributor_pay(const CampaignId& campaign, std::uint32_t batch, const Bytes32& pseudonym) {
  return campaigns(table::contributor_pay).add(campaign).add(batch).add(pseudonym).take();
}
Bytes contributor_pays(const CampaignId& campaign, std::uint32_t batch) {
  return campaigns(table::contributor_pay).add(campaign).add(batch).take();
}
Bytes pay_appeal(const CampaignId& campaign, std::uint32_t batch, const Bytes32& pseudonym) {
  return campaigns(table::pay_appeal).add(campaign).add(batch).add(pseudonym).take();
}
Bytes pay_appeals(const CampaignId& campaign) {
  return campaigns(table::pay_appeal).add(campaign).take();
}
Bytes consent(const CampaignId& campaign, const AccountId& account) {
  return campaigns(table::consent).add(campaign).add(account).take();
}

}  // namespace oort::ledger::keys
