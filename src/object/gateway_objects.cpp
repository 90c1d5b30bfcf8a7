// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dataset_reads.hpp"
#include "gateway_core.hpp"
#include "get_stream.hpp"
#include "oort/core/limits.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

using ledger::GrantedOperation;

std::string etag_of(const Bytes& md5) { return to_hex(md5); }

/// What the S3 door holds of a GetStream.
class StreamReader final : public ObjectReader {
 public:
  StreamReader(ObjectMeta meta, std::shared_ptr<GetStream> stream)
      : meta_(std::move(meta)), stream_(std::move(stream)) {}
  const ObjectMeta& meta() const noexcept override { return meta_; }
  void select(ByteRange range) override { stream_->select(range); }
  void read(Callback<Result<Bytes>> done) override { stream_->read(std::move(done)); }

 private:
  ObjectMeta meta_;
  // Shared with its own tasks.
  std::shared_ptr<GetStream> stream_;
};

}  // namespace

Result<ledger::ObjectChanged> change_of(const ledger::OperationReceipt& receipt,
                                        ledger::ObjectChange change) {
  if (receipt.rejection != ledger::Rejection::None) {
    return fail(error_of_rejection(receipt.rejection));
  }
  for (const ledger::Event& event : receipt.events) {
    const auto* changed = std::get_if<ledger::ObjectChanged>(&event);
    if (changed != nullptr && changed->change == change) return *changed;
  }
  return fail(ErrorCode::Internal, reason::internal, "the receipt lacks the expected change");
}

Result<void> check_object_name(const std::string& name) {
  const bool is_good = !name.empty() && name.size() <= limits::object_name_bytes_max &&
                       name.find('\0') == std::string::npos;
  if (is_good) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "a key has 1 to 1,024 bytes and no zero byte");
}

Result<void> check_metadata(const Headers& headers, const Headers& tags) {
  std::size_t size = 0;
  for (const Headers* list : {&headers, &tags}) {
    for (const Header& header : *list) size += header.name.size() + header.value.size();
  }
  if (size <= metadata_bytes_max) return {};
  return fail(ErrorCode::InvalidArgument, reason::too_large,
              "headers, metadata and tags of an object take at most 8 KiB");
}

PutResult put_result_of(const StreamedContent& content, const Ordered& ordered,
                        const ledger::ObjectChanged& change, ledger::Versioning versioning) {
  PutResult result;
  result.etag = etag_of(content.md5);
  result.version = change.version;
  result.versioning = static_cast<Versioning>(versioning);
  result.checksums = content.checksums;
  result.tolerance = change.tolerance;
  result.is_degraded = change.is_degraded;
  result.modified = WallTime{ordered.time_ms};
  result.height = ordered.height;
  return result;
}

Result<FoundObject> GatewayCore::find(const LedgerSnapshot& now, const ObjectRef& ref,
                                      GrantedOperation operation) {
  OORT_TRY(OpenBucket bucket, open(now, ref.caller, ref.bucket, operation));
  return find_in(now, std::move(bucket), ref);
}

Result<FoundObject> GatewayCore::find_to_read(const LedgerSnapshot& now, const ObjectRef& ref) {
  OORT_TRY(OpenBucket bucket,
           open_to_read(*env_, *keyring_, now, ref.caller, ref.bucket, ref.name));
  const bool is_by_id = ref.version || ref.wants_null_version;
  if (is_by_id && bucket.record.owner != ref.caller.account) {
    // What was removed or written over is not of the dataset any more.
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "of another account's dataset the newest versions alone are read");
  }
  return find_in(now, std::move(bucket), ref);
}

Result<FoundObject> GatewayCore::find_in(const LedgerSnapshot& now, OpenBucket opened,
                                         const ObjectRef& ref) {
  FoundObject found;
  found.bucket = std::move(opened);
  const BucketId bucket = found.bucket.record.id;
  const NameHash name_hash = name_hash_of(found.bucket.secret, ref.name);
  const ledger::View view(*now.state);
  const auto newest = view.newest(bucket, name_hash);
  std::optional<ledger::Object> object = newest;
  if (ref.wants_null_version) object = view.null_version(bucket, name_hash);
  if (ref.version) object = view.object({bucket, name_hash, *ref.version});
  const bool is_by_id = ref.version || ref.wants_null_version;
  if (!object || (object->is_delete_marker && !is_by_id)) {
    return fail(absent(now, is_by_id ? reason::no_such_version : reason::no_such_key,
                       "there is no such object"));
  }
  if (object->is_delete_marker) {
    return fail(ErrorCode::FailedPrecondition, reason::method_not_allowed,
                "that version is a delete marker");
  }
  const auto sealed = view.object_body({bucket, name_hash, object->version});
  if (!sealed || ledger::body_digest_of(*sealed) != object->body_digest) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data, "the object's sealed body is missing");
  }
  OORT_TRY(found.body, open_body(found.bucket.secret, {bucket, name_hash}, *sealed));
  found.meta = meta_of(*object, found.body, found.bucket.record.owner);
  found.meta.is_latest = newest && newest->version == object->version;
  found.object = std::move(*object);
  return found;
}

void GatewayCore::head(const ObjectRef& ref, Callback<Result<ObjectMeta>> done) {
  with_current(
      [self = shared_from_this(), ref, done = std::move(done)](const LedgerSnapshot& now) mutable {
        auto found = self->find_to_read(now, ref);
        if (found) {
          done(std::move(found->meta));
        } else {
          done(fail(std::move(found).error()));
        }
      });
}

void GatewayCore::get(const ObjectRef& ref, Callback<Result<std::unique_ptr<ObjectReader>>> done) {
  with_current(
      [self = shared_from_this(), ref, done = std::move(done)](const LedgerSnapshot& now) mutable {
        auto found = self->find_to_read(now, ref);
        if (!found) {
          done(fail(std::move(found).error()));
          return;
        }
        crypto::SecretKey key;
        if (!found->body.wrapped_key.empty()) {
          const auto unwrapped =
              unwrap_key(found->bucket.secret, {found->object.bucket, found->object.name_hash},
                         found->body.wrapped_key);
          if (!unwrapped) {
            done(fail(unwrapped.error()));
            return;
          }
          key = *unwrapped;
        }
        auto stream = std::make_shared<GetStream>(self->env_, std::move(found->object.extents), key,
                                                  found->object.size);
        done(std::make_unique<StreamReader>(std::move(found->meta), std::move(stream)));
      });
}

Result<void> GatewayCore::check_can_write(const LedgerSnapshot& now,
                                          ledger::StorageClass storage_class) {
  if (!env_->parts.ledger.has_quorum()) {
    return fail(ErrorCode::Unavailable, reason::no_quorum,
                "the ledger has no quorum of validators, so nothing can be written now");
  }
  const ledger::Params params = ledger::View(*now.state).params();
  const auto policy = ledger::policy_of(params, storage_class);
  if (!policy) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "this network has no such storage class");
  }
  const auto candidates =
      rank_nodes({}, env_->parts.placement.nodes(), rules_of(params), storage_class);
  OORT_TRY(plan_coded(*policy, candidates.size(), env_->options.durability));
  return {};
}

Result<ledger::Precondition> GatewayCore::resolve(const LedgerSnapshot& now,
                                                  const OpenBucket& bucket,
                                                  const NameHash& name_hash,
                                                  const Precondition& wanted) {
  ledger::Precondition precondition;
  if (!wanted.if_none_match_any && !wanted.if_match) return precondition;
  const ledger::View view(*now.state);
  const BucketId id = bucket.record.id;
  const auto newest = view.newest(id, name_hash);
  const bool is_there = newest && !newest->is_delete_marker;
  if (wanted.if_none_match_any) {
    precondition.kind = ledger::Precondition::Kind::Absent;
    if (!is_there) return precondition;
    return fail(ErrorCode::FailedPrecondition, reason::precondition_failed,
                "an object of that name exists");
  }
  if (!is_there) {
    return fail(absent(now, reason::no_such_key, "there is no such object to match"));
  }
  if (*wanted.if_match == "*") {
    precondition.kind = ledger::Precondition::Kind::Present;
    return precondition;
  }
  const auto sealed = view.object_body({id, name_hash, newest->version});
  if (!sealed) return fail(ErrorCode::DataLoss, reason::corrupt_data, "the body is missing");
  OORT_TRY(const Body body, open_body(bucket.secret, {id, name_hash}, *sealed));
  if (body.etag != *wanted.if_match) {
    return fail(ErrorCode::FailedPrecondition, reason::precondition_failed,
                "the object's ETag is another one");
  }
  precondition.kind = ledger::Precondition::Kind::Match;
  precondition.version = newest->version;
  return precondition;
}

void GatewayCore::put(PutRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done) {
  const bool is_conditional =
      request.precondition.if_none_match_any || request.precondition.if_match;
  const std::string bucket = request.bucket;
  auto open_it = [self = shared_from_this(), request = std::move(request),
                  done = std::move(done)](const LedgerSnapshot& now) mutable {
    done(self->open_writer(now, std::move(request)));
  };
  if (is_conditional) {
    with_current(std::move(open_it));
  } else {
    with_bucket(bucket, std::move(open_it));
  }
}

Result<std::unique_ptr<ObjectWriter>> GatewayCore::open_writer(const LedgerSnapshot& now,
                                                               PutRequest request) {
  OORT_TRY(check_object_name(request.name));
  OORT_TRY(check_metadata(request.headers, request.tags));
  if (request.size && *request.size > part_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a single put takes at most 5 GiB; use a multipart upload");
  }
  OORT_TRY(OpenBucket bucket,
           open(now, request.caller, request.bucket, GrantedOperation::PutObject));
  const auto storage_class = static_cast<ledger::StorageClass>(request.storage_class);
  OORT_TRY(check_can_write(now, storage_class));
  const NameHash name_hash = name_hash_of(bucket.secret, request.name);
  OORT_TRY(const auto precondition, resolve(now, bucket, name_hash, request.precondition));
  const ledger::Versioning versioning = bucket.record.versioning;

  PutTarget target;
  target.data_key = crypto::SecretKey::generate(env_->parts.random);
  target.storage_class = storage_class;
  target.size = request.size;
  target.size_max = part_bytes_max;
  target.checksums = request.checksums;
  target.make_operation =
      [env = env_, bucket = std::move(bucket), name_hash, precondition,
       request = std::move(request), key = target.data_key](
          const StreamedContent& content,
          const std::vector<ledger::Extent>& extents) -> Result<ledger::SubmittedOperation> {
    const BodyPlace place{bucket.record.id, name_hash};
    Body body;
    body.name = request.name;
    body.headers = request.headers;
    body.tags = request.tags;
    body.etag = etag_of(content.md5);
    body.checksums = content.checksums;
    if (content.size > 0) {
      body.wrapped_key = wrap_key(bucket.secret, place, key, env->parts.random);
    }
    OORT_TRY(Bytes sealed, seal_body(bucket.secret, place, body, env->parts.random));
    ledger::ObjectCommit commit;
    commit.bucket = bucket.record.id;
    commit.name_hash = name_hash;
    commit.storage_class = static_cast<ledger::StorageClass>(request.storage_class);
    commit.size = content.size;
    commit.body_digest = ledger::body_digest_of(sealed);
    commit.extents = extents;
    commit.precondition = precondition;
    commit.authority = bucket.authority;
    return ledger::SubmittedOperation{std::move(commit), std::move(sealed)};
  };
  auto stream = std::make_shared<PutStream>(path_for(storage_class), std::move(target));
  auto finish = [versioning](const PutDone& put) -> Result<PutResult> {
    OORT_TRY(const auto change, change_of(put.ordered.receipt, ledger::ObjectChange::Put));
    return put_result_of(put.content, put.ordered, change, versioning);
  };
  return std::make_unique<StreamWriter<decltype(finish)>>(std::move(stream), finish);
}

void GatewayCore::submit_put(ledger::SubmittedOperation operation, std::string etag,
                             std::vector<Checksum> checksums, ledger::Versioning versioning,
                             Callback<Result<PutResult>> done) {
  submit_one(std::move(operation),
             [etag = std::move(etag), checksums = std::move(checksums), versioning,
              done = std::move(done)](Result<Ordered> got) mutable {
               if (!got) {
                 done(fail(std::move(got).error()));
                 return;
               }
               const auto change = change_of(got->receipt, ledger::ObjectChange::Put);
               if (!change) {
                 done(fail(change.error()));
                 return;
               }
               StreamedContent content;
               content.checksums = std::move(checksums);
               PutResult result = put_result_of(content, *got, *change, versioning);
               result.etag = std::move(etag);
               done(std::move(result));
             });
}

namespace {

Result<DeleteResult> delete_result_of(const ledger::OperationReceipt& receipt,
                                      const DeleteTarget& target, ledger::Versioning versioning) {
  if (receipt.rejection == ledger::Rejection::VersionUnknown) {
    // Deleting what is not there succeeds.
    DeleteResult result;
    result.version = target.version;
    return result;
  }
  if (receipt.rejection != ledger::Rejection::None) {
    return fail(error_of_rejection(receipt.rejection));
  }
  DeleteResult result;
  for (const ledger::Event& event : receipt.events) {
    const auto* changed = std::get_if<ledger::ObjectChanged>(&event);
    if (changed == nullptr) continue;
    // In a suspended bucket the marker takes the null version's place; the marker is the answer.
    if (changed->change == ledger::ObjectChange::Removed && result.is_delete_marker) continue;
    result.is_delete_marker = changed->is_delete_marker;
    if (versioning != ledger::Versioning::Disabled) result.version = changed->version;
  }
  return result;
}

}  // namespace

Result<ledger::SubmittedOperation> GatewayCore::delete_operation(const OpenBucket& bucket,
                                                                 const DeleteTarget& target) {
  OORT_TRY(check_object_name(target.name));
  ledger::ObjectDelete remove;
  remove.bucket = bucket.record.id;
  remove.name_hash = name_hash_of(bucket.secret, target.name);
  remove.authority = bucket.authority;
  if (target.wants_null_version) remove.target = ledger::ObjectDelete::Target::Null;
  if (target.version) {
    remove.target = ledger::ObjectDelete::Target::Version;
    remove.version = *target.version;
  }
  const bool makes_marker = remove.target == ledger::ObjectDelete::Target::Newest &&
                            bucket.record.versioning != ledger::Versioning::Disabled;
  if (makes_marker) {
    // A marker has no body, so its name must be known before its event comes.
    OORT_TRY(index_.remember_name(bucket.record.id, remove.name_hash, target.name));
  }
  return ledger::SubmittedOperation{remove, {}};
}

void GatewayCore::remove(const ObjectRef& ref, Callback<Result<DeleteResult>> done) {
  std::vector<DeleteTarget> targets{{ref.name, ref.version, ref.wants_null_version}};
  remove_many(ref.caller, ref.bucket, std::move(targets),
              [done = std::move(done)](Result<std::vector<Result<DeleteResult>>> all) mutable {
                if (all) {
                  done(std::move(all->front()));
                } else {
                  done(fail(std::move(all).error()));
                }
              });
}

void GatewayCore::remove_many(const Caller& caller, const std::string& name,
                              std::vector<DeleteTarget> targets,
                              Callback<Result<std::vector<Result<DeleteResult>>>> done) {
  auto bucket = open(snapshot(), caller, name, GrantedOperation::DeleteObject);
  if (!bucket) {
    done(fail(std::move(bucket).error()));
    return;
  }
  std::vector<Result<DeleteResult>> results;
  std::vector<ledger::SubmittedOperation> operations;
  std::vector<std::size_t> submitted;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto operation = delete_operation(*bucket, targets[i]);
    if (operation) {
      operations.push_back(std::move(*operation));
      submitted.push_back(i);
      results.emplace_back(DeleteResult{});
    } else {
      results.emplace_back(fail(std::move(operation).error()));
    }
  }
  if (operations.empty()) {
    done(std::move(results));
    return;
  }
  env_->parts.submit.submit(std::move(operations), env_->options.submit_deadline,
                            [results = std::move(results), submitted = std::move(submitted),
                             targets = std::move(targets), versioning = bucket->record.versioning,
                             done = std::move(done)](Result<SubmitResult> result) mutable {
                              if (!result) {
                                done(fail(std::move(result).error()));
                                return;
                              }
                              for (std::size_t i = 0; i < submitted.size(); ++i) {
                                results[submitted[i]] = delete_result_of(
                                    result->receipts[i], targets[submitted[i]], versioning);
                              }
                              done(std::move(results));
                            });
}

}  // namespace oort::object
