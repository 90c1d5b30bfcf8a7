// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>

namespace oort {

/// An integer with a name: no implicit conversion, no arithmetic that has no meaning.
/// Only `next()` and comparison are offered; everything else goes through `value()`.
template <class Tag, std::integral Rep>
class Strong {
 public:
  using rep = Rep;

  constexpr Strong() noexcept = default;
  constexpr explicit Strong(Rep value) noexcept : value_(value) {}

  [[nodiscard]] constexpr Rep value() const noexcept { return value_; }
  /// The value after this one. Requires: not the greatest value.
  [[nodiscard]] constexpr Strong next() const noexcept {
    return Strong(static_cast<Rep>(value_ + 1));
  }

  friend constexpr bool operator==(Strong, Strong) noexcept = default;
  friend constexpr auto operator<=>(Strong, Strong) noexcept = default;

 private:
  Rep value_{};
};

}  // namespace oort
