// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace oort::http {

/// The words after the number in a status line.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace oort::http
