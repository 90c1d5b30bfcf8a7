// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

/// The five checksums of S3 in one table: header name, algorithm word, XML element.
struct ChecksumName {
  crypto::Digest kind;
  std::string_view header;   ///< "x-amz-checksum-crc32"
  std::string_view word;     ///< "CRC32"
  std::string_view element;  ///< "ChecksumCRC32"
};
[[nodiscard]] const ChecksumName* checksum_by_header(std::string_view header) noexcept;
/// Any case, as SDKs differ.
[[nodiscard]] const ChecksumName* checksum_by_word(std::string_view word) noexcept;
[[nodiscard]] const ChecksumName* checksum_by_element(std::string_view element) noexcept;
/// Null for a digest that S3 has no checksum of.
[[nodiscard]] const ChecksumName* checksum_of(crypto::Digest kind) noexcept;

/// "FULL_OBJECT", "COMPOSITE".
[[nodiscard]] std::string_view to_word(object::ChecksumType type) noexcept;
/// Base64, and "-N" behind a composite one of N parts.
[[nodiscard]] std::string to_text(const object::Checksum& checksum, std::uint32_t parts_count);
/// Parses a header's or an element's value. Fails with BAD_DIGEST.
[[nodiscard]] Result<object::Checksum> parse_checksum(const ChecksumName& name,
                                                      std::string_view value);

}  // namespace oort::s3
