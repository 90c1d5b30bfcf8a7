// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/record.hpp"

/// Trainings, models and where they run. Every record is at most 1 KiB.
namespace oort::ledger {

struct ModelsParams {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t training_ms_max = 366 * day_ms;  ///< From start to record; 1 or more.
  friend bool operator==(const ModelsParams&, const ModelsParams&) = default;
};
[[nodiscard]] bool is_possible(const ModelsParams& params);
/// `GenesisModule::genesis` of models. They need datasets.
struct ModelsGenesis {
  static constexpr std::uint8_t format_version = 1;
  ModelsParams params;
  friend bool operator==(const ModelsGenesis&, const ModelsGenesis&) = default;
};

inline constexpr std::size_t training_inputs_max = 12;

/// How well a training is founded, as DataHub numbers it. Numbers are frozen.
enum class TrainingGrade : std::uint8_t {
  Claimed = 0,    ///< The trainer says so.
  Witnessed = 1,  ///< A node of another operator says that it ran so, of these inputs alone.
  Replayed = 2,   ///< A node of yet another operator computed the same bits.
};

/// What goes in, fixed before anything ran.
struct TrainingTerms {
  JobId job;                        ///< Zero: it was no job of the network.
  NodeId trainer;                   ///< The node that runs it.
  std::vector<DatasetId> datasets;  ///< Ascending, 1 to `training_inputs_max`.
  std::optional<ModelId> base;
  Bytes32 recipe;       ///< Digest of the parameters.
  Bytes32 code;         ///< Digest of the code.
  Bytes32 environment;  ///< Digest of the image that it runs in.
  BlockId not_before;   ///< A block that the trainer knew.
  friend bool operator==(const TrainingTerms&, const TrainingTerms&) = default;
};

/// What came out.
struct TrainingResult {
  ModelId model;      ///< Root of its manifest.
  Bytes32 statement;  ///< SHA-256 of the statement of the run.
  Height height;
  std::uint64_t time_ms = 0;
  friend bool operator==(const TrainingResult&, const TrainingResult&) = default;
};

struct Training {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 id;       ///< DataHub's digest of the start, which names all of the terms.
  AccountId owner;  ///< Who sent it.
  TrainingTerms terms;
  Height started;
  std::uint64_t started_ms = 0;
  std::optional<TrainingResult> result;
  TrainingGrade grade = TrainingGrade::Claimed;
  NodeId witness;   ///< Zero: none.
  NodeId replayer;  ///< Zero: none.
  friend bool operator==(const Training&, const Training&) = default;
};

struct ModelVersion {
  static constexpr std::uint8_t format_version = 1;
  ModelId root;
  AccountId owner;
  std::string name;
  ArtefactVersion version;
  ModelId previous;  ///< Zero: the first of its name.
  Bytes32 card;
  std::string licence;
  Bytes32 training;  ///< Zero: nobody says what made it.
  Height height;
  std::uint64_t time_ms = 0;
  std::uint32_t deployments_count = 0;  ///< Where it stands now.
  friend bool operator==(const ModelVersion&, const ModelVersion&) = default;
};
struct ModelName {
  static constexpr std::uint8_t format_version = 1;
  ModelId newest;
  ArtefactVersion version;
  std::uint32_t count = 0;
  friend bool operator==(const ModelName&, const ModelName&) = default;
};

struct Deployment {
  static constexpr std::uint8_t format_version = 1;
  ModelId model;
  NodeId node;
  AccountId by;
  Height since;
  std::uint64_t since_ms = 0;
  std::uint64_t removed_ms = 0;  ///< 0: it is there.
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

}  // namespace oort::ledger
