// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "oort/compute/scheduler.hpp"
#include "watcher.hpp"

namespace oort::compute::test {

/// What happens in a stream of events.
struct Mix {
  std::uint64_t nodes = 8;
  bool offers_change = true;
  bool leases_fail = true;
  bool replicas_spread = true;
  bool is_spot_there = true;
  bool may_preempt = true;
  std::uint32_t walltime_s_max = 60;
  /// Jobs arrive as long as fewer wait.
  std::size_t waiting_max = 40;
};

/// A seeded world around one scheduler, or two that must say the same: nodes come, change and go,
/// jobs arrive, leases end in all ways, never later than they may. Everything is watched.
class Stream {
 public:
  Stream(std::uint64_t seed, const Mix& mix, const Options& options);
  /// Every event goes to a second scheduler too, and its actions must be the same.
  void compare_with(const Options& options) { other_.emplace(options); }

  /// So many random events, with ticks each second and ends of leases between them.
  void run(std::size_t events);
  /// No further arrivals: only ticks and ends of leases, for so long.
  void drain(std::uint64_t ms);
  void step(const Event& event);
  void submit(Request request);
  [[nodiscard]] Request draw_request();

  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] const Watcher& watcher() const { return watcher_; }
  [[nodiscard]] WallTime now() const { return now_; }
  [[nodiscard]] std::size_t placed() const { return placed_; }
  [[nodiscard]] std::uint64_t longest_wait_ms() const { return longest_wait_ms_; }
  [[nodiscard]] std::size_t stopped() const { return stopped_; }

 private:
  void set_up();
  void pass_until(WallTime time);
  void random_event();
  void change_offer();
  [[nodiscard]] Offer draw_offer(std::uint64_t number);
  void draw_wishes(Request& request);
  void schedule_ends(const std::vector<Action>& actions);

  Draws draws_;
  Mix mix_;
  Scheduler scheduler_;
  std::optional<Scheduler> other_;
  Watcher watcher_;
  WallTime now_{1'000'000};
  std::uint64_t next_tick_ms_ = 1'000'000;
  std::uint32_t last_job_ = 0;
  std::set<std::pair<std::uint64_t, LeaseNumber>> ends_;
  std::map<LeaseNumber, std::uint64_t> end_of_;
  std::size_t placed_ = 0;
  std::size_t stopped_ = 0;
  std::uint64_t longest_wait_ms_ = 0;
};

}  // namespace oort::compute::test
