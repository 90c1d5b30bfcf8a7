// SPDX-License-Identifier: Apache-2.0
#include "op_write.hpp"

#include <charconv>

#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/conditions.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {

using object::ObjectMeta;
using object::ObjectWriter;
using object::PutResult;

void BodyUpload::step() {
  context_->payload().pull([self = shared_from_this()](Result<Bytes> piece) {
    if (!piece) return self->end(fail(std::move(piece).error()));
    if (piece->empty()) return self->finish();
    self->writer_->write(std::move(*piece), [self](Result<void> taken) {
      if (!taken) return self->end(fail(std::move(taken).error()));
      self->step();
    });
  });
}

void BodyUpload::finish() {
  auto checks = finish_body_checks(std::move(known_), context_->payload().trailers());
  if (!checks) return end(fail(std::move(checks).error()));
  writer_->finish(std::move(*checks), [self = shared_from_this()](Result<PutResult> result) {
    self->end(std::move(result));
  });
}

void BodyUpload::end(Result<PutResult> result) {
  // A writer destroyed before it was finished aborts: nothing of a broken body stays.
  writer_.reset();
  done_(std::move(result));
}

Result<std::uint64_t> require_size(Context& context, std::uint64_t max) {
  const auto size = context.payload().size();
  if (!size) {
    return fail(ErrorCode::InvalidArgument, reason::missing_length,
                "You must provide the Content-Length HTTP header.");
  }
  if (*size > max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "Your proposed upload exceeds the maximum allowed size");
  }
  return *size;
}

namespace {

Result<object::PutRequest> read_put(Context& context, const BodyChecks& checks) {
  OORT_TRY(check_write_headers(context));
  object::PutRequest request;
  request.caller = context.caller();
  request.bucket = context.bucket();
  request.name = context.key();
  OORT_TRY(request.size, require_size(context, object::part_bytes_max));
  OORT_TRY(request.headers, read_object_headers(context));
  OORT_TRY(request.tags, read_tags_header(context));
  OORT_TRY(request.storage_class, read_storage_class(context));
  OORT_TRY(request.precondition, read_precondition(context));
  request.checksums = checks.kinds;
  return request;
}

Result<object::CopyRequest> read_copy(const Context& context, const CopySource& source) {
  OORT_TRY(check_write_headers(context));
  object::CopyRequest request;
  request.source.caller = context.caller();
  request.source.bucket = source.address.bucket;
  request.source.name = source.address.key;
  request.source.version = source.version.version;
  request.source.wants_null_version = source.version.is_null;
  request.bucket = context.bucket();
  request.name = context.key();
  const auto directive = [&](std::string_view name) -> Result<bool> {
    const std::string_view word = context.header(name);
    if (word.empty() || word == "COPY") return false;
    if (word == "REPLACE") return true;
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Unknown " + std::string(name) + ": it is COPY or REPLACE");
  };
  OORT_TRY(const bool replaces_headers, directive("x-amz-metadata-directive"));
  OORT_TRY(const bool replaces_tags, directive("x-amz-tagging-directive"));
  if (replaces_headers) {
    OORT_TRY(request.headers, read_object_headers(context));
  }
  if (replaces_tags) {
    OORT_TRY(request.tags, read_tags_header(context));
  }
  if (context.request().has_field("x-amz-storage-class")) {
    OORT_TRY(request.storage_class, read_storage_class(context));
  }
  OORT_TRY(request.precondition, read_precondition(context));
  OORT_TRY(const auto algorithm, read_checksum_algorithm(context));
  if (algorithm) request.checksums.push_back(*algorithm);
  return request;
}

/// A copy onto itself that changes nothing is refused, as in S3.
Result<void> check_changes(const object::CopyRequest& request) {
  const bool is_same =
      request.source.bucket == request.bucket && request.source.name == request.name;
  const bool changes = request.headers || request.tags || request.storage_class ||
                       request.source.version || request.source.wants_null_version;
  if (!is_same || changes) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_request,
              "This copy request is illegal because it is trying to copy an object to itself "
              "without changing the object's metadata, storage class, website redirect location or "
              "encryption attributes.");
}

void answer_copy(const ContextPtr& context, const ObjectMeta& source, const PutResult& result) {
  http::ResponseHead head = context->head(200);
  PutResult shown = result;
  shown.etag.clear();
  add_put_result(head, shown);
  const std::string version = version_text(source);
  if (!version.empty()) head.add("x-amz-copy-source-version-id", version);
  XmlWriter xml;
  xml.root("CopyObjectResult").leaf("LastModified", http::to_iso_date(result.modified));
  xml.leaf("ETag", quoted(result.etag));
  write_checksums(xml, result.checksums, 0);
  context->respond_xml(std::move(head), xml.close("CopyObjectResult").take());
}

}  // namespace

void write_checksums(XmlWriter& xml, const std::vector<object::Checksum>& checksums,
                     std::uint32_t parts_count) {
  for (const object::Checksum& checksum : checksums) {
    const ChecksumName* name = checksum_of(checksum.kind);
    if (!name) continue;
    xml.leaf(name->element, to_text(checksum, parts_count));
    xml.leaf("ChecksumType", to_word(checksum.type));
  }
}

void with_copy_source(const ContextPtr& context, object::ObjectRef source,
                      Callback<ObjectMeta> done) {
  context->store().head(std::move(source), [context, moved = std::move(done)](
                                               Result<ObjectMeta> meta) mutable {
    if (!meta && meta.error().reason() == reason::method_not_allowed) {
      return context->fail_with({"InvalidRequest", 400},
                                "The source of a copy request may not specifically refer to a "
                                "delete marker by version id.");
    }
    if (!meta) return context->fail_with(meta.error());
    const ReadConditions conditions = {context->header("x-amz-copy-source-if-match"),
                                       context->header("x-amz-copy-source-if-none-match"),
                                       context->header("x-amz-copy-source-if-modified-since"),
                                       context->header("x-amz-copy-source-if-unmodified-since")};
    if (judge(conditions, meta->etag, meta->modified) != Verdict::Proceed) {
      return context->fail_with({"PreconditionFailed", 412},
                                "At least one of the pre-conditions you specified did not hold");
    }
    moved(std::move(*meta));
  });
}

void put_object(const ContextPtr& context) {
  auto checks = read_body_checks(*context);
  if (!checks) return context->fail_with(checks.error());
  auto request = read_put(*context, *checks);
  if (!request) return context->fail_with(request.error());
  context->store().put(
      std::move(*request), [context, known = std::move(checks->known)](
                               Result<std::unique_ptr<ObjectWriter>> writer) mutable {
        if (!writer) return context->fail_with(writer.error());
        const auto answer = [context](Result<PutResult> result) {
          if (!result) return context->fail_with(result.error());
          http::ResponseHead head = context->head(200);
          add_put_result(head, *result);
          add_checksums(head, result->checksums, 0);
          context->respond(std::move(head));
        };
        std::make_shared<BodyUpload>(context, std::move(*writer), std::move(known), answer)->step();
      });
}

void copy_object(const ContextPtr& context) {
  const auto source = parse_copy_source(context->header("x-amz-copy-source"));
  if (!source) return context->fail_with(source.error());
  auto request = read_copy(*context, *source);
  if (!request) return context->fail_with(request.error());
  const auto checked = check_changes(*request);
  if (!checked) return context->fail_with(checked.error());
  object::ObjectRef seen = request->source;
  with_copy_source(
      context, std::move(seen), [context, moved = std::move(*request)](ObjectMeta meta) mutable {
        if (meta.size > object::part_bytes_max) {
          return context->fail_with({"InvalidRequest", 400},
                                    "The specified copy source is larger than the maximum "
                                    "allowable size for a copy source: 5368709120");
        }
        // The version whose conditions were judged is the one that is copied.
        moved.source.version = meta.version;
        moved.source.wants_null_version = false;
        context->store().copy(std::move(moved),
                              [context, meta = std::move(meta)](Result<PutResult> result) {
                                if (!result) return context->fail_with(result.error());
                                answer_copy(context, meta, *result);
                              });
      });
}

}  // namespace oort::s3
