// SPDX-License-Identifier: Apache-2.0
#include "proof_view.hpp"

#include "oort/chain/proof_bundle.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/object_records.hpp"
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

Json evidence_record(ByteView value) {
  const auto evidence = codec::from_bytes<ledger::Evidence>(value);
  if (!evidence) return nullptr;
  return {{"kind", "evidence"},
          {"fault", evidence->id.hex()},
          {"fault_kind", evidence->kind},
          {"offender", evidence->offender.hex()},
          {"reporter", evidence->reporter.hex()},
          {"recorded_at", evidence->height.value()}};
}

Json record_of(const chain::ProvenRecord& record) {
  if (is_in(record.key, ledger::Module::Bank, ledger::table::account)) {
    return account_record(record.value);
  }
  if (is_in(record.key, ledger::Module::Objects, ledger::table::object)) {
    return object_record(record.value);
  }
  if (is_in(record.key, ledger::Module::Evidence, ledger::table::evidence)) {
    return evidence_record(record.value);
  }
  return nullptr;
}

bool is_of_name(const chain::Verified& verified) {
  return is_in(verified.range.first, ledger::Module::Objects, ledger::table::object) &&
         verified.range != chain::range_of_key(verified.range.first);
}

/// The claim in words; a claim about a name says more than one about a key.
std::string words_of(const chain::Verified& verified) {
  switch (verified.claim()) {
    case chain::Claim::Present:
      return is_of_name(verified) ? "present: the newest version of the name is this object"
                                  : "present: the key has this value";
    case chain::Claim::Absent:
      return is_of_name(verified) ? "absent: the name has no version"
                                  : "absent: the state has no such key";
    case chain::Claim::Deleted: return "deleted: the newest version of the name is a delete marker";
    case chain::Claim::Records: break;
  }
  return "these " + std::to_string(verified.records.size()) +
         " records and no others from the first key to the end";
}

}  // namespace

Json to_json(const chain::Verified& verified) {
  Json records = Json::array();
  for (const chain::ProvenRecord& record : verified.records) {
    records.push_back({{"key", to_hex(record.key)},
                       {"value", to_hex(record.value)},
                       {"record", record_of(record)}});
  }
  const chain::Claim claim = verified.claim();
  return {{"is_proven", true},
          {"claim", std::string(to_string(claim))},
          {"is_present", claim == chain::Claim::Present},
          {"chain_id", verified.chain.hex()},
          {"height", verified.height.value()},
          {"state_root", verified.state_root.hex()},
          {"epoch", verified.epoch.value()},
          {"certified_block", verified.certified_block.hex()},
          {"certified_height", verified.certified_height.value()},
          {"certified_time_ms", verified.certified_time_ms},
          {"first_key", to_hex(verified.range.first)},
          {"end_key", to_hex(verified.range.end)},
          {"records", records}};
}

std::string to_text(const chain::Verified& verified) {
  std::vector<std::vector<std::string>> rows = {
      {"proven", words_of(verified)},
      {"trusting", "the genesis file of chain " + verified.chain.hex()},
      {"state", "after block " + std::to_string(verified.height.value()) + ", root " +
                    verified.state_root.hex()},
      {"certified by", "block " + std::to_string(verified.certified_height.value()) + " " +
                           verified.certified_block.hex() + " of epoch " +
                           std::to_string(verified.epoch.value())},
      {"from key", to_hex(verified.range.first)},
      {"before key", to_hex(verified.range.end)}};
  for (const chain::ProvenRecord& proven : verified.records) {
    rows.push_back({"key", to_hex(proven.key)});
    const Json record = record_of(proven);
    for (const auto& [name, value] : record.items()) {
      rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
    }
  }
  return columns(rows);
}

}  // namespace oort::cli
