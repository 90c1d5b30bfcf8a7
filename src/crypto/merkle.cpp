// SPDX-License-Identifier: Apache-2.0
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::crypto {
namespace {

constexpr Context leaf_context("oort.v1 merkle leaf");
constexpr Context node_context("oort.v1 merkle node");
constexpr Context root_context("oort.v1 merkle root");

Bytes32 leaf_hash(const Bytes32& value) { return hash(leaf_context, value.view()); }
Bytes32 node_hash(const Bytes32& left, const Bytes32& right) {
  return hash(node_context, left.view(), right.view());
}
Bytes32 seal_root(const Bytes32& top, std::uint64_t count) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(static_cast<std::uint8_t>(count >> (8 * i)));
  }
  return hash(root_context, bytes, top.view());
}

std::vector<Bytes32> next_level(const std::vector<Bytes32>& level) {
  std::vector<Bytes32> next;
  next.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
    next.push_back(node_hash(level[i], level[i + 1]));
  }
  if (level.size() % 2 == 1) next.push_back(level.back());
  return next;
}

std::vector<Bytes32> leaf_level(std::span<const Bytes32> values) {
  std::vector<Bytes32> level;
  level.reserve(values.size());
  for (const Bytes32& value : values) level.push_back(leaf_hash(value));
  return level;
}

}  // namespace

Bytes32 merkle_root(std::span<const Bytes32> values) {
  std::vector<Bytes32> level = leaf_level(values);
  while (level.size() > 1) level = next_level(level);
  return seal_root(level.empty() ? Bytes32{} : level.front(), values.size());
}

MerkleProof merkle_prove(std::span<const Bytes32> values, std::uint64_t index) {
  OORT_ASSERT(index < values.size(), "a proof is of a value that is there");
  MerkleProof proof{.index = index, .count = values.size(), .siblings = {}};
  std::vector<Bytes32> level = leaf_level(values);
  for (std::uint64_t at = index; level.size() > 1; at /= 2) {
    const std::uint64_t sibling = at ^ 1U;
    if (sibling < level.size()) proof.siblings.push_back(level[sibling]);
    level = next_level(level);
  }
  return proof;
}

bool merkle_verify(const Bytes32& root, const MerkleProof& proof, const Bytes32& value) {
  if (proof.index >= proof.count) return false;
  Bytes32 node = leaf_hash(value);
  std::size_t used = 0;
  std::uint64_t at = proof.index;
  for (std::uint64_t width = proof.count; width > 1; width = width / 2 + width % 2, at /= 2) {
    if ((at ^ 1U) >= width) continue;
    if (used == proof.siblings.size()) return false;
    const Bytes32& sibling = proof.siblings[used++];
    node = at % 2 == 0 ? node_hash(node, sibling) : node_hash(sibling, node);
  }
  return used == proof.siblings.size() && seal_root(node, proof.count) == root;
}

}  // namespace oort::crypto
