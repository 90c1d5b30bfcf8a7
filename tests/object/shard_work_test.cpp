// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_work.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/object/coder.hpp"
#include "oort/object/shard_rebuild.hpp"
#include "support.hpp"

namespace oort::object {
namespace {

using test::id_of;
using test::noise;
using test::shard_of;

TEST(ShardMessages, AReadWithAnOrderIsOfTheSecondVersion_M1) {
  ReadShard request{shard_of(1), 4096, 10, ReadProof::Paths};
  const Bytes plain = codec::to_bytes(request);
  request.order = ReadOrder{Epoch(7), id_of<Bytes32>(9)};
  const Bytes ordered = codec::to_bytes(request);
  EXPECT_EQ(plain.front(), std::byte{1});
  EXPECT_EQ(ordered.front(), std::byte{2});
  EXPECT_EQ(ordered.size(), plain.size() + 8 + 32);
  EXPECT_EQ(codec::from_bytes<ReadShard>(ordered).value(), request);
  // The first version with what only the second has is refused, and the other way round.
  Bytes mixed = ordered;
  mixed.front() = std::byte{1};
  EXPECT_FALSE(codec::from_bytes<ReadShard>(mixed));
  mixed = plain;
  mixed.front() = std::byte{2};
  EXPECT_FALSE(codec::from_bytes<ReadShard>(mixed));
  mixed.front() = std::byte{3};
  EXPECT_EQ(codec::from_bytes<ReadShard>(mixed).error().reason(), reason::unsupported_version);
}

TEST(ShardMessages, AReplyWithAReceiptIsOfTheSecondVersion_M1) {
  ReadShardReply reply{9, 0, noise(1, 9), {id_of<Bytes32>(1)}, {{9, 0, {}}}};
  EXPECT_EQ(codec::to_bytes(reply).front(), std::byte{1});
  reply.receipt.emplace().executor = id_of<NodeId>(4);
  const Bytes bytes = codec::to_bytes(reply);
  EXPECT_EQ(bytes.front(), std::byte{2});
  EXPECT_EQ(codec::from_bytes<ReadShardReply>(bytes).value(), reply);
}

TEST(ShardWork, AnswersAreWholeLeavesWhereAProofIsWanted_K1) {
  constexpr std::uint64_t length = 10'000;
  const auto range = [](std::uint64_t offset, std::uint32_t size, ReadProof proof) {
    return answered_range(ReadShard{shard_of(1), offset, size, proof}, length);
  };
  EXPECT_EQ(range(5000, 10, ReadProof::None), (AnsweredRange{5000, 10}));
  EXPECT_EQ(range(5000, 10, ReadProof::Paths), (AnsweredRange{4096, 4096}));
  EXPECT_EQ(range(5000, 5000, ReadProof::Leaves), (AnsweredRange{4096, 5904}));
  EXPECT_EQ(range(0, 10'000, ReadProof::Leaves), (AnsweredRange{0, 10'000}));
  EXPECT_FALSE(range(0, 10'001, ReadProof::None));
  EXPECT_FALSE(range(10'001, 0, ReadProof::None));
  EXPECT_FALSE(range(~std::uint64_t{0}, 2, ReadProof::Paths));
}

TEST(ShardWork, OneRequestHasOneResultWhoeverOrdersIt_K1) {
  const Bytes shard = noise(3, 10'000);
  ReadShard request{shard_of(1), 5000, 10, ReadProof::Paths};
  const Bytes32 root = input_root_of(request);
  const Bytes32 result = true_result_of(request, shard).value();
  // Both are signed and revealed: they never change.
  EXPECT_EQ(root.hex(), "218ace8a4bba55bd213310ac072ca81e4631faae0a2e81057a6950feef9ffbb3");
  EXPECT_EQ(result.hex(), "a46b6cfb549a0005ec7ce242adf0bfd38f3bcf93cff2c887fc88aad51a86473a");
  request.order = ReadOrder{Epoch(7), id_of<Bytes32>(9)};
  EXPECT_EQ(input_root_of(request), root);
  EXPECT_EQ(true_result_of(request, shard), result);
  request.offset = 5001;
  EXPECT_NE(input_root_of(request), root);
  EXPECT_EQ(true_result_of(request, shard), result) << "the same leaf";
  Bytes wrong = shard;
  wrong[4096] ^= std::byte{1};
  EXPECT_NE(true_result_of(request, wrong), result);
}

TEST(ShardWork, AReceiptStatesWhatWasAnswered_K2) {
  test::SeededRandom random(5);
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  const auto signer = crypto::local_signer(keys);
  ReadShard request{shard_of(1), 0, 9, ReadProof::None};
  request.order = ReadOrder{Epoch(7), id_of<Bytes32>(9)};
  const ReadShardReply reply{9, 0, noise(1, 9), {}, {}};
  const auto receipt =
      sign_work(id_of<ChainId>(1), keys.node_id(), request, reply, *signer).value();
  EXPECT_TRUE(ledger::is_signed(receipt));
  EXPECT_EQ(receipt.epoch, Epoch(7));
  EXPECT_EQ(receipt.task_commitment, id_of<Bytes32>(9));
  EXPECT_EQ(receipt.input_root, input_root_of(request));
  EXPECT_EQ(receipt.result_hash, true_result_of(request, reply.bytes));
}

/// Nodes that hold the shards of one segment, on demand wrongly or not at all.
class Holders final : public ShardClient {
 public:
  Holders() {
    const std::vector<Bytes> data{noise(1, length), noise(2, length)};
    shards_ = data;
    shards_.resize(4, Bytes(length));
    const auto coder = Coder::make({2, 4}).value();
    const std::vector<ByteView> given(data.begin(), data.end());
    const std::vector<std::span<std::byte>> parity{shards_[2], shards_[3]};
    coder.encode(given, parity);
    record_.state = ledger::SegmentState::Sealed;
    record_.data_shards = 2;
    for (std::uint8_t i = 0; i < 4; ++i) {
      record_.shards.push_back({id_of<NodeId>(static_cast<std::uint8_t>(10 + i)),
                                crypto::tree_root(shards_[i]), length, 1});
    }
  }
  static constexpr std::uint64_t length = 1'300'000;

  void append(const NodeId&, AppendShard, Duration, Callback<Result<AppendShardReply>>) override {}
  void stat(const NodeId&, StatShard, Duration, Callback<Result<StatShardReply>>) override {}
  void remove(const NodeId&, RemoveShard, Duration, Callback<Result<RemoveShardReply>>) override {}
  void read(const NodeId& node, ReadShard request, Duration,
            Callback<Result<ReadShardReply>> done) override {
    ++asked_[node];
    const std::uint8_t index = request.shard.index;
    EXPECT_EQ(node, record_.shards[index].node);
    if (silent_ == index) {
      done(fail(ErrorCode::Unavailable, reason::peer_unreachable, "silent"));
      return;
    }
    const auto range = answered_range(request, length).value();
    ReadShardReply reply;
    reply.length = length;
    reply.offset = range.offset;
    reply.bytes = to_bytes(ByteView(shards_[index]).subspan(range.offset, range.size));
    if (lying_ == index) reply.bytes.front() ^= std::byte{1};
    if (request.proof == ReadProof::Leaves) {
      crypto::TreeBuilder tree;
      tree.update(shards_[index]);
      reply.leaves = tree.leaves();
    }
    done(std::move(reply));
  }
  Result<Bytes> rebuild(std::uint8_t index) {
    std::optional<Result<Bytes>> got;
    rebuild_from_others(*this, {id_of<SegmentId>(1), record_, index}, Duration(1),
                        [&got](Result<Bytes> bytes) { got = std::move(bytes); });
    return std::move(*got);
  }

  std::vector<Bytes> shards_;
  ledger::Segment record_;
  std::map<NodeId, int> asked_;
  std::optional<std::uint8_t> silent_;
  std::optional<std::uint8_t> lying_;
};

TEST(ShardRebuild, NeverAsksTheNodeItself_Z1_Z2) {
  for (std::uint8_t index = 0; index < 4; ++index) {
    Holders holders;
    EXPECT_EQ(holders.rebuild(index).value(), holders.shards_[index]);
    EXPECT_FALSE(holders.asked_.contains(holders.record_.shards[index].node));
  }
}

TEST(ShardRebuild, PassesOverThoseWhoLieOrAreSilent_Z2) {
  Holders holders;
  holders.lying_ = 1;
  EXPECT_EQ(holders.rebuild(0).value(), holders.shards_[0]);
  holders.silent_ = 2;
  EXPECT_EQ(holders.rebuild(0).error().reason(), reason::not_enough_shards);
  holders.lying_.reset();
  EXPECT_EQ(holders.rebuild(0).value(), holders.shards_[0]);
}

TEST(ShardRebuild, ASegmentThatWasCodedWronglyIsSaidToBe_Z2) {
  Holders holders;
  holders.record_.shards[3].root = id_of<TreeRoot>(1);
  EXPECT_EQ(holders.rebuild(3).error().reason(), reason::corrupt_shard);
}

}  // namespace
}  // namespace oort::object
