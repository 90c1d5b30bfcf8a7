// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/provenance.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/datahub/training.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"

/// Everything that shows which data made a model, for the holder of a genesis file: records of the
/// ledger with their proofs, the statement of the training, and samples with their paths. Bytes
/// begin with "OORTPRV1"; any flipped byte breaks a named part, or the bundle's own form.
namespace oort::datahub {

inline constexpr std::string_view provenance_magic = "OORTPRV1";
inline constexpr std::size_t provenance_parts_max = 1024;
inline constexpr std::size_t provenance_bytes_max = std::size_t{64} << 20;

/// A sample and its path under the root of a dataset's samples.
struct ProvenanceSample {
  DatasetId dataset;
  Bytes sample;
  SampleProof proof;
};
struct ProvenanceBundle {
  Bytes model;                     ///< Proof bundle of its record, as all that follow.
  std::vector<Bytes> deployments;  ///< Ascending by node.
  std::optional<Bytes> training;   ///< With its statement, exactly where the model names one.
  std::string statement;
  std::vector<Bytes> datasets;   ///< Those of the training, in its order.
  std::vector<Bytes> campaigns;  ///< Those of all datasets, ascending, each once.
  std::vector<ProvenanceSample> samples;
};
void encode(codec::Writer& out, const ProvenanceBundle& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ProvenanceBundle& value);

/// What a verified bundle shows.
struct ProvenanceReport {
  ledger::ModelVersion model;
  std::vector<ledger::Deployment> deployments;
  std::optional<ledger::Training> training;
  std::optional<TrainingRun> run;
  std::vector<ledger::DatasetVersion> datasets;
  std::vector<ledger::Campaign> campaigns;
  std::vector<ProvenanceSample> samples;
  ProvenanceGraph graph;
  std::optional<Grade> grade;  ///< Of the model; empty where nobody says what made it.
  Height height;               ///< The lowest state that a proof is of.
};

/// A record that stands in the state of a height.
struct ShownRecord {
  Bytes key;
  Bytes value;
  Height height;
};
/// Checks a proof of the ledger that shows exactly one record; fails for any other.
using StateProofCheck = std::function<Result<ShownRecord>(ByteView proof)>;

/// Fails with BAD_PROOF; its detail begins with the broken part: "bundle", "model", "deployment 1",
/// "training", "statement", "dataset 1", "campaign 1", "sample 1".
[[nodiscard]] Result<ProvenanceReport> verify_provenance(ByteView bytes,
                                                         const StateProofCheck& check);

/// The start that a training's record describes, as DataHub computes its digest.
[[nodiscard]] TrainingStart start_of(const ledger::TrainingTerms& terms);

}  // namespace oort::datahub
