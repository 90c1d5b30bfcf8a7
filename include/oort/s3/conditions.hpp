// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

/// The four conditional fields as they came; empty when absent.
struct ReadConditions {
  std::string_view if_match;
  std::string_view if_none_match;
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;
};
enum class Verdict : std::uint8_t { Proceed, NotModified, PreconditionFailed };
/// Judges in the order of RFC 9110, 13.2.2. A date that cannot be read is no condition.
[[nodiscard]] Verdict judge(const ReadConditions& conditions, std::string_view etag,
                            WallTime modified) noexcept;

/// The range that a `Range` field selects of `size` bytes; empty when the field is absent, is
/// malformed or names several ranges: then everything is sent, as S3 does.
/// Fails with INVALID_RANGE when no byte is selected.
[[nodiscard]] Result<std::optional<object::ByteRange>> select_range(std::string_view field,
                                                                    std::uint64_t size);
/// `x-amz-copy-source-range`: only "bytes=first-last". Fails with BAD_ARGUMENT.
[[nodiscard]] Result<object::ByteRange> parse_copy_range(std::string_view field);

/// If-Match and If-None-Match of a write. Fails with NOT_SUPPORTED for what S3 does not allow.
[[nodiscard]] Result<object::Precondition> parse_precondition(std::string_view if_match,
                                                              std::string_view if_none_match);

}  // namespace oort::s3
