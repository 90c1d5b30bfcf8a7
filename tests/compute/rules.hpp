// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>

#include "oort/compute/scheduler.hpp"

namespace oort::compute::test {

/// A node and what is in use of it, kept by the tests themselves.
struct WatchedNode {
  Offer offer;
  std::uint64_t cpu_milli = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t disk_mib = 0;
  std::uint64_t risk = 0;
  std::array<std::uint32_t, devices_max> gpu_milli{};

  /// `sign` is 1 to take and -1 to give back.
  void use(const Request& request, const Place& place, int sign);
};

/// The rules of COMPUTE again, in the plainest words and with no code of the room: what a request
/// fails on a node as far as it does not depend on other jobs.
[[nodiscard]] std::set<Constraint> failed_rules(const Request& request, const Alternative& need,
                                                const WatchedNode& node, WallTime now);

/// Whether these are as many devices as are asked for, each wanted, free and linked as asked.
[[nodiscard]] bool devices_keep_rules(const Request& request, const Place& place,
                                      const WatchedNode& node);

[[nodiscard]] std::uint64_t price_by_rule(const Alternative& need, const Offer& offer);

}  // namespace oort::compute::test
