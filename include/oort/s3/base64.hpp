// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oort/core/bytes.hpp"

namespace oort::s3 {

/// RFC 4648, section 4, with padding.
[[nodiscard]] std::string to_base64(ByteView bytes);
/// Canonical input only: padded, no white space, no stray bits. Empty for anything else.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

}  // namespace oort::s3
