// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/compute/builtin/model.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// The built-in workload `train` on rows of numbers, run by this program itself: the same rows and
/// options give the same files on every machine.
namespace oort::cli {

struct LocalTraining {
  std::vector<std::uint32_t> hidden;
  std::uint32_t epochs = 10;
  std::uint64_t seed = 1;
};
/// Canonical bytes of the options: what a recipe's digest is of.
[[nodiscard]] Bytes recipe_of(const LocalTraining& options);

struct TrainedModel {
  std::vector<std::pair<const char*, Bytes>> files;  ///< Name and content, ascending by name.
  Bytes32 root;                                      ///< Of their manifest.
  std::uint32_t rows_count = 0;
  std::uint32_t rows_right = 0;  ///< Of the rows that it learnt from.
};
/// `records` is a CSV: a header, then in each row the class, from 0, and signed bytes. Fails with
/// MALFORMED naming the line.
[[nodiscard]] Result<compute::builtin::Dataset> dataset_in(std::string_view records);
/// What came out of a training, as files: `model.bin`, and `training.bin`, which holds the rest.
[[nodiscard]] Result<TrainedModel> finish_model(const compute::builtin::Network& network,
                                                const compute::builtin::Model& exported,
                                                const compute::builtin::Dataset& rows,
                                                Bytes training);
/// Fails as `dataset_in` and the workload do.
[[nodiscard]] Result<TrainedModel> train_locally(std::string_view records,
                                                 const LocalTraining& options);

}  // namespace oort::cli
