// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/gateway.hpp"
#include "oort/object/ledger_placement.hpp"
#include "oort/object/shard_client.hpp"
#include "oort/object/shard_service.hpp"
#include "oort/object/volume_store.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/world.hpp"
#include "support.hpp"

namespace oort::object::test {

/// The real state machine without consensus: whatever is submitted is in the next block, which is
/// final at once for everybody. A block every 50 ms; none while the quorum is gone.
class FakeLedger {
 public:
  FakeLedger(sim::World& world, const ledger::GenesisParams& genesis);

  struct Submission {
    crypto::KeyPair keys;
    std::vector<ledger::SubmittedOperation> operations;
    MonoTime deadline;
    UniqueFunction<void(Result<SubmitResult>)> done;
  };
  void submit(Submission submission) {
    if (!filter_ || filter_(submission)) queue_.push_back(std::move(submission));
  }
  void listen(UniqueFunction<void(const FinalBlock&)> listener) {
    listeners_.push_back(std::move(listener));
  }
  [[nodiscard]] LedgerSnapshot snapshot() const { return now_; }
  [[nodiscard]] const std::vector<FinalBlock>& blocks() const { return blocks_; }
  [[nodiscard]] const ChainId& chain() const { return chain_; }

  bool has_quorum = true;
  /// Whether the others answer in time what came last.
  bool answers_barriers = true;
  /// Sees every submission that comes; false swallows it, as if its gateway died before it left.
  void set_filter(UniqueFunction<bool(const Submission&)> filter) { filter_ = std::move(filter); }

 private:
  void tick();
  void execute(std::vector<Submission> submissions);
  sim::World& world_;
  ChainId chain_;
  ledger::Machine machine_;
  std::shared_ptr<const ledger::MemoryState> state_;
  LedgerSnapshot now_;
  std::vector<Submission> queue_;
  std::vector<UniqueFunction<void(const FinalBlock&)>> listeners_;
  std::vector<FinalBlock> blocks_;
  UniqueFunction<bool(const Submission&)> filter_;
};

struct ClusterOptions {
  std::size_t supers = 4;
  /// Storage nodes without a gateway, after the super nodes.
  std::size_t archives = 0;
  /// So many of the first gateways hold a grant of the owner from the start.
  std::size_t granted = ~std::size_t{0};
  std::uint64_t seed = 1;
  GatewayOptions gateway = small_gateway();
  ledger::ClassPolicy standard{ledger::StorageClass::Standard, 3, 2, 4, 2, 1};
  std::uint64_t orphan_window = 400;
  std::uint64_t segment_lease = 200;
  /// The module, and `Cluster::stranger` with money for its fees.
  bool has_datasets = false;
  sim::LinkOptions links;

  static GatewayOptions small_gateway() {
    GatewayOptions options;
    options.small_object_bytes_max = 8 * 1024;
    options.segment_plain_bytes = 256 * 1024;
    options.open_segment_bytes_max = 128 * 1024;
    options.open_segment_idle = std::chrono::seconds(3);
    options.background_every = std::chrono::milliseconds(500);
    options.put_slow_after = std::chrono::seconds(1);
    options.shard_deadline = std::chrono::seconds(2);
    options.submit_deadline = std::chrono::seconds(5);
    options.worker_turn = std::chrono::seconds(4);
    return options;
  }
};

class ClusterNode;

/// Super nodes with gateways over a simulated network, and one owner who trusts them all.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();

  [[nodiscard]] sim::World& world() { return world_; }
  [[nodiscard]] sim::SimNetwork& network() { return *network_; }
  [[nodiscard]] FakeLedger& ledger() { return *ledger_; }
  [[nodiscard]] sim::Node& machine(std::size_t index) { return *machines_.at(index); }
  [[nodiscard]] std::size_t machines_count() const { return machines_.size(); }
  /// The machine with this key.
  [[nodiscard]] std::size_t index_of(const NodeId& id) const;
  [[nodiscard]] Gateway& gateway(std::size_t index);
  [[nodiscard]] ClusterNode& node(std::size_t index);
  [[nodiscard]] ledger::View view() { return ledger::View(*(held_ = ledger_->snapshot()).state); }
  [[nodiscard]] Caller owner() const;
  /// Somebody else, who has granted nothing to any gateway.
  [[nodiscard]] const crypto::KeyPair& stranger() const { return stranger_keys_; }
  [[nodiscard]] const crypto::KeyPair& keys(std::size_t index) const { return keys_.at(index); }

  void crash(std::size_t index) { machine(index).crash(); }
  void start(std::size_t index) { machine(index).start(); }
  void restart(std::size_t index) {
    crash(index);
    start(index);
  }
  void wipe(std::size_t index) {
    crash(index);
    machine(index).disk().wipe();
    start(index);
  }
  void run(Duration duration) { world_.run_for(duration); }

  /// Calls `begin` with a callback and runs the world until it came.
  template <class T, class Begin>
  Result<T> wait(Begin begin, Duration limit = std::chrono::seconds(60)) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    begin(Callback<Result<T>>([result](Result<T> value) { *result = std::move(value); }));
    world_.run_until_holds([&] { return result->has_value(); }, limit);
    if (!*result) return fail(ErrorCode::Internal, "TEST_TIMEOUT", "no answer came");
    return std::move(**result);
  }

  /// What the owner signs alone. Its rejection, if any.
  ledger::Rejection order(ledger::Operation operation);
  ledger::Rejection order_as(const crypto::KeyPair& sender, ledger::Operation operation);
  Result<BucketSummary> create_bucket(std::size_t via, const std::string& name);
  Result<PutResult> put(std::size_t via, const std::string& name, Bytes content,
                        std::size_t piece = 100'000);
  Result<PutResult> put(std::size_t via, PutRequest request, Bytes content,
                        std::size_t piece = 100'000);
  Result<PutResult> write_all(std::unique_ptr<ObjectWriter> writer, Bytes content,
                              std::size_t piece, PutEnd end = {});
  Result<Bytes> get(std::size_t via, const std::string& name,
                    std::optional<ByteRange> range = std::nullopt);
  Result<Bytes> get(std::size_t via, const ObjectRef& ref,
                    std::optional<ByteRange> range = std::nullopt);
  Result<ListResult> list(std::size_t via, ListRequest request = {});
  Result<DeleteResult> remove(std::size_t via, const std::string& name);
  [[nodiscard]] ObjectRef ref(const std::string& name) const;
  [[nodiscard]] PutRequest put_request(const std::string& name) const;

 private:
  ClusterOptions options_;
  sim::World world_;
  std::unique_ptr<sim::SimNetwork> network_;
  std::vector<crypto::KeyPair> keys_;
  crypto::KeyPair owner_keys_;
  crypto::KeyPair stranger_keys_;
  std::unique_ptr<FakeLedger> ledger_;
  std::vector<std::unique_ptr<sim::Node>> machines_;
  LedgerSnapshot held_;
};

/// What runs on one machine.
class ClusterNode final : public sim::Program {
 public:
  ClusterNode(sim::Node& node, sim::SimNetwork& network, FakeLedger& ledger,
              const crypto::KeyPair& keys, const std::optional<GatewayOptions>& options);
  ~ClusterNode() override;

  [[nodiscard]] bool has_gateway() const { return gateway_ != nullptr; }
  [[nodiscard]] Gateway& gateway() { return *gateway_; }
  [[nodiscard]] ShardService& service() { return *service_; }
  [[nodiscard]] VolumeStore& volumes() { return *volumes_; }
  /// From now on every byte that it serves to others is wrong.
  void lie() { lies_ = true; }

 private:
  class Ports;
  void collect_later(sim::Node& node);
  [[nodiscard]] Bytes falsified(Bytes reply) const;
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<env::Transport> transport_;
  std::unique_ptr<env::BlobStore> blobs_;
  std::unique_ptr<env::KvStore> shard_index_;
  std::unique_ptr<env::KvStore> bucket_index_;
  std::unique_ptr<env::Signer> signer_;
  std::unique_ptr<VolumeStore> volumes_;
  std::unique_ptr<ShardService> service_;
  std::unique_ptr<TransportShardClient> client_;
  std::unique_ptr<LedgerPlacement> placement_;
  std::unique_ptr<Gateway> gateway_;
  bool lies_ = false;
};

}  // namespace oort::object::test
