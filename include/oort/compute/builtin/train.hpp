// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/compute/builtin/run.hpp"

/// `train` version 1: stochastic descent over a dataset. Inputs: the dataset, and perhaps a
/// held-out one. A unit is one batch, then 256 held-out samples, and at the end the export.
///
/// Invariants
///   T3  The exported model is one that `infer` takes.
namespace oort::compute::builtin {

inline constexpr std::uint32_t epochs_max = 10'000;

struct TrainParameters {
  std::vector<std::uint32_t> hidden;  ///< Sizes of the layers between; may be empty.
  std::uint32_t epochs = 1;
  std::uint64_t seed = 0;
  SgdOptions descent;
};
void encode(codec::Writer& out, const TrainParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TrainParameters& value);

struct TrainOutput {
  std::vector<std::uint32_t> losses_q16;  ///< Mean of each epoch.
  std::uint32_t held_out_count = 0;
  std::uint32_t held_out_correct = 0;
  Network network;
  Model model;
};
void encode(codec::Writer& out, const TrainOutput& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TrainOutput& value);

[[nodiscard]] Result<std::unique_ptr<Work>> start_train(ByteView parameters,
                                                        std::vector<Bytes> inputs,
                                                        const Kernels& kernels);

}  // namespace oort::compute::builtin
