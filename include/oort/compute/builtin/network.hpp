// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/model.hpp"
#include "oort/core/result.hpp"

/// Networks that are trained: fully connected layers with ReLU between them and a softmax at the
/// end, in fixed point (parameters Q20, activations Q16). One layer alone is a logistic classifier.
///
/// Invariants
///   T1  One seed, dataset and options give one network, bit by bit, whatever the kernels.
///   T2  The numbers stay in their ranges, so that no sum overflows.
namespace oort::compute::builtin {

inline constexpr std::size_t network_layers_max = 8;
/// Of one layer.
inline constexpr std::uint32_t network_units_max = 8192;
inline constexpr std::uint64_t network_parameters_max = std::uint64_t{1} << 22U;
/// ±16 in Q20.
inline constexpr std::int32_t parameter_max = std::int32_t{1} << 24;
/// ±64 in Q24.
inline constexpr std::int32_t velocity_max = std::int32_t{1} << 30;
inline constexpr std::uint32_t dataset_count_max = std::uint32_t{1} << 22U;

/// Labelled samples: signed bytes x, read as x / 128.
struct Dataset {
  std::uint32_t features = 1;
  std::uint32_t classes = 2;
  std::vector<std::int8_t> values;    ///< Sample by sample.
  std::vector<std::uint16_t> labels;  ///< Each below `classes`.
  [[nodiscard]] std::uint32_t count() const noexcept {
    return static_cast<std::uint32_t>(labels.size());
  }
};
void encode(codec::Writer& out, const Dataset& value);
/// Fails with BAD_ARGUMENT for an empty dataset and a label that is no class.
[[nodiscard]] Result<void> decode(codec::Reader& in, Dataset& value);

/// Sizes from the input to the classes, and per layer the weights [outputs][inputs], then the
/// biases.
struct Network {
  std::vector<std::uint32_t> sizes;
  std::vector<std::int32_t> parameters;
  friend bool operator==(const Network&, const Network&) = default;
};
void encode(codec::Writer& out, const Network& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Network& value);

/// Fails with BAD_ARGUMENT or TOO_LARGE when no network has these sizes.
[[nodiscard]] Result<void> check_sizes(std::span<const std::uint32_t> sizes);
/// Requires: `check_sizes` succeeds.
[[nodiscard]] std::size_t parameters_count(std::span<const std::uint32_t> sizes);
/// Weights drawn evenly within ±sqrt(6 / inputs), biases zero. Requires: `check_sizes` succeeds.
[[nodiscard]] Network initial_network(std::vector<std::uint32_t> sizes, std::uint64_t seed);

/// How one step descends.
struct SgdOptions {
  std::uint32_t rate_q16 = 6554;       ///< Learning rate; below 2^20.
  std::uint32_t momentum_q16 = 58982;  ///< Below 2^16.
  std::uint8_t batch_log2 = 5;         ///< 2^0 to 2^8 samples a step.
  friend bool operator==(const SgdOptions&, const SgdOptions&) = default;
};
void encode(codec::Writer& out, const SgdOptions& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, SgdOptions& value);

/// One batch forward, backward and downhill: changes `network` and `velocities`, and gives the sum
/// of the samples' losses (natural logarithm, Q16) before the step.
/// Requires: `indices` name 2^batch_log2 samples; `velocities` has one number a parameter.
std::uint64_t descend(Network& network, std::vector<std::int32_t>& velocities,
                      const SgdOptions& options, const Dataset& dataset,
                      std::span<const std::uint32_t> indices, const Kernels& kernels);

/// How many of the `count` samples from `begin` on the network takes for what they are.
[[nodiscard]] std::uint32_t correct_count(const Network& network, const Dataset& dataset,
                                          std::uint32_t begin, std::uint32_t count,
                                          const Kernels& kernels);

/// Which samples step `step` takes: all once an epoch, in an order drawn from `seed` and the epoch.
/// A rest that fills no batch waits for another epoch's order.
/// Requires: the dataset has at least one batch.
class Shuffle {
 public:
  Shuffle(std::uint64_t seed, std::uint32_t count, std::uint8_t batch_log2);
  [[nodiscard]] std::uint64_t batches_per_epoch() const noexcept;
  [[nodiscard]] std::span<const std::uint32_t> batch(std::uint64_t step);

 private:
  void order_for(std::uint64_t epoch);
  std::uint64_t seed_;
  std::uint32_t batch_;
  std::uint64_t epoch_;
  std::vector<std::uint32_t> order_;
};

/// The network as a model of signed bytes. Weights are scaled layer by layer by their largest, and
/// activations by the largest that up to 1,024 samples from the first on arouse.
[[nodiscard]] Model quantised(const Network& network, const Dataset& calibration,
                              const Kernels& kernels);

}  // namespace oort::compute::builtin
