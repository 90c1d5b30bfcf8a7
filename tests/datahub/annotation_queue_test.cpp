// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/annotation_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {
namespace {

using Kind = AnnotationEvent::Kind;

AccountId person(unsigned number) {
  std::array<std::byte, AccountId::size_bytes> bytes{};
  bytes[0] = static_cast<std::byte>(number);
  bytes[1] = static_cast<std::byte>(number >> 8);
  return AccountId(bytes);
}

/// `ordinary` samples, then `gold` ones whose label is "cat".
AnnotationOrder order_of(unsigned ordinary, unsigned gold = 0) {
  AnnotationOrder order;
  order.seed = crypto::sha256(as_bytes(std::string_view("seed")));
  order.labels = {"cat", "dog"};
  for (unsigned i = 0; i < ordinary + gold; ++i) {
    AnnotationSample sample{"s" + std::to_string(i), "picture " + std::to_string(i), std::nullopt};
    if (i >= ordinary) sample.gold = 0;
    order.samples.push_back(std::move(sample));
  }
  return order;
}

WallTime at(std::uint64_t seconds) { return {seconds * 1'000}; }

AnnotationQueue queue_of(const AnnotationOrder& order, AnnotationTerms terms = {}) {
  auto made = AnnotationQueue::create(order, terms);
  EXPECT_TRUE(made) << made.error().to_string();
  return *std::move(made);
}

template <class T>
std::string why(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason());
}

TEST(AnnotationQueue, WhoAsksAgainGetsWhatHeHolds_Q2) {
  AnnotationQueue queue = queue_of(order_of(3));
  const auto first = queue.acquire(person(1), at(10));
  ASSERT_TRUE(first);
  ASSERT_TRUE(first->event);
  const auto again = queue.acquire(person(1), at(20));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->expires, first->expires);
  EXPECT_FALSE(again->event);
  // Not for ever: the sample is somebody else's once his time is over.
  const auto later = queue.acquire(person(1), at(10 + 15 * 60));
  ASSERT_TRUE(later);
  EXPECT_NE(later->id, first->id);
  EXPECT_NE(later->sample, first->sample);
}

TEST(AnnotationQueue, AnAnswerStaysWhatItIs_Q3) {
  AnnotationQueue queue = queue_of(order_of(2));
  const auto got = queue.acquire(person(1), at(1));
  EXPECT_EQ(why(queue.answer(person(1), got->id, "horse", at(2))), reason::bad_argument);
  EXPECT_EQ(why(queue.answer(person(2), got->id, "cat", at(2))), reason::not_allowed);
  EXPECT_EQ(why(queue.answer(person(1), AssignmentId(77), "cat", at(2))), reason::not_found);
  EXPECT_TRUE(queue.answers().empty());
  const auto answered = queue.answer(person(1), got->id, "dog", at(2));
  ASSERT_TRUE(answered);
  ASSERT_TRUE(*answered);
  const auto repeated = queue.answer(person(1), got->id, "dog", at(3));
  ASSERT_TRUE(repeated);
  EXPECT_FALSE(*repeated);
  EXPECT_EQ(why(queue.answer(person(1), got->id, "cat", at(3))), reason::already_exists);
  ASSERT_EQ(queue.answers().size(), 1U);
  EXPECT_EQ(queue.answers().front(), (AnnotationQueue::Answered{got->sample, 1, person(1)}));
}

TEST(AnnotationQueue, WhatIsSkippedGoesToOthersAndNeverComesBack_Q3) {
  AnnotationQueue queue = queue_of(order_of(1));
  const auto got = queue.acquire(person(1), at(1));
  ASSERT_TRUE(queue.skip(person(1), got->id, at(2)));
  EXPECT_EQ(why(queue.answer(person(1), got->id, "cat", at(3))), reason::precondition_failed);
  EXPECT_EQ(why(queue.skip(person(1), got->id, at(3))), reason::precondition_failed);
  EXPECT_EQ(why(queue.acquire(person(1), at(3))), reason::not_found);
  EXPECT_TRUE(queue.acquire(person(2), at(3)));
}

TEST(AnnotationQueue, ALateAnswerCountsWhileNobodyElseHasThePlace_Q3) {
  AnnotationQueue queue = queue_of(order_of(1));
  const auto late = queue.acquire(person(1), at(0));
  const auto renewed = queue.renew(person(1), late->id, at(600));
  ASSERT_TRUE(renewed);
  EXPECT_EQ(queue.expiry_of(late->id), at(600 + 900));
  const auto other = queue.acquire(person(2), at(1'500));
  ASSERT_TRUE(other);
  EXPECT_EQ(why(queue.answer(person(1), late->id, "cat", at(1'501))), reason::precondition_failed);
  ASSERT_TRUE(queue.skip(person(2), other->id, at(1'502)));
  EXPECT_TRUE(queue.answer(person(1), late->id, "cat", at(1'503)));
  EXPECT_TRUE(queue.is_complete());
}

TEST(AnnotationQueue, AsManyAnswersAsWantedAndNoMore) {
  AnnotationQueue queue = queue_of(order_of(2), {.overlap = 3, .gold_share_ppm = 0});
  for (unsigned who = 1; who <= 3; ++who) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_FALSE(queue.is_complete());
      const auto got = queue.acquire(person(who), at(who));
      ASSERT_TRUE(got) << who;
      ASSERT_TRUE(queue.answer(person(who), got->id, "cat", at(who)));
    }
  }
  EXPECT_TRUE(queue.is_complete());
  EXPECT_EQ(why(queue.acquire(person(4), at(9))), reason::not_found);
  std::map<std::uint32_t, std::set<AccountId>> by_sample;
  for (const auto& answer : queue.answers()) by_sample[answer.sample].insert(answer.annotator);
  EXPECT_EQ(by_sample[0].size(), 3U);
  EXPECT_EQ(by_sample[1].size(), 3U);
}

TEST(AnnotationQueue, OnlyThoseWhoAreNamedAndOnlySoMuch) {
  AnnotationOrder order = order_of(5);
  order.annotators = {person(1), person(2)};
  order.answers_max = 2;
  AnnotationQueue queue = queue_of(order);
  EXPECT_EQ(why(queue.acquire(person(3), at(1))), reason::not_allowed);
  for (int i = 0; i < 2; ++i) {
    const auto got = queue.acquire(person(1), at(1));
    ASSERT_TRUE(queue.answer(person(1), got->id, "cat", at(1)));
  }
  EXPECT_EQ(why(queue.acquire(person(1), at(2))), reason::not_found);
  EXPECT_TRUE(queue.acquire(person(2), at(2)));
}

/// Answers all that comes with `label`, until nothing is left; how many ordinary samples came.
std::size_t answer_all(AnnotationQueue& queue, const AccountId& who, const std::string& label) {
  std::size_t ordinary = 0;
  while (true) {
    const auto got = queue.acquire(who, at(1));
    if (!got) {
      EXPECT_EQ(why(got), reason::not_found);
      return ordinary;
    }
    ordinary += queue.order().samples[got->sample].gold ? 0 : 1;
    EXPECT_TRUE(queue.answer(who, got->id, label, at(1)));
  }
}

TEST(AnnotationQueue, NothingThatIsSeenTellsGold_Q4) {
  AnnotationQueue queue = queue_of(order_of(40, 10), {.overlap = 1, .gold_share_ppm = 500'000});
  int gold_count = 0;
  for (std::uint64_t number = 1; number <= 40; ++number) {
    const auto got = queue.acquire(person(1), at(number));
    ASSERT_TRUE(got);
    gold_count += queue.order().samples[got->sample].gold ? 1 : 0;
    // Gold is numbered, timed, taken and counted like the rest, right or wrong.
    EXPECT_EQ(got->id, AssignmentId(number));
    EXPECT_EQ(got->expires, at(number + 15 * 60));
    const auto done = queue.answer(person(1), got->id, number % 5 == 0 ? "dog" : "cat", at(number));
    ASSERT_TRUE(done);
    ASSERT_TRUE(*done);
    EXPECT_EQ(queue.answers().size(), number);
    EXPECT_FALSE(queue.is_complete());
  }
  EXPECT_GE(gold_count, 5);
}

TEST(AnnotationQueue, WhoFailsTheGoldGetsNothingElse_Q5) {
  AnnotationQueue queue = queue_of(order_of(400, 40), {.overlap = 2, .gold_share_ppm = 300'000});
  // The gold is "cat".
  const std::size_t of_the_careless = answer_all(queue, person(1), "dog");
  EXPECT_LT(of_the_careless, 40U);
  EXPECT_EQ(answer_all(queue, person(2), "cat"), 400U);
}

TEST(AnnotationQueue, WhoIsUnknownInTheEndGetsGoldUntilHeIsKnown_Q5) {
  // So little gold that nobody is known by it while there is something else.
  const AnnotationTerms terms{.overlap = 2, .gold_share_ppm = 1};
  AnnotationQueue queue = queue_of(order_of(20, 60), terms);
  const auto gold_of = [&](unsigned who) {
    return std::ranges::count_if(queue.answers(), [&](const AnnotationQueue::Answered& one) {
      return one.annotator == person(who) && queue.order().samples[one.sample].gold.has_value();
    });
  };
  EXPECT_EQ(answer_all(queue, person(1), "cat"), 20U);
  // Right so often that P(accuracy < 0.7) = 0.7^(n + 1) is below a tenth, and not once more.
  EXPECT_EQ(gold_of(1), 6);
  // Wrong so often that it is above 95 %: 1 - 0.3^(n + 1); and then all the rest.
  EXPECT_EQ(answer_all(queue, person(2), "dog"), 20U);
  EXPECT_EQ(gold_of(2), 60);
  EXPECT_TRUE(queue.is_complete());
}

TEST(AnnotationQueue, WhoIsGoodIsWatchedLess_Q5) {
  AnnotationQueue queue =
      queue_of(order_of(4'000, 1'000), {.overlap = 1, .gold_share_ppm = 400'000});
  std::vector<bool> is_gold;
  for (int i = 0; i < 1'000; ++i) {
    const auto got = queue.acquire(person(1), at(1));
    ASSERT_TRUE(got);
    is_gold.push_back(queue.order().samples[got->sample].gold.has_value());
    ASSERT_TRUE(queue.answer(person(1), got->id, "cat", at(1)));
  }
  const auto gold_among = [&](int begin, int end) {
    int count = 0;
    for (int i = begin; i < end; ++i) count += is_gold[static_cast<std::size_t>(i)] ? 1 : 0;
    return count;
  };
  // A tenth from then on: 80 of 800, give or take four deviations.
  EXPECT_GT(gold_among(200, 1'000), 46);
  EXPECT_LT(gold_among(200, 1'000), 114);
}

TEST(AnnotationQueue, StoredEventsGiveTheSameQueueAgain_Q1) {
  const AnnotationOrder order = order_of(30, 6);
  const AnnotationTerms terms{.overlap = 3, .gold_share_ppm = 200'000};
  AnnotationQueue queue = queue_of(order, terms);
  std::vector<AnnotationEvent> events;
  std::uint64_t dice = 1;
  const auto roll = [&](std::uint64_t sides) {
    dice = dice * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return (dice >> 33) % sides;
  };
  std::uint64_t now = 1'000;
  for (int step = 0; step < 2'000; ++step) {
    // Clocks are put back now and then, and people ask for nothing.
    now = roll(50) == 0 ? now - roll(200) : now + roll(60);
    const AccountId who = person(static_cast<unsigned>(roll(9)));
    const auto got = queue.acquire(who, at(now));
    if (!got) continue;
    if (got->event) events.push_back(*got->event);
    switch (roll(4)) {
      case 0: break;
      case 1:
        if (const auto skipped = queue.skip(who, got->id, at(now))) events.push_back(*skipped);
        break;
      case 2:
        if (const auto renewed = queue.renew(who, got->id, at(now))) events.push_back(*renewed);
        break;
      default: {
        const auto done = queue.answer(who, got->id, roll(3) == 0 ? "dog" : "cat", at(now));
        if (done && *done) events.push_back(**done);
      }
    }
  }
  ASSERT_GT(queue.answers().size(), 60U);
  AnnotationQueue again = queue_of(order, terms);
  for (const AnnotationEvent& event : events) {
    const auto stored = codec::from_bytes<AnnotationEvent>(codec::to_bytes(event));
    ASSERT_TRUE(stored);
    const auto replayed = again.replay(*stored);
    ASSERT_TRUE(replayed) << replayed.error().to_string();
  }
  EXPECT_TRUE(std::ranges::equal(again.answers(), queue.answers()));
  for (unsigned who = 0; who < 9; ++who) {
    const auto one = queue.acquire(person(who), at(now + 10'000));
    const auto other = again.acquire(person(who), at(now + 10'000));
    ASSERT_EQ(one.has_value(), other.has_value()) << who;
    if (one) {
      EXPECT_EQ(one->event, other->event) << who;
    }
  }
}

TEST(AnnotationQueue, AnEventThatDoesNotFollowIsRefused_Q1) {
  AnnotationQueue first = queue_of(order_of(3));
  const auto got = first.acquire(person(1), at(5));
  const AnnotationEvent acquired = *got->event;
  const auto replay = [](AnnotationEvent event) {
    AnnotationQueue queue = queue_of(order_of(3));
    return why(queue.replay(event));
  };
  EXPECT_EQ(replay(acquired), "");
  AnnotationEvent other = acquired;
  other.assignment = AssignmentId(2);
  EXPECT_EQ(replay(other), reason::corrupt_data);
  EXPECT_EQ(replay({Kind::Answered, person(1), AssignmentId(1), 0, at(6)}), reason::corrupt_data);
  EXPECT_EQ(why(first.replay({Kind::Answered, person(1), got->id, 2, at(6)})),
            reason::corrupt_data);
  EXPECT_EQ(why(first.replay({Kind::Renewed, person(1), got->id, 0, at(4)})), reason::corrupt_data);
  EXPECT_EQ(why(first.replay({Kind::Renewed, person(1), got->id, 0, at(6)})), "");
}

TEST(AnnotationOrder, WhatHasNoSenseIsNamed) {
  const auto refused = [](const auto& change) {
    AnnotationOrder order = order_of(2, 1);
    change(order);
    const auto checked = check(order);
    return checked ? std::string() : checked.error().detail();
  };
  using Order = AnnotationOrder;
  EXPECT_EQ(refused([](Order&) {}), "");
  EXPECT_NE(refused([](Order& o) { o.labels = {"cat"}; }), "");
  EXPECT_NE(refused([](Order& o) { o.labels = {"cat", "cat"}; }), "");
  EXPECT_NE(refused([](Order& o) { o.labels = {"cat", "a,b"}; }), "");
  EXPECT_NE(refused([](Order& o) { o.labels = {"cat", "a\nb"}; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[1].name = "s0"; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[1].name = "a\"b"; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[1].content = ""; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[1].content = "\xff"; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[1].content = std::string(4'097, 'x'); }), "");
  EXPECT_NE(refused([](Order& o) { o.samples[2].gold = 2; }), "");
  EXPECT_NE(refused([](Order& o) { o.samples.erase(o.samples.begin(), o.samples.begin() + 2); }),
            "");
  EXPECT_NE(refused([](Order& o) { o.lease_ms = 999; }), "");
  EXPECT_NE(refused([](Order& o) { o.annotators = {person(2), person(1)}; }), "");
  EXPECT_NE(refused([](Order& o) { o.annotators = {person(1), person(1)}; }), "");
  EXPECT_FALSE(AnnotationQueue::create(order_of(1), {.overlap = 0, .gold_share_ppm = 0}));
  EXPECT_FALSE(AnnotationQueue::create(order_of(1), {.overlap = 1, .gold_share_ppm = 1'000'001}));
}

TEST(AnnotationOrder, HasOneLayoutWhichIsFrozen) {
  AnnotationOrder order = order_of(1, 1);
  order.annotators = {person(7)};
  order.answers_max = 9;
  const Bytes bytes = codec::to_bytes(order);
  const auto decoded = codec::from_bytes<AnnotationOrder>(bytes);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(*decoded, order);
  EXPECT_EQ(crypto::sha256(bytes).hex(),
            "7b87930cd03914608c6f40b688a7366f28916368aa8192f48cd7c734148406e6");
  const AnnotationEvent event{Kind::Answered, person(1), AssignmentId(3), 1, at(9)};
  EXPECT_EQ(to_hex(codec::to_bytes(event)),
            "0102010000000000000000000000000000000000000003000000000000000100000028"
            "23000000000000");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<AnnotationOrder>(ByteView(bytes).first(size))) << size;
  }
}

}  // namespace
}  // namespace oort::datahub
