// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.grpc.pb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "call.hpp"
#include "datahub_messages.hpp"
#include "datahub_pages.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/state.hpp"
#include "services.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::DataHubView;
using ledger::StateReader;

Result<DataHubView> campaigns_in(const StateReader& state) {
  const DataHubView view(state);
  if (!view.campaigns_params()) return without_module("campaigns");
  return view;
}
Result<DataHubView> datasets_in(const StateReader& state) {
  const DataHubView view(state);
  if (!view.datasets_params()) return without_module("datasets");
  return view;
}

Result<void> fill(const StateReader& state, const v1::GetCampaignRequest& request,
                  v1::GetCampaignResponse* out) {
  OORT_TRY(const DataHubView view, campaigns_in(state));
  OORT_TRY(const auto id, read_id<CampaignId>("id", request.id()));
  const auto campaign = view.campaign(id);
  if (!campaign) return nothing_there("campaign");
  write(*campaign, out->mutable_campaign());
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListCampaignsRequest& request,
                  v1::ListCampaignsResponse* out) {
  OORT_TRY(const DataHubView view, campaigns_in(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const auto from, read_place<CampaignId>(request.page()));
  std::vector<ledger::Campaign> found;
  if (request.requester().empty()) {
    found = view.campaigns(from, count_max + 1);
  } else {
    OORT_TRY(const auto requester, read_id<AccountId>("requester", request.requester()));
    found = view.campaigns_of(requester, from, count_max + 1);
  }
  write_page(
      found, count_max, out, [](const ledger::Campaign& one) { return one.id; },
      [out](const ledger::Campaign& one) { write(one, out->add_campaigns()); });
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListBatchesRequest& request,
                  v1::ListBatchesResponse* out) {
  OORT_TRY(const DataHubView view, campaigns_in(state));
  OORT_TRY(const auto id, read_id<CampaignId>("campaign", request.campaign()));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  std::uint64_t from = 0;
  if (!request.page().page_token().empty()) {
    OORT_TRY(from, read_number_token(request.page().page_token()));
  }
  for (const ledger::Batch& batch :
       view.batches(id, static_cast<std::uint32_t>(from), count_max + 1)) {
    if (static_cast<std::size_t>(out->batches_size()) == count_max) {
      out->set_next_page_token(std::to_string(batch.number));
      break;
    }
    write(batch, out->add_batches());
  }
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListPaysRequest& request,
                  v1::ListPaysResponse* out) {
  OORT_TRY(const DataHubView view, campaigns_in(state));
  OORT_TRY(const auto id, read_id<CampaignId>("campaign", request.campaign()));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const auto from, read_place<Bytes32>(request.page()));
  using Pay = std::pair<Bytes32, ledger::ContributorPay>;
  write_page(
      view.pays(id, request.batch(), from, count_max + 1), count_max, out,
      [](const Pay& one) { return one.first; },
      [out](const Pay& one) { write(one.first, one.second, out->add_pays()); });
  return {};
}

Result<void> fill(const StateReader& state, const v1::GetDatasetRequest& request,
                  v1::GetDatasetResponse* out) {
  OORT_TRY(const DataHubView view, datasets_in(state));
  OORT_TRY(const auto root, read_id<DatasetId>("root", request.root()));
  const auto version = view.dataset(root);
  if (!version) return nothing_there("dataset");
  write(*version, out->mutable_dataset());
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListDatasetsRequest& request,
                  v1::ListDatasetsResponse* out) {
  OORT_TRY(const DataHubView view, datasets_in(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const auto from, read_place<DatasetId>(request.page()));
  std::vector<ledger::DatasetVersion> found;
  if (request.owner().empty()) {
    found = view.datasets(from, count_max + 1);
  } else {
    OORT_TRY(const auto owner, read_id<AccountId>("owner", request.owner()));
    found = view.datasets_of(owner, from, count_max + 1);
  }
  write_page(
      found, count_max, out, [](const ledger::DatasetVersion& one) { return one.root; },
      [out](const ledger::DatasetVersion& one) { write(one, out->add_datasets()); });
  return {};
}

Result<void> fill_grant(const StateReader& state, std::uint64_t now_ms,
                        const v1::GetDatasetGrantRequest& request,
                        v1::GetDatasetGrantResponse* out) {
  OORT_TRY(const DataHubView view, datasets_in(state));
  OORT_TRY(const auto root, read_id<DatasetId>("dataset", request.dataset()));
  OORT_TRY(const auto account, read_id<AccountId>("account", request.account()));
  const auto version = view.dataset(root);
  const auto grant = view.grant(root, account);
  if (!version || !grant) return nothing_there("grant");
  write(*version, *grant, view.opening(root, account), now_ms, out->mutable_grant());
  return {};
}

class DataHubService final : public v1::DataHubService::CallbackService {
 public:
  explicit DataHubService(StatePort* state) : state_(state) {}

  ServerUnaryReactor* GetCampaign(CallbackServerContext* context,
                                  const v1::GetCampaignRequest* request,
                                  v1::GetCampaignResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListCampaigns(CallbackServerContext* context,
                                    const v1::ListCampaignsRequest* request,
                                    v1::ListCampaignsResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListBatches(CallbackServerContext* context,
                                  const v1::ListBatchesRequest* request,
                                  v1::ListBatchesResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListPays(CallbackServerContext* context, const v1::ListPaysRequest* request,
                               v1::ListPaysResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* GetDataset(CallbackServerContext* context,
                                 const v1::GetDatasetRequest* request,
                                 v1::GetDatasetResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListDatasets(CallbackServerContext* context,
                                   const v1::ListDatasetsRequest* request,
                                   v1::ListDatasetsResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* GetDatasetGrant(CallbackServerContext* context,
                                      const v1::GetDatasetGrantRequest* request,
                                      v1::GetDatasetGrantResponse* response) override {
    return answer(state_, *context, "DataHubService",
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return fill_grant(state, mark.time.milliseconds, *request, response);
                  });
  }

 private:
  template <class Request, class Response>
  ServerUnaryReactor* answered(CallbackServerContext& context, const Request& request,
                               Response* response) {
    return answer(state_, context, "DataHubService",
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return fill(state, request, response);
                  });
  }

  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_datahub_service(StatePort* state) {
  return std::make_unique<DataHubService>(state);
}

}  // namespace oort::api
