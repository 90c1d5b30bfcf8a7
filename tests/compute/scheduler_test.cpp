// SPDX-License-Identifier: Apache-2.0
// Hand-made cases of each rule.
#include "oort/compute/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "builders.hpp"
#include "draws.hpp"

namespace oort::compute::test {
namespace {

TEST(Scheduler, PlacesOnlyWhatIsFree_C1) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  EXPECT_EQ(all<Place>(bench.submit(request(1, 1))).size(), 1U);
  EXPECT_EQ(all<Place>(bench.submit(request(2, 2))).size(), 0U);
  const auto third = all<Place>(bench.submit(request(3, 1)));
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].devices, 2U);
  EXPECT_EQ(all<Place>(bench.submit(request(4, 1))).size(), 0U);
}

TEST(Scheduler, AResumedJobKeepsThePlacesOfWhatRuns_C1) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  bench.offer_node(offer(2, 1));
  Request array = request(1, 1);
  array.array_count = 4;
  // Task 0 is done; 1 runs on a device of the first node; 2 on one that no offer has.
  const auto placed =
      all<Place>(bench.step(JobResumed{array, {0}, {{1, node(1), 0, 2}, {2, node(2), 0, 4}}}));
  ASSERT_EQ(placed.size(), 3U);
  EXPECT_EQ(placed[0].task, 1U);
  EXPECT_EQ(placed[0].node, node(1));
  EXPECT_EQ(placed[0].devices, 2U);
  // Of the other two, each device that is left takes one.
  EXPECT_EQ(bench.scheduler.job(job(1))->running, 3U);
  EXPECT_EQ(bench.scheduler.job(job(1))->done, 1U);
  EXPECT_EQ(all<Place>(bench.submit(request(2, 1))).size(), 0U);
  for (const Place& one : placed) {
    static_cast<void>(bench.step(LeaseEnded{one.lease, LeaseEnd::Finished}));
  }
  EXPECT_EQ(bench.scheduler.job(job(1))->state, JobState::Finished);
}

TEST(Scheduler, AResumedGangIsTakenOverWholeOrNotAtAll_C2) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  bench.offer_node(offer(2, 1));
  Request gang = request(1, 1);
  gang.gang = {2, 2, Topology::Any};
  const auto whole =
      all<Place>(bench.step(JobResumed{gang, {}, {{0, node(2), 0, 1}, {1, node(1), 0, 1}}}));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].node, node(2));
  Bench other;
  other.offer_node(offer(1, 1));
  // One member's node is gone: nothing of it is placed, and it waits for two.
  EXPECT_TRUE(all<Place>(other.step(JobResumed{gang, {}, {{0, node(2), 0, 1}, {1, node(1), 0, 1}}}))
                  .empty());
  EXPECT_EQ(other.scheduler.leases_count(), 0U);
  EXPECT_EQ(other.scheduler.job(job(1))->state, JobState::Queued);
  other.offer_node(offer(3, 1));
  EXPECT_EQ(other.scheduler.leases_count(), 2U);
}

TEST(Scheduler, AJobKeepsAwayFromTheNodeThatBrokeUnderIt_R6) {
  Options options;
  options.fault_back_off_ms = 1'000'000'000;
  Bench bench(options);
  bench.offer_node(offer(1, 1));
  const auto placed = all<Place>(bench.submit(request(1, 1)));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_TRUE(all<Place>(bench.step(LeaseEnded{placed[0].lease, LeaseEnd::NodeFault})).empty());
  static_cast<void>(bench.tick(10'000'000));
  EXPECT_EQ(bench.scheduler.leases_count(), 0U);
  bench.offer_node(offer(2, 1));
  EXPECT_EQ(bench.scheduler.leases_count(), 1U);
}

TEST(Scheduler, AJobThatAvoidsTheOnlyNodeWithRoomWaits_C8) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  // More than an index has looked at, for none of them ever had room.
  for (std::uint64_t i = 2; i <= 100; ++i) {
    Offer small = offer(i, 1);
    small.cpu_milli = 100;
    bench.offer_node(small);
  }
  const auto placed = all<Place>(bench.submit(request(1, 1)));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_TRUE(all<Place>(bench.end(placed[0], LeaseEnd::NodeFault)).empty());
  EXPECT_EQ(bench.scheduler.waiting_count(), 1U);
}

TEST(Scheduler, SharesOneDeviceInThousandths_C1) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  Request share = request(1, 1);
  share.any_of[0].gpu_milli = 400;
  std::vector<std::uint16_t> devices;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    share.job = job(i);
    const auto placed = all<Place>(bench.submit(share));
    ASSERT_EQ(placed.size(), 1U);
    devices.push_back(placed[0].devices);
  }
  EXPECT_EQ(devices, (std::vector<std::uint16_t>{1, 1, 2, 2}));
  share.job = job(5);
  EXPECT_TRUE(bench.submit(share).empty());
}

TEST(Scheduler, AGangStartsWholeOrNotAtAll_C2) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  Request gang = request(1, 1);
  gang.gang = {4, 6, Topology::Any};
  EXPECT_TRUE(all<Place>(bench.submit(gang)).empty());
  const auto placed = all<Place>(bench.offer_node(offer(2, 3)));
  ASSERT_EQ(placed.size(), 5U);
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(placed[i].task, i);
}

TEST(Scheduler, AGangKeepsToItsTopology_C2) {
  Bench bench;
  Offer one = offer(1, 2);
  Offer two = offer(2, 2);
  two.region = "us";
  bench.offer_node(one);
  bench.offer_node(two);
  Request gang = request(1, 1);
  gang.gang = {3, 3, Topology::SameRegion};
  EXPECT_TRUE(all<Place>(bench.submit(gang)).empty());
  Offer three = offer(3, 1);
  three.region = "us";
  const auto placed = all<Place>(bench.offer_node(three));
  ASSERT_EQ(placed.size(), 3U);
  for (const Place& place : placed) EXPECT_NE(place.node, node(1));
}

TEST(Scheduler, AGangThatLosesAMemberBeginsAnew_C2) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  bench.offer_node(offer(2, 1));
  Request gang = request(1, 1);
  gang.gang = {2, 2, Topology::Any};
  const auto placed = all<Place>(bench.submit(gang));
  ASSERT_EQ(placed.size(), 2U);
  const auto stops = all<Stop>(bench.end(placed[0], LeaseEnd::NodeFault));
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].cause, StopCause::GangBroken);
  EXPECT_EQ(bench.scheduler.job(job(1))->state, JobState::Stopping);
  EXPECT_TRUE(all<Place>(bench.end(placed[1], LeaseEnd::Stopped)).empty());
  // After the back-off from the node that failed it starts whole.
  EXPECT_EQ(all<Place>(bench.tick(60'001)).size(), 2U);
}

TEST(Scheduler, BackfillNeverDelaysTheReservation_C3) {
  Bench bench;
  bench.offer_node(offer(1, 4));
  const auto running = all<Place>(bench.submit(request(1, 3)));
  ASSERT_EQ(running.size(), 1U);
  bench.submit(request(2, 4));
  const auto reserved = all<Reserve>(bench.tick(1'000));
  ASSERT_EQ(reserved.size(), 1U);
  EXPECT_EQ(reserved[0].start, running[0].until);
  // One device is free. Who would still hold it then does not get it, who is gone by then does.
  Request too_long = request(3, 1);
  too_long.walltime_ms = 59'001;
  bench.submit(too_long);
  EXPECT_TRUE(all<Place>(bench.tick(0)).empty());
  Request short_one = request(4, 1);
  short_one.walltime_ms = 59'000;
  bench.submit(short_one);
  const auto filled = all<Place>(bench.tick(0));
  ASSERT_EQ(filled.size(), 1U);
  EXPECT_EQ(filled[0].job, job(4));
  bench.now = running[0].until;
  bench.end(filled[0]);
  const auto started = all<Place>(bench.end(running[0]));
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].job, job(2));
}

TEST(Scheduler, AWideJobIsNotStarvedByNarrowOnes_C4) {
  Bench bench;
  bench.offer_node(offer(1, 4));
  std::uint64_t number = 100;
  std::vector<Place> running;
  for (int i = 0; i < 4; ++i) running.push_back(all<Place>(bench.submit(request(++number, 1)))[0]);
  bench.submit(request(1, 4));
  // A stream of narrow jobs that never lets all devices be free by itself.
  for (int round = 0; round < 200; ++round) {
    bench.submit(request(++number, 1));
    const auto first = running.front();
    running.erase(running.begin());
    bench.now.milliseconds += 15'000;
    for (const Place& place : all<Place>(bench.end(first))) {
      if (place.job == job(1)) return;
      running.push_back(place);
    }
    for (const Place& place : all<Place>(bench.tick(0))) {
      if (place.job == job(1)) return;
      running.push_back(place);
    }
    if (running.empty()) break;
  }
  FAIL() << "the wide job never started";
}

TEST(Scheduler, WaitingOutweighsPriorityInTheEnd_C4) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  auto running = all<Place>(bench.submit(request(1, 1)));
  bench.submit(request(2, 1));
  for (std::uint64_t i = 3; i < 20; ++i) {
    Request urgent = request(i, 1);
    urgent.priority = 5;
    bench.submit(urgent);
    bench.now.milliseconds += 60'000;
    running = all<Place>(bench.end(running[0]));
    ASSERT_EQ(running.size(), 1U);
    if (running[0].job != job(2)) continue;
    EXPECT_GE(i, 7U);  // Five steps of priority are five minutes.
    return;
  }
  FAIL() << "the job of no priority never started";
}

TEST(Scheduler, AnArrayRunsSoManyAtATimeAndEndsOnce_C6) {
  Bench bench;
  bench.offer_node(offer(1, 8));
  Request array = request(1, 1);
  array.array_count = 5;
  array.array_parallel_max = 2;
  auto running = all<Place>(bench.submit(array));
  std::size_t placed = running.size();
  EXPECT_EQ(placed, 2U);
  while (!running.empty()) {
    const auto tasks = bench.scheduler.job(job(1));
    EXPECT_EQ(tasks->pending + tasks->running + tasks->done, 5U);
    const auto next = all<Place>(bench.end(running.back()));
    running.pop_back();
    running.insert(running.end(), next.begin(), next.end());
    placed += next.size();
    EXPECT_LE(running.size(), 2U);
  }
  EXPECT_EQ(placed, 5U);
  EXPECT_EQ(all<Ended>(bench.said), (std::vector<Ended>{{job(1), JobState::Finished}}));
}

TEST(Scheduler, JobsWaitForThoseTheyDependOn_C7) {
  Bench bench;
  bench.offer_node(offer(1, 8));
  const auto first = all<Place>(bench.submit(request(1, 1)));
  Request second = request(2, 1);
  second.depends_on = {job(1)};
  EXPECT_TRUE(bench.submit(second).empty());
  Request third = request(3, 1);
  third.depends_on = {job(2)};
  bench.submit(third);
  EXPECT_EQ(bench.scheduler.explain(job(3)).verdict, Verdict::WaitsForJobs);
  const auto placed = all<Place>(bench.end(first[0]));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].job, job(2));
  const auto said = bench.end(placed[0], LeaseEnd::Failed);
  EXPECT_EQ(all<Reject>(said), (std::vector<Reject>{{job(3), RejectReason::DependencyFailed}}));
}

TEST(Scheduler, EachConstraintKeepsNodesOut_C8) {
  struct Case {
    const char* name;
    void (*ask)(Request&);
    void (*satisfy)(Offer&);
  };
  const Case cases[] = {
      {"region", [](Request& r) { r.placement.regions = {"us"}; },
       [](Offer& o) { o.region = "us"; }},
      {"excluded node", [](Request& r) { r.placement.exclude_nodes = {node(1)}; }, nullptr},
      {"excluded operator",
       [](Request& r) { r.placement.exclude_operators = {id_of<OperatorId>(1)}; }, nullptr},
      {"only operator", [](Request& r) { r.placement.only_operators = {id_of<OperatorId>(2)}; },
       nullptr},
      {"credibility", [](Request& r) { r.placement.credibility_ppb_min = 950'000'000; },
       [](Offer& o) { o.credibility_ppb = 950'000'000; }},
      {"tier", [](Request& r) { r.tier_min = IsolationTier::MicroVm; },
       [](Offer& o) { o.tiers = 0x1F; }},
      {"data class", [](Request& r) { r.data_class = DataClass::Attested; },
       [](Offer& o) { o.data_class = DataClass::Attested; }},
      {"architecture", [](Request& r) { r.any_of[0].architecture = Architecture::Arm64; },
       [](Offer& o) { o.architecture = Architecture::Arm64; }},
      {"network", [](Request& r) { r.any_of[0].network_mbps_min = 10'000; },
       [](Offer& o) { o.network_mbps = 10'000; }},
      {"model", [](Request& r) { r.any_of[0].gpu_models = {"B*", "H*00"}; },
       [](Offer& o) { o.devices[0].model = "H100"; }},
      {"device memory", [](Request& r) { r.any_of[0].gpu_memory_mib_min = 81'920; },
       [](Offer& o) { o.devices[0].memory_mib = 81'920; }},
      {"price", [](Request& r) { r.price_per_hour_max = 99; },
       [](Offer& o) { o.ask_per_gpu = 99; }},
      {"bid", [](Request& r) { r.is_spot = true, r.bid_per_hour = 50; },
       [](Offer& o) { o.ask_per_gpu = 50; }},
      {"availability", [](Request& r) { r.walltime_ms = 100'000; },
       [](Offer& o) { o.available_until = WallTime{1'100'000}; }},
      {"risk", [](Request& r) { r.risk = 2'000'000; }, [](Offer& o) { o.risk_limit = 2'000'000; }},
      {"disk", [](Request& r) { r.any_of[0].disk_mib = 2'000'000; },
       [](Offer& o) { o.disk_mib = 2'000'000; }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Bench bench;
    Offer wrong = offer(1, 1);
    wrong.tiers = 1;
    wrong.ask_per_gpu = 100;
    wrong.available_until = WallTime{1'099'999};
    bench.offer_node(wrong);
    Request asked = request(1, 1);
    one.ask(asked);
    EXPECT_TRUE(all<Place>(bench.submit(asked)).empty());
    EXPECT_EQ(bench.scheduler.explain(job(1)).verdict, Verdict::Unsatisfiable);
    Offer right = wrong;
    right.node = node(2);
    right.operator_id = id_of<OperatorId>(2);
    if (one.satisfy != nullptr) one.satisfy(right);
    const auto placed = all<Place>(bench.offer_node(right));
    ASSERT_EQ(placed.size(), 1U);
    EXPECT_EQ(placed[0].node, node(2));
  }
}

TEST(Scheduler, ReplicasAreKeptApart_C8) {
  for (const Spread spread : {Spread::Node, Spread::Operator, Spread::Network, Spread::Region}) {
    Bench bench;
    bench.offer_node(offer(1, 8));
    Offer same = offer(2, 8);
    same.operator_id = id_of<OperatorId>(1);
    same.network = 1;
    bench.offer_node(same);
    Offer other = offer(3, 8);
    other.region = "us";
    bench.offer_node(other);
    Request replicas = request(1, 1);
    replicas.array_count = 3;
    replicas.spread = spread;
    const auto placed = all<Place>(bench.submit(replicas));
    EXPECT_EQ(placed.size(), spread == Spread::Node ? 3U : 2U);
  }
}

TEST(Scheduler, TheFirstAlternativeThatFitsIsTaken_C8) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  Request either = request(1, 4);
  either.any_of.push_back(request(1, 2).any_of[0]);
  const auto placed = all<Place>(bench.submit(either));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].alternative, 1U);
}

TEST(Scheduler, TasksGoWhereTheirInputsAre_C8) {
  Bench bench;
  for (std::uint64_t i = 1; i <= 4; ++i) bench.offer_node(offer(i, 1));
  Request near = request(1, 1);
  near.near = {{node(3), 102'400}};
  EXPECT_EQ(all<Place>(bench.submit(near))[0].node, node(3));
}

TEST(Scheduler, QueuesShareByWeight_Q1) {
  Bench bench;
  bench.step(QueueSet{QueueId(1), QueueId(0), 1});
  bench.step(QueueSet{QueueId(2), QueueId(0), 3});
  for (std::uint64_t i = 1; i <= 80; ++i) {
    Request one = request(i, 1);
    one.queue = QueueId(static_cast<std::uint32_t>(1 + i % 2));
    bench.submit(one);
  }
  // Both have forty jobs, of which sixteen find a place: one of the first for three of the second.
  std::size_t of_first = 0;
  std::size_t placed = 0;
  for (std::uint64_t i = 1; i <= 2; ++i) {
    for (const Place& place : all<Place>(bench.offer_node(offer(i, 8)))) {
      ++placed;
      for (std::uint64_t j = 2; j <= 80; j += 2) of_first += place.job == job(j) ? 1 : 0;
    }
  }
  EXPECT_EQ(placed, 16U);
  EXPECT_EQ(bench.scheduler.waiting_count(), 64U);
  EXPECT_EQ(of_first, 4U);
  EXPECT_EQ(*bench.scheduler.share_ppb(QueueId(1)), *bench.scheduler.share_ppb(QueueId(2)));
}

TEST(Scheduler, AQueueWithJobsNeverGetsChildren) {
  Bench bench;
  bench.step(QueueSet{QueueId(1), QueueId(0), 1});
  Request one = request(1, 1);
  one.queue = QueueId(1);
  bench.submit(one);
  bench.step(QueueSet{QueueId(2), QueueId(1), 1});
  EXPECT_FALSE(bench.scheduler.share_ppb(QueueId(2)));
  EXPECT_EQ(all<Place>(bench.offer_node(offer(1, 1))).size(), 1U);
}

/// Four leases that may be stopped, of unlike width, age and checkpoints, on one node of 8 devices.
std::vector<Place> unlike_leases(Bench& bench) {
  bench.offer_node(offer(1, 8));
  struct Kind {
    std::uint16_t devices;
    std::uint64_t checkpoint_ms;
    std::uint64_t then_ms;
  };
  constexpr Kind kinds[] = {
      {4, 0, 600'000}, {2, 400'000, 200'000}, {1, 0, 100'000}, {1, 0, 100'000}};
  std::vector<Place> running;
  for (const Kind& kind : kinds) {
    Request low = request(running.size() + 1, kind.devices);
    low.walltime_ms = 86'400'000;
    low.is_preemptible = true;
    low.grace_ms = 5'000;
    low.checkpoint_ms = kind.checkpoint_ms;
    running.push_back(all<Place>(bench.submit(low))[0]);
    bench.now.milliseconds += kind.then_ms;
  }
  return running;
}

TEST(Scheduler, AHigherPriorityStopsTheCheapestLeases_C10) {
  // Devices times what is lost: the four lost 1,000 s and a minute, 4 x 1,060; the two lost nothing
  // since their checkpoint, 2 x 60; the single ones lost 200 s and 100 s, 260 and 160.
  struct Case {
    std::uint16_t wanted;
    std::vector<std::size_t> stopped;
  };
  const Case cases[] = {{1, {1}}, {2, {1}}, {3, {1, 3}}, {4, {1, 2, 3}}, {5, {0, 1}}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.wanted);
    Bench bench;
    const auto running = unlike_leases(bench);
    Request high = request(9, one.wanted);
    high.priority = 1;
    bench.submit(high);
    const auto said = bench.tick(0);
    std::vector<LeaseNumber> stopped;
    for (const Stop& stop : all<Stop>(said)) {
      stopped.push_back(stop.lease);
      EXPECT_EQ(stop.cause, StopCause::HigherPriority);
      EXPECT_EQ(stop.by, job(9));
      EXPECT_EQ(stop.deadline.milliseconds, bench.now.milliseconds + 5'000);
    }
    std::vector<LeaseNumber> expected;
    for (const std::size_t i : one.stopped) expected.push_back(running[i].lease);
    std::sort(stopped.begin(), stopped.end());
    EXPECT_EQ(stopped, expected);
    ASSERT_EQ(all<Reserve>(said).size(), 1U);
    // The last to end makes the room, which nobody else gets.
    std::vector<Place> placed;
    for (const std::size_t i : one.stopped)
      placed = all<Place>(bench.end(running[i], LeaseEnd::Stopped));
    ASSERT_FALSE(placed.empty());
    EXPECT_EQ(placed[0].job, job(9));
    EXPECT_EQ(bench.scheduler.job(job(one.stopped[0] + 1))->state, JobState::Queued);
  }
}

/// What runs on nodes of two devices, as far as stopping is concerned.
class SmallCluster {
 public:
  explicit SmallCluster(std::uint64_t seed) : draws_(seed) {
    for (std::uint64_t i = 1; i <= 4; ++i) {
      Offer one = offer(i, 2);
      one.cpu_milli = 4'000 + 4'000 * draws_.below(3);
      offers_.push_back(one);
      bench_.offer_node(one);
    }
    for (std::uint64_t i = 1; i <= 14; ++i) {
      Request low = draw(i);
      low.is_preemptible = true;
      for (const Place& place : all<Place>(bench_.submit(low))) {
        running_.push_back({place, low.any_of[0], bench_.now.milliseconds});
      }
      bench_.now.milliseconds += 1'000 * draws_.below(100);
    }
  }
  Request draw(std::uint64_t number) {
    Request one = request(number, static_cast<std::uint16_t>(1 + draws_.below(2)));
    Alternative& need = one.any_of[0];
    if (need.gpu_count == 1 && draws_.once_in(2)) {
      need.gpu_milli = static_cast<std::uint16_t>(100 + draws_.below(800));
    }
    need.cpu_milli = 500 * (1 + draws_.below(8));
    one.walltime_ms = 86'400'000;
    return one;
  }
  /// The least that stopping leases of one node costs so that the task fits; nothing where none do.
  [[nodiscard]] std::optional<std::uint64_t> least_cost(const Alternative& need) const {
    std::optional<std::uint64_t> least;
    for (const Offer& one : offers_) {
      std::vector<const Running*> here;
      for (const Running& lease : running_) {
        if (lease.place.node == one.node) here.push_back(&lease);
      }
      for (std::uint32_t chosen = 0; chosen < 1U << here.size(); ++chosen) {
        std::uint32_t cpu = one.cpu_milli;
        std::array<std::uint32_t, 2> left{1'000, 1'000};
        std::uint64_t cost = 0;
        for (std::size_t i = 0; i < here.size(); ++i) {
          if ((chosen >> i & 1U) != 0) {
            cost += cost_of(*here[i]);
            continue;
          }
          cpu -= here[i]->need.cpu_milli;
          for (std::size_t d = 0; d < left.size(); ++d) {
            if ((here[i]->place.devices >> d & 1U) != 0) left[d] -= here[i]->need.gpu_milli;
          }
        }
        const auto fitting = std::count_if(
            left.begin(), left.end(), [&](std::uint32_t free) { return free >= need.gpu_milli; });
        if (cpu < need.cpu_milli || fitting < need.gpu_count) continue;
        least = std::min(least.value_or(cost), cost);
      }
    }
    return least;
  }
  [[nodiscard]] std::uint64_t cost_of(LeaseNumber number) const {
    return cost_of(*std::find_if(running_.begin(), running_.end(),
                                 [&](const Running& one) { return one.place.lease == number; }));
  }

  Bench bench_;

 private:
  struct Running {
    Place place;
    Alternative need;
    std::uint64_t started_ms;
  };
  /// A minute and what it has done, times what does it: devices count sixteen times as much.
  [[nodiscard]] std::uint64_t cost_of(const Running& one) const {
    const std::uint64_t width =
        16ULL * one.need.gpu_count * one.need.gpu_milli + one.need.cpu_milli + 1;
    return (bench_.now.milliseconds - one.started_ms + 60'000) * width;
  }

  Draws draws_;
  std::vector<Offer> offers_;
  std::vector<Running> running_;
};

TEST(Scheduler, WhatIsStoppedCostsNoMoreThanAnyOtherChoice_C10) {
  std::size_t stopped = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    SCOPED_TRACE(seed);
    SmallCluster cluster(seed);
    Request high = cluster.draw(99);
    high.priority = 100;
    if (!all<Place>(cluster.bench_.submit(high)).empty()) continue;
    const auto stops = all<Stop>(cluster.bench_.tick(0));
    std::uint64_t cost = 0;
    for (const Stop& stop : stops) cost += cluster.cost_of(stop.lease);
    const auto least = cluster.least_cost(high.any_of[0]);
    ASSERT_EQ(stops.empty(), !least.has_value());
    if (least) {
      EXPECT_EQ(cost, *least);
    }
    stopped += stops.size();
  }
  EXPECT_GT(stopped, 1'000U);
}

TEST(Scheduler, ANodeThatTakesAGangWithItCostsOneRetry_C2) {
  Bench bench;
  bench.offer_node(offer(1, 4));
  Request gang = request(1, 1);
  gang.gang = {4, 4, Topology::Any};
  gang.retry.max = 1;
  ASSERT_EQ(all<Place>(bench.submit(gang)).size(), 4U);
  EXPECT_TRUE(all<Ended>(bench.step(OfferGone{node(1)})).empty());
  EXPECT_EQ(all<Place>(bench.offer_node(offer(2, 4))).size(), 4U);
  EXPECT_EQ(all<Ended>(bench.step(OfferGone{node(2)})).size(), 1U);
}

TEST(Scheduler, APromisedGangKeepsItsTopologyWhenOffersChange_C2) {
  Bench bench;
  std::vector<Place> running;
  for (std::uint64_t i = 1; i <= 2; ++i) {
    bench.offer_node(offer(i, 1));
    running.push_back(all<Place>(bench.submit(request(i, 1)))[0]);
  }
  Request gang = request(3, 1);
  gang.gang = {2, 2, Topology::SameRegion};
  bench.submit(gang);
  ASSERT_EQ(all<Reserve>(bench.tick(1'000)).size(), 1U);
  Offer moved = offer(2, 1);
  moved.region = "us";
  bench.offer_node(moved);
  for (const Place& place : running) EXPECT_TRUE(all<Place>(bench.end(place)).empty());
  EXPECT_EQ(bench.scheduler.job(job(3))->state, JobState::Queued);
}

TEST(Scheduler, SpotIsReclaimedAndOutbidAndNothingElseIs_C10) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  Request spot = request(1, 1);
  spot.is_spot = true;
  spot.bid_per_hour = 10;
  bench.submit(spot);
  Request richer = spot;
  richer.job = job(2);
  richer.bid_per_hour = 11;
  bench.submit(richer);
  auto stops = all<Stop>(bench.tick(1'000));
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].cause, StopCause::SpotOutbid);
  auto placed = all<Place>(bench.step(LeaseEnded{stops[0].lease, LeaseEnd::Stopped}));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].job, job(2));
  bench.submit(request(3, 1));
  stops = all<Stop>(bench.tick(1'000));
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].cause, StopCause::SpotReclaimed);
  placed = all<Place>(bench.step(LeaseEnded{stops[0].lease, LeaseEnd::Stopped}));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].job, job(3));
  Request urgent = request(4, 1);
  urgent.priority = 100;
  bench.submit(urgent);
  EXPECT_TRUE(all<Stop>(bench.tick(1'000)).empty());
}

TEST(Scheduler, RetriesTellTheNodesFaultFromTheTasks_C6) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  Request once = request(1, 1);
  once.retry.max = 1;
  auto placed = all<Place>(bench.submit(once));
  EXPECT_TRUE(bench.end(placed[0], LeaseEnd::NodeFault).empty());
  placed = all<Place>(bench.tick(60'001));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(all<Ended>(bench.end(placed[0], LeaseEnd::NodeFault)),
            (std::vector<Ended>{{job(1), JobState::Failed}}));
  placed = all<Place>(bench.submit(request(2, 1)));
  EXPECT_EQ(all<Ended>(bench.end(placed[0], LeaseEnd::Failed)),
            (std::vector<Ended>{{job(2), JobState::Failed}}));
}

TEST(Scheduler, DeadlinesRejectWhatCannotKeepThem) {
  Bench bench;
  bench.offer_node(offer(1, 1));
  bench.submit(request(1, 1));
  Request late = request(2, 1);
  late.start_by = WallTime{bench.now.milliseconds + 10'000};
  bench.submit(late);
  EXPECT_TRUE(all<Reject>(bench.tick(10'000)).empty());
  EXPECT_EQ(all<Reject>(bench.tick(1)),
            (std::vector<Reject>{{job(2), RejectReason::StartByPassed}}));
  Request never = request(3, 1);
  never.finish_by = WallTime{bench.now.milliseconds + 59'999};
  EXPECT_EQ(all<Reject>(bench.submit(never)),
            (std::vector<Reject>{{job(3), RejectReason::CannotFinishInTime}}));
}

TEST(Scheduler, RefusesWhatIsNotWellFormed) {
  Bench bench;
  const auto reason = [&](void (*spoil)(Request&)) {
    Request one = request(1, 1);
    spoil(one);
    const auto rejected = all<Reject>(bench.submit(one));
    return rejected.empty() ? std::optional<RejectReason>() : rejected[0].reason;
  };
  EXPECT_EQ(reason([](Request& r) { r.walltime_ms = 0; }), RejectReason::BadRequest);
  EXPECT_EQ(reason([](Request& r) { r.any_of.clear(); }), RejectReason::BadRequest);
  EXPECT_EQ(reason([](Request& r) { r.any_of[0].gpu_milli = 0; }), RejectReason::BadRequest);
  EXPECT_EQ(reason([](Request& r) { r.gang.min = 0; }), RejectReason::BadRequest);
  EXPECT_EQ(reason([](Request& r) { r.queue = QueueId(9); }), RejectReason::UnknownQueue);
  EXPECT_EQ(reason([](Request& r) { r.depends_on = {job(7)}; }), RejectReason::UnknownDependency);
  EXPECT_EQ(reason([](Request&) {}), std::nullopt);
  EXPECT_EQ(reason([](Request&) {}), RejectReason::DuplicateJob);
}

}  // namespace
}  // namespace oort::compute::test
