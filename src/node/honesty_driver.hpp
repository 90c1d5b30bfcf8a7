// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "honesty_reads.hpp"
#include "honesty_tasks.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_client.hpp"
#include "work_court.hpp"

namespace oort::node {

namespace honesty_message {
/// Payload: the 32 bytes of a case. The officer of the case answers with what the executor was
/// asked, an encoded `object::ReadShard`; fails with NOT_FOUND, also where it was asked to compute:
/// then `work` tells.
inline constexpr env::MessageType task = env::message_range::honesty + 1;
}  // namespace honesty_message

/// What a driver keeps for its next life.
struct HonestyMemory {
  static constexpr std::uint8_t format_version = 1;
  Bytes agent;  ///< `honesty::Agent::save`.
  std::vector<BaitRead> reads;
  friend bool operator==(const HonestyMemory&, const HonestyMemory&) = default;
};
void encode(codec::Writer& out, const HonestyMemory& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, HonestyMemory& value);

/// What a panelist commits to when it cannot execute the task again: that of nobody's result, so
/// that its panel convicts nobody.
[[nodiscard]] Bytes32 no_result(const Bytes32& fault);

/// A node's part in Proof of Honesty: gives `honesty::Agent` what the ledger, the shards and the
/// clock say, and does what it asks for. Answers the ledger's audits of its own shards.
///
/// Invariants
///   D1  A round has one root of this node: a restart posts the same one again or none.
///   D2  No bait is sent before its root is final, and none that is not on disk as sent.
///   D3  What a bait asked is told to nobody before the case about it is on the ledger.
///   D4  A panelist that cannot come by the task or its shards says so; it votes for nobody.
///   D5  Each drawn audit of an own shard is answered from the disk, again until it is closed.
///   D6  Nobody is accused before what was asked of him is on disk, to be shown.
/// Threads: the strand, but for `open`.
class HonestyDriver : public std::enable_shared_from_this<HonestyDriver> {
 public:
  struct Parts {
    ChainId chain;
    const crypto::KeyPair& keys;
    env::Executor& strand;
    /// Of the strand.
    env::Timers& timers;
    /// May wait for the store.
    env::Executor& disk;
    const env::Clock& clock;
    env::Random& random;
    env::KvStore& store;
    const object::LedgerView& ledger;
    object::LedgerSubmit& submit;
    /// Calls back on the strand.
    env::Transport& transport;
    /// Reaches the node's own shards too.
    object::ShardClient& shards;
    /// What a gateway of this node reads through; null where there is none, which sends no baits:
    /// who never reads would be known by reading.
    OrderedReads* live = nullptr;
    /// Null where the node has no part in jobs: asked to do one again it has no result.
    WorkCourt* court = nullptr;
    /// Null where this node hides no tasks among those of its broker's clients. Needs the court.
    ComputeTasks* tasks = nullptr;
  };
  struct Options {
    honesty::AgentRules rules;
    /// Shards that are made known for the baits of one round, and how large they may be.
    std::size_t known_shards_max = 4;
    std::uint64_t known_shard_bytes_max = 4 * limits::mib;
  };

  /// Reads what it kept. Borrows its parts until after the last callback ran. Fails with
  /// DISK_FAILED; a memory that does not decode is logged and forgotten.
  [[nodiscard]] static Result<std::shared_ptr<HonestyDriver>> open(const Parts& parts,
                                                                   const Options& options);
  HonestyDriver(const Parts& parts, const Options& options);

  /// Answers panelists. Once, before the transport starts.
  void attach();
  /// The ledger has a newer final state.
  void on_block();
  /// Another result of the receipt's task is known: asks a panel, once the work can be shown to it.
  /// Nothing where this node did not post in the receipt's round. Requires: `court` is not null.
  void accuse(const ledger::WorkReceipt& receipt, const Bytes32& answer, const AccusedWork& work);
  /// A client of this node's broker has opened a job. Requires: `tasks` is not null, here and
  /// below.
  void saw(LiveJob job);
  /// This node's broker was given a signed result.
  void took(const ledger::WorkReceipt& receipt);
  /// Nothing is posted, sent or timed after this.
  void stop() { is_stopped_ = true; }

 private:
  struct Moment;
  struct Execution;

  // Rounds and baits.
  void begin_round(const Moment& now);
  [[nodiscard]] ledger::OfficerDraw draw_of(const Moment& now) const;
  [[nodiscard]] bool is_root_final() const;
  [[nodiscard]] std::uint64_t elapsed_ms() const;
  void prefetch(const Moment& now);
  [[nodiscard]] std::optional<std::pair<SegmentId, ledger::Segment>> random_segment() const;
  void learn(const SegmentId& segment, std::uint8_t index, const ledger::Shard& shard,
             Result<Bytes> bytes);
  void ring(Epoch epoch, std::size_t bait);

  void carry_out(const std::vector<honesty::Action>& actions);
  void on(const honesty::action::PostRoot& post);
  void on(const honesty::action::SetAlarm& alarm);
  void on(const honesty::action::SendTask& sent);
  void on(const honesty::action::PostReveal& post);
  void send_read(const honesty::TaskEnvelope& envelope);
  void on(const honesty::action::Execute& execute);
  void on(const honesty::action::PostCommitment& post);
  void on(const honesty::action::PostOpening& post);
  void take(const BaitRead& asked, Result<object::ReadShardReply> reply);

  // Duties.
  void answer_audits(const Moment& now);
  void answer(const ledger::Audit& audit);
  void sit(const Moment& now);
  void execute(const Bytes32& fault, int tries_left);
  void execute_work(const Execution& execution, const ledger::Reveal& accusation);
  void rebuild(const Execution& execution, const object::ReadShard& request);
  void again_or_never(const Execution& execution, std::string_view why);
  void executed(const Execution& execution, const Bytes32& result);
  [[nodiscard]] Result<Bytes> task_of(ByteView payload) const;
  void answer(env::MessageType type, ByteView payload, Callback<Result<Bytes>> reply) const;

  [[nodiscard]] static std::vector<honesty::TaskSource*> sources_of(const Parts& parts,
                                                                    StorageReads& storage);
  /// Runs `then` on the strand once everything so far is on the disk.
  void keep(Task then);
  void post(const ledger::Operation& operation, int tries_left);
  void posted(ledger::Operation operation, int tries_left,
              const Result<object::SubmitResult>& result);
  void counted(const ledger::Operation& operation) const;
  void measure(const Moment& now) const;
  void after(Duration delay, UniqueFunction<void(HonestyDriver&)> task);
  [[nodiscard]] NodeId self() const { return parts_.keys.node_id(); }

  Parts parts_;
  Options options_;
  OrderedReads duty_reads_;
  StorageReads storage_;
  honesty::Agent agent_;
  /// What a restored agent says again.
  std::vector<honesty::Action> restored_;
  bool is_stopped_ = false;
  Height seen_;
  std::uint64_t round_ = 0;
  bool may_post_ = false;
  MonoTime round_began_;
  std::uint64_t length_ms_ = 0;
  bool is_prefetching_ = false;
  std::size_t prefetches_left_ = 0;
  std::set<std::uint64_t> answering_;
  std::set<Bytes32> opening_;
};

}  // namespace oort::node
