// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "light_kit.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/keys.hpp"

namespace oort::chain::test {
namespace {

using Said = std::optional<Result<Bytes>>;

Result<Bytes> refusal() {
  return fail(ErrorCode::FailedPrecondition, reason::rejected, "WrongSequence: a lie");
}

TEST(LightSubmit, TellsWhatBecameOfATransactionWhileASuperIsDown_F4) {
  LightWorld world(1);
  world.start();
  world.net.crash(2);
  for (int i = 0; i < 5; ++i) {
    const ledger::Transaction transaction = world.net.transfer(0, 1, 10);
    const TransactionId id = ledger::id_of(transaction);
    const auto commit = world.submit(transaction);
    ASSERT_TRUE(commit) << commit.error().to_string();
    const auto truth = world.net.find(0, id);
    ASSERT_TRUE(truth);
    EXPECT_EQ(commit->height, truth->height);
    EXPECT_EQ(commit->block, truth->block);
    EXPECT_EQ(commit->index, truth->index);
    EXPECT_EQ(commit->receipt, truth->receipt);
    const auto found = world.find(id);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->receipt, truth->receipt);
  }
  EXPECT_EQ(world.balance(1, Freshness::Strong), 50U);
}

TEST(LightSubmit, ARejectedOperationIsAnOutcome_F4) {
  LightWorld world(2);
  world.start();
  ledger::Transaction transaction = world.net.transfer(0, 1, 10);
  transaction.operations.clear();
  ledger::add_operation(transaction,
                        ledger::Transfer{client_of(1), Oort(oort_base_units * 1'000'000)});
  ASSERT_TRUE(ledger::sign(transaction, *sim::cheap_signer(key_of(first_client))));
  const auto commit = world.submit(transaction);
  ASSERT_TRUE(commit) << commit.error().to_string();
  EXPECT_EQ(commit->receipt.rejection, ledger::Rejection::None);
  EXPECT_EQ(commit->receipt.operations.at(0).rejection, ledger::Rejection::BalanceTooLow);
}

TEST(LightSubmit, AFalseOutcomeIsNotTaken_F4_F5) {
  LightWorld world(3);
  std::uint64_t count = 0;
  Bytes of_another;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) -> Said {
    if (type != wire::outcome) return truth;
    if (!truth) return truth;
    ++count;
    auto outcome = codec::from_bytes<OutcomeProof>(*truth).value();
    if (of_another.empty()) of_another = *truth;
    switch (count % 4) {
      case 0: outcome.receipt.operations.at(0).rejection = ledger::Rejection::BalanceTooLow; break;
      case 1: outcome.headers.certificate.votes.pop_back(); break;
      case 2: outcome.proof.path.index ^= 1U; break;
      default: return of_another;
    }
    return codec::to_bytes(outcome);
  });
  for (int i = 0; i < 24; ++i) {
    const ledger::Transaction transaction = world.net.transfer(0, 1, 1);
    const auto commit = world.submit(transaction);
    ASSERT_TRUE(commit) << commit.error().to_string();
    const auto truth = world.net.find(0, ledger::id_of(transaction));
    ASSERT_TRUE(truth);
    EXPECT_EQ(commit->receipt, truth->receipt);
    EXPECT_EQ(commit->height, truth->height);
    const auto found = world.find(ledger::id_of(transaction));
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->receipt, truth->receipt);
  }
  EXPECT_GT(count, 4U);
  // The very first lie repeats the truth about the same transaction at most once.
  EXPECT_GE(world.lies_seen() + 1, count);
}

// A proposer may put a transaction into a block again after it took effect. Its receipt there is
// certified, says that the sequence is wrong, and is not what became of the transaction.
TEST(LightSubmit, ACertifiedRejectionFromOneDoesNotHideTheEffect_F4_F5) {
  LightWorld world(4);
  const auto forged = [&world](const OutcomeProof& truth) {
    OutcomeProof later = truth;
    later.receipt = {truth.receipt.transaction, ledger::Rejection::WrongSequence, Oort(), {}};
    const std::vector<ledger::Receipt> receipts{later.receipt};
    later.proof = ledger::prove_receipt(receipts, {}, 0);
    consensus::Header& header = later.headers.headers.front();
    later.headers.headers = {header};
    later.headers.headers[0].app.parent_result_root = ledger::result_root_of(receipts, {});
    later.headers.certificate = world.certify(later.headers.headers[0]);
    return later;
  };
  std::uint64_t count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) -> Said {
    if (type != wire::outcome || !truth) return truth;
    ++count;
    return codec::to_bytes(forged(codec::from_bytes<OutcomeProof>(*truth).value()));
  });
  for (int i = 0; i < 20; ++i) {
    const ledger::Transaction transaction = world.net.transfer(0, 1, 1);
    const auto commit = world.submit(transaction);
    ASSERT_TRUE(commit) << commit.error().to_string();
    EXPECT_EQ(commit->receipt.rejection, ledger::Rejection::None);
    const auto found = world.find(ledger::id_of(transaction));
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->receipt.rejection, ledger::Rejection::None);
  }
  EXPECT_GT(count, 3U);
  EXPECT_EQ(world.lies_seen(), 0U) << "what it said is certified";
}

TEST(LightSubmit, TheRefusalOfOneIsNoRefusal_F5) {
  LightWorld world(5);
  std::uint64_t count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) -> Said {
    if (type != wire::submit) return truth;
    ++count;
    return refusal();
  });
  for (int i = 0; i < 10; ++i) {
    const auto commit = world.submit(world.net.transfer(0, 1, 1));
    ASSERT_TRUE(commit) << commit.error().to_string();
  }
  EXPECT_GT(count, 0U);
}

TEST(LightSubmit, TheRefusalOfMoreThanAThirdIsTold) {
  LightWorld world(6);
  world.start();
  ASSERT_TRUE(world.submit(world.net.transfer(0, 1, 1)));
  ledger::Transaction again = world.net.transfer(0, 1, 2);
  again.sequence = 0;
  ASSERT_TRUE(ledger::sign(again, *sim::cheap_signer(key_of(first_client))));
  const MonoTime asked = world.net.world.now();
  const auto refused = world.submit(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "TRANSACTION_REJECTED");
  EXPECT_LT(world.net.world.now() - asked, 1s);
  ledger::Transaction forged = world.net.transfer(1, 2, 3);
  forged.signature = Signature{};
  EXPECT_EQ(world.submit(forged).error().reason(), "BAD_SIGNATURE");
}

TEST(LightSubmit, WhoTookItAndForgotItIsNotWaitedFor_F5) {
  LightWorld world(7);
  world.options.takers_count = 1;
  std::uint64_t count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) -> Said {
    if (type == wire::outcome) {
      return fail(ErrorCode::NotFound, reason::not_found, "never heard of it");
    }
    if (type != wire::submit) return truth;
    ++count;
    return Bytes();
  });
  // The liar does not even ask the first super node for these.
  world.net.network.set_filter([](const sim::FrameOnWire& frame) {
    return frame.from != LightWorld::liar || frame.type != wire::submit ||
           frame.kind != sim::FrameOnWire::Kind::Request;
  });
  for (int i = 0; i < 20; ++i) {
    const auto commit = world.submit(world.net.transfer(0, 1, 1));
    ASSERT_TRUE(commit) << commit.error().to_string();
  }
  EXPECT_GT(count, 0U);
}

TEST(LightSubmit, AnExpiredTransactionIsProvenToBeSo_F4) {
  LightWorld world(8);
  world.start();
  // It waits for the one before it, which never comes.
  world.net.sequences[0] = 1;
  ledger::Transaction gap = world.net.transfer(0, 1, 1);
  gap.valid_until = Height(world.net.height(0) + 20);
  ASSERT_TRUE(ledger::sign(gap, *sim::cheap_signer(key_of(first_client))));
  const auto expired = world.submit(gap);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().reason(), "TRANSACTION_EXPIRED");
  EXPECT_GT(world.height(), gap.valid_until);
}

TEST(LightSubmit, WithoutAQuorumItSaysSoInTime_F6) {
  LightWorld world(9);
  world.options.submit_deadline = 3s;
  world.start();
  world.net.network.links().partition({0, 0, 1, 1, 0});
  world.net.world.run_for(1s);
  const MonoTime asked = world.net.world.now();
  const ledger::Transaction transaction = world.net.transfer(0, 1, 1);
  const auto late = world.submit(transaction);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "NO_QUORUM");
  EXPECT_LE(world.net.world.now() - asked, 3s + 100ms);
  world.net.network.links().heal();
  const auto commit = world.submit(transaction);
  ASSERT_TRUE(commit) << "to submit it again is harmless: " << commit.error().to_string();
}

TEST(LightSubmit, WhatNobodyHasIsNotFound) {
  LightWorld world(10);
  world.start_with_liar([](env::MessageType type, Result<Bytes> truth) -> Said {
    if (type != wire::outcome) return truth;
    return fail(ErrorCode::NotFound, reason::not_found, "never heard of it");
  });
  EXPECT_EQ(world.find(TransactionId()).error().reason(), "NOT_FOUND");
  const auto commit = world.submit(world.net.transfer(0, 1, 1));
  ASSERT_TRUE(commit);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(world.find(commit->receipt.transaction)) << "one who denies it is not enough";
  }
}

TEST(LightServe, AnswersAPeerOnlySoManyRequests_B5) {
  LightWorld world(11);
  world.start();
  world.net.crash(LightWorld::edge);
  std::size_t answered = 0;
  std::size_t refused = 0;
  struct Asker final : sim::Program {
    std::unique_ptr<env::Transport> transport;
  };
  world.net.nodes[LightWorld::edge]->set_program([&](sim::Node& node) {
    auto asker = std::make_unique<Asker>();
    asker->transport = world.net.network.attach(node);
    for (int i = 0; i < 1000; ++i) {
      asker->transport->request(node_id_of(0), env::TrafficClass::Bulk, wire::prove,
                                ledger::keys::account(client_of(1)), 5s,
                                [&](const Result<Bytes>& reply) {
                                  reply ? ++answered : ++refused;
                                  if (!reply) {
                                    EXPECT_EQ(reply.error().reason(), "RATE_LIMITED");
                                  }
                                });
    }
    return asker;
  });
  world.start_edge();
  ASSERT_TRUE(world.net.run_until([&] { return answered + refused == 1000; }));
  EXPECT_GE(answered, 128U);
  EXPECT_LE(answered, 256U) << "at most two ticks passed";
  const std::uint64_t before = world.net.height(0);
  ASSERT_TRUE(world.net.run_until([&] { return world.net.height(0) > before + 5; }));
}

}  // namespace
}  // namespace oort::chain::test
