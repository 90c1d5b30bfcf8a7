// SPDX-License-Identifier: Apache-2.0
// Chains whose validators change: the ledger names them, an epoch ends, another one begins.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/staking_operations.hpp"
#include "records.hpp"

namespace oort::chain::test {
namespace {

constexpr std::uint64_t epoch_ms = 1000;

/// `nodes` machines, of which `validators` vote at first.
struct EpochWorld : ChainWorld {
  EpochWorld(std::uint64_t seed, std::size_t nodes_count, std::size_t validators_count,
             sim::LinkOptions links = {})
      : ChainWorld(seed, nodes_count, nodes_count, links) {
    genesis = make_staking_genesis(nodes_count, validators_count, epoch_ms);
  }

  [[nodiscard]] bool is_validator(std::size_t at, std::size_t node) {
    return chain(at).validators()->index_of(node_id_of(node)).has_value();
  }
  void join(std::size_t node) {
    const ledger::PoolCreate pool{node_id_of(node), Oort(oort_base_units * 100), 0};
    submit(node, transaction_of_node(node, {{pool, {}}}));
  }
  void leave(std::size_t node, std::size_t through) {
    submit(through, transaction_of_node(node, {{ledger::PoolExit{node_id_of(node)}, {}}}));
  }
  [[nodiscard]] bool all_in_epoch(std::uint64_t wanted) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (is_up(i) && epoch(i) < wanted) return false;
    }
    return true;
  }
  [[nodiscard]] consensus::Header header(std::size_t at, std::uint64_t height) {
    return records::read_block(program(at)->store(), Height(height)).value()->header;
  }
  [[nodiscard]] std::optional<Handover> handover(std::size_t at, std::uint64_t epoch) {
    return records::read<Handover>(program(at)->store(), records::handover_key(Epoch(epoch)))
        .value();
  }
  /// Expects that every stored block stands in its epoch, each certified by its own validators.
  void expect_epochs(std::size_t at);
};

void EpochWorld::expect_epochs(std::size_t at) {
  TrustRoot root = TrustRoot::of(genesis).value();
  for (std::uint64_t h = 1; h <= height(at); ++h) {
    const consensus::Header block = header(at, h);
    ASSERT_EQ(block.epoch, root.epoch()) << h;
    ASSERT_EQ(block.validators_hash, root.validators.hash()) << h;
    const auto certificate = records::read<consensus::Certificate>(
        program(at)->store(), records::certificate_key(Height(h)));
    if (*certificate) {
      EXPECT_TRUE(check_final(root.context(cheap_votes()), block, **certificate)) << h;
    }
    if (!block.is_last_of_epoch()) continue;
    const auto over = handover(at, root.epoch().value());
    ASSERT_TRUE(over.has_value()) << h;
    const auto next = root.next(*over, cheap_votes());
    ASSERT_TRUE(next.has_value()) << next.error().to_string();
    EXPECT_EQ(next->anchor, consensus::id_of(block));
    root = *next;
  }
}

TEST(Epochs, AnEpochEndsWhereTheLedgerNamesTheNext_E1_E2) {
  EpochWorld net(301, 4, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(5); }, 30s));
  net.expect_agreement();
  for (std::size_t i = 0; i < 4; ++i) net.expect_epochs(i);
  // A turn of the ledger's clock is one epoch of the chain, and not more.
  EXPECT_GT(net.height(0), 5U * 10);
  const FinalViewRef view = net.chain(0).view();
  const auto ruling = ledger::View(view->state()).validator_set(net.chain(0).validators()->epoch());
  ASSERT_TRUE(ruling.has_value());
  EXPECT_EQ(ruling->validators.size(), 4U);
  EXPECT_EQ(ruling->validators.front().weight, 100U);
}

TEST(Epochs, ANetworkWithoutStakingStaysInItsFirst_E1) {
  ChainWorld net(302);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(60); }, 30s));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(net.epoch(i), 0U);
    const auto key = records::handover_key(Epoch(0));
    EXPECT_FALSE(records::read<Handover>(net.program(i)->store(), key).value().has_value());
  }
}

TEST(Epochs, OneJoinsAndVotesAndOneLeavesAndFollows_E2_E3) {
  EpochWorld net(303, 5, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(1); }, 30s));
  net.join(4);
  ASSERT_TRUE(net.run_until([&] { return net.is_validator(0, 4); }, 30s));
  net.leave(0, 1);
  ASSERT_TRUE(net.run_until([&] { return !net.is_validator(1, 0); }, 30s));
  const std::uint64_t epoch = net.epoch(1);
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(epoch + 1); }, 30s));
  // Without one of those who stay, the one that joined is needed for a quorum.
  net.crash(1);
  const std::uint64_t before = net.height(2);
  ASSERT_TRUE(net.run_until([&] { return net.height(2) > before + 30; }, 30s));
  // Who left still follows, and a client is served there.
  ASSERT_TRUE(net.run_until([&] { return net.height(0) > before + 30; }, 30s));
  const TransactionId id = net.pay(0, 0, 7, 5);
  ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }, 10s));
  net.expect_agreement();
  for (std::size_t i = 0; i < 5; ++i) {
    if (net.is_up(i)) net.expect_epochs(i);
  }
}

TEST(Epochs, WhoWasAwayForManyCatchesUpThroughEach_E2) {
  EpochWorld net(304, 5, 4);
  for (std::size_t i = 0; i < 4; ++i) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.epoch(0) >= 3; }, 30s));
  net.crash(3);
  ASSERT_TRUE(net.run_until([&] { return net.epoch(0) >= 8; }, 60s));
  net.start(3);
  net.start(4);
  ASSERT_TRUE(net.run_until([&] { return net.height(4) + 3 >= net.height(0); }, 30s));
  ASSERT_TRUE(net.run_until([&] { return net.height(3) + 3 >= net.height(0); }, 30s));
  // It votes again: without another one it is needed.
  net.crash(2);
  const std::uint64_t before = net.height(0);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) > before + 20; }, 30s));
  net.expect_agreement();
  net.expect_epochs(3);
  net.expect_epochs(4);
}

TEST(Epochs, AWipedValidatorComesBackInALaterEpoch_E2_E3) {
  EpochWorld net(305, 4, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(3); }, 30s));
  net.crash(1);
  net.nodes[1]->disk().wipe();
  net.world.run_for(500ms);
  net.start(1);
  const std::uint64_t epoch = net.epoch(0);
  ASSERT_TRUE(net.run_until([&] { return net.epoch(1) > epoch; }, 30s));
  net.world.run_for(1s);
  net.crash(0);
  const std::uint64_t before = net.height(2);
  ASSERT_TRUE(net.run_until([&] { return net.height(2) > before + 10; }, 30s));
  net.expect_agreement();
}

TEST(Epochs, APowerLossAtAnyMomentOfASwitchIsSurvived_E3) {
  EpochWorld net(306, 4, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(1); }, 30s));
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t epoch = net.epoch(0);
    // From before the boundary is final anywhere to after the next epoch's first votes.
    const bool is_near = net.run_until(
        [&] {
          const FinalViewRef view = net.chain(0).view();
          return ledger::View(view->state()).validator_set(Epoch(epoch + 1)).has_value();
        },
        30s);
    ASSERT_TRUE(is_near) << round;
    net.world.run_for(Duration(net.world.random().below(12'000'000)));
    for (std::size_t i = 0; i < 4; ++i) {
      if (round % 3 != 2 || net.world.random().chance(500'000)) net.crash(i);
    }
    net.world.run_for(20ms);
    for (std::size_t i = 0; i < 4; ++i) {
      if (!net.is_up(i)) net.start(i);
    }
    ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(epoch + 1); }, 30s)) << round;
    net.expect_agreement();
  }
  for (std::size_t i = 0; i < 4; ++i) net.expect_epochs(i);
}

TEST(Epochs, ABarrierReachesOverTheEndOfAnEpoch_B6_E3) {
  EpochWorld net(307, 5, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(1); }, 30s));
  for (std::uint64_t round = 0; round < 6; ++round) {
    // Machine 4 hears nothing while the others go on to a later epoch.
    net.network.links().partition({0, 0, 0, 0, 1});
    const std::uint64_t epoch = net.epoch(0);
    ASSERT_TRUE(net.run_until([&] { return net.epoch(0) > epoch; }, 30s));
    const TransactionId id = net.pay(0, round, 7, 1 + round);
    ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }, 10s));
    net.network.links().heal();
    std::optional<Result<FinalViewRef>> read;
    net.chain(4).barrier([&](Result<FinalViewRef> view) { read = std::move(view); });
    ASSERT_TRUE(net.run_until([&] { return read.has_value(); }, 10s));
    ASSERT_TRUE(read->has_value()) << read->error().to_string();
    EXPECT_GE((**read)->height(), net.acknowledged.at(id).height) << round;
  }
}

/// Two votes of one validator that no correct one makes, in a view of the root's epoch.
Bytes double_vote(const TrustRoot& root, const NodeId& offender) {
  std::vector<consensus::Vote> votes(2);
  for (std::size_t i = 0; i < 2; ++i) {
    consensus::Ballot& ballot = votes[i].ballot;
    ballot.epoch = root.epoch();
    ballot.view = View(3);
    ballot.block.mutable_view()[0] = static_cast<std::byte>(i + 1);
    votes[i].validator = root.validators.index_of(offender).value();
    votes[i].signature =
        sim::cheap_sign(crypto::key_of(offender), consensus::signed_bytes(root.chain, ballot));
  }
  return codec::to_bytes(consensus::contradiction(votes[0], votes[1]).value());
}

TEST(Epochs, EvidenceIsJudgedByTheSetOfItsEpoch_B7_E2) {
  EpochWorld net(308, 4, 4);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(3); }, 30s));
  const TrustRoot first = TrustRoot::of(net.genesis).value();
  const TrustRoot second = first.next(*net.handover(0, 0), cheap_votes()).value();
  const auto submit = [&net](const Bytes& proof) {
    const TransactionId id =
        net.submit(0, net.transaction_of(1, {{ledger::EvidenceSubmit{proof}, {}}}));
    EXPECT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }, 10s));
    return net.acknowledged.at(id).receipt.operations.at(0).rejection;
  };
  // Of an epoch that is yet to come, nobody is named yet.
  TrustRoot later = second;
  later.validators =
      consensus::ValidatorSet::make(Epoch(50), second.validators.validators()).value();
  EXPECT_EQ(submit(double_vote(later, node_id_of(2))), ledger::Rejection::EvidenceInvalid);
  EXPECT_EQ(submit(double_vote(second, node_id_of(2))), ledger::Rejection::None);
  EXPECT_EQ(submit(double_vote(second, node_id_of(2))), ledger::Rejection::EvidenceKnown);
  // It costs the offender its place in the next set that the ledger names.
  ASSERT_TRUE(net.run_until([&] { return !net.is_validator(0, 2); }, 30s));
  EXPECT_EQ(submit(double_vote(first, node_id_of(3))), ledger::Rejection::None);
  net.expect_agreement();
}

/// What a seed does to the network while its sets change every few blocks.
void run_scenario(std::uint64_t seed) {
  sim::LinkOptions links;
  links.loss_ppm = static_cast<std::uint32_t>(sim::Generator(seed).below(60'000));
  EpochWorld net(seed, 7, 4, links);
  net.genesis = make_staking_genesis(7, 4, 400);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(1); }, 60s)) << seed;
  sim::Generator& random = net.world.random();
  std::size_t next_to_join = 4;
  bool has_left = false;
  for (int round = 0; round < 12; ++round) {
    const std::uint64_t drawn = random.below(100);
    if (drawn < 25) {
      if (next_to_join < 7 && net.is_up(next_to_join)) net.join(next_to_join++);
    } else if (drawn < 35 && next_to_join > 4 && !has_left) {
      has_left = net.is_up(1);
      if (has_left) net.leave(0, 1);
    } else if (drawn < 65) {
      const std::size_t victim = random.below(7);
      if (net.is_up(victim)) net.crash(victim);
    } else if (drawn < 85) {
      std::vector<std::uint32_t> sides(7);
      for (std::uint32_t& side : sides) side = static_cast<std::uint32_t>(random.below(2));
      net.network.links().partition(sides);
    } else {
      net.network.links().heal();
    }
    net.world.run_for(Duration(100'000'000 + random.below(700'000'000)));
    for (std::size_t i = 0; i < 7; ++i) {
      if (!net.is_up(i) && random.chance(600'000)) net.start(i);
    }
  }
  net.network.links().heal();
  for (std::size_t i = 0; i < 7; ++i) {
    if (!net.is_up(i)) net.start(i);
  }
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < 7; ++i) highest = std::max(highest, net.epoch(i));
  ASSERT_TRUE(net.run_until([&] { return net.all_in_epoch(highest + 2); }, 120s)) << seed;
  net.expect_agreement();
  for (std::size_t i = 0; i < 7; ++i) net.expect_epochs(i);
  for (std::uint64_t h = 1; h <= net.height(0); ++h) {
    for (std::size_t i = 1; i < 7 && net.height(i) >= h; ++i) {
      ASSERT_EQ(consensus::id_of(net.header(0, h)), consensus::id_of(net.header(i, h)))
          << "two blocks are final at height " << h << ", seed " << seed;
    }
  }
}

TEST(Epochs, SetsChangeUnderCrashesAndPartitions_E1_E2_E3) {
  const char* wanted = std::getenv("OORT_EPOCH_SEEDS");
  const std::uint64_t count = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 6;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    run_scenario(seed);
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace oort::chain::test
