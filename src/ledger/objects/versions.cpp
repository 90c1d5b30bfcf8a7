// SPDX-License-Identifier: Apache-2.0
#include "objects/objects.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

ObjectVersionRef ref_of(const Object& object) {
  return {object.bucket, object.name_hash, object.version};
}

/// Adds a link to the bucket's change log.
void log_change(Call& call, Bucket& bucket, ObjectChange change, const Object& object) {
  bucket.change_head = next_change_head(bucket.change_head, change, object.name_hash,
                                        object.version, object.body_digest);
  ++bucket.changes_count;
  call.events.emplace_back(ObjectChanged{.change = change,
                                         .bucket = bucket.id,
                                         .name_hash = object.name_hash,
                                         .version = object.version,
                                         .is_null_version = object.is_null_version,
                                         .is_delete_marker = object.is_delete_marker,
                                         .tolerance = object.tolerance,
                                         .is_degraded = object.is_degraded,
                                         .body_digest = object.body_digest,
                                         .changes_count = bucket.changes_count,
                                         .change_head = bucket.change_head});
}

void insert(Call& call, Bucket& bucket, const Object& object, ObjectChange change) {
  ++bucket.versions_count;
  bucket.bytes += object.sealed_size;
  save(call.state(), keys::object(ref_of(object)), object);
  log_change(call, bucket, change, object);
}

/// Moves a version into the undo window. Its references and its body stay as long.
void remove(Call& call, Bucket& bucket, const Object& object) {
  OORT_ASSERT(bucket.versions_count > 0, "a bucket counts its versions");
  OORT_ASSERT(bucket.bytes >= object.sealed_size, "a bucket counts its bytes");
  --bucket.versions_count;
  bucket.bytes -= object.sealed_size;
  const ObjectVersionRef ref = ref_of(object);
  const Height purge_at = call.block.height_after(call.params().undo_window);
  const Bytes key = keys::object(ref);
  call.state().erase(key);
  save(call.state(), keys::removed(ref), RemovedObject{object, purge_at});
  call.state().put(keys::expiry(purge_at, keys::Expiry::RemovedObject, ByteView(key).subspan(2)),
                   {});
  if (object.is_null_version && bucket.versioning != Versioning::Disabled) {
    call.state().erase(keys::null_version(object.bucket, object.name_hash));
  }
  log_change(call, bucket, ObjectChange::Removed, object);
}

/// Where the null version is not the newest, it is found through a pointer of its own.
void point_at_null_version(Call& call, const Object& object) {
  call.state().put(keys::null_version(object.bucket, object.name_hash),
                   to_bytes(object.version.view()));
}

/// The extents of a copy: those of its source, if the sender may read it.
Accepted<std::vector<Extent>> extents_of(Call& call, const ObjectCommit& operation,
                                         const Bucket& bucket) {
  if (!operation.copy_source) return operation.extents;
  const ObjectVersionRef& source = *operation.copy_source;
  if (!operation.extents.empty()) return Refused(Rejection::CopySourceInvalid);
  if (source.bucket != bucket.id) {
    const auto from =
        open_bucket(call, source.bucket, operation.authority, GrantedOperation::ReadObject);
    if (!from) return Refused(from.error());
    if (from->owner != bucket.owner) return Refused(Rejection::CopySourceInvalid);
  }
  auto object = call.view().object(source);
  if (!object || object->is_delete_marker) return Refused(Rejection::CopySourceInvalid);
  return std::move(object->extents);
}

/// Deletes without naming a version.
void delete_newest(Call& call, Bucket& bucket, const ObjectDelete& operation,
                   const std::optional<Object>& newest) {
  if (bucket.versioning == Versioning::Disabled) {
    if (newest) remove(call, bucket, *newest);
    return;
  }
  Object marker;
  marker.bucket = bucket.id;
  marker.name_hash = operation.name_hash;
  marker.version = call.version_id();
  marker.is_delete_marker = true;
  marker.time_ms = call.block.header.time_ms;
  put_version(call, bucket, std::move(marker), ObjectChange::Marker);
}

}  // namespace

Rejection check(const Precondition& precondition, const std::optional<Object>& newest) {
  const bool is_live = newest && !newest->is_delete_marker;
  bool holds = true;
  switch (precondition.kind) {
    case Precondition::Kind::None: break;
    case Precondition::Kind::Absent: holds = !is_live; break;
    case Precondition::Kind::Present: holds = is_live; break;
    case Precondition::Kind::Match:
      holds = is_live && newest->version == precondition.version;
      break;
  }
  return holds ? Rejection::None : Rejection::PreconditionFailed;
}

void put_version(Call& call, Bucket& bucket, Object object, ObjectChange change) {
  object.is_null_version = bucket.versioning != Versioning::Enabled;
  if (object.is_null_version) {
    const auto replaced = call.view().null_version(bucket.id, object.name_hash);
    if (replaced) remove(call, bucket, *replaced);
  } else {
    const auto newest = call.view().newest(bucket.id, object.name_hash);
    if (newest && newest->is_null_version) point_at_null_version(call, *newest);
  }
  insert(call, bucket, object, change);
}

Rejection apply(Call& call, const ObjectCommit& operation) {
  const auto size = sealed_size_of(operation.extents);
  if (!size) return size.error();
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::PutObject, *size);
  if (!bucket) return bucket.error();
  if (operation.body_digest.is_zero()) return Rejection::BodyMissing;
  const auto policy = policy_of(call.params(), operation.storage_class);
  if (!policy) return Rejection::ClassUnknown;
  if (operation.precondition.kind != Precondition::Kind::None) {
    const auto newest = call.view().newest(bucket->id, operation.name_hash);
    if (const Rejection rejection = check(operation.precondition, newest);
        rejection != Rejection::None) {
      return rejection;
    }
  }
  auto extents = extents_of(call, operation, *bucket);
  if (!extents) return extents.error();
  const auto content = refer(call, *extents, *policy, !operation.copy_source);
  if (!content) return content.error();
  if (operation.size > content->sealed_size) return Rejection::SizeInvalid;

  Object object{.bucket = bucket->id,
                .name_hash = operation.name_hash,
                .version = call.version_id(),
                .is_null_version = false,
                .is_delete_marker = false,
                .is_degraded = content->is_degraded,
                .tolerance = content->tolerance,
                .storage_class = operation.storage_class,
                .size = operation.size,
                .sealed_size = content->sealed_size,
                .body_digest = operation.body_digest,
                .time_ms = call.block.header.time_ms,
                .extents = *std::move(extents)};
  place_body(call, keys::object_body(ref_of(object)));
  put_version(call, *bucket, std::move(object), ObjectChange::Put);
  save_bucket(call, *bucket);
  return Rejection::None;
}

Rejection apply(Call& call, const ObjectDelete& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::DeleteObject);
  if (!bucket) return bucket.error();
  const auto newest = call.view().newest(bucket->id, operation.name_hash);
  if (const Rejection rejection = check(operation.precondition, newest);
      rejection != Rejection::None) {
    return rejection;
  }
  if (operation.target == ObjectDelete::Target::Newest) {
    delete_newest(call, *bucket, operation, newest);
  } else {
    const auto object =
        operation.target == ObjectDelete::Target::Null
            ? call.view().null_version(bucket->id, operation.name_hash)
            : call.view().object({bucket->id, operation.name_hash, operation.version});
    if (!object) return Rejection::VersionUnknown;
    remove(call, *bucket, *object);
  }
  save_bucket(call, *bucket);
  return Rejection::None;
}

Rejection apply(Call& call, const ObjectRestore& operation) {
  auto bucket = call.view().bucket(operation.target.bucket);
  if (!bucket) return Rejection::BucketUnknown;
  if (call.sender != bucket->owner) return Rejection::OwnerOnly;
  const auto removed = call.view().removed(operation.target);
  if (!removed) return Rejection::VersionUnknown;
  const Object& object = removed->object;
  call.state().erase(keys::removed(operation.target));
  if (object.is_null_version) {
    // A name has one null version: the one that is there goes where this one comes from.
    const auto other = call.view().null_version(bucket->id, object.name_hash);
    if (other) remove(call, *bucket, *other);
  }
  insert(call, *bucket, object, ObjectChange::Restored);
  const auto newest = call.view().newest(bucket->id, object.name_hash);
  if (object.is_null_version && newest->version != object.version) {
    point_at_null_version(call, object);
  }
  save_bucket(call, *bucket);
  return Rejection::None;
}

}  // namespace oort::ledger
