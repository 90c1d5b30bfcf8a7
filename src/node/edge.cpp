// SPDX-License-Identifier: Apache-2.0
#include "edge.hpp"

#include "doors.hpp"
#include "edge_models.hpp"
#include "light_ports.hpp"
#include "model_door.hpp"
#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/chain/light_node.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/log.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/transport.hpp"
#include "oort/host/blob_store.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/files.hpp"
#include "oort/host/random.hpp"
#include "oort/host/runtime.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/server.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/net/transport.hpp"
#include "oort/node/keys.hpp"

namespace oort::node {
namespace {

/// Below the data folder: the newest verified header, and the models that stand here.
constexpr std::string_view light_folder = "light";
constexpr std::string_view models_folder = "models";
constexpr Duration readiness_interval = 250ms;

class Edge final : public Node {
 public:
  Edge(Config config, std::string version, Hooks& hooks, std::function<void()> on_shutdown_request)
      : config_(std::move(config)),
        version_(std::move(version)),
        hooks_(hooks),
        on_shutdown_request_(std::move(on_shutdown_request)) {}
  ~Edge() override { stop(0s); }
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;

  Result<void> start() {
    OORT_TRY(open_data());
    OORT_TRY(open_light());
    if (config_.modules.models) {
      OORT_TRY(open_models());
    }
    OORT_TRY(open_doors());
    watch_readiness();
    log::info("node", "started",
              {{"role", to_string(config_.node.role)},
               {"ledger", "light"},
               {"node", keys_->node_id().hex()},
               {"grpc", grpc_endpoint()}});
    return {};
  }

  void stop(Duration grace) override {
    if (is_stopped_) return;
    is_stopped_ = true;
    // Doors first: nothing new comes in, and what is in flight is answered by parts that live.
    if (grpc_) grpc_->stop(grace);
    if (models_) models_->stop();
    if (model_server_) model_server_->stop(grace);
    if (operator_door_) operator_door_->stop(grace);
    if (transport_) transport_->stop();
    if (runtime_) runtime_->stop();
    grpc_.reset();
    light_.reset();
    log::info("node", "stopped");
    log::flush();
  }

  void reload(const Config& config) override {
    transport_->set_denied(config.network.denied);
    transport_->set_peers(with_known_nodes(config.network.peers, genesis_.nodes, keys_->node_id()));
  }

  [[nodiscard]] std::string grpc_endpoint() const override {
    return grpc_ ? grpc_->endpoint() : "";
  }
  [[nodiscard]] std::string s3_endpoint() const override { return ""; }
  [[nodiscard]] std::string operator_endpoint() const override {
    return operator_door_ ? operator_door_->endpoint() : "";
  }

 private:
  Result<void> open_data();
  Result<void> open_light();
  Result<void> open_models();
  Result<void> open_doors();
  void watch_readiness();

  Config config_;
  std::string version_;
  Hooks& hooks_;
  std::function<void()> on_shutdown_request_;
  bool is_stopped_ = false;

  // In the order in which they are made; destroyed from the end.
  host::SystemClock system_clock_;
  env::Clock& clock_ = hooks_.clock(system_clock_);
  host::KernelRandom random_;
  std::unique_ptr<host::FolderLock> lock_;
  std::optional<crypto::SecretSeed> seed_;
  std::optional<crypto::KeyPair> keys_;
  ledger::GenesisParams genesis_;
  std::unique_ptr<env::BlobStore> store_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<host::Strand> strand_;
  std::unique_ptr<env::Executor> disk_;
  std::unique_ptr<net::NodeTransport> transport_;
  env::Transport* wire_ = nullptr;  ///< The transport as hooked.
  std::unique_ptr<env::BlobStore> model_store_;
  std::unique_ptr<env::Executor> fetching_;
  std::unique_ptr<env::Executor> answering_;
  std::unique_ptr<EdgeModels> models_;
  std::unique_ptr<chain::LightNode> light_;
  std::unique_ptr<http::Handler> model_handler_;
  std::unique_ptr<http::Server> model_server_;
  std::unique_ptr<LightParts> parts_;
  std::unique_ptr<api::LedgerPort> ledger_port_;
  std::unique_ptr<api::NodePort> node_port_;
  std::unique_ptr<api::AdminPort> admin_port_;
  std::unique_ptr<api::Server> grpc_;
  std::unique_ptr<OperatorDoor> operator_door_;
};

Result<void> Edge::open_data() {
  const auto& folder = config_.node.data_folder;
  OORT_TRY(lock_, host::lock_folder(folder));
  OORT_TRY(seed_, load_node_key(config_.resolve(config_.node.key_file)));
  keys_.emplace(*seed_);
  OORT_TRY(genesis_, read_genesis(config_));
  OORT_TRY(store_, host::open_blob_store(folder / light_folder));
  OORT_TRY(runtime_, host::Runtime::start({.threads_count = config_.runtime.threads}));
  strand_ = runtime_->make_strand();
  disk_ = runtime_->make_pool("oort-light", 1);
  return {};
}

Result<void> Edge::open_light() {
  OORT_TRY(transport_, open_node_transport(config_, *seed_, ledger::chain_id_of(genesis_),
                                           {clock_, random_, *strand_}));
  reload(config_);
  wire_ = &hooks_.transport(*transport_, {ledger::chain_id_of(genesis_), *keys_});
  const chain::LightSurroundings around{.clock = clock_,
                                        .strand = *strand_,
                                        .timers = strand_->timers(),
                                        .disk = *disk_,
                                        .random = random_,
                                        .store = *store_,
                                        .transport = *wire_,
                                        .on_failure = {}};
  OORT_TRY(light_, chain::LightNode::open(genesis_, chain::LightOptions(), around));
  transport_->start();
  light_->start();
  return {};
}

Result<void> Edge::open_models() {
  OORT_TRY(model_store_, host::open_blob_store(config_.node.data_folder / models_folder));
  fetching_ = runtime_->make_pool("oort-models", 1);
  answering_ = runtime_->make_pool("oort-infer", 1);
  const auto prove = [this](Bytes key, chain::Freshness freshness,
                            Callback<Result<chain::Proven>> done) {
    light_->prove(std::move(key), freshness, std::move(done));
  };
  const auto check = [this](ByteView proof) { return shown_record(proof, genesis_); };
  models_ = std::make_unique<EdgeModels>(EdgeModels::Around{.self = keys_->node_id(),
                                                            .prove = prove,
                                                            .check = check,
                                                            .store = *model_store_,
                                                            .clock = clock_,
                                                            .timers = strand_->timers(),
                                                            .fetching = *fetching_,
                                                            .answering = *answering_,
                                                            .bytes_max = config_.models.bytes_max});
  OORT_TRY(models_->open());
  models_->watch();
  model_handler_ = model_door(*models_);
  http::ServerOptions server;
  server.name = "models";
  server.address = config_.models.listen.host;
  server.port = config_.models.listen.port;
  server.limits.body_bytes_max = question_bytes_max;
  OORT_TRY(model_server_, http::Server::start(server, *model_handler_, clock_, random_));
  log::info("node", "models are served", {{"port", std::to_string(model_server_->port())}});
  return {};
}

Result<void> Edge::open_doors() {
  OORT_TRY(operator_door_, OperatorDoor::open(config_, clock_, random_));
  parts_ =
      std::make_unique<LightParts>(LightParts{.config = config_,
                                              .version = version_,
                                              .self = keys_->node_id(),
                                              .genesis = genesis_,
                                              .clock = clock_,
                                              .started = clock_.now_mono(),
                                              .light = *light_,
                                              .transport = *transport_,
                                              .timers = strand_->timers(),
                                              .shut_down = on_shutdown_request_,
                                              .operator_endpoint = operator_door_->endpoint()});
  ledger_port_ = make_light_ledger_port(*parts_);
  node_port_ = make_light_node_port(*parts_);
  admin_port_ = make_light_admin_port(*parts_);
  OORT_TRY(grpc_, open_grpc(config_, {.ledger = ledger_port_.get(),
                                      .node = node_port_.get(),
                                      .admin = admin_port_.get()}));
  return {};
}

void Edge::watch_readiness() {
  const Readiness readiness = readiness_of(*parts_);
  operator_door_->set(readiness);
  grpc_->set_serving(readiness.is_ready);
  strand_->timers().after(readiness_interval, [this] { watch_readiness(); });
}

}  // namespace

bool is_light(const Config& config) noexcept {
  const Config::Modules& modules = config.modules;
  return config.node.role == Role::Edge && !modules.s3 && !modules.storage && !modules.history &&
         !modules.validator;
}

Result<std::unique_ptr<Node>> start_edge(Config config, std::string version, Hooks& hooks,
                                         std::function<void()> on_shutdown_request) {
  auto edge = std::make_unique<Edge>(std::move(config), std::move(version), hooks,
                                     std::move(on_shutdown_request));
  OORT_TRY(edge->start());
  return edge;
}

}  // namespace oort::node
