// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"

namespace oort::crypto {

/// BLAKE3's own tree over a run of bytes, so that the tree that hashes is the tree that proves.
/// The root of `bytes` equals plain BLAKE3 of `bytes`. Leaves are groups of 4 chunks: 4,096 bytes,
/// the last one shorter; an empty run has one empty leaf.
inline constexpr std::size_t tree_leaf_bytes = 4096;

[[nodiscard]] constexpr std::uint64_t tree_leaves_count(std::uint64_t size) noexcept {
  return size == 0 ? 1 : (size + tree_leaf_bytes - 1) / tree_leaf_bytes;
}

/// Feeds bytes as they stream by; keeps one 32-byte value per leaf.
class TreeBuilder {
 public:
  TreeBuilder();
  ~TreeBuilder();
  TreeBuilder(TreeBuilder&&) noexcept;
  TreeBuilder& operator=(TreeBuilder&&) noexcept;
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  void update(ByteView bytes);
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// The root over everything so far; more may follow.
  [[nodiscard]] TreeRoot root() const;
  /// The chaining values of the complete and the last leaf, from which any proof can be made.
  /// A single leaf has no chaining value (it is the root itself) and yields its root.
  [[nodiscard]] std::vector<Bytes32> leaves() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] TreeRoot tree_root(ByteView bytes);

/// What proves that some leaves belong to a root: the sibling values from the leaf upward.
struct TreeProof {
  std::uint64_t size = 0;  ///< Bytes under the root.
  std::uint64_t leaf = 0;  ///< Index of the leaf.
  std::vector<Bytes32> siblings;
  friend bool operator==(const TreeProof&, const TreeProof&) = default;
};

/// Requires: `leaves` came from `TreeBuilder::leaves` for `size` bytes and `leaf` is in range.
[[nodiscard]] TreeProof tree_prove(std::span<const Bytes32> leaves, std::uint64_t size,
                                   std::uint64_t leaf);
/// Whether `leaf_bytes` are the leaf `proof.leaf` of a run of `proof.size` bytes with this root.
[[nodiscard]] bool tree_verify(const TreeRoot& root, const TreeProof& proof, ByteView leaf_bytes);

/// Whether `bytes` are the leaves [first, first + n) under `root`: checks a range without proofs,
/// given the values of all leaves. Requires: `root_of_leaves(leaves, size) == root` was checked.
[[nodiscard]] TreeRoot root_of_leaves(std::span<const Bytes32> leaves, std::uint64_t size);
[[nodiscard]] bool leaf_matches(std::span<const Bytes32> leaves, std::uint64_t size,
                                std::uint64_t leaf, ByteView leaf_bytes);

/// A plain binary Merkle tree over hashes (transactions of a block, operations of a batch), padded
/// to no power of two: odd nodes rise unchanged, leaves and nodes hash under different contexts,
/// and the root commits to the count.
[[nodiscard]] Bytes32 merkle_root(std::span<const Bytes32> values);
struct MerkleProof {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  std::vector<Bytes32> siblings;
  friend bool operator==(const MerkleProof&, const MerkleProof&) = default;
};
[[nodiscard]] MerkleProof merkle_prove(std::span<const Bytes32> values, std::uint64_t index);
[[nodiscard]] bool merkle_verify(const Bytes32& root, const MerkleProof& proof,
                                 const Bytes32& value);

}  // namespace oort::crypto
