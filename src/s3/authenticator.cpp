// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {
namespace {

constexpr std::size_t cached_keys_max = 4'096;

tl::unexpected<Error> denied(std::string_view reason, std::string detail) {
  return fail(ErrorCode::PermissionDenied, reason, std::move(detail));
}

}  // namespace

Authenticator::Authenticator(const Options& options, object::ObjectStore& store, env::Clock& clock)
    : region_(options.region),
      clock_skew_max_(options.clock_skew_max),
      access_key_ttl_(options.access_key_ttl),
      store_(store),
      clock_(clock) {}

void Authenticator::authenticate(const http::Request& request, const http::Target& target,
                                 Callback<Result<Authenticated>> done) {
  if (request.has_field("x-amz-security-token") || target.has("X-Amz-Security-Token")) {
    return done(fail(ErrorCode::Unimplemented, reason::not_supported,
                     "temporary credentials are not supported"));
  }
  auto parsed = parse_authorization(request, target);
  if (!parsed) return done(fail(std::move(parsed).error()));
  if (!*parsed) {
    return done(denied(reason::not_allowed, "Anonymous access is not allowed: sign the request"));
  }
  Authorization authorization = std::move(**parsed);
  auto checked = check_scope(authorization);
  if (checked) checked = check_time(authorization);
  if (!checked) return done(fail(std::move(checked).error()));
  if (const auto cached = find_cached(authorization)) {
    return done(verify(request, target, std::move(authorization), *cached));
  }
  std::string id = authorization.access_key_id;
  store_.find_access_key(std::move(id), [self = shared_from_this(), &request, &target,
                                         moved = std::move(authorization), then = std::move(done)](
                                            Result<object::AccessKey> key) mutable {
    if (!key && key.error().reason() == reason::not_found) {
      return then(denied(reason::unknown_access_key,
                         "The AWS Access Key Id you provided does not exist in our records."));
    }
    if (!key) return then(fail(std::move(key).error()));
    self->remember(*key);
    CachedKey fresh;
    fresh.key = std::move(*key);
    then(self->verify(request, target, std::move(moved), fresh));
  });
}

Result<void> Authenticator::check_scope(const Authorization& authorization) const {
  if (region_.empty() || authorization.scope.region == region_) return {};
  return fail(
      ErrorCode::InvalidArgument,
      authorization.is_presigned() ? reason::malformed_presigned : reason::malformed_authorization,
      "the region '" + authorization.scope.region + "' is wrong; expecting '" + region_ + "'");
}

Result<void> Authenticator::check_time(const Authorization& authorization) const {
  const auto now = static_cast<std::int64_t>(clock_.now_wall().milliseconds);
  const auto time = static_cast<std::int64_t>(authorization.time.milliseconds);
  const auto skew = std::chrono::duration_cast<std::chrono::milliseconds>(clock_skew_max_).count();
  if (!authorization.is_presigned()) {
    if (now - time <= skew && time - now <= skew) return {};
    return denied(reason::clock_skew,
                  "The difference between the request time and the current time is too large.");
  }
  if (time - now > skew) return denied(reason::request_expired, "Request is not valid yet");
  const auto lifetime = static_cast<std::int64_t>(*authorization.expires_seconds) * 1'000;
  if (now - time > lifetime) return denied(reason::request_expired, "Request has expired");
  return {};
}

std::optional<Authenticator::CachedKey> Authenticator::find_cached(
    const Authorization& authorization) {
  const MonoTime now = clock_.now_mono();
  const std::lock_guard lock(mutex_);
  const auto found = cache_.find(authorization.access_key_id);
  if (found == cache_.end()) return std::nullopt;
  CachedKey& cached = found->second;
  if (now >= cached.good_until) {
    cache_.erase(found);
    return std::nullopt;
  }
  if (!cached.signing_key || cached.scope != authorization.scope) {
    cached.scope = authorization.scope;
    cached.signing_key = signing_key(cached.key.secret, authorization.scope);
  }
  return cached;
}

void Authenticator::remember(const object::AccessKey& key) {
  CachedKey cached;
  cached.key = key;
  cached.good_until = clock_.now_mono() + access_key_ttl_;
  const std::lock_guard lock(mutex_);
  if (cache_.size() >= cached_keys_max) cache_.clear();
  cache_.insert_or_assign(key.id, std::move(cached));
}

Result<Authenticated> Authenticator::verify(const http::Request& request,
                                            const http::Target& target, Authorization authorization,
                                            const CachedKey& cached) const {
  if (cached.key.expires && clock_.now_wall() >= *cached.key.expires) {
    return denied(reason::request_expired, "The access key has expired");
  }
  const std::string canonical =
      canonical_request(request.method, target, request.fields, authorization.signed_headers,
                        authorization.payload_hash);
  const Bytes32 hash = crypto::sha256(as_bytes(canonical));
  const Bytes32 key = cached.signing_key ? *cached.signing_key
                                         : signing_key(cached.key.secret, authorization.scope);
  const std::string expected =
      sign(key, string_to_sign(authorization.time, authorization.scope, hash));
  if (!crypto::equal_constant_time(as_bytes(expected), as_bytes(authorization.signature))) {
    return denied(reason::signature_mismatch,
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your key and signing method.");
  }
  Authenticated out;
  out.caller.account = cached.key.account;
  out.caller.access_key_id = cached.key.id;
  out.caller.is_read_only = cached.key.is_read_only;
  out.caller.bucket_scope = cached.key.bucket_scope;
  out.caller.request_hash = hash;
  out.caller.trace_id = std::string(request.id);
  out.authorization = std::move(authorization);
  out.signing_key = key;
  return out;
}

}  // namespace oort::s3
