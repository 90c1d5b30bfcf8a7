// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/storage_keys.hpp"

namespace oort::ledger::keys {

Bytes storage_params() { return KeyWriter(Module::Storage, table::storage_params).take(); }
Bytes storage_meter() { return KeyWriter(Module::Storage, table::storage_meter).take(); }
Bytes storage_account(const AccountId& payer) {
  return KeyWriter(Module::Storage, table::storage_account).add(payer).take();
}
Bytes storage_holding(const NodeId& node, const AccountId& payer) {
  return KeyWriter(Module::Storage, table::storage_holding).add(node).add(payer).take();
}
Bytes storage_holding(const NodeId& node) {
  return KeyWriter(Module::Storage, table::storage_holding).add(node).take();
}

}  // namespace oort::ledger::keys
