// SPDX-License-Identifier: Apache-2.0
#include "oort/host/random.hpp"

#include <sys/random.h>

#include <cerrno>

#include "oort/core/assert.hpp"

namespace oort::host {

void KernelRandom::fill(std::span<std::byte> out) noexcept {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    OORT_ASSERT(count > 0, "without randomness no key and no nonce is safe");
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace oort::host
