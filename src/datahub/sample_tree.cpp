// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/sample_tree.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {

namespace {

Bytes32 node_of(const Bytes32& left, const Bytes32& right) {
  Bytes bytes;
  bytes.reserve(65);
  bytes.push_back(std::byte{1});
  bytes.insert(bytes.end(), left.array().begin(), left.array().end());
  bytes.insert(bytes.end(), right.array().begin(), right.array().end());
  return crypto::sha256(bytes);
}

/// The greatest power of two below the count. Requires: two or more.
std::size_t split_of(std::size_t count) { return std::bit_floor(count - 1); }

/// The root of these leaves. With a path, it gains the siblings of the leaf at `index`.
Bytes32 root_of(std::span<const Bytes32> leaves, std::uint64_t index, std::vector<Bytes32>* path) {
  if (leaves.size() == 1) return leaves.front();
  const std::size_t split = split_of(leaves.size());
  const bool is_left = index < split;
  const Bytes32 left = root_of(leaves.first(split), index, is_left ? path : nullptr);
  const Bytes32 right = root_of(leaves.subspan(split), index - split, is_left ? nullptr : path);
  if (path != nullptr) path->push_back(is_left ? right : left);
  return node_of(left, right);
}

}  // namespace

Bytes32 sample_leaf(ByteView sample) {
  crypto::StreamDigest digest(crypto::Digest::Sha256);
  digest.update(Bytes{std::byte{0}});
  digest.update(sample);
  return *Bytes32::from(digest.finish());
}

Bytes32 sample_root(const std::vector<Bytes32>& leaves) {
  if (leaves.empty()) return crypto::sha256({});
  return root_of(leaves, 0, nullptr);
}

SampleProof prove_sample(const std::vector<Bytes32>& leaves, std::uint64_t index) {
  OORT_ASSERT(index < leaves.size(), "the leaf is one of the tree");
  SampleProof proof{index, leaves.size(), {}};
  static_cast<void>(root_of(leaves, index, &proof.path));
  return proof;
}

bool verify_sample(const Bytes32& root, const SampleProof& proof, const Bytes32& leaf) {
  if (proof.index >= proof.count) return false;
  // RFC 9162, section 2.1.3.2.
  std::uint64_t place = proof.index;
  std::uint64_t last = proof.count - 1;
  Bytes32 hash = leaf;
  for (const Bytes32& sibling : proof.path) {
    if (last == 0) return false;
    if (place % 2 == 1 || place == last) {
      hash = node_of(sibling, hash);
      while (place % 2 == 0 && place != 0) {
        place >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_of(hash, sibling);
    }
    place >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

void encode(codec::Writer& out, const SampleProof& proof) {
  out.u64(proof.index);
  out.u64(proof.count);
  codec::encode_vector(out, proof.path);
}

Result<void> decode(codec::Reader& in, SampleProof& proof) {
  OORT_TRY(proof.index, in.u64());
  OORT_TRY(proof.count, in.u64());
  return codec::decode_vector(in, proof.path, sample_path_max);
}

}  // namespace oort::datahub
