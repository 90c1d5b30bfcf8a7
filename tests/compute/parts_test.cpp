// SPDX-License-Identifier: Apache-2.0
// The parts inside the room, each against the plain definition of what it keeps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "builders.hpp"
#include "draws.hpp"
#include "fragmentation.hpp"
#include "gang_index.hpp"
#include "node_table.hpp"
#include "queue_tree.hpp"
#include "shape_index.hpp"
#include "stoppable.hpp"
#include "workload.hpp"

namespace oort::compute::test {
namespace {

std::vector<WorkloadShape> draw_shapes(Draws& draws) {
  std::vector<WorkloadShape> shapes(1 + draws.below(12));
  for (WorkloadShape& shape : shapes) {
    shape.cpu_milli = 1'000 * draws.below(32);
    shape.memory_mib = 1'024 * draws.below(64);
    shape.gpu_count = static_cast<std::uint16_t>(1 + draws.below(4));
    if (shape.gpu_count == 1) shape.gpu_milli = static_cast<std::uint16_t>(1 + draws.below(1'000));
    shape.weight = 1 + draws.below(1'000);
  }
  return shapes;
}

Capacity draw_capacity(Draws& draws) {
  Capacity free;
  free.cpu_milli = 1'000 * draws.below(48);
  free.memory_mib = 1'024 * draws.below(96);
  free.devices_count = draws.below(9);
  for (std::size_t i = 0; i < free.devices_count; ++i) {
    free.gpu_milli[i] =
        static_cast<std::uint16_t>(draws.once_in(2) ? gpu_whole : draws.below(gpu_whole + 1U));
  }
  return free;
}

/// F2, word for word, in 65,536ths of a thousandth of a device.
std::int64_t fragmentation_by_rule(const std::vector<WorkloadShape>& shapes, const Capacity& free) {
  std::uint64_t weights = 0;
  for (const WorkloadShape& shape : shapes) weights += shape.weight;
  std::int64_t sum = 0;
  for (const WorkloadShape& shape : shapes) {
    std::int64_t all = 0;
    std::int64_t slivers = 0;
    std::uint32_t suitable = 0;
    for (std::size_t i = 0; i < free.devices_count; ++i) {
      all += free.gpu_milli[i];
      suitable += free.gpu_milli[i] >= shape.gpu_milli ? 1 : 0;
      slivers += free.gpu_milli[i] < shape.gpu_milli ? free.gpu_milli[i] : 0;
    }
    const bool fits = suitable >= shape.gpu_count && free.cpu_milli >= shape.cpu_milli &&
                      free.memory_mib >= shape.memory_mib;
    sum += static_cast<std::int64_t>(shape.weight * 65'536 / weights) * (fits ? slivers : all);
  }
  return sum;
}

TEST(Fragmentation, IsTheExpectedLossAndNeverMoreThanAll_F1_F2) {
  Draws draws(1);
  for (int i = 0; i < 2'000; ++i) {
    const auto shapes = draw_shapes(draws);
    const Capacity free = draw_capacity(draws);
    std::int64_t all = 0;
    for (std::size_t d = 0; d < free.devices_count; ++d) all += free.gpu_milli[d];
    const std::int64_t got = Fragmentation(shapes).of(free);
    EXPECT_GE(got, 0);
    EXPECT_LE(got, all * score_unit);
    ASSERT_EQ(got, fragmentation_by_rule(shapes, free));
  }
}

TEST(Fragmentation, ASliverCostsAtMostItself_F3) {
  Draws draws(2);
  for (int i = 0; i < 100; ++i) {
    const Fragmentation workload(draw_shapes(draws));
    const SliverCosts& costs = workload.slivers();
    EXPECT_EQ(costs[0], 0);
    for (std::size_t left = 0; left < costs.size(); ++left) {
      EXPECT_GE(costs[left], 0);
      EXPECT_LE(costs[left], static_cast<std::int64_t>(left) * score_unit);
    }
    EXPECT_EQ(costs[gpu_whole], 0);
  }
}

TEST(LearnedWorkload, IsLearnedAnewWhenItHasDoubled_L1) {
  LearnedWorkload workload;
  const Alternative need = request(1, 1).any_of[0];
  std::vector<std::uint64_t> learned_at;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    if (workload.learn(need, 1)) learned_at.push_back(i);
  }
  EXPECT_EQ(learned_at, (std::vector<std::uint64_t>{64, 128, 256, 512}));
  ASSERT_EQ(workload.shapes().size(), 1U);
  EXPECT_EQ(workload.shapes()[0].weight, 1'000U);
  EXPECT_FALSE(workload.learn(request(1, 0).any_of[0], 100'000))
      << "without devices it tells nothing";
  workload.set();
  EXPECT_FALSE(workload.learn(need, 100'000));
}

/// A table whose nodes change at random.
class Table {
 public:
  explicit Table(std::uint64_t seed) : draws_(seed) {}

  void change() {
    const std::uint64_t number = 1 + draws_.below(150);
    const auto known = nodes_.find(node(number));
    if (!known) {
      Offer one = offer(number, draws_.below(5));
      one.region = draws_.once_in(2) ? "eu" : "us";
      one.honest_weight = draws_.below(4);
      one.ask_per_gpu = draws_.below(2) * 50'000ULL;
      if (!one.devices.empty() && draws_.once_in(2)) one.devices.front().memory_mib = 81'920;
      one.fabric = draws_.below(4);
      nodes_.add(one);
      return;
    }
    const Node& there = nodes_.at(*known);
    if (draws_.once_in(5) && there.leases.empty()) return nodes_.remove(*known);
    if (draws_.once_in(5)) {
      const bool is_held = there.reserved_for.has_value();
      return nodes_.reserve(*known, is_held ? std::nullopt : std::optional(job(1)));
    }
    if (draws_.once_in(8)) return nodes_.expect(Fragmentation(draw_shapes(draws_)));
    if (draws_.once_in(3) && !held_[number].empty()) {
      const auto [lease, devices] = held_[number].back();
      held_[number].pop_back();
      return nodes_.release(*known, lease, need_, devices);
    }
    const auto all = static_cast<DeviceMask>((1U << there.offer.devices.size()) - 1);
    const auto devices = fit(there.free, need_, all, there.links);
    if (!devices) return;
    held_[number].emplace_back(LeaseNumber(++leases_), *devices);
    nodes_.lease(*known, LeaseNumber(leases_), need_, *devices);
  }

  Draws draws_;
  NodeTable nodes_{ScoreWeights()};
  Need need_{1'000, 1'024, 0, 1, 500, 0, false};

 private:
  std::map<std::uint64_t, std::vector<std::pair<LeaseNumber, DeviceMask>>> held_;
  std::uint64_t leases_ = 0;
};

/// What different parts of the index see: any nodes, a share, nodes by name, devices by memory.
std::vector<Request> requests_of_all_sorts() {
  std::vector<Request> all(4, request(1, 1));
  all[1].any_of[0].gpu_milli = 300;
  all[2].placement.exclude_nodes = {node(3), node(4)};
  all[2].placement.exclude_operators = {id_of<OperatorId>(5)};
  all[3].any_of[0].gpu_memory_mib_min = 50'000;
  return all;
}

TEST(ShapeIndex, TheBestIsTheFirstOfLeastScore_I1_I2) {
  for (const Request& asked : requests_of_all_sorts()) {
    Table table(3);
    ShapeIndex index(shape_of(asked, asked.any_of[0]), true);
    const ShapeIndex fresh(index.shape(), false);
    std::size_t found = 0;
    for (int i = 0; i < 4'000; ++i) {
      table.change();
      if (table.draws_.once_in(3)) continue;
      index.refresh(table.nodes_);
      std::optional<NodeIndex> best;
      std::int32_t least = unfit;
      for (NodeIndex at = 0; at < table.nodes_.size(); ++at) {
        if (table.nodes_.at(at).reserved_for) continue;
        const std::int32_t score = fresh.score_now(table.nodes_, at);
        if (score >= least) continue;
        least = score;
        best = at;
      }
      ASSERT_EQ(index.is_feasible(), best.has_value()) << i;
      // Changes may heap up before anybody asks for the best.
      if (table.draws_.once_in(4)) continue;
      ASSERT_EQ(index.best(table.nodes_), best) << i;
      if (best) {
        ASSERT_EQ(index.score(table.nodes_, *best), least) << i;
      }
      found += best ? 1 : 0;
    }
    EXPECT_GT(found, 1'000U);
  }
}

TEST(ShapeIndex, NodesThatCameWhileNothingFittedHaveScores_I1) {
  NodeTable nodes{ScoreWeights()};
  const auto small = [](std::uint64_t number) {
    Offer one = offer(number, 1);
    one.cpu_milli = 100;
    return one;
  };
  const Request asked = request(1, 1);
  ShapeIndex index(shape_of(asked, asked.any_of[0]), true);
  nodes.add(small(1));
  index.refresh(nodes);
  EXPECT_FALSE(index.is_feasible());
  for (std::uint64_t i = 2; i <= 100; ++i) nodes.add(small(i));
  index.skip_to(nodes.log_end());
  nodes.change(0, offer(1, 1));
  index.refresh(nodes);
  EXPECT_EQ(index.best(nodes), 0U);
  EXPECT_NE(index.score(nodes, 0), unfit);
  EXPECT_EQ(index.score(nodes, 99), unfit);
}

TEST(GangIndex, AGroupHoldsWhatItsNodesHold_G1) {
  for (const Topology topology :
       {Topology::Any, Topology::SameRegion, Topology::SameFabric, Topology::SameNode}) {
    Table table(4);
    const Request asked = request(1, 1);
    const Gang gang{3, 6, topology};
    ShapeIndex shape(shape_of(asked, asked.any_of[0]), true);
    GangIndex index(gang, true);
    for (int i = 0; i < 2'000; ++i) {
      table.change();
      if (table.draws_.once_in(3)) continue;
      shape.refresh(table.nodes_);
      index.refresh(table.nodes_, shape);
      std::map<TopologyGroup, std::uint64_t> sums;
      for (NodeIndex at = 0; at < table.nodes_.size(); ++at) {
        const Node& one = table.nodes_.at(at);
        if (!one.is_present || one.reserved_for) continue;
        // One member takes a whole device, and cores are never short.
        std::uint32_t whole = 0;
        for (std::size_t d = 0; d < one.free.devices_count; ++d) {
          whole += one.free.gpu_milli[d] == gpu_whole ? 1 : 0;
        }
        sums[group_of(topology, one, at)] += std::min(whole, gang.max);
      }
      std::vector<std::pair<std::uint64_t, TopologyGroup>> order;
      for (const auto& [group, sum] : sums) {
        if (sum >= gang.min) order.emplace_back(sum, group);
      }
      std::sort(order.begin(), order.end());
      std::vector<TopologyGroup> groups;
      for (const auto& [sum, group] : order) groups.push_back(group);
      ASSERT_EQ(index.groups(), groups) << i;
      ASSERT_EQ(index.is_feasible(), !groups.empty());
    }
  }
}

TEST(QueueTree, AQueueUsesWhatItsChildrenUse_Q2) {
  Draws draws(5);
  QueueTree tree;
  tree.set(QueueId(1), QueueId(0), 1);
  tree.set(QueueId(2), QueueId(0), 1);
  for (std::uint32_t i = 3; i < 9; ++i) tree.set(QueueId(i), QueueId(1 + i % 2), 1 + i % 3);
  std::vector<std::pair<QueueIndex, Need>> held;
  for (int i = 0; i < 1'000; ++i) {
    if (!held.empty() && draws.once_in(3)) {
      tree.charge(held.back().first, held.back().second, false);
      held.pop_back();
    } else {
      const Need need{draws.below(8'000), draws.below(8'000), 0, 1, 500, 0, false};
      held.emplace_back(*tree.find(QueueId(3 + draws.below(6))), need);
      tree.charge(held.back().first, held.back().second, true);
    }
    for (QueueIndex at = 0; at < tree.size(); ++at) {
      if (tree.at(at).children.empty()) continue;
      Usage sum;
      for (const QueueIndex child : tree.at(at).children) {
        sum.gpu_milli += tree.at(child).running.gpu_milli;
        sum.cpu_milli += tree.at(child).running.cpu_milli;
        sum.memory_mib += tree.at(child).running.memory_mib;
      }
      ASSERT_EQ(sum.gpu_milli, tree.at(at).running.gpu_milli);
      ASSERT_EQ(sum.cpu_milli, tree.at(at).running.cpu_milli);
      ASSERT_EQ(sum.memory_mib, tree.at(at).running.memory_mib);
    }
  }
}

TEST(QueueTree, TheNeediestIsThatOfTheLeastShareAfterEveryChange_Q1) {
  Draws draws(7);
  NodeTable nodes{ScoreWeights()};
  nodes.add(offer(1, 8));
  QueueTree tree;
  for (std::uint32_t i = 1; i <= 6; ++i) tree.set(QueueId(i), QueueId(0), 1);
  std::vector<std::pair<QueueIndex, Need>> held;
  std::uint64_t offers = 1;
  for (int i = 0; i < 5'000; ++i) {
    const std::uint32_t kind = draws.below(40);
    if (kind == 0) {
      nodes.add(offer(++offers, 1 + draws.below(8)));
    } else if (kind == 1) {
      tree.set(QueueId(1 + draws.below(6)), QueueId(0), 1 + draws.below(4));
    } else if (kind == 2) {
      tree.pass_time(draws.below(2'000), 1'000);
    } else if (kind < 20 && !held.empty()) {
      tree.charge(held.back().first, held.back().second, false);
      held.pop_back();
    } else {
      const Need need{draws.below(8'000), draws.below(8'000), 0, 1, 500, 0, false};
      held.emplace_back(*tree.find(QueueId(1 + draws.below(6))), need);
      tree.charge(held.back().first, held.back().second, true);
    }
    std::vector<bool> has_work(tree.size(), false);
    std::optional<QueueIndex> expected;
    for (QueueIndex at = 1; at < tree.size(); ++at) {
      has_work[at] = !draws.once_in(3);
      if (!has_work[at]) continue;
      if (!expected || tree.share_ppb(at, nodes) < tree.share_ppb(*expected, nodes)) expected = at;
    }
    ASSERT_EQ(tree.neediest(has_work, nodes), expected) << i;
  }
}

TEST(QueueTree, PastUseIsHalvedEveryHalfLife) {
  NodeTable nodes{ScoreWeights()};
  nodes.add(offer(1, 4));
  QueueTree tree;
  tree.set(QueueId(1), QueueId(0), 1);
  const QueueIndex queue = *tree.find(QueueId(1));
  const Need need{0, 0, 0, 2, gpu_whole, 0, false};
  tree.charge(queue, need, true);
  EXPECT_EQ(tree.share_ppb(queue, nodes), 500'000'000U);
  tree.pass_time(1'000, 1'000);
  tree.charge(queue, need, false);
  EXPECT_EQ(tree.share_ppb(queue, nodes), 500'000'000U);
  tree.pass_time(1'000, 1'000);
  EXPECT_EQ(tree.share_ppb(queue, nodes), 250'000'000U);
  tree.pass_time(2'000, 1'000);
  EXPECT_EQ(tree.share_ppb(queue, nodes), 62'500'000U);
}

TEST(StoppableLeases, ForWhomThereIsSomebodyToStop_S1) {
  Draws draws(6);
  RequestClass cls;
  std::vector<Job> jobs(40);
  std::vector<Lease> leases(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].queue = draws.below(4);
    jobs[i].cls = &cls;
    jobs[i].terms.priority = static_cast<std::int32_t>(draws.below(3));
    jobs[i].terms.is_spot = draws.once_in(3);
    jobs[i].terms.bid_per_hour = draws.below(3);
    leases[i].number = LeaseNumber(i + 1);
    leases[i].job = &jobs[i];
    leases[i].node = draws.below(5);
  }
  StoppableLeases all;
  std::vector<bool> is_in(leases.size(), false);
  for (int round = 0; round < 2'000; ++round) {
    // Few at a time, so that often there is nobody.
    const std::size_t at = draws.below(static_cast<std::uint32_t>(leases.size()));
    if (is_in[at]) {
      all.remove(leases[at]);
      is_in[at] = false;
    } else if (draws.once_in(6)) {
      all.add(leases[at]);
      is_in[at] = true;
    }
    StopRights rights{draws.below(4),
                      static_cast<std::int32_t>(draws.below(3)),
                      draws.once_in(2),
                      draws.below(3),
                      {}};
    if (draws.once_in(3)) rights.is_rich = {false, draws.once_in(2), draws.once_in(2), false};
    bool expected = false;
    for (std::size_t i = 0; i < leases.size(); ++i) {
      expected = expected || (is_in[i] && rights.over(stoppable_of(leases[i])).has_value());
    }
    ASSERT_EQ(all.has_any_for(rights), expected);
  }
}

TEST(StoppableLeases, NoneThatHoldSoMuchCostLessThanTheLeast_S2) {
  Draws draws(8);
  RequestClass cls;
  std::vector<Job> jobs(60);
  std::vector<Lease> leases(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].cls = &cls;
    jobs[i].terms.checkpoint_ms = draws.once_in(3) ? 1'000 + draws.below(100'000) : 0;
    jobs[i].queue = draws.below(3);
    jobs[i].terms.is_spot = draws.once_in(4);
    leases[i].number = LeaseNumber(i + 1);
    leases[i].job = &jobs[i];
    leases[i].node = draws.below(12);
    leases[i].need.cpu_milli = draws.below(8'000);
    leases[i].need.gpu_count = static_cast<std::uint16_t>(draws.below(3));
    // Some began so long ago that their cost is bounded.
    leases[i].started = WallTime{draws.once_in(5) ? 0 : 1'000'000'000'000U - draws.below(500'000)};
  }
  StoppableLeases all;
  std::vector<bool> is_in(leases.size(), false);
  std::size_t tight = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::size_t at = draws.below(static_cast<std::uint32_t>(leases.size()));
    is_in[at] ? all.remove(leases[at]) : all.add(leases[at]);
    is_in[at] = !is_in[at];
    const NodeIndex here = leases[at].node;
    const WallTime now{1'000'000'000'000U + draws.below(1'000'000)};
    const auto& on = all.on(here);
    if (on.size() > 8) continue;
    StopRights rights{draws.below(3), 1, draws.once_in(4), 1, {}};
    if (draws.once_in(3)) rights.is_rich = {false, true, draws.once_in(2)};
    const auto least_cost = [&](const Held& held) {
      return all.least_cost(here, rights, rights.queues(), held, now);
    };
    Held everything;
    for (std::uint32_t chosen = 1; chosen < 1U << on.size(); ++chosen) {
      Held held;
      std::uint64_t cost = 0;
      bool is_covered = true;
      for (std::size_t i = 0; i < on.size(); ++i) {
        if ((chosen >> i & 1U) == 0) continue;
        held.gpu_milli += on[i].held.gpu_milli;
        held.cpu_milli += on[i].held.cpu_milli;
        cost += cost_of_stopping(on[i], now);
        is_covered = is_covered && rights.over(on[i]);
      }
      everything = held;  // The last choice is of all.
      if (!is_covered) continue;
      const std::uint64_t least = least_cost(held);
      ASSERT_LE(least, cost);
      tight += least * 2 > cost ? 1 : 0;
    }
    constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(least_cost({everything.gpu_milli + 1, 0}), never);
    EXPECT_EQ(least_cost({0, everything.cpu_milli + 1}), never);
  }
  EXPECT_GT(tight, 1'000U) << "and it is no idle bound";
}

}  // namespace
}  // namespace oort::compute::test
