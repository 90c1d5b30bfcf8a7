// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace oort {

/// Prints the failed condition with a stack trace and aborts. Never returns.
[[noreturn]] void assert_failed(const char* condition, const char* why, const char* file,
                                int line) noexcept;

}  // namespace oort

/// States what must hold if the program is right; checked in every build. Never on input.
#define OORT_ASSERT(condition, why)                               \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::oort::assert_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)

/// For checks that cost more than the work they guard; compiled only where `OORT_DEBUG_ASSERTS` is.
#ifdef OORT_DEBUG_ASSERTS
#define OORT_DEBUG_ASSERT(condition, why) OORT_ASSERT(condition, why)
#else
#define OORT_DEBUG_ASSERT(condition, why) static_cast<void>(0)
#endif
