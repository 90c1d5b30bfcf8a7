// SPDX-License-Identifier: Apache-2.0
#include "churn.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "oort/compute/scheduler.hpp"
#include "random.hpp"

namespace oort::bench {
namespace {

using compute::Event;
using compute::LeaseNumber;
using compute::QueueId;

constexpr std::uint32_t queues_count = 8;
constexpr std::uint64_t tick_ms = 1'000;
constexpr std::uint64_t events_per_ms = 10;

double seconds_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

compute::Offer offer(std::uint32_t number, Random& random) {
  struct Kind {
    const char* model;
    std::uint32_t devices, cores, memory_gib, share;
  };
  // Per thousand nodes.
  static constexpr Kind kinds[] = {{"G2", 8, 96, 384, 450},
                                   {"T4", 2, 104, 512, 320},
                                   {"P100", 2, 16, 120, 110},
                                   {"V100", 4, 48, 256, 70},
                                   {"H100", 8, 128, 768, 50}};
  std::size_t drawn = random.below(1000);
  const Kind* kind = kinds;
  while (drawn >= kind->share) drawn -= (kind++)->share;
  compute::Offer offer;
  offer.node = id_of<NodeId>(number);
  offer.operator_id = id_of<OperatorId>(number / 4);
  offer.region = number % 3 == 0 ? "eu" : "us";
  offer.network = number / 16;
  offer.cpu_milli = kind->cores * 1000;
  offer.memory_mib = kind->memory_gib * 1024;
  offer.tiers = 0x1F;
  offer.honest_weight = 1 + random.below(100'000);
  offer.devices.assign(kind->devices, compute::Device{kind->model, 32'768, 0});
  return offer;
}

compute::Request request(std::uint64_t number, Random& random) {
  // Part in a thousand, devices, share, cores of the least of the four sizes.
  struct Kind {
    std::uint32_t share;
    std::uint16_t devices, milli;
    std::uint32_t cores;
  };
  static constexpr Kind kinds[] = {{400, 1, 1000, 4}, {130, 1, 810, 2},  {100, 1, 470, 4},
                                   {60, 1, 320, 2},   {50, 1, 650, 4},   {40, 1, 230, 2},
                                   {30, 1, 160, 1},   {30, 1, 550, 2},   {40, 2, 1000, 8},
                                   {20, 4, 1000, 16}, {20, 8, 1000, 32}, {80, 0, 1000, 8}};
  std::size_t drawn = random.below(1000);
  const Kind* kind = kinds;
  while (drawn >= kind->share) drawn -= (kind++)->share;
  compute::Request request;
  request.job = id_of<JobId>(number);
  request.queue = QueueId(static_cast<std::uint32_t>(1 + random.below(queues_count)));
  request.priority = static_cast<std::int32_t>(random.below(3));
  request.walltime_ms = (1 + random.below(24)) * 3'600'000;
  const auto size = static_cast<std::uint32_t>(1 + random.below(4));
  compute::Alternative need;
  need.gpu_count = kind->devices;
  need.gpu_milli = kind->milli;
  need.cpu_milli = kind->cores * 500 * (1 + size);
  need.memory_mib = need.cpu_milli * 4;
  request.any_of = {need};
  request.is_spot = random.below(20) == 0;
  request.is_preemptible = request.priority == 0;
  request.grace_ms = 30'000;
  return request;
}

/// The fields of actions as numbers, in their order.
class Digest {
 public:
  explicit Digest(std::uint64_t& value) : value_(value) {}

  void operator()(const compute::Place& place) {
    add(place.lease.value());
    add(place.job.view());
    add(place.task);
    add(place.node.view());
    add(place.alternative);
    add(place.devices);
    add(place.price_per_hour);
    add(place.until.milliseconds);
  }
  void operator()(const compute::Stop& stop) {
    add(stop.lease.value());
    add(static_cast<std::uint64_t>(stop.cause));
    add(stop.by.view());
    add(stop.deadline.milliseconds);
  }
  void operator()(const compute::Reserve& reserve) {
    add(reserve.job.view());
    add(reserve.start.milliseconds);
    for (const NodeId& node : reserve.nodes) add(node.view());
  }
  void operator()(const compute::Reject& reject) {
    add(reject.job.view());
    add(static_cast<std::uint64_t>(reject.reason));
  }
  void operator()(const compute::Ended& ended) {
    add(ended.job.view());
    add(static_cast<std::uint64_t>(ended.state));
  }

 private:
  void add(std::uint64_t number) {
    for (unsigned i = 0; i < 64; i += 8) byte(static_cast<std::uint8_t>(number >> i));
  }
  void add(ByteView bytes) {
    for (const std::byte one : bytes) byte(std::to_integer<std::uint8_t>(one));
  }
  void byte(std::uint8_t one) { value_ = (value_ ^ one) * 0x100000001B3U; }

  std::uint64_t& value_;
};

class Run {
 public:
  explicit Run(const Churn& churn) : churn_(churn), scheduler_(compute::Options()) {}

  ChurnFigures measure() {
    set_up();
    const double begin = busy_;
    const std::uint64_t placed_before = placed_;
    // Until as many wait as should, the cluster fills and then the queue.
    while (scheduler_.waiting_count() < churn_.queued) {
      pass_time();
      submit();
    }
    const double filled = busy_;
    const std::uint64_t placed_full = placed_;
    figures_.filling = static_cast<double>(placed_full - placed_before) / (filled - begin);
    steps_.clear();
    for (std::uint32_t i = 0; i < churn_.endings; ++i) {
      pass_time();
      end_one();
      while (scheduler_.waiting_count() < churn_.queued) submit();
    }
    figures_.full = static_cast<double>(placed_ - placed_full) / (busy_ - filled);
    figures_.decisions = static_cast<double>(placed_ - placed_before) / (busy_ - begin);
    figures_.waiting = scheduler_.waiting_count();
    figures_.allocated_percent = 100.0 * static_cast<double>(scheduler_.gpu_milli_leased()) /
                                 static_cast<double>(devices_ * compute::gpu_whole);
    const auto at = static_cast<std::ptrdiff_t>(steps_.size() * 99 / 100);
    std::nth_element(steps_.begin(), steps_.begin() + at, steps_.end());
    figures_.step_ms_p99 = steps_[static_cast<std::size_t>(at)] * 1e3;
    return figures_;
  }

  double array_tasks_per_second() {
    set_up();
    compute::Request array = request(1, random_);
    array.priority = 0;
    compute::Alternative need;
    need.gpu_count = 1;
    need.gpu_milli = 250;
    need.cpu_milli = 1000;
    need.memory_mib = 1024;
    array.any_of = {need};
    array.array_count = churn_.nodes * 8;
    const double begin = busy_;
    const std::uint64_t before = placed_;
    step(compute::JobSubmitted{array});
    return static_cast<double>(placed_ - before) / (busy_ - begin);
  }

 private:
  void set_up() {
    for (std::uint32_t i = 1; i <= queues_count; ++i) {
      step(compute::QueueSet{QueueId(i), QueueId(0), 1 + i % 3});
    }
    for (std::uint32_t i = 0; i < churn_.nodes; ++i) {
      const compute::Offer one = offer(i + 1, random_);
      devices_ += one.devices.size();
      step(compute::OfferSet{one});
    }
  }
  void submit() { step(compute::JobSubmitted{request(++jobs_, random_)}); }
  void end_one() {
    const std::size_t at = random_.below(running_.size());
    const LeaseNumber lease = running_[at];
    running_[at] = running_.back();
    running_.pop_back();
    step(compute::LeaseEnded{lease, compute::LeaseEnd::Finished});
  }
  /// A millisecond each tenth event, so that a tick comes every 10,000 of them.
  void pass_time() {
    if (++events_ % events_per_ms == 0) ++now_;
    if (now_ < next_tick_) return;
    next_tick_ = now_ + tick_ms;
    const double took = step(compute::Tick{});
    figures_.tick_ms_max = std::max(figures_.tick_ms_max, took * 1e3);
  }
  double step(const Event& event) {
    const double begin = seconds_now();
    const auto actions = scheduler_.step(WallTime{now_}, event);
    const double took = seconds_now() - begin;
    busy_ += took;
    if (!std::holds_alternative<compute::Tick>(event)) steps_.push_back(took);
    for (const auto& action : actions) {
      std::visit(Digest(figures_.actions), action);
      if (const auto* place = std::get_if<compute::Place>(&action)) {
        ++placed_;
        running_.push_back(place->lease);
      } else if (const auto* ended = std::get_if<compute::Ended>(&action)) {
        static_cast<void>(scheduler_.step(WallTime{now_}, compute::JobForgotten{ended->job}));
      }
    }
    return took;
  }

  Churn churn_;
  compute::Scheduler scheduler_;
  Random random_{42};
  ChurnFigures figures_;
  std::vector<LeaseNumber> running_;
  std::vector<double> steps_;
  std::uint64_t now_ = 0;
  std::uint64_t next_tick_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t jobs_ = 0;
  std::uint64_t placed_ = 0;
  std::uint64_t devices_ = 0;
  double busy_ = 0;
};

}  // namespace

ChurnFigures run_churn(const Churn& churn) {
  ChurnFigures figures = Run(churn).measure();
  figures.array_tasks = Run(churn).array_tasks_per_second();
  return figures;
}

}  // namespace oort::bench
