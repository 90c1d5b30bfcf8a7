// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/result.hpp"

/// A quantised network: signed bytes as weights and activations, 32-bit sums.
///
/// Invariants
///   X1  A model that decodes fits its shapes from layer to layer, and none of its sums can
///   overflow. X4  A factor fills 31 bits: one factor has one form.
namespace oort::compute::builtin {

inline constexpr std::size_t layers_count_max = 64;
inline constexpr std::uint32_t side_max = 4096;
/// Of one sum; with bytes and a bias below 2^30 it stays below 2^31.
inline constexpr std::uint32_t sum_terms_max = std::uint32_t{1} << 16U;
inline constexpr std::int32_t bias_max = (std::int32_t{1} << 30) - 1;
inline constexpr std::uint64_t activations_max = std::uint64_t{1} << 22U;
/// Multiplications for one sample.
inline constexpr std::uint64_t products_max = std::uint64_t{1} << 28U;
inline constexpr std::uint32_t classes_max = 4096;

/// A positive factor below 2^31 as multiplier / 2^shift.
struct Requantise {
  std::uint32_t multiplier = std::uint32_t{1} << 30U;  ///< 2^30 to 2^31 - 1.
  std::uint8_t shift = 30;                             ///< 0 to 62.
  friend bool operator==(const Requantise&, const Requantise&) = default;
};
/// value · factor, rounded to the nearest, halves upward. Requires: |value| <= 2^31.
[[nodiscard]] std::int64_t requantised(std::int64_t value, const Requantise& factor) noexcept;

/// Activations of one sample, stored channel by channel, row by row.
struct Shape {
  std::uint32_t channels = 1;
  std::uint32_t height = 1;
  std::uint32_t width = 1;
  [[nodiscard]] constexpr std::uint64_t size() const noexcept {
    return std::uint64_t{channels} * height * width;
  }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// y = clamp(round(factor · (W x + b)), -128..127); the last layer leaves out factor and clamp.
struct Dense {
  std::uint32_t outputs = 1;
  std::vector<std::int8_t> weights;  ///< [outputs][inputs]
  std::vector<std::int32_t> biases;
  Requantise factor;
  friend bool operator==(const Dense&, const Dense&) = default;
};
/// The same at every place of a square window, over a border of `padding` zeros.
struct Convolution {
  std::uint32_t outputs = 1;
  std::uint8_t side = 1;
  std::uint8_t stride = 1;
  std::uint8_t padding = 0;
  std::vector<std::int8_t> weights;  ///< [outputs][channels][side][side]
  std::vector<std::int32_t> biases;
  Requantise factor;
  friend bool operator==(const Convolution&, const Convolution&) = default;
};
struct Relu {
  friend bool operator==(const Relu&, const Relu&) = default;
};
/// Over squares of side² without overlap; a rest at the right and lower edge is left out.
struct MaxPool {
  std::uint8_t side = 2;
  friend bool operator==(const MaxPool&, const MaxPool&) = default;
};
/// Rounded to the nearest, halves upward.
struct AveragePool {
  std::uint8_t side = 2;
  friend bool operator==(const AveragePool&, const AveragePool&) = default;
};
using Layer = std::variant<Dense, Convolution, Relu, MaxPool, AveragePool>;

/// The last layer is a Dense: its sums are the logits, and its factor brings them to Q16.
struct Model {
  Shape input;
  std::vector<Layer> layers;
  friend bool operator==(const Model&, const Model&) = default;
};
void encode(codec::Writer& out, const Model& value);
/// Fails with BAD_ARGUMENT for what does not fit together, TOO_LARGE over the bounds above.
[[nodiscard]] Result<void> decode(codec::Reader& in, Model& value);

/// What `layer` makes of an input of this shape; fails as `decode` does.
[[nodiscard]] Result<Shape> shape_after(const Layer& layer, const Shape& input);
/// Multiplications for one sample. Requires: the model decoded.
[[nodiscard]] std::uint64_t products_of(const Model& model);
[[nodiscard]] std::uint32_t classes_of(const Model& model);

}  // namespace oort::compute::builtin
