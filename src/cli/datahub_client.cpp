// SPDX-License-Identifier: Apache-2.0
#include "datahub_client.hpp"

#include <utility>

#include "client.hpp"

namespace oort::cli {
namespace {

using DataHub = v1::DataHubService::Stub;
using Models = v1::ModelService::Stub;

constexpr Duration read_deadline = 10s;
constexpr int page_size = 1'000;

template <class Id>
std::string field(const Id& id) {
  return std::string(as_text(id.view()));
}

/// All pages of a list, by what `records_of` takes out of each.
template <class Record, class Response, class Stub, class Method, class Request, class RecordsOf>
Result<std::vector<Record>> all_pages(const std::string& endpoint, Stub& stub, Method method,
                                      Request request, const RecordsOf& records_of) {
  std::vector<Record> all;
  request.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(const auto page, call<Response>(endpoint, read_deadline, stub, method, request));
    const auto& records = records_of(page);
    all.insert(all.end(), records.begin(), records.end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

}  // namespace

DataHubClient::DataHubClient(std::string endpoint)
    : endpoint_(std::move(endpoint)),
      datahub_(v1::DataHubService::NewStub(connect(endpoint_))),
      models_(v1::ModelService::NewStub(connect(endpoint_))) {}

Result<v1::Campaign> DataHubClient::campaign(const CampaignId& id) {
  v1::GetCampaignRequest request;
  request.set_id(field(id));
  OORT_TRY(const auto response, call<v1::GetCampaignResponse>(endpoint_, read_deadline, *datahub_,
                                                              &DataHub::GetCampaign, request));
  return response.campaign();
}

Result<std::vector<v1::Campaign>> DataHubClient::campaigns(
    const std::optional<AccountId>& requester) {
  v1::ListCampaignsRequest request;
  if (requester) request.set_requester(field(*requester));
  return all_pages<v1::Campaign, v1::ListCampaignsResponse>(
      endpoint_, *datahub_, &DataHub::ListCampaigns, request,
      [](const v1::ListCampaignsResponse& page) -> const auto& { return page.campaigns(); });
}

Result<std::vector<v1::Batch>> DataHubClient::batches(const CampaignId& id) {
  v1::ListBatchesRequest request;
  request.set_campaign(field(id));
  return all_pages<v1::Batch, v1::ListBatchesResponse>(
      endpoint_, *datahub_, &DataHub::ListBatches, request,
      [](const v1::ListBatchesResponse& page) -> const auto& { return page.batches(); });
}

Result<std::vector<v1::ContributorPay>> DataHubClient::pays(const CampaignId& id,
                                                            std::uint32_t batch) {
  v1::ListPaysRequest request;
  request.set_campaign(field(id));
  request.set_batch(batch);
  return all_pages<v1::ContributorPay, v1::ListPaysResponse>(
      endpoint_, *datahub_, &DataHub::ListPays, request,
      [](const v1::ListPaysResponse& page) -> const auto& { return page.pays(); });
}

Result<v1::Dataset> DataHubClient::dataset(const DatasetId& root) {
  v1::GetDatasetRequest request;
  request.set_root(field(root));
  OORT_TRY(const auto response, call<v1::GetDatasetResponse>(endpoint_, read_deadline, *datahub_,
                                                             &DataHub::GetDataset, request));
  return response.dataset();
}

Result<std::vector<v1::Dataset>> DataHubClient::datasets(const std::optional<AccountId>& owner) {
  v1::ListDatasetsRequest request;
  if (owner) request.set_owner(field(*owner));
  return all_pages<v1::Dataset, v1::ListDatasetsResponse>(
      endpoint_, *datahub_, &DataHub::ListDatasets, request,
      [](const v1::ListDatasetsResponse& page) -> const auto& { return page.datasets(); });
}

Result<v1::DatasetGrant> DataHubClient::grant(const DatasetId& dataset, const AccountId& account) {
  v1::GetDatasetGrantRequest request;
  request.set_dataset(field(dataset));
  request.set_account(field(account));
  OORT_TRY(const auto response,
           call<v1::GetDatasetGrantResponse>(endpoint_, read_deadline, *datahub_,
                                             &DataHub::GetDatasetGrant, request));
  return response.grant();
}

Result<v1::Model> DataHubClient::model(const ModelId& root) {
  v1::GetModelRequest request;
  request.set_root(field(root));
  OORT_TRY(const auto response, call<v1::GetModelResponse>(endpoint_, read_deadline, *models_,
                                                           &Models::GetModel, request));
  return response.model();
}

Result<std::vector<v1::Model>> DataHubClient::models(const std::optional<AccountId>& owner) {
  v1::ListModelsRequest request;
  if (owner) request.set_owner(field(*owner));
  return all_pages<v1::Model, v1::ListModelsResponse>(
      endpoint_, *models_, &Models::ListModels, request,
      [](const v1::ListModelsResponse& page) -> const auto& { return page.models(); });
}

Result<v1::Training> DataHubClient::training(const Bytes32& id) {
  v1::GetTrainingRequest request;
  request.set_id(field(id));
  OORT_TRY(const auto response, call<v1::GetTrainingResponse>(endpoint_, read_deadline, *models_,
                                                              &Models::GetTraining, request));
  return response.training();
}

Result<std::vector<v1::Deployment>> DataHubClient::deployments(const ModelId& model) {
  v1::ListDeploymentsRequest request;
  request.set_model(field(model));
  return all_pages<v1::Deployment, v1::ListDeploymentsResponse>(
      endpoint_, *models_, &Models::ListDeployments, request,
      [](const v1::ListDeploymentsResponse& page) -> const auto& { return page.deployments(); });
}

Result<DataHubClient> open_datahub(const Session& session) {
  OORT_TRY(std::string endpoint, session.endpoint());
  return DataHubClient(std::move(endpoint));
}

}  // namespace oort::cli
