// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/ledger/datahub_keys.hpp"

namespace oort::datahub {

template <class Id>
Id named(std::string_view text) {
  return Id(crypto::sha256(as_bytes(text)).array());
}

/// A proof that anybody can check: key, value, and their hash.
template <class T>
Bytes proof(const Bytes& key, const T& record) {
  codec::Writer out;
  out.blob(key);
  out.blob(codec::to_bytes(record));
  Bytes bytes = to_bytes(out.bytes());
  const Bytes32 hash = crypto::blake3(bytes);
  bytes.insert(bytes.end(), hash.view().begin(), hash.view().end());
  return bytes;
}
inline Result<ShownRecord> check(ByteView bytes) {
  const auto bad = [] { return fail(ErrorCode::InvalidArgument, reason::bad_proof, "changed"); };
  if (bytes.size() < 32) return bad();
  const ByteView parts = bytes.first(bytes.size() - 32);
  if (Bytes32::from(bytes.last(32)) != crypto::blake3(parts)) return bad();
  codec::Reader in(parts);
  OORT_TRY(const ByteView key, in.blob(1'000));
  OORT_TRY(const ByteView value, in.blob(10'000));
  return ShownRecord{to_bytes(key), to_bytes(value), Height(9)};
}

inline const std::vector<std::string> rows = {"0,1,2", "1,3,4", "0,5,6"};

inline std::vector<Bytes32> leaves_of(const std::vector<std::string>& samples) {
  std::vector<Bytes32> leaves;
  for (const std::string& sample : samples) leaves.push_back(sample_leaf(as_bytes(sample)));
  return leaves;
}

/// A model of one dataset of one campaign, on one node, with a sample.
struct Story {
  Story() {
    campaign.id = named<CampaignId>("campaign");
    dataset.root = named<DatasetId>("dataset");
    dataset.name = "signs";
    dataset.campaigns = {campaign.id};
    dataset.samples = sample_root(leaves_of(rows));
    dataset.samples_count = rows.size();
    dataset.sealed = Height(3);
    training.terms.trainer = named<NodeId>("node");
    training.terms.datasets = {dataset.root};
    training.terms.recipe = named<Bytes32>("recipe");
    training.terms.code = named<Bytes32>("code");
    training.started = Height(5);
    training.started_ms = 1'000;
    model.root = named<ModelId>("model");
    model.name = "net";
    finish();
  }
  /// What follows from the terms.
  void finish() {
    const TrainingStart start = start_of(training.terms);
    training.id = digest_of(start).value();
    model.training = training.id;
    TrainingRun run;
    run.model_name = model.name;
    run.model = Bytes32(model.root.array());
    run.trainer = start.trainer;
    run.inputs = start.inputs;
    run.start = training.id;
    run.started = {1'500};
    run.finished = {2'000};
    statement = canonical(statement_of(run).value()).value();
    training.result =
        ledger::TrainingResult{model.root, crypto::sha256(as_bytes(statement)), Height(6), 2'100};
  }
  [[nodiscard]] ProvenanceBundle bundle() const {
    const ledger::Deployment deployment{model.root, named<NodeId>("device"), {}, Height(8), 5, 0};
    ProvenanceBundle bundle;
    bundle.model = proof(ledger::keys::model(model.root), model);
    bundle.deployments = {proof(ledger::keys::deployment(model.root, deployment.node), deployment)};
    bundle.training = proof(ledger::keys::training(training.id), training);
    bundle.statement = statement;
    bundle.datasets = {proof(ledger::keys::dataset(dataset.root), dataset)};
    bundle.campaigns = {proof(ledger::keys::campaign(campaign.id), campaign)};
    bundle.samples = {{dataset.root, to_bytes(rows[1]), prove_sample(leaves_of(rows), 1)}};
    return bundle;
  }
  ledger::Campaign campaign;
  ledger::DatasetVersion dataset;
  ledger::Training training;
  ledger::ModelVersion model;
  std::string statement;
};

}  // namespace oort::datahub
