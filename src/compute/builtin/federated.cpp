// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/federated.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/fixed_point.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint64_t member_stream = 21;
constexpr std::size_t unit_parameters = std::size_t{1} << 16U;
constexpr std::uint64_t unit_products_max = std::uint64_t{1} << 29U;

DeltaBlock packed(std::span<const std::int32_t> differences) {
  DeltaBlock block;
  for (const std::int32_t value : differences) {
    block.largest = std::max(block.largest, static_cast<std::uint32_t>(value < 0 ? -value : value));
  }
  const std::int64_t divisor = std::max<std::int64_t>(block.largest, 1);
  for (const std::int32_t value : differences) {
    block.values.push_back(
        static_cast<std::int8_t>(round_divide(std::int64_t{value} * 127, divisor)));
  }
  return block;
}

/// The value of parameter `index` that a delta stands for.
std::int32_t value_of(const Delta& delta, std::size_t index) {
  const DeltaBlock& block = delta.blocks[index / delta_block];
  const std::int64_t scaled = std::int64_t{block.largest} * block.values[index % delta_block];
  return static_cast<std::int32_t>(round_divide(scaled, 127));
}

Result<void> check_member(const FederatedParameters& parameters, const GlobalState& state,
                          const Dataset& dataset) {
  const auto& sizes = state.network.sizes;
  if (sizes.front() != dataset.features || sizes.back() != dataset.classes) {
    return refuse(reason::bad_argument, "the dataset has another shape than the network");
  }
  if (dataset.count() >> parameters.descent.batch_log2 == 0) {
    return refuse(reason::bad_argument, "the dataset fills no batch");
  }
  if (parameters_count(sizes) * 3 << parameters.descent.batch_log2 > unit_products_max) {
    return refuse(reason::too_large, "a step of too many multiplications");
  }
  return {};
}

std::uint64_t member_seed(const FederatedParameters& parameters, std::uint32_t round,
                          std::uint32_t member) {
  return drawn(drawn(parameters.seed, member_stream, round), member_stream, member);
}

class LocalWork final : public Work {
 public:
  LocalWork(const LocalParameters& parameters, GlobalState state, Dataset dataset,
            const Kernels& kernels)
      : parameters_(parameters),
        state_(std::move(state)),
        dataset_(std::move(dataset)),
        kernels_(kernels),
        shuffle_(member_seed(parameters.federated, state_.round, parameters.member),
                 dataset_.count(), parameters.federated.descent.batch_log2),
        network_(state_.network),
        velocities_(network_.parameters.size(), 0) {}

  [[nodiscard]] Cost cost() const override {
    const std::uint64_t parameters = network_.parameters.size();
    const std::uint64_t samples = std::uint64_t{parameters_.federated.local_steps}
                                  << parameters_.federated.descent.batch_log2;
    return {.units = std::uint64_t{parameters_.federated.local_steps} + 1,
            .operations = samples * parameters * 6 + parameters * 16,
            .memory_bytes = parameters * 40,
            .output_bytes_max = 64 + parameters + (parameters / delta_block + 1) * 4};
  }

  void unit(std::uint64_t index) override {
    if (index < parameters_.federated.local_steps) {
      descend(network_, velocities_, parameters_.federated.descent, dataset_, shuffle_.batch(index),
              kernels_);
    }
  }

  void save(codec::Writer& out) const override {
    write_i32s(out, network_.parameters);
    write_i32s(out, velocities_);
  }

  Result<void> load(codec::Reader& in, std::uint64_t) override {
    const std::size_t count = network_.parameters.size();
    OORT_TRY(network_.parameters, read_i32s(in, count, parameter_max));
    OORT_TRY(velocities_, read_i32s(in, count, velocity_max));
    return {};
  }

  [[nodiscard]] Bytes output() const override { return codec::to_bytes(delta()); }

  [[nodiscard]] Delta delta() const {
    std::vector<std::int32_t> differences;
    differences.reserve(network_.parameters.size());
    for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
      differences.push_back(network_.parameters[i] - state_.network.parameters[i]);
    }
    Delta delta{state_digest(state_),
                parameters_.member,
                static_cast<std::uint32_t>(differences.size()),
                {}};
    const std::span<const std::int32_t> all(differences);
    for (std::size_t at = 0; at < all.size(); at += delta_block) {
      delta.blocks.push_back(packed(all.subspan(at, std::min(delta_block, all.size() - at))));
    }
    return delta;
  }

 private:
  LocalParameters parameters_;
  GlobalState state_;
  Dataset dataset_;
  const Kernels& kernels_;
  Shuffle shuffle_;
  Network network_;
  std::vector<std::int32_t> velocities_;
};

class MergeWork final : public Work {
 public:
  MergeWork(const FederatedParameters& parameters, GlobalState state, std::vector<Delta> deltas)
      : parameters_(parameters),
        state_(std::move(state)),
        deltas_(std::move(deltas)),
        left_out_(deltas_.size(), 0) {}

  [[nodiscard]] Cost cost() const override {
    const std::uint64_t parameters = state_.network.parameters.size();
    return {.units = (parameters + unit_parameters - 1) / unit_parameters,
            .operations = parameters * deltas_.size() * 40,
            .memory_bytes = parameters * (16 + deltas_.size()),
            .output_bytes_max =
                64 + state_.network.sizes.size() * 4 + parameters * 8 + deltas_.size() * 8};
  }

  void unit(std::uint64_t index) override {
    const std::size_t begin = index * unit_parameters;
    const std::size_t end = std::min(begin + unit_parameters, state_.network.parameters.size());
    for (std::size_t i = begin; i < end; ++i) move(i, trimmed_mean(i));
  }

  void save(codec::Writer& out) const override {
    write_i32s(out, state_.network.parameters);
    write_i32s(out, state_.momentum);
    for (const std::uint32_t count : left_out_) out.u32(count);
    out.u32(contested_);
  }

  Result<void> load(codec::Reader& in, std::uint64_t) override {
    const std::size_t count = state_.network.parameters.size();
    OORT_TRY(state_.network.parameters, read_i32s(in, count, parameter_max));
    OORT_TRY(state_.momentum, read_i32s(in, count, parameter_max));
    for (std::uint32_t& left_out : left_out_) {
      OORT_TRY(left_out, in.u32());
    }
    OORT_TRY(contested_, in.u32());
    const std::uint32_t most = *std::max_element(left_out_.begin(), left_out_.end());
    if (contested_ > count || most > contested_) {
      return refuse(reason::bad_argument, "a checkpoint with impossible counts");
    }
    return {};
  }

  [[nodiscard]] Bytes output() const override {
    Merged merged{state_, {}};
    ++merged.state.round;
    for (std::size_t i = 0; i < deltas_.size(); ++i) {
      const std::uint64_t permille =
          std::uint64_t{left_out_[i]} * 1000 / std::max<std::uint32_t>(contested_, 1);
      merged.standings.push_back({deltas_[i].member, static_cast<std::uint32_t>(permille)});
    }
    return codec::to_bytes(merged);
  }

 private:
  /// The mean of the values at `index` without the `trim` least and greatest.
  std::int64_t trimmed_mean(std::size_t index) {
    values_.clear();
    for (const Delta& delta : deltas_) values_.push_back(value_of(delta, index));
    sorted_ = values_;
    std::sort(sorted_.begin(), sorted_.end());
    const std::size_t trim = parameters_.trim;
    const std::int32_t least = sorted_[trim];
    const std::int32_t most = sorted_[sorted_.size() - 1 - trim];
    // Who equals a value that counts is not called an extreme.
    if (sorted_.front() < least || sorted_.back() > most) {
      ++contested_;
      for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i] < least || values_[i] > most) ++left_out_[i];
      }
    }
    std::int64_t sum = 0;
    for (std::size_t i = trim; i < sorted_.size() - trim; ++i) sum += sorted_[i];
    return round_divide(sum, static_cast<std::int64_t>(sorted_.size() - 2 * trim));
  }

  /// Nesterov's outer step.
  void move(std::size_t index, std::int64_t mean) {
    std::int32_t& momentum = state_.momentum[index];
    const std::int64_t kept =
        round_shift(std::int64_t{momentum} * parameters_.outer_momentum_q16, 16);
    momentum = clamp_to(kept + mean, parameter_max);
    const std::int64_t ahead =
        mean + round_shift(std::int64_t{momentum} * parameters_.outer_momentum_q16, 16);
    std::int32_t& parameter = state_.network.parameters[index];
    parameter =
        clamp_to(parameter + round_shift(ahead * parameters_.outer_rate_q16, 16), parameter_max);
  }

  FederatedParameters parameters_;
  GlobalState state_;
  std::vector<Delta> deltas_;
  std::vector<std::uint32_t> left_out_;
  std::uint32_t contested_ = 0;
  std::vector<std::int32_t> values_;
  std::vector<std::int32_t> sorted_;
};

/// Deltas of this state, ascending by member.
Result<std::vector<Delta>> read_deltas(const GlobalState& state, std::span<const Bytes> inputs) {
  const Bytes32 digest = state_digest(state);
  std::vector<Delta> deltas;
  for (const Bytes& input : inputs) {
    OORT_TRY(Delta delta, codec::from_bytes<Delta>(input));
    if (delta.state != digest || delta.count != state.network.parameters.size()) {
      return refuse(reason::bad_argument,
                    "member " + std::to_string(delta.member) + " began from another state");
    }
    if (!deltas.empty() && delta.member <= deltas.back().member) {
      return refuse(reason::not_canonical, "deltas ascend by member, one each");
    }
    deltas.push_back(std::move(delta));
  }
  return deltas;
}

}  // namespace

Result<Delta> local_delta(const FederatedParameters& parameters, const GlobalState& state,
                          std::uint32_t member, const Dataset& dataset, const Kernels& kernels) {
  OORT_TRY(check_member(parameters, state, dataset));
  LocalWork work({parameters, member}, state, dataset, kernels);
  for (std::uint64_t i = 0; i < parameters.local_steps; ++i) work.unit(i);
  return work.delta();
}

Result<Bytes32> replay(const FederatedParameters& parameters, const GlobalState& state,
                       std::uint32_t member, const Dataset& dataset, const Kernels& kernels) {
  OORT_TRY(const Delta delta, local_delta(parameters, state, member, dataset, kernels));
  return delta_digest(delta);
}

Result<std::unique_ptr<Work>> start_train_local(ByteView parameters, std::vector<Bytes> inputs,
                                                const Kernels& kernels) {
  OORT_TRY(const LocalParameters read, codec::from_bytes<LocalParameters>(parameters));
  if (inputs.size() != 2) return refuse(reason::bad_argument, "it takes a state and a dataset");
  OORT_TRY(GlobalState state, codec::from_bytes<GlobalState>(inputs[0]));
  OORT_TRY(Dataset dataset, codec::from_bytes<Dataset>(inputs[1]));
  OORT_TRY(check_member(read.federated, state, dataset));
  return std::make_unique<LocalWork>(read, std::move(state), std::move(dataset), kernels);
}

Result<std::unique_ptr<Work>> start_train_merge(ByteView parameters, std::vector<Bytes> inputs,
                                                const Kernels&) {
  OORT_TRY(const FederatedParameters read, codec::from_bytes<FederatedParameters>(parameters));
  if (inputs.size() < 2 || inputs.size() > members_max + 1) {
    return refuse(reason::bad_argument, "it takes a state and deltas");
  }
  OORT_TRY(GlobalState state, codec::from_bytes<GlobalState>(inputs[0]));
  if (state.round == std::numeric_limits<std::uint32_t>::max()) {
    return refuse(reason::bad_argument, "there is no further round");
  }
  OORT_TRY(std::vector<Delta> deltas, read_deltas(state, std::span(inputs).subspan(1)));
  if (std::size_t{read.trim} * 2 >= deltas.size()) {
    return refuse(reason::bad_argument, "more is left out than there is");
  }
  return std::make_unique<MergeWork>(read, std::move(state), std::move(deltas));
}

}  // namespace oort::compute::builtin
