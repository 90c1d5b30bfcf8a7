// SPDX-License-Identifier: Apache-2.0
#include "oort/node/node.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "annotation_host.hpp"
#include "broker_port.hpp"
#include "compute_driver.hpp"
#include "compute_objects.hpp"
#include "doors.hpp"
#include "edge.hpp"
#include "honesty_driver.hpp"
#include "honesty_reads.hpp"
#include "honesty_tasks.hpp"
#include "host_offer.hpp"
#include "ledger_view.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/chain.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/offer.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/host/blob_store.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/files.hpp"
#include "oort/host/random.hpp"
#include "oort/host/runtime.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/server.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/view.hpp"
#include "oort/net/transport.hpp"
#include "oort/node/keys.hpp"
#include "oort/object/gateway.hpp"
#include "oort/object/ledger_placement.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_client.hpp"
#include "oort/object/shard_service.hpp"
#include "oort/object/volume_store.hpp"
#include "oort/s3/service.hpp"
#include "oort/store/rocks_store.hpp"
#include "room_transport.hpp"
#include "statement_index.hpp"
#include "submitter.hpp"
#include "waiter.hpp"

namespace oort::node {
namespace {

/// Below the data folder: the log of what this validator signed.
constexpr std::string_view votes_folder = "votes";
constexpr Duration readiness_interval = 250ms;
constexpr Duration collect_interval = 30s;
/// Several idle blocks long, so that a slow machine is not taken for a broken network.
constexpr Duration quorum_patience = 4s;
/// A write without a quorum answers well within 10 s.
constexpr Duration write_deadline = 8s;
constexpr std::size_t nodes_known_max = 10'000;

#if defined(__aarch64__)
constexpr auto this_architecture = compute::Architecture::Arm64;
#else
constexpr auto this_architecture = compute::Architecture::Amd64;
#endif

class NodeImpl final : public Node {
 public:
  NodeImpl(Config config, std::string version, Hooks& hooks,
           std::function<void()> on_shutdown_request)
      : config_(std::move(config)),
        version_(std::move(version)),
        hooks_(hooks),
        on_shutdown_request_(std::move(on_shutdown_request)) {}
  ~NodeImpl() override { stop(0s); }
  NodeImpl(const NodeImpl&) = delete;
  NodeImpl& operator=(const NodeImpl&) = delete;

  Result<void> start() {
    started_ = clock_.now_mono();
    OORT_TRY(open_data());
    OORT_TRY(open_network());
    OORT_TRY(open_chain());
    OORT_TRY(open_statements());
    OORT_TRY(open_objects());
    OORT_TRY(open_doors());
    watch_readiness();
    log::info("node", "started",
              {{"role", to_string(config_.node.role)},
               {"node", keys_->node_id().hex()},
               {"grpc", grpc_endpoint()},
               {"s3", s3_endpoint()}});
    return {};
  }

  void stop(Duration grace) override {
    if (is_stopped_) return;
    is_stopped_ = true;
    // Doors first: nothing new comes in, and what is in flight is answered by parts that live.
    s3_doors_.stop(grace);
    // The gRPC door waits for every answer, and some wait for a block that may never come.
    if (parts_) parts_->calls.stop();
    if (grpc_) grpc_->stop(grace);
    if (operator_door_) operator_door_->stop(grace);
    stop_compute();
    stop_objects(grace);
    if (transport_) transport_->stop();
    if (runtime_) runtime_->stop();
    grpc_.reset();
    statements_.reset();
    feed_.reset();
    chain_.reset();
    log::info("node", "stopped");
    log::flush();
  }

  void reload(const Config& config) override {
    object_strand_->post([this, peers = config.network.peers, denied = config.network.denied] {
      peers_ = peers;
      transport_->set_denied(denied);
      dial_known_nodes();
    });
  }

  [[nodiscard]] std::string grpc_endpoint() const override {
    return grpc_ ? grpc_->endpoint() : "";
  }
  [[nodiscard]] std::string s3_endpoint() const override {
    const auto& door = s3_doors_.plain;
    return door ? config_.s3.listen.host + ":" + std::to_string(door->port()) : "";
  }
  [[nodiscard]] std::string operator_endpoint() const override {
    return operator_door_ ? operator_door_->endpoint() : "";
  }

 private:
  Result<void> open_data();
  /// Below the data folder.
  Result<std::unique_ptr<env::KvStore>> open_store(std::string_view name, std::uint64_t cache_bytes,
                                                   std::uint64_t buffer_bytes);
  Result<void> open_network();
  Result<void> open_chain();
  Result<void> open_statements();
  Result<void> open_objects();
  Result<void> open_shards();
  Result<void> open_honesty();
  Result<void> open_purse();
  Result<void> open_gateway();
  Result<void> open_compute();
  void follow_honesty();
  void follow_compute();
  void accuse_deviations();
  void hide_tasks();
  Result<void> open_annotation();
  [[nodiscard]] bool has_module(ledger::Module module) const;
  Result<void> open_doors();
  Result<void> open_s3();
  void stop_objects(Duration grace);
  void stop_compute();
  void watch_readiness();
  void collect_orphans();
  void dial_known_nodes();

  Config config_;
  std::string version_;
  Hooks& hooks_;
  /// As configured last; the object strand's, once the node runs.
  std::vector<net::PeerAddress> peers_;
  std::function<void()> on_shutdown_request_;
  bool is_stopped_ = false;
  MonoTime started_;

  // In the order in which they are made; destroyed from the end.
  host::SystemClock system_clock_;
  env::Clock& clock_ = hooks_.clock(system_clock_);
  host::KernelRandom random_;
  std::unique_ptr<host::FolderLock> lock_;
  std::optional<crypto::KeyPair> keys_;
  std::optional<crypto::SecretSeed> seed_;
  ledger::GenesisParams genesis_;
  std::unique_ptr<env::KvStore> ledger_store_;
  std::unique_ptr<env::BlobStore> votes_;
  std::unique_ptr<env::KvStore> index_store_;
  std::unique_ptr<env::KvStore> shard_index_;
  std::unique_ptr<env::KvStore> statement_store_;
  std::unique_ptr<env::KvStore> honesty_store_;
  std::unique_ptr<env::KvStore> compute_store_;
  std::unique_ptr<env::KvStore> annotation_store_;
  std::unique_ptr<env::BlobStore> shard_volumes_;
  std::unique_ptr<object::VolumeStore> volumes_;
  std::unique_ptr<env::Signer> signer_;
  std::unique_ptr<chain::Vrf> vrf_;

  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<host::Strand> chain_strand_;
  std::unique_ptr<host::Strand> object_strand_;
  std::unique_ptr<host::Strand> compute_strand_;
  std::unique_ptr<env::Executor> work_pool_;
  std::unique_ptr<env::Executor> log_disk_;
  std::unique_ptr<env::Executor> store_disk_;
  std::unique_ptr<env::Executor> shard_disk_;
  std::unique_ptr<env::Executor> statement_disk_;
  std::unique_ptr<env::Executor> honesty_disk_;
  std::unique_ptr<env::Executor> compute_disk_;
  std::unique_ptr<env::Executor> annotation_disk_;
  std::unique_ptr<env::Executor> court_pool_;
  std::unique_ptr<env::Executor> task_pool_;
  std::unique_ptr<env::Executor> sandbox_pool_;

  std::unique_ptr<net::NodeTransport> transport_;
  env::Transport* wire_ = nullptr;  ///< The transport as hooked.
  std::unique_ptr<RoomTransport> object_transport_;
  std::unique_ptr<RoomTransport> compute_transport_;
  std::unique_ptr<chain::Chain> chain_;
  std::unique_ptr<BlockFeed> feed_;
  std::unique_ptr<SnapshotView> view_;
  std::unique_ptr<object::LedgerPlacement> placement_;
  std::unique_ptr<Submitter> submitter_;
  std::unique_ptr<object::ShardService> shards_;
  std::unique_ptr<object::TransportShardClient> shard_client_;
  std::unique_ptr<OrderedReads> gateway_reads_;
  /// Of the account that orders jobs whose answer is known; nothing without it.
  std::unique_ptr<env::Signer> purse_signer_;
  std::unique_ptr<Submitter> purse_submitter_;
  std::shared_ptr<ComputeTasks> tasks_;
  /// Shared with what it posted and timed; nothing where the network has no honesty module.
  std::shared_ptr<HonestyDriver> honesty_;
  /// The same, where the network has jobs too.
  std::shared_ptr<WorkCourt> court_;
  std::unique_ptr<object::Gateway> gateway_;
  std::optional<GatewayObjects> job_objects_;
  /// Shared with what it posted and timed; nothing where the node has no part in jobs.
  std::shared_ptr<ComputeDriver> compute_;

  std::unique_ptr<StatementIndex> statements_;

  std::unique_ptr<NodeParts> parts_;
  std::unique_ptr<api::LedgerPort> ledger_port_;
  std::unique_ptr<api::StatePort> state_port_;
  std::unique_ptr<api::NodePort> node_port_;
  std::unique_ptr<api::ObjectPort> object_port_;
  std::unique_ptr<api::AdminPort> admin_port_;
  std::unique_ptr<api::BrokerPort> broker_port_;
  /// Shared with what it posted; nothing where this node keeps no queues for annotators.
  std::shared_ptr<AnnotationHost> annotation_;
  std::unique_ptr<api::Server> grpc_;
  std::unique_ptr<http::Handler> s3_handler_;
  S3Doors s3_doors_;
  std::unique_ptr<OperatorDoor> operator_door_;
};

Result<void> NodeImpl::open_data() {
  const auto& folder = config_.node.data_folder;
  OORT_TRY(lock_, host::lock_folder(folder));
  OORT_TRY(seed_, load_node_key(config_.resolve(config_.node.key_file)));
  keys_.emplace(*seed_);
  signer_ = crypto::local_signer(*keys_);

  OORT_TRY(genesis_, read_genesis(config_));

  OORT_TRY(ledger_store_,
           open_store("ledger", config_.ledger.cache_bytes, config_.ledger.write_buffer_bytes));
  OORT_TRY(votes_, host::open_blob_store(folder / votes_folder));

  host::Runtime::Options threads;
  threads.threads_count = config_.runtime.threads;
  OORT_TRY(runtime_, host::Runtime::start(threads));
  chain_strand_ = runtime_->make_strand();
  object_strand_ = runtime_->make_strand();
  compute_strand_ = runtime_->make_strand();
  work_pool_ = runtime_->make_pool("oort-work", config_.runtime.threads);
  log_disk_ = runtime_->make_pool("oort-votes", 1);
  store_disk_ = runtime_->make_pool("oort-store", 1);
  shard_disk_ = runtime_->make_pool("oort-shards", 1);
  statement_disk_ = runtime_->make_pool("oort-statements", 1);
  honesty_disk_ = runtime_->make_pool("oort-honesty", 1);
  compute_disk_ = runtime_->make_pool("oort-compute", 1);
  return {};
}

Result<std::unique_ptr<env::KvStore>> NodeImpl::open_store(std::string_view name,
                                                           std::uint64_t cache_bytes,
                                                           std::uint64_t buffer_bytes) {
  store::RocksOptions rocks;
  rocks.cache_bytes = cache_bytes;
  rocks.write_buffer_bytes = buffer_bytes;
  return store::open_rocks(config_.node.data_folder / name, rocks);
}

Result<void> NodeImpl::open_network() {
  OORT_TRY(transport_, open_node_transport(config_, *seed_, ledger::chain_id_of(genesis_),
                                           {clock_, random_, *chain_strand_}));
  peers_ = config_.network.peers;
  transport_->set_peers(peers_);
  wire_ = &hooks_.transport(*transport_, {ledger::chain_id_of(genesis_), *keys_});
  object_transport_ = std::make_unique<RoomTransport>(*wire_, *object_strand_);
  compute_transport_ = std::make_unique<RoomTransport>(*wire_, *compute_strand_);
  return {};
}

Result<void> NodeImpl::open_chain() {
  vrf_ = chain::make_vrf(config_.modules.validator ? &*keys_ : nullptr);
  chain::Options options;
  options.consensus.idle_max = std::chrono::milliseconds(config_.ledger.idle_block_ms);
  random_.fill(std::as_writable_bytes(std::span(&options.consensus.jitter_seed, 1)));
  const chain::Surroundings around{.clock = clock_,
                                   .strand = *chain_strand_,
                                   .timers = chain_strand_->timers(),
                                   .pool = *work_pool_,
                                   .log_disk = *log_disk_,
                                   .store_disk = *store_disk_,
                                   .random = random_,
                                   .store = hooks_.ledger(*ledger_store_),
                                   .logs = hooks_.votes(*votes_),
                                   .transport = *wire_,
                                   .signer = config_.modules.validator ? signer_.get() : nullptr,
                                   .vrf = *vrf_,
                                   .on_failure = {}};
  OORT_TRY(chain_, chain::Chain::open(genesis_, options, around));
  feed_ = std::make_unique<BlockFeed>(*chain_, clock_, *object_strand_, quorum_patience);
  view_ = std::make_unique<SnapshotView>(*chain_, *feed_, *object_strand_, *transport_);
  placement_ = std::make_unique<object::LedgerPlacement>(*view_, *transport_);
  submitter_ = std::make_unique<Submitter>(Submitter::Parts{.chain_id = chain_->trust_root().chain,
                                                            .chain = *chain_,
                                                            .feed = *feed_,
                                                            .ledger = *view_,
                                                            .signer = *signer_,
                                                            .strand = *object_strand_,
                                                            .timers = object_strand_->timers()},
                                           Submitter::Options());
  return {};
}

Result<void> NodeImpl::open_statements() {
  OORT_TRY(statement_store_, open_store("statements", 8 * limits::mib, 4 * limits::mib));
  OORT_TRY(statements_,
           StatementIndex::start(
               genesis_, {.chain = *chain_, .store = *statement_store_, .disk = *statement_disk_}));
  return {};
}

Result<void> NodeImpl::open_shards() {
  const auto folder = config_.node.data_folder / "shards";
  OORT_TRY(shard_volumes_, host::open_blob_store(folder / "volumes"));
  OORT_TRY(shard_index_, open_store("shards/index", 8 * limits::mib, 4 * limits::mib));
  object::VolumeStore::Options options;
  options.reserve_bytes = config_.storage.reserve_bytes;
  OORT_TRY(volumes_,
           object::VolumeStore::open(hooks_.shards(*shard_volumes_), *shard_index_, options));
  shards_ = std::make_unique<object::ShardService>(
      object::ShardService::Parts{.chain = chain_->trust_root().chain,
                                  .self = keys_->node_id(),
                                  .strand = *object_strand_,
                                  .disk = *shard_disk_,
                                  .volumes = *volumes_,
                                  .signer = *signer_,
                                  .ledger = *view_});
  shards_->attach(*object_transport_);
  collect_orphans();
  return {};
}

Result<void> NodeImpl::open_objects() {
  if (config_.modules.storage) OORT_TRY(open_shards());
  shard_client_ = std::make_unique<object::TransportShardClient>(*object_transport_, shards_.get());
  gateway_reads_ = std::make_unique<OrderedReads>(*shard_client_, random_);
  OORT_TRY(open_honesty());
  OORT_TRY(open_compute());
  // Every handler is set by now.
  transport_->start();
  chain_->start();
  dial_known_nodes();
  if (config_.modules.s3) OORT_TRY(open_gateway());
  follow_honesty();
  follow_compute();
  return {};
}

Result<void> NodeImpl::open_gateway() {
  OORT_TRY(index_store_, open_store("index", 16 * limits::mib, 4 * limits::mib));
  object::GatewayOptions options;
  options.region = config_.s3.region;
  options.submit_deadline = write_deadline;
  OORT_TRY(gateway_, object::Gateway::start({.chain = chain_->trust_root().chain,
                                             .keys = *keys_,
                                             .strand = *object_strand_,
                                             .pool = *work_pool_,
                                             .timers = object_strand_->timers(),
                                             .clock = clock_,
                                             .random = random_,
                                             .ledger = *view_,
                                             .submit = hooks_.submit(*submitter_),
                                             .events = *feed_,
                                             .shards = *gateway_reads_,
                                             .placement = *placement_,
                                             .index = *index_store_},
                                            options));
  return {};
}

/// A node with the whole state takes part in Proof of Honesty where the network has it.
Result<void> NodeImpl::open_honesty() {
  if (!has_module(ledger::Module::Honesty)) return {};
  OORT_TRY(honesty_store_, open_store("honesty", limits::mib, limits::mib));
  if (has_module(ledger::Module::Jobs)) {
    court_pool_ = runtime_->make_pool("oort-court", 1);
    OORT_TRY(court_, WorkCourt::open({.self = keys_->node_id(),
                                      .strand = *object_strand_,
                                      .disk = *honesty_disk_,
                                      .pool = *court_pool_,
                                      .store = *honesty_store_,
                                      .ledger = *view_,
                                      .transport = *object_transport_}));
  }
  if (court_ && !config_.honesty.purse_key.empty()) OORT_TRY(open_purse());
  HonestyDriver::Options options;
  options.rules.live_count_min = config_.honesty.live_reads_min;
  OORT_TRY(honesty_,
           HonestyDriver::open({.chain = chain_->trust_root().chain,
                                .keys = *keys_,
                                .strand = *object_strand_,
                                .timers = object_strand_->timers(),
                                .disk = *honesty_disk_,
                                .clock = clock_,
                                .random = random_,
                                .store = *honesty_store_,
                                .ledger = *view_,
                                .submit = *submitter_,
                                .transport = *object_transport_,
                                .shards = *shard_client_,
                                .live = config_.modules.s3 ? gateway_reads_.get() : nullptr,
                                .court = court_.get(),
                                .tasks = tasks_.get()},
                               options));
  honesty_->attach();
  return {};
}

/// Jobs whose answer is known are paid by an account that is not the node's.
Result<void> NodeImpl::open_purse() {
  if (!config_.modules.broker || !config_.modules.s3 || config_.honesty.purse_bucket.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_config,
                "honesty.purse_key needs honesty.purse_bucket, modules.broker and modules.s3");
  }
  OORT_TRY(const auto seed, load_account_key(config_.resolve(config_.honesty.purse_key)));
  const crypto::KeyPair keys(seed);
  purse_signer_ = crypto::local_signer(keys);
  purse_submitter_ =
      std::make_unique<Submitter>(Submitter::Parts{.chain_id = chain_->trust_root().chain,
                                                   .chain = *chain_,
                                                   .feed = *feed_,
                                                   .ledger = *view_,
                                                   .signer = *purse_signer_,
                                                   .strand = *object_strand_,
                                                   .timers = object_strand_->timers()},
                                  Submitter::Options());
  ComputeTasks::Options options;
  options.live_count_min = config_.honesty.live_jobs_min;
  tasks_ = std::make_shared<ComputeTasks>(
      ComputeTasks::Parts{.self = keys_->node_id(),
                          .payer = crypto::account_of(keys.public_key()),
                          .bucket = config_.honesty.purse_bucket,
                          .strand = *object_strand_,
                          .pool = *court_pool_,
                          .random = random_,
                          .ledger = *view_,
                          .submit = *purse_submitter_},
      options);
  return {};
}

void NodeImpl::follow_honesty() {
  if (!honesty_) return;
  const auto look = [weak = std::weak_ptr(honesty_), strand = object_strand_.get()] {
    strand->post([weak] {
      if (const auto driver = weak.lock()) driver->on_block();
    });
  };
  look();
  chain_->subscribe(chain_->view()->height().next(),
                    [look](const chain::FinalBlockRef&) { look(); });
}

/// A node with the whole state takes part in jobs where the network has them: with a gateway as
/// their broker, and as an executor if its operator wants it.
Result<void> NodeImpl::open_compute() {
  if (!has_module(ledger::Module::Jobs)) return {};
  const bool is_broker = config_.modules.broker && config_.modules.s3;
  if (config_.modules.broker && !is_broker) {
    log::warn("compute", "this node brokers no jobs: modules.broker needs modules.s3");
  }
  if (!is_broker && !config_.compute.enabled) return {};
  OORT_TRY(compute_store_, open_store("compute", 8 * limits::mib, 4 * limits::mib));
  const Config::Compute& offered = config_.compute;
  const std::uint32_t cores = (offered.cpu_milli + 999) / 1'000;
  task_pool_ = runtime_->make_pool("oort-tasks", cores);
  // A container holds a thread, which only waits, while it runs.
  if (offered.enabled) sandbox_pool_ = runtime_->make_pool("oort-sandbox", std::size_t{cores} * 4);
  ComputeDriver::Options options;
  options.is_broker = is_broker;
  options.is_executor = offered.enabled;
  options.offer.region = config_.node.region;
  options.offer.cpu_milli = offered.cpu_milli;
  options.offer.memory_mib = offered.memory_mib;
  options.offer.disk_mib = offered.disk_mib;
  options.offer.ask_per_core = offered.ask_per_core;
  options.offer.ask_per_gpu = offered.ask_per_gpu;
  options.offer.architecture = this_architecture;
  // Built-in workloads alone, until the host was seen to confine strangers' programs.
  options.offer.tiers = 1U << static_cast<unsigned>(compute::IsolationTier::Wasm);
  OORT_TRY(compute_, ComputeDriver::open({.chain = chain_->trust_root().chain,
                                          .self = keys_->node_id(),
                                          .signer = *signer_,
                                          .strand = *compute_strand_,
                                          .timers = compute_strand_->timers(),
                                          .disk = *compute_disk_,
                                          .work = *task_pool_,
                                          .clock = clock_,
                                          .store = *compute_store_,
                                          .ledger = *view_,
                                          .submit = *submitter_,
                                          .transport = *compute_transport_,
                                          .folder = config_.node.data_folder / "containers"},
                                         options));
  compute_->attach();
  return {};
}

void NodeImpl::follow_compute() {
  if (!compute_) return;
  if (config_.compute.enabled) {
    look_at_host({.driver = compute_,
                  .strand = *compute_strand_,
                  .pool = *task_pool_,
                  .sandbox_pool = *sandbox_pool_});
  }
  const std::weak_ptr<ComputeDriver> weak = compute_;
  // What is told from here on is newer than what the driver sees when it begins.
  chain_->subscribe(chain_->view()->height().next(),
                    [weak, strand = compute_strand_.get()](const chain::FinalBlockRef& block) {
                      strand->post([weak, block] {
                        if (const auto driver = weak.lock()) driver->on_block(to_object(*block));
                      });
                    });
  if (gateway_) job_objects_.emplace(*gateway_);
  if (court_) accuse_deviations();
  if (tasks_) hide_tasks();
  compute_strand_->post([weak, objects = job_objects_ ? &*job_objects_ : nullptr] {
    if (const auto driver = weak.lock()) driver->start(objects);
  });
}

/// Who is not of the majority's mind is accused by the broker.
void NodeImpl::accuse_deviations() {
  object_strand_->post([court = court_, objects = job_objects_ ? &*job_objects_ : nullptr] {
    court->set_objects(objects);
  });
  compute_->on_deviation([weak = std::weak_ptr(honesty_), strand = object_strand_.get()](
                             const compute::Deviation& deviation, const Bytes32& spec) {
    // A stranger's program may answer differently each time: it convicts nobody.
    const auto envelope = codec::from_bytes<compute::TaskEnvelope>(deviation.envelope);
    if (!envelope || envelope->work.kind != compute::WorkKind::Builtin) return;
    AccusedWork work{deviation.receipt.epoch, deviation.envelope, deviation.payer, spec,
                     deviation.inputs};
    strand->post(
        [weak, receipt = deviation.receipt, accepted = deviation.accepted, work = std::move(work)] {
          if (const auto driver = weak.lock()) driver->accuse(receipt, accepted, work);
        });
  });
}

/// What clients have done is shown to who imitates it, and what that orders goes their way.
void NodeImpl::hide_tasks() {
  env::Executor& home = *object_strand_;
  ComputeTasks::HandOver hand_over = [weak = std::weak_ptr(compute_),
                                      strand = compute_strand_.get()](api::JobHandover job,
                                                                      Callback<Result<void>> done) {
    strand->post([weak, job = std::move(job), done = std::move(done)]() mutable {
      const auto driver = weak.lock();
      if (driver) return driver->hand_over(std::move(job), std::move(done));
      done(fail(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
    });
  };
  home.post([tasks = tasks_, objects = &*job_objects_, hand_over = std::move(hand_over)]() mutable {
    tasks->set_doors(objects, std::move(hand_over));
  });
  const auto opened = [weak = std::weak_ptr(honesty_), &home](const ledger::Job& job,
                                                              const ledger::JobSpec& spec) {
    home.post([weak, live = LiveJob{job, spec}]() mutable {
      if (const auto driver = weak.lock()) driver->saw(std::move(live));
    });
  };
  const auto read = [weak = std::weak_ptr(tasks_), &home](
                        const JobId& job, const compute::builtin::Workload& workload,
                        ByteView bytes) {
    Bytes part = to_bytes(bytes.first(std::min(bytes.size(), BytePairs::counted_bytes_max)));
    home.post([weak, job, workload, part = std::move(part)] {
      if (const auto tasks = weak.lock()) tasks->read(job, workload, part);
    });
  };
  const auto answered = [weak = std::weak_ptr(honesty_), &home](const ledger::WorkReceipt& one) {
    home.post([weak, one] {
      if (const auto driver = weak.lock()) driver->took(one);
    });
  };
  compute_->watch({.opened = opened, .read = read, .answered = answered});
}

bool NodeImpl::has_module(ledger::Module module) const {
  return std::ranges::find(genesis_.modules, module, &ledger::GenesisModule::module) !=
         genesis_.modules.end();
}

void NodeImpl::stop_compute() {
  if (!compute_) return;
  auto waiter = std::make_shared<Waiter>();
  compute_strand_->post([driver = compute_, waiter] {
    driver->stop();
    waiter->finish();
  });
  waiter->wait(1s);
}

void NodeImpl::stop_objects(Duration grace) {
  if (!object_strand_) return;
  auto waiter = std::make_shared<Waiter>();
  object_strand_->post([this, waiter] {
    if (honesty_) honesty_->stop();
    if (submitter_) submitter_->stop();
    if (purse_submitter_) purse_submitter_->stop();
    if (gateway_) {
      gateway_->stop([waiter] { waiter->finish(); });
    } else {
      waiter->finish();
    }
  });
  waiter->wait(std::max<Duration>(grace, 1s));
}

void NodeImpl::collect_orphans() {
  object_strand_->timers().after(collect_interval, [this] {
    shards_->collect([this](const Result<std::uint64_t>& collected) {
      if (!collected) {
        log::warn("node", "orphans were not collected", {{"why", collected.error().to_string()}});
      }
      collect_orphans();
    });
  });
}

/// The configuration names some peers; the ledger's registry names all.
void NodeImpl::dial_known_nodes() {
  const object::LedgerSnapshot snapshot = view_->snapshot();
  const auto known = ledger::View(*snapshot.state).nodes(NodeId(), nodes_known_max);
  transport_->set_peers(with_known_nodes(peers_, known, keys_->node_id()));
}

Result<void> NodeImpl::open_doors() {
  parts_ = std::make_unique<NodeParts>(NodeParts{.config = config_,
                                                 .version = version_,
                                                 .keys = *keys_,
                                                 .genesis = genesis_,
                                                 .clock = clock_,
                                                 .started = started_,
                                                 .chain = *chain_,
                                                 .feed = *feed_,
                                                 .ledger = *view_,
                                                 .transport = *transport_,
                                                 .strand = *object_strand_,
                                                 .timers = object_strand_->timers(),
                                                 .gateway = gateway_.get(),
                                                 .shards = shards_.get(),
                                                 .statements = statements_.get(),
                                                 .shut_down = on_shutdown_request_,
                                                 .grpc_endpoint = {},
                                                 .s3_endpoint = {},
                                                 .operator_endpoint = {}});
  OORT_TRY(operator_door_, OperatorDoor::open(config_, clock_, random_));
  if (gateway_) OORT_TRY(open_s3());
  parts_->operator_endpoint = operator_endpoint();
  parts_->s3_endpoint = s3_endpoint();
  parts_->grpc_endpoint = to_text(config_.api.listen);

  ledger_port_ = make_ledger_port(*parts_);
  state_port_ = make_state_port(*parts_);
  node_port_ = make_node_port(*parts_);
  object_port_ = make_object_port(*parts_);
  admin_port_ = make_admin_port(*parts_);
  if (compute_ && compute_->has_broker()) {
    broker_port_ =
        make_broker_port(compute_, *compute_strand_, compute_strand_->timers(), parts_->calls);
  }
  OORT_TRY(open_annotation());
  OORT_TRY(grpc_, open_grpc(config_, {.ledger = ledger_port_.get(),
                                      .state = state_port_.get(),
                                      .node = node_port_.get(),
                                      .object = object_port_.get(),
                                      .admin = admin_port_.get(),
                                      .broker = broker_port_.get(),
                                      .annotation = annotation_.get()}));
  return {};
}

/// A broker keeps queues for people too, where the network has campaigns.
Result<void> NodeImpl::open_annotation() {
  if (!config_.modules.broker || !has_module(ledger::Module::Campaigns)) return {};
  OORT_TRY(annotation_store_, open_store("annotation", limits::mib, 4 * limits::mib));
  annotation_disk_ = runtime_->make_pool("oort-annotation", 1);
  OORT_TRY(annotation_,
           AnnotationHost::start({.strand = *object_strand_,
                                  .disk = *annotation_disk_,
                                  .clock = clock_,
                                  .store = *annotation_store_,
                                  .campaign =
                                      [view = view_.get()](const CampaignId& id) {
                                        const object::LedgerSnapshot now = view->snapshot();
                                        return ledger::DataHubView(*now.state).campaign(id);
                                      },
                                  .calls = parts_->calls}));
  return {};
}

Result<void> NodeImpl::open_s3() {
  s3::Options service;
  service.base_domains = config_.s3.domains;
  service.region = config_.s3.region;
  s3_handler_ = s3::make_service(service, *gateway_, clock_);
  OORT_TRY(s3_doors_, S3Doors::open(config_, *s3_handler_, clock_, random_));
  return {};
}

void NodeImpl::watch_readiness() {
  chain_->diagnose([this](const chain::Diagnosis& diagnosis) {
    const Readiness readiness = readiness_of(*parts_, diagnosis);
    operator_door_->set(readiness);
    if (grpc_) grpc_->set_serving(readiness.is_ready);
    chain_strand_->timers().after(readiness_interval, [this] { watch_readiness(); });
  });
}

}  // namespace

Result<PublicKey> create_node(const std::filesystem::path& data_folder, env::Random& random) {
  const auto lock = host::lock_folder(data_folder);
  if (!lock) return fail(lock.error());
  OORT_TRY(const auto seed, create_node_key(data_folder / Config().node.key_file, random));
  OORT_TRY(const auto votes, host::open_blob_store(data_folder / votes_folder));
  OORT_TRY(chain::begin_log(*votes, random));
  return crypto::KeyPair(seed).public_key();
}

Result<std::unique_ptr<Node>> Node::start(Config config, std::string version, Hooks& hooks,
                                          std::function<void()> on_shutdown_request) {
  if (is_light(config)) {
    return start_edge(std::move(config), std::move(version), hooks, std::move(on_shutdown_request));
  }
  auto node = std::make_unique<NodeImpl>(std::move(config), std::move(version), hooks,
                                         std::move(on_shutdown_request));
  OORT_TRY(node->start());
  return node;
}

}  // namespace oort::node
