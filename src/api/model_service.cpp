// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/model.grpc.pb.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "call.hpp"
#include "datahub_messages.hpp"
#include "datahub_pages.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/state.hpp"
#include "services.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::DataHubView;
using ledger::StateReader;

Result<DataHubView> models_in(const StateReader& state) {
  const DataHubView view(state);
  if (!view.models_params()) return without_module("models");
  return view;
}

Result<void> fill(const StateReader& state, const v1::GetModelRequest& request,
                  v1::GetModelResponse* out) {
  OORT_TRY(const DataHubView view, models_in(state));
  OORT_TRY(const auto root, read_id<ModelId>("root", request.root()));
  const auto model = view.model(root);
  if (!model) return nothing_there("model");
  write(*model, out->mutable_model());
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListModelsRequest& request,
                  v1::ListModelsResponse* out) {
  OORT_TRY(const DataHubView view, models_in(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const auto from, read_place<ModelId>(request.page()));
  std::vector<ledger::ModelVersion> found;
  if (request.owner().empty()) {
    found = view.models(from, count_max + 1);
  } else {
    OORT_TRY(const auto owner, read_id<AccountId>("owner", request.owner()));
    found = view.models_of(owner, from, count_max + 1);
  }
  write_page(
      found, count_max, out, [](const ledger::ModelVersion& one) { return one.root; },
      [out](const ledger::ModelVersion& one) { write(one, out->add_models()); });
  return {};
}

Result<void> fill(const StateReader& state, const v1::GetTrainingRequest& request,
                  v1::GetTrainingResponse* out) {
  OORT_TRY(const DataHubView view, models_in(state));
  OORT_TRY(const auto id, read_id<Bytes32>("id", request.id()));
  const auto training = view.training(id);
  if (!training) return nothing_there("training");
  write(*training, out->mutable_training());
  return {};
}

Result<void> fill(const StateReader& state, const v1::ListDeploymentsRequest& request,
                  v1::ListDeploymentsResponse* out) {
  OORT_TRY(const DataHubView view, models_in(state));
  OORT_TRY(const auto model, read_id<ModelId>("model", request.model()));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const auto from, read_place<NodeId>(request.page()));
  write_page(
      view.deployments(model, from, count_max + 1), count_max, out,
      [](const ledger::Deployment& one) { return one.node; },
      [out](const ledger::Deployment& one) { write(one, out->add_deployments()); });
  return {};
}

class ModelService final : public v1::ModelService::CallbackService {
 public:
  explicit ModelService(StatePort* state) : state_(state) {}

  ServerUnaryReactor* GetModel(CallbackServerContext* context, const v1::GetModelRequest* request,
                               v1::GetModelResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListModels(CallbackServerContext* context,
                                 const v1::ListModelsRequest* request,
                                 v1::ListModelsResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* GetTraining(CallbackServerContext* context,
                                  const v1::GetTrainingRequest* request,
                                  v1::GetTrainingResponse* response) override {
    return answered(*context, *request, response);
  }
  ServerUnaryReactor* ListDeployments(CallbackServerContext* context,
                                      const v1::ListDeploymentsRequest* request,
                                      v1::ListDeploymentsResponse* response) override {
    return answered(*context, *request, response);
  }

 private:
  template <class Request, class Response>
  ServerUnaryReactor* answered(CallbackServerContext& context, const Request& request,
                               Response* response) {
    return answer(state_, context, "ModelService",
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return fill(state, request, response);
                  });
  }

  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_model_service(StatePort* state) {
  return std::make_unique<ModelService>(state);
}

}  // namespace oort::api
