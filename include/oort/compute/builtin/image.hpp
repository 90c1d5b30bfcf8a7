// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// `image` version 1: decodes PGM, PPM (binary, 8 bits) and PNG (not interlaced), crops, resizes,
/// makes grey and measures. Inputs: one picture each. A unit is one picture.
///
/// Invariants
///   P1  A picture that cannot be read is told in its record and spoils no other.
///   P2  A resampled picture's values lie within those of the original, and a flat one stays as it
///   is. P3  PNG decodes to the exact samples; transparency is left out, and 16 bits lose the
///   lower 8.
namespace oort::compute::builtin {

inline constexpr std::uint32_t picture_side_max = 16'384;
inline constexpr std::uint64_t picture_pixels_max = std::uint64_t{1} << 24U;

/// Rows from the top, grey (1) or red, green, blue (3) a pixel.
struct Picture {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  std::uint32_t channels = 1;
  std::vector<std::uint8_t> samples;
  friend bool operator==(const Picture&, const Picture&) = default;
};

/// What a picture's first bytes say; both within the bounds above.
struct PictureSize {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
};
[[nodiscard]] std::optional<PictureSize> picture_size(ByteView bytes);

/// Fails with MALFORMED, CHECKSUM_MISMATCH, TOO_LARGE, or NOT_SUPPORTED for another format.
[[nodiscard]] Result<Picture> decode_picture(ByteView bytes);
/// As PGM or PPM.
[[nodiscard]] Bytes encode_pnm(const Picture& picture);

enum class Filter : std::uint8_t {
  Area = 0,      ///< The mean of what a pixel covers: for smaller pictures.
  Bilinear = 1,  ///< Between the four nearest: for larger pictures.
};
/// Requires: sides within the bounds.
[[nodiscard]] Picture resized(const Picture& picture, std::uint32_t width, std::uint32_t height,
                              Filter filter, const Kernels& kernels);
struct Rectangle {
  std::uint32_t left = 0;
  std::uint32_t top = 0;
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};
/// Fails with BAD_ARGUMENT when it does not lie within the picture.
[[nodiscard]] Result<Picture> cropped(const Picture& picture, const Rectangle& part);
/// Luma: (77 R + 150 G + 29 B) / 256, rounded.
[[nodiscard]] Picture grey(const Picture& picture);

/// Of the grey picture.
struct Quality {
  std::uint32_t mean_q8 = 0;
  std::uint32_t variance_q8 = 0;
  std::uint32_t sharpness_q8 = 0;     ///< Variance of the Laplacian: low where it is blurred.
  std::uint32_t entropy_q16 = 0;      ///< Of the histogram, in bits.
  std::uint32_t dark_permille = 0;    ///< Below 16.
  std::uint32_t bright_permille = 0;  ///< Above 239.
  friend bool operator==(const Quality&, const Quality&) = default;
};
[[nodiscard]] Quality quality_of(const Picture& picture);

enum class Crop : std::uint8_t { None = 0, Square = 1, Part = 2 };

/// Done in this order. Quality is that of the picture as decoded.
struct ImageParameters {
  Crop crop = Crop::None;
  Rectangle part;  ///< With `Crop::Part`; all zero otherwise.
  std::optional<PictureSize> resize;
  Filter filter = Filter::Area;
  bool makes_grey = false;
};
void encode(codec::Writer& out, const ImageParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ImageParameters& value);

enum class PictureState : std::uint8_t {
  Done = 0,
  Malformed = 1,
  NotSupported = 2,
  TooLarge = 3,
  OutOfPicture = 4,
};
/// What became of one picture; quality and bytes only when it is done.
struct PictureRecord {
  PictureState state = PictureState::Done;
  Quality quality;
  Bytes pnm;
};
void encode(codec::Writer& out, const PictureRecord& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, PictureRecord& value);
struct ImageOutput {
  std::vector<PictureRecord> pictures;
};
void encode(codec::Writer& out, const ImageOutput& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ImageOutput& value);

[[nodiscard]] Result<std::unique_ptr<Work>> start_image(ByteView parameters,
                                                        std::vector<Bytes> inputs,
                                                        const Kernels& kernels);

}  // namespace oort::compute::builtin
