// SPDX-License-Identifier: Apache-2.0
#include "models/models.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger {
namespace {

using ModelChange = ModelChanged::Kind;

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "genesis: models: " + std::move(detail));
}

/// Whether the training that a model names is the sender's and came to it.
Rejection check_training(const Call& call, const ModelRegister& operation) {
  if (operation.training == Bytes32{}) return Rejection::None;
  const auto training = load<Training>(call.state(), keys::training(operation.training));
  if (!training) return Rejection::TrainingUnknown;
  if (training->owner != call.sender) return Rejection::TrainingNotYours;
  const bool is_its_model = training->result && training->result->model == operation.root;
  return is_its_model ? Rejection::None : Rejection::ModelFieldInvalid;
}

}  // namespace

std::optional<ModelsParams> models_params(const StateReader& state) {
  return load<ModelsParams>(state, keys::models_params());
}

Result<void> check_models(const GenesisParams& genesis, ByteView record) {
  OORT_TRY(const auto models, codec::from_bytes<ModelsGenesis>(record));
  if (!is_possible(models.params)) return refuse("params are out of their bounds");
  const bool has_datasets = std::ranges::find(genesis.modules, Module::Datasets,
                                              &GenesisModule::module) != genesis.modules.end();
  if (!has_datasets) return refuse("without datasets there is nothing to train on");
  return {};
}

void enter_models(Overlay& state, ByteView record) {
  const auto begin = codec::from_bytes<ModelsGenesis>(record);
  OORT_ASSERT(begin.has_value(), "check_module passed");
  save(state, keys::models_params(), begin->params);
}

Rejection apply(Call& call, const ModelRegister& operation) {
  if (!models_params(call.state())) return Rejection::ModuleOff;
  if (operation.root == ModelId{} || !is_artefact_name(operation.name) ||
      !is_licence(operation.licence)) {
    return Rejection::ModelFieldInvalid;
  }
  if (call.state().get(keys::model(operation.root))) return Rejection::ModelExists;
  if (const Rejection refused = check_training(call, operation); refused != Rejection::None) {
    return refused;
  }
  const Bytes name_key = keys::model_name(call.sender, operation.name);
  const ModelName name = load<ModelName>(call.state(), name_key).value_or(ModelName{});
  if (name.count > 0 && operation.version <= name.version) return Rejection::ModelVersionStale;
  ModelVersion model;
  model.root = operation.root;
  model.owner = call.sender;
  model.name = operation.name;
  model.version = operation.version;
  model.previous = name.newest;
  model.card = operation.card;
  model.licence = operation.licence;
  model.training = operation.training;
  model.height = call.block.header.height;
  model.time_ms = call.block.header.time_ms;
  save(call.state(), keys::model(model.root), model);
  save(call.state(), name_key, ModelName{model.root, model.version, name.count + 1});
  call.state().put(keys::model_owner(model.owner, model.root), {});
  call.events.emplace_back(
      ModelChanged{ModelChange::Registered, model.training, model.root, NodeId()});
  return Rejection::None;
}

Rejection apply(Call& call, const ModelDeploy& operation) {
  if (!models_params(call.state())) return Rejection::ModuleOff;
  auto model = load<ModelVersion>(call.state(), keys::model(operation.model));
  if (!model) return Rejection::ModelUnknown;
  const auto node = call.view().node(operation.node);
  if (!node) return Rejection::NodeUnknown;
  const bool is_its_own = call.view().node_of(call.sender) == operation.node;
  if (node->owner != call.sender && !is_its_own) return Rejection::NodeNotYours;
  const Bytes key = keys::deployment(operation.model, operation.node);
  auto deployment = load<Deployment>(call.state(), key);
  const bool stands = deployment && deployment->removed_ms == 0;
  const std::uint64_t now = call.block.header.time_ms;
  if (operation.is_removed) {
    if (!stands) return Rejection::DeploymentUnknown;
    deployment->removed_ms = now;
    --model->deployments_count;
  } else {
    if (stands) return Rejection::DeploymentKnown;
    deployment =
        Deployment{operation.model, operation.node, call.sender, call.block.header.height, now, 0};
    ++model->deployments_count;
  }
  save(call.state(), key, *deployment);
  save(call.state(), keys::model(model->root), *model);
  call.events.emplace_back(
      ModelChanged{operation.is_removed ? ModelChange::Removed : ModelChange::Deployed,
                   model->training, model->root, operation.node});
  return Rejection::None;
}

}  // namespace oort::ledger
