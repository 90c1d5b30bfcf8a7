// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_service.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_keys.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/object/shard_work.hpp"
#include "sim/node.hpp"
#include "sim/world.hpp"
#include "support.hpp"

namespace oort::object {
namespace {

using test::id_of;
using test::noise;
using test::shard_of;

const NodeId writer = id_of<NodeId>(2);
const NodeId other = id_of<NodeId>(3);
const NodeId faulty = id_of<NodeId>(4);
const NodeId stranger = id_of<NodeId>(5);

/// A ledger that knows some nodes and nothing else.
class KnownNodes final : public LedgerView {
 public:
  KnownNodes() {
    add(writer, ledger::NodeStatus::Active);
    add(other, ledger::NodeStatus::Active);
    add(faulty, ledger::NodeStatus::Faulty);
  }
  [[nodiscard]] LedgerSnapshot snapshot() const override { return {Height(10), 0, state_}; }
  [[nodiscard]] bool has_quorum() const noexcept override { return true; }
  void read_barrier(Duration /*deadline*/, Callback<Result<void>> done) override { done({}); }

  /// A round of honesty runs, and the ledger names these shards as sealed.
  void begin_round(std::uint64_t round) {
    ledger::HonestyState honesty;
    honesty.round = round;
    put(ledger::keys::honesty_state(), codec::to_bytes(honesty));
  }
  void seal(const SegmentId& id, const std::vector<ledger::Shard>& shards,
            ledger::SegmentState state = ledger::SegmentState::Sealed) {
    ledger::Segment segment;
    segment.state = state;
    segment.shards = shards;
    put(ledger::keys::segment(id), codec::to_bytes(segment));
  }

 private:
  void put(const Bytes& key, const Bytes& value) {
    const ledger::StateWrite write{key, value};
    state_->apply({&write, 1});
  }
  void add(const NodeId& id, ledger::NodeStatus status) {
    ledger::Node node;
    node.id = id;
    node.status = status;
    const ledger::StateWrite write{ledger::keys::node(id), codec::to_bytes(node)};
    state_->apply({&write, 1});
  }

  std::shared_ptr<ledger::MemoryState> state_ = std::make_shared<ledger::MemoryState>();
};

/// One node's service, on a simulated disk that can lose its power.
class Stand {
 public:
  Stand() { open(); }

  void restart() {
    service_.reset();
    machine_.crash();
    machine_.start();
    open();
  }
  Result<Bytes> ask(const NodeId& from, env::MessageType type, const Bytes& payload) {
    auto answer = std::make_shared<std::optional<Result<Bytes>>>();
    service_->handle(from, type, payload,
                     [answer](Result<Bytes> result) { *answer = std::move(result); });
    world_.run_until_holds([&] { return answer->has_value(); }, std::chrono::seconds(1));
    if (!*answer) return fail(ErrorCode::Internal, "TEST_TIMEOUT", "no answer came");
    return std::move(**answer);
  }
  Result<AppendShardReply> append(const NodeId& from, const AppendShard& request) {
    OORT_TRY(const Bytes reply, ask(from, AppendShard::type, codec::to_bytes(request)));
    return codec::from_bytes<AppendShardReply>(reply);
  }
  Result<StatShardReply> stat(const ShardRef& shard) {
    OORT_TRY(const Bytes reply, ask(other, StatShard::type, codec::to_bytes(StatShard{shard})));
    return codec::from_bytes<StatShardReply>(reply);
  }
  void collect() {
    bool is_done = false;
    service_->collect([&is_done](Result<std::uint64_t> removed) {
      EXPECT_TRUE(removed) << removed.error().to_string();
      is_done = true;
    });
    world_.run_until_holds([&] { return is_done; }, std::chrono::seconds(1));
    EXPECT_TRUE(is_done);
  }
  Result<ReadShardReply> read(const ReadShard& request) {
    OORT_TRY(const Bytes reply, ask(other, ReadShard::type, codec::to_bytes(request)));
    return codec::from_bytes<ReadShardReply>(reply);
  }
  [[nodiscard]] KnownNodes& ledger() { return ledger_; }
  [[nodiscard]] sim::SimDisk& disk() { return machine_.disk(); }
  [[nodiscard]] const NodeId& self() const { return machine_.id(); }

 private:
  static crypto::KeyPair key_pair() {
    test::SeededRandom random(7);
    return crypto::KeyPair(crypto::SecretSeed::generate(random));
  }
  void open() {
    blobs_ = disk().open_blobs("volumes");
    index_ = disk().open_kv("shards");
    auto opened = VolumeStore::open(*blobs_, *index_, {.reserve_bytes = 0});
    ASSERT_TRUE(opened) << opened.error().to_string();
    volumes_ = std::move(*opened);
    service_ = std::make_unique<ShardService>(
        ShardService::Parts{id_of<ChainId>(1), self(), machine_.strand(), machine_.strand(),
                            *volumes_, *signer_, ledger_});
  }

  KnownNodes ledger_;
  sim::World world_{1};
  std::unique_ptr<env::Signer> signer_ = crypto::local_signer(key_pair());
  sim::Node machine_{world_, 0, key_pair().node_id()};
  std::unique_ptr<env::BlobStore> blobs_;
  std::unique_ptr<env::KvStore> index_;
  std::unique_ptr<VolumeStore> volumes_;
  std::unique_ptr<ShardService> service_;
};

AppendShard put_of(const ShardRef& shard, Bytes bytes, std::uint64_t offset = 0) {
  AppendShard request;
  request.shard = shard;
  request.offset = offset;
  request.wants_receipt = true;
  request.hold_until = Height(100);
  request.bytes = std::move(bytes);
  return request;
}

TEST(ShardService, AReceiptStatesWhatACrashLeaves_H1) {
  Stand stand;
  const Bytes content = noise(1, 100'000);
  const auto reply = stand.append(writer, put_of(shard_of(1), content));
  ASSERT_TRUE(reply) << reply.error().to_string();
  ASSERT_TRUE(reply->receipt);
  const ledger::ShardReceipt& receipt = *reply->receipt;
  EXPECT_TRUE(crypto::verify(crypto::key_of(stand.self()), ledger::sign_hash(receipt).view(),
                             receipt.signature));
  EXPECT_EQ(receipt.root, crypto::tree_root(content));

  stand.restart();
  const auto kept = stand.stat(shard_of(1));
  ASSERT_TRUE(kept) << kept.error().to_string();
  ASSERT_TRUE(kept->stat);
  EXPECT_EQ(kept->stat->length, receipt.length);
  EXPECT_EQ(kept->stat->root, receipt.root);
}

TEST(ShardService, WithoutAnFsyncThereIsNoReceipt_H1) {
  Stand stand;
  stand.disk().fail_syncs(1);
  const auto reply = stand.append(writer, put_of(shard_of(1), noise(1, 1000)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().reason(), reason::disk_failed);
}

TEST(ShardService, OnlyRegisteredNodesPutAndOnlyTheWriterContinues_H3) {
  Stand stand;
  for (const NodeId& from : {faulty, stranger}) {
    const auto refused = stand.append(from, put_of(shard_of(1), noise(1, 1000)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), reason::not_allowed);
  }
  EXPECT_FALSE(stand.stat(shard_of(1))->stat);

  ASSERT_TRUE(stand.append(writer, put_of(shard_of(1), noise(1, 1000))));
  const auto usurped = stand.append(other, put_of(shard_of(1), noise(2, 1000), 1000));
  ASSERT_FALSE(usurped);
  EXPECT_EQ(usurped.error().reason(), reason::not_allowed);
  const auto continued = stand.append(writer, put_of(shard_of(1), noise(2, 1000), 1000));
  ASSERT_TRUE(continued) << continued.error().to_string();
  EXPECT_EQ(continued->length, 2000U);
}

TEST(ShardService, SignsForWhatCanBeAnsweredInOneWayForEver_H5) {
  Stand stand;
  const Bytes content = noise(1, 100'000);
  AppendShard put = put_of(shard_of(1), content);
  put.is_last = true;
  ASSERT_TRUE(stand.append(writer, put));
  ReadShard request{shard_of(1), 5000, 10, ReadProof::Paths};
  request.order = ReadOrder{Epoch(3), id_of<Bytes32>(0x77)};
  const ledger::Shard held{stand.self(), crypto::tree_root(content), content.size(), 1};
  const auto is_signed = [&] { return stand.read(request).value().receipt.has_value(); };

  EXPECT_FALSE(is_signed()) << "no round runs";
  stand.ledger().begin_round(4);
  EXPECT_FALSE(is_signed()) << "the ledger does not name the shard";
  stand.ledger().seal(shard_of(1).segment, {held}, ledger::SegmentState::Open);
  EXPECT_FALSE(is_signed()) << "what may still grow has no one answer";
  ledger::Shard another = held;
  another.root = id_of<TreeRoot>(1);
  stand.ledger().seal(shard_of(1).segment, {another});
  EXPECT_FALSE(is_signed()) << "the ledger names other bytes";
  stand.ledger().seal(shard_of(1).segment, {held});
  const auto reply = stand.read(request).value();
  ASSERT_TRUE(reply.receipt);
  EXPECT_TRUE(ledger::is_signed(*reply.receipt));
  EXPECT_EQ(reply.receipt->executor, stand.self());
  EXPECT_EQ(reply.receipt->result_hash, true_result_of(request, content));
  EXPECT_TRUE(is_proven(request, reply, held.root, held.length, {}));
  stand.ledger().begin_round(5);
  EXPECT_FALSE(is_signed()) << "two rounds ago";
  request.order.reset();
  EXPECT_FALSE(is_signed()) << "nobody asked";
}

TEST(ShardService, ScrubbingFindsDamageAndFromThenOnItIsSaid_H4) {
  Stand stand;
  AppendShard request = put_of(shard_of(1), noise(1, 200'000));
  request.is_last = true;
  ASSERT_TRUE(stand.append(writer, request));
  request.shard = shard_of(2);
  ASSERT_TRUE(stand.append(writer, request));
  ASSERT_TRUE(stand.disk().flip_bit("volumes", "volume-0000000001", 8 * 100'000));
  EXPECT_TRUE(stand.stat(shard_of(1))) << "nothing has read it yet";

  stand.collect();
  const auto damaged = stand.stat(shard_of(1));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().reason(), reason::corrupt_shard);
  EXPECT_TRUE(stand.stat(shard_of(2)));
}

}  // namespace
}  // namespace oort::object
