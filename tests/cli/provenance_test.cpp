// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataset_folder.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/json.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "provenance_bundle.hpp"

namespace oort::cli {
namespace {

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
Result<chain::Verified> check(ByteView bytes) {
  const auto bad = [] { return fail(ErrorCode::InvalidArgument, reason::bad_proof, "changed"); };
  if (bytes.size() < 32) return bad();
  const ByteView parts = bytes.first(bytes.size() - 32);
  if (Bytes32::from(bytes.last(32)) != crypto::blake3(parts)) return bad();
  codec::Reader in(parts);
  OORT_TRY(const ByteView key, in.blob(1'000));
  OORT_TRY(const ByteView value, in.blob(10'000));
  chain::Verified verified;
  verified.height = Height(9);
  verified.range = chain::range_of_key(key);
  verified.records.push_back({to_bytes(key), to_bytes(value)});
  return verified;
}

const std::vector<std::string> rows = {"0,1,2", "1,3,4", "0,5,6"};

/// A model of one dataset of one campaign, on one node, with a sample.
struct Story {
  Story() {
    campaign.id = named<CampaignId>("campaign");
    dataset.root = named<DatasetId>("dataset");
    dataset.name = "signs";
    dataset.campaigns = {campaign.id};
    dataset.samples = datahub::sample_root(leaves_of(rows));
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
    const datahub::TrainingStart start = start_of(training.terms);
    training.id = datahub::digest_of(start).value();
    model.training = training.id;
    datahub::TrainingRun run;
    run.model_name = model.name;
    run.model = Bytes32(model.root.array());
    run.trainer = start.trainer;
    run.inputs = start.inputs;
    run.start = training.id;
    run.started = {1'500};
    run.finished = {2'000};
    statement = datahub::canonical(datahub::statement_of(run).value()).value();
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
    bundle.samples = {{dataset.root, to_bytes(rows[1]), datahub::prove_sample(leaves_of(rows), 1)}};
    return bundle;
  }
  ledger::Campaign campaign;
  ledger::DatasetVersion dataset;
  ledger::Training training;
  ledger::ModelVersion model;
  std::string statement;
};

/// The part that is broken, empty for a bundle that proves.
std::string broken_part(const Bytes& bytes) {
  const auto report = verify_provenance(bytes, check);
  if (report) return "";
  EXPECT_EQ(report.error().reason(), reason::bad_proof);
  return report.error().detail().substr(0, report.error().detail().find(':'));
}
std::string broken_part(const ProvenanceBundle& bundle) {
  return broken_part(codec::to_bytes(bundle));
}

TEST(Provenance, ShowsWhatMadeAModel) {
  Story story;
  const auto report = verify_provenance(codec::to_bytes(story.bundle()), check);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->grade, datahub::Grade::Claimed);
  EXPECT_EQ(report->graph.links().size(), 4U);
  EXPECT_EQ(report->height, Height(9));
  story.training.grade = ledger::TrainingGrade::Replayed;
  EXPECT_EQ(verify_provenance(codec::to_bytes(story.bundle()), check)->grade,
            datahub::Grade::Replayed);
  // A run that began before its start was final is worth its trainer's word.
  story.training.started_ms = 1'501;
  EXPECT_EQ(verify_provenance(codec::to_bytes(story.bundle()), check)->grade,
            datahub::Grade::Claimed);
}

TEST(Provenance, EveryFlippedByteBreaksANamedLink) {
  Bytes bytes = codec::to_bytes(Story().bundle());
  std::map<std::string, std::size_t> parts;
  for (std::byte& byte : bytes) {
    for (const std::byte flip : {std::byte{1}, std::byte{0x80}, std::byte{0xff}}) {
      byte ^= flip;
      const std::string part = broken_part(bytes);
      EXPECT_NE(part, "") << "at byte " << (&byte - bytes.data());
      ++parts[part];
      byte ^= flip;
    }
  }
  for (const char* part : {"bundle", "model", "deployment 1", "training", "statement", "dataset 1",
                           "campaign 1", "sample 1"}) {
    EXPECT_GT(parts[part], 0U) << part;
  }
  EXPECT_EQ(broken_part(bytes), "");
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_NE(broken_part(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))),
              "");
  }
}

TEST(Provenance, RecordsThatAreTrueButOfAnotherStoryAreRefused) {
  const auto changed = [](auto change) {
    Story story;
    change(story);
    return broken_part(story.bundle());
  };
  EXPECT_EQ(changed([](Story& story) { story.training.terms.recipe = {}; }), "training");
  EXPECT_EQ(changed([](Story& story) { story.training.result.reset(); }), "training");
  EXPECT_EQ(changed([](Story& story) { story.training.result->model = {}; }), "training");
  EXPECT_EQ(changed([](Story& story) { story.dataset.root = named<DatasetId>("other"); }),
            "dataset 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.sealed = Height(6); }), "dataset 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.samples = {}; }), "sample 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.samples_count = 4; }), "sample 1");
  EXPECT_EQ(changed([](Story& story) { story.campaign.id = named<CampaignId>("other"); }),
            "campaign 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.campaigns.clear(); }), "campaign");
  EXPECT_EQ(changed([](Story& story) { story.statement += " "; }), "statement");
  EXPECT_EQ(changed([](Story& story) {
              story.statement = "{}";
              story.training.result->statement = crypto::sha256(as_bytes(story.statement));
            }),
            "statement");
  EXPECT_EQ(changed([](Story& story) { story.model.training = {}; }), "training");
}

}  // namespace
}  // namespace oort::cli
