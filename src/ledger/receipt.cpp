// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/receipt.hpp"

#include "campaigns/campaign_fields.hpp"
#include "datasets/dataset_fields.hpp"
#include "fields.hpp"
#include "governance/layouts.hpp"
#include "honesty/operation_fields.hpp"
#include "jobs/operation_fields.hpp"
#include "market/market_fields.hpp"
#include "models/model_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/limits.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "staking/operation_fields.hpp"
#include "storage/storage_fields.hpp"

namespace oort::ledger {

// The order of these calls is the layout of every event: frozen per code.
template <class F>
void walk(F& f, typename F::template As<Transferred>& v) {
  f(v.from);
  f(v.to);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<BalanceChanged>& v) {
  f(v.account);
  f(v.is_income);
  f(v.amount);
  // A purpose that a later module brings is none of a reader's business.
  f.enumeration(v.purpose, Purpose{0x14ff}, Purpose{0x0100});
  f(v.subject);
}
template <class F>
void walk(F& f, typename F::template As<NodeChanged>& v) {
  f(v.node);
  f.enumeration(v.status, NodeStatus::Faulty);
}
template <class F>
void walk(F& f, typename F::template As<BucketChanged>& v) {
  f.enumeration(v.kind, BucketChanged::Kind::Keys);
  f(v.bucket);
  f(v.owner);
}
template <class F>
void walk(F& f, typename F::template As<ObjectChanged>& v) {
  f.enumeration(v.change, ObjectChange::Restored);
  f(v.bucket);
  f(v.name_hash);
  f(v.version);
  f(v.is_null_version);
  f(v.is_delete_marker);
  f(v.tolerance);
  f(v.is_degraded);
  f(v.body_digest);
  f(v.changes_count);
  f(v.change_head);
}
template <class F>
void walk(F& f, typename F::template As<ObjectPurged>& v) {
  f(v.object.bucket);
  f(v.object.name_hash);
  f(v.object.version);
}
template <class F>
void walk(F& f, typename F::template As<SegmentChanged>& v) {
  f.enumeration(v.kind, SegmentChanged::Kind::Released);
  f(v.segment);
  f(v.length);
  f(v.tolerance);
  f(v.is_degraded);
}
template <class F>
void walk(F& f, typename F::template As<MultipartChanged>& v) {
  f.enumeration(v.kind, MultipartChanged::Kind::Aborted);
  f(v.bucket);
  f(v.name_hash);
  f(v.upload);
  f(v.number);
}
template <class F>
void walk(F& f, typename F::template As<AccessKeyChanged>& v) {
  f.text(v.id, access_key_id_bytes_max);
  f(v.owner);
  f(v.is_deleted);
}
template <class F>
void walk(F& f, typename F::template As<GrantChanged>& v) {
  f(v.grant);
  f(v.owner);
  f(v.gateway);
  f(v.is_revoked);
}
template <class F>
void walk(F& f, typename F::template As<EvidenceAccepted>& v) {
  f(v.id);
  f(v.kind);
  f(v.offender);
}
template <class F>
void walk(F& f, typename F::template As<ParamsChanged>& v) {
  f(v.from);
  f(v.is_in_force);
}

void encode(codec::Writer& out, const Event& value) { encode_variant(out, value); }
Result<void> decode(codec::Reader& in, Event& value) { return decode_variant(in, value, "event"); }

namespace {

constexpr crypto::Context receipt_context("oort.v1 receipt");
constexpr crypto::Context events_context("oort.v1 block events");
constexpr crypto::Context result_context("oort.v1 result root");
/// No operation says more than a few things; a purge of parts says none.
constexpr std::size_t events_per_operation_max = 64;

void walk_rejection(FieldWriter& f, const Rejection& v) { f(static_cast<std::uint16_t>(v)); }
void walk_rejection(FieldReader& f, Rejection& v) {
  std::uint16_t number = 0;
  f(number);
  const auto known = rejection_from(number);
  if (!known) return f.refuse(reason::not_canonical, "an unknown rejection");
  v = *known;
}

}  // namespace

template <class F>
void walk(F& f, typename F::template As<OperationReceipt>& v) {
  walk_rejection(f, v.rejection);
  f.list(v.events, events_per_operation_max);
}
template <class F>
void walk(F& f, typename F::template As<Receipt>& v) {
  f(v.transaction);
  walk_rejection(f, v.rejection);
  f(v.fee);
  f.list(v.operations, limits::operations_per_transaction_max);
}
template void encode(codec::Writer&, const Receipt&);
template Result<void> decode(codec::Reader&, Receipt&);

Bytes32 receipt_hash_of(const Receipt& receipt) {
  return crypto::hash(receipt_context, codec::to_bytes(receipt));
}

namespace {

std::vector<Bytes32> hashes_of(std::span<const Receipt> receipts) {
  std::vector<Bytes32> hashes;
  hashes.reserve(receipts.size());
  for (const Receipt& receipt : receipts) hashes.push_back(receipt_hash_of(receipt));
  return hashes;
}

Bytes32 events_hash_of(std::span<const Event> block_events) {
  codec::Writer events;
  events.u32(static_cast<std::uint32_t>(block_events.size()));
  for (const Event& event : block_events) encode(events, event);
  return crypto::hash(events_context, events.bytes());
}

/// A path has a sibling for at most each bit of an index.
constexpr std::size_t siblings_count_max = 64;

}  // namespace

Bytes32 result_root_of(std::span<const Receipt> receipts, std::span<const Event> block_events) {
  const Bytes32 root = crypto::merkle_root(hashes_of(receipts));
  return crypto::hash(result_context, root.view(), events_hash_of(block_events).view());
}

void encode(codec::Writer& out, const ReceiptProof& value) {
  encode(out, value.receipts_root);
  encode(out, value.events_hash);
  out.u64(value.path.index);
  out.u64(value.path.count);
  codec::encode_vector(out, value.path.siblings);
}

Result<void> decode(codec::Reader& in, ReceiptProof& value) {
  OORT_TRY(decode(in, value.receipts_root));
  OORT_TRY(decode(in, value.events_hash));
  OORT_TRY(value.path.index, in.u64());
  OORT_TRY(value.path.count, in.u64());
  return codec::decode_vector(in, value.path.siblings, siblings_count_max);
}

ReceiptProof prove_receipt(std::span<const Receipt> receipts, std::span<const Event> block_events,
                           std::size_t index) {
  const std::vector<Bytes32> hashes = hashes_of(receipts);
  return {crypto::merkle_root(hashes), events_hash_of(block_events),
          crypto::merkle_prove(hashes, index)};
}

bool verify_receipt(const Bytes32& result_root, const ReceiptProof& proof, const Receipt& receipt) {
  const Bytes32 root =
      crypto::hash(result_context, proof.receipts_root.view(), proof.events_hash.view());
  if (root != result_root) return false;
  return crypto::merkle_verify(proof.receipts_root, proof.path, receipt_hash_of(receipt));
}

}  // namespace oort::ledger
