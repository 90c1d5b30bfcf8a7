// SPDX-License-Identifier: Apache-2.0
#include "headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/base64.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/conditions.hpp"
#include "oort/s3/xml.hpp"

namespace oort::s3 {
namespace {

constexpr std::string_view metadata_prefix = "x-amz-meta-";
constexpr std::size_t user_metadata_bytes_max = 2 * 1024;
constexpr std::array<std::string_view, 5> kept_headers = {
    "content-type", "cache-control", "content-disposition", "content-language", "expires"};

/// Fields that change what a write means, and that nothing here obeys.
constexpr std::array<std::string_view, 14> unsupported_headers = {
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
    "x-amz-write-offset-bytes",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-algorithm"};

tl::unexpected<Error> unsupported(std::string_view name) {
  return fail(
      ErrorCode::Unimplemented, reason::not_supported,
      "A header you provided implies functionality that is not implemented: " + std::string(name));
}

/// "aws-chunked" is about the way here, not about the object.
std::string without_aws_chunked(std::string_view encodings) {
  std::string kept;
  while (!encodings.empty()) {
    std::string_view one = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(encodings.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.empty() || one == "aws-chunked") continue;
    if (!kept.empty()) kept.append(",");
    kept.append(one);
  }
  return kept;
}

}  // namespace

Result<void> check_write_headers(const Context& context) {
  for (const std::string_view name : unsupported_headers) {
    if (context.request().has_field(name)) return unsupported(name);
  }
  const std::string_view acl = context.header("x-amz-acl");
  // The owner alone has rights here: these two say just that.
  if (!acl.empty() && acl != "private" && acl != "bucket-owner-full-control") {
    return unsupported("x-amz-acl: " + std::string(acl));
  }
  // Every object is sealed with AES-256, so this wish is granted to everybody.
  const std::string_view encryption = context.header("x-amz-server-side-encryption");
  if (!encryption.empty() && encryption != "AES256") {
    return unsupported("x-amz-server-side-encryption: " + std::string(encryption));
  }
  return {};
}

Result<object::Headers> read_object_headers(const Context& context) {
  object::Headers headers;
  std::size_t user_bytes = 0;
  for (const http::Field& field : context.request().fields) {
    const bool is_kept =
        std::find(kept_headers.begin(), kept_headers.end(), field.name) != kept_headers.end();
    const bool is_user = field.name.starts_with(metadata_prefix);
    if (field.name == "content-encoding") {
      std::string kept = without_aws_chunked(field.value);
      if (!kept.empty()) headers.push_back({"content-encoding", std::move(kept)});
      continue;
    }
    if (!is_kept && !is_user) continue;
    if (is_user) user_bytes += field.name.size() - metadata_prefix.size() + field.value.size();
    const auto same = std::find_if(headers.begin(), headers.end(),
                                   [&](const auto& header) { return header.name == field.name; });
    // A repeated field of metadata is one value, joined as S3 joins it.
    if (same != headers.end()) {
      same->value.append(",").append(field.value);
    } else {
      headers.push_back({std::string(field.name), std::string(field.value)});
    }
  }
  if (user_bytes > user_metadata_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::metadata_too_large,
                "Your metadata headers exceed the maximum allowed metadata size of 2048 bytes");
  }
  return headers;
}

Result<object::Headers> read_tags_header(const Context& context) {
  const std::string_view text = context.header("x-amz-tagging");
  object::Headers tags;
  if (text.empty()) return tags;
  auto parsed = http::parse_target("/?" + std::string(text));
  if (!parsed) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                "parameters without tag name duplicates.");
  }
  for (http::Parameter& parameter : parsed->query) {
    tags.push_back({std::move(parameter.name), std::move(parameter.value)});
  }
  OORT_TRY(check_tags(tags));
  return tags;
}

Result<object::StorageClass> read_storage_class(const Context& context) {
  const std::string_view word = context.header("x-amz-storage-class");
  if (word.empty()) return object::StorageClass::Standard;
  const auto storage_class = object::storage_class_from(word);
  if (!storage_class) {
    return fail(ErrorCode::InvalidArgument, reason::bad_storage_class,
                "The storage class you specified is not valid; there are STANDARD, STANDARD_IA, "
                "GLACIER and DEEP_ARCHIVE");
  }
  return *storage_class;
}

Result<std::optional<crypto::Digest>> read_checksum_algorithm(const Context& context) {
  std::string_view word = context.header("x-amz-checksum-algorithm");
  if (word.empty()) word = context.header("x-amz-sdk-checksum-algorithm");
  if (word.empty()) return std::optional<crypto::Digest>();
  const ChecksumName* name = checksum_by_word(word);
  if (!name) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "Checksum algorithm provided is unsupported. Please try again with any of the "
                "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
  }
  return std::optional(name->kind);
}

Result<object::Precondition> read_precondition(const Context& context) {
  for (const std::string_view name : {"if-modified-since", "if-unmodified-since"}) {
    if (context.request().has_field(name)) return unsupported(name);
  }
  return parse_precondition(context.header("if-match"), context.header("if-none-match"));
}

Result<std::uint64_t> read_number(const Context& context, std::string_view name,
                                  std::uint64_t otherwise, std::uint64_t max) {
  if (!context.has(name)) return otherwise;
  const std::string_view text = context.parameter(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
      value > 2'147'483'647) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Argument " + std::string(name) + " must be an integer between 0 and 2147483647");
  }
  return std::min(value, max);
}

Result<std::vector<object::Checksum>> read_checksum_fields(const Context& context) {
  std::vector<object::Checksum> checksums;
  for (const http::Field& field : context.request().fields) {
    const ChecksumName* name = checksum_by_header(field.name);
    if (!name) continue;
    OORT_TRY(auto checksum, parse_checksum(*name, field.value));
    checksums.push_back(std::move(checksum));
  }
  if (checksums.size() > 1) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed.");
  }
  return checksums;
}

Result<BodyChecks> read_body_checks(const Context& context) {
  BodyChecks checks;
  OORT_TRY(checks.known.expected, read_checksum_fields(context));
  for (const auto& checksum : checks.known.expected) checks.kinds.push_back(checksum.kind);
  const std::string_view trailer = context.header("x-amz-trailer");
  if (!trailer.empty()) {
    const ChecksumName* name = checksum_by_header(trailer);
    if (!name) {
      return fail(ErrorCode::InvalidArgument, reason::bad_request,
                  "The value specified in the x-amz-trailer header is not supported");
    }
    if (!checks.kinds.empty()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_request,
                  "Expecting a single x-amz-checksum- header");
    }
    checks.kinds.push_back(name->kind);
  }
  const bool names_algorithm = context.request().has_field("x-amz-sdk-checksum-algorithm");
  if (names_algorithm && checks.kinds.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer headers were found.");
  }
  const std::string_view md5 = context.header("content-md5");
  if (context.request().has_field("content-md5")) {
    checks.known.md5 = from_base64(md5);
    if (!checks.known.md5 || checks.known.md5->size() != 16) {
      return fail(ErrorCode::InvalidArgument, reason::bad_digest,
                  "The Content-MD5 you specified is not valid.");
    }
  }
  return checks;
}

Result<object::PutEnd> finish_body_checks(object::PutEnd known,
                                          const std::vector<http::Parameter>& trailers) {
  for (const http::Parameter& trailer : trailers) {
    const ChecksumName* name = checksum_by_header(trailer.name);
    if (!name) continue;
    OORT_TRY(auto checksum, parse_checksum(*name, trailer.value));
    known.expected.push_back(std::move(checksum));
  }
  return known;
}

std::string version_text(const object::PutResult& result) {
  switch (result.versioning) {
    case object::Versioning::Off: return {};
    case object::Versioning::Suspended: return "null";
    case object::Versioning::Enabled: break;
  }
  return result.version.hex();
}

std::string version_text(const object::ObjectMeta& meta) {
  return meta.is_null_version ? std::string() : meta.version.hex();
}

std::string quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

void add_checksums(http::ResponseHead& head, const std::vector<object::Checksum>& checksums,
                   std::uint32_t parts_count) {
  for (const object::Checksum& checksum : checksums) {
    const ChecksumName* name = checksum_of(checksum.kind);
    if (!name) continue;
    head.add(name->header, to_text(checksum, parts_count));
    head.add("x-amz-checksum-type", to_word(checksum.type));
  }
}

void add_put_result(http::ResponseHead& head, const object::PutResult& result) {
  if (!result.etag.empty()) head.add("ETag", quoted(result.etag));
  const std::string version = version_text(result);
  if (!version.empty()) head.add("x-amz-version-id", version);
  head.add("x-amz-server-side-encryption", "AES256");
  if (result.is_degraded) head.add("x-oort-durability", "degraded");
}

}  // namespace oort::s3
