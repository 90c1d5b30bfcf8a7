// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/provenance_bundle.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"

namespace oort::datahub {
namespace {

constexpr std::size_t part_bytes_max = std::size_t{16} << 20;

tl::unexpected<Error> broken(const std::string& part, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, part + ": " + why);
}

std::string numbered(const char* name, std::size_t place) {
  return std::string(name) + " " + std::to_string(place + 1);
}

template <class Id>
Bytes32 bytes_of(const Id& id) {
  return Bytes32(id.array());
}

void encode_list(codec::Writer& out, const std::vector<Bytes>& parts) {
  out.u32(static_cast<std::uint32_t>(parts.size()));
  for (const Bytes& part : parts) out.blob(part);
}

Result<void> decode_list(codec::Reader& in, std::vector<Bytes>& parts) {
  OORT_TRY(const std::uint32_t count, in.count(provenance_parts_max, 4));
  parts.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView part, in.blob(part_bytes_max));
    parts.push_back(to_bytes(part));
  }
  return {};
}

/// Reads proofs, keeps the lowest height, and names what breaks.
class Reader {
 public:
  explicit Reader(const StateProofCheck& check) : check_(check) {}

  /// The record under `key`.
  template <class T>
  Result<T> record(const std::string& part, ByteView proof, const Bytes& key) {
    return any<T>(part, proof, [&key](const T&) { return key; });
  }
  /// Whichever record it is: `key_of` says under which key it must stand.
  template <class T, class KeyOf>
  Result<T> any(const std::string& part, ByteView proof, const KeyOf& key_of) {
    const auto shown = check_(proof);
    if (!shown) return broken(part, shown.error().detail());
    const auto record = codec::from_bytes<T>(shown->value);
    if (!record) return broken(part, record.error().detail());
    if (shown->key != key_of(*record)) return broken(part, "the proof is of another record");
    height_ = height_ ? std::min(*height_, shown->height) : shown->height;
    return *record;
  }
  [[nodiscard]] Height height() const { return height_.value_or(Height(0)); }

 private:
  const StateProofCheck& check_;
  std::optional<Height> height_;
};

Result<void> read_training(Reader& reader, const ProvenanceBundle& bundle,
                           ProvenanceReport& report) {
  const bool names_one = report.model.training != Bytes32{};
  if (names_one != bundle.training.has_value()) {
    return broken("training", names_one ? "its record is missing" : "the model names none");
  }
  if (!names_one) {
    return bundle.statement.empty() ? Result<void>() : broken("statement", "of no training");
  }
  OORT_TRY(report.training,
           reader.record<ledger::Training>("training", *bundle.training,
                                           ledger::keys::training(report.model.training)));
  const ledger::Training& training = *report.training;
  const TrainingStart start = start_of(training.terms);
  const auto digest = digest_of(start);
  if (!digest || *digest != training.id) {
    return broken("training", "its id is not the digest of its start");
  }
  if (!training.result || training.result->model != report.model.root) {
    return broken("training", "it did not come to this model");
  }
  if (crypto::sha256(as_bytes(bundle.statement)) != training.result->statement) {
    return broken("statement", "it is not the one that the ledger names");
  }
  auto run = parse_training_statement(bundle.statement);
  if (!run) return broken("statement", run.error().detail());
  if (const auto fits = check_run(*run, start); !fits) {
    return broken("statement", fits.error().detail());
  }
  if (run->model != bytes_of(report.model.root)) return broken("statement", "of another model");
  report.run = *std::move(run);
  return {};
}

Result<void> read_datasets(Reader& reader, const ProvenanceBundle& bundle,
                           ProvenanceReport& report) {
  const std::vector<DatasetId> wanted =
      report.training ? report.training->terms.datasets : std::vector<DatasetId>();
  if (bundle.datasets.size() != wanted.size()) {
    return broken("dataset", "not as many as went into the training");
  }
  std::set<CampaignId> campaigns;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    OORT_TRY(auto version,
             reader.record<ledger::DatasetVersion>(numbered("dataset", i), bundle.datasets[i],
                                                   ledger::keys::dataset(wanted[i])));
    if (report.training->started < version.sealed) {
      return broken(numbered("dataset", i), "it was sealed after the training began");
    }
    campaigns.insert(version.campaigns.begin(), version.campaigns.end());
    report.datasets.push_back(std::move(version));
  }
  if (bundle.campaigns.size() != campaigns.size()) {
    return broken("campaign", "not as many as the datasets name");
  }
  std::size_t place = 0;
  for (const CampaignId& id : campaigns) {
    OORT_TRY(const auto campaign,
             reader.record<ledger::Campaign>(numbered("campaign", place), bundle.campaigns[place],
                                             ledger::keys::campaign(id)));
    ++place;
    report.campaigns.push_back(campaign);
  }
  return {};
}

Result<void> read_samples(const ProvenanceBundle& bundle, ProvenanceReport& report) {
  for (std::size_t i = 0; i < bundle.samples.size(); ++i) {
    const ProvenanceSample& sample = bundle.samples[i];
    const auto version =
        std::ranges::find(report.datasets, sample.dataset, &ledger::DatasetVersion::root);
    if (version == report.datasets.end()) {
      return broken(numbered("sample", i), "its dataset did not go into the training");
    }
    if (sample.proof.count != version->samples_count ||
        !verify_sample(version->samples, sample.proof, sample_leaf(sample.sample))) {
      return broken(numbered("sample", i), "its path does not lead to the dataset's root");
    }
  }
  report.samples = bundle.samples;
  return {};
}

/// What the ledger and the statement say together.
Grade grade_in(const ProvenanceReport& report) {
  const ledger::Training& training = *report.training;
  const bool is_witnessed = training.grade >= ledger::TrainingGrade::Witnessed;
  TrainingEvidence evidence;
  evidence.is_signed = true;
  evidence.fits_start = true;
  evidence.was_start_final_before = report.run->started.milliseconds >= training.started_ms;
  evidence.had_network = !is_witnessed;
  evidence.are_receipts_verified = is_witnessed;
  if (training.grade == ledger::TrainingGrade::Replayed) {
    evidence.replayed_model = bytes_of(report.model.root);
  }
  return grade_of(evidence, bytes_of(report.model.root)).value_or(Grade::Claimed);
}

Result<void> draw(const ProvenanceBundle& bundle, ProvenanceReport& report) {
  std::vector<ProvenanceLink> links;
  const Artefact model{ArtefactKind::Model, bytes_of(report.model.root)};
  if (report.training) {
    const Grade grade = grade_in(report);
    const Artefact training{ArtefactKind::Training, report.training->id};
    const Bytes32 evidence = crypto::sha256(*bundle.training);
    links.push_back({training, model, grade, crypto::sha256(as_bytes(bundle.statement))});
    for (const ledger::DatasetVersion& version : report.datasets) {
      links.push_back({{ArtefactKind::Dataset, bytes_of(version.root)}, training, grade, evidence});
    }
    if (report.training->terms.base) {
      links.push_back({{ArtefactKind::Model, bytes_of(*report.training->terms.base)},
                       training,
                       grade,
                       evidence});
    }
  }
  // A path is recomputed by whoever reads it.
  std::set<std::pair<Bytes32, DatasetId>> drawn;
  for (const ProvenanceSample& sample : report.samples) {
    const Bytes32 leaf = sample_leaf(sample.sample);
    if (!drawn.emplace(leaf, sample.dataset).second) continue;
    links.push_back({{ArtefactKind::Sample, leaf},
                     {ArtefactKind::Dataset, bytes_of(sample.dataset)},
                     Grade::Replayed,
                     crypto::sha256(codec::to_bytes(sample.proof))});
  }
  for (std::size_t i = 0; i < report.deployments.size(); ++i) {
    links.push_back({model,
                     {ArtefactKind::Device, bytes_of(report.deployments[i].node)},
                     Grade::Claimed,
                     crypto::sha256(bundle.deployments[i])});
  }
  auto graph = ProvenanceGraph::from(links);
  if (!graph) return broken("bundle", graph.error().detail());
  report.graph = *std::move(graph);
  report.grade = report.graph.grade_of(model);
  return {};
}

}  // namespace

void encode(codec::Writer& out, const ProvenanceBundle& value) {
  out.raw(as_bytes(provenance_magic));
  out.blob(value.model);
  encode_list(out, value.deployments);
  out.boolean(value.training.has_value());
  if (value.training) out.blob(*value.training);
  out.blob(as_bytes(value.statement));
  encode_list(out, value.datasets);
  encode_list(out, value.campaigns);
  out.u32(static_cast<std::uint32_t>(value.samples.size()));
  for (const ProvenanceSample& sample : value.samples) {
    codec::encode(out, sample.dataset);
    out.blob(sample.sample);
    encode(out, sample.proof);
  }
}

Result<void> decode(codec::Reader& in, ProvenanceBundle& value) {
  OORT_TRY(const ByteView magic, in.raw(provenance_magic.size()));
  if (!std::ranges::equal(magic, as_bytes(provenance_magic))) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "it does not begin with " + std::string(provenance_magic));
  }
  OORT_TRY(const ByteView model, in.blob(part_bytes_max));
  value.model = to_bytes(model);
  OORT_TRY(decode_list(in, value.deployments));
  OORT_TRY(const bool has_training, in.boolean());
  value.training.reset();
  if (has_training) {
    OORT_TRY(const ByteView training, in.blob(part_bytes_max));
    value.training = to_bytes(training);
  }
  OORT_TRY(const ByteView statement, in.blob(part_bytes_max));
  value.statement = std::string(as_text(statement));
  OORT_TRY(decode_list(in, value.datasets));
  OORT_TRY(decode_list(in, value.campaigns));
  OORT_TRY(const std::uint32_t count, in.count(provenance_parts_max, 56));
  value.samples.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    ProvenanceSample& sample = value.samples.emplace_back();
    OORT_TRY(codec::decode(in, sample.dataset));
    OORT_TRY(const ByteView bytes, in.blob(part_bytes_max));
    sample.sample = to_bytes(bytes);
    OORT_TRY(decode(in, sample.proof));
  }
  return {};
}

TrainingStart start_of(const ledger::TrainingTerms& terms) {
  TrainingStart start;
  start.job = terms.job;
  start.trainer = terms.trainer;
  for (const DatasetId& root : terms.datasets) start.inputs.datasets.push_back(bytes_of(root));
  if (terms.base) start.inputs.base_model = bytes_of(*terms.base);
  start.inputs.recipe = terms.recipe;
  start.inputs.code = terms.code;
  start.inputs.image = terms.environment;
  start.not_before = terms.not_before;
  return start;
}

Result<ProvenanceReport> verify_provenance(ByteView bytes, const StateProofCheck& check) {
  if (bytes.size() > provenance_bytes_max) return broken("bundle", "it is too long");
  const auto bundle = codec::from_bytes<ProvenanceBundle>(bytes);
  if (!bundle) return broken("bundle", bundle.error().detail());
  Reader reader(check);
  ProvenanceReport report;
  OORT_TRY(report.model, reader.any<ledger::ModelVersion>("model", bundle->model,
                                                          [](const ledger::ModelVersion& model) {
                                                            return ledger::keys::model(model.root);
                                                          }));
  for (std::size_t i = 0; i < bundle->deployments.size(); ++i) {
    OORT_TRY(const auto deployment,
             reader.any<ledger::Deployment>(numbered("deployment", i), bundle->deployments[i],
                                            [](const ledger::Deployment& one) {
                                              return ledger::keys::deployment(one.model, one.node);
                                            }));
    const bool ascends =
        report.deployments.empty() || report.deployments.back().node < deployment.node;
    if (deployment.model != report.model.root || !ascends) {
      return broken(numbered("deployment", i), "of another model, or out of order");
    }
    report.deployments.push_back(deployment);
  }
  OORT_TRY(read_training(reader, *bundle, report));
  OORT_TRY(read_datasets(reader, *bundle, report));
  OORT_TRY(read_samples(*bundle, report));
  OORT_TRY(draw(*bundle, report));
  report.height = reader.height();
  return report;
}

}  // namespace oort::datahub
