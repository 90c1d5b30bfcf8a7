// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/env/clock.hpp"

namespace oort::host {

/// The kernel's CLOCK_MONOTONIC and CLOCK_REALTIME. Threads: any.
class SystemClock final : public env::Clock {
 public:
  [[nodiscard]] MonoTime now_mono() const noexcept override;
  [[nodiscard]] WallTime now_wall() const noexcept override;
};

}  // namespace oort::host
