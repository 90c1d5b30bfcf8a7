// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "access/access.hpp"
#include "objects/objects.hpp"

namespace oort::ledger {
namespace {

bool is_name_character(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Four runs of digits between dots.
bool looks_like_an_address(std::string_view name) noexcept {
  return std::ranges::count(name, '.') == 3 &&
         std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

BucketChanged event_of(BucketChanged::Kind kind, const Bucket& bucket) {
  return {kind, bucket.id, bucket.owner};
}

}  // namespace

bool is_bucket_name(std::string_view name) noexcept {
  if (name.size() < 3 || name.size() > bucket_name_bytes_max) return false;
  if (!is_name_character(name.front()) || !is_name_character(name.back())) return false;
  if (name.find("..") != std::string_view::npos || looks_like_an_address(name)) return false;
  return std::ranges::all_of(name,
                             [](char c) { return is_name_character(c) || c == '.' || c == '-'; });
}

Accepted<Bucket> open_bucket(Call& call, BucketId id, const Authority& authority,
                             GrantedOperation operation, std::uint64_t bytes) {
  auto bucket = call.view().bucket(id);
  if (!bucket) return Refused(Rejection::BucketUnknown);
  const Intent intent{bucket->owner, id, operation, bytes};
  if (const Rejection rejection = authorize(call, authority, intent);
      rejection != Rejection::None) {
    return Refused(rejection);
  }
  return *std::move(bucket);
}

void save_bucket(Call& call, const Bucket& bucket) {
  save(call.state(), keys::bucket(bucket.id), bucket);
}

Rejection apply(Call& call, const BucketCreate& operation) {
  const Intent intent{operation.owner, std::nullopt, GrantedOperation::CreateBucket, 0};
  if (const Rejection rejection = authorize(call, operation.authority, intent);
      rejection != Rejection::None) {
    return rejection;
  }
  if (!is_bucket_name(operation.name)) return Rejection::BucketNameInvalid;
  if (!ascends(operation.seals)) return Rejection::KeySealsInvalid;
  if (call.view().bucket_id(operation.name)) return Rejection::BucketNameTaken;
  Bucket bucket;
  bucket.id = BucketId(take_number(call.state(), keys::bucket_next()));
  bucket.owner = operation.owner;
  bucket.name = operation.name;
  bucket.key_mode = operation.key_mode;
  bucket.created_ms = call.block.header.time_ms;
  save_bucket(call, bucket);
  // The id in an index reads as it stands in a key: big-endian, after the key's own two bytes.
  const Bytes id_key = keys::bucket(bucket.id);
  call.state().put(keys::bucket_name(bucket.name), Bytes(id_key.begin() + 2, id_key.end()));
  call.state().put(keys::bucket_owner(bucket.owner, bucket.id), {});
  save(call.state(), keys::bucket_keys(bucket.id), BucketKeys{1, operation.seals});
  call.events.emplace_back(event_of(BucketChanged::Kind::Created, bucket));
  return Rejection::None;
}

Rejection apply(Call& call, const BucketDelete& operation) {
  const auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::DeleteBucket);
  if (!bucket) return bucket.error();
  if (bucket->versions_count != 0 || bucket->uploads_count != 0) return Rejection::BucketNotEmpty;
  call.state().erase(keys::bucket(bucket->id));
  call.state().erase(keys::bucket_name(bucket->name));
  call.state().erase(keys::bucket_owner(bucket->owner, bucket->id));
  call.state().erase(keys::bucket_keys(bucket->id));
  call.state().erase(keys::policy_body(bucket->id));
  call.events.emplace_back(event_of(BucketChanged::Kind::Deleted, *bucket));
  return Rejection::None;
}

Rejection apply(Call& call, const BucketSetVersioning& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::ConfigureBucket);
  if (!bucket) return bucket.error();
  if (operation.versioning == Versioning::Disabled) return Rejection::VersioningInvalid;
  bucket->versioning = operation.versioning;
  save_bucket(call, *bucket);
  call.events.emplace_back(event_of(BucketChanged::Kind::Versioning, *bucket));
  return Rejection::None;
}

Rejection apply(Call& call, const BucketSetPolicy& operation) {
  auto bucket =
      open_bucket(call, operation.bucket, operation.authority, GrantedOperation::ConfigureBucket);
  if (!bucket) return bucket.error();
  bucket->policy_digest = operation.body_digest;
  save_bucket(call, *bucket);
  place_body(call, keys::policy_body(bucket->id));
  call.events.emplace_back(event_of(BucketChanged::Kind::Policy, *bucket));
  return Rejection::None;
}

Rejection apply(Call& call, const BucketSetKeys& operation) {
  const auto bucket = call.view().bucket(operation.bucket);
  if (!bucket) return Rejection::BucketUnknown;
  if (call.sender != bucket->owner) return Rejection::OwnerOnly;
  if (!ascends(operation.seals)) return Rejection::KeySealsInvalid;
  const auto before = call.view().bucket_keys(bucket->id).value_or(BucketKeys{});
  if (operation.epoch == 0 || operation.epoch - 1 != before.epoch) {
    return Rejection::KeyEpochInvalid;
  }
  save(call.state(), keys::bucket_keys(bucket->id), BucketKeys{operation.epoch, operation.seals});
  call.events.emplace_back(event_of(BucketChanged::Kind::Keys, *bucket));
  return Rejection::None;
}

}  // namespace oort::ledger
