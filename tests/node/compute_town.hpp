// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker_port.hpp"
#include "compute/fake_jobs.hpp"
#include "compute_driver.hpp"
#include "memory_kv.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/state.hpp"
#include "pending_calls.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/world.hpp"

/// Drivers of compute over a ledger that knows the rules of jobs alone, on simulated machines.
namespace oort::node::test {

class ComputeTown;

/// A store whose disk can break.
class BreakableKv final : public env::KvStore {
 public:
  bool is_broken = false;
  [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
    return inner_.get(key);
  }
  [[nodiscard]] std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return inner_.iterate(prefix);
  }
  [[nodiscard]] Result<void> write(const env::KvBatch& batch, env::Sync sync) override;
  [[nodiscard]] std::unique_ptr<env::KvReader> snapshot() const override {
    return inner_.snapshot();
  }

 private:
  oort::test::MemoryKv inner_;
};

/// Runs what was posted when it is told to.
class HeldExecutor final : public env::Executor {
 public:
  explicit HeldExecutor(env::Executor& inner) : inner_(inner) {}
  bool is_held = false;
  void post(Task task) override {
    held_.push_back(std::move(task));
    if (!is_held) release();
  }
  void release() {
    is_held = false;
    for (Task& task : std::exchange(held_, {})) inner_.post(std::move(task));
  }

 private:
  env::Executor& inner_;
  std::vector<Task> held_;
};

/// One node. Those with an even number are brokers, the others executors.
class ComputeResident final : public object::LedgerView,
                              public object::LedgerSubmit,
                              public JobObjects {
 private:
  ComputeTown& town_;
  crypto::KeyPair keys_;
  sim::Node machine_;

 public:
  ComputeResident(ComputeTown& town, std::uint32_t number);

  [[nodiscard]] const NodeId& id() const noexcept { return machine_.id(); }
  [[nodiscard]] ComputeDriver& driver() noexcept { return *driver_; }
  [[nodiscard]] api::BrokerPort& port() noexcept { return *port_; }
  [[nodiscard]] PendingCalls& calls() noexcept { return calls_; }
  void start();
  /// As a process that is killed.
  void kill();
  void block(const object::FinalBlock& block);

  BreakableKv store;
  HeldExecutor disk{machine_.strand()};

  object::LedgerSnapshot snapshot() const override;
  bool has_quorum() const noexcept override { return true; }
  void read_barrier(Duration, Callback<Result<void>> done) override { done({}); }
  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<object::SubmitResult>> done) override;
  void read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
            Callback<Result<Bytes>> done) override;
  void write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) override;

 private:
  std::unique_ptr<env::Signer> signer_;
  std::unique_ptr<env::Transport> transport_;
  PendingCalls calls_;
  std::shared_ptr<ComputeDriver> driver_;
  std::unique_ptr<api::BrokerPort> port_;
};

class ComputeTown {
 public:
  explicit ComputeTown(std::uint32_t nodes_count);

  [[nodiscard]] ComputeResident& resident(std::size_t index) { return *residents_.at(index); }
  [[nodiscard]] object::LedgerSnapshot snapshot() const;
  /// A job over one stored object, for these brokers.
  [[nodiscard]] api::JobHandover make_job(const std::vector<std::size_t>& brokers,
                                          std::uint64_t nonce = 1);
  /// As if the ledger had taken its JobOpen.
  void open(const api::JobHandover& job);
  /// Blocks of a fifth of a second.
  void run(std::uint64_t ms);
  [[nodiscard]] ledger::Job job(const JobId& id) const { return jobs.jobs().at(id); }

  sim::World world{7};
  sim::SimNetwork network;
  computesim::FakeJobs jobs{1};
  std::map<std::string, Bytes> objects;
  /// Of all nodes, in their order.
  std::vector<std::pair<NodeId, ledger::Operation>> submitted;
  std::vector<ledger::OfferPost> offers;

 private:
  friend class ComputeResident;
  void put(const Bytes& key, const Bytes& value);
  void make_block();

  std::vector<std::unique_ptr<ComputeResident>> residents_;
  std::shared_ptr<const ledger::MemoryState> state_;
  std::uint64_t height_ = 0;
};

}  // namespace oort::node::test
