// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "adapters.hpp"

namespace oort::node::test {
namespace {

using Amounts = std::vector<std::vector<std::uint64_t>>;

bool all_done(const std::vector<CallRef>& calls) {
  return std::ranges::all_of(calls, [](const CallRef& call) { return call->is_done(); });
}

TEST(Submitter, ALoneWriteGoesAtOnceAndMuchGathersInOrder_U1) {
  const auto net = running_world(1);
  Adapters node(*net, {.in_flight_max = 2});
  std::vector<CallRef> calls;
  for (std::uint64_t amount = 1; amount <= 600; ++amount) calls.push_back(node.ask({amount}));
  ASSERT_TRUE(net->run_until([&] { return all_done(calls); }));
  std::vector<std::size_t> sizes;
  std::vector<std::uint64_t> amounts;
  for (const auto& transaction : node.ordered()) {
    sizes.push_back(transaction.size());
    amounts.insert(amounts.end(), transaction.begin(), transaction.end());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 1, 256, 256, 86}));
  std::vector<std::uint64_t> wanted(600);
  std::iota(wanted.begin(), wanted.end(), 1);
  EXPECT_EQ(amounts, wanted);
  for (const CallRef& call : calls) EXPECT_TRUE(call->is_good());
}

TEST(Submitter, ATransactionHoldsSoManyBytesAndACallMayTakeSeveral_U1_U3) {
  const auto net = running_world(2);
  const std::size_t size = ledger::encode_operation(ledger::Transfer{}).size();
  Adapters node(*net, {.transaction_bytes_max = 2 * size});
  const CallRef call = node.ask({1, 2, 3, 4, 5, 6, 7});
  ASSERT_TRUE(net->run_until([&] { return call->is_done(); }));
  EXPECT_EQ(node.ordered(), (Amounts{{1, 2}, {3, 4}, {5, 6}, {7}}));
  ASSERT_TRUE(call->is_good());
  EXPECT_EQ(call->answers[0]->receipts.size(), 7U);
  const CallRef none = node.ask({});
  ASSERT_TRUE(net->run_until([&] { return none->is_done(); }));
  EXPECT_TRUE(none->is_good());

  Adapters narrow(*net, {.transaction_bytes_max = 1});
  const CallRef large = narrow.ask({8});
  ASSERT_TRUE(net->run_until([&] { return large->is_done(); }));
  EXPECT_TRUE(large->is_good()) << "one operation always fits";
}

TEST(Submitter, CallersOfAnySizeAreAnsweredOnceInOrder_U1_U3) {
  const auto net = running_world(12);
  Adapters node(*net);
  std::vector<CallRef> calls;
  std::uint64_t last = 0;
  // More than one transaction holds, so some callers are complete with their last one.
  for (const std::size_t count : {1U, 3U, 300U, 1U, 600U, 2U}) {
    std::vector<std::uint64_t> amounts(count);
    std::iota(amounts.begin(), amounts.end(), last + 1);
    last += count;
    calls.push_back(node.ask(amounts));
  }
  ASSERT_TRUE(net->run_until([&] { return all_done(calls); }));
  std::uint64_t next = 1;
  for (const auto& transaction : node.ordered()) {
    for (const std::uint64_t amount : transaction) EXPECT_EQ(amount, next++);
  }
  EXPECT_EQ(next, last + 1);
  for (const CallRef& call : calls) {
    ASSERT_TRUE(call->is_good());
    EXPECT_GE(call->delivered, call->answers[0]->height);
  }
  EXPECT_EQ(calls[4]->answers[0]->receipts.size(), 600U);
}

TEST(Submitter, AnswersAfterItsBlockWasDelivered_U3) {
  const auto net = running_world(3);
  Adapters node(*net);
  std::vector<CallRef> calls;
  for (std::uint64_t amount = 1; amount <= 5; ++amount) {
    calls.push_back(node.ask({amount, amount}));
    net->world.run_for(70ms);
  }
  ASSERT_TRUE(net->run_until([&] { return all_done(calls); }));
  for (const CallRef& call : calls) {
    ASSERT_TRUE(call->is_good());
    const object::SubmitResult& result = *call->answers[0];
    EXPECT_GE(call->delivered, result.height);
    const auto block = std::ranges::find(node.heard, result.height, &object::FinalBlock::height);
    ASSERT_NE(block, node.heard.end());
    EXPECT_EQ(result.time_ms, block->time_ms);
    for (const auto& receipt : result.receipts) {
      EXPECT_EQ(receipt.rejection, ledger::Rejection::None);
    }
  }
}

TEST(Submitter, OffersTwiceTheFeeAndPaysIt) {
  const auto net = running_world(4, [](ChainWorld& world) {
    world.genesis.params.fee_transaction = Oort(1000);
    world.genesis.params.fee_operation = Oort(100);
    world.genesis.params.fee_byte = Oort(1);
  });
  Adapters node(*net);
  const AccountId self = chain::test::client_of(sender);
  const auto balance = [&] {
    return ledger::View(net->chain(0).view()->state()).account(self).balance;
  };
  const Oort before = balance();
  std::optional<ledger::Transaction> sent;
  Oort fee;
  net->chain(0).subscribe(net->chain(0).view()->height().next(),
                          [&](const chain::FinalBlockRef& block) {
                            if (block->transactions.empty()) return;
                            sent = block->transactions[0]->transaction;
                            fee = block->receipts[0].fee;
                          });
  const CallRef call = node.ask({5});
  ASSERT_TRUE(net->run_until([&] { return call->is_done() && sent; }));
  ASSERT_TRUE(call->is_good());
  EXPECT_GT(fee, Oort(1100));
  EXPECT_GE(sent->fee_max, *fee.times(2)) << "a fee that doubles refuses nothing";
  EXPECT_EQ(balance(), *before.minus(*fee.plus(Oort(5))));
}

TEST(Submitter, ARejectedOperationIsAnAnswerNotAFailure) {
  const auto net = running_world(5);
  Adapters node(*net);
  const CallRef call = node.ask({1, 0, 2});
  ASSERT_TRUE(net->run_until([&] { return call->is_done(); }));
  ASSERT_TRUE(call->is_good());
  const auto& receipts = call->answers[0]->receipts;
  EXPECT_EQ(receipts[0].rejection, ledger::Rejection::None);
  EXPECT_EQ(receipts[1].rejection, ledger::Rejection::ZeroAmount);
  EXPECT_EQ(receipts[2].rejection, ledger::Rejection::None);
}

TEST(Submitter, AFullQueueRefusesAndOrdersNothingOfIt) {
  const auto net = running_world(6);
  Adapters node(*net, {.in_flight_max = 1, .waiting_operations_max = 3});
  std::vector<CallRef> calls;
  for (std::uint64_t amount = 1; amount <= 6; ++amount) calls.push_back(node.ask({amount}));
  ASSERT_TRUE(net->run_until([&] { return all_done(calls); }));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(calls[i]->is_good()) << i;
  for (std::size_t i = 4; i < 6; ++i) EXPECT_EQ(calls[i]->why(), "QUEUE_FULL") << i;
  net->world.run_for(3s);
  EXPECT_EQ(node.ordered(), (Amounts{{1}, {2, 3, 4}}));
}

TEST(Submitter, ADeadlineSaysWhetherTheQuorumIsMissing_U2) {
  const auto net = running_world(7);
  Adapters node(*net);
  const CallRef hasty = node.ask({1}, 1ms);
  ASSERT_TRUE(net->run_until([&] { return hasty->is_done(); }));
  EXPECT_EQ(hasty->why(), "DEADLINE_EXCEEDED");

  cut_off(*net);
  const CallRef lonely = node.ask({2}, 3s);
  net->world.run_for(2900ms);
  EXPECT_FALSE(lonely->is_done());
  net->world.run_for(200ms);
  EXPECT_EQ(lonely->why(), "NO_QUORUM");

  // Nothing was known of them; both were on their way, and each is executed once.
  net->network.links().heal();
  const CallRef later = node.ask({3});
  ASSERT_TRUE(net->run_until([&] { return later->is_done(); }));
  net->world.run_for(5s);
  EXPECT_EQ(node.ordered(), (Amounts{{1}, {2}, {3}}));
  EXPECT_EQ(hasty->answers.size(), 1U);
  EXPECT_EQ(lonely->answers.size(), 1U);
}

TEST(Submitter, WhatNeverLeftIsNotSentAfterItsDeadline) {
  const auto net = running_world(8);
  Adapters node(*net, {.in_flight_max = 1});
  cut_off(*net);
  const CallRef first = node.ask({1});
  const CallRef dropped = node.ask({2}, 2s);
  const CallRef kept = node.ask({3});
  net->world.run_for(3s);
  EXPECT_EQ(dropped->why(), "NO_QUORUM");
  net->network.links().heal();
  ASSERT_TRUE(net->run_until([&] { return first->is_done() && kept->is_done(); }));
  EXPECT_EQ(node.ordered(), (Amounts{{1}, {3}}));
}

TEST(Submitter, TheSameBytesAreSentAgainAndAppliedOnce_U2) {
  const auto net = running_world(9);
  Adapters node(*net);
  cut_off(*net);
  // The chain gives up after a second; only who asks again hears of the end.
  std::vector<CallRef> calls;
  for (std::uint64_t amount = 1; amount <= 3; ++amount) calls.push_back(node.ask({amount}));
  net->world.run_for(5s);
  for (const CallRef& call : calls) EXPECT_FALSE(call->is_done());
  net->network.links().heal();
  ASSERT_TRUE(net->run_until([&] { return all_done(calls); }));
  for (const CallRef& call : calls) EXPECT_TRUE(call->is_good());
  net->world.run_for(5s);
  EXPECT_EQ(node.ordered(), (Amounts{{1}, {2}, {3}}));
}

TEST(Submitter, WhatExpiredIsSentUnderAFreshSequenceInTheSameOrder_U1_U2) {
  for (std::uint64_t seed = 20; seed < 24; ++seed) {
    const auto net = running_world(
        seed, [](ChainWorld& world) { world.genesis.params.transaction_lifetime_max = 20; });
    Adapters node(*net, {.in_flight_max = 4});
    cut_off(*net);
    std::vector<CallRef> calls;
    for (std::uint64_t amount = 1; amount <= 6; ++amount) calls.push_back(node.ask({amount}));
    // The others go on past the height up to which these were valid.
    const std::uint64_t then = net->height(1);
    ASSERT_TRUE(net->run_until([&] { return net->height(1) >= then + 40; }));
    net->network.links().heal();
    ASSERT_TRUE(net->run_until([&] { return all_done(calls); }, 60s)) << "seed " << seed;
    for (const CallRef& call : calls) EXPECT_TRUE(call->is_good());
    net->world.run_for(3s);
    std::vector<std::uint64_t> amounts;
    for (const auto& transaction : node.ordered()) {
      amounts.insert(amounts.end(), transaction.begin(), transaction.end());
    }
    EXPECT_EQ(amounts, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6})) << "seed " << seed;
  }
}

TEST(Submitter, AfterItsExpiryOnlyWhatIsStillWaitedForIsSentAgain_U1_U2) {
  const auto net = running_world(
      27, [](ChainWorld& world) { world.genesis.params.transaction_lifetime_max = 20; });
  Adapters node(*net);
  const CallRef before = node.ask({1});
  ASSERT_TRUE(net->run_until([&] { return before->is_done(); }));
  cut_off(*net);
  const CallRef given_up = node.ask({2, 3}, 1s);
  const CallRef patient = node.ask({4});
  const std::uint64_t then = net->height(1);
  ASSERT_TRUE(net->run_until([&] { return net->height(1) >= then + 40; }));
  net->network.links().heal();
  ASSERT_TRUE(net->run_until([&] { return patient->is_done(); }));
  EXPECT_TRUE(patient->is_good());
  EXPECT_EQ(given_up->why(), "NO_QUORUM");
  net->world.run_for(2s);
  EXPECT_EQ(node.ordered(), (Amounts{{1}, {4}}));
  EXPECT_EQ(given_up->answers.size(), 1U);
}

TEST(Submitter, WhatExpiredUnnoticedIsSentUnderAFreshSequence_U2) {
  const auto net = running_world(
      25, [](ChainWorld& world) { world.genesis.params.transaction_lifetime_max = 20; });
  // When it asks again, the chain has long passed the last height that could hold it.
  Adapters node(*net, {.retry_after = 20s});
  cut_off(*net);
  const CallRef call = node.ask({1});
  const std::uint64_t then = net->height(1);
  ASSERT_TRUE(net->run_until([&] { return net->height(1) >= then + 40; }));
  net->network.links().heal();
  ASSERT_TRUE(net->run_until([&] { return net->height(0) >= then + 40; }));
  EXPECT_FALSE(call->is_done());
  ASSERT_TRUE(net->run_until([&] { return call->is_done(); }, 60s));
  EXPECT_TRUE(call->is_good()) << call->why();
  EXPECT_EQ(node.ordered(), (Amounts{{1}}));
}

TEST(Submitter, StopAnswersEverybodyOnceAndSendsNothingMore_U3) {
  const auto net = running_world(10);
  Adapters node(*net, {.in_flight_max = 1});
  cut_off(*net);
  std::vector<CallRef> calls;
  for (std::uint64_t amount = 1; amount <= 4; ++amount) calls.push_back(node.ask({amount}));
  net->world.run_for(500ms);
  net->nodes[0]->strand().post([&] { node.submitter.stop(); });
  net->world.run_for(10ms);
  for (const CallRef& call : calls) EXPECT_EQ(call->why(), "CANCELLED");
  const CallRef late = node.ask({5});
  net->world.run_for(10ms);
  EXPECT_EQ(late->why(), "CANCELLED");

  net->network.links().heal();
  net->world.run_for(10s);
  const Amounts ordered = node.ordered();
  EXPECT_TRUE(ordered.empty() || ordered == (Amounts{{1}})) << "at most what was on its way";
  for (const CallRef& call : calls) EXPECT_EQ(call->answers.size(), 1U);
}

TEST(Submitter, StopAnswersAlsoWhatWaitsToBeSentAfresh_U3) {
  const auto net = running_world(26, [](ChainWorld& world) {
    world.genesis.params.transaction_lifetime_max = 20;
    world.options.submit_deadline = 3s;
  });
  Adapters node(*net, {.in_flight_max = 2, .retry_after = 60s});
  cut_off(*net);
  const CallRef unknown = node.ask({1});
  net->world.run_for(2500ms);
  const CallRef expired = node.ask({2});
  net->world.run_for(700ms);
  // The chain has given the first one up, and still waits for the second when its time runs out.
  net->network.links().heal();
  net->world.run_for(1s);
  EXPECT_GT(net->height(0), 40U);
  EXPECT_FALSE(unknown->is_done() || expired->is_done());
  net->nodes[0]->strand().post([&] { node.submitter.stop(); });
  net->world.run_for(10ms);
  EXPECT_EQ(unknown->why(), "CANCELLED");
  EXPECT_EQ(expired->why(), "CANCELLED");
}

}  // namespace
}  // namespace oort::node::test
