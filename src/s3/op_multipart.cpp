// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/conditions.hpp"
#include "oort/s3/xml.hpp"
#include "op_write.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::ChecksumType;
using object::UploadRef;

tl::unexpected<Error> bad_request(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_request, std::move(detail));
}

Result<UploadRef> read_upload(const Context& context) {
  UploadRef upload;
  upload.caller = context.caller();
  upload.bucket = context.bucket();
  upload.name = context.key();
  const auto id = object::UploadId::from_hex(context.parameter("uploadId"));
  if (!id) {
    return fail(ErrorCode::NotFound, reason::no_such_upload,
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                "may have been aborted or completed.");
  }
  upload.upload = *id;
  return upload;
}

Result<std::uint32_t> read_part_number(const Context& context) {
  const std::string_view text = context.parameter("partNumber");
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 ||
      number > object::part_number_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Part number must be an integer between 1 and 10000, inclusive");
  }
  return number;
}

/// x-amz-checksum-type, or what S3 takes without it: CRC64NVME is of the whole object, the others
/// of the parts' checksums.
Result<ChecksumType> read_checksum_type(const Context& context, crypto::Digest kind) {
  const bool is_crc64 = kind == crypto::Digest::Crc64Nvme;
  const bool is_sha = kind == crypto::Digest::Sha1 || kind == crypto::Digest::Sha256;
  const std::string_view word = context.header("x-amz-checksum-type");
  if (word.empty()) return is_crc64 ? ChecksumType::FullObject : ChecksumType::Composite;
  if (word != "FULL_OBJECT" && word != "COMPOSITE") {
    return bad_request("Value for x-amz-checksum-type header is invalid.");
  }
  const ChecksumType type =
      word == "COMPOSITE" ? ChecksumType::Composite : ChecksumType::FullObject;
  if ((is_crc64 && type == ChecksumType::Composite) ||
      (is_sha && type == ChecksumType::FullObject)) {
    return bad_request("The " + std::string(word) + " checksum type cannot be used with the " +
                       std::string(checksum_of(kind)->word) + " checksum algorithm.");
  }
  return type;
}

Result<object::CreateUploadRequest> read_create(const Context& context) {
  OORT_TRY(check_write_headers(context));
  object::CreateUploadRequest request;
  request.caller = context.caller();
  request.bucket = context.bucket();
  request.name = context.key();
  OORT_TRY(request.headers, read_object_headers(context));
  OORT_TRY(request.tags, read_tags_header(context));
  OORT_TRY(request.storage_class, read_storage_class(context));
  OORT_TRY(request.checksum, read_checksum_algorithm(context));
  if (request.checksum) {
    OORT_TRY(request.checksum_type, read_checksum_type(context, *request.checksum));
  } else if (context.request().has_field("x-amz-checksum-type")) {
    return bad_request(
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
        "header.");
  }
  return request;
}

Result<object::CompleteRequest> read_complete(const Context& context, std::string_view body) {
  object::CompleteRequest request;
  OORT_TRY(request.upload, read_upload(context));
  OORT_TRY(request.parts, parse_complete(body));
  OORT_TRY(request.precondition, read_precondition(context));
  OORT_TRY(auto checksums, read_checksum_fields(context));
  if (!checksums.empty()) request.expected = std::move(checksums.front());
  if (request.expected && context.header("x-amz-checksum-type") == "COMPOSITE") {
    request.expected->type = ChecksumType::Composite;
  }
  const std::string_view size = context.header("x-amz-mp-object-size");
  if (!size.empty()) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
    if (error != std::errc{} || end != size.data() + size.size()) {
      return bad_request("Value for x-amz-mp-object-size header is invalid.");
    }
    request.size = value;
  }
  return request;
}

std::string location_of(const Context& context) {
  const std::string scheme = context.request().is_tls ? "https://" : "http://";
  return scheme + std::string(context.header("host")) + "/" + context.bucket() + "/" +
         http::percent_encode(context.key(), http::Slash::Keep);
}

void write_upload_owner(XmlWriter& xml, const object::UploadSummary& upload) {
  for (const std::string_view element : {"Initiator", "Owner"}) {
    xml.open(element).leaf("ID", upload.owner.hex());
    xml.leaf("DisplayName", upload.owner.short_hex()).close(element);
  }
  xml.leaf("StorageClass", object::to_string(upload.storage_class));
}

void write_upload_checksum(XmlWriter& xml, const object::UploadSummary& upload) {
  if (!upload.checksum) return;
  const ChecksumName* name = checksum_of(*upload.checksum);
  if (!name) return;
  xml.leaf("ChecksumAlgorithm", name->word);
  xml.leaf("ChecksumType", to_word(upload.checksum_type));
}

std::string shown(const Context& context, std::string_view name) {
  return context.parameter("encoding-type") == "url" ? http::percent_encode(name, http::Slash::Keep)
                                                     : std::string(name);
}

}  // namespace

void create_multipart_upload(const ContextPtr& context) {
  auto request = read_create(*context);
  if (!request) return context->fail_with(request.error());
  context->store().create_upload(
      std::move(*request), [context](Result<object::UploadSummary> upload) {
        if (!upload) return context->fail_with(upload.error());
        http::ResponseHead head = context->head(200);
        head.add("x-amz-server-side-encryption", "AES256");
        if (upload->checksum) {
          head.add("x-amz-checksum-algorithm", checksum_of(*upload->checksum)->word);
          head.add("x-amz-checksum-type", to_word(upload->checksum_type));
        }
        XmlWriter xml;
        xml.root("InitiateMultipartUploadResult").leaf("Bucket", context->bucket());
        xml.leaf("Key", context->key()).leaf("UploadId", upload->id.hex());
        context->respond_xml(std::move(head), xml.close("InitiateMultipartUploadResult").take());
      });
}

void upload_part(const ContextPtr& context) {
  const auto read = [&]() -> Result<object::PartRequest> {
    object::PartRequest request;
    OORT_TRY(check_write_headers(*context));
    OORT_TRY(request.upload, read_upload(*context));
    OORT_TRY(request.number, read_part_number(*context));
    OORT_TRY(request.size, require_size(*context, object::part_bytes_max));
    return request;
  };
  auto checks = read_body_checks(*context);
  if (!checks) return context->fail_with(checks.error());
  auto request = read();
  if (!request) return context->fail_with(request.error());
  request->checksums = checks->kinds;
  context->store().put_part(
      std::move(*request), [context, known = std::move(checks->known)](
                               Result<std::unique_ptr<object::ObjectWriter>> writer) mutable {
        if (!writer) return context->fail_with(writer.error());
        const auto answer = [context](Result<object::PutResult> result) {
          if (!result) return context->fail_with(result.error());
          http::ResponseHead head = context->head(200);
          head.add("ETag", quoted(result->etag));
          head.add("x-amz-server-side-encryption", "AES256");
          for (const object::Checksum& checksum : result->checksums) {
            const ChecksumName* name = checksum_of(checksum.kind);
            if (name) head.add(name->header, to_text(checksum, 0));
          }
          if (result->is_degraded) head.add("x-oort-durability", "degraded");
          context->respond(std::move(head));
        };
        std::make_shared<BodyUpload>(context, std::move(*writer), std::move(known), answer)->step();
      });
}

void upload_part_copy(const ContextPtr& context) {
  const auto read = [&]() -> Result<object::CopyPartRequest> {
    object::CopyPartRequest request;
    OORT_TRY(check_write_headers(*context));
    OORT_TRY(request.upload, read_upload(*context));
    OORT_TRY(request.number, read_part_number(*context));
    OORT_TRY(const auto source, parse_copy_source(context->header("x-amz-copy-source")));
    request.source.caller = context->caller();
    request.source.bucket = source.address.bucket;
    request.source.name = source.address.key;
    request.source.version = source.version.version;
    request.source.wants_null_version = source.version.is_null;
    if (context->request().has_field("x-amz-copy-source-range")) {
      OORT_TRY(request.range, parse_copy_range(context->header("x-amz-copy-source-range")));
    }
    return request;
  };
  auto request = read();
  if (!request) return context->fail_with(request.error());
  object::ObjectRef seen = request->source;
  with_copy_source(
      context, std::move(seen),
      [context, moved = std::move(*request)](const object::ObjectMeta& meta) mutable {
        const std::uint64_t size = moved.range ? moved.range->size : meta.size;
        if (moved.range && moved.range->first + moved.range->size > meta.size) {
          return context->fail_with({"InvalidArgument", 400},
                                    "Range specified is not valid for source object of size: " +
                                        std::to_string(meta.size));
        }
        if (size > object::part_bytes_max) {
          return context->fail_with({"InvalidRequest", 400},
                                    "The specified copy source is larger than the maximum "
                                    "allowable size for a copy source: 5368709120");
        }
        moved.source.version = meta.version;
        moved.source.wants_null_version = false;
        context->store().copy_part(std::move(moved), [context, source = version_text(meta)](
                                                         Result<object::PartMeta> part) {
          if (!part) return context->fail_with(part.error());
          http::ResponseHead head = context->head(200);
          if (!source.empty()) head.add("x-amz-copy-source-version-id", source);
          XmlWriter xml;
          xml.root("CopyPartResult");
          xml.leaf("LastModified", http::to_iso_date(part->modified));
          xml.leaf("ETag", quoted(part->etag));
          write_checksums(xml, part->checksums, 0);
          context->respond_xml(std::move(head), xml.close("CopyPartResult").take());
        });
      });
}

void complete_multipart_upload(const ContextPtr& context) {
  context->payload().collect(xml_bytes_max, [context](Result<std::string> body) {
    if (!body) return context->fail_with(body.error());
    auto request = read_complete(*context, *body);
    if (!request) return context->fail_with(request.error());
    const auto parts_count = static_cast<std::uint32_t>(request->parts.size());
    context->store().complete_upload(
        std::move(*request), [context, parts_count](Result<object::PutResult> result) {
          if (!result) return context->fail_with(result.error());
          http::ResponseHead head = context->head(200);
          object::PutResult in_head = *result;
          in_head.etag.clear();
          add_put_result(head, in_head);
          XmlWriter xml;
          xml.root("CompleteMultipartUploadResult").leaf("Location", location_of(*context));
          xml.leaf("Bucket", context->bucket()).leaf("Key", context->key());
          xml.leaf("ETag", quoted(result->etag));
          write_checksums(xml, result->checksums, parts_count);
          context->respond_xml(std::move(head), xml.close("CompleteMultipartUploadResult").take());
        });
  });
}

void abort_multipart_upload(const ContextPtr& context) {
  auto upload = read_upload(*context);
  if (!upload) return context->fail_with(upload.error());
  context->store().abort_upload(std::move(*upload), [context](Result<void> aborted) {
    if (!aborted) return context->fail_with(aborted.error());
    context->respond(context->head(204));
  });
}

void list_parts(const ContextPtr& context) {
  object::ListPartsRequest request;
  auto upload = read_upload(*context);
  if (!upload) return context->fail_with(upload.error());
  const auto after = read_number(*context, "part-number-marker", 0, object::part_number_max);
  const auto count_max =
      read_number(*context, "max-parts", object::list_keys_max, object::list_keys_max);
  if (!after || !count_max) return context->fail_with(after ? count_max.error() : after.error());
  request.upload = std::move(*upload);
  request.after_number = static_cast<std::uint32_t>(*after);
  request.count_max = *count_max;
  context->store().list_parts(std::move(request), [context, after = *after, count = *count_max](
                                                      Result<object::ListPartsResult> result) {
    if (!result) return context->fail_with(result.error());
    XmlWriter xml;
    xml.root("ListPartsResult").leaf("Bucket", context->bucket());
    xml.leaf("Key", shown(*context, context->key()));
    xml.leaf("UploadId", result->upload.id.hex());
    write_upload_owner(xml, result->upload);
    write_upload_checksum(xml, result->upload);
    xml.leaf("PartNumberMarker", after).leaf("MaxParts", count);
    xml.leaf("IsTruncated", result->is_truncated);
    if (result->is_truncated) {
      xml.leaf("NextPartNumberMarker", std::uint64_t{result->next_after_number});
    }
    for (const object::PartMeta& part : result->parts) {
      xml.open("Part").leaf("PartNumber", std::uint64_t{part.number});
      xml.leaf("LastModified", http::to_iso_date(part.modified));
      xml.leaf("ETag", quoted(part.etag)).leaf("Size", part.size);
      for (const object::Checksum& checksum : part.checksums) {
        const ChecksumName* name = checksum_of(checksum.kind);
        if (name) xml.leaf(name->element, to_text(checksum, 0));
      }
      xml.close("Part");
    }
    context->respond_xml(xml.close("ListPartsResult").take());
  });
}

void list_multipart_uploads(const ContextPtr& context) {
  object::ListUploadsRequest request;
  const auto count_max =
      read_number(*context, "max-uploads", object::list_keys_max, object::list_keys_max);
  if (!count_max) return context->fail_with(count_max.error());
  request.caller = context->caller();
  request.bucket = context->bucket();
  request.prefix = std::string(context->parameter("prefix"));
  request.delimiter = std::string(context->parameter("delimiter"));
  request.after = std::string(context->parameter("key-marker"));
  request.count_max = *count_max;
  const std::string_view marker = context->parameter("upload-id-marker");
  if (!marker.empty() && !request.after.empty()) {
    request.after_upload = object::UploadId::from_hex(marker);
    if (!request.after_upload) {
      return context->fail_with({"InvalidArgument", 400}, "Invalid uploadId marker");
    }
  }
  context->store().list_uploads(
      std::move(request), [context, count = *count_max](Result<object::ListUploadsResult> result) {
        if (!result) return context->fail_with(result.error());
        XmlWriter xml;
        xml.root("ListMultipartUploadsResult").leaf("Bucket", context->bucket());
        xml.leaf("KeyMarker", shown(*context, context->parameter("key-marker")));
        xml.leaf("UploadIdMarker", context->parameter("upload-id-marker"));
        xml.leaf("Prefix", shown(*context, context->parameter("prefix")));
        if (!context->parameter("delimiter").empty()) {
          xml.leaf("Delimiter", shown(*context, context->parameter("delimiter")));
        }
        if (context->parameter("encoding-type") == "url") {
          xml.leaf("EncodingType", "url");
        }
        xml.leaf("MaxUploads", count).leaf("IsTruncated", result->is_truncated);
        if (result->is_truncated) {
          xml.leaf("NextKeyMarker", shown(*context, result->next_after));
          xml.leaf("NextUploadIdMarker",
                   result->next_after_upload ? result->next_after_upload->hex() : "");
        }
        for (const object::UploadSummary& upload : result->uploads) {
          xml.open("Upload").leaf("Key", shown(*context, upload.name));
          xml.leaf("UploadId", upload.id.hex());
          write_upload_owner(xml, upload);
          xml.leaf("Initiated", http::to_iso_date(upload.started));
          write_upload_checksum(xml, upload);
          xml.close("Upload");
        }
        for (const std::string& prefix : result->common_prefixes) {
          xml.open("CommonPrefixes").leaf("Prefix", shown(*context, prefix));
          xml.close("CommonPrefixes");
        }
        context->respond_xml(xml.close("ListMultipartUploadsResult").take());
      });
}

}  // namespace oort::s3
