// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/infer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/fixed_point.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint64_t unit_samples_max = 64;
constexpr std::uint64_t unit_products = std::uint64_t{1} << 26U;
/// Bytes of unfolded windows that are multiplied at once.
constexpr std::size_t patches_bytes_max = std::size_t{1} << 20U;

std::int8_t to_i8(std::int64_t value) {
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, -128, 127));
}

/// Activations of a batch, sample by sample.
struct Batch {
  Shape shape;
  std::size_t count = 0;
  std::vector<std::int8_t> values;
};

std::vector<std::int32_t> dense_sums(const Dense& layer, const Batch& batch,
                                     const Kernels& kernels) {
  const GemmShape shape{batch.count, layer.outputs, batch.shape.size()};
  std::vector<std::int32_t> sums(shape.m * shape.n);
  kernels.gemm_s8(shape, batch.values, layer.weights, sums);
  std::int32_t* at = sums.data();
  for (std::size_t i = 0; i < shape.m; ++i) {
    for (const std::int32_t bias : layer.biases) *at++ += bias;
  }
  return sums;
}

/// The window of one output, unfolded to a row; what lies over the border is zero.
void unfold(const Convolution& layer, const Shape& shape, const std::int8_t* sample,
            std::int64_t top, std::int64_t left, std::int8_t* row) {
  for (std::uint32_t channel = 0; channel < shape.channels; ++channel) {
    const std::int8_t* plane = sample + std::size_t{channel} * shape.height * shape.width;
    for (std::int64_t y = top; y < top + layer.side; ++y) {
      for (std::int64_t x = left; x < left + layer.side; ++x) {
        const bool is_inside = y >= 0 && x >= 0 && y < shape.height && x < shape.width;
        *row++ = is_inside ? plane[y * shape.width + x] : std::int8_t{0};
      }
    }
  }
}

void convolve(const Convolution& layer, const Shape& from, const Shape& to,
              const std::int8_t* sample, std::int8_t* out, const Kernels& kernels) {
  const std::size_t terms = std::size_t{from.channels} * layer.side * layer.side;
  const std::size_t places = std::size_t{to.height} * to.width;
  const std::size_t block = std::clamp<std::size_t>(patches_bytes_max / terms, 1, places);
  std::vector<std::int8_t> patches(block * terms);
  std::vector<std::int32_t> sums(block * layer.outputs);
  for (std::size_t begin = 0; begin < places; begin += block) {
    const std::size_t count = std::min(block, places - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const auto y = static_cast<std::int64_t>((begin + i) / to.width);
      const auto x = static_cast<std::int64_t>((begin + i) % to.width);
      unfold(layer, from, sample, y * layer.stride - layer.padding,
             x * layer.stride - layer.padding, patches.data() + i * terms);
    }
    kernels.gemm_s8({count, layer.outputs, terms}, patches, layer.weights, sums);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t o = 0; o < layer.outputs; ++o) {
        const std::int64_t sum = std::int64_t{sums[i * layer.outputs + o]} + layer.biases[o];
        out[o * places + begin + i] = to_i8(requantised(sum, layer.factor));
      }
    }
  }
}

template <class Reduce>
void pool(const Shape& from, const Shape& to, std::uint8_t side, const std::int8_t* sample,
          std::int8_t* out, Reduce reduce) {
  for (std::uint32_t channel = 0; channel < from.channels; ++channel) {
    const std::int8_t* plane = sample + std::size_t{channel} * from.height * from.width;
    for (std::uint32_t y = 0; y < to.height; ++y) {
      for (std::uint32_t x = 0; x < to.width; ++x) {
        std::int32_t most = -128;
        std::int32_t sum = 0;
        for (std::uint32_t i = 0; i < std::uint32_t{side} * side; ++i) {
          const std::size_t row = std::size_t{y} * side + i / side;
          const std::int8_t value = plane[row * from.width + std::size_t{x} * side + i % side];
          most = std::max<std::int32_t>(most, value);
          sum += value;
        }
        *out++ = reduce(most, sum);
      }
    }
  }
}

struct Forward {
  const Batch& batch;
  const Shape& to;
  std::vector<std::int8_t>& out;
  const Kernels& kernels;

  void operator()(const Dense& layer) const {
    const auto sums = dense_sums(layer, batch, kernels);
    for (std::size_t i = 0; i < sums.size(); ++i)
      out[i] = to_i8(requantised(sums[i], layer.factor));
  }
  void operator()(const Convolution& layer) const {
    for (std::size_t i = 0; i < batch.count; ++i) {
      convolve(layer, batch.shape, to, from(i), into(i), kernels);
    }
  }
  void operator()(const Relu&) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = std::max<std::int8_t>(batch.values[i], 0);
    }
  }
  void operator()(const MaxPool& layer) const {
    const auto most = [](std::int32_t value, std::int32_t) { return to_i8(value); };
    for (std::size_t i = 0; i < batch.count; ++i) {
      pool(batch.shape, to, layer.side, from(i), into(i), most);
    }
  }
  void operator()(const AveragePool& layer) const {
    const std::int64_t area = std::int64_t{layer.side} * layer.side;
    const auto mean = [area](std::int32_t, std::int32_t sum) {
      return to_i8(round_divide(sum, area));
    };
    for (std::size_t i = 0; i < batch.count; ++i) {
      pool(batch.shape, to, layer.side, from(i), into(i), mean);
    }
  }

 private:
  [[nodiscard]] const std::int8_t* from(std::size_t i) const {
    return batch.values.data() + i * batch.shape.size();
  }
  [[nodiscard]] std::int8_t* into(std::size_t i) const { return out.data() + i * to.size(); }
};

std::uint16_t class_of(std::span<const std::int32_t> logits) {
  return static_cast<std::uint16_t>(std::max_element(logits.begin(), logits.end()) -
                                    logits.begin());
}

class InferWork final : public Work {
 public:
  InferWork(Head head, Model model, Samples samples, const Kernels& kernels)
      : head_(head), model_(std::move(model)), samples_(std::move(samples)), kernels_(kernels) {
    products_ = std::max<std::uint64_t>(1, products_of(model_));
    per_unit_ = std::clamp<std::uint64_t>(unit_products / products_, 1, unit_samples_max);
    output_.head = head_;
    output_.classes = classes_of(model_);
  }

  [[nodiscard]] Cost cost() const override {
    const std::uint64_t count = samples_count();
    return {.units = (count + per_unit_ - 1) / per_unit_,
            .operations = count * products_ * 2,
            .memory_bytes = activations_max * 2 + per_unit_ * samples_.features * 2,
            .output_bytes_max = 14 + count * record_bytes(head_, output_.classes)};
  }

  void unit(std::uint64_t index) override {
    const std::uint64_t begin = index * per_unit_;
    const std::uint64_t count = std::min(per_unit_, samples_count() - begin);
    const auto samples = std::span<const std::int8_t>(samples_.values)
                             .subspan(begin * samples_.features, count * samples_.features);
    const auto logits = logits_of(model_, samples, count, kernels_);
    codec::Writer out;
    for (std::uint64_t i = 0; i < count; ++i) {
      write_record(out, std::span(logits).subspan(i * output_.classes, output_.classes));
    }
    output_.records.insert(output_.records.end(), out.bytes().begin(), out.bytes().end());
    output_.count += static_cast<std::uint32_t>(count);
  }

  void save(codec::Writer& out) const override { out.raw(output_.records); }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    const std::uint64_t count = std::min(units_done * per_unit_, samples_count());
    OORT_TRY(const ByteView records, in.raw(count * record_bytes(head_, output_.classes)));
    output_.records.assign(records.begin(), records.end());
    output_.count = static_cast<std::uint32_t>(count);
    return {};
  }

  [[nodiscard]] Bytes output() const override { return codec::to_bytes(output_); }

 private:
  [[nodiscard]] std::uint64_t samples_count() const {
    return samples_.values.size() / samples_.features;
  }

  void write_record(codec::Writer& out, std::span<const std::int32_t> logits) const {
    if (head_ == Head::Logits) {
      write_i32s(out, logits);
      return;
    }
    out.u16(class_of(logits));
    if (head_ == Head::Argmax) return;
    const Requantise& to_q16 = std::get<Dense>(model_.layers.back()).factor;
    for (const std::uint32_t share : softmax_q16(logits, to_q16)) out.u32(share);
  }

  Head head_;
  Model model_;
  Samples samples_;
  const Kernels& kernels_;
  std::uint64_t products_ = 1;
  std::uint64_t per_unit_ = 1;
  InferOutput output_;
};

Result<Head> decode_head(codec::Reader& in) {
  OORT_TRY(const std::uint8_t head, in.u8());
  if (head > static_cast<std::uint8_t>(Head::Logits)) {
    return refuse(reason::bad_argument, "no head has the number " + std::to_string(head));
  }
  return static_cast<Head>(head);
}

}  // namespace

std::size_t record_bytes(Head head, std::uint32_t classes) noexcept {
  switch (head) {
    case Head::Argmax: return 2;
    case Head::Softmax: return 2 + std::size_t{classes} * 4;
    case Head::Logits: return std::size_t{classes} * 4;
  }
  return 0;
}

std::vector<std::int32_t> logits_of(const Model& model, std::span<const std::int8_t> samples,
                                    std::size_t count, const Kernels& kernels) {
  OORT_ASSERT(samples.size() == count * model.input.size(), "samples have the model's shape");
  Batch batch{model.input, count, {samples.begin(), samples.end()}};
  for (std::size_t i = 0; i + 1 < model.layers.size(); ++i) {
    const auto to = shape_after(model.layers[i], batch.shape);
    OORT_ASSERT(to.has_value(), "a decoded model fits together");
    std::vector<std::int8_t> out(count * to->size());
    std::visit(Forward{batch, *to, out, kernels}, model.layers[i]);
    batch.shape = *to;
    batch.values = std::move(out);
  }
  return dense_sums(std::get<Dense>(model.layers.back()), batch, kernels);
}

std::vector<std::uint32_t> softmax_q16(std::span<const std::int32_t> logits,
                                       const Requantise& to_q16) {
  const std::int32_t most = *std::max_element(logits.begin(), logits.end());
  std::vector<std::uint32_t> shares;
  std::uint64_t total = 0;
  for (const std::int32_t logit : logits) {
    const auto below = static_cast<std::uint64_t>(std::int64_t{most} - logit);
    const Uint128 product = Uint128{below} * to_q16.multiplier;
    const Uint128 half = to_q16.shift == 0 ? 0 : Uint128{1} << (to_q16.shift - 1U);
    const Uint128 x_q16 = (product + half) >> to_q16.shift;
    constexpr std::uint32_t far = std::numeric_limits<std::uint32_t>::max();
    shares.push_back(exp_negative_q30(x_q16 > far ? far : static_cast<std::uint32_t>(x_q16)));
    total += shares.back();
  }
  for (std::uint32_t& share : shares) {
    share = static_cast<std::uint32_t>(((std::uint64_t{share} << 16U) + total / 2) / total);
  }
  return shares;
}

void encode(codec::Writer& out, const InferParameters& value) {
  out.u8(record_version);
  out.u8(static_cast<std::uint8_t>(value.head));
}

Result<void> decode(codec::Reader& in, InferParameters& value) {
  OORT_TRY(expect_version(in, record_version, "infer parameters"));
  OORT_TRY(value.head, decode_head(in));
  return {};
}

void encode(codec::Writer& out, const Samples& value) {
  out.u8(record_version);
  out.u32(value.features);
  out.u32(static_cast<std::uint32_t>(value.values.size() / value.features));
  out.raw(bytes_of(value.values));
}

Result<void> decode(codec::Reader& in, Samples& value) {
  OORT_TRY(expect_version(in, record_version, "samples"));
  OORT_TRY(value.features, in.u32());
  if (value.features == 0 || value.features > activations_max) {
    return refuse(reason::bad_argument, "samples of " + std::to_string(value.features) + " bytes");
  }
  OORT_TRY(const std::uint32_t count, in.count(samples_count_max, value.features));
  OORT_TRY(value.values, read_i8s(in, std::size_t{count} * value.features));
  return {};
}

void encode(codec::Writer& out, const InferOutput& value) {
  out.u8(record_version);
  out.u8(static_cast<std::uint8_t>(value.head));
  out.u32(value.classes);
  out.u32(value.count);
  out.raw(value.records);
}

Result<void> decode(codec::Reader& in, InferOutput& value) {
  OORT_TRY(expect_version(in, record_version, "an infer output"));
  OORT_TRY(value.head, decode_head(in));
  OORT_TRY(value.classes, in.u32());
  if (value.classes == 0 || value.classes > classes_max) {
    return refuse(reason::bad_argument,
                  "an output of " + std::to_string(value.classes) + " classes");
  }
  const std::size_t size = record_bytes(value.head, value.classes);
  OORT_TRY(value.count, in.count(samples_count_max, size));
  OORT_TRY(const ByteView records, in.raw(value.count * size));
  value.records.assign(records.begin(), records.end());
  return {};
}

Result<std::unique_ptr<Work>> start_infer(ByteView parameters, std::vector<Bytes> inputs,
                                          const Kernels& kernels) {
  OORT_TRY(const InferParameters read, codec::from_bytes<InferParameters>(parameters));
  if (inputs.size() != 2) {
    return refuse(reason::bad_argument, "infer takes a model and samples");
  }
  OORT_TRY(Model model, codec::from_bytes<Model>(inputs[0]));
  OORT_TRY(Samples samples, codec::from_bytes<Samples>(inputs[1]));
  if (samples.features != model.input.size()) {
    return refuse(reason::bad_argument, "the samples have another shape than the model takes");
  }
  return std::make_unique<InferWork>(read.head, std::move(model), std::move(samples), kernels);
}

}  // namespace oort::compute::builtin
