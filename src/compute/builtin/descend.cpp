// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "builtin/fixed_point.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/core/assert.hpp"

// Ranges (T2): parameters below 2^24, activations and errors at most 2^22, sums of at most 2^13
// products: below 2^60.
namespace oort::compute::builtin {
namespace {

constexpr std::int32_t activation_max = std::int32_t{1} << 22;
constexpr std::uint32_t one_q16 = std::uint32_t{1} << 16U;
/// ln 2 in Q16.
constexpr std::uint64_t ln2_q16 = 45426;
constexpr std::size_t calibration_count_max = 1024;

/// Where a layer's parameters lie.
struct LayerView {
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  std::size_t begin = 0;

  [[nodiscard]] std::size_t weights_count() const { return std::size_t{inputs} * outputs; }
  [[nodiscard]] std::span<const std::int32_t> weights(const Network& network) const {
    return std::span(network.parameters).subspan(begin, weights_count());
  }
  [[nodiscard]] std::span<const std::int32_t> biases(const Network& network) const {
    return std::span(network.parameters).subspan(begin + weights_count(), outputs);
  }
};

std::vector<LayerView> layers_of(const Network& network) {
  std::vector<LayerView> layers;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < network.sizes.size(); ++i) {
    layers.push_back({network.sizes[i - 1], network.sizes[i], begin});
    begin += layers.back().weights_count() + network.sizes[i];
  }
  return layers;
}

/// Activations [count][units] in Q16: those of the input first, and last the logits.
using Activations = std::vector<std::vector<std::int32_t>>;

Activations forward(const Network& network, std::vector<std::int32_t> input, std::size_t count,
                    const Kernels& kernels) {
  Activations activations;
  activations.push_back(std::move(input));
  const auto layers = layers_of(network);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerView& layer = layers[l];
    std::vector<std::int64_t> sums(count * layer.outputs);
    kernels.gemm_s32({count, layer.outputs, layer.inputs}, Layout::Dot, activations.back(),
                     layer.weights(network), sums);
    const auto biases = layer.biases(network);
    const bool is_last = l + 1 == layers.size();
    std::vector<std::int32_t> out(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const std::int64_t sum = sums[i] + std::int64_t{biases[i % layer.outputs]} * one_q16;
      const std::int32_t value = clamp_to(round_shift(sum, 20), activation_max);
      out[i] = is_last ? value : std::max(value, 0);
    }
    activations.push_back(std::move(out));
  }
  return activations;
}

void append_sample(std::vector<std::int32_t>& input, const Dataset& dataset, std::uint32_t index) {
  const std::int8_t* sample = dataset.values.data() + std::size_t{index} * dataset.features;
  for (std::uint32_t i = 0; i < dataset.features; ++i) input.push_back(sample[i] * 512);
}

/// Turns the logits of one sample into the gradient of its loss, and gives the loss.
std::uint32_t loss_and_error(std::span<std::int32_t> logits, std::uint16_t label) {
  const std::int32_t most = *std::max_element(logits.begin(), logits.end());
  std::uint64_t total = 0;
  std::vector<std::uint64_t> shares(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    shares[i] = exp_negative_q30(static_cast<std::uint32_t>(std::int64_t{most} - logits[i]));
    total += shares[i];
  }
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const std::uint64_t share = ((shares[i] << 16U) + total / 2) / total;
    logits[i] = static_cast<std::int32_t>(share) - (i == label ? std::int32_t{one_q16} : 0);
  }
  const std::uint64_t right = std::max<std::uint64_t>(shares[label], 1);
  return static_cast<std::uint32_t>((log2_q16(total) - log2_q16(right)) * ln2_q16 >> 16U);
}

/// Velocities and parameters after the mean of the gradients, whose sums are in Q32.
void move(std::span<const std::int64_t> sums, std::size_t begin, Network& network,
          std::vector<std::int32_t>& velocities, const SgdOptions& options) {
  const unsigned mean_shift = 8U + options.batch_log2;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    std::int32_t& velocity = velocities[begin + i];
    const std::int64_t kept = round_shift(std::int64_t{velocity} * options.momentum_q16, 16);
    velocity = clamp_to(kept + round_shift(sums[i], mean_shift), velocity_max);
    std::int32_t& parameter = network.parameters[begin + i];
    const std::int64_t step = round_shift(std::int64_t{velocity} * options.rate_q16, 20);
    parameter = clamp_to(parameter - step, parameter_max);
  }
}

/// The error of a layer's inputs, from that of its outputs; none where the ReLU before was closed.
std::vector<std::int32_t> error_before(const LayerView& layer, const Network& network,
                                       std::span<const std::int32_t> error,
                                       std::span<const std::int32_t> activations, std::size_t count,
                                       const Kernels& kernels) {
  std::vector<std::int64_t> sums(count * layer.inputs);
  kernels.gemm_s32({count, layer.inputs, layer.outputs}, Layout::Product, error,
                   layer.weights(network), sums);
  std::vector<std::int32_t> before(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    before[i] = activations[i] > 0 ? clamp_to(round_shift(sums[i], 20), activation_max) : 0;
  }
  return before;
}

}  // namespace

std::uint64_t descend(Network& network, std::vector<std::int32_t>& velocities,
                      const SgdOptions& options, const Dataset& dataset,
                      std::span<const std::uint32_t> indices, const Kernels& kernels) {
  OORT_ASSERT(indices.size() == std::size_t{1} << options.batch_log2, "a step is one batch");
  OORT_ASSERT(velocities.size() == network.parameters.size(), "each parameter has a velocity");
  const std::size_t count = indices.size();
  std::vector<std::int32_t> input;
  input.reserve(count * dataset.features);
  for (const std::uint32_t index : indices) append_sample(input, dataset, index);
  const Activations activations = forward(network, std::move(input), count, kernels);

  std::vector<std::int32_t> error = activations.back();
  std::uint64_t loss = 0;
  for (std::size_t i = 0; i < count; ++i) {
    loss += loss_and_error(std::span(error).subspan(i * dataset.classes, dataset.classes),
                           dataset.labels[indices[i]]);
  }
  const auto layers = layers_of(network);
  for (std::size_t l = layers.size(); l-- > 0;) {
    const LayerView& layer = layers[l];
    std::vector<std::int64_t> sums(layer.weights_count() + layer.outputs, 0);
    const std::span all(sums);
    kernels.gemm_s32({layer.outputs, layer.inputs, count}, Layout::Outer, error, activations[l],
                     all.first(layer.weights_count()));
    for (std::size_t i = 0; i < error.size(); ++i) {
      sums[layer.weights_count() + i % layer.outputs] += std::int64_t{error[i]} * one_q16;
    }
    if (l > 0) {
      auto before = error_before(layer, network, error, activations[l], count, kernels);
      error = std::move(before);
    }
    move(sums, layer.begin, network, velocities, options);
  }
  return loss;
}

std::uint32_t correct_count(const Network& network, const Dataset& dataset, std::uint32_t begin,
                            std::uint32_t count, const Kernels& kernels) {
  std::vector<std::int32_t> input;
  for (std::uint32_t i = 0; i < count; ++i) append_sample(input, dataset, begin + i);
  const Activations activations = forward(network, std::move(input), count, kernels);
  std::uint32_t correct = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto logits =
        std::span(activations.back()).subspan(std::size_t{i} * dataset.classes, dataset.classes);
    const auto most = std::max_element(logits.begin(), logits.end()) - logits.begin();
    if (most == dataset.labels[begin + i]) ++correct;
  }
  return correct;
}

Model quantised(const Network& network, const Dataset& calibration, const Kernels& kernels) {
  const std::size_t count = std::min<std::size_t>(calibration.count(), calibration_count_max);
  std::vector<std::int32_t> input;
  for (std::uint32_t i = 0; i < count; ++i) append_sample(input, calibration, i);
  const Activations activations = forward(network, std::move(input), count, kernels);

  Model model{{network.sizes.front(), 1, 1}, {}};
  const auto layers = layers_of(network);
  // A byte stands for `largest` / 127 in Q16; a byte of the input for 512.
  std::int64_t largest_before = std::int64_t{512} * 127;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto weights = layers[l].weights(network);
    const bool is_last = l + 1 == layers.size();
    std::int64_t heaviest = 1;
    for (const std::int32_t weight : weights) {
      heaviest = std::max<std::int64_t>(heaviest, weight < 0 ? -weight : weight);
    }
    Dense layer{.outputs = layers[l].outputs, .weights = {}, .biases = {}, .factor = {}};
    for (const std::int32_t weight : weights) {
      layer.weights.push_back(
          static_cast<std::int8_t>(round_divide(std::int64_t{weight} * 127, heaviest)));
    }
    // One unit of a sum is heaviest · largest_before / 127² in Q36; a bias is Q20.
    const std::int64_t unit_q36 = heaviest * largest_before;
    for (const std::int32_t bias : layers[l].biases(network)) {
      const std::int64_t scaled = round_divide(std::int64_t{bias} * one_q16 * 127,
                                               std::max<std::int64_t>(unit_q36 / 127, 1));
      layer.biases.push_back(clamp_to(scaled, bias_max));
    }
    const std::int64_t largest =
        std::max(*std::max_element(activations[l + 1].begin(), activations[l + 1].end()), 1);
    const auto unit = static_cast<std::uint64_t>(unit_q36);
    layer.factor =
        is_last ? requantise_by(unit, Uint128{127 * 127} << 20U)
                : requantise_by(unit, (Uint128{127} << 20U) * static_cast<std::uint64_t>(largest));
    model.layers.emplace_back(std::move(layer));
    if (!is_last) model.layers.emplace_back(Relu{});
    largest_before = largest;
  }
  return model;
}

}  // namespace oort::compute::builtin
