// SPDX-License-Identifier: Apache-2.0
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/datahub.grpc.pb.h>
#include <oort/v1/model.grpc.pb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::api {
namespace {

template <class Id>
Id id(std::uint8_t number) {
  Id value;
  value.mutable_view()[0] = static_cast<std::byte>(number);
  return value;
}
template <class Id>
std::string field(std::uint8_t number) {
  return std::string(as_text(id<Id>(number).view()));
}

/// Three campaigns with a batch and two pays each, three datasets, a model with its training.
class FakeState final : public StatePort {
 public:
  explicit FakeState(bool has_modules) {
    if (!has_modules) return;
    put(ledger::keys::campaigns_params(), ledger::CampaignsParams{});
    put(ledger::keys::datasets_params(), ledger::DatasetsParams{});
    put(ledger::keys::models_params(), ledger::ModelsParams{});
    for (std::uint8_t number = 1; number <= 3; ++number) add(number);
    ledger::Training training;
    training.id = id<Bytes32>(7);
    training.terms.datasets = {id<DatasetId>(1)};
    training.result = ledger::TrainingResult{id<ModelId>(1), id<Bytes32>(8), Height(5), 6};
    training.grade = ledger::TrainingGrade::Witnessed;
    put(ledger::keys::training(training.id), training);
    ledger::ModelVersion model;
    model.root = id<ModelId>(1);
    model.name = "net";
    model.training = training.id;
    put(ledger::keys::model(model.root), model);
    put(ledger::keys::deployment(model.root, id<NodeId>(4)),
        ledger::Deployment{model.root, id<NodeId>(4), {}, Height(9), 10, 0});
  }
  void read(const Use& use) override {
    StateMark mark;
    mark.height = Height(6);
    mark.time = {1'000};
    use(mark, state_);
  }

 private:
  template <class T>
  void put(const Bytes& key, const T& record) {
    state_.apply(std::vector<ledger::StateWrite>{{key, codec::to_bytes(record)}});
  }
  void add(std::uint8_t number) {
    ledger::Campaign campaign;
    campaign.id = id<CampaignId>(number);
    campaign.requester = id<AccountId>(1);
    campaign.batches_count = 1;
    put(ledger::keys::campaign(campaign.id), campaign);
    state_.apply(std::vector<ledger::StateWrite>{
        {ledger::keys::campaign_requester(campaign.requester, campaign.id), Bytes()}});
    ledger::Batch batch;
    batch.number = 1;
    batch.answers = 12;
    put(ledger::keys::batch(campaign.id, 1), batch);
    for (std::uint8_t who = 1; who <= 2; ++who) {
      put(ledger::keys::contributor_pay(campaign.id, 1, id<Bytes32>(who)),
          ledger::ContributorPay{id<AccountId>(who), who, ledger::Units(who * 10U), {}});
    }
    ledger::DatasetVersion version;
    version.root = id<DatasetId>(number);
    version.name = "signs";
    version.version = {1, number, 0};
    version.access = ledger::DatasetAccess::Gated;
    put(ledger::keys::dataset(version.root), version);
    ledger::DatasetGrant grant;
    grant.status = ledger::GrantStatus::Granted;
    grant.expires_ms = number == 1 ? 1'001 : 1'000;
    put(ledger::keys::dataset_grant(version.root, id<AccountId>(1)), grant);
    put(ledger::keys::dataset_opening(version.root, id<AccountId>(1)),
        ledger::DatasetOpening{1'001});
  }
  ledger::MemoryState state_;
};

struct Door {
  explicit Door(bool has_modules = true) : state(has_modules) {
    Ports ports;
    ports.state = &state;
    server = Server::start({}, ports).value();
    const auto channel =
        grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials());
    datahub = v1::DataHubService::NewStub(channel);
    models = v1::ModelService::NewStub(channel);
  }
  FakeState state;
  std::unique_ptr<Server> server;
  std::unique_ptr<v1::DataHubService::Stub> datahub;
  std::unique_ptr<v1::ModelService::Stub> models;
};

/// The reason of a call that fails, empty for one that does not.
template <class Stub, class Method, class Request, class Response>
std::string ask(Stub& stub, Method method, const Request& request, Response& response) {
  grpc::ClientContext context;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return "";
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  if (!rich.ParseFromString(status.error_details()) || rich.details_size() != 1 ||
      !rich.details(0).UnpackTo(&info)) {
    return "no ErrorInfo";
  }
  return info.reason();
}

TEST(DataHubService, AnswersOneThingOrSaysThatItIsNotThere) {
  Door door;
  v1::GetCampaignRequest wanted;
  v1::GetCampaignResponse campaign;
  wanted.set_id(field<CampaignId>(2));
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::GetCampaign, wanted, campaign), "");
  EXPECT_EQ(campaign.campaign().id(), wanted.id());
  EXPECT_EQ(campaign.campaign().status(), "open");
  EXPECT_EQ(campaign.campaign().result(), "");
  EXPECT_EQ(campaign.state().height(), 6U);
  wanted.set_id(field<CampaignId>(9));
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::GetCampaign, wanted, campaign),
            "NOT_FOUND");
  wanted.set_id("short");
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::GetCampaign, wanted, campaign),
            "BAD_ARGUMENT");
  v1::GetDatasetRequest named;
  v1::GetDatasetResponse dataset;
  named.set_root(field<DatasetId>(3));
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::GetDataset, named, dataset), "");
  EXPECT_EQ(dataset.dataset().version(), "1.3.0");
  EXPECT_EQ(dataset.dataset().access(), "gated");
  for (const std::uint8_t number : {std::uint8_t{1}, std::uint8_t{2}}) {
    v1::GetDatasetGrantRequest asked;
    v1::GetDatasetGrantResponse grant;
    asked.set_dataset(field<DatasetId>(number));
    asked.set_account(field<AccountId>(1));
    EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::GetDatasetGrant, asked, grant), "");
    EXPECT_EQ(grant.grant().is_live(), number == 1) << "it ends with the state's time";
    EXPECT_EQ(grant.grant().open_until_ms(), number == 1 ? 1'001U : 0U) << "no longer than it";
  }
}

TEST(DataHubService, ListsPageByPage) {
  Door door;
  v1::ListCampaignsRequest request;
  for (const bool is_one_requesters : {false, true}) {
    request.Clear();
    if (is_one_requesters) request.set_requester(field<AccountId>(1));
    request.mutable_page()->set_page_size(2);
    v1::ListCampaignsResponse first;
    ASSERT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListCampaigns, request, first), "");
    EXPECT_EQ(first.campaigns_size(), 2);
    request.mutable_page()->set_page_token(first.next_page_token());
    v1::ListCampaignsResponse second;
    ASSERT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListCampaigns, request, second), "");
    ASSERT_EQ(second.campaigns_size(), 1);
    EXPECT_EQ(second.campaigns(0).id(), field<CampaignId>(3));
    EXPECT_EQ(second.next_page_token(), "");
  }
  request.mutable_page()->set_page_token("elsewhere");
  v1::ListCampaignsResponse none;
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListCampaigns, request, none),
            "BAD_ARGUMENT");
  v1::ListPaysRequest paid;
  v1::ListPaysResponse pays;
  paid.set_campaign(field<CampaignId>(1));
  paid.set_batch(1);
  ASSERT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListPays, paid, pays), "");
  ASSERT_EQ(pays.pays_size(), 2);
  EXPECT_EQ(pays.pays(1).amount(), "20");
}

TEST(ModelService, ShowsAModelWithWhatMadeIt) {
  Door door;
  v1::GetModelRequest request;
  v1::GetModelResponse model;
  request.set_root(field<ModelId>(1));
  ASSERT_EQ(ask(*door.models, &v1::ModelService::Stub::GetModel, request, model), "");
  EXPECT_EQ(model.model().training(), field<Bytes32>(7));
  v1::GetTrainingRequest asked;
  v1::GetTrainingResponse training;
  asked.set_id(model.model().training());
  ASSERT_EQ(ask(*door.models, &v1::ModelService::Stub::GetTraining, asked, training), "");
  EXPECT_EQ(training.training().grade(), "WITNESSED");
  EXPECT_EQ(training.training().witness(), "");
  v1::ListDeploymentsRequest of;
  v1::ListDeploymentsResponse deployments;
  of.set_model(field<ModelId>(1));
  ASSERT_EQ(ask(*door.models, &v1::ModelService::Stub::ListDeployments, of, deployments), "");
  ASSERT_EQ(deployments.deployments_size(), 1);
  EXPECT_EQ(deployments.deployments(0).node(), field<NodeId>(4));
}

TEST(DataHubService, SaysWhenTheNetworkHasNoSuchModule) {
  Door door(false);
  v1::ListCampaignsResponse campaigns;
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListCampaigns, v1::ListCampaignsRequest(),
                campaigns),
            "NOT_SUPPORTED");
  v1::ListDatasetsResponse datasets;
  EXPECT_EQ(ask(*door.datahub, &v1::DataHubService::Stub::ListDatasets, v1::ListDatasetsRequest(),
                datasets),
            "NOT_SUPPORTED");
  v1::ListModelsResponse models;
  EXPECT_EQ(ask(*door.models, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest(), models),
            "NOT_SUPPORTED");
}

}  // namespace
}  // namespace oort::api
