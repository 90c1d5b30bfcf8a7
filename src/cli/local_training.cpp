// SPDX-License-Identifier: Apache-2.0
#include "local_training.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/builtin/train.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/tables.hpp"

namespace oort::cli {
namespace {

namespace builtin = compute::builtin;

tl::unexpected<Error> bad_row(std::size_t row, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "row " + std::to_string(row + 1) + ": " + why);
}

/// The integers of a row; empty where it holds anything else.
std::vector<std::int32_t> numbers_in(std::string_view row) {
  std::vector<std::int32_t> numbers;
  const char* place = row.data();
  const char* const end = row.data() + row.size();
  while (true) {
    std::int32_t number = 0;
    const auto read = std::from_chars(place, end, number);
    if (read.ec != std::errc()) return {};
    numbers.push_back(number);
    if (read.ptr == end) return numbers;
    if (*read.ptr != ',') return {};
    place = read.ptr + 1;
  }
}

}  // namespace

Result<builtin::Dataset> dataset_in(std::string_view records) {
  OORT_TRY(const auto rows, datahub::sample_lines_of(records));
  builtin::Dataset dataset;
  std::uint32_t classes = 2;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<std::int32_t> numbers = numbers_in(rows[i]);
    if (numbers.size() < 2) return bad_row(i, "a class and numbers are wanted");
    if (i == 0) dataset.features = static_cast<std::uint32_t>(numbers.size() - 1);
    if (numbers.size() != dataset.features + std::size_t{1}) return bad_row(i, "another length");
    const std::int32_t label = numbers.front();
    if (label < 0 || label >= static_cast<std::int32_t>(builtin::classes_max)) {
      return bad_row(i, "no class has this number");
    }
    classes = std::max(classes, static_cast<std::uint32_t>(label) + 1);
    dataset.labels.push_back(static_cast<std::uint16_t>(label));
    for (std::size_t at = 1; at < numbers.size(); ++at) {
      if (numbers[at] < std::numeric_limits<std::int8_t>::min() ||
          numbers[at] > std::numeric_limits<std::int8_t>::max()) {
        return bad_row(i, "a number is no signed byte");
      }
      dataset.values.push_back(static_cast<std::int8_t>(numbers[at]));
    }
  }
  dataset.classes = classes;
  return dataset;
}

Bytes recipe_of(const LocalTraining& options) {
  builtin::TrainParameters parameters;
  parameters.hidden = options.hidden;
  parameters.epochs = options.epochs;
  parameters.seed = options.seed;
  return codec::to_bytes(parameters);
}

Result<TrainedModel> train_locally(std::string_view records, const LocalTraining& options) {
  OORT_TRY(const builtin::Dataset dataset, dataset_in(records));
  builtin::Task task;
  task.workload = {"train", 1};
  task.parameters = recipe_of(options);
  task.inputs.push_back(codec::to_bytes(dataset));
  OORT_TRY(Bytes output, builtin::run_to_end(std::move(task)));
  OORT_TRY(const auto trained, codec::from_bytes<builtin::TrainOutput>(output));
  return finish_model(trained.network, trained.model, dataset, std::move(output));
}

Result<TrainedModel> finish_model(const builtin::Network& network, const builtin::Model& exported,
                                  const builtin::Dataset& rows, Bytes training) {
  TrainedModel model;
  model.rows_count = rows.count();
  model.rows_right =
      builtin::correct_count(network, rows, 0, rows.count(), builtin::best_kernels());
  model.files.emplace_back("model.bin", codec::to_bytes(exported));
  model.files.emplace_back("training.bin", std::move(training));
  std::vector<datahub::ManifestFile> files;
  for (const auto& [name, bytes] : model.files) files.push_back({name, crypto::sha256(bytes)});
  OORT_TRY(const auto manifest, datahub::Manifest::from(std::move(files)));
  model.root = manifest.root();
  return model;
}

}  // namespace oort::cli
