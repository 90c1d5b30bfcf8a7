// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oort/core/time.hpp"

namespace oort::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string to_http_date(WallTime time);
/// Parses the form above and the obsolete RFC 850 form; empty for anything else.
[[nodiscard]] std::optional<WallTime> from_http_date(std::string_view text);
/// "1994-11-06T08:49:37.000Z".
[[nodiscard]] std::string to_iso_date(WallTime time);
/// "19941106T084937Z", as SigV4 writes it.
[[nodiscard]] std::string to_basic_date(WallTime time);
/// Parses `19941106T084937Z` and nothing else.
[[nodiscard]] std::optional<WallTime> from_basic_date(std::string_view text);

}  // namespace oort::http
