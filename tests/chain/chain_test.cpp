// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kit.hpp"
#include "oort/chain/messages.hpp"

namespace oort::chain::test {
namespace {

std::uint64_t balance(Chain& chain, std::uint64_t client) {
  const FinalViewRef view = chain.view();
  return static_cast<std::uint64_t>(
      ledger::View(view->state()).account(client_of(client)).balance.units() -
      oort_base_units * 1000);
}

TEST(Chain, FourChainsCommitTransfersAndAgree_B1_B2) {
  ChainWorld net(1);
  net.start_all();
  std::vector<TransactionId> sent;
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t client = 0; client < 4; ++client) {
      sent.push_back(net.pay(client, client, 7, 10 + client));
    }
    net.world.run_for(20ms);
  }
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.size() == sent.size(); }, 10s));
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(net.height(0)); }, 5s));
  net.expect_agreement();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(balance(net.chain(i), 7), 10 * (40 + 6)) << i;
  EXPECT_TRUE(net.failed.empty());
}

TEST(Chain, IdleChainsMakeEmptyBlocksAtTheIdlePace) {
  ChainWorld net(2);
  net.start_all();
  net.world.run_for(10s);
  // 50 ms of waiting and about 2 ms of messages for each block.
  EXPECT_GT(net.height(0), 150U);
  EXPECT_LT(net.height(0), 200U);
  net.expect_agreement();
}

TEST(Chain, SurvivesTheCrashOfEachMachineInTurn_B1_B2) {
  ChainWorld net(3);
  net.start_all();
  std::size_t sent = 0;
  const auto pay_some = [&](std::size_t at) {
    for (std::uint64_t client = 0; client < 4; ++client, ++sent) net.pay(at, client, 7, 1);
  };
  for (std::size_t victim = 0; victim < 4; ++victim) {
    const std::size_t other = (victim + 1) % 4;
    pay_some(other);
    net.world.run_for(3ms);
    net.crash(victim);
    pay_some(other);
    ASSERT_TRUE(net.run_until([&] { return net.acknowledged.size() == sent; }, 20s))
        << "without machine " << victim;
    net.start(victim);
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(net.height(other)); }, 20s));
  }
  net.expect_agreement();
}

TEST(Chain, SurvivesTheLossOfPowerEverywhere_B1_B2) {
  ChainWorld net(4);
  net.start_all();
  std::size_t rounds = 0;
  for (; rounds < 5; ++rounds) {
    for (std::uint64_t client = 0; client < 4; ++client) net.pay(client, client, 7, 1);
    net.world.run_for(7ms + Duration(net.world.random().below(40'000'000)));
    for (std::size_t i = 0; i < 4; ++i) net.crash(i);
    net.start_all();
    // What was on its way may be lost, with its number; the clients look the number up again.
    const std::uint64_t target = net.height(0) + 2;
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(target); }, 20s));
    for (std::uint64_t client = 0; client < 4; ++client) {
      net.sequences[client] = ledger::next_sequence_of(
          ledger::View(net.chain(0).view()->state()).account(client_of(client)), 0);
    }
  }
  net.expect_agreement();
  EXPECT_FALSE(net.acknowledged.empty());
}

TEST(Chain, ALateObserverCatchesUpAndFollows_B3) {
  ChainWorld net(5, 5, 4);
  for (std::size_t i = 0; i < 4; ++i) net.start(i);
  for (std::uint64_t client = 0; client < 4; ++client) net.pay(client, client, 7, 5);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 120; }, 30s));
  net.start(4);
  ASSERT_TRUE(net.run_until([&] { return net.height(4) + 2 >= net.height(0); }, 20s));
  net.world.run_for(2s);
  EXPECT_GE(net.height(4) + 3, net.height(0));
  net.expect_agreement();
  const TransactionId id = net.pay(4, 0, 7, 5);
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }, 10s));
}

TEST(Chain, AValidatorThatWasAwayForLongReturns_B3) {
  ChainWorld net(6);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }));
  net.crash(2);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 150; }, 60s));
  net.start(2);
  ASSERT_TRUE(net.run_until([&] { return net.height(2) + 2 >= net.height(0); }, 20s));
  net.crash(3);
  const std::uint64_t before = net.height(0);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) > before + 10; }, 20s))
      << "the returned validator does not vote";
  net.expect_agreement();
}

TEST(Chain, AValidatorThatLostItsDiskReturns_B3) {
  ChainWorld net(7);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  net.crash(1);
  net.nodes[1]->disk().wipe();
  net.world.run_for(1s);
  net.start(1);
  ASSERT_TRUE(net.run_until([&] { return net.height(1) + 2 >= net.height(0); }, 20s));
  net.world.run_for(2s);
  net.crash(0);
  const std::uint64_t before = net.height(2);
  ASSERT_TRUE(net.run_until([&] { return net.height(2) > before + 10; }, 20s));
  net.expect_agreement();
}

TEST(Chain, APartitionStopsTheSmallerSideAndHeals) {
  ChainWorld net(8);
  net.options.submit_deadline = 3s;
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }));
  net.network.links().partition({0, 0, 0, 1});
  const TransactionId lonely = net.pay(3, 0, 7, 1);
  const TransactionId fine = net.pay(0, 1, 7, 1);
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(fine); }, 20s));
  ASSERT_TRUE(net.run_until([&] { return net.failed.contains(lonely); }, 20s));
  EXPECT_EQ(net.failed.at(lonely).reason(), "NO_QUORUM");
  net.network.links().heal();
  ASSERT_TRUE(net.run_until([&] { return net.height(3) + 1 >= net.height(0); }, 20s));
  // It waited in the pool of the small side and still goes through.
  ASSERT_TRUE(net.run_until([&] { return net.find(0, lonely).has_value(); }, 20s));
  net.network.links().partition({0, 0, 1, 1});
  const std::uint64_t before = net.height(0);
  net.world.run_for(5s);
  EXPECT_LE(net.height(0), before + 1);
  net.network.links().heal();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(before + 10); }, 30s));
  net.expect_agreement();
}

TEST(Chain, DiesAtAnyDiskOperationAndComesBack_B1) {
  ChainWorld net(9);
  net.start_all();
  std::size_t sent = 0;
  for (std::uint64_t operations = 1; operations < 40; operations += 3) {
    net.nodes[0]->disk().die_after(operations, [&] { net.crash(0); });
    for (std::uint64_t client = 0; client < 2; ++client, ++sent) net.pay(1, client, 7, 1);
    ASSERT_TRUE(net.run_until([&] { return !net.is_up(0); }, 20s));
    ASSERT_TRUE(net.run_until([&] { return net.acknowledged.size() == sent; }, 20s));
    net.start(0);
    ASSERT_TRUE(net.run_until([&] { return net.height(0) + 2 >= net.height(1); }, 20s));
  }
  net.expect_agreement();
}

TEST(Chain, ABarrierShowsWhatAnotherMachineAcknowledged_B6) {
  ChainWorld net(10, 4, 4, {.delay_min = 1ms, .delay_max = 20ms});
  net.start_all();
  for (int round = 0; round < 20; ++round) {
    const std::size_t writer = net.world.random().below(4);
    const std::size_t reader = (writer + 1) % 4;
    const TransactionId id = net.pay(writer, static_cast<std::uint64_t>(round % 4), 7, 1);
    ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }, 20s));
    std::optional<Result<FinalViewRef>> view;
    net.chain(reader).barrier([&](Result<FinalViewRef> done) { view = std::move(done); });
    ASSERT_TRUE(net.run_until([&] { return view.has_value(); }, 10s));
    ASSERT_TRUE(*view) << view->error().to_string();
    EXPECT_GE((**view)->height(), net.acknowledged.at(id).height);
  }
}

TEST(Chain, ABarrierWithoutAQuorumGivesUpInTime_B5) {
  ChainWorld net(11);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }));
  net.network.links().partition({0, 1, 1, 1});
  const MonoTime asked = net.world.now();
  std::optional<Result<FinalViewRef>> view;
  net.chain(0).barrier([&](Result<FinalViewRef> done) { view = std::move(done); });
  ASSERT_TRUE(net.run_until([&] { return view.has_value(); }, 10s));
  ASSERT_FALSE(*view);
  EXPECT_EQ(view->error().reason(), "NO_QUORUM");
  EXPECT_LE(net.world.now() - asked, net.options.barrier_deadline + 10ms);
}

TEST(Chain, ReplayFromGenesisGivesTheSameState_B1) {
  ChainWorld net(12);
  net.start_all();
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t client = 0; client < 4; ++client) net.pay(client, client, 7, 3);
    net.world.run_for(30ms);
  }
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.size() == 40; }, 10s));
  std::vector<FinalBlockRef> blocks;
  net.chain(1).subscribe(Height(1), [&](FinalBlockRef block) { blocks.push_back(block); });
  const std::uint64_t height = net.height(1);
  ASSERT_TRUE(net.run_until([&] { return blocks.size() >= height; }, 10s));
  // A ledger from nothing but genesis and blocks.
  const ChainId chain = ledger::chain_id_of(net.genesis);
  const ledger::Machine machine(chain, cheap_signatures());
  ledger::MemoryState state;
  state.apply(ledger::genesis_writes(net.genesis));
  std::size_t executed = 0;
  Bytes32 result_root;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i]->header.height, Height(i + 1));
    EXPECT_EQ(blocks[i]->header.app.parent_result_root, result_root);
    const auto proposer = net.chain(1).trust_root().validators[blocks[i]->header.proposer];
    std::vector<ledger::Transaction> transactions;
    for (const auto& transaction : blocks[i]->transactions) {
      transactions.push_back(transaction->transaction);
    }
    const auto done = machine.execute({blocks[i]->header.height,
                                       blocks[i]->header.time_ms,
                                       blocks[i]->header.epoch,
                                       proposer.node,
                                       {},
                                       blocks[i]->header.view},
                                      transactions, state);
    EXPECT_EQ(done.receipts, blocks[i]->receipts);
    state.apply(done.writes);
    result_root = done.result_root;
    executed += transactions.size();
  }
  EXPECT_EQ(executed, 40U);
  EXPECT_EQ(ledger::View(state).account(client_of(7)).balance,
            ledger::View(net.chain(1).view()->state()).account(client_of(7)).balance);
}

TEST(Chain, ASubscriberHearsEveryBlockOnceFromItsCursor) {
  ChainWorld net(13);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(20); }));
  std::vector<std::uint64_t> heard;
  const auto id = net.chain(2).subscribe(
      Height(7), [&](FinalBlockRef block) { heard.push_back(block->header.height.value()); });
  ASSERT_TRUE(net.run_until([&] { return net.height(2) >= 40; }));
  net.chain(2).unsubscribe(id);
  net.world.run_for(1s);
  ASSERT_GE(heard.size(), 34U);
  ASSERT_LE(heard.size(), 35U);
  for (std::size_t i = 0; i < heard.size(); ++i) EXPECT_EQ(heard[i], i + 7);
}

TEST(Chain, SubmittingAgainTellsWhatBecameOfIt_B2) {
  ChainWorld net(14);
  net.start_all();
  const ledger::Transaction transaction = net.transfer(0, 1, 5);
  const TransactionId id = net.submit(0, transaction);
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }));
  const Commit first = net.acknowledged.at(id);
  net.acknowledged.clear();
  net.submit(2, transaction);
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }));
  EXPECT_EQ(net.acknowledged.at(id).height, first.height);
  EXPECT_EQ(net.acknowledged.at(id).index, first.index);
}

TEST(Chain, RefusesWhatCanNeverBeExecuted) {
  ChainWorld net(15);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(3); }));
  ledger::Transaction forged = net.transfer(0, 1, 5);
  forged.signature = Signature{};
  const TransactionId bad = net.submit(0, forged);
  ledger::Transaction late = net.transfer(1, 2, 5);
  late.valid_until = Height(1);
  ASSERT_TRUE(ledger::sign(late, *sim::cheap_signer(key_of(first_client + 1))));
  const TransactionId expired = net.submit(0, late);
  ASSERT_TRUE(net.run_until([&] { return net.failed.size() == 2; }));
  EXPECT_EQ(net.failed.at(bad).reason(), "BAD_SIGNATURE");
  EXPECT_EQ(net.failed.at(expired).reason(), "TRANSACTION_EXPIRED");
}

TEST(Chain, ItsLogStaysSmallAndStillBringsItBack_B5) {
  ChainWorld net(17);
  net.options.log_bytes_max = 20'000;
  net.start_all();
  for (int round = 0; round < 6; ++round) {
    net.world.run_for(2s);
    const std::size_t victim = static_cast<std::size_t>(round) % 4;
    net.crash(victim);
    auto logs = net.nodes[victim]->disk().open_blobs("consensus");
    EXPECT_LT((*logs->open("consensus.wal"))->size(), 40'000U);
    net.start(victim);
  }
  net.crash(0);
  const std::uint64_t before = net.height(1);
  ASSERT_TRUE(net.run_until([&] { return net.height(1) > before + 5; }, 20s));
  for (std::size_t i = 1; i < 4; ++i) {
    std::optional<Diagnosis> diagnosis;
    net.chain(i).diagnose([&](Diagnosis done) { diagnosis = std::move(done); });
    ASSERT_TRUE(net.run_until([&] { return diagnosis.has_value(); }));
    EXPECT_TRUE(diagnosis->engine.is_voting) << to_text(*diagnosis);
    EXPECT_LE(diagnosis->blocks_in_memory, 4U);
  }
  net.expect_agreement();
}

TEST(Chain, BadNetworksAndManyCrashesLoseNothing_B1_B2_B4) {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    ChainWorld net(seed, 5, 4,
                   {.delay_min = 1ms,
                    .delay_max = 30ms,
                    .loss_ppm = 50'000,
                    .duplicate_ppm = 20'000,
                    .is_ordered = false});
    net.options.submit_deadline = 60s;
    net.start_all();
    std::size_t sent = 0;
    for (int round = 0; round < 8; ++round) {
      const std::size_t victim = net.world.random().below(5);
      for (std::uint64_t client = 0; client < 4; ++client, ++sent) {
        net.pay((victim + 1) % 5, client, 7, 1);
      }
      net.world.run_for(Duration(net.world.random().below(200'000'000)));
      net.crash(victim);
      net.world.run_for(Duration(net.world.random().below(500'000'000)));
      net.start(victim);
      // Waiting callers die with their machine; what they sent may still go through.
      net.world.run_for(Duration(net.world.random().below(500'000'000)));
    }
    const std::uint64_t target = net.height(0) + 20;
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(target); }, 60s)) << "seed " << seed;
    net.expect_agreement();
    EXPECT_GT(net.acknowledged.size(), sent / 2) << "seed " << seed;
  }
}

/// Claims to be far ahead and answers every request with what `answer` says.
class Liar final : public sim::Program {
 public:
  using Answer = std::function<Bytes(env::MessageType, const Bytes&)>;
  Liar(sim::Node& node, sim::SimNetwork& network, Answer answer)
      : transport_(network.attach(node)), node_(node) {
    transport_->on_request(env::message_range::chain,
                           [answer = std::move(answer)](
                               NodeId, env::MessageType type, Bytes payload,
                               Callback<Result<Bytes>> reply) { reply(answer(type, payload)); });
    brag();
  }

 private:
  void brag() {
    const Bytes status = codec::to_bytes(wire::Status{Height(1'000'000), true});
    for (std::size_t i = 0; i < 4; ++i) {
      static_cast<void>(
          transport_->send(node_id_of(i), env::TrafficClass::Bulk, wire::status, status));
    }
    node_.timers().after(100ms, [this] { brag(); });
  }
  std::unique_ptr<env::Transport> transport_;
  sim::Node& node_;
};

TEST(Chain, LiesOfAPeerMoveNothing_B3) {
  ChainWorld net(18, 5, 4);
  for (std::size_t i = 0; i < 4; ++i) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(60); }));
  // What an honest node would say, to be bent.
  std::uint64_t lies = 0;
  net.nodes[4]->set_program([&](sim::Node& node) {
    return std::make_unique<Liar>(
        node, net.network, [&](env::MessageType type, const Bytes& payload) {
          ++lies;
          if (type != wire::blocks || lies % 2 == 0) return Bytes(lies % 300, std::byte{0x2a});
          // Real blocks, whose certificate lost one vote.
          const auto from = codec::from_bytes<wire::BlocksRequest>(payload).value().from;
          wire::BlocksReply reply;
          auto& store = net.program(0)->store();
          Bytes key = to_bytes("B");
          codec::Writer height;
          for (int shift = 56; shift >= 0; shift -= 8) {
            height.u8(static_cast<std::uint8_t>(from.value() >> shift));
          }
          key.insert(key.end(), height.bytes().begin(), height.bytes().end());
          if (const auto block = store.get(key).value()) reply.proposals.push_back(*block);
          key.front() = std::byte{'C'};
          if (const auto bytes = store.get(key).value()) {
            reply.certificate = codec::from_bytes<consensus::Certificate>(*bytes).value();
            reply.certificate.votes.pop_back();
          }
          return codec::to_bytes(reply);
        });
  });
  net.crash(3);
  net.start(4);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 120; }));
  net.start(3);
  ASSERT_TRUE(net.run_until([&] { return net.height(3) + 2 >= net.height(0); }, 30s));
  EXPECT_GT(lies, 5U);
  net.nodes[4]->crash();
  net.expect_agreement();
}

TEST(Chain, OneSeedGivesOneHistory) {
  std::vector<std::string> traces;
  for (int run = 0; run < 2; ++run) {
    ChainWorld net(16, 4, 4, {.loss_ppm = 50'000});
    net.start_all();
    for (std::uint64_t client = 0; client < 4; ++client) net.pay(client, client, 7, 1);
    net.world.run_for(2s);
    net.crash(1);
    net.world.run_for(2s);
    net.start(1);
    net.world.run_for(2s);
    traces.push_back(net.world.trace().text());
  }
  EXPECT_EQ(traces[0], traces[1]);
}

}  // namespace
}  // namespace oort::chain::test
