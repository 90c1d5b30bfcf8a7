// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "oort/core/ids.hpp"
#include "oort/core/time.hpp"

namespace oort::object {

/// Segments whose work failed, and until when nobody here tries again: a round's time after the
/// first failure, twice as long after each further one, at most thirty-two times. Threads: one.
class Rests {
 public:
  explicit Rests(Duration first) : first_(first) {}

  /// How often in a row the work failed by now.
  std::uint32_t failed(const SegmentId& id, MonoTime now) {
    Rest& rest = rests_[id];
    rest.until = now + first_ * (1U << std::min(rest.failures_count, shift_max));
    return ++rest.failures_count;
  }
  void worked(const SegmentId& id) { rests_.erase(id); }
  [[nodiscard]] bool has(const SegmentId& id, MonoTime now) const {
    const auto rest = rests_.find(id);
    return rest != rests_.end() && now < rest->second.until;
  }
  template <class Predicate>
  void forget(Predicate is_gone) {
    std::erase_if(rests_, [&](const auto& rest) { return is_gone(rest.first); });
  }

 private:
  static constexpr std::uint32_t shift_max = 5;
  struct Rest {
    MonoTime until;
    std::uint32_t failures_count = 0;
  };
  Duration first_;
  std::map<SegmentId, Rest> rests_;
};

}  // namespace oort::object
