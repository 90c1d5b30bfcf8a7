// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "oort/chain/light_node.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/deployed_model.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/http/client.hpp"
#include "oort/ledger/genesis.hpp"

/// Models that the ledger deploys on this light node: fetched, checked, kept, and asked, with or
/// without a network.
///
/// Invariants
///   E1  A model is served only when `datahub::check_deployed` held against proofs that this node's
///       light client fetched, or that it kept: after a restart all of it is checked again from the
///       genesis on.
///   E2  What is answered as deployed is on the disk.
///   E3  An answer is the output of the workload `infer` on the model's `model.bin`, bit by bit.
///   E4  A model whose deployment the ledger ended is not served any more once this node has a
///   proof
///       of that, and its bytes are removed.
///   E5  Downloads, samples and waiting calls are bounded.
namespace oort::node {

/// Where the parts of a model are read. Nobody who serves them is believed.
struct ModelSource {
  http::Url manifest;
  std::vector<http::Url> statement;  ///< Of the training: one, or none where the model names none.
  std::map<std::string, http::Url> files;  ///< By their names in the manifest.
};

struct ServedModel {
  ModelId root;
  std::string name;
  std::string version;
  std::string grade;  ///< Of its provenance; empty where nobody says what made it.
  std::uint64_t bytes = 0;
  std::uint32_t features = 0;  ///< Numbers of one sample.
  std::uint32_t classes = 0;
  Height height;    ///< The lowest state that a proof of it is of.
  std::string why;  ///< Why it is not served; empty when it is.
};

struct InferQuestion {
  compute::builtin::Head head = compute::builtin::Head::Argmax;
  std::vector<std::vector<std::int8_t>> samples;
};
inline constexpr std::size_t question_samples_max = 4096;

/// Threads: every call from any thread; callbacks run on `fetching` or `answering`.
class EdgeModels {
 public:
  /// As LightNode::prove.
  using Prove =
      std::function<void(Bytes key, chain::Freshness freshness, Callback<Result<chain::Proven>>)>;
  struct Around {
    NodeId self;
    Prove prove;
    datahub::StateProofCheck check;  ///< Of such a proof, by the genesis alone.
    env::BlobStore& store;           ///< One blob a model, named by its root.
    const env::Clock& clock;
    env::Timers& timers;
    env::Executor& fetching;  ///< Pools of one thread each: both block.
    env::Executor& answering;
    std::uint64_t bytes_max = 0;  ///< Of one model.
  };
  explicit EdgeModels(Around around);

  /// Reads and checks everything that is kept. Blocks. A model that does not hold is listed with
  /// its reason and not served. Fails with DISK_FAILED.
  [[nodiscard]] Result<void> open();
  /// Looks from time to time what the ledger says of the models here (E4).
  void watch();
  /// Waiting work is given up; nothing is begun after it.
  void stop() noexcept { is_stopping_ = true; }

  /// Fails with NOT_ALLOWED (the ledger does not say that it stands here), BAD_PROOF,
  /// NOT_SUPPORTED (no `model.bin` that `infer` reads), NOT_FOUND, TOO_LARGE, QUEUE_FULL,
  /// DISK_FULL, CANCELLED, and as LightNode::prove and http::send. A model that is served already
  /// is a success.
  void deploy(const ModelId& root, ModelSource source, Callback<Result<ServedModel>> done);
  /// The canonical bytes of InferOutput. Fails with NOT_FOUND, BAD_ARGUMENT for samples of another
  /// length, TOO_LARGE, QUEUE_FULL.
  void ask(const ModelId& root, const InferQuestion& question, Callback<Result<Bytes>> done);
  [[nodiscard]] std::vector<ServedModel> list() const;

 private:
  struct Loaded {
    ServedModel shown;
    Bytes model;  ///< Canonical bytes of builtin::Model.
  };
  /// Owned by the map, and by the answers that are being computed.
  using Shared = std::shared_ptr<const Loaded>;

  Result<ServedModel> fetch(const ModelId& root, const ModelSource& source);
  Result<chain::Proven> prove(const Bytes& key, chain::Freshness freshness) const;
  Result<Bytes> proof_of(const Bytes& key, const std::string& what) const;
  Result<datahub::ProvenanceBundle> collect(const ModelId& root, const ModelSource& source) const;
  Result<void> add_training(const Bytes32& id, const ModelSource& source,
                            datahub::ProvenanceBundle& bundle) const;
  Result<Bytes> read(const http::Url& url, std::uint64_t bytes_max) const;
  Result<Loaded> load(const datahub::DeployedModel& model, const ModelId& root) const;
  void put(const ModelId& root, Loaded loaded);
  /// Requires: the lock.
  void measure() const;
  void look_after(const ModelId& root);
  void remove(const ModelId& root);
  [[nodiscard]] Shared find(const ModelId& root) const;

  Around around_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::size_t> waiting_count_ = 0;
  mutable std::mutex mutex_;  ///< Of the map alone.
  std::map<ModelId, Shared> models_;
  mutable metrics::Gauge served_;
  metrics::Histogram answer_seconds_;
};

/// The one record that a proof bundle of the network shows. Fails as chain::verify_bundle, and with
/// BAD_PROOF for a bundle of none or several.
[[nodiscard]] Result<datahub::ShownRecord> shown_record(ByteView proof,
                                                        const ledger::GenesisParams& genesis);

}  // namespace oort::node
