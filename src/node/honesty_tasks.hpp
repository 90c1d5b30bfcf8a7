// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compute_objects.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/honesty/task.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/object/ports.hpp"
#include "work_court.hpp"

/// Computed tasks whose answer is known: an officer who is a broker orders jobs of its own, through
/// the door of every customer, out of a purse.
namespace oort::node {

/// The kind of work that a task of a job is.
inline constexpr honesty::Workload computed_task{2};

/// A live job, as its broker knows it.
struct LiveJob {
  ledger::Job record;
  ledger::JobSpec spec;
};
/// Whether a bait can look like it: one task of a built-in workload, run once and as soon as it
/// can be, over inputs that a bait may have, for credits.
[[nodiscard]] bool can_be_imitated(const LiveJob& job);

/// A job that is a bait: all that ordering it takes, and showing it to a panel.
struct BaitTask {
  static constexpr std::uint8_t format_version = 1;
  Epoch round;  ///< In which it goes out.
  AccountId payer;
  std::uint64_t nonce = 0;
  Bytes spec;  ///< Canonical bytes of a `ledger::JobSpec`.
  ledger::Units budget;
  std::vector<NodeId> brokers;
  std::uint64_t deadline_ms = 0;  ///< From its opening.
  std::uint64_t dispute_ms = 0;
  friend bool operator==(const BaitTask&, const BaitTask&) = default;
};
void encode(codec::Writer& out, const BaitTask& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BaitTask& value);

/// What the customer gives its brokers, and the ledger. Requires: `bait.spec` decodes, and brokers
/// take it; here and below.
[[nodiscard]] api::JobHandover handover_of(const BaitTask& bait, std::uint64_t now_ms);
/// What a court is shown of it.
[[nodiscard]] AccusedWork work_of(const BaitTask& bait);

/// How often each byte follows each other one in what was read: bytes that are drawn by it look
/// like the others to whoever counts pairs, and hold nothing that anybody has written.
class BytePairs {
 public:
  /// Of one piece: enough to know what the content is like.
  static constexpr std::size_t counted_bytes_max = 64 * 1024;
  void count(ByteView bytes);
  [[nodiscard]] bool is_empty() const noexcept { return total_ == 0; }
  /// The same seed draws the same bytes.
  [[nodiscard]] Bytes draw(std::size_t size, std::uint64_t seed) const;

 private:
  std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(65'536);
  std::uint64_t total_ = 0;
};

/// Baits among computed tasks: jobs like live ones, whose inputs this node made up and whose task
/// it has done itself.
///
/// Invariants
///   CT1  A bait has the workload, the parameters, the needs, the price and the brokers of some
///   live
///        job of this broker, and a size between two of them, or a round one of theirs.
///   CT2  It is given out once, under the commitment to the very envelope that its executor gets.
///   CT3  Nothing is imitated before `live_count_min` jobs were seen, and no bait imitates a bait,
///        nor its content.
///   CT4  What was given out survives a restart, until nobody can ask for it.
/// Threads: the strand.
class ComputeTasks final : public honesty::TaskSource,
                           public std::enable_shared_from_this<ComputeTasks> {
 public:
  struct Parts {
    NodeId self;
    /// Who orders the baits; its bucket, in which this node's gateway may read and write.
    AccountId payer;
    std::string bucket;
    env::Executor& strand;
    /// Does tasks.
    env::Executor& pool;
    env::Random& random;
    const object::LedgerView& ledger;
    /// Of the payer.
    object::LedgerSubmit& submit;
  };
  struct Options {
    std::size_t live_count_min = 64;
    /// Live jobs that are remembered.
    std::size_t live_count_max = 1024;
    /// Baits that wait for a round.
    std::size_t ready_count_max = 4;
  };
  using HandOver = std::function<void(api::JobHandover, Callback<Result<void>>)>;

  /// Borrows its parts until after the last callback ran.
  ComputeTasks(const Parts& parts, const Options& options)
      : parts_(parts), options_(options), shapes_(options.live_count_max) {}

  /// Where its jobs go in, and its inputs. Before that it makes none.
  void set_doors(JobObjects* objects, HandOver hand_over);
  /// Reads what it gave out. Fails as the store does; what does not decode is left out.
  [[nodiscard]] Result<void> restore(const env::KvReader& store);
  /// Adds what must be kept of what was given out since.
  void write(env::KvBatch& batch);

  /// Remembers a live job; its shape, where a bait can look like it.
  [[nodiscard]] std::optional<honesty::TaskShape> saw(LiveJob job, std::uint64_t offset_ms);
  /// Remembers what inputs of a workload look like, of live jobs.
  void read(const JobId& job, const compute::builtin::Workload& workload, ByteView bytes);
  /// Makes one bait ready, where fewer than wanted are: stores its inputs and does its task.
  void prepare();
  [[nodiscard]] std::size_t ready_count() const noexcept { return ready_.size(); }

  /// Baits are minted for this round from now on; of rounds before `oldest` nobody asks any more.
  void set_round(Epoch round, Epoch oldest);
  [[nodiscard]] honesty::Workload workload() const noexcept override { return computed_task; }
  /// The workloads are exact: whoever did not do the task has another result.
  [[nodiscard]] ledger::Ppb strength() const noexcept override {
    return ledger::Ppb(ledger::ppb_one);
  }
  [[nodiscard]] Result<honesty::MintedTask> mint(const honesty::TaskShape& like,
                                                 env::Random& random) override;
  /// What was given out under this commitment.
  [[nodiscard]] const BaitTask* find(const Bytes32& task_commitment) const;
  /// Orders it, as any customer does.
  void send(const BaitTask& bait);

 private:
  struct Making;
  struct Ready {
    BaitTask bait;
    Bytes32 answer;
  };
  [[nodiscard]] const LiveJob* live_like(const honesty::TaskShape& shape) const;
  [[nodiscard]] std::shared_ptr<Making> begin_making();
  void make(const std::shared_ptr<Making>& making);
  void store_inputs(const std::shared_ptr<Making>& making, std::size_t index);
  void made(const std::shared_ptr<Making>& making);
  [[nodiscard]] bool choose_name(BaitTask& bait, const LiveJob& like);
  [[nodiscard]] std::uint64_t draw_number();
  [[nodiscard]] bool is_own(const JobId& job) const;

  Parts parts_;
  Options options_;
  JobObjects* objects_ = nullptr;
  HandOver hand_over_;
  Epoch round_;
  std::vector<LiveJob> live_;
  honesty::LiveShapes shapes_;
  std::map<std::string, BytePairs> content_;
  bool is_making_ = false;
  std::vector<Ready> ready_;
  std::map<Bytes32, BaitTask> given_;
  /// By commitment; nothing where it is to be forgotten.
  std::map<Bytes32, std::optional<Bytes>> changed_;
};

}  // namespace oort::node
