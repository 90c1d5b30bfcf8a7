// SPDX-License-Identifier: Apache-2.0
// Sealing, placement, messages, repair plans and checksums, each by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crc_combine.hpp"
#include "oort/core/reasons.hpp"
#include "oort/object/placement.hpp"
#include "oort/object/sealing.hpp"
#include "oort/object/shard_messages.hpp"
#include "repair_plan.hpp"
#include "support.hpp"

namespace oort::object {
namespace {

using test::id_of;
using test::noise;
using test::SeededRandom;
using test::shard_of;

// Sealing -----------------------------------------------------------------------------------------

crypto::SecretKey key_of(std::uint8_t value) {
  std::array<std::byte, 32> bytes{};
  bytes.fill(static_cast<std::byte>(value));
  return crypto::SecretKey(bytes);
}

TEST(Sealing, ExtentsOfEverySizeOpen_Q1) {
  const crypto::SecretKey key = extent_key(key_of(1), {id_of<SegmentId>(2), 3});
  for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 200'000U}) {
    const Bytes plain = noise(size, size);
    const Bytes sealed = seal_extent(key, plain);
    EXPECT_EQ(sealed.size(), sealed_bytes(size));
    EXPECT_EQ(*plain_bytes(sealed.size()), size);
    EXPECT_EQ(*open_extent(key, sealed), plain);
  }
  EXPECT_FALSE(plain_bytes(5));
  EXPECT_FALSE(plain_bytes(frame_sealed_bytes + 3));
}

TEST(Sealing, EveryFlippedByteOfAnExtentIsRefused_Q1) {
  const crypto::SecretKey key = extent_key(key_of(1), {id_of<SegmentId>(2), 3});
  Bytes sealed = seal_extent(key, noise(1, 300));
  for (std::byte& byte : sealed) {
    byte ^= std::byte{0x40};
    ASSERT_FALSE(open_extent(key, sealed));
    byte ^= std::byte{0x40};
  }
  EXPECT_TRUE(open_extent(key, sealed));
}

TEST(Sealing, FramesCannotBeMovedOrCutOff_Q1_Q2) {
  const crypto::SecretKey key = extent_key(key_of(1), {id_of<SegmentId>(2), 3});
  const Bytes sealed = seal_extent(key, noise(1, 3 * frame_plain_bytes));
  Bytes swapped = sealed;
  std::swap_ranges(swapped.begin(), swapped.begin() + frame_sealed_bytes,
                   swapped.begin() + frame_sealed_bytes);
  EXPECT_FALSE(open_extent(key, swapped));
  EXPECT_FALSE(open_extent(key, ByteView(sealed).first(2 * frame_sealed_bytes)));
  EXPECT_FALSE(open_extent(extent_key(key_of(1), {id_of<SegmentId>(2), 4}), sealed));
}

BucketSecret secret_of(std::uint8_t value) {
  BucketSecret secret;
  secret.name_key = key_of(value);
  secret.key = key_of(static_cast<std::uint8_t>(value + 1));
  return secret;
}

Body sample_body() {
  Body body;
  body.name = "photos/cat \xc3\xa4.jpg";
  body.headers = {{"content-type", "image/jpeg"}, {"x-amz-meta-a", "b"}};
  body.tags = {{"colour", "grey"}};
  body.etag = "0123456789abcdef0123456789abcdef-2";
  body.checksums = {{crypto::Digest::Crc32c, ChecksumType::Composite, noise(1, 4)}};
  body.parts = {{2, 5 << 20}, {1, 77}};
  body.wrapped_key = noise(2, 65);
  return body;
}

TEST(Sealing, BodiesOpenOnlyWhereTheyBelong_Q1) {
  SeededRandom random(1);
  const BucketSecret secret = secret_of(3);
  const BodyPlace place{BucketId(7), name_hash_of(secret, "x")};
  Bytes sealed = *seal_body(secret, place, sample_body(), random);
  EXPECT_EQ(*open_body(secret, place, sealed), sample_body());
  EXPECT_FALSE(open_body(secret, {BucketId(8), place.name_hash}, sealed));
  EXPECT_FALSE(open_body(secret, {place.bucket, name_hash_of(secret, "y")}, sealed));
  EXPECT_FALSE(open_body(secret_of(4), place, sealed));
  EXPECT_FALSE(open_part_body(secret, place, sealed));
  for (std::byte& byte : sealed) {
    byte ^= std::byte{1};
    ASSERT_FALSE(open_body(secret, place, sealed));
    byte ^= std::byte{1};
  }
  Body huge = sample_body();
  huge.headers[0].value = std::string(70'000, 'x');
  EXPECT_EQ(seal_body(secret, place, huge, random).error().reason(), reason::too_large);
}

TEST(Sealing, BucketSecretsOpenAtTheirGatewayOnly_Q1) {
  SeededRandom random(5);
  const crypto::KeyPair mine{crypto::SecretSeed::generate(random)};
  const crypto::KeyPair other{crypto::SecretSeed::generate(random)};
  const BucketSecret secret = secret_of(9);
  const Bytes sealed = *seal_bucket_secret(mine.public_key(), secret);
  const auto opened = open_bucket_secret(mine, sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(name_hash_of(*opened, "n"), name_hash_of(secret, "n"));
  EXPECT_FALSE(open_bucket_secret(other, sealed));
}

TEST(Sealing, StoredFormsAreFrozen_Q3) {
  SeededRandom random(1);
  const BucketSecret secret = secret_of(3);
  const BodyPlace place{BucketId(7), name_hash_of(secret, "x")};
  EXPECT_EQ(crypto::blake3(encode_body(sample_body())).hex(),
            "eac64f1ac1c4d9754d894c5e598ccda4f9ebb3df2caaea28b570b52ffe6fd906");
  EXPECT_EQ(crypto::blake3(encode_part_body({"ab", sample_body().checksums})).hex(),
            "f088f162e377d67dbdcb5fd2dfd1d8a8ee6b93e9bc0176e09537746d42e08e14");
  EXPECT_EQ(place.name_hash.hex(),
            "d5ad6cf78dab4a7bd09a2c597a0dcf8a01ff558f8594056512947ceb844b2a54");
  EXPECT_EQ(crypto::blake3(*seal_body(secret, place, sample_body(), random)).hex(),
            "9bfbe5bc0b167031153d13dff1faa85f66a11fff816e1a8d8fcbbd38ffa64d9f");
  const crypto::SecretKey key = extent_key(key_of(1), {id_of<SegmentId>(2), 3});
  EXPECT_EQ(crypto::blake3(seal_extent(key, noise(1, 70'000))).hex(),
            "13a81da47b42f4df7d31f77e8bfba3b4102f5116c0f7aee6837606a6ca4d7ccb");
}

// Placement ---------------------------------------------------------------------------------------

std::vector<StorageNode> nodes_of(std::size_t count) {
  std::vector<StorageNode> nodes;
  for (std::size_t i = 0; i < count; ++i) {
    StorageNode node;
    node.id = id_of<NodeId>(static_cast<std::uint8_t>(i + 1));
    node.owner = id_of<OperatorId>(static_cast<std::uint8_t>(i + 1));
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    node.capacity_left = std::uint64_t{1} << 40;
    node.is_live = true;
    nodes.push_back(node);
  }
  return nodes;
}

Bytes32 seed_of(std::uint64_t value) { return crypto::blake3(noise(value, 8)); }

TEST(Placement, FaultDomainsAreNeverShared_P1) {
  auto nodes = nodes_of(30);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].owner = id_of<OperatorId>(static_cast<std::uint8_t>(i % 11));
    nodes[i].network = static_cast<std::uint32_t>(i % 7);
    nodes[i].system = static_cast<std::uint32_t>(i % 5);
  }
  const auto standard = ledger::StorageClass::Standard;
  for (std::uint64_t i = 0; i < 100; ++i) {
    std::set<OperatorId> owners;
    std::set<std::uint32_t> networks;
    std::set<std::uint32_t> systems;
    for (const StorageNode& node : rank_nodes(seed_of(i), nodes, {}, standard)) {
      EXPECT_TRUE(owners.insert(node.owner).second);
      EXPECT_TRUE(node.network == 0 || networks.insert(node.network).second);
      EXPECT_TRUE(node.system == 0 || systems.insert(node.system).second);
    }
    EXPECT_EQ(rank_nodes(seed_of(i), nodes, {true, false, false}, standard).size(), 11U);
  }
}

TEST(Placement, ChanceGrowsWithWeight_P2) {
  auto nodes = nodes_of(4);
  nodes[0].capacity_left *= 3;
  std::array<int, 4> first{};
  for (std::uint64_t i = 0; i < 6000; ++i) {
    const auto ranked = rank_nodes(seed_of(i), nodes, {}, ledger::StorageClass::Standard);
    ++first.at(std::to_integer<std::size_t>(ranked[0].id.array()[0]) - 1);
  }
  EXPECT_NEAR(first[0], 3000, 200);
  for (const std::size_t i : {1U, 2U, 3U}) EXPECT_NEAR(first.at(i), 1000, 150);
}

TEST(Placement, ALostNodeMovesOnlyItsOwn_P2) {
  const auto nodes = nodes_of(12);
  for (std::uint64_t i = 0; i < 200; ++i) {
    auto before = rank_nodes(seed_of(i), nodes, {}, ledger::StorageClass::Standard);
    const std::vector<NodeId> gone{nodes[i % 12].id};
    const auto after = rank_nodes(seed_of(i), nodes, {}, ledger::StorageClass::Standard, gone);
    std::erase_if(before, [&](const StorageNode& node) { return node.id == gone[0]; });
    EXPECT_EQ(before, after);
  }
}

TEST(Placement, UselessNodesAreLeftOut) {
  auto nodes = nodes_of(4);
  nodes[0].is_live = false;
  nodes[1].capacity_left = 0;
  nodes[2].honest_weight = 0;
  const auto ranked = rank_nodes(seed_of(1), nodes, {}, ledger::StorageClass::Standard);
  ASSERT_EQ(ranked.size(), 1U);
  EXPECT_EQ(ranked[0].id, nodes[3].id);
}

TEST(Placement, PlansKeepTheLeastTolerance_P3) {
  const ledger::ClassPolicy local{ledger::StorageClass::Standard, 3, 2, 4, 2, 1};
  EXPECT_EQ(*plan_coded(local, 6, Durability::Strict), (SchemePlan{{2, 4}, 2, false}));
  EXPECT_EQ(*plan_coded(local, 4, Durability::Strict), (SchemePlan{{2, 4}, 2, false}));
  EXPECT_EQ(*plan_coded(local, 3, Durability::Degraded), (SchemePlan{{2, 3}, 1, true}));
  EXPECT_EQ(plan_coded(local, 3, Durability::Strict).error().reason(), reason::not_enough_nodes);
  EXPECT_EQ(plan_coded(local, 2, Durability::Degraded).error().reason(), reason::not_enough_nodes);
  EXPECT_EQ(*plan_replicated(local, 4, Durability::Strict), (SchemePlan{{1, 3}, 2, false}));
  EXPECT_EQ(*plan_replicated(local, 3, Durability::Degraded), (SchemePlan{{1, 3}, 2, true}));
  EXPECT_FALSE(plan_replicated(local, 2, Durability::Degraded));
  const ledger::ClassPolicy single{ledger::StorageClass::Standard, 1, 1, 1, 0, 0};
  EXPECT_EQ(*plan_coded(single, 1, Durability::Strict), (SchemePlan{{1, 1}, 0, false}));
  EXPECT_EQ(*plan_replicated(single, 1, Durability::Strict), (SchemePlan{{1, 1}, 0, false}));
}

// Repair ------------------------------------------------------------------------------------------

ledger::Segment segment_on(const std::vector<StorageNode>& nodes, std::size_t count) {
  ledger::Segment record;
  record.state = ledger::SegmentState::Sealed;
  record.scheme = ledger::Scheme::ReedSolomon;
  record.data_shards = 2;
  record.length = 1000;
  record.fence = 1;
  for (std::size_t i = 0; i < count; ++i) record.shards.push_back({nodes[i].id, {}, 500, 1});
  return record;
}

TEST(RepairPlan, DeadNodesAreReplacedByFreeOnes_A1) {
  const ledger::ClassPolicy policy{ledger::StorageClass::Standard, 3, 2, 4, 2, 1};
  auto nodes = nodes_of(6);
  nodes[4].owner = nodes[0].owner;
  const ledger::Segment record = segment_on(nodes, 4);
  const SegmentId id = id_of<SegmentId>(1);
  EXPECT_FALSE(plan_repair(id, record, policy, {}, nodes, {}));
  nodes[2].is_live = false;
  const auto action = plan_repair(id, record, policy, {}, nodes, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(*action, (RepairAction{id, 2, nodes[2].id, nodes[5].id}));
  nodes[5].is_live = false;
  EXPECT_FALSE(plan_repair(id, record, policy, {}, nodes, {}));
}

TEST(RepairPlan, LostShardsGoBackAndNarrowSegmentsAreWidened_A2) {
  const ledger::ClassPolicy policy{ledger::StorageClass::Standard, 3, 2, 4, 2, 1};
  auto nodes = nodes_of(4);
  const SegmentId id = id_of<SegmentId>(1);
  const auto back = plan_repair(id, segment_on(nodes, 4), policy, {}, nodes, {{1}, {}});
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (RepairAction{id, 1, nodes[1].id, nodes[1].id}));
  const auto wider = plan_repair(id, segment_on(nodes, 3), policy, {}, nodes, {});
  ASSERT_TRUE(wider);
  EXPECT_EQ(*wider, (RepairAction{id, 3, NodeId(), nodes[3].id}));
  EXPECT_FALSE(plan_repair(id, segment_on(nodes, 4), policy, {}, nodes, {{0, 1, 2}, {}}));
}

// Messages ----------------------------------------------------------------------------------------

template <class T>
void expect_round_trip(const T& value) {
  const Bytes bytes = codec::to_bytes(value);
  const auto decoded = codec::from_bytes<T>(bytes);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(*decoded, value);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(codec::from_bytes<T>(ByteView(bytes).first(size)));
  }
}

TEST(ShardMessages, RoundTripAndRefusePrefixes_M1) {
  const ShardStat stat{shard_of(1), 77, true, id_of<TreeRoot>(4), Height(9), id_of<NodeId>(5)};
  ledger::ShardReceipt receipt;
  receipt.length = 7;
  expect_round_trip(AppendShard{shard_of(1, 2, 3), 5, true, true, Height(8), noise(1, 20)});
  expect_round_trip(AppendShardReply{7, receipt});
  expect_round_trip(ReadShard{shard_of(1), 4096, 10, ReadProof::Paths});
  expect_round_trip(ReadShardReply{9, 0, noise(1, 9), {id_of<Bytes32>(1)}, {{9, 0, {}}}});
  expect_round_trip(StatShard{shard_of(1)});
  expect_round_trip(StatShardReply{stat});
  expect_round_trip(RemoveShard{shard_of(1)});
  expect_round_trip(RemoveShardReply{});
  expect_round_trip(ListShards{shard_of(2), 5});
  expect_round_trip(ListShardsReply{{stat, stat}});
}

TEST(ShardMessages, OnlyTrueRangesAreProven_D1) {
  const Bytes shard = noise(1, 20'000);
  crypto::TreeBuilder tree;
  tree.update(shard);
  const auto leaves = tree.leaves();
  const TreeRoot root = tree.root();
  ReadShard request{shard_of(1), 5000, 6000, ReadProof::Paths};
  ReadShardReply reply{20'000, 4096, to_bytes(ByteView(shard).subspan(4096, 8192)), {}, {}};
  for (const std::uint64_t leaf : {1U, 2U}) {
    reply.paths.push_back(crypto::tree_prove(leaves, 20'000, leaf));
  }
  EXPECT_TRUE(is_proven(request, reply, root, 20'000, {}));
  for (std::size_t i = 0; i < reply.bytes.size(); i += 97) {
    reply.bytes[i] ^= std::byte{1};
    ASSERT_FALSE(is_proven(request, reply, root, 20'000, {}));
    reply.bytes[i] ^= std::byte{1};
  }
  ReadShardReply shorter = reply;
  shorter.paths.pop_back();
  EXPECT_FALSE(is_proven(request, shorter, root, 20'000, {}));
  EXPECT_FALSE(is_proven(request, reply, id_of<TreeRoot>(1), 20'000, {}));
  EXPECT_FALSE(is_proven(request, reply, root, 19'999, {}));

  request.proof = ReadProof::Leaves;
  reply.paths.clear();
  EXPECT_FALSE(is_proven(request, reply, root, 20'000, {}));
  reply.leaves = leaves;
  EXPECT_TRUE(is_proven(request, reply, root, 20'000, {}));
  reply.leaves[4].mutable_view()[0] ^= std::byte{1};
  EXPECT_FALSE(is_proven(request, reply, root, 20'000, {}));
  reply.leaves.clear();
  EXPECT_TRUE(is_proven(request, reply, root, 20'000, leaves));
  reply.bytes.back() ^= std::byte{1};
  EXPECT_FALSE(is_proven(request, reply, root, 20'000, leaves));
  EXPECT_FALSE(is_proven(request, {~std::uint64_t{0}, 0, {}, {}, {}}, root, ~std::uint64_t{0}, {}));
  reply.offset = ~std::uint64_t{0} - 4095;
  EXPECT_FALSE(is_proven(request, reply, root, 20'000, leaves));
}

// Checksums ---------------------------------------------------------------------------------------

TEST(CrcCombine, EqualsTheChecksumOfTheWhole) {
  for (const auto kind :
       {crypto::Digest::Crc32, crypto::Digest::Crc32c, crypto::Digest::Crc64Nvme}) {
    for (const std::size_t cut : {0U, 1U, 500U, 999U, 1000U}) {
      const Bytes whole = noise(3, 1000);
      const auto digest = [&](ByteView bytes) {
        crypto::StreamDigest stream(kind);
        stream.update(bytes);
        return stream.finish();
      };
      const auto combined = combine_crc(kind, digest(ByteView(whole).first(cut)),
                                        digest(ByteView(whole).subspan(cut)), 1000 - cut);
      ASSERT_TRUE(combined);
      EXPECT_EQ(*combined, digest(whole));
    }
  }
  EXPECT_FALSE(combine_crc(crypto::Digest::Sha256, Bytes(32), Bytes(32), 1));
}

}  // namespace
}  // namespace oort::object
