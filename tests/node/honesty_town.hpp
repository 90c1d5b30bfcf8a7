// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "honesty_driver.hpp"
#include "honesty_tasks.hpp"
#include "memory_kv.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/state.hpp"
#include "sim/node.hpp"
#include "sim/world.hpp"

/// Drivers of honesty over the real ledger machine, without consensus and without a network: what
/// is submitted is in the next block, and what a node is asked it answers at once.
namespace oort::node::test {

class Town;

/// Objects of jobs, in memory.
class TownObjects final : public JobObjects {
 public:
  std::map<std::string, Bytes> objects;
  void read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
            Callback<Result<Bytes>> done) override;
  void write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) override {
    objects[object.uri] = std::move(bytes);
    done({});
  }
};

/// A ledger that takes every job.
class TownPurse final : public object::LedgerSubmit {
 public:
  std::vector<ledger::JobOpen> opened;
  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<object::SubmitResult>> done) override;
};

/// One node: what its driver works with.
class Resident final : public object::LedgerView,
                       public object::LedgerSubmit,
                       public object::ShardClient,
                       public env::Transport {
 public:
  Resident(Town& town, std::uint32_t number);

  [[nodiscard]] const crypto::KeyPair& keys() const noexcept { return keys_; }
  [[nodiscard]] NodeId id() const { return keys_.node_id(); }
  [[nodiscard]] HonestyDriver& driver() noexcept { return *driver_; }
  [[nodiscard]] WorkCourt& court() noexcept { return *court_; }
  [[nodiscard]] ComputeTasks& tasks() noexcept { return *tasks_; }
  [[nodiscard]] TownPurse& purse() noexcept { return purse_; }
  [[nodiscard]] OrderedReads& gateway() noexcept { return gateway_; }
  /// As a process that is killed and started.
  void restart();
  void block() { driver_->on_block(); }

  /// From now on every byte that it serves is wrong, and it signs for that.
  bool lies = false;
  /// From now on it signs for wrong results of tasks.
  bool computes_wrong = false;
  /// From now on it tells panels nothing.
  bool is_mute = false;
  /// From now on it gives no shard.
  bool is_silent = false;

  object::LedgerSnapshot snapshot() const override;
  bool has_quorum() const noexcept override { return true; }
  void read_barrier(Duration, Callback<Result<void>> done) override { done({}); }
  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<object::SubmitResult>> done) override;

  void append(const NodeId&, object::AppendShard, Duration,
              Callback<Result<object::AppendShardReply>>) override {}
  void stat(const NodeId&, object::StatShard, Duration,
            Callback<Result<object::StatShardReply>>) override {}
  void remove(const NodeId&, object::RemoveShard, Duration,
              Callback<Result<object::RemoveShardReply>>) override {}
  void read(const NodeId& node, object::ReadShard request, Duration deadline,
            Callback<Result<object::ReadShardReply>> done) override;

  NodeId self() const noexcept override { return keys_.node_id(); }
  void on_message(env::MessageType, MessageHandler) override {}
  void on_request(env::MessageType, RequestHandler handler) override {
    handler_ = std::move(handler);
  }
  Result<void> send(const NodeId&, env::TrafficClass, env::MessageType, ByteView) override {
    return {};
  }
  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Callback<Result<Bytes>> done) override;
  std::vector<NodeId> peers() const override { return {}; }

 private:
  void open_tasks();
  [[nodiscard]] Result<object::ReadShardReply> serve(const object::ReadShard& request) const;

  Town& town_;
  crypto::KeyPair keys_;
  sim::Node machine_;
  oort::test::MemoryKv store_;
  RequestHandler handler_;
  OrderedReads gateway_;
  TownPurse purse_;
  std::shared_ptr<WorkCourt> court_;
  std::shared_ptr<ComputeTasks> tasks_;
  std::shared_ptr<HonestyDriver> driver_;
};

struct TownOptions {
  std::uint64_t seed = 1;
  std::uint32_t nodes_count = 8;
  std::uint64_t audit_every_blocks = 0;
  /// Every node is drawn in every round.
  std::uint32_t officers_expected = 100;
  /// Clients order jobs, and nobody reads shards.
  bool has_jobs = false;
};

class Town {
 public:
  explicit Town(const TownOptions& options = {});

  static constexpr std::size_t holders_count = 4;
  static constexpr std::uint64_t shard_bytes = 200'000;
  [[nodiscard]] sim::World& world() noexcept { return world_; }
  [[nodiscard]] Resident& resident(std::size_t index) { return *residents_.at(index); }
  [[nodiscard]] Resident& resident(const NodeId& id);
  [[nodiscard]] bool has_jobs() const noexcept { return has_jobs_; }
  /// A job of one task that a client has ordered of `broker`.
  [[nodiscard]] LiveJob make_job(const Resident& broker);
  /// Somebody else than `broker` does the task of a job, and signs for what it says it gives.
  [[nodiscard]] ledger::WorkReceipt do_job(const Resident& broker, const api::JobHandover& job);
  [[nodiscard]] const ChainId& chain() const noexcept { return chain_; }
  [[nodiscard]] ledger::HonestyView view() const { return ledger::HonestyView(*state_); }
  [[nodiscard]] object::LedgerSnapshot snapshot() const;
  [[nodiscard]] ledger::Segment record() const { return record_; }
  [[nodiscard]] const SegmentId& segment() const noexcept { return segment_; }
  [[nodiscard]] const Bytes& shard(std::size_t index) const { return shards_.at(index); }

  /// Blocks of a tenth of a second, with a few live reads by everybody between them.
  void run_blocks(std::size_t count);
  /// Until the n-th round begins.
  void run_to_round(std::uint64_t round);
  void submit(const Resident& from, std::vector<ledger::SubmittedOperation> operations,
              Callback<Result<object::SubmitResult>> done);
  [[nodiscard]] std::vector<ledger::HonestyVerdict> verdicts(std::size_t index) const {
    return view().verdicts(residents_.at(index)->id(), 0, 100);
  }
  /// Operations that the ledger refused.
  std::size_t refused_count = 0;
  TownObjects objects;

 private:
  struct Asked {
    crypto::KeyPair keys;
    std::vector<ledger::SubmittedOperation> operations;
    Callback<Result<object::SubmitResult>> done;
  };
  [[nodiscard]] ledger::GenesisParams genesis_of(const TownOptions& options) const;
  void write_segment();
  void read_live();
  void order_live();
  void execute();

  sim::World world_;
  bool has_jobs_ = false;
  std::vector<std::unique_ptr<Resident>> residents_;
  ledger::GenesisParams genesis_;
  ChainId chain_;
  ledger::Machine machine_;
  std::shared_ptr<const ledger::MemoryState> state_;
  std::uint64_t height_ = 0;
  std::vector<Asked> asked_;
  SegmentId segment_;
  ledger::Segment record_;
  std::vector<Bytes> shards_;
};

}  // namespace oort::node::test
