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
  ProofBundle prove(const Bytes& key) { return net.prove(0, range_of_key(key)).value(); }
  Result<Verified> verify(const ProofBundle& bundle) {
    return verify_bundle(codec::to_bytes(bundle), net.genesis, cheap_votes());
  }
  ChainWorld net;
};

const Bytes account_key = ledger::keys::account(client_of(1));
const Bytes absent_key = ledger::keys::account(client_of(99));

NameHash name_hash(std::uint8_t number) {
  NameHash name;
  name.mutable_view()[0] = static_cast<std::byte>(number);
  return name;
}

/// One client's bucket with versions, in the state of machine 0 that can be proven next.
struct Shop {
  explicit Shop(std::uint64_t seed) : world(seed) {
    run({{ledger::BucketCreate{client_of(0), "photos", {}, {}, {}}, {}}});
    bucket = ledger::View(world.net.chain(0).view()->state()).bucket_id("photos").value();
  }
  void run(std::vector<ledger::SubmittedOperation> operations) {
    ChainWorld& net = world.net;
    const TransactionId id = net.submit(0, net.transaction_of(0, std::move(operations)));
    ASSERT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }));
    for (const ledger::OperationReceipt& done : net.acknowledged.at(id).receipt.operations) {
      ASSERT_EQ(done.rejection, ledger::Rejection::None) << ledger::to_string(done.rejection);
    }
    const std::uint64_t height = net.acknowledged.at(id).height.value();
    ASSERT_TRUE(net.run_until([&] { return net.height(0) >= height + 3; }));
  }
  void versioning(ledger::Versioning value) {
    run({{ledger::BucketSetVersioning{bucket, value, {}}, {}}});
  }
  void put(std::uint8_t name) {
    const Bytes body = to_bytes("sealed");
    ledger::ObjectCommit operation;
    operation.bucket = bucket;
    operation.name_hash = name_hash(name);
    operation.body_digest = ledger::body_digest_of(ByteView(body));
    run({{operation, body}});
  }
  void remove(std::uint8_t name) {
    ledger::ObjectDelete operation;
    operation.bucket = bucket;
    operation.name_hash = name_hash(name);
    run({{operation, {}}});
  }
  [[nodiscard]] KeyRange versions(std::uint8_t name) const {
    return range_of_prefix(ledger::keys::object(bucket, name_hash(name)));
  }
  /// What a verified bundle of the name's newest version says.
  Verified newest(std::uint8_t name) {
    const ProofBundle bundle = world.net.prove(0, versions(name), 1).value();
    const auto verified = world.verify(bundle);
    EXPECT_TRUE(verified) << verified.error().to_string();
    return *verified;
  }

  Fixture world;
  BucketId bucket;
};

TEST(ProofBundle, ProvesAValueAndAnAbsenceFromGenesisAlone) {
  Fixture world(1);
  const auto value = world.verify(world.prove(account_key));
  ASSERT_TRUE(value) << value.error().to_string();
  EXPECT_EQ(value->claim(), Claim::Present);
  ASSERT_EQ(value->records.size(), 1U);
  EXPECT_EQ(value->records.front().key, account_key);
  const auto account = codec::from_bytes<ledger::Account>(value->records.front().value);
  ASSERT_TRUE(account);
  EXPECT_EQ(account->balance, Oort(oort_base_units * 1000 + 77));
  EXPECT_EQ(value->height.next(), value->certified_height);
  const auto absence = world.verify(world.prove(absent_key));
  ASSERT_TRUE(absence) << absence.error().to_string();
  EXPECT_EQ(absence->claim(), Claim::Absent);
}

TEST(ProofBundle, SaysWhatANameIsInABucketWithVersions) {
  Shop shop(6);
  EXPECT_EQ(shop.newest(1).claim(), Claim::Absent);
  shop.put(1);
  EXPECT_EQ(shop.newest(1).claim(), Claim::Present);
  shop.versioning(ledger::Versioning::Enabled);
  shop.put(1);
  shop.put(2);
  EXPECT_EQ(shop.newest(1).claim(), Claim::Present);
  shop.remove(1);
  const Verified deleted = shop.newest(1);
  EXPECT_EQ(deleted.claim(), Claim::Deleted);
  EXPECT_EQ(deleted.records.size(), 1U) << "the newest says it, however many are older";
  EXPECT_EQ(shop.newest(2).claim(), Claim::Present) << "a neighbour is another name";
  EXPECT_EQ(shop.newest(3).claim(), Claim::Absent);

  // Suspended: the marker takes the place of the null version, and still is what the name is.
  shop.versioning(ledger::Versioning::Suspended);
  shop.put(1);
  EXPECT_EQ(shop.newest(1).claim(), Claim::Present);
  shop.remove(1);
  EXPECT_EQ(shop.newest(1).claim(), Claim::Deleted);
}

TEST(ProofBundle, HoldsAllVersionsOfANameNewestFirst) {
  Shop shop(7);
  shop.versioning(ledger::Versioning::Enabled);
  for (int i = 0; i < 3; ++i) shop.put(1);
  shop.remove(1);
  shop.put(2);
  const ProofBundle bundle = shop.world.net.prove(0, shop.versions(1)).value();
  ASSERT_EQ(bundle.records.size(), 4U);
  EXPECT_EQ(shop.world.verify(bundle)->claim(), Claim::Deleted);

  ProofBundle bad = bundle;
  bad.records.erase(bad.records.begin());
  EXPECT_EQ(shop.world.verify(bad).error().detail().substr(0, 8), "records:");
  bad = bundle;
  bad.records.push_back(bad.records.back());
  EXPECT_FALSE(shop.world.verify(bad));
  bad = bundle;
  std::swap(bad.records[0], bad.records[1]);
  EXPECT_FALSE(shop.world.verify(bad));
  bad = bundle;
  bad.range = shop.versions(2);
  EXPECT_EQ(shop.world.verify(bad).error().detail().substr(0, 5), "path:");
}

TEST(ProofBundle, ClaimsOfANameNeedItsNewestVersion) {
  Shop shop(8);
  shop.versioning(ledger::Versioning::Enabled);
  shop.put(1);
  shop.remove(1);
  const KeyRange all = shop.versions(1);
  const ProofBundle both = shop.world.net.prove(0, all).value();
  ASSERT_EQ(both.records.size(), 2U);
  const auto claim = [&](const KeyRange& range) {
    const auto verified = shop.world.verify(shop.world.net.prove(0, range).value());
    EXPECT_TRUE(verified) << verified.error().to_string();
    return verified->claim();
  };
  EXPECT_EQ(claim(all), Claim::Deleted);
  EXPECT_EQ(claim({all.first, both.records[1].key}), Claim::Deleted);
  EXPECT_EQ(claim({both.records[1].key, all.end}), Claim::Records) << "the marker is left out";
  EXPECT_EQ(claim({all.first, both.records[0].key}), Claim::Records) << "it ends before the newest";
  EXPECT_EQ(claim(range_of_key(all.first)), Claim::Records) << "no record stands at the prefix";
  EXPECT_EQ(claim(range_of_key(both.records[1].key)), Claim::Present) << "of that very version";
  const KeyRange bucket = range_of_prefix(ledger::keys::object(shop.bucket));
  EXPECT_EQ(claim(bucket), Claim::Records);
}

TEST(ProofBundle, RangesAreCutOrRefusedWhereTheyDoNotFit) {
  Fixture world(9);
  const KeyRange accounts =
      range_of_prefix(ledger::keys::prefix(ledger::Module::Bank, ledger::table::account));
  const ProofBundle first = world.net.prove(0, accounts, 2).value();
  ASSERT_EQ(first.records.size(), 2U);
  EXPECT_EQ(first.range.end, range_of_key(first.records[1].key).end);
  EXPECT_EQ(world.verify(first)->claim(), Claim::Records);
  const ProofBundle rest = world.net.prove(0, {first.range.end, accounts.end}).value();
  EXPECT_EQ(rest.records.size(), world.net.genesis.accounts.size() - 2);
  EXPECT_TRUE(world.verify(rest));
  EXPECT_EQ(world.net.prove(0, {accounts.end, accounts.first}).error().reason(), "BAD_ARGUMENT");
  EXPECT_EQ(world.net.prove(0, {}).error().reason(), "BAD_ARGUMENT");
  const Bytes long_key(ledger::state_key_bytes_max + 1);
  EXPECT_EQ(world.net.prove(0, range_of_key(long_key)).error().reason(), "BAD_ARGUMENT");
  EXPECT_EQ(range_of_prefix(Bytes{std::byte{1}, std::byte{0xff}}).end, Bytes{std::byte{2}});
  EXPECT_EQ(range_of_prefix(Bytes{std::byte{0xff}}).end, Bytes{});
}

void expect_every_flip_refused(const Fixture& world, const ProofBundle& bundle) {
  const Bytes bytes = codec::to_bytes(bundle);
  ASSERT_TRUE(verify_bundle(bytes, world.net.genesis, cheap_votes()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned bit : {1U, 128U}) {
      Bytes bad = bytes;
      bad[i] ^= static_cast<std::byte>(bit);
      const auto verified = verify_bundle(bad, world.net.genesis, cheap_votes());
      ASSERT_FALSE(verified) << "byte " << i;
      EXPECT_TRUE(verified.error().detail().starts_with("bundle:")) << "byte " << i;
    }
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(verify_bundle(ByteView(bytes).first(size), world.net.genesis, cheap_votes()));
  }
}

TEST(ProofBundle, EveryFlippedByteIsRefused) {
  Fixture world(2);
  expect_every_flip_refused(world, world.prove(account_key));
  expect_every_flip_refused(world, world.prove(absent_key));
  Shop shop(10);
  shop.versioning(ledger::Versioning::Enabled);
  shop.put(1);
  shop.remove(1);
  expect_every_flip_refused(shop.world, shop.world.net.prove(0, shop.versions(1)).value());
  expect_every_flip_refused(shop.world, shop.world.net.prove(0, shop.versions(2)).value());
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
  bad.records.front().value.back() ^= std::byte{1};
  EXPECT_EQ(part(bad), "value");
  bad = good;
  bad.records.clear();
  EXPECT_EQ(part(bad), "records");
  bad = good;
  bad.records.front().key.back() ^= std::byte{1};
  EXPECT_EQ(part(bad), "records");
  bad = good;
  bad.range = range_of_key(absent_key);
  EXPECT_EQ(part(bad), "path");
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

TEST(ProofBundle, ItsBytesAreFrozen) {
  ProofBundle bundle;
  bundle.headers.headers.emplace_back();
  bundle.range = {to_bytes("a"), to_bytes("c")};
  bundle.records = {{to_bytes("a"), to_bytes("1")}, {to_bytes("b"), to_bytes("22")}};
  bundle.proof.tree = ledger::StateTreeKind::Index;
  bundle.proof.proof.bytes = {std::byte{1}, std::byte{3}};
  const Bytes bytes = codec::to_bytes(bundle);
  EXPECT_EQ(bytes.size(), 627U);
  // The last 32 bytes are the hash of all others.
  EXPECT_EQ(to_hex(ByteView(bytes).last(32)),
            "21a9c19f4be69df300a26abe6cb9082b43ceeefc741178dd5b35d7de8730a5a6");

  Bytes older = bytes;
  older[7] = std::byte{'1'};
  EXPECT_EQ(codec::from_bytes<ProofBundle>(older).error().reason(), "UNSUPPORTED_VERSION");
  older[0] = std::byte{'o'};
  EXPECT_EQ(codec::from_bytes<ProofBundle>(older).error().reason(), "MALFORMED");
}

TEST(LightClient, FollowsCertifiedHeadersAndNothingElse_F1_F2) {
  Fixture world(5);
  LightClient client(TrustRoots(TrustRoot::of(world.net.genesis).value()), cheap_votes());
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
