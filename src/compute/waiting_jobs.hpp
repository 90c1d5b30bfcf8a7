// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "job.hpp"

namespace oort::compute {

/// The waiting jobs of one class and queue in the order of their ranks, as a list of short lists:
/// whoever looks for a place among many touches two of them.
///   Q3  Each job that was added and not removed stands in it once, and ranks ascend.
class WaitingJobs {
 public:
  [[nodiscard]] bool empty() const noexcept { return blocks_.empty(); }
  /// Requires: not empty.
  [[nodiscard]] Job& first() const { return *blocks_.front().entries.front().job; }
  /// The first behind the rank; null where there is none.
  [[nodiscard]] Job* behind(const Rank& rank) const;
  /// The first that is wanted; null where none is.
  template <class IsWanted>
  [[nodiscard]] Job* find(const IsWanted& is_wanted) const {
    for (const Block& block : blocks_) {
      for (const Entry& entry : block.entries) {
        if (is_wanted(*entry.job)) return entry.job;
      }
    }
    return nullptr;
  }

  /// Requires: no job of that rank is there.
  void add(Job& job);
  /// Requires: added.
  void remove(const Job& job);

 private:
  /// The rank stands beside its job, so that searching touches no jobs.
  struct Entry {
    Rank rank;
    Job* job;
  };
  /// Never empty.
  struct Block {
    /// Of the last entry.
    Rank rank;
    std::vector<Entry> entries;
  };

  static constexpr std::size_t block_max = 64;

  std::vector<Block> blocks_;
};

}  // namespace oort::compute
