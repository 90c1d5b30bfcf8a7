// SPDX-License-Identifier: Apache-2.0
#include "proof_view.hpp"

#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"

namespace oort::cli {
namespace {

bool is_in(ByteView key, ledger::Module module, char table) {
  return key.size() >= 2 && std::to_integer<unsigned>(key[0]) == static_cast<unsigned>(module) &&
         static_cast<char>(key[1]) == table;
}

Json account_record(ByteView value) {
  const auto account = codec::from_bytes<ledger::Account>(value);
  if (!account) return nullptr;
  return {{"kind", "account"}, {"balance", to_decimal(account->balance.units())}};
}

Json object_record(ByteView value) {
  const auto object = codec::from_bytes<ledger::Object>(value);
  if (!object) return nullptr;
  return {{"kind", object->is_delete_marker ? "delete marker" : "object"},
          {"bucket_id", object->bucket.value()},
          {"name_hash", object->name_hash.hex()},
          {"version", object->version.hex()},
          {"size", object->size},
          {"time_ms", object->time_ms},
          {"tolerance", object->tolerance},
          {"is_degraded", object->is_degraded},
          {"body_digest", object->body_digest.hex()},
          {"extents_count", object->extents.size()}};
}

Json record_of(const chain::Verified& verified) {
  if (!verified.value) return nullptr;
  if (is_in(verified.key, ledger::Module::Bank, ledger::table::account)) {
    return account_record(*verified.value);
  }
  if (is_in(verified.key, ledger::Module::Objects, ledger::table::object)) {
    return object_record(*verified.value);
  }
  return nullptr;
}

}  // namespace

Json to_json(const chain::Verified& verified) {
  return {{"is_proven", true},
          {"is_present", verified.value.has_value()},
          {"chain_id", verified.chain.hex()},
          {"height", verified.height.value()},
          {"state_root", verified.state_root.hex()},
          {"certified_block", verified.certified_block.hex()},
          {"certified_height", verified.certified_height.value()},
          {"certified_time_ms", verified.certified_time_ms},
          {"key", to_hex(verified.key)},
          {"value", verified.value ? Json(to_hex(*verified.value)) : Json(nullptr)},
          {"record", record_of(verified)}};
}

std::string to_text(const chain::Verified& verified) {
  std::vector<std::vector<std::string>> rows = {
      {"proven", verified.value ? "present" : "absent"},
      {"trusting", "the genesis file of chain " + verified.chain.hex()},
      {"state", "after block " + std::to_string(verified.height.value()) + ", root " +
                    verified.state_root.hex()},
      {"certified by", "block " + std::to_string(verified.certified_height.value()) + " " +
                           verified.certified_block.hex()},
      {"key", to_hex(verified.key)}};
  const Json record = record_of(verified);
  for (const auto& [name, value] : record.items()) {
    rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  return columns(rows);
}

}  // namespace oort::cli
