// SPDX-License-Identifier: Apache-2.0
#include "cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/dataset_records.hpp"

namespace oort::object::test {
namespace {

constexpr Duration block_time = std::chrono::milliseconds(50);
constexpr std::uint64_t genesis_ms = 1'700'000'000'000;

crypto::KeyPair key_pair(std::uint64_t seed) {
  SeededRandom random(seed);
  return crypto::KeyPair(crypto::SecretSeed::generate(random));
}

ledger::GenesisParams genesis_of(const ClusterOptions& options,
                                 const std::vector<crypto::KeyPair>& keys,
                                 const crypto::KeyPair& owner) {
  ledger::GenesisParams genesis;
  genesis.chain_name = "test";
  genesis.time_ms = genesis_ms;
  genesis.params.distinct_networks = false;
  genesis.params.distinct_systems = false;
  genesis.params.orphan_window = options.orphan_window;
  genesis.params.hold_margin = 10;
  genesis.params.segment_lease = options.segment_lease;
  genesis.params.undo_window = 100;
  genesis.params.classes = {options.standard};
  const AccountId owner_account = crypto::account_of(owner.public_key());
  genesis.accounts.push_back({owner_account, Oort(oort_base_units)});
  std::uint64_t next_grant = 1;
  for (const crypto::KeyPair& key : keys) {
    const AccountId account = crypto::account_of(key.public_key());
    genesis.accounts.push_back({account, Oort(oort_base_units)});
    ledger::Node node;
    node.id = key.node_id();
    node.owner = account;
    const bool is_super = genesis.nodes.size() < options.supers;
    node.roles =
        static_cast<std::uint8_t>(is_super ? ledger::NodeRole::Super : ledger::NodeRole::Archive);
    node.region = "local";
    node.capacity = std::uint64_t{1} << 40;
    genesis.nodes.push_back(node);
    if (!is_super) continue;
    genesis.validators.push_back({key.node_id(), 1});
    if (genesis.grants.size() == options.granted) continue;
    ledger::GatewayGrant grant;
    grant.id = ledger::GrantId(next_grant++);
    grant.owner = owner_account;
    grant.gateway = account;
    grant.operations = ledger::granted_operations_all;
    genesis.grants.push_back(grant);
  }
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  std::ranges::sort(genesis.validators, {}, &ledger::Validator::node);
  const auto checked = ledger::check_genesis(genesis);
  EXPECT_TRUE(checked) << checked.error().to_string();
  return genesis;
}

void add_datasets(ledger::GenesisParams& genesis, const crypto::KeyPair& stranger) {
  genesis.accounts.push_back(
      {crypto::account_of(stranger.public_key()), Oort(oort_base_units * 10)});
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  genesis.modules.push_back({ledger::Module::Datasets, codec::to_bytes(ledger::DatasetsGenesis{})});
  const auto checked = ledger::check_genesis(genesis);
  EXPECT_TRUE(checked) << checked.error().to_string();
}

}  // namespace

FakeLedger::FakeLedger(sim::World& world, const ledger::GenesisParams& genesis)
    : world_(world),
      chain_(ledger::chain_id_of(genesis)),
      machine_(chain_, ledger::ed25519_verifier()) {
  auto state = std::make_shared<ledger::MemoryState>();
  state->apply(ledger::genesis_writes(genesis));
  state_ = state;
  now_ = {Height(0), genesis_ms, state_};
  world_.after(block_time, [this] { tick(); });
}

void FakeLedger::tick() {
  world_.after(block_time, [this] { tick(); });
  if (has_quorum) {
    execute(std::exchange(queue_, {}));
    return;
  }
  std::vector<Submission> waiting;
  for (Submission& submission : std::exchange(queue_, {})) {
    if (world_.now() < submission.deadline) {
      waiting.push_back(std::move(submission));
    } else {
      submission.done(fail(ErrorCode::Unavailable, reason::no_quorum, "no quorum"));
    }
  }
  for (Submission& submission : waiting) queue_.push_back(std::move(submission));
}

void FakeLedger::execute(std::vector<Submission> submissions) {
  ledger::BlockContext context;
  context.height = now_.height.next();
  context.time_ms = now_.time_ms + 50;
  std::vector<ledger::Transaction> transactions;
  std::vector<std::pair<std::size_t, std::size_t>> origin;
  std::map<AccountId, std::uint64_t> sequences;
  const ledger::View view(*state_);
  for (std::size_t i = 0; i < submissions.size(); ++i) {
    Submission& submission = submissions[i];
    const AccountId sender = crypto::account_of(submission.keys.public_key());
    for (std::size_t at = 0; at < submission.operations.size(); at += 256) {
      ledger::Transaction transaction;
      transaction.chain = chain_;
      transaction.valid_until = Height(context.height.value() + 10);
      transaction.fee_max = Oort(1);
      const auto known = sequences.find(sender);
      transaction.sequence = known == sequences.end()
                                 ? ledger::next_sequence_of(view.account(sender), 0)
                                 : known->second;
      sequences[sender] = transaction.sequence + 1;
      const std::size_t end = std::min(at + 256, submission.operations.size());
      for (std::size_t j = at; j < end; ++j) {
        ledger::add_operation(transaction, std::move(submission.operations[j]));
      }
      ledger::sign(transaction, submission.keys);
      const auto checked = ledger::check_static(chain_, transaction);
      EXPECT_TRUE(checked) << checked.error().to_string();
      transactions.push_back(std::move(transaction));
      origin.emplace_back(i, at);
    }
  }
  const auto result = machine_.execute(context, transactions, *state_);
  auto next = std::make_shared<ledger::MemoryState>(*state_);
  next->apply(result.writes);
  next->apply(result.body_writes);
  state_ = next;
  now_ = {context.height, context.time_ms, state_};
  FinalBlock block{context.height, context.time_ms, {}};
  std::vector<SubmitResult> results(submissions.size());
  for (std::size_t t = 0; t < result.receipts.size(); ++t) {
    const ledger::Receipt& receipt = result.receipts[t];
    EXPECT_EQ(receipt.rejection, ledger::Rejection::None) << ledger::to_string(receipt.rejection);
    for (const ledger::OperationReceipt& operation : receipt.operations) {
      results[origin[t].first].receipts.push_back(operation);
      block.events.insert(block.events.end(), operation.events.begin(), operation.events.end());
    }
  }
  block.events.insert(block.events.end(), result.block_events.begin(), result.block_events.end());
  blocks_.push_back(block);
  for (auto& listener : listeners_) listener(block);
  for (std::size_t i = 0; i < submissions.size(); ++i) {
    results[i].height = context.height;
    results[i].time_ms = context.time_ms;
    submissions[i].done(std::move(results[i]));
  }
}

/// The ports of one life of one machine.
class ClusterNode::Ports final : public LedgerView, public LedgerSubmit, public EventSource {
 public:
  Ports(sim::Node& node, FakeLedger& ledger, const crypto::KeyPair& keys)
      : node_(node), life_(node.life()), ledger_(ledger), keys_(keys) {}

  LedgerSnapshot snapshot() const override { return ledger_.snapshot(); }
  bool has_quorum() const noexcept override { return ledger_.has_quorum; }
  void read_barrier(Duration, Callback<Result<void>> done) override {
    Result<void> reached;
    if (!ledger_.answers_barriers) {
      reached = fail(ErrorCode::Unavailable, reason::no_quorum, "too slow");
    }
    node_.strand().post(
        [reached = std::move(reached), done = std::move(done)]() mutable { done(reached); });
  }
  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<SubmitResult>> done) override {
    auto answer = [&node = node_, life = life_,
                   done = std::move(done)](Result<SubmitResult> result) mutable {
      Task task = [done = std::move(done), result = std::move(result)]() mutable {
        done(std::move(result));
      };
      node.run(life, task);
    };
    ledger_.submit(
        {keys_, std::move(operations), node_.world().now() + deadline, std::move(answer)});
  }
  Result<void> listen(Height after, Listener listener) override {
    for (const FinalBlock& block : ledger_.blocks()) {
      if (block.height > after) listener(block);
    }
    auto shared = std::make_shared<Listener>(std::move(listener));
    ledger_.listen([&node = node_, life = life_, shared](const FinalBlock& block) {
      Task task = [shared, block] { (*shared)(block); };
      node.run(life, task);
    });
    return {};
  }

 private:
  sim::Node& node_;
  std::uint64_t life_;
  FakeLedger& ledger_;
  crypto::KeyPair keys_;
};

ClusterNode::ClusterNode(sim::Node& node, sim::SimNetwork& network, FakeLedger& ledger,
                         const crypto::KeyPair& keys, const std::optional<GatewayOptions>& options)
    : ports_(std::make_unique<Ports>(node, ledger, keys)),
      transport_(network.attach(node)),
      blobs_(node.disk().open_blobs("volumes")),
      shard_index_(node.disk().open_kv("shards")),
      bucket_index_(node.disk().open_kv("buckets")),
      signer_(crypto::local_signer(keys)) {
  VolumeStore::Options volume_options;
  volume_options.volume_bytes_max = 1 << 20;
  volume_options.reserve_bytes = 4096;
  auto volumes = VolumeStore::open(*blobs_, *shard_index_, volume_options);
  EXPECT_TRUE(volumes) << volumes.error().to_string();
  volumes_ = std::move(*volumes);
  service_ = std::make_unique<ShardService>(ShardService::Parts{
      ledger.chain(), keys.node_id(), node.strand(), node.strand(), *volumes_, *signer_, *ports_});
  transport_->on_request(
      env::message_range::object,
      [this](NodeId from, env::MessageType type, Bytes payload, Callback<Result<Bytes>> reply) {
        service_->handle(from, type, std::move(payload),
                         [this, type, reply = std::move(reply)](Result<Bytes> answer) mutable {
                           const bool is_read = type == shard_message::read;
                           if (answer && is_read && lies_) answer = falsified(std::move(*answer));
                           reply(std::move(answer));
                         });
      });
  client_ = std::make_unique<TransportShardClient>(*transport_, service_.get());
  placement_ = std::make_unique<LedgerPlacement>(*ports_, *transport_);
  collect_later(node);
  if (!options) return;
  auto gateway = Gateway::start(
      GatewayParts{ledger.chain(), keys, node.strand(), node.pool(), node.timers(), node.clock(),
                   node.random(), *ports_, *ports_, *ports_, *client_, *placement_, *bucket_index_},
      *options);
  EXPECT_TRUE(gateway) << gateway.error().to_string();
  gateway_ = std::move(*gateway);
}
ClusterNode::~ClusterNode() = default;

Bytes ClusterNode::falsified(Bytes reply) const {
  auto decoded = codec::from_bytes<ReadShardReply>(reply);
  if (!decoded || decoded->bytes.empty()) return reply;
  decoded->bytes[decoded->bytes.size() / 2] ^= std::byte{1};
  return codec::to_bytes(*decoded);
}

void ClusterNode::collect_later(sim::Node& node) {
  node.timers().after(std::chrono::seconds(1), [this, &node] {
    service_->collect([](Result<std::uint64_t>) {});
    collect_later(node);
  });
}

Cluster::Cluster(ClusterOptions options)
    : options_(options),
      world_(options.seed),
      owner_keys_(key_pair(999)),
      stranger_keys_(key_pair(998)) {
  const std::size_t count = options_.supers + options_.archives;
  for (std::size_t i = 0; i < count; ++i) keys_.push_back(key_pair(100 + i));
  network_ = std::make_unique<sim::SimNetwork>(world_, count, options_.links);
  ledger::GenesisParams genesis = genesis_of(options_, keys_, owner_keys_);
  if (options_.has_datasets) add_datasets(genesis, stranger_keys_);
  ledger_ = std::make_unique<FakeLedger>(world_, genesis);
  for (std::size_t i = 0; i < count; ++i) {
    auto node =
        std::make_unique<sim::Node>(world_, static_cast<std::uint32_t>(i), keys_[i].node_id());
    node->set_program([this, i](sim::Node& machine) -> std::unique_ptr<sim::Program> {
      std::optional<GatewayOptions> gateway;
      if (i < options_.supers) gateway = options_.gateway;
      return std::make_unique<ClusterNode>(machine, *network_, *ledger_, keys_[i], gateway);
    });
    machines_.push_back(std::move(node));
  }
  for (auto& machine : machines_) {
    if (machine->is_up()) machine->crash();
    machine->start();
  }
}
Cluster::~Cluster() {
  for (auto& machine : machines_) {
    if (machine->is_up()) machine->crash();
  }
}

ClusterNode& Cluster::node(std::size_t index) {
  return *static_cast<ClusterNode*>(machine(index).program());
}
Gateway& Cluster::gateway(std::size_t index) { return node(index).gateway(); }

std::size_t Cluster::index_of(const NodeId& id) const {
  const auto found = std::ranges::find(keys_, id, [](const auto& keys) { return keys.node_id(); });
  return static_cast<std::size_t>(found - keys_.begin());
}

Caller Cluster::owner() const {
  Caller caller;
  caller.account = crypto::account_of(owner_keys_.public_key());
  return caller;
}

ObjectRef Cluster::ref(const std::string& name) const {
  ObjectRef ref;
  ref.caller = owner();
  ref.bucket = "bucket";
  ref.name = name;
  return ref;
}

PutRequest Cluster::put_request(const std::string& name) const {
  PutRequest request;
  request.caller = owner();
  request.bucket = "bucket";
  request.name = name;
  return request;
}

ledger::Rejection Cluster::order(ledger::Operation operation) {
  return order_as(owner_keys_, std::move(operation));
}

ledger::Rejection Cluster::order_as(const crypto::KeyPair& sender, ledger::Operation operation) {
  std::vector<ledger::SubmittedOperation> operations;
  operations.push_back({std::move(operation), {}});
  const auto result = wait<SubmitResult>([&](Callback<Result<SubmitResult>> done) {
    ledger_->submit(
        {sender, std::move(operations), world_.now() + std::chrono::seconds(5), std::move(done)});
  });
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? result->receipts.front().rejection : ledger::Rejection::NotPermitted;
}

Result<BucketSummary> Cluster::create_bucket(std::size_t via, const std::string& name) {
  return wait<BucketSummary>(
      [&](auto done) { gateway(via).create_bucket(owner(), name, std::move(done)); });
}

Result<PutResult> Cluster::put(std::size_t via, const std::string& name, Bytes content,
                               std::size_t piece) {
  return put(via, put_request(name), std::move(content), piece);
}

Result<PutResult> Cluster::put(std::size_t via, PutRequest request, Bytes content,
                               std::size_t piece) {
  OORT_TRY(auto writer, wait<std::unique_ptr<ObjectWriter>>([&](auto done) {
             gateway(via).put(std::move(request), std::move(done));
           }));
  return write_all(std::move(writer), std::move(content), piece);
}

Result<PutResult> Cluster::write_all(std::unique_ptr<ObjectWriter> writer, Bytes content,
                                     std::size_t piece, PutEnd end) {
  for (std::size_t at = 0; at < content.size(); at += piece) {
    const ByteView part = ByteView(content).subspan(at, std::min(piece, content.size() - at));
    OORT_TRY(wait<void>([&](auto done) { writer->write(to_bytes(part), std::move(done)); }));
  }
  return wait<PutResult>([&](auto done) { writer->finish(std::move(end), std::move(done)); });
}

Result<Bytes> Cluster::get(std::size_t via, const std::string& name,
                           std::optional<ByteRange> range) {
  return get(via, ref(name), range);
}

Result<Bytes> Cluster::get(std::size_t via, const ObjectRef& object,
                           std::optional<ByteRange> range) {
  OORT_TRY(auto reader, wait<std::unique_ptr<ObjectReader>>(
                            [&](auto done) { gateway(via).get(object, std::move(done)); }));
  if (range) reader->select(*range);
  Bytes content;
  for (;;) {
    OORT_TRY(const Bytes piece, wait<Bytes>([&](auto done) { reader->read(std::move(done)); }));
    if (piece.empty()) return content;
    content.insert(content.end(), piece.begin(), piece.end());
  }
}

Result<ListResult> Cluster::list(std::size_t via, ListRequest request) {
  request.caller = owner();
  request.bucket = "bucket";
  return wait<ListResult>([&](auto done) { gateway(via).list(request, std::move(done)); });
}

Result<DeleteResult> Cluster::remove(std::size_t via, const std::string& name) {
  return wait<DeleteResult>([&](auto done) { gateway(via).remove(ref(name), std::move(done)); });
}

}  // namespace oort::object::test
