// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/datahub.grpc.pb.h>
#include <oort/v1/model.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "session.hpp"

namespace oort::cli {

/// DataHubService and ModelService of one node. Lists are whole: all pages.
class DataHubClient {
 public:
  explicit DataHubClient(std::string endpoint);

  [[nodiscard]] Result<v1::Campaign> campaign(const CampaignId& id);
  /// Everybody's without a requester; owners below likewise.
  [[nodiscard]] Result<std::vector<v1::Campaign>> campaigns(
      const std::optional<AccountId>& requester);
  [[nodiscard]] Result<std::vector<v1::Batch>> batches(const CampaignId& id);
  [[nodiscard]] Result<std::vector<v1::ContributorPay>> pays(const CampaignId& id,
                                                             std::uint32_t batch);
  [[nodiscard]] Result<v1::Dataset> dataset(const DatasetId& root);
  [[nodiscard]] Result<std::vector<v1::Dataset>> datasets(const std::optional<AccountId>& owner);
  [[nodiscard]] Result<v1::DatasetGrant> grant(const DatasetId& dataset, const AccountId& account);
  [[nodiscard]] Result<v1::Model> model(const ModelId& root);
  [[nodiscard]] Result<std::vector<v1::Model>> models(const std::optional<AccountId>& owner);
  [[nodiscard]] Result<v1::Training> training(const Bytes32& id);
  [[nodiscard]] Result<std::vector<v1::Deployment>> deployments(const ModelId& model);

 private:
  std::string endpoint_;
  std::unique_ptr<v1::DataHubService::Stub> datahub_;
  std::unique_ptr<v1::ModelService::Stub> models_;
};

[[nodiscard]] Result<DataHubClient> open_datahub(const Session& session);

}  // namespace oort::cli
