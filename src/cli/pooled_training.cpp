// SPDX-License-Identifier: Apache-2.0
#include "pooled_training.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli {
namespace {

namespace builtin = compute::builtin;

constexpr std::uint8_t recipe_version = 1;
/// So many members bear one that sends anything at all.
constexpr std::uint32_t trimmed_from = 3;

builtin::FederatedParameters federated_of(const PooledTraining& options) {
  builtin::FederatedParameters parameters;
  parameters.local_steps = options.local_steps;
  parameters.trim = options.members >= trimmed_from ? 1 : 0;
  parameters.seed = options.seed;
  return parameters;
}

/// Each member's rows; all have the classes of the whole.
std::vector<builtin::Dataset> parts_of(const builtin::Dataset& whole, std::uint32_t members) {
  std::vector<builtin::Dataset> parts(members);
  for (builtin::Dataset& part : parts) {
    part.features = whole.features;
    part.classes = whole.classes;
  }
  for (std::uint32_t row = 0; row < whole.count(); ++row) {
    builtin::Dataset& part = parts[row % members];
    part.labels.push_back(whole.labels[row]);
    const auto begin = whole.values.begin() + std::ptrdiff_t{row} * whole.features;
    part.values.insert(part.values.end(), begin, begin + whole.features);
  }
  return parts;
}

builtin::GlobalState first_state(const PooledTraining& options, const builtin::Dataset& rows) {
  std::vector<std::uint32_t> sizes = {rows.features};
  sizes.insert(sizes.end(), options.hidden.begin(), options.hidden.end());
  sizes.push_back(rows.classes);
  builtin::GlobalState state;
  state.network = builtin::initial_network(std::move(sizes), options.seed);
  state.momentum.resize(state.network.parameters.size());
  return state;
}

Result<void> check(const PooledTraining& options, const builtin::Dataset& rows) {
  if (options.members < 2 || options.members > builtin::members_max || options.rounds == 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a pool has 2 to 1,024 members and at least one round");
  }
  const std::uint32_t batch = 1U << builtin::SgdOptions().batch_log2;
  if (rows.count() / options.members < batch) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "each member needs " + std::to_string(batch) + " rows; there are " +
                    std::to_string(rows.count()) + " for all");
  }
  std::vector<std::uint32_t> sizes = {rows.features};
  sizes.insert(sizes.end(), options.hidden.begin(), options.hidden.end());
  sizes.push_back(rows.classes);
  return builtin::check_sizes(sizes);
}

/// The next state, of what the members sent.
Result<builtin::Merged> merge(const builtin::FederatedParameters& parameters, const Bytes& state,
                              std::vector<Bytes> deltas) {
  builtin::Task task;
  task.workload = {"train_merge", 1};
  task.parameters = codec::to_bytes(parameters);
  task.inputs.push_back(state);
  for (Bytes& delta : deltas) task.inputs.push_back(std::move(delta));
  OORT_TRY(const Bytes output, builtin::run_to_end(std::move(task)));
  return codec::from_bytes<builtin::Merged>(output);
}

}  // namespace

Bytes recipe_of(const PooledTraining& options) {
  codec::Writer out;
  out.u8(recipe_version);
  out.u32(options.members);
  out.u32(options.rounds);
  out.u32(static_cast<std::uint32_t>(options.hidden.size()));
  for (const std::uint32_t size : options.hidden) out.u32(size);
  encode(out, federated_of(options));
  return std::move(out).take();
}

PoolRunner run_here() {
  return [](const PoolRound& round) -> Result<std::vector<Bytes>> {
    std::vector<Bytes> outputs;
    outputs.reserve(round.parts.size());
    OORT_TRY(auto local, codec::from_bytes<builtin::LocalParameters>(round.parameters));
    for (std::uint32_t member = 0; member < round.parts.size(); ++member) {
      local.member = member;
      builtin::Task task;
      task.workload = {"train_local", 1};
      task.parameters = codec::to_bytes(local);
      task.inputs = {round.state, round.parts[member]};
      OORT_TRY(Bytes output, builtin::run_to_end(std::move(task)));
      outputs.push_back(std::move(output));
    }
    return outputs;
  };
}

Result<TrainedModel> train_pooled(std::string_view records, const PooledTraining& options,
                                  const PoolRunner& runner) {
  OORT_TRY(const builtin::Dataset rows, dataset_in(records));
  OORT_TRY(check(options, rows));
  std::vector<Bytes> parts;
  for (const builtin::Dataset& part : parts_of(rows, options.members)) {
    parts.push_back(codec::to_bytes(part));
  }
  const builtin::FederatedParameters parameters = federated_of(options);
  const Bytes local = codec::to_bytes(builtin::LocalParameters{parameters, 0});
  builtin::Merged merged{first_state(options, rows), {}};
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    const Bytes state = codec::to_bytes(merged.state);
    OORT_TRY(std::vector<Bytes> deltas, runner({round, local, state, parts}));
    OORT_TRY(merged, merge(parameters, state, std::move(deltas)));
  }
  const builtin::Network& network = merged.state.network;
  const builtin::Kernels& kernels = builtin::best_kernels();
  return finish_model(network, builtin::quantised(network, rows, kernels), rows,
                      codec::to_bytes(merged));
}

}  // namespace oort::cli
