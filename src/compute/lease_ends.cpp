// SPDX-License-Identifier: Apache-2.0
#include "lease_ends.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace oort::compute {

void LeaseEnds::add(const Lease& lease) {
  added_.push_back({lease.until, lease.number, &lease});
  settle_when_due();
}

void LeaseEnds::remove(const Lease& lease) {
  removed_.push_back({lease.until, lease.number, &lease});
  settle_when_due();
}

/// Where nobody asks for the order, what is collected stays in proportion to it.
void LeaseEnds::settle_when_due() {
  constexpr std::size_t collected_min = 1U << 16U;
  if (added_.size() + removed_.size() > sorted_.size() + collected_min) settle();
}

void LeaseEnds::settle() {
  if (added_.empty() && removed_.empty()) return;
  std::sort(added_.begin(), added_.end());
  std::sort(removed_.begin(), removed_.end());
  std::vector<Ending> all;
  all.reserve(sorted_.size() + added_.size());
  std::merge(sorted_.begin(), sorted_.end(), added_.begin(), added_.end(), std::back_inserter(all));
  sorted_.clear();
  std::set_difference(all.begin(), all.end(), removed_.begin(), removed_.end(),
                      std::back_inserter(sorted_));
  added_.clear();
  removed_.clear();
}

std::vector<Ending> LeaseEnds::in_order(WallTime now) const {
  if (!added_.empty() || !removed_.empty()) {
    LeaseEnds settled = *this;
    settled.settle();
    return settled.in_order(now);
  }
  std::vector<Ending> order = sorted_;
  // Those that overran may all be over now.
  auto at = order.begin();
  for (; at != order.end() && at->time <= now; ++at) at->time = now;
  std::sort(order.begin(), at);
  return order;
}

}  // namespace oort::compute
