// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// Proof that one sample, or one contribution, belongs to a sealed set: the Merkle tree of RFC 6962
/// and RFC 9162 over SHA-256, which tools of others read.
///
/// Invariants
///   M1  Root and paths are those of RFC 6962, section 2.1.
///   M2  A path verifies for its own leaf, place and count, and for nothing else.
namespace oort::datahub {

/// SHA-256 over 0x00 and the bytes of the leaf.
[[nodiscard]] Bytes32 sample_leaf(ByteView sample);
/// Of no leaves: SHA-256 of nothing.
[[nodiscard]] Bytes32 sample_root(const std::vector<Bytes32>& leaves);

inline constexpr std::size_t sample_path_max = 64;
struct SampleProof {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  std::vector<Bytes32> path;  ///< From the leaf upward.
  friend bool operator==(const SampleProof&, const SampleProof&) = default;
};
/// Requires: `index` < `leaves.size()`.
[[nodiscard]] SampleProof prove_sample(const std::vector<Bytes32>& leaves, std::uint64_t index);
[[nodiscard]] bool verify_sample(const Bytes32& root, const SampleProof& proof,
                                 const Bytes32& leaf);

/// u64 index, u64 count, u32 and the path. Decoding takes `sample_path_max` hashes at most.
void encode(codec::Writer& out, const SampleProof& proof);
[[nodiscard]] Result<void> decode(codec::Reader& in, SampleProof& proof);

}  // namespace oort::datahub
