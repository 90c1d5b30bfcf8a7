// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/datahub_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter datasets(char table) { return {Module::Datasets, table}; }

}  // namespace

Bytes datasets_params() { return datasets(table::datasets_params).take(); }
Bytes dataset(const DatasetId& root) { return datasets(table::dataset).add(root).take(); }
Bytes dataset_name(const AccountId& owner, std::string_view name) {
  return datasets(table::dataset_name).add(owner).add(as_bytes(name)).take();
}
Bytes dataset_owner(const AccountId& owner) {
  return datasets(table::dataset_owner).add(owner).take();
}
Bytes dataset_owner(const AccountId& owner, const DatasetId& root) {
  return datasets(table::dataset_owner).add(owner).add(root).take();
}
Bytes dataset_grant(const DatasetId& dataset, const AccountId& account) {
  return datasets(table::dataset_grant).add(dataset).add(account).take();
}
Bytes dataset_grants(const DatasetId& dataset) {
  return datasets(table::dataset_grant).add(dataset).take();
}
Bytes dataset_opening(const DatasetId& dataset, const AccountId& account) {
  return datasets(table::dataset_opening).add(dataset).add(account).take();
}

}  // namespace oort::ledger::keys
