// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace oort {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// A point on the steady clock of one process: nanoseconds since an unnamed start.
struct MonoTime {
  std::int64_t nanoseconds = 0;

  friend constexpr auto operator<=>(MonoTime, MonoTime) noexcept = default;
  friend constexpr MonoTime operator+(MonoTime t, Duration d) noexcept {
    return {t.nanoseconds + d.count()};
  }
  friend constexpr Duration operator-(MonoTime a, MonoTime b) noexcept {
    return Duration(a.nanoseconds - b.nanoseconds);
  }
};

/// Civil time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds. May jump.
struct WallTime {
  std::uint64_t milliseconds = 0;

  friend constexpr auto operator<=>(WallTime, WallTime) noexcept = default;
};

}  // namespace oort
