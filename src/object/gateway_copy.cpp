// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "gateway_core.hpp"
#include "get_stream.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::object {
namespace {

using ledger::GrantedOperation;

/// Carries content from a reader to a writer, piece by piece.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  Pump(std::shared_ptr<GetStream> from, std::unique_ptr<ObjectWriter> to,
       Callback<Result<PutResult>> done)
      : from_(std::move(from)), to_(std::move(to)), done_(std::move(done)) {}

  void next() {
    from_->read([self = shared_from_this()](Result<Bytes> piece) {
      if (!piece) {
        self->end(fail(std::move(piece).error()));
      } else if (piece->empty()) {
        self->to_->finish({}, [self](Result<PutResult> result) { self->end(std::move(result)); });
      } else {
        self->to_->write(std::move(*piece), [self](Result<void> written) {
          if (written) {
            self->next();
          } else {
            self->end(fail(std::move(written).error()));
          }
        });
      }
    });
  }

 private:
  void end(Result<PutResult> result) {
    auto done = std::exchange(done_, {});
    done(std::move(result));
  }

  // Shared with its own tasks.
  std::shared_ptr<GetStream> from_;
  std::unique_ptr<ObjectWriter> to_;
  Callback<Result<PutResult>> done_;
};

Result<std::shared_ptr<GetStream>> stream_of(const EnvPtr& env, FoundObject& found) {
  crypto::SecretKey key;
  if (!found.body.wrapped_key.empty()) {
    OORT_TRY(key, unwrap_key(found.bucket.secret, {found.object.bucket, found.object.name_hash},
                             found.body.wrapped_key));
  }
  return std::make_shared<GetStream>(env, found.object.extents, key, found.object.size);
}

/// Whether the copy can share the ciphertext of its source.
bool can_share(const CopyRequest& request, const ObjectMeta& source) {
  if (request.storage_class && *request.storage_class != source.storage_class) return false;
  return std::ranges::all_of(request.checksums, [&](crypto::Digest kind) {
    return std::ranges::find(source.checksums, kind, &Checksum::kind) != source.checksums.end();
  });
}

}  // namespace

Result<ledger::SubmittedOperation> GatewayCore::share_operation(const LedgerSnapshot& now,
                                                                const CopyRequest& request,
                                                                FoundObject& source) {
  OORT_TRY(check_object_name(request.name));
  OORT_TRY(const OpenBucket bucket,
           open(now, request.source.caller, request.bucket, GrantedOperation::PutObject));
  const BodyPlace from{source.object.bucket, source.object.name_hash};
  const BodyPlace place{bucket.record.id, name_hash_of(bucket.secret, request.name)};
  Body& body = source.body;
  body.name = request.name;
  if (request.headers) body.headers = *request.headers;
  if (request.tags) body.tags = *request.tags;
  OORT_TRY(check_metadata(body.headers, body.tags));
  if (!body.wrapped_key.empty()) {
    OORT_TRY(const auto key, unwrap_key(source.bucket.secret, from, body.wrapped_key));
    body.wrapped_key = wrap_key(bucket.secret, place, key, env_->parts.random);
  }
  OORT_TRY(Bytes sealed, seal_body(bucket.secret, place, body, env_->parts.random));
  ledger::ObjectCommit commit;
  commit.bucket = place.bucket;
  commit.name_hash = place.name_hash;
  commit.storage_class = source.object.storage_class;
  commit.size = source.object.size;
  commit.body_digest = ledger::body_digest_of(sealed);
  if (source.object.size > 0) {
    commit.copy_source = {from.bucket, from.name_hash, source.object.version};
  }
  OORT_TRY(commit.precondition, resolve(now, bucket, place.name_hash, request.precondition));
  commit.authority = bucket.authority;
  return ledger::SubmittedOperation{std::move(commit), std::move(sealed)};
}

void GatewayCore::copy(CopyRequest request, Callback<Result<PutResult>> done) {
  with_current([self = shared_from_this(), request = std::move(request),
                done = std::move(done)](const LedgerSnapshot& now) mutable {
    auto source = self->find(now, request.source, GrantedOperation::ReadObject);
    if (!source) {
      done(fail(std::move(source).error()));
      return;
    }
    if (can_share(request, source->meta)) {
      auto operation = self->share_operation(now, request, *source);
      if (!operation) {
        done(fail(std::move(operation).error()));
        return;
      }
      const auto target =
          self->open(now, request.source.caller, request.bucket, GrantedOperation::PutObject);
      const ledger::Versioning versioning =
          target ? target->record.versioning : ledger::Versioning::Disabled;
      self->submit_put(std::move(*operation), source->body.etag, source->body.checksums, versioning,
                       std::move(done));
      return;
    }
    PutRequest put;
    put.caller = request.source.caller;
    put.bucket = request.bucket;
    put.name = request.name;
    put.headers = request.headers.value_or(source->meta.headers);
    put.tags = request.tags.value_or(source->meta.tags);
    put.storage_class = request.storage_class.value_or(source->meta.storage_class);
    put.size = source->meta.size;
    put.precondition = request.precondition;
    put.checksums = request.checksums;
    auto writer = self->open_writer(now, std::move(put));
    auto reader = stream_of(self->env_, *source);
    if (!writer || !reader) {
      done(fail(writer ? std::move(reader).error() : std::move(writer).error()));
      return;
    }
    std::make_shared<Pump>(std::move(*reader), std::move(*writer), std::move(done))->next();
  });
}

void GatewayCore::copy_part(CopyPartRequest request, Callback<Result<PartMeta>> done) {
  with_current([self = shared_from_this(), request = std::move(request),
                done = std::move(done)](const LedgerSnapshot& now) mutable {
    auto source = self->find(now, request.source, GrantedOperation::ReadObject);
    if (!source) {
      done(fail(std::move(source).error()));
      return;
    }
    const ByteRange range = request.range.value_or(ByteRange{0, source->object.size});
    PartRequest part;
    part.upload = request.upload;
    part.number = request.number;
    part.size = range.size;
    auto writer = self->open_part_writer(now, std::move(part));
    auto reader = stream_of(self->env_, *source);
    if (!writer || !reader) {
      done(fail(writer ? std::move(reader).error() : std::move(writer).error()));
      return;
    }
    (*reader)->select(range);
    auto ended = [number = request.number, size = range.size,
                  done = std::move(done)](Result<PutResult> put) mutable {
      if (!put) {
        done(fail(std::move(put).error()));
        return;
      }
      done(PartMeta{number, size, std::move(put->etag), put->modified, std::move(put->checksums)});
    };
    std::make_shared<Pump>(std::move(*reader), std::move(*writer), std::move(ended))->next();
  });
}

/// Where no versions are kept, the object is put again over itself, which costs no bytes.
void GatewayCore::set_tags(const ObjectRef& ref, Headers tags, Callback<Result<void>> done) {
  with_current([self = shared_from_this(), ref, tags = std::move(tags),
                done = std::move(done)](const LedgerSnapshot& now) mutable {
    auto found = self->find(now, ref, GrantedOperation::PutObject);
    if (!found) {
      done(fail(std::move(found).error()));
      return;
    }
    if (found->bucket.record.versioning != ledger::Versioning::Disabled) {
      done(fail(ErrorCode::Unimplemented, reason::not_supported,
                "tags of a version can be given at its put only"));
      return;
    }
    CopyRequest request;
    request.source = ref;
    request.bucket = ref.bucket;
    request.name = ref.name;
    request.tags = std::move(tags);
    request.precondition.if_match = found->body.etag;
    auto operation = self->share_operation(now, request, *found);
    if (!operation) {
      done(fail(std::move(operation).error()));
      return;
    }
    self->submit_one(std::move(*operation), [done = std::move(done)](Result<Ordered> got) mutable {
      if (!got) {
        done(fail(std::move(got).error()));
      } else if (got->receipt.rejection != ledger::Rejection::None) {
        done(fail(error_of_rejection(got->receipt.rejection)));
      } else {
        done({});
      }
    });
  });
}

}  // namespace oort::object
