// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kit.hpp"
#include "oort/ledger/keys.hpp"

namespace oort::chain::test {
namespace {

/// A chain that ran for a while, and proofs of what it holds.
struct Fixture {
  explicit Fixture(std::uint64_t seed) : net(seed) {
    net.start_all();
    const TransactionId id = net.pay(0, 0, 1, 77);
    EXPECT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }));
    const std::uint64_t then = net.height(0);
    EXPECT_TRUE(net.run_until([&] { return net.height(0) >= then + 3; }));
  }
  ProofBundle prove(const Bytes& key) { return net.prove(0, key).value(); }
  Result<Verified> verify(const ProofBundle& bundle) {
    return verify_bundle(codec::to_bytes(bundle), net.genesis, cheap_votes());
  }
  ChainWorld net;
};

const Bytes account_key = ledger::keys::account(client_of(1));
const Bytes absent_key = ledger::keys::account(client_of(99));

TEST(ProofBundle, ProvesAValueAndAnAbsenceFromGenesisAlone) {
  Fixture world(1);
  const auto value = world.verify(world.prove(account_key));
  ASSERT_TRUE(value) << value.error().to_string();
  ASSERT_TRUE(value->value);
  const auto account = codec::from_bytes<ledger::Account>(*value->value);
  ASSERT_TRUE(account);
  EXPECT_EQ(account->balance, Oort(oort_base_units * 1000 + 77));
  EXPECT_EQ(value->height.next(), value->certified_height);
  const auto absence = world.verify(world.prove(absent_key));
  ASSERT_TRUE(absence) << absence.error().to_string();
  EXPECT_FALSE(absence->value);
}

TEST(ProofBundle, EveryFlippedByteIsRefused) {
  Fixture world(2);
  for (const Bytes& key : {account_key, absent_key}) {
    const Bytes bytes = codec::to_bytes(world.prove(key));
    ASSERT_TRUE(verify_bundle(bytes, world.net.genesis, cheap_votes()));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const unsigned bit : {1U, 128U}) {
        Bytes bad = bytes;
        bad[i] ^= static_cast<std::byte>(bit);
        EXPECT_FALSE(verify_bundle(bad, world.net.genesis, cheap_votes())) << "byte " << i;
      }
    }
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
      EXPECT_FALSE(verify_bundle(ByteView(bytes).first(size), world.net.genesis, cheap_votes()));
    }
  }
}

TEST(ProofBundle, SaysWhichPartFailed) {
  Fixture world(3);
  const ProofBundle good = world.prove(account_key);
  const auto part = [&](const ProofBundle& bundle) {
    const auto verified = world.verify(bundle);
    if (verified) return std::string("none");
    return verified.error().detail().substr(0, verified.error().detail().find(':'));
  };
  EXPECT_EQ(part(good), "none");
  ProofBundle bad = good;
  bad.value->back() ^= std::byte{1};
  EXPECT_EQ(part(bad), "value");
  bad = good;
  bad.value.reset();
  EXPECT_EQ(part(bad), "value");
  bad = good;
  bad.proof.other_root.mutable_view()[0] ^= std::byte{1};
  EXPECT_EQ(part(bad), "path");
  bad = good;
  bad.headers.certificate.votes.pop_back();
  EXPECT_EQ(part(bad), "certificate");
  bad = good;
  bad.headers.headers.front().app.parent_state_root = Bytes32{};
  EXPECT_EQ(part(bad), "certificate") << "another header is not the certified one";
  bad = good;
  bad.headers.headers.front().validators_hash = Bytes32{};
  EXPECT_EQ(part(bad), "header");
  bad = good;
  bad.chain = ChainId{};
  EXPECT_EQ(part(bad), "genesis");
  ledger::GenesisParams other = world.net.genesis;
  other.chain_name = "other";
  const auto foreign = verify_bundle(codec::to_bytes(good), other, cheap_votes());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().reason(), "WRONG_CHAIN");
}

TEST(ProofBundle, KeepsItsBytesThroughTheCodec) {
  Fixture world(4);
  const ProofBundle bundle = world.prove(account_key);
  const auto decoded = codec::from_bytes<ProofBundle>(codec::to_bytes(bundle));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, bundle);
}

TEST(LightClient, FollowsCertifiedHeadersAndNothingElse_F1_F2) {
  Fixture world(5);
  LightClient client(TrustRoot::of(world.net.genesis).value(), cheap_votes());
  EXPECT_EQ(client.height(), Height(0));
  std::vector<FinalHeaders> seen;
  for (int i = 0; i < 3; ++i) {
    std::optional<Result<FinalHeaders>> head;
    world.net.chain(2).head([&](Result<FinalHeaders> done) { head = std::move(done); });
    ASSERT_TRUE(world.net.run_until([&] { return head.has_value(); }));
    seen.push_back(head->value());
    EXPECT_TRUE(client.update(seen.back()).value());
    world.net.world.run_for(500ms);
  }
  const Height height = client.height();
  EXPECT_FALSE(client.update(seen.front()).value()) << "older headers change nothing";
  EXPECT_EQ(client.height(), height);
  FinalHeaders forged = seen.back();
  forged.headers.back().height = Height(1'000'000);
  EXPECT_FALSE(client.update(forged));
  forged = seen.back();
  forged.certificate.votes.pop_back();
  EXPECT_EQ(client.update(forged).error().reason(), "BAD_CERTIFICATE");
  EXPECT_EQ(client.height(), height);
}

TEST(TrustRoot, IsFrozen) {
  const TrustRoot root = TrustRoot::of(make_genesis(4, 4)).value();
  EXPECT_EQ(root.chain.hex(), "a1d3f9917eaee72aeede9eb7737c1e6eaf262dc51a2050b666e432e3008bf774");
  EXPECT_EQ(root.anchor.hex(), "3efc709f189f5f5d6f7ab1d8dfee2a1c2c59c25331ddec39095ee587c55ff533");
  EXPECT_EQ(root.seed.hex(), "07041c4f6dc230bcc01613c46bc1d548a9af5f7424d462b70f82073c6ac05b6d");
  EXPECT_EQ(root.validators.hash().hex(),
            "367b025f7014c57f1df02a5f196bf5681332c2f721a56d9ec45c3f1e51ca2657");
  EXPECT_NE(root.anchor, TrustRoot::of(make_genesis(5, 4)).value().anchor);
  EXPECT_EQ(root.validators.count(), 4U);
  EXPECT_EQ(root.validators.quorum(), 3U);
}

}  // namespace
}  // namespace oort::chain::test
