// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "builders.hpp"

namespace oort::compute::test {
namespace {

constexpr std::uint32_t queues_count = 3;

std::string region_of(std::uint32_t number) { return number == 0 ? "eu" : "us"; }

}  // namespace

Stream::Stream(std::uint64_t seed, const Mix& mix, const Options& options)
    : draws_(seed), mix_(mix), scheduler_(options), watcher_(options) {}

void Stream::set_up() {
  // Queue 1 stands below the root; 2 and 3 below 4.
  step(QueueSet{QueueId(1), QueueId(0), 1});
  step(QueueSet{QueueId(4), QueueId(0), 2});
  step(QueueSet{QueueId(2), QueueId(4), 1});
  step(QueueSet{QueueId(3), QueueId(4), 3});
  for (std::uint64_t i = 1; i <= mix_.nodes; ++i) step(OfferSet{draw_offer(i)});
}

void Stream::run(std::size_t events) {
  if (watcher_.nodes().empty()) set_up();
  for (std::size_t i = 0; i < events; ++i) {
    pass_until(WallTime{now_.milliseconds + draws_.below(2'000)});
    random_event();
    if (i % 64 == 0) watcher_.check_all(scheduler_);
  }
  watcher_.check_all(scheduler_);
}

void Stream::drain(std::uint64_t ms) { pass_until(WallTime{now_.milliseconds + ms}); }

/// Ticks and ends of leases in the order of their times; what ends at one time ends before a tick.
void Stream::pass_until(WallTime time) {
  while (true) {
    const bool has_end = !ends_.empty() && ends_.begin()->first <= next_tick_ms_;
    const std::uint64_t next = has_end ? ends_.begin()->first : next_tick_ms_;
    if (next > time.milliseconds) break;
    now_ = WallTime{std::max(now_.milliseconds, next)};
    if (!has_end) {
      next_tick_ms_ += 1'000;
      step(Tick{});
      continue;
    }
    const LeaseNumber lease = ends_.begin()->second;
    const auto known = watcher_.leases().find(lease);
    ends_.erase(ends_.begin());
    end_of_.erase(lease);
    if (known == watcher_.leases().end()) continue;
    LeaseEnd end = LeaseEnd::Finished;
    if (known->second.deadline) {
      end = LeaseEnd::Stopped;
    } else if (mix_.leases_fail && draws_.once_in(8)) {
      constexpr LeaseEnd faults[] = {LeaseEnd::Failed, LeaseEnd::NodeFault, LeaseEnd::VerifyFailed,
                                     LeaseEnd::Refused, LeaseEnd::Stopped};
      end = faults[draws_.below(5)];
    }
    step(LeaseEnded{lease, end});
  }
  now_ = time;
}

void Stream::step(const Event& event) {
  watcher_.before(now_, event);
  const auto actions = scheduler_.step(now_, event);
  if (other_) {
    EXPECT_EQ(actions, other_->step(now_, event));
  }
  for (const Action& action : actions) {
    const auto* place = std::get_if<Place>(&action);
    if (place == nullptr) continue;
    ++placed_;
    const auto& job = watcher_.jobs().at(place->job);
    if (job.has_started) continue;
    longest_wait_ms_ = std::max(longest_wait_ms_, now_.milliseconds - job.submitted.milliseconds);
  }
  watcher_.after(scheduler_, actions);
  schedule_ends(actions);
}

void Stream::schedule_ends(const std::vector<Action>& actions) {
  const auto at = [&](LeaseNumber lease, std::uint64_t least, std::uint64_t most) {
    const auto length = static_cast<std::uint32_t>(most - least);
    std::uint64_t end = least + (length == 0 ? 0 : draws_.below(length + 1));
    if (draws_.once_in(3)) end = most;
    if (const auto known = end_of_.find(lease); known != end_of_.end()) {
      end = std::min(end, known->second);
      ends_.erase({known->second, lease});
    }
    end_of_[lease] = end;
    ends_.emplace(end, lease);
  };
  for (const Action& action : actions) {
    if (const auto* place = std::get_if<Place>(&action)) {
      at(place->lease, now_.milliseconds + 1, place->until.milliseconds);
    } else if (const auto* stop = std::get_if<Stop>(&action)) {
      ++stopped_;
      if (!watcher_.leases().contains(stop->lease)) continue;
      at(stop->lease, now_.milliseconds, stop->deadline.milliseconds);
    }
  }
}

void Stream::random_event() {
  const std::uint32_t kind = draws_.below(100);
  if (kind < 12 && mix_.offers_change) return change_offer();
  if (kind < 16 && last_job_ > 0) {
    return step(JobCancelled{job(1 + draws_.below(last_job_))});
  }
  if (kind < 18) {
    return step(QueueSet{QueueId(3), QueueId(4), 1 + draws_.below(4)});
  }
  if (scheduler_.waiting_count() < mix_.waiting_max) submit(draw_request());
}

void Stream::submit(Request request) {
  request.job = job(++last_job_);
  step(JobSubmitted{request});
}

void Stream::change_offer() {
  const std::uint64_t number = 1 + draws_.below(static_cast<std::uint32_t>(mix_.nodes));
  const auto known = watcher_.nodes().find(node(number));
  if (known == watcher_.nodes().end()) return step(OfferSet{draw_offer(number)});
  if (draws_.once_in(4)) return step(OfferGone{node(number)});
  Offer changed = draw_offer(number);
  // Most changes leave the devices, and so the leases.
  if (!draws_.once_in(3)) changed.devices = known->second.offer.devices;
  step(OfferSet{changed});
}

Offer Stream::draw_offer(std::uint64_t number) {
  Offer one = offer(number, draws_.below(5));
  one.operator_id = id_of<OperatorId>(number / 2);
  one.network = static_cast<std::uint32_t>(number / 3);
  one.region = region_of(draws_.below(2));
  one.fabric = draws_.below(3);
  for (Device& device : one.devices) {
    device.model = draws_.once_in(3) ? "H100" : "A100";
    device.memory_mib = draws_.once_in(3) ? 81'920 : 40'960;
    device.interconnect = static_cast<std::uint16_t>(draws_.below(2));
  }
  one.cpu_milli = 4'000 + 1'000 * draws_.below(24);
  one.memory_mib = 16'384 * (1 + draws_.below(8));
  one.tiers = static_cast<std::uint8_t>(1 + draws_.below(31));
  one.data_class = static_cast<DataClass>(draws_.below(3));
  one.ask_per_gpu = draws_.below(3) * 100'000ULL;
  one.ask_per_core = draws_.below(3) * 1'000ULL;
  one.honest_weight = draws_.below(1'000);
  one.risk_limit = draws_.below(4) * 1'000ULL;
  if (mix_.offers_change && draws_.once_in(4)) {
    one.available_until = WallTime{now_.milliseconds + 1'000ULL * draws_.below(600)};
  }
  return one;
}

Request Stream::draw_request() {
  Request one = request(0, static_cast<std::uint16_t>(draws_.below(4)));
  one.queue = QueueId(1 + draws_.below(queues_count));
  one.priority = static_cast<std::int32_t>(draws_.below(4));
  one.walltime_ms = 1'000ULL * (1 + draws_.below(mix_.walltime_s_max));
  Alternative& need = one.any_of[0];
  need.cpu_milli = 1'000 * (1 + draws_.below(6));
  need.memory_mib = 1'024 * (1 + draws_.below(16));
  if (need.gpu_count == 1 && draws_.once_in(2)) {
    need.gpu_milli = static_cast<std::uint16_t>(250 * (1 + draws_.below(3)));
  }
  if (draws_.once_in(3)) {
    one.gang.min = 2 + draws_.below(3);
    one.gang.max = one.gang.min + draws_.below(3);
    one.gang.topology = static_cast<Topology>(draws_.below(4));
  } else if (draws_.once_in(4)) {
    one.array_count = 2 + draws_.below(6);
    one.array_parallel_max = draws_.below(3);
  }
  if (mix_.may_preempt) {
    one.is_preemptible = draws_.once_in(2);
    one.grace_ms = 1'000ULL * draws_.below(10);
    one.checkpoint_ms = 5'000 * draws_.below(3);
  }
  if (mix_.is_spot_there && draws_.once_in(5)) {
    one.is_spot = true;
    one.bid_per_hour = 100'000ULL * draws_.below(8);
  }
  draw_wishes(one);
  return one;
}

/// What few jobs ask for.
void Stream::draw_wishes(Request& request) {
  Alternative& need = request.any_of[0];
  if (draws_.once_in(6)) need.gpu_models = {"H*"};
  if (need.gpu_count > 0 && draws_.once_in(6)) need.gpu_memory_mib_min = 30'000;
  need.same_interconnect = draws_.once_in(5);
  if (draws_.once_in(8)) request.placement.regions = {region_of(draws_.below(2))};
  if (draws_.once_in(10)) request.placement.exclude_nodes = {node(1 + draws_.below(4))};
  if (draws_.once_in(10))
    request.placement.exclude_operators = {id_of<OperatorId>(draws_.below(3))};
  if (draws_.once_in(6)) request.tier_min = static_cast<IsolationTier>(draws_.below(5));
  if (draws_.once_in(8)) request.data_class = static_cast<DataClass>(draws_.below(3));
  if (draws_.once_in(8)) request.price_per_hour_max = 150'000;
  if (draws_.once_in(6)) request.risk = 500;
  if (draws_.once_in(8)) request.near = {{node(1 + draws_.below(4)), 2'048}};
  if (draws_.once_in(6)) {
    Alternative second = need;
    second.gpu_count = 0;
    second.gpu_milli = gpu_whole;
    second.gpu_memory_mib_min = 0;
    request.any_of.push_back(second);
  }
  if (mix_.replicas_spread && draws_.once_in(4)) {
    request.spread = static_cast<Spread>(1 + draws_.below(4));
    request.replica_group = draws_.below(3);
  }
  if (last_job_ > 0 && draws_.once_in(6)) {
    request.depends_on = {job(last_job_ - draws_.below(std::min(last_job_, 5U)))};
  }
  if (draws_.once_in(8)) {
    request.start_by = WallTime{now_.milliseconds + 1'000ULL * draws_.below(120)};
  }
  if (draws_.once_in(10)) {
    request.finish_by =
        WallTime{now_.milliseconds + request.walltime_ms + 1'000ULL * draws_.below(120)};
  }
}

}  // namespace oort::compute::test
