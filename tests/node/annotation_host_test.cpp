// SPDX-License-Identifier: Apache-2.0
#include "annotation_host.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory_kv.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::node {
namespace {

using ledger::CampaignStatus;

template <class Id>
Id numbered(std::uint8_t number) {
  Id id;
  id.mutable_view()[0] = std::byte{number};
  return id;
}
AccountId person(std::uint8_t number) { return numbered<AccountId>(number); }
const AccountId steward = person(200);
const CampaignId campaign = numbered<CampaignId>(1);
const Bytes32 consent = crypto::sha256(as_bytes(std::string_view("I agree")));

/// Runs what is posted when it is told to, in order.
class Steps final : public env::Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  bool step() {
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }

 private:
  std::deque<Task> tasks_;
};

class BreakableKv final : public env::KvStore {
 public:
  bool is_broken = false;
  [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
    return inner_.get(key);
  }
  [[nodiscard]] std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return inner_.iterate(prefix);
  }
  [[nodiscard]] Result<void> write(const env::KvBatch& batch, env::Sync sync) override {
    EXPECT_EQ(sync, env::Sync::Yes);
    if (is_broken) return fail(ErrorCode::Internal, reason::disk_failed, "the disk is gone");
    return inner_.write(batch, sync);
  }
  [[nodiscard]] std::unique_ptr<env::KvReader> snapshot() const override {
    return inner_.snapshot();
  }

 private:
  test::MemoryKv inner_;
};

class FixedClock final : public env::Clock {
 public:
  [[nodiscard]] MonoTime now_mono() const noexcept override { return {}; }
  [[nodiscard]] WallTime now_wall() const noexcept override { return now; }
  WallTime now{1'000'000};
};

datahub::AnnotationOrder order_of(unsigned samples, const CampaignId& of = campaign) {
  datahub::AnnotationOrder order;
  order.campaign = of;
  order.labels = {"cat", "dog"};
  for (unsigned i = 0; i < samples; ++i) {
    order.samples.push_back({"s" + std::to_string(i), "picture " + std::to_string(i), {}});
  }
  return order;
}

/// A host over a disk, and what the ledger says of campaigns.
struct House {
  House() {
    add_campaign(campaign);
    restart();
  }
  void add_campaign(const CampaignId& id) {
    ledger::Campaign& made = campaigns[id];
    made.id = id;
    made.terms.steward = steward;
    made.terms.consent = consent;
    made.terms.overlap = 2;
  }
  void restart() {
    auto started = AnnotationHost::start(
        {.strand = strand,
         .disk = disk,
         .clock = clock,
         .store = store,
         .campaign = [this](const CampaignId& id) -> std::optional<ledger::Campaign> {
           const auto found = campaigns.find(id);
           if (found == campaigns.end()) return std::nullopt;
           return found->second;
         },
         .calls = calls});
    ASSERT_TRUE(started) << started.error().to_string();
    host = *std::move(started);
  }
  void run() {
    while (strand.step() || disk.step()) {
    }
  }
  /// What a call is answered with, once all is done.
  template <class T, class Call>
  Result<T> ask(Call call) {
    std::optional<Result<T>> result;
    call(Callback<Result<T>>([&result](Result<T> given) {
      EXPECT_FALSE(result) << "answered twice";
      result = std::move(given);
    }));
    run();
    EXPECT_TRUE(result) << "no answer";
    return result ? *std::move(result) : Result<T>(fail(ErrorCode::Internal, "NONE", ""));
  }
  Result<void> open(const datahub::AnnotationOrder& order, const AccountId& caller = steward) {
    return ask<void>([&](Callback<Result<void>> done) {
      host->open(caller, campaign, codec::to_bytes(order), std::move(done));
    });
  }
  Result<api::AnnotationTask> next(const AccountId& caller, const Bytes32& agreed = consent) {
    return ask<api::AnnotationTask>([&](Callback<Result<api::AnnotationTask>> done) {
      host->next(caller, campaign, agreed, std::move(done));
    });
  }
  Result<void> answer(const AccountId& caller, std::uint64_t assignment, const std::string& label) {
    return ask<void>([&](Callback<Result<void>> done) {
      host->answer(caller, campaign, assignment, label, std::move(done));
    });
  }
  Result<void> skip(const AccountId& caller, std::uint64_t assignment) {
    return ask<void>([&](Callback<Result<void>> done) {
      host->skip(caller, campaign, assignment, std::move(done));
    });
  }
  Result<WallTime> renew(const AccountId& caller, std::uint64_t assignment) {
    return ask<WallTime>([&](Callback<Result<WallTime>> done) {
      host->renew(caller, campaign, assignment, std::move(done));
    });
  }
  Result<std::vector<api::AnnotationAnswer>> answers(const AccountId& caller = steward,
                                                     std::uint64_t from = 0,
                                                     std::size_t count_max = 1'000) {
    return ask<std::vector<api::AnnotationAnswer>>(
        [&](Callback<Result<std::vector<api::AnnotationAnswer>>> done) {
          host->list_answers(caller, campaign, from, count_max, std::move(done));
        });
  }
  std::vector<api::QueueView> queues() {
    return ask<std::vector<api::QueueView>>(
               [&](Callback<Result<std::vector<api::QueueView>>> done) {
                 host->list_queues(CampaignId(), 1'000, std::move(done));
               })
        .value();
  }
  void set(CampaignStatus status) { campaigns[campaign].status = status; }

  std::map<CampaignId, ledger::Campaign> campaigns;
  Steps strand;
  Steps disk;
  FixedClock clock;
  BreakableKv store;
  PendingCalls calls;
  std::shared_ptr<AnnotationHost> host;
};

template <class T>
std::string why(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason());
}

TEST(AnnotationHost, PeopleLabelAndTheStewardReads_AH3) {
  House house;
  ASSERT_TRUE(house.open(order_of(2)));
  for (std::uint8_t who = 1; who <= 2; ++who) {
    for (int i = 0; i < 2; ++i) {
      const auto task = house.next(person(who));
      ASSERT_TRUE(task) << task.error().to_string();
      EXPECT_EQ(task->labels, (std::vector<std::string>{"cat", "dog"}));
      EXPECT_EQ(task->content.find("picture "), 0U);
      EXPECT_EQ(task->expires.milliseconds, 1'000'000U + 15 * 60 * 1'000);
      ASSERT_TRUE(house.answer(person(who), task->assignment, who == 1 ? "cat" : "dog"));
    }
    EXPECT_EQ(why(house.next(person(who))), reason::not_found);
  }
  const auto answers = house.answers();
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 4U);
  EXPECT_EQ(answers->front().account, person(1));
  EXPECT_EQ(answers->front().label, "cat");
  EXPECT_EQ(answers->front().sample.front(), 's');
  EXPECT_EQ(house.answers(steward, 1, 2)->size(), 2U);
  EXPECT_EQ(house.answers(steward, 9)->size(), 0U);
  EXPECT_EQ(why(house.answers(person(1))), reason::not_allowed);
  const auto queues = house.queues();
  ASSERT_EQ(queues.size(), 1U);
  EXPECT_EQ(queues.front().answers_count, 4U);
  EXPECT_EQ(queues.front().annotators_count, 2U);
  EXPECT_TRUE(queues.front().is_complete);
}

TEST(AnnotationHost, OnlyTheStewardHandsOverAndOnlyOnce_AH3) {
  House house;
  EXPECT_EQ(why(house.next(person(1))), reason::not_found);
  EXPECT_EQ(why(house.open(order_of(2), person(1))), reason::not_allowed);
  EXPECT_EQ(why(house.open(order_of(2, numbered<CampaignId>(9)))), reason::bad_argument);
  EXPECT_EQ(why(house.open(order_of(0))), reason::bad_argument);
  house.set(CampaignStatus::Paused);
  EXPECT_EQ(why(house.open(order_of(2))), reason::precondition_failed);
  house.set(CampaignStatus::Open);
  EXPECT_TRUE(house.queues().empty());
  EXPECT_TRUE(house.open(order_of(2)));
  EXPECT_TRUE(house.open(order_of(2)));
  EXPECT_EQ(why(house.open(order_of(3))), reason::already_exists);
  EXPECT_EQ(house.queues().front().samples_count, 2U);
  house.campaigns.erase(campaign);
  EXPECT_EQ(why(house.open(order_of(2))), reason::not_found);
}

TEST(AnnotationHost, HandsOutWhileTheCampaignIsOpen_AH4) {
  House house;
  ASSERT_TRUE(house.open(order_of(4)));
  const auto held = house.next(person(1));
  const auto other = house.next(person(2));
  house.set(CampaignStatus::Paused);
  EXPECT_EQ(why(house.next(person(3))), reason::precondition_failed);
  EXPECT_TRUE(house.renew(person(1), held->assignment));
  EXPECT_TRUE(house.answer(person(1), held->assignment, "cat"));
  for (const CampaignStatus status : {CampaignStatus::Closed, CampaignStatus::Settled}) {
    house.set(status);
    EXPECT_EQ(why(house.next(person(2))), reason::precondition_failed);
    EXPECT_EQ(why(house.answer(person(2), other->assignment, "cat")), reason::precondition_failed);
    EXPECT_EQ(why(house.skip(person(2), other->assignment)), reason::precondition_failed);
    EXPECT_EQ(why(house.renew(person(2), other->assignment)), reason::precondition_failed);
    EXPECT_EQ(house.answers()->size(), 1U);
  }
}

TEST(AnnotationHost, WhoAgreesToAnotherTextGetsNothing_AH5) {
  House house;
  ASSERT_TRUE(house.open(order_of(1)));
  EXPECT_EQ(why(house.next(person(1), Bytes32())), reason::not_allowed);
  EXPECT_TRUE(house.next(person(1)));
}

TEST(AnnotationHost, ARestartChangesNothing_AH2) {
  House house;
  ASSERT_TRUE(house.open(order_of(6)));
  const auto first = house.next(person(1));
  ASSERT_TRUE(house.answer(person(1), first->assignment, "dog"));
  const auto skipped = house.next(person(1));
  ASSERT_TRUE(house.skip(person(1), skipped->assignment));
  const auto held = house.next(person(1));
  house.clock.now.milliseconds += 60'000;
  const auto until = house.renew(person(1), held->assignment);
  house.restart();
  const auto again = house.next(person(1));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->assignment, held->assignment);
  EXPECT_EQ(again->content, held->content);
  EXPECT_EQ(again->expires, *until);
  EXPECT_TRUE(house.answer(person(1), first->assignment, "dog"));
  EXPECT_EQ(why(house.answer(person(1), first->assignment, "cat")), reason::already_exists);
  EXPECT_EQ(house.answers()->size(), 1U);
  // Of six samples two are done with and one is held.
  ASSERT_TRUE(house.answer(person(1), held->assignment, "cat"));
  for (int i = 0; i < 3; ++i) {
    house.restart();
    const auto task = house.next(person(1));
    ASSERT_TRUE(task);
    EXPECT_NE(task->content, first->content);
    EXPECT_NE(task->content, skipped->content);
    ASSERT_TRUE(house.answer(person(1), task->assignment, "cat"));
  }
  EXPECT_EQ(why(house.next(person(1))), reason::not_found);
}

TEST(AnnotationHost, NobodyHearsOfWhatIsNotOnTheDisk_AH1) {
  House house;
  ASSERT_TRUE(house.open(order_of(2)));
  const auto task = house.next(person(1));
  int answered = 0;
  std::size_t read = 0;
  house.host->answer(person(1), campaign, task->assignment, "cat",
                     [&](const Result<void>& done) { answered += done ? 1 : 0; });
  house.host->list_answers(
      steward, campaign, 0, 10,
      [&](const Result<std::vector<api::AnnotationAnswer>>& all) { read = all->size(); });
  while (house.strand.step()) {
  }
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(read, 0U);
  house.run();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(read, 1U);
}

TEST(AnnotationHost, ADiskThatFailsEndsTheHost_AH1) {
  House house;
  ASSERT_TRUE(house.open(order_of(2)));
  const auto task = house.next(person(1));
  house.store.is_broken = true;
  EXPECT_EQ(why(house.answer(person(1), task->assignment, "cat")), reason::disk_failed);
  house.store.is_broken = false;
  EXPECT_EQ(why(house.answers()), reason::disk_failed);
  EXPECT_EQ(why(house.next(person(2))), reason::disk_failed);
  house.restart();
  EXPECT_EQ(house.answers()->size(), 0U);
  EXPECT_EQ(house.queues().front().annotators_count, 1U) << "nothing was written behind the gap";
  EXPECT_EQ(house.next(person(1))->assignment, task->assignment);
  EXPECT_TRUE(house.answer(person(1), task->assignment, "cat"));
}

TEST(AnnotationHost, KeepsSoManyQueuesAndForgetsThoseOfSettledCampaigns) {
  House house;
  const auto open = [&house](std::size_t number) {
    const auto id = numbered<CampaignId>(static_cast<std::uint8_t>(number));
    house.add_campaign(id);
    return house.ask<void>([&](Callback<Result<void>> done) {
      house.host->open(steward, id, codec::to_bytes(order_of(1, id)), std::move(done));
    });
  };
  for (std::size_t i = 1; i <= AnnotationHost::queues_max; ++i) ASSERT_TRUE(open(i)) << i;
  EXPECT_EQ(why(open(100)), reason::queue_full);
  ASSERT_TRUE(house.next(person(1)));
  house.set(CampaignStatus::Settled);
  EXPECT_TRUE(open(100));
  EXPECT_EQ(why(house.answers()), reason::not_found);
  std::size_t records = 0;
  for (const auto all = house.store.iterate({}); all->is_valid(); all->next()) ++records;
  EXPECT_EQ(records, AnnotationHost::queues_max) << "orders alone";
  house.restart();
  EXPECT_EQ(house.queues().size(), AnnotationHost::queues_max);
  EXPECT_EQ(house.queues().front().campaign, numbered<CampaignId>(2));
}

TEST(AnnotationHost, WhoStopsAnswersWhatWaits) {
  House house;
  ASSERT_TRUE(house.open(order_of(1)));
  std::string said;
  house.host->next(person(1), campaign, consent,
                   [&](const Result<api::AnnotationTask>& task) { said = why(task); });
  house.calls.stop();
  EXPECT_EQ(said, reason::cancelled);
  house.run();
}

TEST(StoredQueue, HasOneLayoutWhichIsFrozen_AH2) {
  const StoredQueue stored{{.overlap = 3, .gold_share_ppm = 100'000}, order_of(1)};
  const Bytes bytes = codec::to_bytes(stored);
  const auto decoded = codec::from_bytes<StoredQueue>(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, stored);
  EXPECT_EQ(crypto::sha256(bytes).hex(),
            "52eccdafa4a4c9cafd2880ae7c1015d1b27f522149e57fc41c72b0b57d3f4830");
}

}  // namespace
}  // namespace oort::node
