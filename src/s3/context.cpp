// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <charconv>

#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {
namespace {

std::vector<std::string> announced_trailers(std::string_view field) {
  std::vector<std::string> names;
  while (!field.empty()) {
    const std::string_view one = field.substr(0, field.find(','));
    field.remove_prefix(std::min(field.size(), one.size() + 1));
    std::string name;
    for (const char c : one) {
      if (c != ' ') name.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

/// Host and virtual-host style belong to the path that the client meant.
std::string resource_of(const Address& address) {
  return address.key.empty() ? "/" + address.bucket : "/" + address.bucket + "/" + address.key;
}

}  // namespace

Context::Context(std::shared_ptr<Shared> shared, http::Exchange exchange)
    : shared_(std::move(shared)), exchange_(std::move(exchange)) {}

std::string_view Context::parameter(std::string_view name) const noexcept {
  const std::string* value = target_.parameter(name);
  return value ? std::string_view(*value) : std::string_view();
}

Result<object::ObjectRef> Context::object_ref() const {
  object::ObjectRef ref;
  ref.caller = caller();
  ref.bucket = bucket();
  ref.name = key();
  if (!has("versionId")) return ref;
  OORT_TRY(const auto version, parse_version(parameter("versionId")));
  ref.version = version.version;
  ref.wants_null_version = version.is_null;
  return ref;
}

Result<void> Context::parse() {
  auto target = http::parse_target(request().target);
  if (!target) {
    return fail(ErrorCode::InvalidArgument, reason::bad_uri,
                "Couldn't parse the specified URI: " + target.error().detail());
  }
  target_ = std::move(*target);
  OORT_TRY(address_, parse_address(header("host"), target_.path, options().base_domains));
  return {};
}

void Context::authenticate(Callback<Result<void>> done) {
  shared_->authenticator->authenticate(
      request(), target_,
      [self = shared_from_this(), moved = std::move(done)](Result<Authenticated> result) mutable {
        if (!result) return moved(fail(std::move(result).error()));
        self->authenticated_ = std::move(*result);
        moved({});
      });
}

Result<void> Context::plan_payload() {
  const Authorization& authorization = authenticated_.authorization;
  PayloadPlan plan;
  OORT_TRY(plan.kind, payload_kind_of(authorization.payload_hash));
  plan.size = request().body_size;
  if (plan.kind == PayloadKind::Hashed) plan.hash = authorization.payload_hash;
  if (plan.kind != PayloadKind::Hashed && plan.kind != PayloadKind::Unsigned) {
    ChunkedPlan chunked;
    const std::string_view text = header("x-amz-decoded-content-length");
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), chunked.decoded_bytes);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
      return fail(ErrorCode::InvalidArgument, reason::missing_length,
                  "You must provide the x-amz-decoded-content-length HTTP header.");
    }
    chunked.has_trailers = plan.kind != PayloadKind::SignedChunks;
    chunked.announced = announced_trailers(header("x-amz-trailer"));
    if (!chunked.has_trailers && !chunked.announced.empty()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_request,
                  "x-amz-trailer is given, but x-amz-content-sha256 names no trailer");
    }
    if (plan.kind != PayloadKind::UnsignedChunksTrailer) {
      chunked.signer.emplace(authenticated_.signing_key, authorization.time, authorization.scope,
                             authorization.signature);
    }
    plan.size = chunked.decoded_bytes;
    plan.chunked = std::move(chunked);
  }
  payload_.emplace(exchange_, std::move(plan));
  return {};
}

http::ResponseHead Context::head(unsigned status) const {
  http::ResponseHead head(status);
  head.add("x-amz-request-id", request().id).add("x-amz-id-2", "oortd").add("Server", "oortd");
  const object::StoreState state = store().state();
  if (state.is_stale) head.add("x-oort-height", state.height.value());
  add_cors(head);
  return head;
}

void Context::add_cors(http::ResponseHead& head) const {
  const std::string_view origin = header("origin");
  if (origin.empty()) return;
  const auto& allowed = options().cors_origins;
  const bool is_allowed = std::any_of(allowed.begin(), allowed.end(), [&](const auto& candidate) {
    return candidate == "*" || candidate == origin;
  });
  if (!is_allowed) return;
  head.add("Access-Control-Allow-Origin", origin).add("Vary", "Origin");
  head.add("Access-Control-Expose-Headers",
           "ETag, Content-Length, Content-Range, x-amz-request-id, x-amz-version-id, "
           "x-amz-delete-marker, x-amz-checksum-crc32, x-amz-checksum-crc32c, "
           "x-amz-checksum-sha1, x-amz-checksum-sha256, x-amz-checksum-crc64nvme");
}

void Context::respond_xml(std::string_view xml) { respond_xml(head(200), xml); }

void Context::respond_xml(http::ResponseHead head, std::string_view xml) {
  head.add("Content-Type", "application/xml");
  exchange_.respond(std::move(head), xml);
}

void Context::fail_with(const Error& error) {
  const S3Error mapped = to_s3(error);
  if (mapped.status == 500) {
    log::error("s3", "a request failed",
               {{"id", request().id}, {"error", error.to_string()}, {"at", error.where().line()}});
  }
  // What broke inside is for the log; its words may name what a client must not know.
  const bool is_ours = mapped.status == 500;
  fail_with(mapped,
            is_ours ? "We encountered an internal error. Please try again." : error.detail());
}

void Context::fail_with(S3Error error, std::string message) {
  fail_with(error, std::move(message), head(error.status));
}

void Context::fail_with(S3Error error, std::string message, http::ResponseHead head) {
  if (error.status == 503) head.add("Retry-After", "1");
  if (request().is_head()) return exchange_.respond(std::move(head));
  ErrorDocument document;
  document.error = error;
  document.message = std::move(message);
  document.resource = resource_of(address_);
  document.request_id = std::string(request().id);
  if (!address_.bucket.empty()) document.bucket = address_.bucket;
  document.key = address_.key;
  respond_xml(std::move(head), to_xml(document));
}

}  // namespace oort::s3
