// SPDX-License-Identifier: Apache-2.0
#include "datasets/datasets.hpp"
#include "models/models.hpp"

namespace oort::ledger {
namespace {

using ModelChange = ModelChanged::Kind;

bool is_possible(const TrainingBegin& begin) {
  const TrainingTerms& terms = begin.terms;
  return begin.id != Bytes32{} && terms.not_before != BlockId{} && terms.recipe != Bytes32{} &&
         terms.code != Bytes32{} && !terms.datasets.empty() &&
         ascends(terms.datasets, [](const DatasetId& id) { return id; });
}

/// A node whose word the sender may give: its own account, or its operator.
Accepted<Node> find_speaker(const Call& call, const NodeId& id) {
  auto node = call.view().node(id);
  if (!node) return Refused(Rejection::NodeUnknown);
  if (node->owner != call.sender && call.view().node_of(call.sender) != id) {
    return Refused(Rejection::NodeNotYours);
  }
  return *std::move(node);
}

/// Whether two nodes are in one hand; a node that is not there is in nobody's.
bool share_an_operator(const Call& call, const NodeId& a, const NodeId& b) {
  const auto first = call.view().node(a);
  const auto second = call.view().node(b);
  return first && second && first->owner == second->owner;
}

void tell(Call& call, ModelChange kind, const Training& training, const NodeId& node) {
  const ModelId model = training.result ? training.result->model : ModelId();
  call.events.emplace_back(ModelChanged{kind, training.id, model, node});
}

}  // namespace

Rejection apply(Call& call, const TrainingBegin& operation) {
  if (!models_params(call.state())) return Rejection::ModuleOff;
  if (!is_possible(operation)) return Rejection::TrainingFieldInvalid;
  const Bytes key = keys::training(operation.id);
  if (call.state().get(key)) return Rejection::TrainingExists;
  const auto node = find_speaker(call, operation.terms.trainer);
  if (!node) return node.error();
  if (operation.terms.base && !call.state().get(keys::model(*operation.terms.base))) {
    return Rejection::ModelUnknown;
  }
  for (const DatasetId& root : operation.terms.datasets) {
    if (const Rejection refused = use_dataset(call, root, 1); refused != Rejection::None) {
      return refused;
    }
  }
  Training training;
  training.id = operation.id;
  training.owner = call.sender;
  training.terms = operation.terms;
  training.started = call.block.header.height;
  training.started_ms = call.block.header.time_ms;
  save(call.state(), key, training);
  tell(call, ModelChange::TrainingBegan, training, training.terms.trainer);
  return Rejection::None;
}

Rejection apply(Call& call, const TrainingRecord& operation) {
  const auto params = models_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const Bytes key = keys::training(operation.training);
  auto training = load<Training>(call.state(), key);
  if (!training) return Rejection::TrainingUnknown;
  if (training->owner != call.sender) return Rejection::TrainingNotYours;
  if (training->result) return Rejection::TrainingOver;
  const BlockContext& header = call.block.header;
  if (header.height <= training->started) return Rejection::TrainingTooEarly;
  if (header.time_ms - training->started_ms > params->training_ms_max) {
    return Rejection::TrainingLate;
  }
  if (operation.model == ModelId{} || operation.statement == Bytes32{}) {
    return Rejection::TrainingFieldInvalid;
  }
  training->result =
      TrainingResult{operation.model, operation.statement, header.height, header.time_ms};
  save(call.state(), key, *training);
  tell(call, ModelChange::TrainingRecorded, *training, training->terms.trainer);
  return Rejection::None;
}

Rejection apply(Call& call, const TrainingAttest& operation) {
  if (!models_params(call.state())) return Rejection::ModuleOff;
  const Bytes key = keys::training(operation.training);
  auto training = load<Training>(call.state(), key);
  if (!training) return Rejection::TrainingUnknown;
  const auto node = find_speaker(call, operation.node);
  if (!node) return node.error();
  if (node->status != NodeStatus::Active) return Rejection::AttestInvalid;
  if (!training->result || training->result->model != operation.model) {
    return Rejection::AttestInvalid;
  }
  // Nobody raises the grade of its own work, nor twice; and only the next one can be reached.
  const auto next = static_cast<std::uint8_t>(static_cast<std::uint8_t>(training->grade) + 1);
  if (static_cast<std::uint8_t>(operation.grade) != next) return Rejection::AttestInvalid;
  if (share_an_operator(call, operation.node, training->terms.trainer) ||
      share_an_operator(call, operation.node, training->witness)) {
    return Rejection::AttestInvalid;
  }
  const bool is_witness = operation.grade == TrainingGrade::Witnessed;
  (is_witness ? training->witness : training->replayer) = operation.node;
  training->grade = operation.grade;
  save(call.state(), key, *training);
  tell(call, is_witness ? ModelChange::TrainingWitnessed : ModelChange::TrainingReplayed, *training,
       operation.node);
  return Rejection::None;
}

}  // namespace oort::ledger
