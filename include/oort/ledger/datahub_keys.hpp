// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Campaigns.
inline constexpr char campaigns_params = 'P';
inline constexpr char campaign = 'c';
inline constexpr char campaign_requester = 'q';
inline constexpr char batch = 'b';
inline constexpr char stage_end = 's';
inline constexpr char contributor_pay = 'p';
inline constexpr char pay_appeal = 'a';
inline constexpr char consent = 'k';
// Datasets.
inline constexpr char datasets_params = 'P';
inline constexpr char dataset = 'd';
inline constexpr char dataset_name = 'n';
inline constexpr char dataset_owner = 'o';
inline constexpr char dataset_grant = 'g';
inline constexpr char dataset_opening = 'u';
// Models.
inline constexpr char models_params = 'P';
inline constexpr char training = 't';
inline constexpr char model = 'm';
inline constexpr char model_name = 'n';
inline constexpr char model_owner = 'o';
inline constexpr char deployment = 'd';
}  // namespace oort::ledger::table

/// Where campaigns, datasets and models keep what they know; form as in keys.hpp. Numbers of
/// batches and stages count from 1; those without a number are what all of them begin with.
namespace oort::ledger::keys {

[[nodiscard]] Bytes campaigns_params();
[[nodiscard]] Bytes campaign(const CampaignId& id);
[[nodiscard]] Bytes campaign_requester(const AccountId& requester);
[[nodiscard]] Bytes campaign_requester(const AccountId& requester, const CampaignId& id);
[[nodiscard]] Bytes batch(const CampaignId& campaign, std::uint32_t number);
[[nodiscard]] Bytes batches(const CampaignId& campaign);
[[nodiscard]] Bytes stage_end(const CampaignId& campaign, std::uint32_t stage);
[[nodiscard]] Bytes contributor_pay(const CampaignId& campaign, std::uint32_t batch,
                                    const Bytes32& pseudonym);
[[nodiscard]] Bytes contributor_pays(const CampaignId& campaign, std::uint32_t batch);
[[nodiscard]] Bytes pay_appeal(const CampaignId& campaign, std::uint32_t batch,
                               const Bytes32& pseudonym);
[[nodiscard]] Bytes pay_appeals(const CampaignId& campaign);
[[nodiscard]] Bytes consent(const CampaignId& campaign, const AccountId& account);

[[nodiscard]] Bytes datasets_params();
[[nodiscard]] Bytes dataset(const DatasetId& root);
[[nodiscard]] Bytes dataset_name(const AccountId& owner, std::string_view name);
[[nodiscard]] Bytes dataset_owner(const AccountId& owner);
[[nodiscard]] Bytes dataset_owner(const AccountId& owner, const DatasetId& root);
[[nodiscard]] Bytes dataset_grant(const DatasetId& dataset, const AccountId& account);
[[nodiscard]] Bytes dataset_grants(const DatasetId& dataset);
[[nodiscard]] Bytes dataset_opening(const DatasetId& dataset, const AccountId& account);

[[nodiscard]] Bytes models_params();
[[nodiscard]] Bytes training(const Bytes32& id);
[[nodiscard]] Bytes model(const ModelId& root);
[[nodiscard]] Bytes model_name(const AccountId& owner, std::string_view name);
[[nodiscard]] Bytes model_owner(const AccountId& owner);
[[nodiscard]] Bytes model_owner(const AccountId& owner, const ModelId& root);
[[nodiscard]] Bytes deployment(const ModelId& model, const NodeId& node);
[[nodiscard]] Bytes deployments(const ModelId& model);

}  // namespace oort::ledger::keys
