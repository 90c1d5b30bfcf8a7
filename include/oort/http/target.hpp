// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::http {

/// Whether `+` means a space, as it does in queries but not in paths.
enum class Plus : bool { IsPlus, IsSpace };
/// Whether `/` stays as it is.
enum class Slash : bool { Encode, Keep };

/// Decodes `%41`. Fails with MALFORMED on a `%` without two hexadecimal digits.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, Plus plus);
/// Encodes everything but the unreserved characters of RFC 3986, in upper-case hexadecimal.
[[nodiscard]] std::string percent_encode(std::string_view text, Slash slash);
void append_percent_encoded(std::string& out, std::string_view text, Slash slash);

struct Parameter {
  std::string name;
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// A request target, decoded.
struct Target {
  /// Begins with '/'.
  std::string path;
  /// In the order of arrival; `?acl` has an empty value.
  std::vector<Parameter> query;

  /// The first parameter of that name, or null.
  [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept {
    return parameter(name) != nullptr;
  }
  friend bool operator==(const Target&, const Target&) = default;
};

/// Parses the origin form (`/path?query`) and the absolute form (`http://host/path?query`).
/// Fails with MALFORMED, or TOO_LARGE past 128 parameters.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

}  // namespace oort::http
