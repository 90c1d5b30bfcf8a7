// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "objects/objects.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

MultipartChanged event_of(MultipartChanged::Kind kind, const Multipart& upload,
                          std::uint16_t number = 0) {
  return {kind, upload.bucket, upload.name_hash, upload.id, number};
}

/// Takes a part's record and body away; its references are the caller's matter.
void erase_part(Call& call, const Multipart& upload, std::uint16_t number) {
  call.state().erase(keys::part(upload.bucket, upload.id, number));
  call.state().erase(keys::part_body(upload.bucket, upload.id, number));
}

/// Takes the upload away; its parts are gone.
void erase_upload(Call& call, Bucket& bucket, const Multipart& upload) {
  OORT_ASSERT(bucket.uploads_count > 0, "a bucket counts its uploads");
  --bucket.uploads_count;
  call.state().erase(keys::multipart(upload.bucket, upload.name_hash, upload.id));
  call.state().erase(keys::multipart_body(upload.bucket, upload.name_hash, upload.id));
  save_bucket(call, bucket);
}

/// The parts named, in order, out of all of them; what is left in `parts` was not named.
Accepted<std::vector<Part>> choose(std::vector<Part>& parts,
                                   const std::vector<std::uint16_t>& numbers) {
  const bool is_ascending = ascends(numbers, [](std::uint16_t number) { return number; });
  if (numbers.empty() || !is_ascending) return Refused(Rejection::PartNumberInvalid);
  std::vector<Part> chosen;
  for (const std::uint16_t number : numbers) {
    const auto part = std::ranges::lower_bound(parts, number, {}, &Part::number);
    if (part == parts.end() || part->number != number) return Refused(Rejection::PartUnknown);
    chosen.push_back(*part);
  }
  std::erase_if(parts,
                [&](const Part& part) { return std::ranges::binary_search(numbers, part.number); });
  return chosen;
}

/// The object that the chosen parts make.
Accepted<Object> assemble(const Call& call, const Multipart& upload,
                          const MultipartComplete& operation, const std::vector<Part>& chosen) {
  Object object;
  object.bucket = upload.bucket;
  object.name_hash = upload.name_hash;
  object.version = call.version_id();
  object.storage_class = upload.storage_class;
  object.body_digest = operation.body_digest;
  object.time_ms = call.block.header.time_ms;
  for (const Part& part : chosen) {
    if (object.extents.size() + part.extents.size() > extents_per_object_max) {
      return Refused(Rejection::TooManyExtents);
    }
    object.size += part.size;
    object.sealed_size += part.sealed_size;
    object.extents.insert(object.extents.end(), part.extents.begin(), part.extents.end());
  }
  const auto policy = policy_of(call.params(), upload.storage_class);
  if (!policy) return Refused(Rejection::ClassUnknown);
  object.tolerance = object.extents.empty() ? policy->tolerance : 255;
  const SegmentId* last = nullptr;
  for (const Extent& extent : object.extents) {
    if (last != nullptr && *last == extent.slot.segment) continue;
    last = &extent.slot.segment;
    const auto segment = call.view().segment(*last);
    OORT_ASSERT(segment.has_value(), "a segment with references is never dropped");
    object.tolerance = std::min(object.tolerance, segment->tolerance);
  }
  object.is_degraded = object.tolerance < policy->tolerance;
  return object;
}

}  // namespace

Rejection apply(Call& call, const MultipartCreate& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::PutObject);
  if (!bucket) return bucket.error();
  if (operation.body_digest.is_zero()) return Rejection::BodyMissing;
  if (!policy_of(call.params(), operation.storage_class)) return Rejection::ClassUnknown;
  const Multipart upload{.bucket = bucket->id,
                         .name_hash = operation.name_hash,
                         .id = call.version_id(),
                         .storage_class = operation.storage_class,
                         .parts_count = 0,
                         .body_digest = operation.body_digest,
                         .time_ms = call.block.header.time_ms};
  save(call.state(), keys::multipart(upload.bucket, upload.name_hash, upload.id), upload);
  place_body(call, keys::multipart_body(upload.bucket, upload.name_hash, upload.id));
  ++bucket->uploads_count;
  save_bucket(call, *bucket);
  call.events.emplace_back(event_of(MultipartChanged::Kind::Created, upload));
  return Rejection::None;
}

Rejection apply(Call& call, const MultipartPart& operation) {
  const auto size = sealed_size_of(operation.extents);
  if (!size) return size.error();
  const auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::PutObject, *size);
  if (!bucket) return bucket.error();
  auto upload = call.view().upload(bucket->id, operation.name_hash, operation.upload);
  if (!upload) return Rejection::UploadUnknown;
  if (operation.number == 0 || operation.number > parts_per_upload_max) {
    return Rejection::PartNumberInvalid;
  }
  if (operation.body_digest.is_zero()) return Rejection::BodyMissing;
  if (operation.size > *size) return Rejection::SizeInvalid;
  const auto policy = policy_of(call.params(), upload->storage_class);
  if (!policy) return Rejection::ClassUnknown;
  // Referred to before the part that it replaces lets go, so that shared segments stay.
  const auto content = refer(call, operation.extents, *policy, true);
  if (!content) return content.error();
  const auto replaced = call.view().part(bucket->id, upload->id, operation.number);
  if (replaced) {
    release(call.block, replaced->extents, call.events);
  } else {
    ++upload->parts_count;
    save(call.state(), keys::multipart(upload->bucket, upload->name_hash, upload->id), *upload);
  }
  save(call.state(), keys::part(bucket->id, upload->id, operation.number),
       Part{.number = operation.number,
            .size = operation.size,
            .sealed_size = content->sealed_size,
            .body_digest = operation.body_digest,
            .time_ms = call.block.header.time_ms,
            .extents = operation.extents});
  place_body(call, keys::part_body(bucket->id, upload->id, operation.number));
  call.events.emplace_back(event_of(MultipartChanged::Kind::PartPut, *upload, operation.number));
  return Rejection::None;
}

Rejection apply(Call& call, const MultipartComplete& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::PutObject);
  if (!bucket) return bucket.error();
  const auto upload = call.view().upload(bucket->id, operation.name_hash, operation.upload);
  if (!upload) return Rejection::UploadUnknown;
  if (operation.body_digest.is_zero()) return Rejection::BodyMissing;
  const auto newest = call.view().newest(bucket->id, operation.name_hash);
  if (const Rejection rejection = check(operation.precondition, newest);
      rejection != Rejection::None) {
    return rejection;
  }
  auto parts = call.view().parts(bucket->id, upload->id, 0, parts_per_upload_max);
  const auto chosen = choose(parts, operation.parts);
  if (!chosen) return chosen.error();
  auto object = assemble(call, *upload, operation, *chosen);
  if (!object) return object.error();
  // The object takes the chosen parts' references over; the others let go.
  for (const Part& part : *chosen) erase_part(call, *upload, part.number);
  for (const Part& part : parts) {
    erase_part(call, *upload, part.number);
    release(call.block, part.extents, call.events);
  }
  place_body(call, keys::object_body({object->bucket, object->name_hash, object->version}));
  put_version(call, *bucket, *std::move(object), ObjectChange::Put);
  erase_upload(call, *bucket, *upload);
  call.events.emplace_back(event_of(MultipartChanged::Kind::Completed, *upload));
  return Rejection::None;
}

Rejection apply(Call& call, const MultipartAbort& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::PutObject);
  if (!bucket) return bucket.error();
  const auto upload = call.view().upload(bucket->id, operation.name_hash, operation.upload);
  if (!upload) return Rejection::UploadUnknown;
  for (const Part& part : call.view().parts(bucket->id, upload->id, 0, parts_per_upload_max)) {
    erase_part(call, *upload, part.number);
    release(call.block, part.extents, call.events);
  }
  erase_upload(call, *bucket, *upload);
  call.events.emplace_back(event_of(MultipartChanged::Kind::Aborted, *upload));
  return Rejection::None;
}

}  // namespace oort::ledger
