// SPDX-License-Identifier: Apache-2.0
#include "oort/host/clock.hpp"

#include <ctime>

#include "oort/core/assert.hpp"

namespace oort::host {
namespace {

timespec read_clock(clockid_t id) noexcept {
  timespec now{};
  const int rc = clock_gettime(id, &now);
  OORT_ASSERT(rc == 0, "Linux has both clocks, and the pointer is good");
  return now;
}

}  // namespace

MonoTime SystemClock::now_mono() const noexcept {
  const timespec now = read_clock(CLOCK_MONOTONIC);
  return {std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
}

WallTime SystemClock::now_wall() const noexcept {
  const timespec now = read_clock(CLOCK_REALTIME);
  // A clock set before 1970 reads as 1970; what follows is refused for its skew, not undefined.
  if (now.tv_sec < 0) return {0};
  return {static_cast<std::uint64_t>(now.tv_sec) * 1000 +
          static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000};
}

}  // namespace oort::host
