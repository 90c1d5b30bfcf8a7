// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/train.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint32_t held_out_per_unit = 256;
/// Multiplications of one unit.
constexpr std::uint64_t unit_products_max = std::uint64_t{1} << 29U;

class TrainWork final : public Work {
 public:
  TrainWork(const TrainParameters& parameters, std::vector<std::uint32_t> sizes, Dataset dataset,
            Dataset held_out, const Kernels& kernels)
      : parameters_(parameters),
        dataset_(std::move(dataset)),
        held_out_(std::move(held_out)),
        kernels_(kernels),
        shuffle_(parameters.seed, dataset_.count(), parameters.descent.batch_log2),
        network_(initial_network(std::move(sizes), parameters.seed)),
        velocities_(network_.parameters.size(), 0) {
    steps_ = parameters_.epochs * shuffle_.batches_per_epoch();
    tests_ = (held_out_.count() + held_out_per_unit - 1) / held_out_per_unit;
  }

  [[nodiscard]] Cost cost() const override {
    const std::uint64_t parameters = network_.parameters.size();
    const std::uint64_t samples = steps_ << parameters_.descent.batch_log2;
    return {.units = steps_ + tests_ + 1,
            .operations = (samples * 3 + held_out_.count() + 1024) * parameters * 2,
            .memory_bytes = parameters * 32,
            .output_bytes_max = 128 + std::uint64_t{parameters_.epochs} * 4 +
                                network_.sizes.size() * 32 + parameters * 9};
  }

  void unit(std::uint64_t index) override {
    if (index < steps_) {
      train(index);
    } else if (index < steps_ + tests_) {
      const auto begin = static_cast<std::uint32_t>(index - steps_) * held_out_per_unit;
      const std::uint32_t count = std::min(held_out_per_unit, held_out_.count() - begin);
      correct_ += correct_count(network_, held_out_, begin, count, kernels_);
    } else {
      model_ = quantised(network_, dataset_, kernels_);
    }
  }

  void save(codec::Writer& out) const override {
    write_i32s(out, network_.parameters);
    write_i32s(out, velocities_);
    out.u64(epoch_loss_);
    codec::encode_vector(out, losses_q16_);
    out.u32(correct_);
  }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    const std::size_t count = network_.parameters.size();
    OORT_TRY(network_.parameters, read_i32s(in, count, parameter_max));
    OORT_TRY(velocities_, read_i32s(in, count, velocity_max));
    OORT_TRY(epoch_loss_, in.u64());
    OORT_TRY(codec::decode_vector(in, losses_q16_, parameters_.epochs));
    if (losses_q16_.size() != std::min(units_done, steps_) / shuffle_.batches_per_epoch()) {
      return refuse(reason::bad_argument, "a checkpoint of another number of epochs");
    }
    OORT_TRY(correct_, in.u32());
    if (epoch_loss_ > std::numeric_limits<std::uint64_t>::max() / 2 ||
        correct_ > held_out_.count()) {
      return refuse(reason::bad_argument, "a checkpoint with impossible sums");
    }
    if (units_done == steps_ + tests_ + 1) model_ = quantised(network_, dataset_, kernels_);
    return {};
  }

  [[nodiscard]] Bytes output() const override {
    return codec::to_bytes(TrainOutput{losses_q16_, held_out_.count(), correct_, network_, model_});
  }

 private:
  void train(std::uint64_t step) {
    epoch_loss_ += descend(network_, velocities_, parameters_.descent, dataset_,
                           shuffle_.batch(step), kernels_);
    const std::uint64_t batches = shuffle_.batches_per_epoch();
    if ((step + 1) % batches != 0) return;
    const std::uint64_t mean = epoch_loss_ / (batches << parameters_.descent.batch_log2);
    losses_q16_.push_back(static_cast<std::uint32_t>(
        std::min<std::uint64_t>(mean, std::numeric_limits<std::uint32_t>::max())));
    epoch_loss_ = 0;
  }

  TrainParameters parameters_;
  Dataset dataset_;
  Dataset held_out_;
  const Kernels& kernels_;
  Shuffle shuffle_;
  Network network_;
  std::vector<std::int32_t> velocities_;
  std::uint64_t steps_ = 0;
  std::uint64_t tests_ = 0;
  std::uint64_t epoch_loss_ = 0;
  std::vector<std::uint32_t> losses_q16_;
  std::uint32_t correct_ = 0;
  Model model_;
};

}  // namespace

void encode(codec::Writer& out, const TrainParameters& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.hidden);
  out.u32(value.epochs);
  out.u64(value.seed);
  encode(out, value.descent);
}

Result<void> decode(codec::Reader& in, TrainParameters& value) {
  OORT_TRY(expect_version(in, record_version, "train parameters"));
  OORT_TRY(codec::decode_vector(in, value.hidden, network_layers_max - 1));
  OORT_TRY(value.epochs, in.u32());
  if (value.epochs == 0 || value.epochs > epochs_max) {
    return refuse(reason::bad_argument, std::to_string(value.epochs) + " epochs");
  }
  OORT_TRY(value.seed, in.u64());
  OORT_TRY(decode(in, value.descent));
  return {};
}

void encode(codec::Writer& out, const TrainOutput& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.losses_q16);
  out.u32(value.held_out_count);
  out.u32(value.held_out_correct);
  encode(out, value.network);
  encode(out, value.model);
}

Result<void> decode(codec::Reader& in, TrainOutput& value) {
  OORT_TRY(expect_version(in, record_version, "a train output"));
  OORT_TRY(codec::decode_vector(in, value.losses_q16, epochs_max));
  OORT_TRY(value.held_out_count, in.u32());
  OORT_TRY(value.held_out_correct, in.u32());
  OORT_TRY(decode(in, value.network));
  OORT_TRY(decode(in, value.model));
  return {};
}

Result<std::unique_ptr<Work>> start_train(ByteView parameters, std::vector<Bytes> inputs,
                                          const Kernels& kernels) {
  OORT_TRY(const TrainParameters read, codec::from_bytes<TrainParameters>(parameters));
  if (inputs.empty() || inputs.size() > 2) {
    return refuse(reason::bad_argument, "train takes a dataset, and perhaps a held-out one");
  }
  OORT_TRY(Dataset dataset, codec::from_bytes<Dataset>(inputs[0]));
  Dataset held_out{dataset.features, dataset.classes, {}, {}};
  if (inputs.size() == 2) {
    OORT_TRY(held_out, codec::from_bytes<Dataset>(inputs[1]));
  }
  if (held_out.features != dataset.features || held_out.classes != dataset.classes) {
    return refuse(reason::bad_argument, "the held-out dataset has another shape");
  }
  if (dataset.count() >> read.descent.batch_log2 == 0) {
    return refuse(reason::bad_argument, "the dataset fills no batch");
  }
  std::vector<std::uint32_t> sizes{dataset.features};
  sizes.insert(sizes.end(), read.hidden.begin(), read.hidden.end());
  sizes.push_back(dataset.classes);
  OORT_TRY(check_sizes(sizes));
  if (parameters_count(sizes) * 3 << read.descent.batch_log2 > unit_products_max) {
    return refuse(reason::too_large, "a step of too many multiplications");
  }
  return std::make_unique<TrainWork>(read, std::move(sizes), std::move(dataset),
                                     std::move(held_out), kernels);
}

}  // namespace oort::compute::builtin
