// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// Copies and slight edits of texts and images. Integers alone; what is computed is frozen, for
/// sketches are stored. It finds copies, not another photograph of the same thing.
///
/// Invariants
///   N1  Equal shingles have equal sketches; the order of shingles does not matter.
///   N2  Equal pixels have equal hashes.
namespace oort::datahub {

/// Hashes of every run of five words, ascending and each once; of the whole text where it has fewer
/// words. A word is a run of letters, digits and bytes of other scripts; ASCII letters count as
/// lower-case.
[[nodiscard]] std::vector<std::uint64_t> shingles_of(std::string_view text);
/// Shared shingles among all shingles of both, in ppm, rounded down; two empty sets are alike.
/// Requires: ascending, each once.
[[nodiscard]] std::uint32_t jaccard_ppm(std::span<const std::uint64_t> a,
                                        std::span<const std::uint64_t> b) noexcept;

inline constexpr std::size_t sketch_bands = 14;
inline constexpr std::size_t sketch_rows = 8;
/// MinHash: the least of each of 112 permutations of the shingles.
using TextSketch = std::array<std::uint64_t, sketch_bands * sketch_rows>;
[[nodiscard]] TextSketch sketch_of(std::span<const std::uint64_t> shingles) noexcept;

/// Sketches by their bands. Two texts of which 80 % is shared meet with a chance of 0.92, of which
/// 90 % with 0.9996, of which half with 0.05; so whoever asks compares the shingles of what is
/// found.
class SketchIndex {
 public:
  void add(std::uint64_t id, const TextSketch& sketch);
  /// Ids that share a band, ascending, each once.
  [[nodiscard]] std::vector<std::uint64_t> candidates(const TextSketch& sketch) const;

 private:
  std::map<std::uint64_t, std::vector<std::uint64_t>> bands_;
};

/// Pixels from dark to bright, row by row.
struct GreyImage {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::span<const std::uint8_t> pixels;
};
inline constexpr std::uint32_t image_side_max = 1U << 15;

/// 256 signs of low frequencies, like PDQ (Facebook, 2019), but of exact area means and an integer
/// cosine transform, so that every machine has the same.
struct ImageHash {
  Bytes32 bits;
  std::uint32_t quality = 0;  ///< 0 … 100; below 50 the image is too plain to be told from others.
  friend bool operator==(const ImageHash&, const ImageHash&) noexcept = default;
};
/// Fails with BAD_ARGUMENT when a side is 0 or the pixels are not width times height, with
/// TOO_LARGE over a bound.
[[nodiscard]] Result<ImageHash> hash_of(const GreyImage& image);
/// Bits that differ, 0 … 256. Unrelated images differ in about 128.
[[nodiscard]] std::uint32_t distance(const ImageHash& a, const ImageHash& b) noexcept;
/// Up to this distance two images are one: scaled, brighter, blurred or noisy.
inline constexpr std::uint32_t image_match_max = 31;
/// Up to this distance a person should look: a border may have been cut off.
inline constexpr std::uint32_t image_suspect_max = 64;

}  // namespace oort::datahub
