// SPDX-License-Identifier: Apache-2.0
#include "oort/core/assert.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace oort {

void assert_failed(const char* condition, const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken program: %s (%s)\n", file, line, why, condition);
  std::array<void*, 64> frames{};
  const int frames_count = backtrace(frames.data(), static_cast<int>(frames.size()));
  backtrace_symbols_fd(frames.data(), frames_count, STDERR_FILENO);
  std::abort();
}

}  // namespace oort
