// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::node {

/// A value as the file writes it.
using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

enum class Kind : std::uint8_t { Boolean, Integer, Text, List };

/// "true or false", "a whole number", …
[[nodiscard]] std::string_view describe(Kind kind) noexcept;
[[nodiscard]] Kind kind_of(const Value& value) noexcept;
/// As the file writes it.
[[nodiscard]] std::string to_toml(const Value& value);

/// A value given as bare text, by a flag or a variable: a list is separated by commas, an empty
/// text is an empty list. Fails with BAD_CONFIG.
[[nodiscard]] Result<Value> parse_value(std::string_view text, Kind kind);

/// The fewest single-character changes that make one word of the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace oort::node
