// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/run.hpp"

/// `dedup` version 1: which inputs are nearly the same. Texts by MinHash over shingles of
/// normalised bytes, looked up by bands; pictures by a difference hash of 64 bits, compared pair by
/// pair. A unit is one input, then one band or one picture against those after it.
///
/// Invariants
///   D1  A cluster's name is its first input, and the same for all of its inputs.
///   D2  Equal inputs share a cluster, however they are ordered.
///   D3  Pictures within the distance share a cluster, always. Texts do so by chance, the surer the
///       more alike; texts below the threshold are never joined directly.
namespace oort::compute::builtin {

inline constexpr std::size_t document_bytes_max = std::size_t{1} << 20U;
inline constexpr std::uint32_t cluster_pictures_max = 1U << 15U;
inline constexpr std::uint32_t sketch_values_max = 512;

enum class DedupKind : std::uint8_t { Text = 0, Pictures = 1 };

struct DedupParameters {
  DedupKind kind = DedupKind::Text;
  std::uint8_t shingle_bytes = 9;          ///< 1 to 64.
  std::uint16_t bands = 32;                ///< At least 1, as `rows`;
  std::uint16_t rows = 4;                  ///< their product is at most 512.
  std::uint16_t threshold_permille = 700;  ///< Of the sketches' equal values; at most 1,000.
  std::uint8_t distance_max = 6;           ///< Bits of 64, of pictures.
};
void encode(codec::Writer& out, const DedupParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, DedupParameters& value);

struct DedupOutput {
  std::vector<std::uint32_t> clusters;    ///< Of each input.
  std::vector<std::uint32_t> unreadable;  ///< Pictures that stand alone for that reason; ascending.
};
void encode(codec::Writer& out, const DedupOutput& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, DedupOutput& value);

/// The least hashes of a text's shingles. ASCII letters are lowered and white space is one space.
[[nodiscard]] std::vector<std::uint32_t> text_sketch(ByteView text, std::uint8_t shingle_bytes,
                                                     std::size_t values_count,
                                                     const Kernels& kernels);
/// One bit for each of 8 by 8 places: whether the next place to the right is brighter.
[[nodiscard]] std::uint64_t difference_hash(const Picture& picture, const Kernels& kernels);

[[nodiscard]] Result<std::unique_ptr<Work>> start_dedup(ByteView parameters,
                                                        std::vector<Bytes> inputs,
                                                        const Kernels& kernels);

}  // namespace oort::compute::builtin
