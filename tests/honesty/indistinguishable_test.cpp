// SPDX-License-Identifier: Apache-2.0
// Whether a pool that shares everything its executors see can tell baits from work.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <iostream>
#include <map>
#include <random>

#include "classifier.hpp"
#include "kit.hpp"
#include "oort/honesty/agent.hpp"

namespace oort::honesty::test {
namespace {

constexpr std::uint64_t length_ms = 3'600'000;
constexpr std::size_t samples_count = 6000;

struct Seen {
  TaskEnvelope envelope;
  std::uint64_t offset_ms = 0;
};

/// Customers, written without a look at how baits are made: three kinds of work with their own
/// sizes, prices, deadlines, brokers and times of day, and a liking for round numbers.
class Customers {
 public:
  explicit Customers(std::uint64_t seed) : random_(seed) {}

  Seen next() {
    Seen task;
    TaskEnvelope& envelope = task.envelope;
    const double kind = uniform();
    if (kind < 0.55) {  // Reads of ranges: many of whole blocks.
      envelope.workload = Workload(1);
      envelope.input_bytes = uniform() < 0.4 ? std::uint64_t{4096} << (random_() % 8)
                                             : sized(std::log(200'000.0), 1.1);
      envelope.deadline_ms = 5'000;
      envelope.price = Credits(2 + envelope.input_bytes / 1000);
    } else if (kind < 0.85) {  // Batches: priced by the size in steps of ten, patient at night.
      envelope.workload = Workload(2);
      envelope.input_bytes = sized(std::log(8'000'000.0), 0.7);
      envelope.deadline_ms = uniform() < 0.3 ? 3'600'000 : 600'000;
      envelope.price = Credits(10 * (50 + envelope.input_bytes / 20'000));
    } else {  // Labels: small, one price.
      envelope.workload = Workload(7);
      envelope.input_bytes = sized(std::log(40'000.0), 0.3);
      envelope.deadline_ms = 86'400'000;
      envelope.price = Credits(50'000);
    }
    const double day = envelope.deadline_ms == 3'600'000 ? 0.8 : 0.35;
    task.offset_ms = static_cast<std::uint64_t>(
        std::clamp(normal_(random_) * 0.15 + day, 0.0, 0.9999) * static_cast<double>(length_ms));
    envelope.broker = same<NodeId>(
        static_cast<std::uint8_t>(std::min(static_cast<int>(uniform() * uniform() * 9), 8)));
    for (std::byte& byte : envelope.task.mutable_view()) byte = random_byte();
    for (std::byte& byte : envelope.input_root.mutable_view()) byte = random_byte();
    return task;
  }

 private:
  double uniform() { return std::uniform_real_distribution<double>()(random_); }
  std::uint64_t sized(double mean, double deviation) {
    return static_cast<std::uint64_t>(std::exp(mean + deviation * normal_(random_)));
  }
  std::byte random_byte() { return static_cast<std::byte>(random_() & 0xff); }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

/// What officers send while this live work passes them.
std::vector<Seen> baits_of(const std::vector<Seen>& live, std::size_t count) {
  SeededRandom random(11);
  HashSource reads(Workload(1));
  HashSource batches(Workload(2));
  HashSource labels(Workload(7));
  Agent agent(key(1), {}, {&reads, &batches, &labels}, random);
  std::vector<Seen> baits;
  for (std::size_t i = 0; i < live.size() / 2; ++i) {
    static_cast<void>(agent.step(event::TaskPassed{shape_of(live[i].envelope, live[i].offset_ms)}));
  }
  for (std::uint64_t epoch = 1; baits.size() < count; ++epoch) {
    for (std::size_t i = 0; i < 40; ++i) {
      const Seen& task = live[(epoch * 40 + i) % live.size()];
      static_cast<void>(agent.step(event::TaskPassed{shape_of(task.envelope, task.offset_ms)}));
    }
    const ledger::OfficerDraw draw{same<ChainId>(1), Epoch(epoch), same<Bytes32>(2), 1, 1, 1};
    for (const Action& action : agent.step(event::EpochStarted{draw, length_ms})) {
      const auto* alarm = std::get_if<action::SetAlarm>(&action);
      if (alarm == nullptr) continue;
      const auto sent = agent.step(event::Alarm{alarm->epoch, alarm->bait});
      baits.push_back({std::get<action::SendTask>(sent.at(0)).envelope, alarm->after_ms});
    }
  }
  baits.resize(count);
  return baits;
}

/// Sizes that the pool's executors have seen, sorted, by kind of work.
using PoolSizes = std::map<std::uint16_t, std::vector<double>>;

/// Every byte of what an executor gets, every number in it and their relations, the time, and how
/// near the size is to those that colleagues have seen.
Features features_of(const Seen& seen, const PoolSizes& pool) {
  Features features;
  for (const std::byte byte : codec::to_bytes(seen.envelope)) {
    features.push_back(std::to_integer<int>(byte));
  }
  const TaskEnvelope& envelope = seen.envelope;
  const auto price = static_cast<double>(envelope.price.units());
  const auto size = static_cast<double>(envelope.input_bytes);
  features.insert(features.end(), {price, size, static_cast<double>(envelope.deadline_ms),
                                   static_cast<double>(seen.offset_ms)});
  features.push_back(price / (size + 1));
  features.push_back(std::countr_zero(envelope.input_bytes));
  features.push_back(static_cast<double>(envelope.price.units() % 10));
  features.push_back(static_cast<double>(envelope.price.units() % 1000));
  features.push_back(static_cast<double>(envelope.input_bytes % 1000));
  features.push_back(static_cast<double>(seen.offset_ms % 1000));
  double nearest = 100;
  double alike = 0;
  for (const double other : pool.at(envelope.workload.value())) {
    const double distance = std::abs(std::log(size) - other);
    nearest = std::min(nearest, distance);
    if (distance == 0) ++alike;
  }
  features.push_back(nearest);
  features.push_back(alike);
  return features;
}

struct Town {
  std::vector<Features> work;
  std::vector<Features> baits;
};

/// A fifth of the live tasks went to the pool, and officers took their shapes from all of them.
const Town& town() {
  static const Town made = [] {
    Customers customers(5);
    std::vector<Seen> live;
    PoolSizes pool;
    for (std::size_t i = 0; i < 24'000; ++i) {
      live.push_back(customers.next());
      const TaskEnvelope& envelope = live.back().envelope;
      if (i % 5 != 0) continue;
      pool[envelope.workload.value()].push_back(
          std::log(static_cast<double>(envelope.input_bytes)));
    }
    Town all;
    for (std::size_t i = 0; i < samples_count; ++i) {
      all.work.push_back(features_of(customers.next(), pool));
    }
    for (const Seen& bait : baits_of(live, samples_count)) {
      all.baits.push_back(features_of(bait, pool));
    }
    return all;
  }();
  return made;
}

TEST(Indistinguishable, BaitsFromWorkByAllThatAPoolSees_T2) {
  const double area = distinguish(town().work, town().baits);
  RecordProperty("area_under_curve", std::to_string(area));
  std::cout << "area under the curve: " << area << "\n";
  EXPECT_NEAR(area, 0.5, 0.02);
}

// The classifier must be one that would notice.
TEST(Indistinguishable, ATellingFieldIsNoticed_T1) {
  Town told = town();
  std::mt19937_64 random(3);
  for (Features& features : told.work) features.push_back(random() % 100 < 10 ? 1 : 0);
  for (Features& features : told.baits) features.push_back(random() % 100 < 20 ? 1 : 0);
  EXPECT_GT(distinguish(told.work, told.baits), 0.53);
}

TEST(Indistinguishable, ABaitOfAnotherDistributionIsNoticed_T2) {
  Town told = town();
  // Prices that are a twentieth too high: all fields look live, their relation does not.
  const std::size_t price = codec::to_bytes(TaskEnvelope{}).size();
  for (Features& features : told.baits) {
    features[price] *= 1.05;
    features[price + 4] *= 1.05;
  }
  EXPECT_GT(distinguish(told.work, told.baits), 0.53);
}

TEST(Indistinguishable, ARepeatedSizeIsNoticedByAPool_T2) {
  Town told = town();
  const std::size_t alike = told.baits.front().size() - 1;
  std::mt19937_64 random(4);
  for (Features& features : told.baits) {
    if (random() % 10 == 0) features[alike] += 1;
  }
  EXPECT_GT(distinguish(told.work, told.baits), 0.52);
}

TEST(TaskEnvelope, HasOneEncodingWhichIsFrozen_T1) {
  TaskEnvelope envelope;
  envelope.task = same<TaskId>(1);
  envelope.workload = Workload(2);
  envelope.broker = same<NodeId>(3);
  envelope.price = Credits(4);
  envelope.input_bytes = 5;
  envelope.deadline_ms = 6;
  envelope.input_root = same<Bytes32>(7);
  const Bytes bytes = codec::to_bytes(envelope);
  EXPECT_EQ(bytes.size(), 131U);
  EXPECT_EQ(crypto::blake3(bytes).short_hex(), "8c4965c7");
  EXPECT_EQ(codec::from_bytes<TaskEnvelope>(bytes).value(), envelope);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<TaskEnvelope>(ByteView(bytes).first(size)).has_value());
  }
  // Every byte after the version is of a field that is listed.
  std::size_t listed = 1;
  for_each_field(envelope, [&](const auto& field) { listed += codec::to_bytes(field).size(); });
  EXPECT_EQ(listed, bytes.size());
}

TEST(LiveShapes, DrawsBetweenNeighboursOfOneKindAndKeepsRoundSizes_T2) {
  SeededRandom random(1);
  LiveShapes shapes(100);
  EXPECT_FALSE(shapes.draw(random).has_value());
  for (std::uint64_t i = 1; i <= 50; ++i) {
    shapes.saw({Workload(1), {}, Credits(10 * i), 100'003 * i, 5000, i}, random);
    shapes.saw({Workload(2), {}, Credits(7), 4096, 5000, i}, random);
  }
  std::size_t repeats = 0;
  for (int i = 0; i < 500; ++i) {
    const TaskShape drawn = shapes.draw(random).value();
    if (drawn.workload == Workload(2)) {
      EXPECT_EQ(drawn.input_bytes, 4096U);
      continue;
    }
    EXPECT_TRUE(drawn.price.units() == 10 * Uint128{drawn.input_bytes / 100'003});
    if (drawn.input_bytes % 100'003 == 0) ++repeats;
  }
  EXPECT_LT(repeats, 12U);  // The greatest of all has no neighbour.
  LiveShapes small(3);
  for (std::uint64_t i = 1; i <= 9; ++i) small.saw({Workload(1), {}, {}, i, 1, 1}, random);
  EXPECT_EQ(small.count(), 3U);
}

}  // namespace
}  // namespace oort::honesty::test
