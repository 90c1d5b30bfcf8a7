// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/tree.hpp"

/// `blake3` version 1: the tree hash of each input, as `b3sum` computes it, with proofs of the
/// leaves of 4,096 bytes that the parameters name. A unit is 256 KiB of one input.
///
/// Invariants
///   B1  A root equals plain BLAKE3 of the input, and each proof verifies against it.
namespace oort::compute::builtin {

inline constexpr std::size_t proofs_count_max = 1024;

struct LeafRef {
  std::uint32_t input = 0;
  std::uint64_t leaf = 0;
  friend auto operator<=>(const LeafRef&, const LeafRef&) = default;
};

/// Ascending, without repetition.
struct Blake3Parameters {
  std::vector<LeafRef> proofs;
};
void encode(codec::Writer& out, const Blake3Parameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Blake3Parameters& value);

struct InputHash {
  std::uint64_t size = 0;
  Bytes32 root;
  friend bool operator==(const InputHash&, const InputHash&) = default;
};
struct LeafProof {
  std::uint32_t input = 0;
  crypto::TreeProof proof;
  friend bool operator==(const LeafProof&, const LeafProof&) = default;
};
/// In the order of the inputs, and of the parameters' proofs.
struct Blake3Output {
  std::vector<InputHash> inputs;
  std::vector<LeafProof> proofs;
};
void encode(codec::Writer& out, const Blake3Output& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Blake3Output& value);

[[nodiscard]] Result<std::unique_ptr<Work>> start_blake3(ByteView parameters,
                                                         std::vector<Bytes> inputs,
                                                         const Kernels& kernels);

}  // namespace oort::compute::builtin
