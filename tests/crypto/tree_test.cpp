// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/tree.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree_leaves.hpp"

namespace oort::crypto {
namespace {

constexpr std::size_t sizes[] = {0,     1,     1023,  1024,  1025,  2048,   3000,   4095,
                                 4096,  4097,  8192,  8193,  12288, 16384,  16385,  20480,
                                 20481, 32768, 65536, 65537, 70000, 131072, 131073, 1000003};

ByteView leaf_of(const Bytes& bytes, std::uint64_t leaf) {
  const std::size_t at = leaf * tree_leaf_bytes;
  return ByteView(bytes).subspan(at, std::min(tree_leaf_bytes, bytes.size() - at));
}

TEST(Tree, RootEqualsPlainBlake3_Y8) {
  test::SeededRandom random(1);
  for (const std::size_t size : sizes) {
    const Bytes bytes = random.bytes(size);
    for (const std::size_t step : {std::size_t{1} << 20U, std::size_t{777}, std::size_t{16384}}) {
      TreeBuilder builder;
      for (std::size_t at = 0; at < size; at += step) {
        builder.update(ByteView(bytes).subspan(at, std::min(step, size - at)));
      }
      EXPECT_EQ(builder.size(), size);
      EXPECT_EQ(builder.root().array(), blake3(bytes).array()) << size << " by " << step;
      EXPECT_EQ(builder.leaves().size(), tree_leaves_count(size));
    }
    EXPECT_EQ(tree_root(bytes).array(), blake3(bytes).array());
  }
}

TEST(Tree, EveryLeafHasAProofThatHolds_Y9) {
  test::SeededRandom random(2);
  for (const std::size_t size : sizes) {
    if (size > 150'000) continue;
    const Bytes bytes = random.bytes(size);
    TreeBuilder builder;
    builder.update(bytes);
    const auto leaves = builder.leaves();
    const TreeRoot root = builder.root();
    for (std::uint64_t leaf = 0; leaf < leaves.size(); ++leaf) {
      const TreeProof proof = tree_prove(leaves, size, leaf);
      EXPECT_TRUE(tree_verify(root, proof, leaf_of(bytes, leaf))) << size << " leaf " << leaf;
      EXPECT_TRUE(leaf_matches(leaves, size, leaf, leaf_of(bytes, leaf)));
    }
  }
}

TEST(Tree, NoOtherLeafPlaceOrSizePasses_Y9) {
  test::SeededRandom random(3);
  const Bytes bytes = random.bytes(70'000);
  TreeBuilder builder;
  builder.update(bytes);
  const auto leaves = builder.leaves();
  const TreeRoot root = builder.root();
  const TreeProof good = tree_prove(leaves, bytes.size(), 5);
  Bytes leaf = to_bytes(leaf_of(bytes, 5));
  ASSERT_TRUE(tree_verify(root, good, leaf));

  for (const std::size_t at : {0U, 1U, 1024U, 4095U}) {
    Bytes bad = leaf;
    bad[at] ^= std::byte{1};
    EXPECT_FALSE(tree_verify(root, good, bad));
    EXPECT_FALSE(leaf_matches(leaves, bytes.size(), 5, bad));
  }
  for (std::size_t i = 0; i < good.siblings.size(); ++i) {
    TreeProof bad = good;
    bad.siblings[i].mutable_view()[31] ^= std::byte{1};
    EXPECT_FALSE(tree_verify(root, bad, leaf));
  }
  TreeProof bad = good;
  bad.leaf = 4;
  EXPECT_FALSE(tree_verify(root, bad, leaf));
  bad = good;
  bad.siblings.pop_back();
  EXPECT_FALSE(tree_verify(root, bad, leaf));
  bad = good;
  bad.siblings.push_back(bad.siblings.back());
  EXPECT_FALSE(tree_verify(root, bad, leaf));
  bad = good;
  bad.size = 40'000;
  EXPECT_FALSE(tree_verify(root, bad, leaf));
  EXPECT_FALSE(tree_verify(root, good, ByteView(leaf).first(4095)));
}

TEST(Tree, LeavesHashedInPiecesAreThoseOfTheWhole) {
  test::SeededRandom random(5);
  for (const std::size_t size : {0U, 1U, 4096U, 4097U, 8192U, 100'000U}) {
    const Bytes bytes = random.bytes(size);
    TreeBuilder builder;
    builder.update(bytes);
    for (const std::size_t piece_leaves : {1U, 3U, 30U}) {
      std::vector<Bytes32> leaves;
      std::size_t at = 0;
      do {
        const std::size_t count = std::min(piece_leaves * tree_leaf_bytes, size - at);
        const auto some =
            tree_leaf_values(ByteView(bytes).subspan(at, count), at / tree_leaf_bytes, size);
        leaves.insert(leaves.end(), some.begin(), some.end());
        at += count;
      } while (at < size);
      EXPECT_EQ(leaves, builder.leaves()) << size;
    }
  }
}

TEST(Merkle, ProvesEachValueAndNothingElse_Y10) {
  test::SeededRandom random(4);
  std::vector<Bytes32> values;
  for (std::size_t count = 1; count <= 33; ++count) {
    values.push_back(*Bytes32::from(random.bytes(32)));
    const Bytes32 root = merkle_root(values);
    for (std::uint64_t index = 0; index < count; ++index) {
      const MerkleProof proof = merkle_prove(values, index);
      EXPECT_TRUE(merkle_verify(root, proof, values[index]));
      MerkleProof moved = proof;
      moved.index = (index + 1) % count;
      if (count > 1) {
        EXPECT_FALSE(merkle_verify(root, moved, values[index]));
      }
      MerkleProof wider = proof;
      wider.count += 1;
      EXPECT_FALSE(merkle_verify(root, wider, values[index]));
      EXPECT_FALSE(merkle_verify(root, proof, *Bytes32::from(random.bytes(32))));
    }
  }
  EXPECT_NE(merkle_root({}), merkle_root(std::vector<Bytes32>(1)));
}

}  // namespace
}  // namespace oort::crypto
