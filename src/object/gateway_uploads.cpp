// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crc_combine.hpp"
#include "gateway_core.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/hash.hpp"
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

constexpr std::size_t uploads_max = 10'000;

ledger::UploadId ledger_id(const UploadId& id) { return ledger::UploadId(id.array()); }
UploadId object_id(const ledger::UploadId& id) { return UploadId(id.array()); }

tl::unexpected<Error> invalid_part(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::invalid_part, std::move(detail));
}

UploadSummary summary_of(const ledger::Multipart& record, const Body& body,
                         const AccountId& owner) {
  UploadSummary summary;
  summary.name = body.name;
  summary.id = object_id(record.id);
  summary.started = WallTime{record.time_ms};
  summary.storage_class = static_cast<StorageClass>(record.storage_class);
  summary.owner = owner;
  if (!body.checksums.empty()) {
    summary.checksum = body.checksums.front().kind;
    summary.checksum_type = body.checksums.front().type;
  }
  return summary;
}

/// The checksum of the whole, of the parts' own.
Result<Checksum> whole_checksum(crypto::Digest kind, ChecksumType type,
                                const std::vector<PartMeta>& parts) {
  Checksum whole{kind, type, {}};
  crypto::StreamDigest composite(kind);
  for (const PartMeta& part : parts) {
    const auto own = std::ranges::find(part.checksums, kind, &Checksum::kind);
    if (own == part.checksums.end()) return invalid_part("a part lacks the upload's checksum");
    composite.update(own->value);
    if (whole.value.empty()) {
      whole.value = own->value;
      continue;
    }
    if (type == ChecksumType::Composite) continue;
    const auto combined = combine_crc(kind, whole.value, own->value, part.size);
    if (!combined) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "only CRCs can be given for the full object of a multipart upload");
    }
    whole.value = *combined;
  }
  if (type == ChecksumType::Composite) whole.value = composite.finish();
  return whole;
}

void add_part(std::vector<PartRun>& runs, std::uint64_t size) {
  if (!runs.empty() && runs.back().size == size) {
    ++runs.back().count;
  } else {
    runs.push_back({1, size});
  }
}

/// MD5 of the parts' MD5s, and their count.
std::string composite_etag(const std::vector<PartMeta>& parts) {
  crypto::StreamDigest md5(crypto::Digest::Md5);
  for (const PartMeta& part : parts) md5.update(from_hex(part.etag).value_or(Bytes{}));
  return to_hex(md5.finish()) + "-" + std::to_string(parts.size());
}

}  // namespace

struct GatewayCore::OpenUpload {
  OpenBucket bucket;
  ledger::Multipart record;
  Body body;
};

void GatewayCore::create_upload(const CreateUploadRequest& request,
                                Callback<Result<UploadSummary>> done) {
  const LedgerSnapshot now = snapshot();
  const auto bucket = open(now, request.caller, request.bucket, GrantedOperation::PutObject);
  Result<void> checked = check_object_name(request.name);
  if (checked) checked = check_metadata(request.headers, request.tags);
  if (checked)
    checked = check_can_write(now, static_cast<ledger::StorageClass>(request.storage_class));
  if (!bucket || !checked) {
    done(fail(bucket ? checked.error() : bucket.error()));
    return;
  }
  const BodyPlace place{bucket->record.id, name_hash_of(bucket->secret, request.name)};
  Body body;
  body.name = request.name;
  body.headers = request.headers;
  body.tags = request.tags;
  if (request.checksum) body.checksums.push_back({*request.checksum, request.checksum_type, {}});
  body.wrapped_key = wrap_key(bucket->secret, place,
                              crypto::SecretKey::generate(env_->parts.random), env_->parts.random);
  auto sealed = seal_body(bucket->secret, place, body, env_->parts.random);
  if (!sealed) {
    done(fail(std::move(sealed).error()));
    return;
  }
  ledger::MultipartCreate create;
  create.bucket = place.bucket;
  create.name_hash = place.name_hash;
  create.storage_class = static_cast<ledger::StorageClass>(request.storage_class);
  create.body_digest = ledger::body_digest_of(*sealed);
  create.authority = bucket->authority;
  submit_one({create, std::move(*sealed)}, [body = std::move(body), owner = bucket->record.owner,
                                            storage_class = request.storage_class,
                                            done = std::move(done)](Result<Ordered> got) mutable {
    if (!got) {
      done(fail(std::move(got).error()));
      return;
    }
    const auto event = event_of<ledger::MultipartChanged>(got->receipt);
    if (!event) {
      done(fail(event.error()));
      return;
    }
    ledger::Multipart record;
    record.id = event->upload;
    record.time_ms = got->time_ms;
    record.storage_class = static_cast<ledger::StorageClass>(storage_class);
    done(summary_of(record, body, owner));
  });
}

Result<GatewayCore::OpenUpload> GatewayCore::find_upload(const LedgerSnapshot& now,
                                                         const UploadRef& ref,
                                                         GrantedOperation operation) {
  OpenUpload upload;
  OORT_TRY(upload.bucket, open(now, ref.caller, ref.bucket, operation));
  const BodyPlace place{upload.bucket.record.id, name_hash_of(upload.bucket.secret, ref.name)};
  const ledger::View view(*now.state);
  const auto record = view.upload(place.bucket, place.name_hash, ledger_id(ref.upload));
  const auto sealed = view.upload_body(place.bucket, place.name_hash, ledger_id(ref.upload));
  if (!record || !sealed) {
    return fail(absent(now, reason::no_such_upload, "there is no such upload"));
  }
  upload.record = *record;
  OORT_TRY(upload.body, open_body(upload.bucket.secret, place, *sealed));
  return upload;
}

void GatewayCore::put_part(PartRequest request,
                           Callback<Result<std::unique_ptr<ObjectWriter>>> done) {
  const UploadRef upload = request.upload;
  with_upload(upload, [self = shared_from_this(), request = std::move(request),
                       done = std::move(done)](const LedgerSnapshot& now) mutable {
    done(self->open_part_writer(now, std::move(request)));
  });
}

Result<std::unique_ptr<ObjectWriter>> GatewayCore::open_part_writer(const LedgerSnapshot& now,
                                                                    PartRequest request) {
  if (request.number < 1 || request.number > part_number_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "part numbers go from 1 to 10,000");
  }
  if (request.size && *request.size > part_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "a part has at most 5 GiB");
  }
  OORT_TRY(OpenUpload upload, find_upload(now, request.upload, GrantedOperation::PutObject));
  OORT_TRY(check_can_write(now, upload.record.storage_class));
  const BodyPlace place{upload.record.bucket, upload.record.name_hash};
  PutTarget target;
  OORT_TRY(target.data_key, unwrap_key(upload.bucket.secret, place, upload.body.wrapped_key));
  target.storage_class = upload.record.storage_class;
  target.size = request.size;
  target.size_max = part_bytes_max;
  target.checksums = request.checksums;
  for (const Checksum& wanted : upload.body.checksums) {
    if (std::ranges::find(target.checksums, wanted.kind) == target.checksums.end()) {
      target.checksums.push_back(wanted.kind);
    }
  }
  target.make_operation =
      [env = env_, secret = upload.bucket.secret, place, id = upload.record.id,
       authority = upload.bucket.authority, number = static_cast<std::uint16_t>(request.number)](
          const StreamedContent& content,
          const std::vector<ledger::Extent>& extents) -> Result<ledger::SubmittedOperation> {
    const PartBody body{to_hex(content.md5), content.checksums};
    OORT_TRY(Bytes sealed, seal_part_body(secret, place, body, env->parts.random));
    ledger::MultipartPart part;
    part.bucket = place.bucket;
    part.name_hash = place.name_hash;
    part.upload = id;
    part.number = number;
    part.size = content.size;
    part.body_digest = ledger::body_digest_of(sealed);
    part.extents = extents;
    part.authority = authority;
    return ledger::SubmittedOperation{std::move(part), std::move(sealed)};
  };
  auto stream = std::make_shared<PutStream>(path_for(target.storage_class), std::move(target));
  auto finish = [](const PutDone& put) -> Result<PutResult> {
    OORT_TRY(event_of<ledger::MultipartChanged>(put.ordered.receipt));
    return put_result_of(put.content, put.ordered, {}, ledger::Versioning::Disabled);
  };
  return std::make_unique<StreamWriter<decltype(finish)>>(std::move(stream), finish);
}

namespace {

Result<PartMeta> part_of(const ledger::View& view, const BucketSecret& secret,
                         const BodyPlace& place, const ledger::UploadId& upload,
                         const ledger::Part& part) {
  const auto sealed = view.part_body(place.bucket, upload, part.number);
  if (!sealed) return invalid_part("a part's body is missing");
  OORT_TRY(PartBody body, open_part_body(secret, place, *sealed));
  return PartMeta{part.number, part.size, std::move(body.etag), WallTime{part.time_ms},
                  std::move(body.checksums)};
}

/// Whether what the client names is what the ledger has.
Result<void> check_part(const CompletedPart& named, const PartMeta& stored, bool is_last) {
  if (named.etag != stored.etag) {
    return invalid_part("part " + std::to_string(named.number) + " has another ETag");
  }
  for (const Checksum& checksum : named.checksums) {
    const auto own = std::ranges::find(stored.checksums, checksum.kind, &Checksum::kind);
    if (own == stored.checksums.end() || own->value != checksum.value) {
      return invalid_part("part " + std::to_string(named.number) + " has another checksum");
    }
  }
  if (!is_last && stored.size < part_bytes_min) {
    return fail(ErrorCode::InvalidArgument, reason::part_too_small,
                "every part but the last has at least 5 MiB");
  }
  return {};
}

}  // namespace

Result<ledger::SubmittedOperation> GatewayCore::complete_operation(const LedgerSnapshot& now,
                                                                   const CompleteRequest& request,
                                                                   Body& body) {
  OORT_TRY(OpenUpload upload, find_upload(now, request.upload, GrantedOperation::PutObject));
  const BodyPlace place{upload.record.bucket, upload.record.name_hash};
  const ledger::View view(*now.state);
  body = std::move(upload.body);
  if (request.parts.empty()) return invalid_part("an upload is completed of at least one part");
  std::vector<PartMeta> parts;
  std::uint64_t size = 0;
  ledger::MultipartComplete complete;
  for (const CompletedPart& named : request.parts) {
    if (!complete.parts.empty() && named.number <= complete.parts.back()) {
      return fail(ErrorCode::InvalidArgument, reason::invalid_part_order,
                  "parts are named in ascending order");
    }
    if (named.number < 1 || named.number > part_number_max) {
      return invalid_part("part numbers go from 1 to 10,000");
    }
    const auto number = static_cast<std::uint16_t>(named.number);
    const auto record = view.part(place.bucket, upload.record.id, number);
    if (!record) return invalid_part("there is no part " + std::to_string(named.number));
    OORT_TRY(PartMeta part, part_of(view, upload.bucket.secret, place, upload.record.id, *record));
    OORT_TRY(check_part(named, part, &named == &request.parts.back()));
    complete.parts.push_back(number);
    size += part.size;
    add_part(body.parts, part.size);
    parts.push_back(std::move(part));
  }
  if (request.size && *request.size != size) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the parts have " + std::to_string(size) + " bytes together");
  }
  body.etag = composite_etag(parts);
  if (!body.checksums.empty()) {
    OORT_TRY(body.checksums.front(),
             whole_checksum(body.checksums.front().kind, body.checksums.front().type, parts));
  }
  if (request.expected) {
    const auto own = std::ranges::find(body.checksums, request.expected->kind, &Checksum::kind);
    if (own == body.checksums.end() || own->value != request.expected->value) {
      return fail(ErrorCode::InvalidArgument, reason::checksum_mismatch,
                  "the announced checksum is not that of the object");
    }
  }
  OORT_TRY(Bytes sealed, seal_body(upload.bucket.secret, place, body, env_->parts.random));
  complete.bucket = place.bucket;
  complete.name_hash = place.name_hash;
  complete.upload = upload.record.id;
  complete.body_digest = ledger::body_digest_of(sealed);
  OORT_TRY(complete.precondition,
           resolve(now, upload.bucket, place.name_hash, request.precondition));
  complete.authority = upload.bucket.authority;
  return ledger::SubmittedOperation{std::move(complete), std::move(sealed)};
}

void GatewayCore::complete_upload(const CompleteRequest& request,
                                  Callback<Result<PutResult>> done) {
  with_current([self = shared_from_this(), request,
                done = std::move(done)](const LedgerSnapshot& now) mutable {
    Body body;
    auto operation = self->complete_operation(now, request, body);
    if (!operation) {
      done(fail(std::move(operation).error()));
      return;
    }
    const auto bucket = ledger::View(*now.state).bucket(std::string_view(request.upload.bucket));
    const auto versioning = bucket ? bucket->versioning : ledger::Versioning::Disabled;
    self->submit_put(std::move(*operation), std::move(body.etag), std::move(body.checksums),
                     versioning, std::move(done));
  });
}

void GatewayCore::with_upload(const UploadRef& ref,
                              UniqueFunction<void(const LedgerSnapshot&)> use) {
  const LedgerSnapshot now = snapshot();
  if (find_upload(now, ref, GrantedOperation::PutObject)) {
    use(now);
  } else {
    with_current(std::move(use));
  }
}

void GatewayCore::abort_upload(const UploadRef& ref, Callback<Result<void>> done) {
  with_upload(ref, [self = shared_from_this(), ref,
                    done = std::move(done)](const LedgerSnapshot& now) mutable {
    self->abort_upload_at(now, ref, std::move(done));
  });
}

void GatewayCore::abort_upload_at(const LedgerSnapshot& now, const UploadRef& ref,
                                  Callback<Result<void>> done) {
  const auto upload = find_upload(now, ref, GrantedOperation::PutObject);
  if (!upload) {
    done(fail(upload.error()));
    return;
  }
  ledger::MultipartAbort abort;
  abort.bucket = upload->record.bucket;
  abort.name_hash = upload->record.name_hash;
  abort.upload = upload->record.id;
  abort.authority = upload->bucket.authority;
  submit_one({abort, {}}, [done = std::move(done)](Result<Ordered> got) mutable {
    if (!got) {
      done(fail(std::move(got).error()));
    } else if (got->receipt.rejection != ledger::Rejection::None) {
      done(fail(error_of_rejection(got->receipt.rejection)));
    } else {
      done({});
    }
  });
}

Result<ListPartsResult> GatewayCore::list_parts(const ListPartsRequest& request) {
  const LedgerSnapshot now = snapshot();
  OORT_TRY(const OpenUpload upload, find_upload(now, request.upload, GrantedOperation::ReadObject));
  const BodyPlace place{upload.record.bucket, upload.record.name_hash};
  const ledger::View view(*now.state);
  ListPartsResult result;
  result.upload = summary_of(upload.record, upload.body, upload.bucket.record.owner);
  if (request.after_number >= part_number_max) return result;
  const auto from = static_cast<std::uint16_t>(request.after_number + 1);
  for (const ledger::Part& part :
       view.parts(place.bucket, upload.record.id, from, request.count_max + 1)) {
    if (result.parts.size() == request.count_max) {
      result.is_truncated = request.count_max > 0;
      break;
    }
    OORT_TRY(PartMeta meta, part_of(view, upload.bucket.secret, place, upload.record.id, part));
    result.next_after_number = meta.number;
    result.parts.push_back(std::move(meta));
  }
  return result;
}

Result<ListUploadsResult> GatewayCore::list_uploads(const ListUploadsRequest& request) {
  const LedgerSnapshot now = snapshot();
  OORT_TRY(const OpenBucket bucket,
           open(now, request.caller, request.bucket, GrantedOperation::ReadObject));
  const ledger::View view(*now.state);
  std::vector<UploadSummary> all;
  for (const ledger::Multipart& record : view.uploads(bucket.record.id, {}, uploads_max)) {
    const auto sealed = view.upload_body(record.bucket, record.name_hash, record.id);
    if (!sealed) continue;
    OORT_TRY(const Body body, open_body(bucket.secret, {record.bucket, record.name_hash}, *sealed));
    if (!body.name.starts_with(request.prefix) || body.name < request.after) continue;
    const bool is_after = body.name > request.after ||
                          (request.after_upload && object_id(record.id) > *request.after_upload);
    if (is_after) all.push_back(summary_of(record, body, bucket.record.owner));
  }
  std::ranges::sort(all, {}, [](const UploadSummary& one) { return std::pair(one.name, one.id); });
  ListUploadsResult result;
  for (UploadSummary& upload : all) {
    const std::size_t at = request.delimiter.empty()
                               ? std::string::npos
                               : upload.name.find(request.delimiter, request.prefix.size());
    std::optional<std::string> common;
    if (at != std::string::npos) common = upload.name.substr(0, at + request.delimiter.size());
    if (common && (*common <= request.after ||
                   (!result.common_prefixes.empty() && result.common_prefixes.back() == *common))) {
      continue;
    }
    if (result.uploads.size() + result.common_prefixes.size() >= request.count_max) {
      result.is_truncated = request.count_max > 0;
      break;
    }
    result.next_after = common ? *common : upload.name;
    result.next_after_upload.reset();
    if (common) {
      result.common_prefixes.push_back(*common);
    } else {
      result.next_after_upload = upload.id;
      result.uploads.push_back(std::move(upload));
    }
  }
  return result;
}

}  // namespace oort::object
