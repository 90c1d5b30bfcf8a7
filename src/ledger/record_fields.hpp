// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/core/limits.hpp"
#include "oort/ledger/records.hpp"

/// The order of these calls is the layout of every stored record: frozen per format version.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<Lane>& v) {
  f(v.lane);
  f(v.next_sequence);
}
template <class F>
void walk(F& f, typename F::template As<Account>& v) {
  f(v.balance);
  f.list(v.lanes, lanes_per_account_max);
}
template <class F>
void walk(F& f, typename F::template As<PotBalance>& v) {
  f(v.balance);
}
template <class F>
void walk(F& f, typename F::template As<Supply>& v) {
  f(v.total);
  f(v.fees);
}
template <class F>
void walk(F& f, typename F::template As<Endpoint>& v) {
  f.enumeration(v.kind, EndpointKind::Grpc);
  f.text(v.host, host_bytes_max);
  f(v.port);
}
template <class F>
void walk(F& f, typename F::template As<Node>& v) {
  f(v.id);
  f(v.owner);
  f(v.roles);
  f.enumeration(v.status, NodeStatus::Faulty);
  f.list(v.endpoints, endpoints_per_node_max);
  f.text(v.region, region_bytes_max);
  f(v.system);
  f(v.network);
  f(v.capacity);
  f(v.bond);
}
template <class F>
void walk(F& f, typename F::template As<Validator>& v) {
  f(v.node);
  f(v.weight);
}
template <class F>
void walk(F& f, typename F::template As<ValidatorSet>& v) {
  f(v.epoch);
  f.list(v.validators, limits::validators_count_max);
}
template <class F>
void walk(F& f, typename F::template As<Evidence>& v) {
  f(v.id);
  f(v.kind);
  f(v.offender);
  f(v.reporter);
  f(v.height);
  f(v.digest);
}
template <class F>
void walk(F& f, typename F::template As<Beacon>& v) {
  f(v.height);
  f(v.epoch);
  f(v.value);
}

template <class F>
void walk(F& f, typename F::template As<ClassPolicy>& v) {
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.replicas);
  f(v.data_shards);
  f(v.total_shards);
  f(v.tolerance);
  f(v.tolerance_min);
}
template <class F>
void walk(F& f, typename F::template As<Params>& v) {
  f(v.fee_transaction);
  f(v.fee_operation);
  f(v.fee_byte);
  f(v.epoch_ms);
  f(v.idle_block_ms);
  f(v.transaction_lifetime_max);
  f(v.undo_window);
  f(v.orphan_window);
  f(v.hold_margin);
  f(v.segment_lease);
  f(v.reveal_window);
  f(v.unbonding_epochs);
  f(v.lease_window);
  f(v.validators_max);
  f(v.distinct_operators);
  f(v.distinct_networks);
  f(v.distinct_systems);
  f.list(v.classes, class_policies_max);
  f.optional(v.governor);
}
template <class F>
void walk(F& f, typename F::template As<PendingParams>& v) {
  f(v.params);
  f(v.from);
}

template <class F>
void walk(F& f, typename F::template As<Bucket>& v) {
  f(v.id);
  f(v.owner);
  f.text(v.name, bucket_name_bytes_max);
  f.enumeration(v.versioning, Versioning::Suspended);
  f.enumeration(v.key_mode, KeyMode::Clear);
  f(v.policy_digest);
  f(v.created_ms);
  f(v.versions_count);
  f(v.uploads_count);
  f(v.bytes);
  f(v.changes_count);
  f(v.change_head);
}
template <class F>
void walk(F& f, typename F::template As<KeySeal>& v) {
  f(v.gateway);
  f.blob(v.sealed, sealed_key_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<BucketKeys>& v) {
  f(v.epoch);
  f.list(v.seals, key_seals_max);
}
template <class F>
void walk(F& f, typename F::template As<Extent>& v) {
  f(v.slot);
  f(v.offset);
  f(v.length);
  f(v.root);
}
template <class F>
void walk(F& f, typename F::template As<Object>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.version);
  f(v.is_null_version);
  f(v.is_delete_marker);
  f(v.is_degraded);
  f(v.tolerance);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.size);
  f(v.sealed_size);
  f(v.body_digest);
  f(v.time_ms);
  f.list(v.extents, extents_per_object_max);
}
template <class F>
void walk(F& f, typename F::template As<RemovedObject>& v) {
  f(v.object);
  f(v.purge_at);
}
template <class F>
void walk(F& f, typename F::template As<Shard>& v) {
  f(v.node);
  f(v.root);
  f(v.length);
  f(v.generation);
}
template <class F>
void walk(F& f, typename F::template As<Segment>& v) {
  f(v.gateway);
  f.enumeration(v.state, SegmentState::Sealed);
  f.enumeration(v.scheme, Scheme::ReedSolomon);
  f(v.data_shards);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.tolerance);
  f(v.is_degraded);
  f(v.fence);
  f(v.length);
  f(v.root);
  f(v.references);
  f(v.lease_until);
  f(v.hold_until);
  f.list(v.shards, limits::shards_per_segment_max);
}
template <class F>
void walk(F& f, typename F::template As<Multipart>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.id);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.parts_count);
  f(v.body_digest);
  f(v.time_ms);
}
template <class F>
void walk(F& f, typename F::template As<Part>& v) {
  f(v.number);
  f(v.size);
  f(v.sealed_size);
  f(v.body_digest);
  f(v.time_ms);
  f.list(v.extents, extents_per_object_max);
}

template <class F>
void walk(F& f, typename F::template As<AccessKey>& v) {
  f.text(v.id, access_key_id_bytes_max);
  f(v.owner);
  f.list(v.secrets, key_seals_max);
  f.list(v.buckets, scope_buckets_max);
  f(v.operations);
  f(v.expires_ms);
  f(v.created_ms);
}
template <class F>
void walk(F& f, typename F::template As<GatewayGrant>& v) {
  f(v.id);
  f(v.owner);
  f(v.gateway);
  f.list(v.buckets, scope_buckets_max);
  f(v.operations);
  f(v.bytes_max);
  f(v.bytes_used);
  f(v.spend_max);
  f(v.spend_used);
  f(v.expires_ms);
}

/// What a node signs of a receipt: everything but the signature.
template <class F>
void walk_signed(F& f, typename F::template As<ShardReceipt>& v) {
  f(v.chain);
  f(v.segment);
  f(v.index);
  f(v.root);
  f(v.length);
  f(v.generation);
  f(v.hold_until);
  f(v.node);
}
template <class F>
void walk(F& f, typename F::template As<ShardReceipt>& v) {
  walk_signed(f, v);
  f(v.signature);
}

}  // namespace oort::ledger
