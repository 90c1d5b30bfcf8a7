// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/service.hpp"

#include <algorithm>
#include <array>

#include "context.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

enum class Scope : std::uint8_t { Service, Bucket, Object };

/// One line of the table of operations: the first that fits is called.
struct Operation {
  Scope scope;
  std::string_view method;
  /// Must be in the query; empty: none needed.
  std::string_view parameter;
  /// Must be a header; empty: none needed.
  std::string_view header;
  std::string_view name;
  void (*run)(const ContextPtr&);
};

constexpr std::array operations = {
    Operation{Scope::Service, "GET", "", "", "ListBuckets", list_buckets},

    Operation{Scope::Bucket, "GET", "location", "", "GetBucketLocation", get_bucket_location},
    Operation{Scope::Bucket, "GET", "versioning", "", "GetBucketVersioning", get_bucket_versioning},
    Operation{Scope::Bucket, "GET", "versions", "", "ListObjectVersions", list_object_versions},
    Operation{Scope::Bucket, "GET", "uploads", "", "ListMultipartUploads", list_multipart_uploads},
    Operation{Scope::Bucket, "GET", "acl", "", "GetBucketAcl", get_bucket_acl},
    Operation{Scope::Bucket, "GET", "policy", "", "GetBucketPolicy", get_unconfigured},
    Operation{Scope::Bucket, "GET", "policyStatus", "", "GetBucketPolicyStatus", get_unconfigured},
    Operation{Scope::Bucket, "GET", "cors", "", "GetBucketCors", get_unconfigured},
    Operation{Scope::Bucket, "GET", "lifecycle", "", "GetBucketLifecycle", get_unconfigured},
    Operation{Scope::Bucket, "GET", "tagging", "", "GetBucketTagging", get_unconfigured},
    Operation{Scope::Bucket, "GET", "website", "", "GetBucketWebsite", get_unconfigured},
    Operation{Scope::Bucket, "GET", "object-lock", "", "GetObjectLock", get_unconfigured},
    Operation{Scope::Bucket, "GET", "replication", "", "GetBucketReplication", get_unconfigured},
    Operation{Scope::Bucket, "GET", "publicAccessBlock", "", "GetPublicAccess", get_unconfigured},
    Operation{Scope::Bucket, "GET", "ownershipControls", "", "GetOwnership", get_unconfigured},
    Operation{Scope::Bucket, "GET", "notification", "", "GetNotification", get_empty_configuration},
    Operation{Scope::Bucket, "GET", "logging", "", "GetBucketLogging", get_empty_configuration},
    Operation{Scope::Bucket, "GET", "accelerate", "", "GetAccelerate", get_empty_configuration},
    Operation{Scope::Bucket, "GET", "requestPayment", "", "GetPayment", get_empty_configuration},
    Operation{Scope::Bucket, "GET", "list-type", "", "ListObjectsV2", list_objects_v2},
    Operation{Scope::Bucket, "GET", "", "", "ListObjects", list_objects_v1},
    Operation{Scope::Bucket, "HEAD", "", "", "HeadBucket", head_bucket},
    Operation{Scope::Bucket, "PUT", "versioning", "", "PutBucketVersioning", put_bucket_versioning},
    Operation{Scope::Bucket, "PUT", "acl", "", "PutBucketAcl", put_acl},
    Operation{Scope::Bucket, "PUT", "", "", "CreateBucket", create_bucket},
    Operation{Scope::Bucket, "POST", "delete", "", "DeleteObjects", delete_objects},
    Operation{Scope::Bucket, "DELETE", "", "", "DeleteBucket", delete_bucket},

    Operation{Scope::Object, "GET", "acl", "", "GetObjectAcl", get_object_acl},
    Operation{Scope::Object, "GET", "tagging", "", "GetObjectTagging", get_object_tagging},
    Operation{Scope::Object, "GET", "attributes", "", "GetObjectAttributes", get_object_attributes},
    Operation{Scope::Object, "GET", "uploadId", "", "ListParts", list_parts},
    Operation{Scope::Object, "GET", "", "", "GetObject", get_object},
    Operation{Scope::Object, "HEAD", "", "", "HeadObject", head_object},
    Operation{Scope::Object, "PUT", "acl", "", "PutObjectAcl", put_acl},
    Operation{Scope::Object, "PUT", "tagging", "", "PutObjectTagging", put_object_tagging},
    Operation{Scope::Object, "PUT", "uploadId", "x-amz-copy-source", "UploadPartCopy",
              upload_part_copy},
    Operation{Scope::Object, "PUT", "uploadId", "", "UploadPart", upload_part},
    Operation{Scope::Object, "PUT", "", "x-amz-copy-source", "CopyObject", copy_object},
    Operation{Scope::Object, "PUT", "", "", "PutObject", put_object},
    Operation{Scope::Object, "POST", "uploads", "", "CreateMultipartUpload",
              create_multipart_upload},
    Operation{Scope::Object, "POST", "uploadId", "", "CompleteMultipartUpload",
              complete_multipart_upload},
    Operation{Scope::Object, "DELETE", "uploadId", "", "AbortMultipartUpload",
              abort_multipart_upload},
    Operation{Scope::Object, "DELETE", "tagging", "", "DeleteObjectTagging", delete_object_tagging},
    Operation{Scope::Object, "DELETE", "", "", "DeleteObject", delete_object},
};

/// Parameters that choose no operation, so that any operation may come with them.
constexpr std::array<std::string_view, 20> neutral_parameters = {
    "versionId",          "partNumber",        "prefix",        "delimiter",          "marker",
    "max-keys",           "encoding-type",     "start-after",   "continuation-token", "fetch-owner",
    "key-marker",         "version-id-marker", "max-uploads",   "upload-id-marker",   "max-parts",
    "part-number-marker", "max-buckets",       "bucket-region", "list-type",          "uploadId"};

bool is_neutral(std::string_view name) noexcept {
  return name.starts_with("x-") || name.starts_with("X-") || name.starts_with("response-") ||
         std::find(neutral_parameters.begin(), neutral_parameters.end(), name) !=
             neutral_parameters.end();
}

const Operation* find_operation(const Context& context) noexcept {
  const Scope scope = context.bucket().empty() ? Scope::Service
                      : context.key().empty()  ? Scope::Bucket
                                               : Scope::Object;
  const http::Request& request = context.request();
  for (const Operation& operation : operations) {
    const bool fits = operation.scope == scope && operation.method == request.method &&
                      (operation.parameter.empty() || context.has(operation.parameter)) &&
                      (operation.header.empty() || request.has_field(operation.header));
    if (fits) return &operation;
  }
  return nullptr;
}

/// The name of a parameter that asks for something that `operation` is not; empty when none does.
/// `DELETE /bucket?policy` must not delete the bucket, nor must a parameter of years to come.
std::string_view foreign_parameter(const Context& context, const Operation& operation) noexcept {
  for (const http::Parameter& parameter : context.target().query) {
    if (parameter.name != operation.parameter && !is_neutral(parameter.name)) {
      return parameter.name;
    }
  }
  return {};
}

/// Counted once per operation and class of status; the handles are made at the first request.
metrics::Counter& requests_of(std::size_t index) {
  static std::vector<metrics::Counter> counters = [] {
    std::vector<metrics::Counter> made;
    made.reserve(operations.size());
    for (const Operation& operation : operations) {
      made.push_back(metrics::counter("oort_s3_requests_total", "Authenticated requests.",
                                      {{"operation", operation.name}}));
    }
    return made;
  }();
  return counters[index];
}

void dispatch(const ContextPtr& context) {
  const Operation* operation = find_operation(*context);
  const std::string_view foreign =
      operation ? foreign_parameter(*context, *operation) : std::string_view();
  if (!foreign.empty()) {
    return context->fail_with(
        {"NotImplemented", 501},
        "A parameter you provided implies functionality that is not implemented: " +
            std::string(foreign));
  }
  if (!operation && context->request().method == "POST") {
    return context->fail_with({"NotImplemented", 501}, "This POST is not supported");
  }
  if (!operation) {
    return context->fail_with({"MethodNotAllowed", 405},
                              "The specified method is not allowed against this resource.");
  }
  requests_of(static_cast<std::size_t>(operation - operations.data())).add();
  const auto planned = context->plan_payload();
  if (!planned) return context->fail_with(planned.error());
  operation->run(context);
}

/// A browser asks, without a signature, whether it may send what it has in mind.
void answer_preflight(const ContextPtr& context) {
  http::ResponseHead head = context->head(200);
  const bool is_allowed = head.text().find("Access-Control-Allow-Origin") != std::string::npos;
  const std::string_view method = context->header("access-control-request-method");
  if (!is_allowed || method.empty()) {
    return context->fail_with({"AccessForbidden", 403},
                              "CORSResponse: This CORS request is not allowed.");
  }
  head.add("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE");
  const std::string_view headers = context->header("access-control-request-headers");
  if (!headers.empty()) head.add("Access-Control-Allow-Headers", headers);
  head.add("Access-Control-Max-Age", "3000");
  context->respond(std::move(head));
}

class Service final : public http::Handler {
 public:
  Service(Options options, object::ObjectStore& store, env::Clock& clock)
      : shared_(std::make_shared<Shared>(Shared{std::move(options), store, clock, nullptr})) {
    shared_->authenticator = std::make_shared<Authenticator>(shared_->options, store, clock);
  }

  void handle(http::Exchange exchange) override {
    const auto context = std::make_shared<Context>(shared_, std::move(exchange));
    const auto parsed = context->parse();
    if (!parsed) return context->fail_with(parsed.error());
    if (context->request().method == "OPTIONS") return answer_preflight(context);
    context->authenticate([context](Result<void> done) {
      if (!done) return context->fail_with(done.error());
      dispatch(context);
    });
  }

 private:
  std::shared_ptr<Shared> shared_;  ///< Owners: this and the requests in progress.
};

}  // namespace

std::unique_ptr<http::Handler> make_service(Options options, object::ObjectStore& store,
                                            env::Clock& clock) {
  return std::make_unique<Service>(std::move(options), store, clock);
}

}  // namespace oort::s3
