// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/time.hpp"

namespace oort::env {

/// The only place to ask the time. Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Steady; never goes back.
  [[nodiscard]] virtual MonoTime now_mono() const noexcept = 0;
  /// Civil time as this machine believes it; may jump either way.
  [[nodiscard]] virtual WallTime now_wall() const noexcept = 0;
};

}  // namespace oort::env
