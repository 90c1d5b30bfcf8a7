// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/mempool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "kit.hpp"

namespace oort::chain::test {
namespace {

struct Wanted {
  std::uint64_t sender = 0;
  std::uint32_t lane = 0;
  std::uint64_t sequence = 0;
  std::uint64_t fee = 0;
  std::uint64_t valid_until = 1000;
  std::size_t bytes = 100;
};

TransactionRef make(const Wanted& wanted) {
  CheckedTransaction out;
  out.bytes = wanted.bytes;
  out.transaction.sender = client_of(wanted.sender);
  out.transaction.lane = wanted.lane;
  out.transaction.sequence = wanted.sequence;
  out.transaction.fee_max = Oort(wanted.fee);
  out.transaction.valid_until = Height(wanted.valid_until);
  out.transaction.operations.resize(1);
  out.id = ledger::id_of(out.transaction);
  return std::make_shared<const CheckedTransaction>(std::move(out));
}

Mempool::NextSequence all_at(std::uint64_t next) {
  return [next](const AccountId&, std::uint32_t) { return next; };
}

std::vector<std::uint64_t> sequences(const std::vector<TransactionRef>& transactions) {
  std::vector<std::uint64_t> out;
  for (const auto& transaction : transactions) out.push_back(transaction->transaction.sequence);
  return out;
}

TEST(Mempool, HoldsOneTransactionPerSequence_P1) {
  Mempool pool({});
  ASSERT_TRUE(pool.add(make({.sequence = 3}), 3));
  EXPECT_EQ(pool.add(make({.sequence = 3}), 3).error().reason(), "ALREADY_EXISTS");
  EXPECT_EQ(pool.add(make({.sequence = 3, .fee = 9}), 3).error().reason(), "ALREADY_EXISTS");
  EXPECT_EQ(pool.add(make({.sequence = 2}), 3).error().reason(), "TRANSACTION_REJECTED");
  EXPECT_EQ(pool.add(make({.sequence = 3 + 1024}), 3).error().reason(), "QUEUE_FULL");
  EXPECT_EQ(pool.count(), 1U);
}

TEST(Mempool, BuildsEachLaneInOrderWithoutGaps_P3) {
  Mempool pool({});
  for (const std::uint64_t sequence : {2U, 0U, 1U, 4U}) {
    ASSERT_TRUE(pool.add(make({.sequence = sequence}), 0));
  }
  ASSERT_TRUE(pool.add(make({.lane = 1, .sequence = 0}), 0));
  EXPECT_EQ(sequences(pool.build({}, all_at(0))), (std::vector<std::uint64_t>{0, 1, 2, 0}));
  EXPECT_EQ(pool.ready_count(), 4U);
}

TEST(Mempool, EvictsOnlyTheLastOfALaneAndOnlyForMore_P2) {
  Mempool pool({.bytes_max = 300});
  ASSERT_TRUE(pool.add(make({.sender = 0, .sequence = 0, .fee = 100}), 0));
  ASSERT_TRUE(pool.add(make({.sender = 0, .sequence = 1, .fee = 900}), 0));
  ASSERT_TRUE(pool.add(make({.sender = 1, .sequence = 0, .fee = 500}), 0));
  EXPECT_EQ(pool.add(make({.sender = 2, .sequence = 0, .fee = 400}), 0).error().reason(),
            "QUEUE_FULL");
  // The first of sender 0 offers least, but the second stands on it.
  ASSERT_TRUE(pool.add(make({.sender = 2, .sequence = 0, .fee = 600}), 0));
  EXPECT_EQ(pool.count(), 3U);
  EXPECT_FALSE(pool.find(make({.sender = 1, .sequence = 0, .fee = 500})->id));
  EXPECT_TRUE(pool.find(make({.sender = 0, .sequence = 0, .fee = 100})->id));
  // A lane is not cut to make room for its own next.
  EXPECT_FALSE(pool.add(make({.sender = 2, .sequence = 1, .fee = 50'000, .bytes = 100}), 0) &&
               !pool.find(make({.sender = 2, .sequence = 0, .fee = 600})->id));
}

TEST(Mempool, CountsAsReadyWhatABlockCouldTake_P4) {
  Mempool pool({});
  const auto first = make({.sequence = 0});
  const auto second = make({.sequence = 1});
  ASSERT_TRUE(pool.add(second, 0));
  EXPECT_EQ(pool.ready_count(), 0U);
  ASSERT_TRUE(pool.add(first, 0));
  EXPECT_EQ(pool.ready_count(), 2U);
  const std::vector<TransactionId> ids{first->id, second->id};
  pool.included(ids);
  EXPECT_EQ(pool.ready_count(), 0U);
  pool.released(ids);
  EXPECT_EQ(pool.ready_count(), 2U);
  pool.included(ids);
  const std::vector<TransactionRef> block{first, second};
  pool.finalized(block, Height(1), all_at(2));
  EXPECT_EQ(pool.count(), 0U);
  EXPECT_EQ(pool.bytes(), 0U);
}

TEST(Mempool, WhatExpiredOrWasOvertakenLeaves_P4) {
  Mempool pool({});
  ASSERT_TRUE(pool.add(make({.sender = 0, .sequence = 0, .valid_until = 5}), 0));
  ASSERT_TRUE(pool.add(make({.sender = 0, .sequence = 1}), 0));
  ASSERT_TRUE(pool.add(make({.sender = 1, .sequence = 0, .fee = 1}), 0));
  // Another transaction of that number, which this pool never saw, is final.
  const std::vector<TransactionRef> block{make({.sender = 1, .sequence = 0, .fee = 2})};
  pool.finalized(block, Height(5), all_at(1));
  EXPECT_EQ(pool.count(), 1U);
  EXPECT_EQ(pool.ready_count(), 0U);
  EXPECT_TRUE(pool.build({}, all_at(0)).empty());
}

TEST(Mempool, SendersTakeTurnsWhenABlockIsFull_P3) {
  Mempool pool({});
  for (std::uint64_t sender = 0; sender < 3; ++sender) {
    ASSERT_TRUE(pool.add(make({.sender = sender, .sequence = 0}), 0));
  }
  Mempool::Limits limits;
  limits.count_max = 1;
  std::set<AccountId> served;
  for (int i = 0; i < 3; ++i) {
    const auto built = pool.build(limits, all_at(0));
    ASSERT_EQ(built.size(), 1U);
    served.insert(built[0]->transaction.sender);
  }
  EXPECT_EQ(served.size(), 3U);
}

/// Random use against a model that counts from nothing each time.
TEST(Mempool, ReadyCountIsRightAfterAnything_P1_P4) {
  std::mt19937_64 random(1);
  Mempool pool({.bytes_max = 4000, .per_sender_count_max = 20});
  std::map<std::uint64_t, std::uint64_t> next;
  std::vector<std::vector<TransactionRef>> open;
  std::uint64_t height = 1;
  Mempool::Limits four;
  four.count_max = 4;
  Mempool::Limits all;
  all.count_max = 100'000;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t sender = random() % 5;
    const auto state = [&](const AccountId& account, std::uint32_t) {
      for (std::uint64_t i = 0; i < 5; ++i) {
        if (client_of(i) == account) return next[i];
      }
      return std::uint64_t{0};
    };
    switch (random() % 8) {
      case 0: {
        std::vector<TransactionRef> built = pool.build(four, state);
        std::vector<TransactionId> ids;
        for (const auto& transaction : built) ids.push_back(transaction->id);
        if (!open.empty() || built.empty()) break;
        pool.included(ids);
        open.push_back(std::move(built));
        break;
      }
      case 1: {
        if (open.empty()) break;
        const auto block = std::move(open.back());
        open.pop_back();
        std::vector<TransactionId> ids;
        for (const auto& transaction : block) ids.push_back(transaction->id);
        if (random() % 3 == 0) {
          pool.released(ids);
          break;
        }
        for (const auto& transaction : block) {
          for (std::uint64_t i = 0; i < 5; ++i) {
            if (client_of(i) == transaction->transaction.sender) {
              next[i] = std::max(next[i], transaction->transaction.sequence + 1);
            }
          }
        }
        pool.finalized(block, Height(++height), state);
        break;
      }
      default: {
        const auto added = pool.add(make({.sender = sender,
                                          .sequence = next[sender] + random() % 8,
                                          .fee = random() % 100'000,
                                          .valid_until = height + random() % 50}),
                                    next[sender]);
        static_cast<void>(added);
      }
    }
    if (!open.empty()) continue;
    Mempool copy = pool;
    ASSERT_EQ(pool.ready_count(), copy.build(all, state).size()) << "step " << step;
    ASSERT_LE(pool.bytes(), 4000U);
  }
}

}  // namespace
}  // namespace oort::chain::test
