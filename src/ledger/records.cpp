// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/records.hpp"

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "record_fields.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const Account&);
template Result<void> decode(codec::Reader&, Account&);
template void encode(codec::Writer&, const PotBalance&);
template Result<void> decode(codec::Reader&, PotBalance&);
template void encode(codec::Writer&, const Supply&);
template Result<void> decode(codec::Reader&, Supply&);
template void encode(codec::Writer&, const Node&);
template Result<void> decode(codec::Reader&, Node&);
template void encode(codec::Writer&, const ValidatorSet&);
template Result<void> decode(codec::Reader&, ValidatorSet&);
template void encode(codec::Writer&, const Evidence&);
template Result<void> decode(codec::Reader&, Evidence&);
template void encode(codec::Writer&, const Beacon&);
template Result<void> decode(codec::Reader&, Beacon&);
template void encode(codec::Writer&, const Params&);
template Result<void> decode(codec::Reader&, Params&);
template void encode(codec::Writer&, const PendingParams&);
template Result<void> decode(codec::Reader&, PendingParams&);
template void encode(codec::Writer&, const Bucket&);
template Result<void> decode(codec::Reader&, Bucket&);
template void encode(codec::Writer&, const BucketKeys&);
template Result<void> decode(codec::Reader&, BucketKeys&);
template void encode(codec::Writer&, const Object&);
template Result<void> decode(codec::Reader&, Object&);
template void encode(codec::Writer&, const RemovedObject&);
template Result<void> decode(codec::Reader&, RemovedObject&);
template void encode(codec::Writer&, const Segment&);
template Result<void> decode(codec::Reader&, Segment&);
template void encode(codec::Writer&, const Multipart&);
template Result<void> decode(codec::Reader&, Multipart&);
template void encode(codec::Writer&, const Part&);
template Result<void> decode(codec::Reader&, Part&);
template void encode(codec::Writer&, const AccessKey&);
template Result<void> decode(codec::Reader&, AccessKey&);
template void encode(codec::Writer&, const GatewayGrant&);
template Result<void> decode(codec::Reader&, GatewayGrant&);
template void encode(codec::Writer&, const ShardReceipt&);
template Result<void> decode(codec::Reader&, ShardReceipt&);

namespace {

constexpr crypto::Context receipt_context("oort.v1 shard receipt");
constexpr crypto::Context segment_context("oort.v1 segment id");
constexpr crypto::Context body_context("oort.v1 body");
constexpr crypto::Context change_context("oort.v1 bucket change");

}  // namespace

std::uint64_t next_sequence_of(const Account& account, std::uint32_t lane) noexcept {
  for (const Lane& known : account.lanes) {
    if (known.lane == lane) return known.next_sequence;
  }
  return 0;
}

std::optional<ClassPolicy> policy_of(const Params& params, StorageClass storage_class) noexcept {
  for (const ClassPolicy& policy : params.classes) {
    if (policy.storage_class == storage_class) return policy;
  }
  return std::nullopt;
}

Bytes32 sign_hash(const ShardReceipt& receipt) {
  codec::Writer out;
  out.u8(ShardReceipt::format_version);
  FieldWriter fields(out);
  walk_signed(fields, receipt);
  return crypto::hash(receipt_context, out.bytes());
}

SegmentId segment_id_of(const AccountId& gateway, std::uint64_t nonce) {
  codec::Writer out;
  codec::encode(out, gateway);
  out.u64(nonce);
  return SegmentId(crypto::hash(segment_context, out.bytes()).array());
}

Bytes32 body_digest_of(ByteView body) { return crypto::hash(body_context, body); }

Bytes32 next_change_head(const Bytes32& head, ObjectChange change, const NameHash& name_hash,
                         const ObjectVersionId& version, const Bytes32& body_digest) {
  codec::Writer out;
  codec::encode(out, head);
  out.u8(static_cast<std::uint8_t>(change));
  codec::encode(out, name_hash);
  codec::encode(out, version);
  codec::encode(out, body_digest);
  return crypto::hash(change_context, out.bytes());
}

}  // namespace oort::ledger
