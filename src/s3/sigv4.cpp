// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/sigv4.hpp"

#include <algorithm>
#include <charconv>

#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"

namespace oort::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::uint64_t expires_max = 604'800;
constexpr std::size_t signed_headers_max = 64;

tl::unexpected<Error> malformed(std::string_view reason, std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason, std::move(detail));
}

bool is_lower_hex(std::string_view text, std::size_t size) noexcept {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// "KEY/20130524/us-east-1/s3/aws4_request"; the key itself may hold slashes.
Result<void> read_credential(std::string_view text, std::string_view reason, Authorization& out) {
  std::vector<std::string> parts = split(text, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request") {
    return malformed(reason, "the credential is not <access key>/<date>/<region>/s3/aws4_request");
  }
  const std::size_t last = parts.size() - 1;
  out.scope = {parts[last - 3], parts[last - 2], parts[last - 1]};
  if (out.scope.date.size() != 8 || !is_digits(out.scope.date)) {
    return malformed(reason, "the date of the credential is not YYYYMMDD");
  }
  if (out.scope.service != "s3") {
    return malformed(reason, "the credential is not for the service s3");
  }
  out.access_key_id = std::string(text.substr(0, text.size() - out.scope.text().size() - 1));
  if (out.access_key_id.empty()) return malformed(reason, "the access key is empty");
  return {};
}

Result<void> read_signed_headers(std::string_view text, std::string_view reason,
                                 Authorization& out) {
  out.signed_headers = split(text, ';');
  const auto& names = out.signed_headers;
  if (names.size() > signed_headers_max) return malformed(reason, "too many signed headers");
  if (std::find(names.begin(), names.end(), "host") == names.end()) {
    return malformed(reason, "the header host is not signed");
  }
  return {};
}

Result<void> read_signature(std::string_view text, std::string_view reason, Authorization& out) {
  if (!is_lower_hex(text, 64)) {
    return malformed(reason, "the signature is not 64 lower-case hexadecimal characters");
  }
  out.signature = std::string(text);
  return {};
}

/// A header of Amazon's that is not signed could be added on the way by anybody.
Result<void> check_all_signed(const http::Request& request, const Authorization& authorization) {
  const auto& names = authorization.signed_headers;
  for (const http::Field& field : request.fields) {
    const bool must = field.name.starts_with("x-amz-") && field.name != "x-amz-content-sha256";
    if (must && std::find(names.begin(), names.end(), field.name) == names.end()) {
      return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                  "There were headers present in the request which were not signed: " +
                      std::string(field.name));
    }
  }
  return {};
}

Result<WallTime> header_time(const http::Request& request) {
  std::string_view text = request.field("x-amz-date");
  if (text.empty()) text = request.field("date");
  auto time = http::from_basic_date(text);
  if (!time) time = http::from_http_date(text);
  if (!time) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "AWS authentication requires a valid Date or x-amz-date header");
  }
  return *time;
}

Result<Authorization> parse_header(const http::Request& request, std::string_view text) {
  constexpr std::string_view reason = reason::malformed_authorization;
  Authorization out;
  text.remove_prefix(algorithm.size());
  std::string_view credential, headers, signature;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::string_view pair = trim(part);
    const std::size_t at = pair.find('=');
    if (at == std::string_view::npos) {
      return malformed(reason, "a part of the Authorization header has no '='");
    }
    const std::string_view name = pair.substr(0, at);
    if (name == "Credential") credential = pair.substr(at + 1);
    if (name == "SignedHeaders") headers = pair.substr(at + 1);
    if (name == "Signature") signature = pair.substr(at + 1);
  }
  OORT_TRY(read_credential(credential, reason, out));
  OORT_TRY(read_signed_headers(headers, reason, out));
  OORT_TRY(read_signature(signature, reason, out));
  OORT_TRY(out.time, header_time(request));
  if (http::to_basic_date(out.time).substr(0, 8) != out.scope.date) {
    return malformed(reason, "the date of the credential is not that of the request");
  }
  out.payload_hash = std::string(request.field("x-amz-content-sha256"));
  if (out.payload_hash.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "Missing required header for this request: x-amz-content-sha256");
  }
  return out;
}

Result<std::uint64_t> parse_expires(std::string_view text) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return malformed(reason::malformed_presigned, "X-Amz-Expires should be a number");
  }
  if (seconds < 1 || seconds > expires_max) {
    return malformed(reason::malformed_presigned,
                     "X-Amz-Expires must be between 1 and 604800 seconds");
  }
  return seconds;
}

Result<Authorization> parse_query(const http::Request& request, const http::Target& target) {
  constexpr std::string_view reason = reason::malformed_presigned;
  Authorization out;
  for (const std::string_view name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
                                      "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    if (!target.has(name)) {
      return malformed(reason, "the query lacks " + std::string(name));
    }
  }
  if (*target.parameter("X-Amz-Algorithm") != algorithm) {
    return malformed(reason, "X-Amz-Algorithm only supports AWS4-HMAC-SHA256");
  }
  OORT_TRY(read_credential(*target.parameter("X-Amz-Credential"), reason, out));
  OORT_TRY(read_signed_headers(*target.parameter("X-Amz-SignedHeaders"), reason, out));
  OORT_TRY(read_signature(*target.parameter("X-Amz-Signature"), reason, out));
  OORT_TRY(out.expires_seconds, parse_expires(*target.parameter("X-Amz-Expires")));
  const auto time = http::from_basic_date(*target.parameter("X-Amz-Date"));
  if (!time) return malformed(reason, "X-Amz-Date is not of the form YYYYMMDDTHHMMSSZ");
  out.time = *time;
  if (target.parameter("X-Amz-Date")->substr(0, 8) != out.scope.date) {
    return malformed(reason, "the date of the credential is not that of X-Amz-Date");
  }
  const std::string_view hash = request.field("x-amz-content-sha256");
  const std::string* in_query = target.parameter("X-Amz-Content-Sha256");
  out.payload_hash = in_query ? *in_query : std::string(hash.empty() ? unsigned_payload : hash);
  return out;
}

}  // namespace

Result<PayloadKind> payload_kind_of(std::string_view value) {
  if (value == unsigned_payload) return PayloadKind::Unsigned;
  if (value == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadKind::SignedChunks;
  if (value == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    return PayloadKind::SignedChunksTrailer;
  }
  if (value == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadKind::UnsignedChunksTrailer;
  if (value.starts_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) {
    return fail(ErrorCode::Unimplemented, reason::not_supported, "SigV4A is not supported");
  }
  if (is_lower_hex(value, 64)) return PayloadKind::Hashed;
  return malformed(reason::bad_argument,
                   "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING-... value, or a "
                   "valid sha256 value");
}

Result<std::optional<Authorization>> parse_authorization(const http::Request& request,
                                                         const http::Target& target) {
  const std::string_view header = request.field("authorization");
  const bool is_query = target.has("X-Amz-Algorithm") || target.has("X-Amz-Signature") ||
                        target.has("X-Amz-Credential");
  if (!header.empty() && is_query) {
    return malformed(reason::bad_argument,
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                     "Signature query string parameter or the Authorization header should be "
                     "specified");
  }
  const bool is_v2 = header.starts_with("AWS ") || target.has("AWSAccessKeyId");
  const bool is_v4a = header.starts_with("AWS4-ECDSA");
  if (is_v2 || is_v4a) {
    return malformed(reason::bad_request,
                     "The authorization mechanism you have provided is not supported. Please use "
                     "AWS4-HMAC-SHA256.");
  }
  if (header.empty() && !is_query) return std::optional<Authorization>();
  if (!is_query && !header.starts_with(std::string(algorithm) + " ")) {
    return malformed(reason::bad_argument, "Unsupported Authorization Type");
  }
  OORT_TRY(Authorization out,
           is_query ? parse_query(request, target) : parse_header(request, header));
  OORT_TRY(check_all_signed(request, out));
  return std::optional<Authorization>(std::move(out));
}

}  // namespace oort::s3
