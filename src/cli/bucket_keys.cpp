// SPDX-License-Identifier: Apache-2.0
#include "bucket_keys.hpp"

#include <oort/v1/object.grpc.pb.h>

#include <algorithm>

#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr Duration deadline = 15s;

/// What the gateway answered is put into the owner's transaction, so its form is checked.
Result<ledger::BucketSetKeys> operation_of(const v1::SealBucketKeysResponse& response) {
  ledger::BucketSetKeys operation;
  operation.bucket = BucketId(response.bucket_id());
  operation.epoch = response.epoch();
  for (const v1::BucketKeySeal& seal : response.seals()) {
    const auto gateway = NodeId::from(as_bytes(seal.gateway()));
    if (!gateway || seal.sealed().empty()) {
      return fail(ErrorCode::DataLoss, reason::malformed, "the gateway answered a broken seal");
    }
    operation.seals.push_back({*gateway, to_bytes(seal.sealed())});
  }
  return operation;
}

}  // namespace

Result<v1::SubmitTransactionResponse> share_bucket(const Session& session,
                                                   const crypto::KeyPair& owner,
                                                   const std::string& bucket,
                                                   const NodeId& wanted) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  const auto stub = v1::ObjectService::NewStub(connect(endpoint));
  v1::SealBucketKeysRequest request;
  request.set_bucket(bucket);
  OORT_TRY(const auto response,
           call<v1::SealBucketKeysResponse>(endpoint, deadline, *stub,
                                            &v1::ObjectService::Stub::SealBucketKeys, request));
  if (response.owner() != as_text(crypto::account_of(owner.public_key()).view())) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "bucket " + bucket + " belongs to account " + hex_of(response.owner()) +
                    ", not to this key's");
  }
  OORT_TRY(const ledger::BucketSetKeys operation, operation_of(response));
  if (std::ranges::find(operation.seals, wanted, &ledger::KeySeal::gateway) ==
      operation.seals.end()) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "gateway " + wanted.hex() + " holds no grant for bucket " + bucket +
                    "; first run oortd grant create --gateway " + wanted.hex());
  }
  OORT_TRY(LedgerClient client, open_ledger(session));
  return client.submit(owner, operation);
}

Result<std::vector<std::string>> buckets_of(const Session& session, const AccountId& account) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  const auto stub = v1::ObjectService::NewStub(connect(endpoint));
  v1::ListBucketsRequest request;
  request.set_account(std::string(as_text(account.view())));
  OORT_TRY(const auto response,
           call<v1::ListBucketsResponse>(endpoint, deadline, *stub,
                                         &v1::ObjectService::Stub::ListBuckets, request));
  std::vector<std::string> names;
  for (const v1::Bucket& bucket : response.buckets()) names.push_back(bucket.name());
  return names;
}

}  // namespace oort::cli
