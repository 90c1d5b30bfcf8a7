// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The stable words of every error: gRPC `ErrorInfo.reason`, `reason` in JSON output and in logs.
/// A word is never renamed or reused; a new one is added here and to `docs/ERRORS.md`.
namespace oort::reason {

inline constexpr std::string_view bad_argument = "BAD_ARGUMENT";
inline constexpr std::string_view malformed = "MALFORMED";
inline constexpr std::string_view not_canonical = "NOT_CANONICAL";
inline constexpr std::string_view unsupported_version = "UNSUPPORTED_VERSION";
inline constexpr std::string_view too_large = "TOO_LARGE";
inline constexpr std::string_view overflow = "OVERFLOW";
inline constexpr std::string_view bad_signature = "BAD_SIGNATURE";
inline constexpr std::string_view bad_key = "BAD_KEY";
inline constexpr std::string_view bad_proof = "BAD_PROOF";
inline constexpr std::string_view bad_certificate = "BAD_CERTIFICATE";
inline constexpr std::string_view wrong_chain = "WRONG_CHAIN";
inline constexpr std::string_view decryption_failed = "DECRYPTION_FAILED";
inline constexpr std::string_view not_found = "NOT_FOUND";
inline constexpr std::string_view already_exists = "ALREADY_EXISTS";
inline constexpr std::string_view not_allowed = "NOT_ALLOWED";
inline constexpr std::string_view unauthenticated = "UNAUTHENTICATED";
inline constexpr std::string_view not_ready = "NOT_READY";
inline constexpr std::string_view no_quorum = "NO_QUORUM";
inline constexpr std::string_view not_enough_nodes = "NOT_ENOUGH_NODES";
inline constexpr std::string_view not_enough_shards = "NOT_ENOUGH_SHARDS";
inline constexpr std::string_view peer_unreachable = "PEER_UNREACHABLE";
inline constexpr std::string_view peer_misbehaved = "PEER_MISBEHAVED";
inline constexpr std::string_view queue_full = "QUEUE_FULL";
inline constexpr std::string_view rate_limited = "RATE_LIMITED";
inline constexpr std::string_view deadline_exceeded = "DEADLINE_EXCEEDED";
inline constexpr std::string_view cancelled = "CANCELLED";
inline constexpr std::string_view disk_full = "DISK_FULL";
inline constexpr std::string_view disk_failed = "DISK_FAILED";
inline constexpr std::string_view corrupt_data = "CORRUPT_DATA";
inline constexpr std::string_view corrupt_wal = "CORRUPT_WAL";
inline constexpr std::string_view corrupt_shard = "CORRUPT_SHARD";
inline constexpr std::string_view signer_refused = "SIGNER_REFUSED";
inline constexpr std::string_view port_in_use = "PORT_IN_USE";
inline constexpr std::string_view wrong_genesis = "WRONG_GENESIS";
inline constexpr std::string_view bad_config = "BAD_CONFIG";
inline constexpr std::string_view unknown_config_key = "UNKNOWN_CONFIG_KEY";
inline constexpr std::string_view already_running = "ALREADY_RUNNING";
inline constexpr std::string_view rejected = "TRANSACTION_REJECTED";
inline constexpr std::string_view expired = "TRANSACTION_EXPIRED";
inline constexpr std::string_view body_too_short = "BODY_TOO_SHORT";
inline constexpr std::string_view checksum_mismatch = "CHECKSUM_MISMATCH";
inline constexpr std::string_view clock_skew = "CLOCK_SKEW";
inline constexpr std::string_view not_supported = "NOT_SUPPORTED";
inline constexpr std::string_view no_such_bucket = "NO_SUCH_BUCKET";
inline constexpr std::string_view no_such_key = "NO_SUCH_KEY";
inline constexpr std::string_view no_such_version = "NO_SUCH_VERSION";
inline constexpr std::string_view no_such_upload = "NO_SUCH_UPLOAD";
inline constexpr std::string_view method_not_allowed = "METHOD_NOT_ALLOWED";
inline constexpr std::string_view bucket_already_exists = "BUCKET_ALREADY_EXISTS";
inline constexpr std::string_view bucket_already_owned = "BUCKET_ALREADY_OWNED";
inline constexpr std::string_view bucket_not_empty = "BUCKET_NOT_EMPTY";
inline constexpr std::string_view precondition_failed = "PRECONDITION_FAILED";
inline constexpr std::string_view invalid_range = "INVALID_RANGE";
inline constexpr std::string_view invalid_part = "INVALID_PART";
inline constexpr std::string_view invalid_part_order = "INVALID_PART_ORDER";
inline constexpr std::string_view part_too_small = "PART_TOO_SMALL";
inline constexpr std::string_view malformed_authorization = "MALFORMED_AUTHORIZATION";
inline constexpr std::string_view malformed_presigned = "MALFORMED_PRESIGNED";
inline constexpr std::string_view signature_mismatch = "SIGNATURE_MISMATCH";
inline constexpr std::string_view unknown_access_key = "UNKNOWN_ACCESS_KEY";
inline constexpr std::string_view request_expired = "REQUEST_EXPIRED";
inline constexpr std::string_view request_timeout = "REQUEST_TIMEOUT";
inline constexpr std::string_view payload_hash_mismatch = "PAYLOAD_HASH_MISMATCH";
inline constexpr std::string_view malformed_trailer = "MALFORMED_TRAILER";
inline constexpr std::string_view malformed_xml = "MALFORMED_XML";
inline constexpr std::string_view missing_length = "MISSING_LENGTH";
inline constexpr std::string_view bad_request = "BAD_REQUEST";
inline constexpr std::string_view bad_uri = "BAD_URI";
inline constexpr std::string_view bad_digest = "BAD_DIGEST";
inline constexpr std::string_view bad_bucket_name = "BAD_BUCKET_NAME";
inline constexpr std::string_view bad_storage_class = "BAD_STORAGE_CLASS";
inline constexpr std::string_view bad_tag = "BAD_TAG";
inline constexpr std::string_view bad_part_number = "BAD_PART_NUMBER";
inline constexpr std::string_view key_too_long = "KEY_TOO_LONG";
inline constexpr std::string_view metadata_too_large = "METADATA_TOO_LARGE";
inline constexpr std::string_view sandbox_failed = "SANDBOX_FAILED";
inline constexpr std::string_view image_traversal = "IMAGE_TRAVERSAL";
inline constexpr std::string_view image_absolute_path = "IMAGE_ABSOLUTE_PATH";
inline constexpr std::string_view image_link_escapes = "IMAGE_LINK_ESCAPES";
inline constexpr std::string_view image_device = "IMAGE_DEVICE";
inline constexpr std::string_view image_bomb = "IMAGE_BOMB";
inline constexpr std::string_view image_digest_mismatch = "IMAGE_DIGEST_MISMATCH";
inline constexpr std::string_view image_media_type = "IMAGE_MEDIA_TYPE";
inline constexpr std::string_view image_name_too_long = "IMAGE_NAME_TOO_LONG";
inline constexpr std::string_view remote_error = "REMOTE_ERROR";
inline constexpr std::string_view internal = "INTERNAL";

}  // namespace oort::reason
