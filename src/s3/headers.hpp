// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

/// Refuses the fields that would change what a write means and are not supported: encryption with
/// foreign keys, ACLs and grants, object lock, redirects. NOT_SUPPORTED.
[[nodiscard]] Result<void> check_write_headers(const Context& context);
/// Content-Type and its kin, and x-amz-meta-*. METADATA_TOO_LARGE.
[[nodiscard]] Result<object::Headers> read_object_headers(const Context& context);
/// x-amz-tagging: "a=b&c=d". BAD_TAG.
[[nodiscard]] Result<object::Headers> read_tags_header(const Context& context);
/// BAD_STORAGE_CLASS.
[[nodiscard]] Result<object::StorageClass> read_storage_class(const Context& context);
/// x-amz-checksum-algorithm, or its older names. BAD_REQUEST for a word that is none.
[[nodiscard]] Result<std::optional<crypto::Digest>> read_checksum_algorithm(const Context& context);
/// If-Match and If-None-Match of a write.
[[nodiscard]] Result<object::Precondition> read_precondition(const Context& context);
/// A number in the query or its default. BAD_ARGUMENT.
[[nodiscard]] Result<std::uint64_t> read_number(const Context& context, std::string_view name,
                                                std::uint64_t otherwise, std::uint64_t max);

/// Which checksums a client announces in head or trailers of a body.
struct BodyChecks {
  /// To be computed while the bytes pass.
  std::vector<crypto::Digest> kinds;
  /// Those whose values stand in the head.
  object::PutEnd known;
};
/// BAD_DIGEST, BAD_REQUEST.
[[nodiscard]] Result<BodyChecks> read_body_checks(const Context& context);
/// Adds what the trailers said. BAD_DIGEST.
[[nodiscard]] Result<object::PutEnd> finish_body_checks(
    object::PutEnd known, const std::vector<http::Parameter>& trailers);
/// x-amz-checksum-* fields of a head, as expectations. BAD_DIGEST, BAD_REQUEST.
[[nodiscard]] Result<std::vector<object::Checksum>> read_checksum_fields(const Context& context);

/// The version as S3 prints it in a bucket that keeps versions; empty where none is printed.
[[nodiscard]] std::string version_text(const object::PutResult& result);
[[nodiscard]] std::string version_text(const object::ObjectMeta& meta);
[[nodiscard]] std::string quoted(std::string_view etag);

void add_checksums(http::ResponseHead& head, const std::vector<object::Checksum>& checksums,
                   std::uint32_t parts_count);
/// ETag, version, checksums, durability: what every write answers.
void add_put_result(http::ResponseHead& head, const object::PutResult& result);

}  // namespace oort::s3
