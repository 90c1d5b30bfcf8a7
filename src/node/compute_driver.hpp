// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compute_objects.hpp"
#include "compute_registry.hpp"
#include "compute_work.hpp"
#include "container_work.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/executor.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/sandbox.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {

/// A node's part in compute: drives its broker and its executor, either of which may be missing,
/// with what comes over the transport, the ledger's blocks and the clock, and does what they ask.
///
/// Invariants
///   CD1 Nothing that a machine wants to leave the node does so before all that it wanted written
///       until then is durable; a disk that fails stops both machines.
///   CD2 The broker sees every job that names this node: all of them at the start, each again after
///       a block that changed it.
///   CD3 Operations of one transaction stay in their order.
///   CD4 The ledger has this executor's offer while it runs, renewed before it expires.
///   CD5 Who watches is told of each job once, when it opens before this broker, and of each good
///       result.
/// Threads: the strand, but for `open`.
class ComputeDriver : public std::enable_shared_from_this<ComputeDriver> {
 public:
  struct Parts {
    ChainId chain;
    NodeId self;
    /// Outlives the driver.
    env::Signer& signer;
    env::Executor& strand;
    /// Of the strand.
    env::Timers& timers;
    /// May wait for the store; one thread.
    env::Executor& disk;
    /// Does tasks.
    env::Executor& work;
    const env::Clock& clock;
    env::KvStore& store;
    const object::LedgerView& ledger;
    object::LedgerSubmit& submit;
    /// Calls back on the strand.
    env::Transport& transport;
    /// For containers: their images and, while they run, their files.
    std::filesystem::path folder;
  };
  struct Options {
    bool is_broker = false;
    bool is_executor = false;
    /// What the executor offers; the rest is filled in.
    compute::NodeOffer offer;
    Duration tick = std::chrono::milliseconds(250);
  };

  /// Reads what the machines kept. Borrows its parts until after the last callback ran. Fails with
  /// DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] static Result<std::shared_ptr<ComputeDriver>> open(const Parts& parts,
                                                                   const Options& options);
  ComputeDriver(const Parts& parts, const Options& options);

  /// Once, before the transport starts. Messages that come before `start` are lost.
  void attach();
  /// Begins; all final blocks above the ledger's present state are told from now on. Inputs are
  /// read from `objects`, and outputs written there. Requires: not null where there is a broker.
  void start(JobObjects* objects);
  void on_block(const object::FinalBlock& block);
  void set_devices(std::vector<compute::DeviceFacts> devices);
  /// From now on containers are offered, where the host can confine them, and run.
  void set_sandbox(std::shared_ptr<env::Sandbox> sandbox);
  /// Nothing is begun, sent or timed after this; work under way ends.
  void stop();

  // For the port.
  [[nodiscard]] bool has_broker() const noexcept { return broker_ != nullptr; }
  void hand_over(api::JobHandover job, Callback<Result<void>> done);
  /// Requires: `has_broker()`, here and below.
  [[nodiscard]] const compute::Broker& broker() const { return *broker_; }
  /// `tell` is told of jobs of which something has changed.
  void on_change(std::function<void(const JobId&)> tell) { tell_change_ = std::move(tell); }
  /// `tell` is told of results that are not the majority's, with the hash of the specification.
  /// Before `start`.
  void on_deviation(std::function<void(const compute::Deviation&, const Bytes32&)> tell) {
    tell_deviation_ = std::move(tell);
  }
  /// What this broker's clients have done, for who hides tasks of its own among it.
  struct Watch {
    /// A job that this broker has in office was opened, for the first time.
    std::function<void(const ledger::Job&, const ledger::JobSpec&)> opened;
    /// Bytes of an input of some job.
    std::function<void(const JobId&, const compute::builtin::Workload&, ByteView)> read;
    /// An executor's signed result.
    std::function<void(const ledger::WorkReceipt&)> answered;
  };
  /// Before `start`.
  void watch(Watch watch) { watch_ = std::move(watch); }

 private:
  [[nodiscard]] WallTime now() const;
  void hear(const NodeId& from, env::MessageType type, ByteView payload);
  void tick();
  void see_all();
  void see(std::vector<ledger::Job> jobs, std::vector<compute::LedgerSight::Claimed> claimed);

  void carry_out(compute::BrokerOutputs outputs);
  void carry_out(compute::ExecutorOutputs outputs);
  void leave(compute::BrokerOutputs outputs);
  void leave(compute::ExecutorOutputs outputs);
  /// Runs `then` on the strand once `writes`, and all before, are durable.
  void keep(env::KvBatch writes, Task then);
  void kept(const Result<void>& written, Task then);
  void send(std::vector<compute::ComputeSend> sends);
  void submit(std::vector<compute::LedgerOperation> operations);
  void submitted(const std::vector<compute::LedgerOperation>& operations,
                 const Result<object::SubmitResult>& result);
  void read(const compute::ReadWish& wish);
  void store(compute::StoreWish wish);
  [[nodiscard]] Bytes32 spec_of(const JobId& job) const;
  void answer(const compute::HandoverAnswer& answer);
  void tell_opened(const std::vector<ledger::Job>& jobs, std::uint64_t time_ms);
  void tell_read(const JobId& job, ByteView bytes);

  [[nodiscard]] WorkRunner::Listener listener();
  void post_offer();
  void measure();
  /// Calls back on the strand while this lives and is not stopped, wherever it is called.
  template <class T, class Done>
  [[nodiscard]] Callback<T> home(Done done);

  Parts parts_;
  Options options_;
  ComputeRegistry registry_;
  JobObjects* objects_ = nullptr;
  std::unique_ptr<compute::Broker> broker_;
  std::unique_ptr<compute::Executor> executor_;
  std::unique_ptr<WorkRunner> worker_;
  std::unique_ptr<ContainerRunner> containers_;
  WallTime wall_start_;
  MonoTime mono_start_;
  bool is_started_ = false;
  bool is_stopped_ = false;
  std::size_t keeping_count_ = 0;
  std::uint64_t ticks_ = 0;
  bool is_offering_ = false;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, Callback<Result<void>>> handovers_;
  std::function<void(const JobId&)> tell_change_;
  std::function<void(const compute::Deviation&, const Bytes32&)> tell_deviation_;
  Watch watch_;
};

template <class T, class Done>
Callback<T> ComputeDriver::home(Done done) {
  return
      [weak = weak_from_this(), strand = &parts_.strand, done = std::move(done)](T value) mutable {
        strand->post([weak, done = std::move(done), value = std::move(value)]() mutable {
          const auto driver = weak.lock();
          if (driver && !driver->is_stopped_) done(*driver, std::move(value));
        });
      };
}

}  // namespace oort::node
