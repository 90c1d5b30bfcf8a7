// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/faults/faults.hpp"

namespace oort::faults {

/// Counts who passes where. Threads: any.
class Failpoints {
 public:
  explicit Failpoints(const std::vector<Failpoint>& points);

  /// Notes one more pass of `name`; what is to happen at it, delays being over already.
  [[nodiscard]] std::optional<Action> pass(std::string_view name);
  /// The same where a crash needs no preparation: crashes, or fails with DISK_FAILED or DISK_FULL.
  [[nodiscard]] Result<void> check(std::string_view name);

 private:
  struct Place {
    Failpoint point;
    std::uint64_t passes_count = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Place, std::less<>> places_;
};

/// F2. Says so in the log before.
[[noreturn]] void crash(std::string_view name);
[[nodiscard]] Error error_of(Action action, std::string_view name);

}  // namespace oort::faults
