// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "oort/object/object_store.hpp"

namespace oort::object {
namespace {

constexpr std::array<std::string_view, 4> words{"STANDARD", "STANDARD_IA", "GLACIER",
                                                "DEEP_ARCHIVE"};

}  // namespace

std::string_view to_string(StorageClass storage_class) noexcept {
  return words.at(static_cast<std::size_t>(storage_class));
}

std::optional<StorageClass> storage_class_from(std::string_view word) noexcept {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words.at(i) == word) return static_cast<StorageClass>(i);
  }
  return std::nullopt;
}

}  // namespace oort::object
