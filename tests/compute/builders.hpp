// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "oort/compute/scheduler.hpp"

namespace oort::compute::test {

template <class Id>
Id id_of(std::uint64_t value) {
  Id id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.mutable_view()[i] = static_cast<std::byte>(value >> (56 - 8 * i) & 0xFFU);
  }
  return id;
}
inline NodeId node(std::uint64_t number) { return id_of<NodeId>(number); }
inline JobId job(std::uint64_t number) { return id_of<JobId>(number); }

/// A node of so many devices, 8 cores and 64 GiB each.
inline Offer offer(std::uint64_t number, std::size_t devices) {
  Offer offer;
  offer.node = node(number);
  offer.operator_id = id_of<OperatorId>(number);
  offer.region = "eu";
  offer.network = static_cast<std::uint32_t>(number);
  offer.devices.assign(devices, Device{"A100", 40'960, 0});
  offer.cpu_milli = static_cast<std::uint32_t>(devices == 0 ? 8'000 : devices * 8'000);
  offer.memory_mib = static_cast<std::uint32_t>(devices == 0 ? 65'536 : devices * 65'536);
  offer.disk_mib = 1'000'000;
  offer.network_mbps = 1'000;
  offer.tiers = 0x1F;
  offer.risk_limit = 1'000'000;
  offer.credibility_ppb = 900'000'000;
  return offer;
}

/// A job of one task on so many whole devices for a minute.
inline Request request(std::uint64_t number, std::uint16_t devices) {
  Request request;
  request.job = job(number);
  request.walltime_ms = 60'000;
  Alternative need;
  need.gpu_count = devices;
  need.cpu_milli = 1'000;
  need.memory_mib = 1'024;
  request.any_of = {need};
  return request;
}

/// A scheduler with a clock, and what it has said.
class Bench {
 public:
  explicit Bench(const Options& options = {}) : scheduler(options) {}

  std::vector<Action> step(const Event& event) {
    auto actions = scheduler.step(now, event);
    said.insert(said.end(), actions.begin(), actions.end());
    return actions;
  }
  std::vector<Action> submit(const Request& request) { return step(JobSubmitted{request}); }
  std::vector<Action> offer_node(const Offer& one) { return step(OfferSet{one}); }
  std::vector<Action> end(const Place& place, LeaseEnd how = LeaseEnd::Finished) {
    return step(LeaseEnded{place.lease, how});
  }
  std::vector<Action> tick(std::uint64_t later_ms) {
    now.milliseconds += later_ms;
    return step(Tick{});
  }

  Scheduler scheduler;
  WallTime now{1'000'000};
  std::vector<Action> said;
};

/// The actions of one kind.
template <class T>
std::vector<T> all(const std::vector<Action>& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

}  // namespace oort::compute::test
