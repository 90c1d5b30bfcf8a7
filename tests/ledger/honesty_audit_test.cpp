// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "honesty_town.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint64_t shard_bytes = 20'000;  // Five leaves.

/// A sealed segment on nodes 1 to 4 whose shards have real bytes.
class Store {
 public:
  explicit Store(TestLedger& ledger) {
    SegmentStore operation = ledger.store_operation(ledger.owner, 1, 2 * shard_bytes);
    id = segment_id_of(account_of(ledger.owner), 1);
    operation.receipts.clear();
    for (std::uint8_t i = 0; i < 4; ++i) {
      operation.receipts.push_back(ledger.receipt(static_cast<std::uint8_t>(i + 1), id, i,
                                                  shard_bytes, 1, crypto::tree_root(bytes_of(i))));
    }
    EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::None);
    const BucketId bucket = ledger.make_bucket("bucket");
    static_cast<void>(ledger.put(ledger.owner, bucket, "name", id));
  }
  static Bytes bytes_of(std::uint8_t shard) {
    Bytes bytes(shard_bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::byte>((i * 7 + shard) & 0xff);
    }
    return bytes;
  }
  static StorageProof proof(std::uint8_t shard, std::uint64_t leaf) {
    const Bytes bytes = bytes_of(shard);
    crypto::TreeBuilder builder;
    builder.update(bytes);
    const std::size_t from = leaf * crypto::tree_leaf_bytes;
    const std::size_t size = std::min(crypto::tree_leaf_bytes, bytes.size() - from);
    return {crypto::tree_prove(builder.leaves(), bytes.size(), leaf),
            to_bytes(ByteView(bytes).subspan(from, size))};
  }

  SegmentId id;
};

class AuditTest : public testing::Test {
 protected:
  [[nodiscard]] HonestyView view() const { return town_.view(); }
  Rejection demand(std::uint8_t shard) {
    return town_.ledger.send(town_.ledger.stranger, AuditDemand{store_.id, shard});
  }
  [[nodiscard]] Audit only() const {
    const auto all = view().audits(0, 10);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Audit{} : all.front();
  }
  [[nodiscard]] std::vector<Offence> offences() const {
    std::vector<Offence> found;
    for (const HonestyVerdict& verdict : view().verdicts(keys_of(2).node_id(), 0, 100)) {
      found.push_back(verdict.offence);
    }
    return found;
  }

  Town town_;
  Store store_{town_.ledger};
};

TEST_F(AuditTest, AnAnswerClosesItAndEarnsTheFee_P13) {
  const Oort balance = town_.balance(keys_of(12));
  ASSERT_EQ(demand(1), Rejection::None);
  Audit audit = only();
  EXPECT_FALSE(audit.is_drawn);
  expect_honesty(town_.ledger.state());
  town_.ledger.pass(1);
  audit = only();
  ASSERT_TRUE(audit.is_drawn) << "a later block's beacon draws the leaf";
  EXPECT_LT(audit.challenge.leaf, 5U);
  const std::uint64_t leaf = audit.challenge.leaf;
  const AuditAnswer good{audit.number, Store::proof(1, leaf)};
  TestLedger& ledger = town_.ledger;
  EXPECT_EQ(ledger.send(ledger.stranger, good), Rejection::NodeNotYours);
  EXPECT_EQ(ledger.send(keys_of(2), AuditAnswer{audit.number, Store::proof(1, (leaf + 1) % 5)}),
            Rejection::AuditAnswerWrong);
  EXPECT_EQ(ledger.send(keys_of(2), AuditAnswer{audit.number, Store::proof(0, leaf)}),
            Rejection::AuditAnswerWrong);
  EXPECT_EQ(ledger.send(keys_of(2), good), Rejection::None);
  EXPECT_EQ(ledger.send(keys_of(2), good), Rejection::AuditUnknown);
  EXPECT_EQ(town_.balance(keys_of(12)), *balance.plus(whole(1)));
  town_.ledger.pass(10);
  EXPECT_TRUE(offences().empty());
  expect_honesty(town_.ledger.state());
}

TEST_F(AuditTest, IsRefusedForEachReason_P13) {
  TestLedger& ledger = town_.ledger;
  EXPECT_EQ(demand(9), Rejection::AuditTargetInvalid);
  EXPECT_EQ(ledger.send(ledger.stranger, AuditDemand{}), Rejection::AuditTargetInvalid);
  EXPECT_EQ(ledger.send(keys_of(2), AuditDemand{store_.id, 1}), Rejection::AuditOwn);
  EXPECT_EQ(ledger.send(keys_of(12), AuditDemand{store_.id, 1}), Rejection::AuditOwn);
  const std::vector<Transaction> three = {
      ledger.make(ledger.stranger, {{AuditDemand{store_.id, 1}, {}},
                                    {AuditDemand{store_.id, 1}, {}},
                                    {AuditDemand{store_.id, 1}, {}}})};
  const auto& done = ledger.block(three);
  EXPECT_EQ(done.receipts[0].operations[1].rejection, Rejection::None);
  EXPECT_EQ(done.receipts[0].operations[2].rejection, Rejection::AuditsTooMany);
}

TEST_F(AuditTest, SilenceIsUnavailableAtFirstAndALostShardInTheEnd_P3_P13) {
  const Oort fee = town_.balance(town_.ledger.stranger);
  ASSERT_EQ(demand(1), Rejection::None);
  town_.ledger.pass(6);
  EXPECT_EQ(offences(), std::vector{Offence::Unavailable});
  EXPECT_EQ(only().misses, 1U) << "the shard is asked for again by itself";
  expect_honesty(town_.ledger.state());
  EXPECT_GT(*town_.balance(town_.ledger.stranger).plus(whole(1)), fee) << "the fee came back";
  town_.ledger.pass(12);
  EXPECT_EQ(offences(),
            (std::vector{Offence::Unavailable, Offence::Unavailable, Offence::MissedAudit}));
  EXPECT_TRUE(view().audits(0, 10).empty());
  EXPECT_EQ(view().standing(keys_of(2).node_id()).unavailable_count, 3U);
  EXPECT_EQ(view().standing(keys_of(2).node_id()).counters.failed_micro, 0U);
  expect_honesty(town_.ledger.state());
  expect_staking(town_.ledger.state());
}

TEST_F(AuditTest, AnAnswerEndsARowOfMisses_P13) {
  ASSERT_EQ(demand(1), Rejection::None);
  town_.ledger.pass(7);
  const Audit audit = only();
  ASSERT_TRUE(audit.is_drawn);
  EXPECT_EQ(town_.ledger.send(keys_of(2),
                              AuditAnswer{audit.number, Store::proof(1, audit.challenge.leaf)}),
            Rejection::None);
  town_.ledger.pass(10);
  EXPECT_EQ(offences(), std::vector{Offence::Unavailable});
}

TEST_F(AuditTest, AShardThatWentIsNobodysFault_P13) {
  ASSERT_EQ(demand(1), Rejection::None);
  Segment segment = town_.ledger.view().segment(store_.id).value();
  segment.shards[1].node = keys_of(5).node_id();
  segment.shards[1].generation = 2;
  town_.ledger.apply(std::vector<StateWrite>{{keys::segment(store_.id), codec::to_bytes(segment)}});
  town_.ledger.pass(10);
  EXPECT_TRUE(view().audits(0, 10).empty());
  EXPECT_TRUE(offences().empty());
  expect_honesty(town_.ledger.state());
}

TEST(Audit, TheBeaconAsksByItself_P13) {
  HonestyParams params = small_honesty();
  params.audit_every_blocks = 2;
  Town town(params);
  const Store store(town.ledger);
  std::set<std::uint8_t> asked;
  for (int i = 0; i < 40; ++i) {
    town.ledger.pass(1);
    for (const Audit& audit : town.view().audits(0, 100)) asked.insert(audit.challenge.shard.index);
  }
  EXPECT_GT(asked.size(), 1U);
  expect_honesty(town.ledger.state());
}

}  // namespace
}  // namespace oort::ledger::test
