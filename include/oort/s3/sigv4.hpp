// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"

/// AWS Signature Version 4 as S3 speaks it: paths are encoded once and never normalised.
namespace oort::s3 {

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
/// SHA-256 of nothing, in hexadecimal.
inline constexpr std::string_view empty_payload_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What `x-amz-content-sha256` says about the body.
enum class PayloadKind : std::uint8_t {
  Unsigned,              ///< UNSIGNED-PAYLOAD
  Hashed,                ///< 64 hexadecimal characters.
  SignedChunks,          ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  SignedChunksTrailer,   ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  UnsignedChunksTrailer  ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
};
/// Fails with BAD_ARGUMENT, or NOT_SUPPORTED for SigV4A.
[[nodiscard]] Result<PayloadKind> payload_kind_of(std::string_view value);

/// Where and when a derived key is good: "20130524/us-east-1/s3/aws4_request".
struct CredentialScope {
  std::string date;
  std::string region;
  std::string service = "s3";
  [[nodiscard]] std::string text() const;
  friend bool operator==(const CredentialScope&, const CredentialScope&) = default;
};

/// How a request says that it is signed.
struct Authorization {
  std::string access_key_id;
  CredentialScope scope;
  /// Lower-case names in the order in which they were signed.
  std::vector<std::string> signed_headers;
  /// 64 lower-case hexadecimal characters.
  std::string signature;
  WallTime time;
  /// Seconds from `time`, for a presigned URL alone.
  std::optional<std::uint64_t> expires_seconds;
  /// As it stands in the canonical request.
  std::string payload_hash;

  [[nodiscard]] bool is_presigned() const noexcept { return expires_seconds.has_value(); }
};

/// Reads the `Authorization` field or the query of a presigned URL; empty when the request carries
/// neither. Checks form only: nothing is compared with a key or a clock.
/// Fails with MALFORMED_AUTHORIZATION, MALFORMED_PRESIGNED, BAD_REQUEST, NOT_ALLOWED (a field that
/// must be signed is not), NOT_SUPPORTED.
[[nodiscard]] Result<std::optional<Authorization>> parse_authorization(const http::Request& request,
                                                                       const http::Target& target);

/// The canonical request, from which both sides derive the signature.
[[nodiscard]] std::string canonical_request(std::string_view method, const http::Target& target,
                                            std::span<const http::Field> fields,
                                            std::span<const std::string> signed_headers,
                                            std::string_view payload_hash);
[[nodiscard]] std::string string_to_sign(WallTime time, const CredentialScope& scope,
                                         const Bytes32& canonical_hash);
[[nodiscard]] Bytes32 signing_key(std::string_view secret, const CredentialScope& scope);
/// Lower-case hexadecimal.
[[nodiscard]] std::string sign(const Bytes32& key, std::string_view text);

/// The running signature of an aws-chunked body: each chunk signs the one before.
class ChunkSigner {
 public:
  /// `seed` is the signature of the request's head.
  ChunkSigner(const Bytes32& key, WallTime time, const CredentialScope& scope, std::string seed);
  /// The signature of the next chunk, given the hash of its bytes; it becomes the running one.
  [[nodiscard]] std::string next_chunk(const Bytes32& hash);
  /// The signature of the trailers ("name:value\n" each, in order of arrival).
  [[nodiscard]] std::string trailers(std::string_view canonical) const;

 private:
  Bytes32 key_;
  std::string time_and_scope_;
  std::string previous_;
};

/// What a client signs with.
struct Credentials {
  std::string access_key_id;
  std::string secret;
  std::string region = "us-east-1";
};
/// A request that a client is about to send. Fields in lower case, `host` among them.
struct Unsigned {
  std::string method = "GET";
  http::Target target;
  std::vector<http::Parameter> fields;
  std::string payload_hash = std::string(unsigned_payload);
};
/// Adds `x-amz-date`, `x-amz-content-sha256` and `authorization`, signing every field. Returns the
/// signature, from which a chunked body goes on.
std::string sign_request(Unsigned& request, const Credentials& credentials, WallTime time);
/// Path and query of a presigned URL. Requires: 1 <= expires_seconds <= 604,800.
[[nodiscard]] std::string presign(Unsigned request, const Credentials& credentials, WallTime time,
                                  std::uint64_t expires_seconds);

}  // namespace oort::s3
