// SPDX-License-Identifier: Apache-2.0
#include "bucket_access.hpp"

#include <algorithm>

#include "oort/core/reasons.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

constexpr std::size_t grants_max = 1024;

tl::unexpected<Error> not_allowed(std::string detail) {
  return fail(ErrorCode::PermissionDenied, reason::not_allowed, std::move(detail));
}

const ledger::KeySeal* seal_for(const std::vector<ledger::KeySeal>& seals, const NodeId& gateway) {
  const auto found =
      std::ranges::find_if(seals, [&](const auto& seal) { return seal.gateway == gateway; });
  return found == seals.end() ? nullptr : &*found;
}

bool covers(const std::vector<BucketId>& buckets, std::optional<BucketId> bucket) {
  if (buckets.empty()) return true;
  return bucket && std::ranges::find(buckets, *bucket) != buckets.end();
}

/// The access key's own limits, which the ledger does not judge.
Result<void> check_scope(const LedgerSnapshot& now, const Caller& caller,
                         std::optional<BucketId> bucket, ledger::GrantedOperation operation) {
  if (caller.access_key_id.empty()) return {};
  const auto key = ledger::View(*now.state).access_key(caller.access_key_id);
  if (!key || key->owner != caller.account) return not_allowed("the access key is gone");
  if (key->expires_ms != 0 && now.time_ms >= key->expires_ms) {
    return not_allowed("the access key has expired");
  }
  if ((key->operations & static_cast<std::uint32_t>(operation)) == 0) {
    return not_allowed("the access key does not cover this operation");
  }
  if (!covers(key->buckets, bucket))
    return not_allowed("the access key does not cover this bucket");
  return {};
}

}  // namespace

Result<BucketSecret> Keyring::bucket(const ledger::View& view, BucketId bucket) {
  const auto keys = view.bucket_keys(bucket);
  const ledger::KeySeal* seal = keys ? seal_for(keys->seals, gateway_) : nullptr;
  if (seal == nullptr) {
    return not_allowed("the bucket's owner did not give its key to this gateway");
  }
  const std::lock_guard lock(mutex_);
  const auto known = buckets_.find(bucket);
  if (known != buckets_.end() && known->second.sealed == seal->sealed) return known->second.secret;
  OORT_TRY(BucketSecret secret, open_bucket_secret(keys_, seal->sealed));
  if (buckets_.size() >= cached_max) buckets_.clear();
  buckets_[bucket] = {seal->sealed, secret};
  return secret;
}

Result<AccessKey> Keyring::access_key(const ledger::View& view, const std::string& id) {
  const auto record = view.access_key(id);
  const ledger::KeySeal* seal = record ? seal_for(record->secrets, gateway_) : nullptr;
  if (seal == nullptr) {
    return fail(ErrorCode::NotFound, reason::not_found, "no such access key at this gateway");
  }
  AccessKey key;
  key.id = id;
  key.account = record->owner;
  constexpr auto writes = static_cast<std::uint32_t>(ledger::GrantedOperation::PutObject) |
                          static_cast<std::uint32_t>(ledger::GrantedOperation::DeleteObject);
  key.is_read_only = (record->operations & writes) == 0;
  if (record->expires_ms != 0) key.expires = WallTime{record->expires_ms};
  if (record->buckets.size() == 1) {
    if (const auto bucket = view.bucket(record->buckets.front())) key.bucket_scope = bucket->name;
  }
  const std::lock_guard lock(mutex_);
  const auto known = access_keys_.find(id);
  if (known != access_keys_.end() && known->second.sealed == seal->sealed) {
    key.secret = known->second.secret;
    return key;
  }
  OORT_TRY(const Bytes secret, crypto::open_sealed(keys_, seal->sealed));
  key.secret = std::string(as_text(secret));
  if (access_keys_.size() >= cached_max) access_keys_.clear();
  access_keys_[id] = {seal->sealed, key.secret};
  return key;
}

Result<ledger::Authority> authority_for(const GatewayEnv& env, const LedgerSnapshot& now,
                                        const Caller& caller, const AccountId& owner,
                                        std::optional<BucketId> bucket,
                                        ledger::GrantedOperation operation) {
  OORT_TRY(check_scope(now, caller, bucket, operation));
  const bool is_read = operation == ledger::GrantedOperation::ReadObject;
  if (caller.is_read_only && !is_read) return not_allowed("the access key can only read");
  ledger::Authority authority;
  authority.request_hash = caller.request_hash;
  if (owner == env.account) return authority;
  const ledger::View view(*now.state);
  for (const ledger::GatewayGrant& grant : view.grants_to(env.account, grants_max)) {
    const bool is_live = grant.expires_ms == 0 || now.time_ms < grant.expires_ms;
    const bool does = (grant.operations & static_cast<std::uint32_t>(operation)) != 0;
    if (grant.owner != owner || !is_live || !does) continue;
    if (!covers(grant.buckets, bucket)) continue;
    authority.grant = grant.id;
    return authority;
  }
  return not_allowed("the owner has not granted this operation to this gateway");
}

Error absent(const LedgerSnapshot& now, std::string_view reason, const std::string& text) {
  if (now.is_current) return {ErrorCode::NotFound, reason, text};
  return {ErrorCode::Unavailable, reason::no_quorum,
          text + " as of height " + std::to_string(now.height.value()) +
              ", and too few validators answer to say what came after; try again"};
}

Result<OpenBucket> open_bucket(const GatewayEnv& env, Keyring& keyring, const LedgerSnapshot& now,
                               const Caller& caller, const std::string& name,
                               ledger::GrantedOperation operation) {
  const ledger::View view(*now.state);
  const auto record = view.bucket(std::string_view(name));
  if (!record) {
    return fail(absent(now, reason::no_such_bucket, "bucket " + name + " does not exist"));
  }
  if (record->owner != caller.account)
    return not_allowed("bucket " + name + " is another account's");
  return open_record(env, keyring, now, caller, *record, operation);
}

Result<OpenBucket> open_record(const GatewayEnv& env, Keyring& keyring, const LedgerSnapshot& now,
                               const Caller& caller, const ledger::Bucket& record,
                               ledger::GrantedOperation operation) {
  if (!caller.bucket_scope.empty() && caller.bucket_scope != record.name) {
    return not_allowed("the access key does not cover this bucket");
  }
  OpenBucket open;
  OORT_TRY(open.authority, authority_for(env, now, caller, record.owner, record.id, operation));
  OORT_TRY(open.secret, keyring.bucket(ledger::View(*now.state), record.id));
  open.record = record;
  return open;
}

Error error_of_rejection(ledger::Rejection rejection) {
  using ledger::Rejection;
  const std::string detail =
      std::string(ledger::to_string(rejection)) + ": " + std::string(ledger::text_of(rejection));
  switch (rejection) {
    case Rejection::PreconditionFailed:
      return {ErrorCode::FailedPrecondition, reason::precondition_failed, detail};
    case Rejection::BucketUnknown: return {ErrorCode::NotFound, reason::no_such_bucket, detail};
    case Rejection::BucketNameTaken:
      return {ErrorCode::AlreadyExists, reason::bucket_already_exists, detail};
    case Rejection::BucketNotEmpty:
      return {ErrorCode::FailedPrecondition, reason::bucket_not_empty, detail};
    case Rejection::BucketNameInvalid:
    case Rejection::VersioningInvalid:
    case Rejection::SizeInvalid: return {ErrorCode::InvalidArgument, reason::bad_argument, detail};
    case Rejection::VersionUnknown: return {ErrorCode::NotFound, reason::no_such_version, detail};
    case Rejection::UploadUnknown: return {ErrorCode::NotFound, reason::no_such_upload, detail};
    case Rejection::PartUnknown:
    case Rejection::PartNumberInvalid:
      return {ErrorCode::InvalidArgument, reason::invalid_part, detail};
    case Rejection::TooManyExtents: return {ErrorCode::InvalidArgument, reason::too_large, detail};
    case Rejection::ToleranceTooLow:
      return {ErrorCode::Unavailable, reason::not_enough_nodes, detail};
    case Rejection::OwnerOnly:
    case Rejection::StorageUnfunded:
    case Rejection::StorageInArrears:
    case Rejection::NotPermitted: return {ErrorCode::PermissionDenied, reason::not_allowed, detail};
    default: break;
  }
  const auto number = static_cast<std::uint16_t>(rejection);
  if (number >= 0x0705 && number <= 0x070d) {
    return {ErrorCode::PermissionDenied, reason::not_allowed, detail};
  }
  return {ErrorCode::Aborted, reason::rejected, detail};
}

}  // namespace oort::object
