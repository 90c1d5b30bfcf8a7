// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "oort/env/random.hpp"

namespace oort::host {

/// getrandom(2): waits for the kernel's pool once at boot, fails never; a kernel that refuses ends
/// the process. Threads: any.
class KernelRandom final : public env::Random {
 public:
  void fill(std::span<std::byte> out) noexcept override;
};

}  // namespace oort::host
