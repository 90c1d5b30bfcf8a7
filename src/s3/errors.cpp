// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/errors.hpp"

#include <array>

#include "oort/core/reasons.hpp"
#include "oort/s3/xml.hpp"

namespace oort::s3 {
namespace {

constexpr std::array mappings = {
    // What the client asked for is not there, or in the way.
    ErrorMapping{reason::no_such_bucket, {"NoSuchBucket", 404}},
    ErrorMapping{reason::no_such_key, {"NoSuchKey", 404}},
    ErrorMapping{reason::no_such_version, {"NoSuchVersion", 404}},
    ErrorMapping{reason::no_such_upload, {"NoSuchUpload", 404}},
    ErrorMapping{reason::not_found, {"NoSuchKey", 404}},
    ErrorMapping{reason::method_not_allowed, {"MethodNotAllowed", 405}},
    ErrorMapping{reason::bucket_already_exists, {"BucketAlreadyExists", 409}},
    ErrorMapping{reason::bucket_already_owned, {"BucketAlreadyOwnedByYou", 409}},
    ErrorMapping{reason::already_exists, {"OperationAborted", 409}},
    ErrorMapping{reason::bucket_not_empty, {"BucketNotEmpty", 409}},
    ErrorMapping{reason::precondition_failed, {"PreconditionFailed", 412}},
    // What the client sent is wrong.
    ErrorMapping{reason::bad_argument, {"InvalidArgument", 400}},
    ErrorMapping{reason::bad_request, {"InvalidRequest", 400}},
    ErrorMapping{reason::malformed, {"InvalidRequest", 400}},
    ErrorMapping{reason::malformed_xml, {"MalformedXML", 400}},
    ErrorMapping{reason::malformed_trailer, {"MalformedTrailerError", 400}},
    ErrorMapping{reason::bad_uri, {"InvalidURI", 400}},
    ErrorMapping{reason::bad_bucket_name, {"InvalidBucketName", 400}},
    ErrorMapping{reason::bad_storage_class, {"InvalidStorageClass", 400}},
    ErrorMapping{reason::bad_tag, {"InvalidTag", 400}},
    ErrorMapping{reason::key_too_long, {"KeyTooLongError", 400}},
    ErrorMapping{reason::metadata_too_large, {"MetadataTooLarge", 400}},
    ErrorMapping{reason::too_large, {"EntityTooLarge", 400}},
    ErrorMapping{reason::missing_length, {"MissingContentLength", 411}},
    ErrorMapping{reason::body_too_short, {"IncompleteBody", 400}},
    ErrorMapping{reason::request_timeout, {"RequestTimeout", 400}},
    ErrorMapping{reason::bad_digest, {"InvalidDigest", 400}},
    ErrorMapping{reason::checksum_mismatch, {"BadDigest", 400}},
    ErrorMapping{reason::payload_hash_mismatch, {"XAmzContentSHA256Mismatch", 400}},
    ErrorMapping{reason::invalid_range, {"InvalidRange", 416}},
    ErrorMapping{reason::invalid_part, {"InvalidPart", 400}},
    ErrorMapping{reason::invalid_part_order, {"InvalidPartOrder", 400}},
    ErrorMapping{reason::bad_part_number, {"InvalidPartNumber", 416}},
    ErrorMapping{reason::part_too_small, {"EntityTooSmall", 400}},
    ErrorMapping{reason::not_supported, {"NotImplemented", 501}},
    // Who the client is, and what they may do.
    ErrorMapping{reason::malformed_authorization, {"AuthorizationHeaderMalformed", 400}},
    ErrorMapping{reason::malformed_presigned, {"AuthorizationQueryParametersError", 400}},
    ErrorMapping{reason::unknown_access_key, {"InvalidAccessKeyId", 403}},
    ErrorMapping{reason::signature_mismatch, {"SignatureDoesNotMatch", 403}},
    ErrorMapping{reason::clock_skew, {"RequestTimeTooSkewed", 403}},
    ErrorMapping{reason::request_expired, {"AccessDenied", 403}},
    ErrorMapping{reason::not_allowed, {"AccessDenied", 403}},
    ErrorMapping{reason::unauthenticated, {"AccessDenied", 403}},
    // What the network cannot do now; every one of these may be tried again.
    ErrorMapping{reason::no_quorum, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::not_ready, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::not_enough_shards, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::peer_unreachable, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::deadline_exceeded, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::cancelled, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::disk_full, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::expired, {"ServiceUnavailable", 503}},
    ErrorMapping{reason::not_enough_nodes, {"SlowDown", 503}},
    ErrorMapping{reason::queue_full, {"SlowDown", 503}},
    ErrorMapping{reason::rate_limited, {"SlowDown", 503}},
};

}  // namespace

std::span<const ErrorMapping> error_mappings() noexcept { return mappings; }

S3Error to_s3(const Error& error) noexcept {
  for (const ErrorMapping& mapping : mappings) {
    if (mapping.reason == error.reason()) return mapping.error;
  }
  return {"InternalError", 500};
}

std::string to_xml(const ErrorDocument& document) {
  XmlWriter xml;
  xml.open("Error");
  xml.leaf("Code", document.error.code).leaf("Message", document.message);
  if (!document.bucket.empty()) xml.leaf("BucketName", document.bucket);
  if (!document.key.empty()) xml.leaf("Key", document.key);
  xml.leaf("Resource", document.resource).leaf("RequestId", document.request_id);
  xml.leaf("HostId", "oortd").close("Error");
  return xml.take();
}

}  // namespace oort::s3
