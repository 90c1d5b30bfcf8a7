// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// Outer white space goes, inner runs become one space.
void append_trimmed(std::string& out, std::string_view value) {
  bool is_gap = false;
  bool is_begun = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      is_gap = is_begun;
      continue;
    }
    if (is_gap) out.push_back(' ');
    is_gap = false;
    is_begun = true;
    out.push_back(c);
  }
}

void append_query(std::string& out, const http::Target& target) {
  std::vector<std::pair<std::string, std::string>> sorted;
  sorted.reserve(target.query.size());
  for (const http::Parameter& parameter : target.query) {
    if (parameter.name == "X-Amz-Signature") continue;
    sorted.emplace_back(http::percent_encode(parameter.name, http::Slash::Encode),
                        http::percent_encode(parameter.value, http::Slash::Encode));
  }
  std::sort(sorted.begin(), sorted.end());
  bool is_first = true;
  for (const auto& [name, value] : sorted) {
    if (!is_first) out.push_back('&');
    is_first = false;
    out.append(name).append("=").append(value);
  }
}

void append_header(std::string& out, std::string_view name, std::span<const http::Field> fields) {
  out.append(name).push_back(':');
  bool is_first = true;
  for (const http::Field& field : fields) {
    if (field.name != name) continue;
    if (!is_first) out.push_back(',');
    is_first = false;
    append_trimmed(out, field.value);
  }
  out.push_back('\n');
}

Bytes32 hmac(ByteView key, std::string_view text) {
  return crypto::hmac_sha256(key, as_bytes(text));
}

std::string join(std::span<const std::string> names) {
  std::string joined;
  for (const std::string& name : names) {
    if (!joined.empty()) joined.push_back(';');
    joined.append(name);
  }
  return joined;
}

CredentialScope scope_of(const Credentials& credentials, const std::string& date) {
  return {date.substr(0, 8), credentials.region, "s3"};
}

/// Sorted names of the fields, and the fields as views.
std::vector<std::string> names_of(const std::vector<http::Parameter>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const http::Parameter& field : fields) names.push_back(field.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<http::Field> views_of(const std::vector<http::Parameter>& fields) {
  std::vector<http::Field> views;
  views.reserve(fields.size());
  for (const http::Parameter& field : fields) views.push_back({field.name, field.value});
  return views;
}

}  // namespace

std::string CredentialScope::text() const {
  std::string out;
  out.reserve(date.size() + region.size() + service.size() + 16);
  return out.append(date).append("/").append(region).append("/").append(service).append(
      "/aws4_request");
}

std::string canonical_request(std::string_view method, const http::Target& target,
                              std::span<const http::Field> fields,
                              std::span<const std::string> signed_headers,
                              std::string_view payload_hash) {
  std::string out;
  out.reserve(1024);
  out.append(method).push_back('\n');
  http::append_percent_encoded(out, target.path, http::Slash::Keep);
  out.push_back('\n');
  append_query(out, target);
  out.push_back('\n');
  for (const std::string& name : signed_headers) append_header(out, name, fields);
  out.push_back('\n');
  out.append(join(signed_headers)).append("\n").append(payload_hash);
  return out;
}

std::string string_to_sign(WallTime time, const CredentialScope& scope,
                           const Bytes32& canonical_hash) {
  std::string out(algorithm);
  out.append("\n").append(http::to_basic_date(time)).append("\n").append(scope.text());
  return out.append("\n").append(canonical_hash.hex());
}

Bytes32 signing_key(std::string_view secret, const CredentialScope& scope) {
  const std::string first = "AWS4" + std::string(secret);
  const Bytes32 date = hmac(as_bytes(first), scope.date);
  const Bytes32 region = hmac(date.view(), scope.region);
  const Bytes32 service = hmac(region.view(), scope.service);
  return hmac(service.view(), "aws4_request");
}

std::string sign(const Bytes32& key, std::string_view text) { return hmac(key.view(), text).hex(); }

ChunkSigner::ChunkSigner(const Bytes32& key, WallTime time, const CredentialScope& scope,
                         std::string seed)
    : key_(key), previous_(std::move(seed)) {
  time_and_scope_ = "\n" + http::to_basic_date(time) + "\n" + scope.text() + "\n";
}

std::string ChunkSigner::next_chunk(const Bytes32& hash) {
  std::string text(algorithm);
  text.append("-PAYLOAD").append(time_and_scope_).append(previous_).append("\n");
  text.append(empty_payload_hash).append("\n").append(hash.hex());
  previous_ = sign(key_, text);
  return previous_;
}

std::string ChunkSigner::trailers(std::string_view canonical) const {
  std::string text(algorithm);
  text.append("-TRAILER").append(time_and_scope_).append(previous_).append("\n");
  return sign(key_, text.append(crypto::sha256(as_bytes(canonical)).hex()));
}

std::string sign_request(Unsigned& request, const Credentials& credentials, WallTime time) {
  const std::string date = http::to_basic_date(time);
  const CredentialScope scope = scope_of(credentials, date);
  request.fields.push_back({"x-amz-date", date});
  request.fields.push_back({"x-amz-content-sha256", request.payload_hash});
  const std::vector<std::string> names = names_of(request.fields);
  const std::string canonical = canonical_request(
      request.method, request.target, views_of(request.fields), names, request.payload_hash);
  const std::string signature =
      sign(signing_key(credentials.secret, scope),
           string_to_sign(time, scope, crypto::sha256(as_bytes(canonical))));
  request.fields.push_back({"authorization", std::string(algorithm) +
                                                 " Credential=" + credentials.access_key_id + "/" +
                                                 scope.text() + ", SignedHeaders=" + join(names) +
                                                 ", Signature=" + signature});
  return signature;
}

std::string presign(Unsigned request, const Credentials& credentials, WallTime time,
                    std::uint64_t expires_seconds) {
  OORT_ASSERT(expires_seconds >= 1 && expires_seconds <= 604'800, "a week is the longest");
  const std::string date = http::to_basic_date(time);
  const CredentialScope scope = scope_of(credentials, date);
  const std::vector<std::string> names = names_of(request.fields);
  auto& query = request.target.query;
  query.push_back({"X-Amz-Algorithm", std::string(algorithm)});
  query.push_back({"X-Amz-Credential", credentials.access_key_id + "/" + scope.text()});
  query.push_back({"X-Amz-Date", date});
  query.push_back({"X-Amz-Expires", std::to_string(expires_seconds)});
  query.push_back({"X-Amz-SignedHeaders", join(names)});
  const std::string canonical = canonical_request(
      request.method, request.target, views_of(request.fields), names, request.payload_hash);
  const std::string signature =
      sign(signing_key(credentials.secret, scope),
           string_to_sign(time, scope, crypto::sha256(as_bytes(canonical))));
  std::string url = http::percent_encode(request.target.path, http::Slash::Keep) + "?";
  append_query(url, request.target);
  return url.append("&X-Amz-Signature=").append(signature);
}

}  // namespace oort::s3
