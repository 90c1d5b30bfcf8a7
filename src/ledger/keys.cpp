// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/keys.hpp"

#include <array>

#include "key_writer.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger::keys {
namespace {

Bytes version_key(char table, const ObjectVersionRef& ref) {
  return KeyWriter(Module::Objects, table)
      .add(ref.bucket)
      .add(ref.name_hash)
      .add_inverted(ref.version)
      .take();
}

}  // namespace

Bytes prefix(Module module, char table) { return KeyWriter(module, table).take(); }

Bytes account(const AccountId& id) {
  return KeyWriter(Module::Bank, table::account).add(id).take();
}
Bytes supply() { return prefix(Module::Bank, table::supply); }
Bytes pot(Pot pot) {
  return KeyWriter(Module::Bank, table::pot).add(static_cast<std::uint8_t>(pot)).take();
}
Bytes credits(const AccountId& id) {
  return KeyWriter(Module::Bank, table::credits).add(id).take();
}
Bytes credit_supply() { return prefix(Module::Bank, table::credit_supply); }
Bytes validator_set(Epoch epoch) {
  return KeyWriter(Module::Staking, table::validator_set).add(epoch).take();
}
Bytes node(const NodeId& id) { return KeyWriter(Module::Nodes, table::node).add(id).take(); }
Bytes node_account(const AccountId& id) {
  return KeyWriter(Module::Nodes, table::node_account).add(id).take();
}
Bytes evidence(const Bytes32& id) {
  return KeyWriter(Module::Evidence, table::evidence).add(id).take();
}
Bytes beacon() { return prefix(Module::Beacon, table::beacon); }
Bytes epoch_seed(Epoch epoch) {
  return KeyWriter(Module::Beacon, table::epoch_seed).add(epoch).take();
}
Bytes params() { return prefix(Module::Params, table::params); }
Bytes params_next() { return prefix(Module::Params, table::params_next); }
Bytes chain() { return prefix(Module::Params, table::chain); }

Bytes bucket(BucketId id) { return KeyWriter(Module::Objects, table::bucket).add(id).take(); }
Bytes bucket_name(std::string_view name) {
  return KeyWriter(Module::Objects, table::bucket_name).add(as_bytes(name)).take();
}
Bytes bucket_owner(const AccountId& owner, BucketId id) {
  return KeyWriter(Module::Objects, table::bucket_owner).add(owner).add(id).take();
}
Bytes bucket_owner(const AccountId& owner) {
  return KeyWriter(Module::Objects, table::bucket_owner).add(owner).take();
}
Bytes bucket_keys(BucketId id) {
  return KeyWriter(Module::Objects, table::bucket_keys).add(id).take();
}
Bytes bucket_next() { return prefix(Module::Objects, table::bucket_next); }
Bytes policy_body(BucketId id) {
  return KeyWriter(Module::Objects, table::policy_body).add(id).take();
}

Bytes object(const ObjectVersionRef& ref) { return version_key(table::object, ref); }
Bytes object(BucketId bucket, const NameHash& name) {
  return KeyWriter(Module::Objects, table::object).add(bucket).add(name).take();
}
Bytes object(BucketId bucket) {
  return KeyWriter(Module::Objects, table::object).add(bucket).take();
}
Bytes object_body(const ObjectVersionRef& ref) { return version_key(table::object_body, ref); }
Bytes null_version(BucketId bucket, const NameHash& name) {
  return KeyWriter(Module::Objects, table::null_version).add(bucket).add(name).take();
}
Bytes removed(const ObjectVersionRef& ref) { return version_key(table::removed, ref); }
Bytes segment(const SegmentId& id) {
  return KeyWriter(Module::Objects, table::segment).add(id).take();
}

Bytes multipart(BucketId bucket, const NameHash& name, const UploadId& id) {
  return KeyWriter(Module::Objects, table::multipart).add(bucket).add(name).add(id).take();
}
Bytes multipart(BucketId bucket) {
  return KeyWriter(Module::Objects, table::multipart).add(bucket).take();
}
Bytes multipart_body(BucketId bucket, const NameHash& name, const UploadId& id) {
  return KeyWriter(Module::Objects, table::multipart_body).add(bucket).add(name).add(id).take();
}
Bytes part(BucketId bucket, const UploadId& upload, std::uint16_t number) {
  return KeyWriter(Module::Objects, table::part).add(bucket).add(upload).add(number).take();
}
Bytes part(BucketId bucket, const UploadId& upload) {
  return KeyWriter(Module::Objects, table::part).add(bucket).add(upload).take();
}
Bytes part_body(BucketId bucket, const UploadId& upload, std::uint16_t number) {
  return KeyWriter(Module::Objects, table::part_body).add(bucket).add(upload).add(number).take();
}

Bytes expiry(Height height, Expiry kind, ByteView subject) {
  return KeyWriter(Module::Objects, table::expiry)
      .add(height)
      .add(static_cast<std::uint8_t>(kind))
      .add(subject)
      .take();
}
Bytes expiry() { return prefix(Module::Objects, table::expiry); }

Bytes access_key(std::string_view id) {
  return KeyWriter(Module::Access, table::access_key).add(as_bytes(id)).take();
}
Bytes access_key_owner(const AccountId& owner, std::string_view id) {
  return KeyWriter(Module::Access, table::access_key_owner).add(owner).add(as_bytes(id)).take();
}
Bytes access_key_owner(const AccountId& owner) {
  return KeyWriter(Module::Access, table::access_key_owner).add(owner).take();
}
Bytes grant(GrantId id) { return KeyWriter(Module::Access, table::grant).add(id).take(); }
Bytes grant_gateway(const AccountId& gateway, GrantId id) {
  return KeyWriter(Module::Access, table::grant_gateway).add(gateway).add(id).take();
}
Bytes grant_gateway(const AccountId& gateway) {
  return KeyWriter(Module::Access, table::grant_gateway).add(gateway).take();
}
Bytes grant_owner(const AccountId& owner, GrantId id) {
  return KeyWriter(Module::Access, table::grant_owner).add(owner).add(id).take();
}
Bytes grant_owner(const AccountId& owner) {
  return KeyWriter(Module::Access, table::grant_owner).add(owner).take();
}
Bytes grant_next() { return prefix(Module::Access, table::grant_next); }

Bytes market_params() { return prefix(Module::Market, table::market_params); }
Bytes rate_state() { return prefix(Module::Market, table::rate_state); }
Bytes rate_report(const AccountId& reporter) {
  return KeyWriter(Module::Market, table::rate_report).add(reporter).take();
}
Bytes reporter_bond(const AccountId& reporter) {
  return KeyWriter(Module::Market, table::reporter_bond).add(reporter).take();
}
Bytes credit_sale(const Bytes32& reference) {
  return KeyWriter(Module::Market, table::credit_sale).add(reference).take();
}
Bytes credit_day() { return prefix(Module::Market, table::credit_day); }
Bytes escrow(EscrowId id) { return KeyWriter(Module::Market, table::escrow).add(id).take(); }
Bytes escrow_payer(const AccountId& payer, EscrowId id) {
  return KeyWriter(Module::Market, table::escrow_payer).add(payer).add(id).take();
}
Bytes escrow_payer(const AccountId& payer) {
  return KeyWriter(Module::Market, table::escrow_payer).add(payer).take();
}
Bytes escrow_earner(const AccountId& earner, EscrowId id) {
  return KeyWriter(Module::Market, table::escrow_earner).add(earner).add(id).take();
}
Bytes escrow_earner(const AccountId& earner) {
  return KeyWriter(Module::Market, table::escrow_earner).add(earner).take();
}
Bytes escrow_next() { return prefix(Module::Market, table::escrow_next); }

ObjectVersionId version_id(Height height, std::uint32_t transaction,
                           std::uint32_t operation) noexcept {
  std::array<std::byte, 16> bytes{};
  const auto place = [&bytes](std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[at + i] =
          static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * (size - 1 - i))));
    }
  };
  place(0, height.value(), 8);
  place(8, transaction, 4);
  place(12, operation, 4);
  return ObjectVersionId(bytes);
}

}  // namespace oort::ledger::keys
