// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/records.hpp"

/// Where records stand in the state: module, table, then the parts below, integers big-endian, so
/// that the order of the keys is the order of the values. All versions of a bucket are one
/// contiguous range: bucket ‖ name hash ‖ inverted version, so that the newest of a name is first.
namespace oort::ledger::keys {

[[nodiscard]] Bytes prefix(Module module, char table);

[[nodiscard]] Bytes account(const AccountId& id);
[[nodiscard]] Bytes supply();
[[nodiscard]] Bytes pot(Pot pot);
[[nodiscard]] Bytes credits(const AccountId& id);
[[nodiscard]] Bytes credit_supply();
[[nodiscard]] Bytes validator_set(Epoch epoch);
[[nodiscard]] Bytes node(const NodeId& id);
/// Which node signs with this account.
[[nodiscard]] Bytes node_account(const AccountId& id);
[[nodiscard]] Bytes evidence(const Bytes32& id);
[[nodiscard]] Bytes beacon();
[[nodiscard]] Bytes epoch_seed(Epoch epoch);
[[nodiscard]] Bytes params();
[[nodiscard]] Bytes params_next();
[[nodiscard]] Bytes chain();

[[nodiscard]] Bytes bucket(BucketId id);
[[nodiscard]] Bytes bucket_name(std::string_view name);
[[nodiscard]] Bytes bucket_owner(const AccountId& owner, BucketId id);
[[nodiscard]] Bytes bucket_owner(const AccountId& owner);
[[nodiscard]] Bytes bucket_keys(BucketId id);
[[nodiscard]] Bytes bucket_next();
[[nodiscard]] Bytes policy_body(BucketId id);

[[nodiscard]] Bytes object(const ObjectVersionRef& ref);
/// Prefixes of all versions of a name, and of a bucket.
[[nodiscard]] Bytes object(BucketId bucket, const NameHash& name);
[[nodiscard]] Bytes object(BucketId bucket);
[[nodiscard]] Bytes object_body(const ObjectVersionRef& ref);
[[nodiscard]] Bytes null_version(BucketId bucket, const NameHash& name);
[[nodiscard]] Bytes removed(const ObjectVersionRef& ref);
[[nodiscard]] Bytes segment(const SegmentId& id);

[[nodiscard]] Bytes multipart(BucketId bucket, const NameHash& name, const UploadId& id);
[[nodiscard]] Bytes multipart(BucketId bucket);
[[nodiscard]] Bytes multipart_body(BucketId bucket, const NameHash& name, const UploadId& id);
[[nodiscard]] Bytes part(BucketId bucket, const UploadId& upload, std::uint16_t number);
[[nodiscard]] Bytes part(BucketId bucket, const UploadId& upload);
[[nodiscard]] Bytes part_body(BucketId bucket, const UploadId& upload, std::uint16_t number);

/// What the block of a height has to look after. Numbers are frozen.
enum class Expiry : std::uint8_t { UnusedSegment = 0, RemovedObject = 1 };
[[nodiscard]] Bytes expiry(Height height, Expiry kind, ByteView subject);
[[nodiscard]] Bytes expiry();

[[nodiscard]] Bytes access_key(std::string_view id);
[[nodiscard]] Bytes access_key_owner(const AccountId& owner, std::string_view id);
[[nodiscard]] Bytes access_key_owner(const AccountId& owner);
[[nodiscard]] Bytes grant(GrantId id);
[[nodiscard]] Bytes grant_gateway(const AccountId& gateway, GrantId id);
[[nodiscard]] Bytes grant_gateway(const AccountId& gateway);
[[nodiscard]] Bytes grant_owner(const AccountId& owner, GrantId id);
[[nodiscard]] Bytes grant_owner(const AccountId& owner);
[[nodiscard]] Bytes grant_next();

[[nodiscard]] Bytes market_params();
[[nodiscard]] Bytes rate_state();
[[nodiscard]] Bytes rate_report(const AccountId& reporter);
[[nodiscard]] Bytes reporter_bond(const AccountId& reporter);
/// By the hash of the sale's reference.
[[nodiscard]] Bytes credit_sale(const Bytes32& reference);
[[nodiscard]] Bytes credit_day();
[[nodiscard]] Bytes escrow(EscrowId id);
[[nodiscard]] Bytes escrow_payer(const AccountId& payer, EscrowId id);
[[nodiscard]] Bytes escrow_payer(const AccountId& payer);
[[nodiscard]] Bytes escrow_earner(const AccountId& earner, EscrowId id);
[[nodiscard]] Bytes escrow_earner(const AccountId& earner);
[[nodiscard]] Bytes escrow_next();

/// height ‖ transaction ‖ operation, big-endian: 8 + 4 + 4 bytes.
[[nodiscard]] ObjectVersionId version_id(Height height, std::uint32_t transaction,
                                         std::uint32_t operation) noexcept;

}  // namespace oort::ledger::keys
