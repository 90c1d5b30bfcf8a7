// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

/// What a request is about: nothing (the service), a bucket, or an object.
struct Address {
  std::string bucket;
  std::string key;
};

/// Finds bucket and key in host and decoded path. Fails with BAD_URI for a key that is not UTF-8,
/// KEY_TOO_LONG.
[[nodiscard]] Result<Address> parse_address(std::string_view host, std::string_view path,
                                            const std::vector<std::string>& base_domains);
/// S3's rules of bucket names. BAD_BUCKET_NAME.
[[nodiscard]] Result<void> check_bucket_name(std::string_view name);
/// BAD_URI, KEY_TOO_LONG.
[[nodiscard]] Result<void> check_key(std::string_view key);

/// A version as clients name it: "null", or 32 hexadecimal characters.
struct VersionText {
  std::optional<ObjectVersionId> version;
  bool is_null = false;
};
/// BAD_ARGUMENT.
[[nodiscard]] Result<VersionText> parse_version(std::string_view text);

/// "x-amz-copy-source": [/]bucket/key[?versionId=…], percent-encoded.
struct CopySource {
  Address address;
  VersionText version;
};
/// BAD_ARGUMENT, NOT_SUPPORTED for access points.
[[nodiscard]] Result<CopySource> parse_copy_source(std::string_view field);

}  // namespace oort::s3
