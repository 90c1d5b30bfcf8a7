// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "execution.hpp"
#include "log_writer.hpp"
#include "oort/chain/chain.hpp"
#include "oort/chain/messages.hpp"

namespace oort::chain {

[[nodiscard]] std::uint64_t fresh_number(env::Random& random);
/// What becomes of a transaction whose last height has passed.
[[nodiscard]] Error expired_error();

/// Everything of a chain; lives on its strand. The parts stand in files of their own: `engine.cpp`
/// carries out what the engine says, `epoch_switch.cpp` goes from one epoch to the next,
/// `commit.cpp` brings final blocks to the store, `evidence.cpp`
/// brings proofs of misconduct to the ledger, `gossip.cpp` spreads transactions, `sync.cpp` fetches
/// and serves blocks, `light_serve.cpp` answers light clients, `barrier.cpp` answers reads,
/// `doors.cpp` holds what callers ask.
class Chain::Impl : public std::enable_shared_from_this<Chain::Impl> {
 public:
  Impl(TrustRoot root, Options options, Surroundings around);
  ~Impl();

  Result<void> open(const ledger::GenesisParams& genesis);
  void start();
  void close();

  /// Runs `action(*this)` on the strand, unless the chain is gone by then.
  template <class F>
  void on_strand(F action) {
    around_.strand.post(guarded(std::move(action)));
  }
  [[nodiscard]] FinalViewRef view() const;
  [[nodiscard]] const TrustRoot& root() const noexcept { return root_; }

  [[nodiscard]] ValidatorSetRef shared_validators() const;

  // Doors, on the strand.
  void barrier(Callback<Result<FinalViewRef>> done);
  void submit(ledger::Transaction transaction, Callback<Result<Commit>> done);
  void find(const TransactionId& id, Callback<Result<Commit>> done);
  void subscribe(SubscriptionId id, Height from, BlockHandler handler);
  void unsubscribe(SubscriptionId id);
  /// Whether the proof goes to somebody who follows the epochs, or must lead there from genesis.
  enum class ProofFor : std::uint8_t { Anyone, Follower };
  void prove(KeyRange range, std::size_t records_max, ProofFor reader,
             Callback<Result<ProofBundle>> done);
  void head(Callback<Result<FinalHeaders>> done);
  [[nodiscard]] Diagnosis diagnose() const;
  [[nodiscard]] SubscriptionId new_subscription();

 private:
  template <class F>
  auto guarded(F action) {
    return [weak = weak_from_this(), action = std::move(action)](auto&&... args) mutable {
      const auto self = weak.lock();
      if (self && !self->is_closed_) {
        action(*self, std::forward<decltype(args)>(args)...);
      }
    };
  }
  /// Stops everything: the disk, or the ledger itself, cannot be trusted.
  void fail_for_ever(const Error& error);
  /// Those who certify the next block.
  [[nodiscard]] const consensus::ValidatorSet& validators() const {
    return execution_->validators();
  }
  [[nodiscard]] bool is_validator(const NodeId& node) const {
    return validators().index_of(node).has_value();
  }
  /// Where the newest final block leaves this node.
  [[nodiscard]] Turn tip_turn() const;

  // epoch_switch.cpp
  void make_engine();
  void switch_epoch();
  void on_consensus(const NodeId& from, env::MessageType type, consensus::SharedBytes bytes);
  void keep_early(const NodeId& from, env::MessageType type, consensus::SharedBytes bytes);
  void replay_early();
  void answer_straggler(const NodeId& from);
  [[nodiscard]] Result<void> note_handover();
  void cancel_engine_timers();

  // engine.cpp
  using Event = decltype(consensus::Input::event);
  void step(Event event);
  void handle(consensus::Persist& output);
  void on_persisted(std::uint64_t token);
  void handle(consensus::Broadcast& output);
  void handle(consensus::Send& output);
  void handle(consensus::SetTimer& output);
  void handle(consensus::CancelTimer& output);
  void handle(consensus::BuildPayload& output);
  void handle(consensus::Proposed& output);
  void handle(consensus::CheckPayload& output);
  void handle(consensus::FetchBlock& output);
  void handle(consensus::Finalized& output);
  void handle(consensus::Notarized& output);
  void handle(consensus::ViewEntered& output);
  void handle(consensus::Misbehaved& output);
  void handle(consensus::VotingRefused& output);
  void send(const NodeId& to, env::TrafficClass traffic, env::MessageType type, ByteView bytes);
  [[nodiscard]] Execution::Judgement judge(const consensus::BlockRef& block);
  static void tell_refused(const consensus::Block& block, std::string_view why);
  void execute_later(const BlockId& id);
  /// Whether the block is final here: durable, or on its way to the store.
  [[nodiscard]] bool is_accepted(const BlockId& id);
  /// What was found of a block before, and what is still to find. Fails for one that is not valid.
  [[nodiscard]] Result<Execution::Checked> take_checked(const consensus::BlockRef& block);
  [[nodiscard]] bool ensure_executed(const BlockId& id);
  [[nodiscard]] consensus::BlockRef find_block(const BlockId& id) const;
  [[nodiscard]] Mempool::NextSequence next_after(const ledger::StateReader& state) const;
  void refresh_ready();

  // evidence.cpp
  void handle(consensus::EvidenceFound& output);
  /// A transaction that brings evidence to the ledger, and the faults that it shows.
  struct Reporting {
    Reporting() noexcept {}  // Not defaulted: see Barrier.
    ledger::Transaction transaction;
    std::vector<Bytes32> faults;
    bool is_on_its_way = false;
  };
  void report_evidence();
  [[nodiscard]] std::optional<Reporting> make_report();
  void put_off(const std::vector<Bytes32>& faults, const std::string& why);
  void on_reported(const Result<Commit>& commit);
  [[nodiscard]] std::uint64_t patience_with(ValidatorIndex offender) const;

  // commit.cpp
  struct Final {
    consensus::BlockRef block;
    Execution::Finality finality;
    bool is_synced = false;
  };
  void accept_final(consensus::BlockRef block, Execution::Finality finality, bool is_synced);
  void commit_next();
  void on_committed(const Result<void>& written);
  void publish_view();
  void note_certified(const Final& final, FinalViewRef before,
                      const ledger::StateVersion& version_before);
  void tell_waiters(const ExecutedBlock& block);
  void tell_subscribers(const ExecutedBlock& block);
  void compact_log();

  // gossip.cpp
  void listen_gossip();
  using OnChecked = UniqueFunction<void(Impl&, Result<TransactionRef>)>;
  /// Decodes and checks on the pool. Fails with RATE_LIMITED where too many wait for that.
  void check_later(Bytes bytes, OnChecked done);
  void admit_from_peer(const Result<TransactionRef>& transaction);
  [[nodiscard]] Result<void> admit(const TransactionRef& transaction);
  void spread(const CheckedTransaction& transaction);
  void on_have(const NodeId& from, ByteView bytes);
  void on_want(const NodeId& from, ByteView bytes);
  void announce();

  // sync.cpp
  void listen_sync();
  void on_status(const NodeId& from, ByteView bytes);
  void tick();
  void tell_status();
  void sync_if_behind();
  void on_blocks(const NodeId& from, Result<Bytes> reply);
  /// How many blocks were taken.
  [[nodiscard]] Result<std::size_t> take_blocks(ByteView bytes);
  void accept_synced(const std::vector<consensus::BlockRef>& blocks,
                     std::vector<consensus::Header> beyond, const consensus::Certificate& proof);
  [[nodiscard]] std::optional<NodeId> best_peer() const;
  void serve_blocks(ByteView bytes, Callback<Result<Bytes>> reply);
  void serve_proposal(ByteView bytes, Callback<Result<Bytes>> reply);
  void fetch(consensus::FetchBlock wanted, std::size_t attempt);
  [[nodiscard]] Result<void> check_synced(const consensus::Block& block) const;

  // light_serve.cpp
  void serve_light(const NodeId& from, env::MessageType type, Bytes payload,
                   Callback<Result<Bytes>> reply);
  [[nodiscard]] bool take_turn(const NodeId& from);
  void serve_submit(Bytes bytes, Callback<Result<Bytes>> reply);
  [[nodiscard]] Result<void> take_in(const Result<TransactionRef>& transaction);
  void serve_proof(const Bytes& key, ProofFor reader, Callback<Result<Bytes>> reply);
  using Collect = UniqueFunction<Result<Bytes>(const env::KvReader&)>;
  void serve_from_store(Collect collect, Callback<Result<Bytes>> reply);

  // barrier.cpp
  struct Barrier {
    Barrier() noexcept {}  // Not defaulted: clang 19 counts a nested type's own as missing here.
    std::vector<Callback<Result<FinalViewRef>>> waiting;
    std::uint64_t round = 0;
    std::uint64_t weight = 0;
    Turn highest;
    bool has_quorum = false;
    std::vector<bool> has_answered;
    env::TimerId timer;
  };
  void listen_barrier();
  void begin_barrier();
  void ask_barriers();
  void ask_barrier(ValidatorIndex validator);
  void count_barrier(ValidatorIndex validator, Turn highest);
  void on_barrier_reply(std::uint64_t round, ValidatorIndex from, Result<Bytes> reply);
  [[nodiscard]] Result<Turn> read_barrier_reply(ByteView bytes);
  void settle_barriers();
  void end_barrier(const Result<FinalViewRef>& answer);
  void note_certificate(ByteView bytes);

  // doors.cpp
  struct Waiter {
    Callback<Result<Commit>> done;
    env::TimerId timer;
  };
  struct Waiting {
    Height valid_until;
    std::map<std::uint64_t, Waiter> waiters;
  };
  struct Subscription {
    Height next;
    BlockHandler handler;
    bool is_catching_up = false;
  };
  void admit_own(const TransactionRef& transaction, Callback<Result<Commit>> done);
  void wait_for(const CheckedTransaction& transaction, Callback<Result<Commit>> done);
  void give_up(const TransactionId& id, std::uint64_t waiter);
  [[nodiscard]] Result<std::optional<Commit>> read_commit(const TransactionId& id) const;
  void catch_up(SubscriptionId id);
  [[nodiscard]] Result<FinalBlockRef> read_final(Height height) const;
  /// What leads from genesis to the epoch `until`.
  [[nodiscard]] Result<std::vector<Handover>> read_handovers(Epoch until) const;

  TrustRoot root_;
  Options options_;
  Surroundings around_;
  bool is_closed_ = false;
  std::string voting_refused_;

  std::unique_ptr<Execution> execution_;
  /// The engine of the ruling epoch.
  std::unique_ptr<consensus::Core> core_;
  std::shared_ptr<LogWriter> log_;
  std::optional<consensus::Start> start_;
  Mempool pool_;

  // The engine and its timers.
  std::deque<Event> inputs_;
  bool is_stepping_ = false;
  struct ArmedTimer {
    env::TimerId id;
    MonoTime at;
  };
  std::array<std::optional<ArmedTimer>, consensus::timers_count> timers_;
  bool said_ready_ = false;
  /// In the running epoch.
  bool votes_ = false;
  /// Of the last record that went to the log; and of the last one of the epochs before, which the
  /// running engine counts from.
  std::uint64_t log_token_ = 0;
  std::uint64_t log_token_base_ = 0;
  /// What peers said of the next epoch while this one still ran.
  struct Early {
    NodeId from;
    env::MessageType type = 0;
    consensus::SharedBytes bytes;
  };
  std::vector<Early> early_;
  std::size_t early_bytes_ = 0;
  /// What made the last block of the epoch before final, where it has a certificate of its own; and
  /// who was told since the last tick.
  consensus::SharedBytes ended_by_;
  std::set<NodeId> stragglers_told_;
  std::vector<TransactionRef> built_;
  Bytes32 built_root_;
  /// Blocks whose payload was checked, until they are executed.
  std::map<BlockId, Execution::Checked> checked_;

  // Evidence that the ledger does not hold yet, by fault.
  struct Report {
    Bytes proof;
    Turn turn;
    std::uint64_t due_tick = 0;
  };
  std::map<Bytes32, Report> reports_;
  std::optional<Reporting> reporting_;

  // Commits.
  std::deque<Final> finals_;
  bool is_committing_ = false;
  Height accepted_height_;
  BlockId accepted_;
  /// The last accepted block ends its epoch, and is not the tip yet.
  bool is_switching_ = false;
  mutable std::mutex view_mutex_;
  FinalViewRef view_;
  ValidatorSetRef validators_;
  struct Provable {
    FinalViewRef view;
    ledger::StateVersion version;
    FinalHeaders headers;
  };
  std::optional<Provable> provable_;
  std::optional<FinalHeaders> head_;

  // Gossip.
  std::size_t checking_bytes_ = 0;
  std::set<TransactionId> announced_;

  // Sync.
  struct Peer {
    Height height;
    bool is_observer = false;
    MonoTime heard;
  };
  std::map<NodeId, Peer> peers_;
  std::optional<env::TimerId> tick_;
  std::optional<NodeId> syncing_from_;
  Height height_at_last_tick_;
  struct Certified {
    Height height;
    consensus::CertificateRef certificate;
  };
  /// Of a final block whose body did not come yet.
  std::optional<Certified> certified_beyond_;
  std::uint64_t ticks_count_ = 0;
  std::size_t serving_count_ = 0;

  // Light clients, since the last tick.
  std::map<NodeId, std::size_t> light_turns_;
  std::size_t light_turns_count_ = 0;
  std::size_t light_reads_count_ = 0;

  // Barriers: one that runs, and one that gathers for the next round.
  std::optional<Barrier> barrier_;
  std::vector<Callback<Result<FinalViewRef>>> barrier_next_;
  std::uint64_t barrier_rounds_ = 0;
  std::optional<Bytes> highest_certificate_;
  Turn highest_certified_;

  // Doors.
  std::map<TransactionId, Waiting> waiting_;
  std::size_t waiters_count_ = 0;
  std::uint64_t waiter_ids_ = 0;
  std::map<SubscriptionId, Subscription> subscriptions_;
  std::atomic<std::uint64_t> subscription_ids_ = 0;
};

}  // namespace oort::chain
