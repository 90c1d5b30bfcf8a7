// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/model.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/fixed_point.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;

enum class Kind : std::uint8_t {
  Dense = 0,
  Convolution = 1,
  Relu = 2,
  MaxPool = 3,
  AveragePool = 4
};

void encode_sums(codec::Writer& out, std::span<const std::int8_t> weights,
                 std::span<const std::int32_t> biases, const Requantise& factor) {
  out.raw(bytes_of(weights));
  write_i32s(out, biases);
  out.u32(factor.multiplier);
  out.u8(factor.shift);
}

struct Encoder {
  codec::Writer* out;

  void operator()(const Dense& layer) const {
    out->u8(static_cast<std::uint8_t>(Kind::Dense));
    out->u32(layer.outputs);
    encode_sums(*out, layer.weights, layer.biases, layer.factor);
  }
  void operator()(const Convolution& layer) const {
    out->u8(static_cast<std::uint8_t>(Kind::Convolution));
    out->u32(layer.outputs);
    out->u8(layer.side);
    out->u8(layer.stride);
    out->u8(layer.padding);
    encode_sums(*out, layer.weights, layer.biases, layer.factor);
  }
  void operator()(const Relu&) const { out->u8(static_cast<std::uint8_t>(Kind::Relu)); }
  void operator()(const MaxPool& layer) const {
    out->u8(static_cast<std::uint8_t>(Kind::MaxPool));
    out->u8(layer.side);
  }
  void operator()(const AveragePool& layer) const {
    out->u8(static_cast<std::uint8_t>(Kind::AveragePool));
    out->u8(layer.side);
  }
};

Result<Requantise> decode_factor(codec::Reader& in) {
  Requantise factor;
  OORT_TRY(factor.multiplier, in.u32());
  OORT_TRY(factor.shift, in.u8());
  if (factor.multiplier >> 30U != 1 || factor.shift > 62) {
    return refuse(reason::not_canonical, "a factor's multiplier fills 31 bits");
  }
  return factor;
}

/// What both layers of sums have in common, of `terms` weights an output.
template <class L>
Result<void> decode_sums(codec::Reader& in, L& layer, std::uint64_t terms) {
  if (terms > sum_terms_max) return refuse(reason::too_large, "a sum of too many terms");
  if (layer.outputs == 0 || layer.outputs > sum_terms_max) {
    return refuse(reason::bad_argument, "a layer of " + std::to_string(layer.outputs) + " outputs");
  }
  OORT_TRY(layer.weights, read_i8s(in, layer.outputs * terms));
  OORT_TRY(layer.biases, read_i32s(in, layer.outputs, bias_max));
  OORT_TRY(layer.factor, decode_factor(in));
  return {};
}

Result<Layer> decode_layer(codec::Reader& in, const Shape& input) {
  OORT_TRY(const std::uint8_t kind, in.u8());
  switch (static_cast<Kind>(kind)) {
    case Kind::Dense: {
      Dense layer;
      OORT_TRY(layer.outputs, in.u32());
      OORT_TRY(decode_sums(in, layer, input.size()));
      return Layer(std::move(layer));
    }
    case Kind::Convolution: {
      Convolution layer;
      OORT_TRY(layer.outputs, in.u32());
      OORT_TRY(layer.side, in.u8());
      OORT_TRY(layer.stride, in.u8());
      OORT_TRY(layer.padding, in.u8());
      OORT_TRY(decode_sums(in, layer, std::uint64_t{input.channels} * layer.side * layer.side));
      return Layer(std::move(layer));
    }
    case Kind::Relu: return Layer(Relu{});
    case Kind::MaxPool: {
      OORT_TRY(const std::uint8_t side, in.u8());
      return Layer(MaxPool{side});
    }
    case Kind::AveragePool: {
      OORT_TRY(const std::uint8_t side, in.u8());
      return Layer(AveragePool{side});
    }
  }
  return refuse(reason::malformed, "a layer of an unknown kind " + std::to_string(kind));
}

Result<void> check_shape(const Shape& shape) {
  if (shape.channels == 0 || shape.height == 0 || shape.width == 0) {
    return refuse(reason::bad_argument, "a shape without extent");
  }
  if (shape.channels > sum_terms_max || shape.height > side_max || shape.width > side_max ||
      shape.size() > activations_max) {
    return refuse(reason::too_large, "a shape with too many activations");
  }
  return {};
}

Result<Shape> pooled(const Shape& input, std::uint8_t side) {
  if (side == 0 || side > input.height || side > input.width) {
    return refuse(reason::bad_argument, "a pool that does not fit its input");
  }
  return Shape{input.channels, input.height / side, input.width / side};
}

struct ShapeAfter {
  const Shape& input;

  Result<Shape> operator()(const Dense& layer) const { return Shape{layer.outputs, 1, 1}; }
  Result<Shape> operator()(const Convolution& layer) const {
    const std::uint32_t height = input.height + 2U * layer.padding;
    const std::uint32_t width = input.width + 2U * layer.padding;
    if (layer.side == 0 || layer.stride == 0 || layer.side > height || layer.side > width ||
        layer.padding >= layer.side) {
      return refuse(reason::bad_argument, "a convolution that does not fit its input");
    }
    return Shape{layer.outputs, (height - layer.side) / layer.stride + 1,
                 (width - layer.side) / layer.stride + 1};
  }
  Result<Shape> operator()(const Relu&) const { return input; }
  Result<Shape> operator()(const MaxPool& layer) const { return pooled(input, layer.side); }
  Result<Shape> operator()(const AveragePool& layer) const { return pooled(input, layer.side); }
};

std::uint64_t products_after(const Layer& layer, const Shape& output) {
  if (const auto* dense = std::get_if<Dense>(&layer)) return dense->weights.size();
  if (const auto* convolution = std::get_if<Convolution>(&layer)) {
    return convolution->weights.size() * output.height * output.width;
  }
  return 0;
}

}  // namespace

std::int64_t requantised(std::int64_t value, const Requantise& factor) noexcept {
  return round_shift(value * factor.multiplier, factor.shift);
}

Result<Shape> shape_after(const Layer& layer, const Shape& input) {
  OORT_TRY(const Shape shape, std::visit(ShapeAfter{input}, layer));
  OORT_TRY(check_shape(shape));
  return shape;
}

std::uint64_t products_of(const Model& model) {
  std::uint64_t products = 0;
  Shape shape = model.input;
  for (const Layer& layer : model.layers) {
    const auto next = shape_after(layer, shape);
    OORT_ASSERT(next.has_value(), "a decoded model fits together");
    products += products_after(layer, *next);
    shape = *next;
  }
  return products;
}

std::uint32_t classes_of(const Model& model) {
  return std::get<Dense>(model.layers.back()).outputs;
}

void encode(codec::Writer& out, const Model& value) {
  out.u8(record_version);
  out.u32(value.input.channels);
  out.u32(value.input.height);
  out.u32(value.input.width);
  out.u32(static_cast<std::uint32_t>(value.layers.size()));
  for (const Layer& layer : value.layers) std::visit(Encoder{&out}, layer);
}

Result<void> decode(codec::Reader& in, Model& value) {
  OORT_TRY(expect_version(in, record_version, "a model"));
  OORT_TRY(value.input.channels, in.u32());
  OORT_TRY(value.input.height, in.u32());
  OORT_TRY(value.input.width, in.u32());
  OORT_TRY(check_shape(value.input));
  OORT_TRY(const std::uint32_t count, in.count(layers_count_max, 1));
  value.layers.clear();
  Shape shape = value.input;
  std::uint64_t products = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(Layer layer, decode_layer(in, shape));
    OORT_TRY(shape, shape_after(layer, shape));
    products += products_after(layer, shape);
    if (products > products_max) return refuse(reason::too_large, "a model with too much work");
    value.layers.push_back(std::move(layer));
  }
  const bool ends_well = !value.layers.empty() &&
                         std::holds_alternative<Dense>(value.layers.back()) &&
                         shape.channels <= classes_max;
  if (!ends_well) return refuse(reason::bad_argument, "a model ends with a dense layer of classes");
  return {};
}

}  // namespace oort::compute::builtin
