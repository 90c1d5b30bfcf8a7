// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <vector>

#include "job.hpp"

namespace oort::compute {

/// When a lease is expected to be over.
struct Ending {
  WallTime time;
  LeaseNumber number;
  const Lease* lease = nullptr;
  friend bool operator<(const Ending& a, const Ending& b) noexcept {
    return std::tie(a.time, a.number) < std::tie(b.time, b.number);
  }
};

/// All leases, the first to end first.
///   S3  `in_order` has each lease that was added and not removed once, by (`ends`, number).
/// What comes and goes is collected and merged into the order at once: the order of very many
/// leases is asked for now and then.
class LeaseEnds {
 public:
  void add(const Lease& lease);
  /// Requires: added, and `until` as then.
  void remove(const Lease& lease);
  /// Merges what has come and gone, so that asking for the order is a copy.
  void settle();
  [[nodiscard]] std::vector<Ending> in_order(WallTime now) const;

 private:
  void settle_when_due();

  std::vector<Ending> sorted_;
  std::vector<Ending> added_;
  std::vector<Ending> removed_;
};

}  // namespace oort::compute
