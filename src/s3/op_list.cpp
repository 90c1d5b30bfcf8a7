// SPDX-License-Identifier: Apache-2.0
#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/base64.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::ObjectMeta;

/// Writes names as the client asked: plain, or percent-encoded, which is the only way in which
/// XML can carry every character.
class Names {
 public:
  explicit Names(const Context& context) : is_url_(context.parameter("encoding-type") == "url") {}
  [[nodiscard]] bool is_url() const noexcept { return is_url_; }
  [[nodiscard]] std::string operator()(std::string_view name) const {
    return is_url_ ? http::percent_encode(name, http::Slash::Keep) : std::string(name);
  }

 private:
  bool is_url_;
};

Result<object::ListRequest> read_list_request(const Context& context) {
  const std::string_view encoding = context.parameter("encoding-type");
  if (context.has("encoding-type") && encoding != "url") {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Invalid Encoding Method specified in Request");
  }
  object::ListRequest request;
  request.caller = context.caller();
  request.bucket = context.bucket();
  request.prefix = std::string(context.parameter("prefix"));
  request.delimiter = std::string(context.parameter("delimiter"));
  OORT_TRY(request.count_max,
           read_number(context, "max-keys", object::list_keys_max, object::list_keys_max));
  return request;
}

void write_owner(XmlWriter& xml, const AccountId& account) {
  xml.open("Owner").leaf("ID", account.hex()).leaf("DisplayName", account.short_hex());
  xml.close("Owner");
}

/// Checksum algorithms, owner, size and so on: what an object and a version have in common.
void write_object(XmlWriter& xml, const ObjectMeta& meta, bool with_owner) {
  xml.leaf("LastModified", http::to_iso_date(meta.modified));
  if (!meta.is_delete_marker) {
    xml.leaf("ETag", quoted(meta.etag));
    for (const object::Checksum& checksum : meta.checksums) {
      if (const ChecksumName* name = checksum_of(checksum.kind)) {
        xml.leaf("ChecksumAlgorithm", name->word);
        xml.leaf("ChecksumType", to_word(checksum.type));
      }
    }
    xml.leaf("Size", meta.size);
  }
  if (with_owner) write_owner(xml, meta.owner);
  if (!meta.is_delete_marker) xml.leaf("StorageClass", object::to_string(meta.storage_class));
}

void write_prefixes(XmlWriter& xml, const std::vector<std::string>& prefixes, const Names& names) {
  for (const std::string& prefix : prefixes) {
    xml.open("CommonPrefixes").leaf("Prefix", names(prefix)).close("CommonPrefixes");
  }
}

/// Name, Prefix, Delimiter, MaxKeys, EncodingType.
void write_question(XmlWriter& xml, const Context& context, std::uint64_t count_max,
                    const Names& names) {
  xml.leaf("Name", context.bucket()).leaf("Prefix", names(context.parameter("prefix")));
  if (!context.parameter("delimiter").empty()) {
    xml.leaf("Delimiter", names(context.parameter("delimiter")));
  }
  xml.leaf("MaxKeys", count_max);
  if (names.is_url()) xml.leaf("EncodingType", "url");
}

void write_objects(XmlWriter& xml, const object::ListResult& result, const Names& names,
                   bool with_owner) {
  for (const ObjectMeta& meta : result.objects) {
    xml.open("Contents").leaf("Key", names(meta.name));
    write_object(xml, meta, with_owner);
    xml.close("Contents");
  }
  write_prefixes(xml, result.common_prefixes, names);
}

}  // namespace

void list_objects_v1(const ContextPtr& context) {
  auto request = read_list_request(*context);
  if (!request) return context->fail_with(request.error());
  request->after = std::string(context->parameter("marker"));
  const std::size_t count_max = request->count_max;
  context->store().list(std::move(*request),
                        [context, count_max](Result<object::ListResult> result) {
                          if (!result) return context->fail_with(result.error());
                          const Names names(*context);
                          XmlWriter xml;
                          xml.root("ListBucketResult");
                          write_question(xml, *context, count_max, names);
                          xml.leaf("Marker", names(context->parameter("marker")));
                          xml.leaf("IsTruncated", result->is_truncated);
                          // Without a delimiter the last key is the marker, and S3 does not repeat
                          // it.
                          if (result->is_truncated && !context->parameter("delimiter").empty()) {
                            xml.leaf("NextMarker", names(result->next_after));
                          }
                          write_objects(xml, *result, names, true);
                          context->respond_xml(xml.close("ListBucketResult").take());
                        });
}

void list_objects_v2(const ContextPtr& context) {
  auto request = read_list_request(*context);
  if (!request) return context->fail_with(request.error());
  request->after = std::string(context->parameter("start-after"));
  if (context->has("continuation-token")) {
    const auto token = from_base64(context->parameter("continuation-token"));
    if (!token || token->empty()) {
      return context->fail_with({"InvalidArgument", 400},
                                "The continuation token provided is incorrect");
    }
    request->after = std::string(as_text(*token));
  }
  const std::size_t count_max = request->count_max;
  context->store().list(
      std::move(*request), [context, count_max](Result<object::ListResult> result) {
        if (!result) return context->fail_with(result.error());
        const Names names(*context);
        XmlWriter xml;
        xml.root("ListBucketResult");
        write_question(xml, *context, count_max, names);
        xml.leaf("KeyCount", result->objects.size() + result->common_prefixes.size());
        xml.leaf("IsTruncated", result->is_truncated);
        if (context->has("continuation-token")) {
          xml.leaf("ContinuationToken", context->parameter("continuation-token"));
        }
        if (result->is_truncated) {
          xml.leaf("NextContinuationToken", to_base64(as_bytes(result->next_after)));
        }
        if (context->has("start-after")) {
          xml.leaf("StartAfter", names(context->parameter("start-after")));
        }
        write_objects(xml, *result, names, context->parameter("fetch-owner") == "true");
        context->respond_xml(xml.close("ListBucketResult").take());
      });
}

namespace {

Result<object::ListVersionsRequest> read_versions_request(const Context& context) {
  OORT_TRY(auto list, read_list_request(context));
  object::ListVersionsRequest request;
  request.caller = std::move(list.caller);
  request.bucket = std::move(list.bucket);
  request.prefix = std::move(list.prefix);
  request.delimiter = std::move(list.delimiter);
  request.count_max = list.count_max;
  request.after = std::string(context.parameter("key-marker"));
  if (!context.parameter("version-id-marker").empty()) {
    if (request.after.empty()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "A version-id marker cannot be specified without a key marker.");
    }
    // The marker is the version's own id even where it prints as "null".
    const auto version = ObjectVersionId::from_hex(context.parameter("version-id-marker"));
    if (!version) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument, "Invalid version id specified");
    }
    request.after_version = *version;
  }
  return request;
}

void write_versions(XmlWriter& xml, const object::ListVersionsResult& result, const Names& names) {
  for (const ObjectMeta& meta : result.versions) {
    const std::string_view element = meta.is_delete_marker ? "DeleteMarker" : "Version";
    xml.open(element).leaf("Key", names(meta.name));
    xml.leaf("VersionId", meta.is_null_version ? "null" : meta.version.hex());
    xml.leaf("IsLatest", meta.is_latest);
    write_object(xml, meta, true);
    xml.close(element);
  }
  write_prefixes(xml, result.common_prefixes, names);
}

}  // namespace

void list_object_versions(const ContextPtr& context) {
  auto request = read_versions_request(*context);
  if (!request) return context->fail_with(request.error());
  const std::size_t count_max = request->count_max;
  context->store().list_versions(
      std::move(*request), [context, count_max](Result<object::ListVersionsResult> result) {
        if (!result) return context->fail_with(result.error());
        const Names names(*context);
        XmlWriter xml;
        xml.root("ListVersionsResult");
        write_question(xml, *context, count_max, names);
        xml.leaf("KeyMarker", names(context->parameter("key-marker")));
        xml.leaf("VersionIdMarker", context->parameter("version-id-marker"));
        xml.leaf("IsTruncated", result->is_truncated);
        if (result->is_truncated) {
          xml.leaf("NextKeyMarker", names(result->next_after));
          if (result->next_after_version) {
            xml.leaf("NextVersionIdMarker", result->next_after_version->hex());
          }
        }
        write_versions(xml, *result, names);
        context->respond_xml(xml.close("ListVersionsResult").take());
      });
}

}  // namespace oort::s3
