// SPDX-License-Identifier: Apache-2.0
#include "edge_models.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "oort/chain/light_node.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/model.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/deployed_model.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/training.hpp"
#include "oort/http/client.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/model_records.hpp"

namespace oort::node {
namespace {

namespace builtin = compute::builtin;

constexpr std::size_t waiting_max = 64;
constexpr std::uint64_t document_bytes_max = std::uint64_t{16} << 20;
constexpr Duration read_deadline = 120s;
constexpr Duration proof_patience = 15s;
constexpr Duration cancel_interval = 100ms;
constexpr Duration watch_interval = 5s;
/// What the device runs, of all files of a model.
constexpr std::string_view model_file = "model.bin";

/// Where a callback of another thread leaves its result for one that waits.
template <class T>
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<T> value;
};

tl::unexpected<Error> stopped() {
  return fail(ErrorCode::Cancelled, reason::cancelled, "the node is stopping");
}
tl::unexpected<Error> busy() {
  return fail(ErrorCode::ResourceExhausted, reason::queue_full,
              "too many questions wait; ask again later");
}

void count_deployment(const Result<ServedModel>& result) {
  metrics::counter("oort_model_deployments_total", "Models that were to be fetched, by outcome.",
                   {{"result", result ? "OK" : result.error().reason()}})
      .add();
}
void count_answer(const Result<Bytes>& result) {
  metrics::counter("oort_model_answers_total", "Questions to models, by outcome.",
                   {{"result", result ? "OK" : result.error().reason()}})
      .add();
}

std::string version_text(const ledger::ArtefactVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

}  // namespace

EdgeModels::EdgeModels(Around around)
    : around_(std::move(around)),
      served_(metrics::gauge("oort_models_served", "Models that this device answers for.")),
      answer_seconds_(metrics::histogram("oort_model_answer_seconds",
                                         "Computing what a model says of a question's samples.",
                                         metrics::seconds_bounds())) {}

Result<void> EdgeModels::open() {
  OORT_TRY(const auto names, around_.store.list());
  for (const std::string& name : names) {
    const auto root = ModelId::from_hex(name);
    if (!root) continue;
    OORT_TRY(const auto blob, around_.store.open(name));
    OORT_TRY(const Bytes bytes, blob->read(0, blob->size()));
    const auto kept = codec::from_bytes<datahub::DeployedModel>(bytes);
    auto loaded = kept ? load(*kept, *root) : Result<Loaded>(fail(kept.error()));
    if (!loaded) {
      log::error("node", "a model on this disk does not hold and is not served",
                 {{"model", root->hex()}, {"why", loaded.error().to_string()}});
      Loaded broken;
      broken.shown.root = *root;
      broken.shown.why = loaded.error().to_string();
      loaded = std::move(broken);
    }
    put(*root, *std::move(loaded));
  }
  return {};
}

// Proofs ------------------------------------------------------------------------------------------

Result<chain::Proven> EdgeModels::prove(const Bytes& key, chain::Freshness freshness) const {
  // Owned by this call and by the light node's callback, whichever ends last.
  const auto box = std::make_shared<Mailbox<Result<chain::Proven>>>();
  around_.prove(key, freshness, [box](Result<chain::Proven> proven) {
    const std::lock_guard lock(box->mutex);
    box->value.emplace(std::move(proven));
    box->arrived.notify_one();
  });
  std::unique_lock lock(box->mutex);
  for (Duration waited = 0s; waited < proof_patience; waited += cancel_interval) {
    if (box->arrived.wait_for(lock, cancel_interval, [&] { return box->value.has_value(); })) {
      return *std::move(box->value);
    }
    if (is_stopping_) return stopped();
  }
  return fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded, "no super node proved it");
}

Result<Bytes> EdgeModels::proof_of(const Bytes& key, const std::string& what) const {
  OORT_TRY(chain::Proven proven, prove(key, chain::Freshness::Local));
  if (proven.value() != nullptr) return std::move(proven.bundle);
  return fail(ErrorCode::NotFound, reason::not_found, "the ledger has no such " + what);
}

Result<void> EdgeModels::add_training(const Bytes32& id, const ModelSource& source,
                                      datahub::ProvenanceBundle& bundle) const {
  OORT_TRY(bundle.training, proof_of(ledger::keys::training(id), "training"));
  OORT_TRY(const auto shown, around_.check(*bundle.training));
  OORT_TRY(const auto training, codec::from_bytes<ledger::Training>(shown.value));
  if (source.statement.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the model names a training: its statement is needed too");
  }
  OORT_TRY(const Bytes statement, read(source.statement.front(), document_bytes_max));
  bundle.statement = std::string(as_text(statement));
  std::set<CampaignId> campaigns;
  for (const DatasetId& root : training.terms.datasets) {
    OORT_TRY(Bytes proof, proof_of(ledger::keys::dataset(root), "dataset"));
    OORT_TRY(const auto record, around_.check(proof));
    OORT_TRY(const auto version, codec::from_bytes<ledger::DatasetVersion>(record.value));
    campaigns.insert(version.campaigns.begin(), version.campaigns.end());
    bundle.datasets.push_back(std::move(proof));
  }
  for (const CampaignId& campaign : campaigns) {
    OORT_TRY(Bytes proof, proof_of(ledger::keys::campaign(campaign), "campaign"));
    bundle.campaigns.push_back(std::move(proof));
  }
  return {};
}

Result<datahub::ProvenanceBundle> EdgeModels::collect(const ModelId& root,
                                                      const ModelSource& source) const {
  datahub::ProvenanceBundle bundle;
  // A deployment that was just recorded is seen: this read waits for all that is final.
  OORT_TRY(chain::Proven here,
           prove(ledger::keys::deployment(root, around_.self), chain::Freshness::Strong));
  const bool is_known = here.value() != nullptr;
  const auto deployment = is_known ? codec::from_bytes<ledger::Deployment>(*here.value())
                                   : Result<ledger::Deployment>(ledger::Deployment());
  if (!deployment) return fail(deployment.error());
  if (!is_known || deployment->removed_ms != 0) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "the ledger does not say that this model stands on this node; `oortd model deploy` "
                "records it");
  }
  bundle.deployments.push_back(std::move(here.bundle));
  OORT_TRY(bundle.model, proof_of(ledger::keys::model(root), "model"));
  OORT_TRY(const auto shown, around_.check(bundle.model));
  OORT_TRY(const auto model, codec::from_bytes<ledger::ModelVersion>(shown.value));
  if (model.training != Bytes32{}) {
    OORT_TRY(add_training(model.training, source, bundle));
  }
  return bundle;
}

Result<datahub::ShownRecord> shown_record(ByteView proof, const ledger::GenesisParams& genesis) {
  OORT_TRY(auto verified, chain::verify_bundle(proof, genesis));
  if (verified.claim() != chain::Claim::Present || verified.records.size() != 1) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof, "the proof is of no record");
  }
  chain::ProvenRecord& record = verified.records.front();
  return datahub::ShownRecord{std::move(record.key), std::move(record.value), verified.height};
}

// Fetching ----------------------------------------------------------------------------------------

Result<Bytes> EdgeModels::read(const http::Url& url, std::uint64_t bytes_max) const {
  http::ClientRequest request;
  request.url = url;
  const http::ClientLimits limits{read_deadline, bytes_max, [this] { return is_stopping_.load(); }};
  OORT_TRY(auto response, http::send(request, limits, around_.clock));
  if (response.status == 200) return std::move(response.body);
  // The query of a presigned link is a secret.
  const std::string path = url.target.substr(0, url.target.find('?'));
  return fail(response.status == 404 ? ErrorCode::NotFound : ErrorCode::Unavailable,
              response.status == 404 ? reason::not_found : reason::remote_error,
              url.origin.authority() + path + " answers " + std::to_string(response.status));
}

Result<EdgeModels::Loaded> EdgeModels::load(const datahub::DeployedModel& model,
                                            const ModelId& root) const {
  OORT_TRY(const auto checked, datahub::check_deployed(model, root, around_.self, around_.check));
  const Bytes* const bytes = datahub::file_of(model, checked.manifest, model_file);
  if (bytes == nullptr) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "the model has no " + std::string(model_file) + ", which this device runs");
  }
  const auto network = codec::from_bytes<builtin::Model>(*bytes);
  if (!network) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                std::string(model_file) + ": " + network.error().detail());
  }
  Loaded loaded;
  loaded.model = *bytes;
  ServedModel& shown = loaded.shown;
  shown.root = root;
  shown.name = checked.report.model.name;
  shown.version = version_text(checked.report.model.version);
  if (checked.report.grade) shown.grade = std::string(to_string(*checked.report.grade));
  for (const Bytes& file : model.files) shown.bytes += file.size();
  shown.features = static_cast<std::uint32_t>(network->input.size());
  shown.classes = builtin::classes_of(*network);
  shown.height = checked.report.height;
  return loaded;
}

Result<ServedModel> EdgeModels::fetch(const ModelId& root, const ModelSource& source) {
  if (const Shared known = find(root); known && known->shown.why.empty()) return known->shown;
  OORT_TRY(const auto bundle, collect(root, source));
  datahub::DeployedModel model;
  model.provenance = codec::to_bytes(bundle);
  OORT_TRY(const Bytes statement, read(source.manifest, document_bytes_max));
  model.statement = std::string(as_text(statement));
  OORT_TRY(const auto manifest, datahub::parse_manifest_statement(model.statement));
  if (manifest.files().size() > datahub::deployed_files_max) {
    return fail(ErrorCode::ResourceExhausted, reason::too_large, "the model has too many files");
  }
  std::uint64_t left = std::min<std::uint64_t>(around_.bytes_max, datahub::deployed_bytes_max);
  for (const datahub::ManifestFile& file : manifest.files()) {
    const auto url = source.files.find(file.name);
    if (url == source.files.end()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "no link for " + file.name + " of the manifest");
    }
    OORT_TRY(Bytes content, read(url->second, left));
    left -= content.size();
    model.files.push_back(std::move(content));
  }
  OORT_TRY(Loaded loaded, load(model, root));
  OORT_TRY(around_.store.replace(root.hex(), codec::to_bytes(model)));
  ServedModel shown = loaded.shown;
  put(root, std::move(loaded));
  log::info("node", "a model is served",
            {{"model", root.hex()}, {"name", shown.name}, {"grade", shown.grade}});
  return shown;
}

void EdgeModels::deploy(const ModelId& root, ModelSource source,
                        Callback<Result<ServedModel>> done) {
  if (++waiting_count_ > waiting_max) {
    --waiting_count_;
    return done(busy());
  }
  around_.fetching.post([this, root, source = std::move(source), done = std::move(done)]() mutable {
    --waiting_count_;
    auto result = is_stopping_ ? Result<ServedModel>(stopped()) : fetch(root, source);
    count_deployment(result);
    if (!result) {
      log::warn("node", "a model was not taken",
                {{"model", root.hex()}, {"why", result.error().to_string()}});
    }
    done(std::move(result));
  });
}

// Answers -----------------------------------------------------------------------------------------

void EdgeModels::ask(const ModelId& root, const InferQuestion& question,
                     Callback<Result<Bytes>> done) {
  const Shared model = find(root);
  if (!model || !model->shown.why.empty()) {
    return done(fail(ErrorCode::NotFound, reason::not_found,
                     model ? "the model is not served: " + model->shown.why
                           : "no such model stands on this device"));
  }
  if (question.samples.size() > question_samples_max) {
    return done(fail(ErrorCode::ResourceExhausted, reason::too_large,
                     "at most " + std::to_string(question_samples_max) + " samples a question"));
  }
  builtin::Samples samples{model->shown.features, {}};
  for (const auto& sample : question.samples) {
    if (sample.size() != samples.features) {
      return done(
          fail(ErrorCode::InvalidArgument, reason::bad_argument,
               "a sample of this model has " + std::to_string(samples.features) + " numbers"));
    }
    samples.values.insert(samples.values.end(), sample.begin(), sample.end());
  }
  if (++waiting_count_ > waiting_max) {
    --waiting_count_;
    return done(busy());
  }
  builtin::Task task;
  task.workload = {"infer", 1};
  task.parameters = codec::to_bytes(builtin::InferParameters{question.head});
  task.inputs = {model->model, codec::to_bytes(samples)};
  around_.answering.post([this, task = std::move(task), done = std::move(done)]() mutable {
    --waiting_count_;
    const MonoTime begun = around_.clock.now_mono();
    auto result = is_stopping_ ? Result<Bytes>(stopped()) : builtin::run_to_end(std::move(task));
    answer_seconds_.observe(
        std::chrono::duration<double>(around_.clock.now_mono() - begun).count());
    count_answer(result);
    done(std::move(result));
  });
}

// What stands here --------------------------------------------------------------------------------

EdgeModels::Shared EdgeModels::find(const ModelId& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(root);
  return found == models_.end() ? nullptr : found->second;
}

void EdgeModels::put(const ModelId& root, Loaded loaded) {
  const std::lock_guard lock(mutex_);
  models_[root] = std::make_shared<const Loaded>(std::move(loaded));
  measure();
}

void EdgeModels::measure() const {
  served_.set(static_cast<double>(std::ranges::count_if(
      models_, [](const auto& one) { return one.second->shown.why.empty(); })));
}

std::vector<ServedModel> EdgeModels::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServedModel> all;
  all.reserve(models_.size());
  for (const auto& [root, model] : models_) all.push_back(model->shown);
  return all;
}

void EdgeModels::watch() {
  if (is_stopping_) return;
  for (const ServedModel& model : list()) look_after(model.root);
  around_.timers.after(watch_interval, [this] { watch(); });
}

void EdgeModels::look_after(const ModelId& root) {
  around_.prove(ledger::keys::deployment(root, around_.self), chain::Freshness::Local,
                [this, root](Result<chain::Proven> proven) {
                  // Without a network the last word of the ledger stands.
                  if (!proven || proven->value() == nullptr || is_stopping_) return;
                  const auto deployment = codec::from_bytes<ledger::Deployment>(*proven->value());
                  if (!deployment || deployment->removed_ms == 0) return;
                  around_.fetching.post([this, root] { remove(root); });
                });
}

void EdgeModels::remove(const ModelId& root) {
  {
    const std::lock_guard lock(mutex_);
    if (models_.erase(root) == 0) return;
    measure();
  }
  if (const auto removed = around_.store.remove(root.hex()); !removed) {
    log::error("node", "a model's bytes stay on the disk",
               {{"model", root.hex()}, {"why", removed.error().to_string()}});
  }
  log::info("node", "a model is served no more", {{"model", root.hex()}});
}

}  // namespace oort::node
