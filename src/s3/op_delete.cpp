// SPDX-License-Identifier: Apache-2.0
#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::DeleteResult;
using object::DeleteTarget;

/// One entry of a DeleteObjects request: what to ask the store, or why it is refused at once.
struct Planned {
  DeleteEntry entry;
  std::optional<Error> refusal;
};

Result<DeleteTarget> target_of(const DeleteEntry& entry) {
  OORT_TRY(check_key(entry.key));
  DeleteTarget target;
  target.name = entry.key;
  if (entry.version_id && !entry.version_id->empty()) {
    OORT_TRY(const auto version, parse_version(*entry.version_id));
    target.version = version.version;
    target.wants_null_version = version.is_null;
  }
  return target;
}

void write_deleted(XmlWriter& xml, const DeleteEntry& entry, const DeleteResult& result) {
  xml.open("Deleted").leaf("Key", entry.key);
  const bool named_version = entry.version_id && !entry.version_id->empty();
  if (named_version) xml.leaf("VersionId", *entry.version_id);
  if (result.is_delete_marker) {
    xml.leaf("DeleteMarker", true);
    if (result.version) {
      xml.leaf("DeleteMarkerVersionId", named_version ? *entry.version_id : result.version->hex());
    }
  }
  xml.close("Deleted");
}

void write_error(XmlWriter& xml, const DeleteEntry& entry, const Error& error) {
  const S3Error mapped = to_s3(error);
  xml.open("Error").leaf("Key", entry.key);
  if (entry.version_id) xml.leaf("VersionId", *entry.version_id);
  xml.leaf("Code", mapped.code);
  xml.leaf("Message", mapped.status == 500 ? std::string_view("We encountered an internal error. "
                                                              "Please try again.")
                                           : std::string_view(error.detail()));
  xml.close("Error");
}

std::string answer_of(const std::vector<Planned>& planned,
                      const std::vector<Result<DeleteResult>>& results, bool is_quiet) {
  XmlWriter xml;
  xml.root("DeleteResult");
  std::size_t next = 0;
  for (const Planned& plan : planned) {
    if (plan.refusal) {
      write_error(xml, plan.entry, *plan.refusal);
      continue;
    }
    const Result<DeleteResult>& result = results[next++];
    if (!result) {
      write_error(xml, plan.entry, result.error());
    } else if (!is_quiet) {
      write_deleted(xml, plan.entry, *result);
    }
  }
  return xml.close("DeleteResult").take();
}

void delete_all(const ContextPtr& context, DeleteDocument document) {
  std::vector<Planned> planned;
  std::vector<DeleteTarget> targets;
  for (DeleteEntry& entry : document.objects) {
    auto target = target_of(entry);
    if (target) {
      targets.push_back(std::move(*target));
      planned.push_back({std::move(entry), std::nullopt});
    } else {
      planned.push_back({std::move(entry), std::move(target).error()});
    }
  }
  const std::size_t count = targets.size();
  context->store().remove_many(
      context->caller(), context->bucket(), std::move(targets),
      [context, count, is_quiet = document.is_quiet,
       plans = std::move(planned)](Result<std::vector<Result<DeleteResult>>> results) {
        if (!results) return context->fail_with(results.error());
        if (results->size() != count) {
          return context->fail_with(Error(ErrorCode::Internal, reason::internal,
                                          "the store answered for other names than were asked"));
        }
        context->respond_xml(answer_of(plans, *results, is_quiet));
      });
}

/// Content-MD5 or a checksum of the XML, when the client gave one.
Result<void> check_body(const Context& context, const Payload& payload, std::string_view body) {
  OORT_TRY(const auto checks, read_body_checks(context));
  OORT_TRY(const auto end, finish_body_checks(checks.known, payload.trailers()));
  const auto digest_of = [&](crypto::Digest kind) {
    crypto::StreamDigest digest(kind);
    digest.update(as_bytes(body));
    return digest.finish();
  };
  bool is_same = !end.md5 || digest_of(crypto::Digest::Md5) == *end.md5;
  for (const object::Checksum& checksum : end.expected) {
    is_same = is_same && digest_of(checksum.kind) == checksum.value;
  }
  if (is_same) return {};
  return fail(ErrorCode::InvalidArgument, reason::checksum_mismatch,
              "The Content-MD5 or checksum you specified did not match what we received.");
}

}  // namespace

void delete_object(const ContextPtr& context) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  for (const std::string_view name :
       {"if-match", "x-amz-if-match-last-modified-time", "x-amz-if-match-size"}) {
    if (!context->request().has_field(name)) continue;
    return context->fail_with({"NotImplemented", 501}, "conditional deletes are not supported");
  }
  context->store().remove(std::move(*ref), [context](Result<DeleteResult> result) {
    // Deleting what is not there succeeds, as in S3.
    if (!result && result.error().reason() != reason::no_such_key) {
      return context->fail_with(result.error());
    }
    http::ResponseHead head = context->head(204);
    if (result && result->is_delete_marker) head.add("x-amz-delete-marker", "true");
    if (context->has("versionId")) {
      head.add("x-amz-version-id", context->parameter("versionId"));
    } else if (result && result->version) {
      head.add("x-amz-version-id", result->version->hex());
    }
    context->respond(std::move(head));
  });
}

void delete_objects(const ContextPtr& context) {
  context->payload().collect(xml_bytes_max, [context](Result<std::string> body) {
    if (!body) return context->fail_with(body.error());
    const auto checked = check_body(*context, context->payload(), *body);
    if (!checked) return context->fail_with(checked.error());
    auto document = parse_delete(*body);
    if (!document) return context->fail_with(document.error());
    delete_all(context, std::move(*document));
  });
}

}  // namespace oort::s3
