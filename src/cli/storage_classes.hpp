// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "oort/ledger/params.hpp"

namespace oort::cli {

/// The order of ledger::StorageClass.
inline constexpr std::array class_names = {"STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"};

[[nodiscard]] inline const char* name_of(ledger::StorageClass storage_class) {
  return class_names.at(static_cast<std::size_t>(storage_class));
}

[[nodiscard]] inline std::optional<ledger::StorageClass> class_of(std::string_view name) {
  const auto found = std::ranges::find(class_names, name);
  if (found == class_names.end()) return std::nullopt;
  return static_cast<ledger::StorageClass>(static_cast<std::uint8_t>(found - class_names.begin()));
}

}  // namespace oort::cli
