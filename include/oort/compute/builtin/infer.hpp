// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/model.hpp"
#include "oort/compute/builtin/run.hpp"

/// `infer` version 1: what a model says of samples. Inputs: the model, then the samples. A unit is
/// up to 64 samples.
///
/// Invariants
///   X2  A sample's answer does not depend on the other samples.
///   X3  Probabilities are of the same order as the logits and add up to 2^16 but for rounding.
namespace oort::compute::builtin {

inline constexpr std::uint32_t samples_count_max = std::uint32_t{1} << 22U;

enum class Head : std::uint8_t {
  Argmax = 0,   ///< u16: the class of the largest logit, the first of equals.
  Softmax = 1,  ///< Each class's probability in Q16 as u32, after the class as u16.
  Logits = 2,   ///< Each class's sum as i32.
};
struct InferParameters {
  Head head = Head::Argmax;
};
void encode(codec::Writer& out, const InferParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, InferParameters& value);

/// Signed bytes, sample by sample, each of the model's input shape.
struct Samples {
  std::uint32_t features = 1;
  std::vector<std::int8_t> values;
};
void encode(codec::Writer& out, const Samples& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Samples& value);

/// One record a sample, in order, after a version byte, the head and the number of classes.
struct InferOutput {
  Head head = Head::Argmax;
  std::uint32_t classes = 1;
  std::uint32_t count = 0;
  Bytes records;
};
void encode(codec::Writer& out, const InferOutput& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, InferOutput& value);
/// Bytes of one record.
[[nodiscard]] std::size_t record_bytes(Head head, std::uint32_t classes) noexcept;

/// The logits of `count` samples, [count][classes]. Requires: `model` decoded; samples of its
/// shape.
[[nodiscard]] std::vector<std::int32_t> logits_of(const Model& model,
                                                  std::span<const std::int8_t> samples,
                                                  std::size_t count, const Kernels& kernels);
/// Probabilities in Q16. Requires: not empty.
[[nodiscard]] std::vector<std::uint32_t> softmax_q16(std::span<const std::int32_t> logits,
                                                     const Requantise& to_q16);

[[nodiscard]] Result<std::unique_ptr<Work>> start_infer(ByteView parameters,
                                                        std::vector<Bytes> inputs,
                                                        const Kernels& kernels);

}  // namespace oort::compute::builtin
