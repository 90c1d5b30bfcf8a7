// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "light_kit.hpp"
#include "oort/ledger/keys.hpp"

namespace oort::chain::test {
namespace {

const Bytes account_key = ledger::keys::account(client_of(1));

/// Bends what decodes, says the rest as it is.
template <class T, class F>
LyingSuper::Bend bend_only(env::MessageType wanted, F change) {
  return [wanted, change](env::MessageType type,
                          Result<Bytes> truth) mutable -> std::optional<Result<Bytes>> {
    if (type != wanted || !truth) return truth;
    T value = codec::from_bytes<T>(*truth).value();
    change(value);
    return codec::to_bytes(value);
  };
}

TEST(LightNode, FollowsWithNothingButCertificates_F1) {
  LightWorld world(1);
  world.start();
  const Height before = world.height();
  ASSERT_TRUE(world.net.run_until([&] { return world.height().value() > before.value() + 20; }));
  const LightHead head = world.light().head();
  EXPECT_EQ(head.block, world.block_at(head.height));
  EXPECT_GE(head.height.value() + 20, world.net.height(0)) << "half a second is ten blocks";
  EXPECT_LT(world.net.nodes[LightWorld::edge]->disk().used_bytes(), 2'000U);
}

TEST(LightNode, AForgedHeadMovesNothing_F1_F5) {
  LightWorld world(2);
  std::uint64_t lies = 0;
  world.start_with_liar(bend_only<FinalHeaders>(wire::head, [&](FinalHeaders& head) {
    if (++lies % 2 == 0) {
      head.certificate.votes.pop_back();
    } else {
      head.headers.back().height = Height(1'000'000);
    }
  }));
  world.net.world.run_for(5s);
  EXPECT_GT(lies, 3U);
  EXPECT_GT(world.lies_seen(), 3U);
  const LightHead head = world.light().head();
  EXPECT_EQ(head.block, world.block_at(head.height));
  EXPECT_GE(head.height.value() + 40, world.net.height(0));
}

TEST(LightNode, AStaleHeadHoldsUpNothing_F2_F5) {
  LightWorld world(3);
  world.options.followed_count = 1;
  world.options.lag_penalty = 60s;
  Bytes old;
  std::uint64_t stale_count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) {
    if (type != wire::head || !truth) return std::optional(truth);
    if (old.empty()) old = *truth;
    ++stale_count;
    return std::optional(Result<Bytes>(old));
  });
  Height highest;
  for (int i = 0; i < 300; ++i) {
    world.net.world.run_for(100ms);
    EXPECT_GE(world.height(), highest) << "the head went back";
    highest = world.height();
  }
  EXPECT_GT(stale_count, 0U);
  EXPECT_GE(highest.value() + 60, world.net.height(0));
  EXPECT_EQ(world.lies_seen(), 0U) << "to be slow is no lie";
  // Far behind, it is asked last for a while.
  EXPECT_LT(stale_count, 6U);
}

TEST(LightNode, SilenceDelaysAndDoesNothingElse_F5) {
  LightWorld world(4);
  std::uint64_t unanswered = 0;
  world.start_with_liar([&](env::MessageType, const Result<Bytes>&) {
    ++unanswered;
    return std::optional<Result<Bytes>>();
  });
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const TransactionId id = world.net.pay(0, 0, 1, 10);
    ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
    EXPECT_EQ(world.balance(1, Freshness::Strong), 10 * i);
    const auto commit = world.submit(world.net.transfer(2, 3, 1));
    ASSERT_TRUE(commit) << commit.error().to_string();
  }
  EXPECT_GT(unanswered, 0U);
  EXPECT_GE(world.height().value() + 40, world.net.height(0));
  // Once it was silent, it is asked last.
  const MonoTime start = world.net.world.now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world.balance(1, Freshness::Local), 50U);
  EXPECT_LT(world.net.world.now() - start, 3 * world.options.request_deadline);
}

TEST(LightNode, KeepsItsHeadOverARestart_F2) {
  LightWorld world(5);
  world.start();
  for (int round = 0; round < 10; ++round) {
    world.net.world.run_for(Duration(world.net.world.random().below(700'000'000)));
    const Height told = world.height();
    world.net.crash(LightWorld::edge);
    world.net.network.links().partition({0, 0, 0, 0, 1});
    world.start_edge();
    ASSERT_NE(world.program().light(), nullptr) << world.program().problem()->to_string();
    EXPECT_GE(world.height(), told) << "without a word from anybody";
    world.net.network.links().heal();
    ASSERT_TRUE(world.net.run_until([&] { return world.height() > told; }));
  }
}

TEST(LightNode, OpensNoHeadOfAnotherChainNorABrokenOne) {
  LightWorld world(6);
  world.start();
  world.net.crash(LightWorld::edge);
  const std::string name = world.net.genesis.chain_name;
  world.net.genesis.chain_name = "other";
  world.start_edge();
  ASSERT_TRUE(world.program().problem());
  EXPECT_EQ(world.program().problem()->reason(), "WRONG_GENESIS");
  world.net.crash(LightWorld::edge);
  world.net.genesis.chain_name = name;
  ASSERT_TRUE(world.net.nodes[LightWorld::edge]->disk().flip_bit("light", "head", 3000));
  world.start_edge();
  ASSERT_TRUE(world.program().problem());
  EXPECT_EQ(world.program().problem()->reason(), "CORRUPT_DATA");
  world.net.crash(LightWorld::edge);
}

TEST(LightNode, StopsWhenItsHeadCannotBeKept_F2) {
  LightWorld world(7);
  world.start();
  world.net.nodes[LightWorld::edge]->disk().fail_appends(1);
  world.net.nodes[LightWorld::edge]->disk().fail_syncs(1);
  ASSERT_TRUE(world.net.run_until([&] { return world.program().problem().has_value(); }));
  const Height last = world.height();
  world.net.world.run_for(3s);
  EXPECT_EQ(world.height(), last);
}

TEST(LightNode, AStrongReadShowsWhatAnotherMachineAcknowledged_F3) {
  LightWorld world(8);
  world.start();
  for (std::uint64_t i = 1; i <= 15; ++i) {
    const TransactionId id = world.net.pay(i % 4, 0, 1, 10);
    ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
    const auto proven = world.read(account_key, Freshness::Strong);
    ASSERT_TRUE(proven) << proven.error().to_string();
    EXPECT_GE(proven->shown.height, world.net.acknowledged.at(id).height);
    EXPECT_EQ(world.balance(1, Freshness::Strong), 10 * i);
    world.net.world.run_for(Duration(world.net.world.random().below(400'000'000)));
  }
}

TEST(LightNode, AStrongReadWithoutAQuorumSaysSoAndALocalOneGoesOn_F3_F6) {
  LightWorld world(9);
  world.start();
  const TransactionId id = world.net.pay(0, 0, 1, 10);
  ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
  EXPECT_EQ(world.balance(1, Freshness::Strong), 10U);
  world.net.network.links().partition({0, 0, 1, 1, 0});
  world.net.world.run_for(2s);
  const MonoTime asked = world.net.world.now();
  const auto proven = world.read(account_key, Freshness::Strong);
  ASSERT_FALSE(proven);
  EXPECT_EQ(proven.error().reason(), "NO_QUORUM");
  EXPECT_LE(world.net.world.now() - asked, 2 * world.options.barrier_deadline + 100ms);
  EXPECT_EQ(world.balance(1, Freshness::Local), 10U);
}

TEST(LightNode, AbsenceIsProvenToo_F3) {
  LightWorld world(10);
  world.start();
  const auto proven = world.read(ledger::keys::account(client_of(99)), Freshness::Strong);
  ASSERT_TRUE(proven) << proven.error().to_string();
  EXPECT_EQ(proven->value(), nullptr);
  EXPECT_TRUE(verify_bundle(proven->bundle, world.net.genesis, cheap_votes()));
  EXPECT_EQ(world.read({}, Freshness::Local).error().reason(), "BAD_ARGUMENT");
  EXPECT_EQ(world.read(Bytes(257), Freshness::Local).error().reason(), "BAD_ARGUMENT");
}

TEST(LightNode, AWrongProofIsNotTaken_F3_F5) {
  LightWorld world(11);
  std::uint64_t count = 0;
  Bytes of_another;
  world.start_with_liar(
      [&](env::MessageType type, Result<Bytes> truth) -> std::optional<Result<Bytes>> {
        if (type != wire::prove || !truth) return truth;
        auto bundle = codec::from_bytes<ProofBundle>(*truth).value();
        switch (++count % 3) {
          case 0: bundle.records.at(0).value = to_bytes("a fortune"); break;
          case 1: bundle.headers.certificate.votes.pop_back(); break;
          // True in every part, and no answer to the question.
          default: return of_another;
        }
        return codec::to_bytes(bundle);
      });
  of_another = codec::to_bytes(
      world.net.prove(0, range_of_key(ledger::keys::account(client_of(5)))).value());
  const TransactionId id = world.net.pay(0, 0, 1, 33);
  ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
  EXPECT_EQ(world.balance(1, Freshness::Strong), 33U);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world.balance(1, Freshness::Local), 33U);
  EXPECT_GT(count, 3U);
  EXPECT_EQ(world.lies_seen(), count);
}

TEST(LightNode, AnOldProofIsNotTaken_F3_F5) {
  LightWorld world(12);
  Bytes old;
  std::uint64_t count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) {
    if (type != wire::prove || !truth || old.empty()) return std::optional(truth);
    ++count;
    return std::optional(Result<Bytes>(old));
  });
  old = codec::to_bytes(world.net.prove(0, range_of_key(account_key)).value());
  for (std::uint64_t i = 1; i <= 15; ++i) {
    const TransactionId id = world.net.pay(0, 0, 1, 1);
    ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
    EXPECT_EQ(world.balance(1, Freshness::Strong), i);
    EXPECT_EQ(world.balance(1, Freshness::Local), i) << "it knew of the newer state";
  }
  EXPECT_GT(count, 3U);
  EXPECT_EQ(world.lies_seen(), 0U) << "to be behind is no lie";
}

TEST(LightNode, AFalseBarrierIsNotCounted_F3_F5) {
  LightWorld world(13);
  world.start_with_liar(bend_only<wire::BarrierReply>(wire::barrier, [](wire::BarrierReply& reply) {
    auto certificate = codec::from_bytes<consensus::Certificate>(*reply.certificate).value();
    certificate.view = View(1'000'000);
    reply.certificate = codec::to_bytes(certificate);
  }));
  const TransactionId id = world.net.pay(0, 0, 1, 5);
  ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
  // Every other question to an honest one is lost, so that the liar answers before it.
  std::uint64_t asked_count = 0;
  world.net.network.set_filter([&](const sim::FrameOnWire& frame) {
    const bool is_question = frame.kind == sim::FrameOnWire::Kind::Request &&
                             frame.type == wire::barrier && frame.from == LightWorld::edge;
    return !is_question || frame.to != 2 || ++asked_count % 2 == 0;
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world.balance(1, Freshness::Strong), 5U);
  EXPECT_GT(world.lies_seen(), 3U);
}

TEST(LightNode, BlocksComeWithTheirTransactions_F3) {
  LightWorld world(14);
  std::uint64_t count = 0;
  world.start_with_liar(bend_only<BlockProof>(wire::block_ids, [&](BlockProof& block) {
    ++count;
    if (count % 2 == 0 || block.transactions.empty()) {
      block.transactions.emplace_back();
    } else {
      block.transactions.clear();
    }
  }));
  const TransactionId id = world.net.pay(0, 0, 1, 5);
  ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }));
  const Height place = world.net.acknowledged.at(id).height;
  for (int i = 0; i < 10; ++i) {
    const auto block = world.block(place);
    ASSERT_TRUE(block) << block.error().to_string();
    EXPECT_EQ(block->transactions, std::vector{id});
    EXPECT_EQ(consensus::id_of(block->headers.headers.front()), world.block_at(place));
  }
  EXPECT_GT(count, 0U);
  EXPECT_EQ(world.lies_seen(), count);
  // One that is not there yet is waited for.
  const Height later(world.net.height(0) + 30);
  const auto next = world.block(later);
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(next->headers.headers.front().height, later);
  EXPECT_EQ(world.block(Height(0)).error().reason(), "BAD_ARGUMENT");
}

TEST(LightNode, BlocksOfAnotherHeightAreNotTaken_F3_F5) {
  LightWorld world(15);
  Bytes another;
  std::uint64_t count = 0;
  world.start_with_liar([&](env::MessageType type, Result<Bytes> truth) {
    if (type != wire::block_ids || !truth) return std::optional(truth);
    if (another.empty()) another = *truth;
    ++count;
    return std::optional(Result<Bytes>(another));
  });
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const auto block = world.block(Height(i));
    ASSERT_TRUE(block) << block.error().to_string();
    EXPECT_EQ(block->headers.headers.front().height, Height(i));
  }
  EXPECT_GT(count, 1U);
}

}  // namespace
}  // namespace oort::chain::test
