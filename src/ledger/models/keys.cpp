// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/datahub_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter models(char table) { return {Module::Models, table}; }

}  // namespace

Bytes models_params() { return models(table::models_params).take(); }
Bytes training(const Bytes32& id) { return models(table::training).add(id).take(); }
Bytes model(const ModelId& root) { return models(table::model).add(root).take(); }
Bytes model_name(const AccountId& owner, std::string_view name) {
  return models(table::model_name).add(owner).add(as_bytes(name)).take();
}
Bytes model_owner(const AccountId& owner) { return models(table::model_owner).add(owner).take(); }
Bytes model_owner(const AccountId& owner, const ModelId& root) {
  return models(table::model_owner).add(owner).add(root).take();
}
Bytes deployment(const ModelId& model, const NodeId& node) {
  return models(table::deployment).add(model).add(node).take();
}
Bytes deployments(const ModelId& model) { return models(table::deployment).add(model).take(); }

}  // namespace oort::ledger::keys
