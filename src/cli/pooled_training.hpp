// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "local_training.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// Training by many machines with little traffic: in each round every member descends some steps on
/// rows of its own (`train_local`), and all of them are merged by a mean that leaves out extremes
/// (`train_merge`). The same rows and options give the same files, whoever the members were.
namespace oort::cli {

struct PooledTraining {
  std::vector<std::uint32_t> hidden;
  std::uint64_t seed = 1;
  std::uint32_t members = 4;
  std::uint32_t rounds = 4;
  std::uint32_t local_steps = 40;
};
/// Canonical bytes of the options: what a recipe's digest is of.
[[nodiscard]] Bytes recipe_of(const PooledTraining& options);

/// What members of one round are given, and how they are told what to do.
struct PoolRound {
  std::uint32_t round = 0;  ///< From 0.
  Bytes parameters;         ///< Of `train_local`, for member 0; the others' differ by `member`.
  Bytes state;              ///< An encoded `compute::builtin::GlobalState`.
  const std::vector<Bytes>& parts;  ///< Each member's rows, an encoded `Dataset`.
};
/// Gives what each member's `train_local` put out, ascending by member.
using PoolRunner = std::function<Result<std::vector<Bytes>>(const PoolRound&)>;
/// Does what every member does, here.
[[nodiscard]] PoolRunner run_here();

/// Row i goes to member i modulo their number. Fails with MALFORMED naming the line, with
/// BAD_ARGUMENT where a member's rows fill no batch, and as the runner does.
[[nodiscard]] Result<TrainedModel> train_pooled(std::string_view records,
                                                const PooledTraining& options,
                                                const PoolRunner& runner);

}  // namespace oort::cli
