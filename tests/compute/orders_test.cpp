// SPDX-License-Identifier: Apache-2.0
// Where the scheduler keeps what it looks up most: each against the plainest way to keep it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "builders.hpp"
#include "draws.hpp"
#include "lease_ends.hpp"
#include "least_tree.hpp"
#include "node_kinds.hpp"
#include "waiting_jobs.hpp"

namespace oort::compute::test {
namespace {

std::optional<std::size_t> first_least(const std::vector<std::int32_t>& numbers) {
  const auto least = std::min_element(numbers.begin(), numbers.end());
  if (least == numbers.end() || *least == LeastTree::none) return std::nullopt;
  return static_cast<std::size_t>(least - numbers.begin());
}

TEST(LeastTree, TheFirstOfTheLeastIsFoundAfterEveryChange_I5) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Draws draws(seed);
    LeastTree tree;
    std::vector<std::int32_t> numbers;
    EXPECT_EQ(tree.first_least(), std::nullopt);
    for (int i = 0; i < 6'000; ++i) {
      if (draws.once_in(20) || numbers.empty()) {
        // At last there are three levels, and whole lines without a number.
        numbers.resize(numbers.size() + 1 + draws.below(4), LeastTree::none);
        tree.grow(numbers.size());
      }
      // Few different numbers, so that there are ties.
      const auto draw = [&] {
        return draws.once_in(2) ? LeastTree::none : static_cast<std::int32_t>(draws.below(50)) - 25;
      };
      if (draws.once_in(400)) {
        for (std::int32_t& number : numbers) number = draw();
        tree.set_all([&](std::size_t place) { return numbers[place]; });
      } else {
        const std::size_t place = draws.below(static_cast<std::uint32_t>(numbers.size()));
        numbers[place] = draw();
        tree.set(place, numbers[place]);
      }
      ASSERT_EQ(tree.size(), numbers.size());
      ASSERT_EQ(tree.first_least(), first_least(numbers)) << seed << " " << i;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(tree.at(i), numbers[i]);
    EXPECT_GT(numbers.size(), 16U * 16U);
  }
}

TEST(NodeKinds, OffersThatDifferInNothingThatCountsShareAKind_I4) {
  NodeKinds kinds;
  const Offer first = offer(1, 2);
  const KindIndex kind = kinds.enter(first);
  // Another node of somebody else, elsewhere, for less long and with a little more weight.
  Offer alike = offer(2, 2);
  alike.fabric = 7;
  alike.available_until = WallTime{5};
  EXPECT_EQ(kinds.enter(alike), kind);
  Offer heavier = alike;
  heavier.honest_weight = 4;
  const KindIndex heavy = kinds.enter(heavier);
  EXPECT_NE(heavy, kind);
  heavier.honest_weight = 7;
  EXPECT_EQ(kinds.enter(heavier), heavy);

  using Change = void (*)(Offer&);
  const Change changes[] = {
      [](Offer& one) { one.region = "us"; },
      [](Offer& one) { one.devices[1].model = "H100"; },
      [](Offer& one) { one.devices[1].memory_mib = 1; },
      [](Offer& one) { one.devices[1].interconnect = 1; },
      [](Offer& one) { one.devices.pop_back(); },
      [](Offer& one) { ++one.cpu_milli; },
      [](Offer& one) { ++one.memory_mib; },
      [](Offer& one) { ++one.disk_mib; },
      [](Offer& one) { ++one.network_mbps; },
      [](Offer& one) { one.architecture = Architecture::Arm64; },
      [](Offer& one) { one.tiers = 1; },
      [](Offer& one) { one.data_class = DataClass::Attested; },
      [](Offer& one) { ++one.ask_per_gpu; },
      [](Offer& one) { ++one.ask_per_core; },
      [](Offer& one) { ++one.credibility_ppb; },
      [](Offer& one) { ++one.risk_limit; },
  };
  for (const Change change : changes) {
    Offer other = first;
    change(other);
    EXPECT_NE(kinds.enter(other), kind);
  }
}

TEST(NodeKinds, ANumberThatIsUsedAgainHasAnotherStamp_I4) {
  NodeKinds kinds;
  const KindIndex kind = kinds.enter(offer(1, 2));
  const std::uint64_t stamp = kinds.stamp(kind);
  EXPECT_NE(stamp, 0U);
  EXPECT_EQ(kinds.enter(offer(2, 2)), kind);
  kinds.leave(kind);
  EXPECT_EQ(kinds.enter(offer(3, 2)), kind) << "one of its nodes is there still";
  EXPECT_EQ(kinds.stamp(kind), stamp);
  kinds.leave(kind);
  kinds.leave(kind);
  EXPECT_EQ(kinds.enter(offer(4, 3)), kind);
  EXPECT_NE(kinds.stamp(kind), stamp);
}

TEST(WaitingJobs, StandInTheOrderOfTheirRanks_Q3) {
  Draws draws(1);
  std::vector<Job> jobs(1'000);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].rank = {draws.once_in(4), static_cast<std::int64_t>(draws.below(20)), i};
  }
  WaitingJobs waiting;
  std::map<Rank, Job*> expected;
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    Job& job = jobs[draws.below(static_cast<std::uint32_t>(jobs.size()))];
    // Now many come, now many go.
    if (expected.erase(job.rank) == 1) {
      waiting.remove(job);
    } else if (i / 2'000 % 2 == 0 || draws.once_in(4)) {
      waiting.add(job);
      expected.emplace(job.rank, &job);
    }
    most = std::max(most, expected.size());
    ASSERT_EQ(waiting.empty(), expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(&waiting.first(), expected.begin()->second);
    }
    // Of one that is there or not.
    const Rank& rank = jobs[draws.below(static_cast<std::uint32_t>(jobs.size()))].rank;
    const auto behind = expected.upper_bound(rank);
    ASSERT_EQ(waiting.behind(rank), behind == expected.end() ? nullptr : behind->second);
    if (i % 100 != 0) continue;
    std::vector<const Job*> order;
    EXPECT_EQ(waiting.find([&](const Job& one) {
      order.push_back(&one);
      return false;
    }),
              nullptr);
    ASSERT_EQ(order.size(), expected.size());
    ASSERT_TRUE(std::equal(order.begin(), order.end(), expected.begin(),
                           [](const Job* one, const auto& other) { return one == other.second; }));
    if (order.empty()) continue;
    const Job* const wanted = order[order.size() / 2];
    EXPECT_EQ(waiting.find([&](const Job& one) { return &one == wanted; }), wanted);
  }
  EXPECT_GT(most, 500U) << "many blocks";
}

TEST(LeaseEnds, StandInTheOrderInWhichTheyAreExpected_S3) {
  Draws draws(1);
  std::vector<Lease> leases(500);
  std::vector<bool> is_in(leases.size(), false);
  LeaseEnds ends;
  for (std::size_t i = 0; i < leases.size(); ++i) leases[i].number = LeaseNumber(i + 1);
  for (int round = 0; round < 3'000; ++round) {
    Lease& lease = leases[draws.below(static_cast<std::uint32_t>(leases.size()))];
    const auto number = lease.number.value() - 1;
    if (is_in[number]) {
      ends.remove(lease);
      is_in[number] = false;
    } else {
      lease.until = WallTime{draws.below(100)};
      ends.add(lease);
      is_in[number] = true;
    }
    if (draws.once_in(20)) ends.settle();
    if (!draws.once_in(10)) continue;
    const WallTime now{draws.below(50)};
    std::vector<std::pair<WallTime, const Lease*>> expected;
    for (const Lease& one : leases) {
      if (is_in[one.number.value() - 1]) expected.emplace_back(one.ends(now), &one);
    }
    std::sort(expected.begin(), expected.end());  // Leases of a vector ascend by their numbers.
    const auto order = ends.in_order(now);
    ASSERT_EQ(order.size(), expected.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      ASSERT_EQ(order[i].time, expected[i].first);
      ASSERT_EQ(order[i].number, expected[i].second->number);
      ASSERT_EQ(order[i].lease, expected[i].second);
    }
  }
}

}  // namespace
}  // namespace oort::compute::test
