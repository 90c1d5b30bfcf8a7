// SPDX-License-Identifier: Apache-2.0
// What can be proven over the end of epochs: to who holds the genesis file, and to light nodes.
#include <gtest/gtest.h>

#include "light_kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/keys.hpp"
#include "records.hpp"

namespace oort::chain::test {
namespace {

constexpr std::uint64_t epoch_ms = 1000;

std::uint64_t epoch_of(ChainWorld& net, std::size_t index) { return net.epoch(index); }

Handover handover_of(ChainWorld& net, std::uint64_t epoch) {
  return records::read<Handover>(net.program(0)->store(), records::handover_key(Epoch(epoch)))
      .value()
      .value();
}

struct ProofWorld {
  explicit ProofWorld(std::uint64_t seed) : net(seed) {
    net.genesis = make_staking_genesis(4, 4, epoch_ms);
    net.start_all();
    EXPECT_TRUE(net.run_until([&] { return epoch_of(net, 0) >= 3; }, 30s));
    net.world.run_for(300ms);
  }
  ChainWorld net;
};

Bytes some_key() { return ledger::keys::account(client_of(1)); }

TEST(EpochProofs, ABundleLeadsFromGenesisToALaterEpoch_E4) {
  ProofWorld world(321);
  const auto bundle = world.net.prove(0, range_of_key(some_key())).value();
  ASSERT_GE(bundle.handovers.size(), 3U);
  const Bytes bytes = codec::to_bytes(bundle);
  const auto shown = verify_bundle(bytes, world.net.genesis, cheap_votes());
  ASSERT_TRUE(shown.has_value()) << shown.error().to_string();
  EXPECT_EQ(shown->epoch, bundle.headers.headers.front().epoch);
  EXPECT_EQ(shown->records.size(), 1U);
  EXPECT_EQ(codec::from_bytes<ProofBundle>(bytes).value(), bundle);
}

TEST(EpochProofs, WithoutOneHandoverNothingIsProven_E4) {
  ProofWorld world(322);
  const auto whole = world.net.prove(0, range_of_key(some_key())).value();
  const auto is_shown = [&](const ProofBundle& bundle) {
    return verify_bundle(codec::to_bytes(bundle), world.net.genesis, cheap_votes()).has_value();
  };
  for (std::size_t i = 0; i < whole.handovers.size(); ++i) {
    ProofBundle lacking = whole;
    lacking.handovers.erase(lacking.handovers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(is_shown(lacking)) << i;
  }
  ProofBundle weaker = whole;
  weaker.handovers[1].certificate.votes.resize(2);
  EXPECT_FALSE(is_shown(weaker));
  ProofBundle other = whole;
  std::swap(other.handovers[0].next, other.handovers[1].next);
  EXPECT_FALSE(is_shown(other));
  // Who has followed the epochs needs none of them.
  ProofBundle short_one = whole;
  short_one.handovers.clear();
  EXPECT_FALSE(is_shown(short_one));
  TrustRoots roots(TrustRoot::of(world.net.genesis).value());
  for (const Handover& handover : whole.handovers) {
    ASSERT_TRUE(roots.follow(handover, cheap_votes()).has_value());
  }
  EXPECT_TRUE(verify_bundle(codec::to_bytes(short_one), roots, cheap_votes()).has_value());
}

TEST(EpochProofs, AHandoverSaysJustWhatItsHeaderSays_E4) {
  ProofWorld world(323);
  const TrustRoot root = TrustRoot::of(world.net.genesis).value();
  const Handover good = handover_of(world.net, 0);
  ASSERT_TRUE(root.next(good, cheap_votes()).has_value());
  const TrustRoot second = root.next(good, cheap_votes()).value();
  EXPECT_EQ(second.epoch(), Epoch(1));
  EXPECT_FALSE(second.next(good, cheap_votes()).has_value());
  EXPECT_FALSE(root.next(handover_of(world.net, 1), cheap_votes()).has_value());
  Handover heavier = good;
  std::vector<consensus::Validator> validators = good.next.validators();
  validators.front().weight += 1;
  heavier.next = consensus::ValidatorSet::make(Epoch(1), validators).value();
  EXPECT_FALSE(root.next(heavier, cheap_votes()).has_value());
  Handover unended = good;
  unended.headers.erase(unended.headers.begin());
  EXPECT_FALSE(root.next(unended, cheap_votes()).has_value());
}

TEST(EpochProofs, RootsAreFollowedOneByOneAndBounded_E4) {
  ProofWorld world(324);
  TrustRoots roots(TrustRoot::of(world.net.genesis).value());
  EXPECT_EQ(roots.find(Epoch(1)).error().reason(), reason::not_ready);
  EXPECT_FALSE(roots.follow(handover_of(world.net, 1), cheap_votes()).has_value());
  ASSERT_TRUE(roots.follow(handover_of(world.net, 0), cheap_votes()).has_value());
  ASSERT_TRUE(roots.follow(handover_of(world.net, 1), cheap_votes()).has_value());
  EXPECT_TRUE(roots.follow(handover_of(world.net, 0), cheap_votes()).has_value());
  EXPECT_EQ(roots.newest().epoch(), Epoch(2));
  EXPECT_EQ(roots.list().size(), 3U);
  EXPECT_EQ(roots.find(Epoch(1)).value()->anchor,
            consensus::id_of(handover_of(world.net, 0).headers.front()));
}

TEST(EpochProofs, EncodingsAreFrozen) {
  constexpr crypto::Context context{"oort.v1 chain test"};
  Handover handover;
  consensus::Header header;
  header.view = View(9);
  header.height = Height(30);
  header.app.next_validators_hash.mutable_view()[0] = std::byte{7};
  header.flags = consensus::flag_last_of_epoch;
  handover.headers = {header};
  handover.certificate = {consensus::VoteKind::Finalize, Epoch(0), View(9),
                          consensus::id_of(header),      View(0),  {{ValidatorIndex(1), {}, {}}}};
  handover.next = consensus::ValidatorSet::make(Epoch(1), {{node_id_of(1), key_of(2), 5}}).value();
  const Bytes bytes = codec::to_bytes(handover);
  EXPECT_EQ(codec::from_bytes<Handover>(bytes).value(), handover);
  EXPECT_EQ(crypto::hash(context, bytes).hex(),
            "6583fb282369103619bd7e4b70504d1763b02e8da5696637432f0f929488ddda");
  const TrustRoot root{ChainId(), consensus::id_of(header), {}, 77, handover.next, Height(30)};
  const Bytes kept = codec::to_bytes(root);
  EXPECT_EQ(codec::to_bytes(codec::from_bytes<TrustRoot>(kept).value()), kept);
  EXPECT_EQ(crypto::hash(context, kept).hex(),
            "da2f0b06eedcb0aa31a56d8b6dafd4f7e757a8ad9e953a004f1905a348ad71a4");
}

struct LightEpochs : LightWorld {
  explicit LightEpochs(std::uint64_t seed) : LightWorld(seed) {
    net.genesis = make_staking_genesis(5, 4, epoch_ms);
  }
  [[nodiscard]] std::uint64_t epoch() { return light().head().turn.epoch.value(); }
};

TEST(LightEpochs, ALightNodeFollowsTheSetsByCertifiedHeaders_F1) {
  LightEpochs world(331);
  world.start();
  ASSERT_TRUE(world.net.run_until([&] { return world.epoch() >= 4; }, 60s));
  const LightHead head = world.light().head();
  EXPECT_EQ(head.block, world.block_at(head.height));
  EXPECT_EQ(world.lies_seen(), 0U);
  EXPECT_EQ(world.balance(1, Freshness::Strong), 0U);
  // What it gives to others leads there from genesis.
  std::optional<Result<Proven>> proven;
  world.light().prove(some_key(), Freshness::Local,
                      [&](Result<Proven> done) { proven = std::move(done); });
  ASSERT_TRUE(world.net.run_until([&] { return proven.has_value(); }, 10s));
  ASSERT_TRUE(proven->has_value()) << proven->error().to_string();
  const auto shown = verify_bundle((*proven)->bundle, world.net.genesis, cheap_votes());
  ASSERT_TRUE(shown.has_value()) << shown.error().to_string();
  EXPECT_GE(shown->epoch, Epoch(3));
}

TEST(LightEpochs, AStrongReadShowsWhatALaterEpochAcknowledged_F3) {
  LightEpochs world(332);
  world.start();
  for (std::uint64_t round = 1; round <= 4; ++round) {
    const std::uint64_t epoch = world.net.epoch(0);
    // The light node hears nothing while the epoch ends.
    world.net.network.links().partition({0, 0, 0, 0, 1});
    ASSERT_TRUE(world.net.run_until([&] { return world.net.epoch(0) > epoch; }, 30s));
    const TransactionId id = world.net.pay(0, 0, 7, 5);
    ASSERT_TRUE(world.net.run_until([&] { return world.net.acknowledged.contains(id); }, 10s));
    world.net.network.links().heal();
    EXPECT_EQ(world.balance(7, Freshness::Strong), 5 * round) << round;
    // Of an epoch that is over by now.
    const auto found = world.find(id);
    ASSERT_TRUE(found.has_value()) << found.error().to_string();
    EXPECT_EQ(found->height, world.net.acknowledged.at(id).height);
  }
}

TEST(LightEpochs, ItKnowsItsEpochsAfterARestart_F2) {
  LightEpochs world(333);
  world.start();
  ASSERT_TRUE(world.net.run_until([&] { return world.epoch() >= 3; }, 60s));
  const Height before = world.height();
  world.net.crash(LightWorld::edge);
  world.start_edge();
  ASSERT_NE(world.program().light(), nullptr);
  EXPECT_GE(world.height(), before);
  EXPECT_GE(world.epoch(), 3U);
  ASSERT_TRUE(world.net.run_until([&] { return world.epoch() >= 5; }, 60s));
}

}  // namespace
}  // namespace oort::chain::test
