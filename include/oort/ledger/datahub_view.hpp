// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

/// Records of campaigns, datasets and models, as `View` reads those of other modules. Borrows the
/// state. Empty where the network has no such module. Lists are bounded by `count_max` and begin at
/// `from`; to go on, pass the place after the last one.
class DataHubView {
 public:
  explicit DataHubView(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] std::optional<CampaignsParams> campaigns_params() const;
  [[nodiscard]] std::optional<Campaign> campaign(const CampaignId& id) const;
  [[nodiscard]] std::vector<Campaign> campaigns(const CampaignId& from,
                                                std::size_t count_max) const;
  [[nodiscard]] std::vector<Campaign> campaigns_of(const AccountId& requester,
                                                   const CampaignId& from,
                                                   std::size_t count_max) const;
  [[nodiscard]] std::optional<Batch> batch(const CampaignId& campaign, std::uint32_t number) const;
  [[nodiscard]] std::vector<Batch> batches(const CampaignId& campaign, std::uint32_t from,
                                           std::size_t count_max) const;
  [[nodiscard]] std::optional<StageEnd> stage_end(const CampaignId& campaign,
                                                  std::uint32_t stage) const;
  [[nodiscard]] std::optional<ContributorPay> pay(const CampaignId& campaign, std::uint32_t batch,
                                                  const Bytes32& pseudonym) const;
  /// Pseudonyms and what they got for a batch.
  [[nodiscard]] std::vector<std::pair<Bytes32, ContributorPay>> pays(const CampaignId& campaign,
                                                                     std::uint32_t batch,
                                                                     const Bytes32& from,
                                                                     std::size_t count_max) const;
  [[nodiscard]] std::optional<PayAppeal> appeal(const CampaignId& campaign, std::uint32_t batch,
                                                const Bytes32& pseudonym) const;
  [[nodiscard]] std::optional<Consent> consent(const CampaignId& campaign,
                                               const AccountId& account) const;

  [[nodiscard]] std::optional<DatasetsParams> datasets_params() const;
  [[nodiscard]] std::optional<DatasetVersion> dataset(const DatasetId& root) const;
  [[nodiscard]] std::vector<DatasetVersion> datasets(const DatasetId& from,
                                                     std::size_t count_max) const;
  [[nodiscard]] std::vector<DatasetVersion> datasets_of(const AccountId& owner,
                                                        const DatasetId& from,
                                                        std::size_t count_max) const;
  [[nodiscard]] std::optional<DatasetGrant> grant(const DatasetId& dataset,
                                                  const AccountId& account) const;
  [[nodiscard]] std::optional<DatasetOpening> opening(const DatasetId& dataset,
                                                      const AccountId& account) const;

  [[nodiscard]] std::optional<ModelsParams> models_params() const;
  [[nodiscard]] std::optional<Training> training(const Bytes32& id) const;
  [[nodiscard]] std::optional<ModelVersion> model(const ModelId& root) const;
  [[nodiscard]] std::vector<ModelVersion> models(const ModelId& from, std::size_t count_max) const;
  [[nodiscard]] std::vector<ModelVersion> models_of(const AccountId& owner, const ModelId& from,
                                                    std::size_t count_max) const;
  [[nodiscard]] std::vector<Deployment> deployments(const ModelId& model, const NodeId& from,
                                                    std::size_t count_max) const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
