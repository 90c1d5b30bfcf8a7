// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

NodeId id_of(std::uint8_t node) { return TestLedger::node(node).node_id(); }

/// An open segment of the owner's on nodes 1, 2 and 3.
struct Desk {
  TestLedger ledger;
  SegmentId segment = segment_id_of(account_of(ledger.owner), 1);

  Rejection open(std::vector<std::uint8_t> nodes = {1, 2, 3}) {
    SegmentOpen operation{1, StorageClass::Standard, {}};
    for (const std::uint8_t node : nodes) operation.replicas.push_back(id_of(node));
    return ledger.send(ledger.owner, operation);
  }
  SegmentAppend append_of(std::uint64_t length, std::vector<std::uint8_t> indices = {0, 1, 2}) {
    const TreeRoot root = root_of(std::to_string(length));
    SegmentAppend operation{segment, 1, length, root, {}};
    for (const std::uint8_t index : indices) {
      operation.receipts.push_back(
          ledger.receipt(static_cast<std::uint8_t>(index + 1), segment, index, length, 1, root));
    }
    return operation;
  }
  SegmentSeal seal_of(std::uint64_t length, std::uint32_t generation = 2) {
    SegmentSeal operation{segment, 1, 2, {}};
    for (std::uint8_t i = 0; i < 4; ++i) {
      operation.receipts.push_back(ledger.receipt(static_cast<std::uint8_t>(i + 1), segment, i,
                                                  length / 2, generation,
                                                  root_of(std::to_string(i))));
    }
    return operation;
  }
  Rejection append(const SegmentAppend& operation) { return ledger.send(ledger.owner, operation); }
  Segment record() { return *ledger.view().segment(segment); }
};

TEST(Segment, OpensOnUsableNodesOfTheirOwnDomains_L6) {
  Desk desk;
  EXPECT_EQ(desk.open({}), Rejection::ShardsInvalid);
  EXPECT_EQ(desk.open({1}), Rejection::ToleranceTooLow);
  EXPECT_EQ(desk.open({1, 1}), Rejection::FaultDomainShared);
  EXPECT_EQ(desk.open({1, 77}), Rejection::ShardNodeUnusable);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner,
                             SegmentOpen{1, StorageClass::Glacier, {id_of(1), id_of(2)}}),
            Rejection::ClassUnknown);
  EXPECT_EQ(desk.open(), Rejection::None);
  EXPECT_EQ(desk.record().tolerance, 2);
  EXPECT_EQ(desk.record().fence, 1U);
  EXPECT_EQ(desk.open(), Rejection::SegmentExists);
}

TEST(Segment, GroupCommitCountsOnlyWholeReplicas_L6) {
  Desk desk;
  ASSERT_EQ(desk.open(), Rejection::None);
  EXPECT_EQ(desk.append(desk.append_of(100)), Rejection::None);
  EXPECT_EQ(desk.record().length, 100U);
  EXPECT_EQ(desk.record().tolerance, 2);
  // One replica is slow: the promise is less, and says so.
  EXPECT_EQ(desk.append(desk.append_of(200, {0, 2})), Rejection::None);
  EXPECT_EQ(desk.record().tolerance, 1);
  EXPECT_TRUE(desk.record().is_degraded);
  EXPECT_EQ(desk.record().shards[1].length, 100U);
  EXPECT_EQ(desk.append(desk.append_of(300, {0})), Rejection::ToleranceTooLow);
  EXPECT_EQ(desk.append(desk.append_of(300)), Rejection::None);
  EXPECT_FALSE(desk.record().is_degraded);
}

TEST(Segment, AppendIsRefusedForEachReason_L6) {
  Desk desk;
  EXPECT_EQ(desk.append(desk.append_of(100)), Rejection::SegmentUnknown);
  ASSERT_EQ(desk.open(), Rejection::None);
  ASSERT_EQ(desk.append(desk.append_of(100)), Rejection::None);
  const auto with = [&](auto change) {
    SegmentAppend operation = desk.append_of(200);
    change(operation);
    return desk.append(operation);
  };
  EXPECT_EQ(desk.ledger.send(desk.ledger.stranger, desk.append_of(200)),
            Rejection::SegmentNotYours);
  EXPECT_EQ(with([](auto& o) { o.fence = 2; }), Rejection::FenceStale);
  EXPECT_EQ(with([](auto& o) { o.length = 100; }), Rejection::LengthInvalid);
  EXPECT_EQ(with([](auto& o) { o.length = 64 * 1024 * 1024 + 1; }), Rejection::LengthInvalid);
  EXPECT_EQ(with([](auto& o) { o.receipts.clear(); }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { std::swap(o.receipts[0], o.receipts[1]); }),
            Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.receipts[2].index = 3; }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.root = root_of("other"); }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.length = 201; }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].node = id_of(4); }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].generation = 2; }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].chain = ChainId(); }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].segment = SegmentId(); }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([&](auto& o) { o.receipts[0].hold_until = desk.ledger.height(); }),
            Rejection::HoldTooShort);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].hold_until = Height(4000); }),
            Rejection::ReceiptSignatureInvalid);
  EXPECT_EQ(with([](auto& o) { o.receipts[0].signature = o.receipts[1].signature; }),
            Rejection::ReceiptSignatureInvalid);
  EXPECT_EQ(with([](auto&) {}), Rejection::None);
}

TEST(Segment, SealsIntoCodedShards_L6) {
  Desk desk;
  ASSERT_EQ(desk.open(), Rejection::None);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, desk.seal_of(0)), Rejection::LengthInvalid);
  ASSERT_EQ(desk.append(desk.append_of(100)), Rejection::None);
  SegmentSeal stale = desk.seal_of(100);
  stale.fence = 2;
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, stale), Rejection::FenceStale);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, desk.seal_of(100, 1)), Rejection::ReceiptMismatch);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, desk.seal_of(98)), Rejection::LengthInvalid);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, desk.seal_of(100)), Rejection::None);
  const Segment segment = desk.record();
  EXPECT_EQ(segment.state, SegmentState::Sealed);
  EXPECT_EQ(segment.scheme, Scheme::ReedSolomon);
  EXPECT_EQ(segment.fence, 2U);
  EXPECT_EQ(segment.tolerance, 2);
  EXPECT_EQ(segment.shards.size(), 4U);
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, desk.seal_of(100)), Rejection::SegmentNotOpen);
  EXPECT_EQ(desk.append(desk.append_of(200)), Rejection::SegmentNotOpen);
  SegmentSeal unknown = desk.seal_of(100);
  unknown.segment = SegmentId();
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, unknown), Rejection::SegmentUnknown);
}

TEST(Segment, AnyReplicaSealsAfterTheLease) {
  Desk desk;
  ASSERT_EQ(desk.open(), Rejection::None);
  ASSERT_EQ(desk.append(desk.append_of(100)), Rejection::None);
  const BucketId bucket = desk.ledger.make_bucket("photos");
  desk.ledger.put(desk.ledger.owner, bucket, "a", desk.segment);
  EXPECT_EQ(desk.ledger.send(TestLedger::node(2), desk.seal_of(100)), Rejection::LeaseRunning);
  desk.ledger.pass(8);
  EXPECT_EQ(desk.ledger.send(TestLedger::node(4), desk.seal_of(100)), Rejection::SegmentNotYours);
  EXPECT_EQ(desk.ledger.send(desk.ledger.stranger, desk.seal_of(100)), Rejection::SegmentNotYours);
  EXPECT_EQ(desk.ledger.send(TestLedger::node(2), desk.seal_of(100)), Rejection::None);
  // The gateway comes back, and cannot append behind the seal.
  EXPECT_EQ(desk.append(desk.append_of(200)), Rejection::SegmentNotOpen);
}

TEST(Segment, StoredOnesAreRefusedForEachReason_L6) {
  TestLedger ledger;
  const auto with = [&](auto change) {
    SegmentStore operation = ledger.store_operation(ledger.owner, 1);
    change(operation);
    return ledger.send(ledger.owner, operation);
  };
  EXPECT_EQ(with([](auto& o) { o.receipts.clear(); }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.data_shards = 0; }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.data_shards = 5; }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.receipts[1].index = 0; }), Rejection::ShardsInvalid);
  EXPECT_EQ(with([](auto& o) { o.length = 0; }), Rejection::LengthInvalid);
  EXPECT_EQ(with([](auto& o) { o.length = 1001; }), Rejection::LengthInvalid);
  EXPECT_EQ(with([](auto& o) { o.receipts[1].node = id_of(1); }), Rejection::FaultDomainShared);
  EXPECT_EQ(with([](auto& o) { o.receipts[1].node = id_of(99); }), Rejection::ShardNodeUnusable);
  EXPECT_EQ(with([](auto& o) { o.receipts[1].length = 499; }), Rejection::ReceiptMismatch);
  EXPECT_EQ(with([](auto& o) { o.receipts[1].root = root_of("x"); }),
            Rejection::ReceiptSignatureInvalid);
  EXPECT_EQ(with([](auto& o) { o.storage_class = StorageClass::Glacier; }),
            Rejection::ClassUnknown);
  EXPECT_EQ(with([](auto& o) { o.receipts.resize(2); }), Rejection::ToleranceTooLow);
  EXPECT_EQ(with([](auto& o) { o.nonce = 2; }), Rejection::ReceiptMismatch);
  // One short of the class: taken, and recorded as degraded.
  EXPECT_EQ(with([](auto& o) { o.receipts.resize(3); }), Rejection::None);
  const Segment segment = *ledger.view().segment(segment_id_of(account_of(ledger.owner), 1));
  EXPECT_EQ(segment.tolerance, 1);
  EXPECT_TRUE(segment.is_degraded);
  EXPECT_EQ(with([](auto&) {}), Rejection::SegmentExists);
  EXPECT_EQ(ledger.send(ledger.owner, NodeUpdate{id_of(4), NodeStatus::Draining, {}, 0}),
            Rejection::NodeNotYours);
}

TEST(Segment, RepairSwapsAShardAndWidens_L6) {
  TestLedger ledger;
  SegmentStore store = ledger.store_operation(ledger.owner, 1);
  store.receipts.resize(3);
  ASSERT_EQ(ledger.send(ledger.owner, store), Rejection::None);
  const SegmentId id = segment_id_of(account_of(ledger.owner), 1);
  const auto replace = [&](std::uint8_t index, std::uint8_t from, std::uint8_t to,
                           std::uint32_t generation, const char* root) {
    return ShardReplace{id, from == 0 ? NodeId() : id_of(from),
                        ledger.receipt(to, id, index, 500, generation, root_of(root))};
  };
  const crypto::KeyPair worker = TestLedger::node(5);
  EXPECT_EQ(ledger.send(ledger.stranger, replace(1, 2, 4, 2, "1")), Rejection::NotPermitted);
  EXPECT_EQ(ledger.send(worker, replace(1, 3, 4, 2, "1")), Rejection::ShardChanged);
  EXPECT_EQ(ledger.send(worker, replace(1, 2, 4, 1, "1")), Rejection::ReceiptMismatch);
  EXPECT_EQ(ledger.send(worker, replace(1, 2, 4, 2, "other")), Rejection::ReceiptMismatch);
  EXPECT_EQ(ledger.send(worker, replace(1, 2, 3, 2, "1")), Rejection::FaultDomainShared);
  EXPECT_EQ(ledger.send(worker, replace(9, 2, 4, 2, "1")), Rejection::ShardsInvalid);
  EXPECT_EQ(ledger.send(worker, replace(1, 2, 99, 2, "1")), Rejection::ShardNodeUnusable);
  ShardReplace unknown = replace(1, 2, 4, 2, "1");
  unknown.segment = SegmentId();
  EXPECT_EQ(ledger.send(worker, unknown), Rejection::SegmentUnknown);

  EXPECT_EQ(ledger.send(worker, replace(1, 2, 4, 2, "1")), Rejection::None);
  EXPECT_EQ(ledger.view().segment(id)->shards[1].node, id_of(4));
  // The same repair again comes too late.
  EXPECT_EQ(ledger.send(worker, replace(1, 2, 5, 2, "1")), Rejection::ShardChanged);
  // A wiped node gets its own shard back.
  EXPECT_EQ(ledger.send(worker, replace(1, 4, 4, 3, "1")), Rejection::None);
  // A fourth shard lifts the segment to what its class promises.
  EXPECT_TRUE(ledger.view().segment(id)->is_degraded);
  EXPECT_EQ(ledger.send(worker, replace(3, 0, 5, 1, "3")), Rejection::None);
  EXPECT_EQ(ledger.view().segment(id)->tolerance, 2);
  EXPECT_FALSE(ledger.view().segment(id)->is_degraded);
}

TEST(Segment, RepairOfAnOpenOneNeedsAllItsBytes_L6) {
  Desk desk;
  ASSERT_EQ(desk.open(), Rejection::None);
  ASSERT_EQ(desk.append(desk.append_of(100, {0, 1})), Rejection::None);
  const auto replace = [&](std::uint64_t length) {
    return ShardReplace{desk.segment, id_of(3),
                        desk.ledger.receipt(4, desk.segment, 2, length, 1, root_of("100"))};
  };
  EXPECT_EQ(desk.ledger.send(TestLedger::node(4), replace(99)), Rejection::ReceiptMismatch);
  EXPECT_EQ(desk.ledger.send(TestLedger::node(4), replace(100)), Rejection::None);
  EXPECT_EQ(desk.record().tolerance, 2);
  EXPECT_EQ(desk.record().shards[2].node, id_of(4));
}

TEST(Segment, UnusedOnesAreDroppedAfterTheWindow_L7) {
  TestLedger ledger;
  const SegmentId unused = ledger.store_segment(ledger.owner, 1);
  const SegmentId used = ledger.store_segment(ledger.owner, 2);
  const BucketId bucket = ledger.make_bucket("photos");
  ledger.put(ledger.owner, bucket, "a", used);
  ledger.pass(26);
  EXPECT_TRUE(ledger.view().segment(unused));
  ledger.pass(1);
  EXPECT_FALSE(ledger.view().segment(unused));
  EXPECT_TRUE(ledger.view().segment(used));
}

TEST(Segment, AnOpenOneIsDroppedOnlyWithoutLeaseAndReferences_L7) {
  Desk desk;
  ASSERT_EQ(desk.open(), Rejection::None);
  ASSERT_EQ(desk.append(desk.append_of(100)), Rejection::None);
  const BucketId bucket = desk.ledger.make_bucket("photos");
  desk.ledger.put(desk.ledger.owner, bucket, "a", desk.segment);
  desk.ledger.pass(60);
  EXPECT_TRUE(desk.ledger.view().segment(desk.segment));
  ObjectDelete removal;
  removal.bucket = bucket;
  removal.name_hash = name_hash("a");
  EXPECT_EQ(desk.ledger.send(desk.ledger.owner, removal), Rejection::None);
  desk.ledger.pass(20);
  EXPECT_EQ(desk.record().references, 0U);
  desk.ledger.pass(40);
  EXPECT_FALSE(desk.ledger.view().segment(desk.segment));
}

TEST(Segment, NetworksAndSystemsCountWhereTheParametersSaySo_L6) {
  for (const bool by_network : {true, false}) {
    GenesisParams genesis = small_genesis();
    genesis.params.distinct_networks = by_network;
    genesis.params.distinct_systems = !by_network;
    for (Node& node : genesis.nodes) {
      if (node.id != id_of(1) && node.id != id_of(2)) continue;
      (by_network ? node.network : node.system) = 77;
    }
    TestLedger ledger(genesis);
    EXPECT_EQ(ledger.send(ledger.owner, ledger.store_operation(ledger.owner, 1)),
              Rejection::FaultDomainShared);
  }
}

TEST(Segment, TheIdBindsTheGateway) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.stranger, ledger.store_operation(ledger.owner, 1)),
            Rejection::ReceiptMismatch);
}

}  // namespace
}  // namespace oort::ledger::test
