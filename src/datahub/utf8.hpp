// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oort::datahub {

/// Takes the first code point off `text`. Empty, and nothing taken, when it is not well-formed.
/// Requires: `text` is not empty.
[[nodiscard]] std::optional<std::uint32_t> take_code_point(std::string_view& text) noexcept;

/// Appends a code point. Requires: no surrogate, at most U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace oort::datahub
