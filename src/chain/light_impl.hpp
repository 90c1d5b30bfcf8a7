// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "oort/chain/body.hpp"
#include "oort/chain/light_node.hpp"
#include "oort/chain/messages.hpp"

namespace oort::chain {

/// Which validators said something, and whether one of them must be correct.
class Tally {
 public:
  /// Keeps the set: the epoch may be forgotten before all have answered.
  explicit Tally(consensus::ValidatorSet set) : set_(std::move(set)) {}
  /// Each validator counts once.
  void add(const NodeId& node);
  [[nodiscard]] bool has(const NodeId& node) const { return nodes_.contains(node); }
  [[nodiscard]] bool has_quorum() const { return weight_ >= set_.quorum(); }
  [[nodiscard]] bool has_correct() const { return weight_ > set_.weight_total() - set_.quorum(); }

 private:
  consensus::ValidatorSet set_;
  std::set<NodeId> nodes_;
  std::uint64_t weight_ = 0;
};

/// Everything of a light node; lives on its strand. The parts stand in files of their own:
/// `light_peers.cpp` chooses whom to ask, `light_follow.cpp` moves the head, `light_read.cpp`
/// fetches what is proven, `light_submit.cpp` brings transactions forward.
class LightNode::Impl : public std::enable_shared_from_this<LightNode::Impl> {
 public:
  Impl(TrustRoot root, LightOptions options, LightSurroundings around);

  Result<void> open();
  void start();
  void close();

  /// Runs `action(*this)` on the strand, unless the light node is gone by then.
  template <class F>
  void on_strand(F action) {
    around_.strand.post(guarded(std::move(action)));
  }
  [[nodiscard]] LightHead head() const;
  [[nodiscard]] std::optional<MonoTime> moved_at() const;
  [[nodiscard]] const TrustRoot& root() const noexcept { return genesis_; }

  // Doors, on the strand.
  /// `asked` is one of the two requests that a bundle answers.
  void read(Bytes key, Freshness freshness, env::MessageType asked, Callback<Result<Proven>> done);
  void submit(ledger::Transaction transaction, Callback<Result<Commit>> done);
  void find(const TransactionId& id, Callback<Result<Commit>> done);
  void block(Height height, Callback<Result<BlockProof>> done);
  [[nodiscard]] LightDiagnosis diagnose() const;

 private:
  template <class F>
  auto guarded(F action) {
    return [weak = weak_from_this(), action = std::move(action)](auto&&... args) mutable {
      const auto self = weak.lock();
      if (self && !self->is_closed_) action(*self, std::forward<decltype(args)>(args)...);
    };
  }
  void fail_for_ever(const Error& error);
  /// Of the newest epoch that is proven to have begun.
  [[nodiscard]] const consensus::ValidatorSet& validators() const {
    return client_.roots().newest().validators;
  }

  // light_peers.cpp
  struct Peer {
    MonoTime shunned_until;
    Height height;
    std::uint64_t lies_count = 0;
    bool is_asked_for_head = false;
    std::string why;
  };
  using OnReply = UniqueFunction<void(Impl&, Result<Bytes>)>;
  /// Whom to ask, best first: connected before others, those under a penalty last, else by chance.
  [[nodiscard]] std::vector<NodeId> peers_by_trust() const;
  void shun(const NodeId& peer, Duration penalty, std::string why);
  void caught_lying(const NodeId& peer, const Error& lie);
  /// Asks one peer; silence is punished here.
  void ask(const NodeId& peer, env::MessageType type, Bytes payload, OnReply on_reply);
  /// One question, put to one peer after the other until somebody's answer is good.
  struct Query {
    env::MessageType type = 0;
    Bytes payload;
    /// Whether the answer was what is wanted: then the caller has been told. Fails for a lie.
    UniqueFunction<Result<bool>(const NodeId&, const Result<Bytes>&)> judge;
    UniqueFunction<void(Error)> give_up;
    MonoTime until;
    std::vector<NodeId> order;
    std::size_t next = 0;
    std::string last_problem;
  };
  // Shared by the request in flight and the timer before the next round.
  using QueryRef = std::shared_ptr<Query>;
  void begin(const QueryRef& query);
  void go_on(const QueryRef& query);
  void judge(const QueryRef& query, const NodeId& peer, const Result<Bytes>& reply);
  void end(const QueryRef& query, std::optional<Error> error);

  // light_follow.cpp
  void tick();
  /// Lets the next tick come soon, where somebody waits.
  void hurry();
  void on_head(const NodeId& peer, const Result<Bytes>& reply);
  /// Asks for the proof that the newest known epoch is over.
  void follow_epoch(const NodeId& peer);
  void on_handovers(const NodeId& peer, const Result<Bytes>& reply);
  void meet_validators();
  void keep_head();
  void on_kept(const consensus::Header& header, const Result<void>& written);
  /// `done` runs once the head has both; at once where it has. Without a limit, whenever that is.
  void await_head(Height height, Turn turn, std::optional<Duration> limit,
                  Callback<Result<void>> done);
  void settle_waits();
  [[nodiscard]] bool is_head_at(Height height, Turn turn) const;
  struct Round {
    explicit Round(const consensus::ValidatorSet& set) : answered(set), epoch(set.epoch()) {}
    std::vector<Callback<Result<Height>>> waiting;
    Tally answered;
    Epoch epoch;
    std::uint64_t number = 0;
    Turn highest;
    env::TimerId timer;
  };
  /// A height that is final here and not below any that anybody was told of before the call.
  void barrier(Callback<Result<Height>> done);
  void begin_round();
  void ask_round(const NodeId& validator);
  void ask_round_again(const NodeId& validator);
  void on_round_reply(const NodeId& validator, const Result<Bytes>& reply);
  void end_round(const Result<Turn>& highest);
  void answer_round(Epoch asked, std::vector<Callback<Result<Height>>> waiting,
                    const Result<void>& reached);

  // light_read.cpp
  /// A proof whose first header is not below `first`.
  void fetch_proof(Bytes key, Height first, env::MessageType asked, Callback<Result<Proven>> done);
  void query_proof(Bytes key, Height first, env::MessageType asked, Callback<Result<Proven>> done);
  void query_block(Height height, Callback<Result<BlockProof>> done);
  [[nodiscard]] Result<Commit> read_outcome(const TransactionId& id, ByteView bytes) const;

  // light_submit.cpp
  struct Waiter {
    Callback<Result<Commit>> done;
    env::TimerId timer;
  };
  struct Pending {
    explicit Pending(const consensus::ValidatorSet& set) : refused(set), rejected(set) {}
    TransactionRef transaction;
    Bytes bytes;
    std::map<std::uint64_t, Waiter> waiters;
    std::set<NodeId> tried;  ///< Since the last push.
    std::size_t on_way_count = 0;
    std::size_t takers_count = 0;
    MonoTime pushed_at;
    Tally refused;           ///< Would not take it.
    Tally rejected;          ///< Proved a receipt with a rejection.
    std::set<NodeId> asked;  ///< For the outcome, since all were.
    bool is_asking = false;
    MonoTime asked_at;
    Height asked_height;
    bool is_expiry_checked = false;
  };
  void take_on(const TransactionRef& transaction, Callback<Result<Commit>> done);
  void give_up(const TransactionId& id, std::uint64_t waiter);
  void push(const TransactionId& id);
  void on_pushed(const TransactionId& id, const NodeId& peer, const Result<Bytes>& reply);
  void drive(const TransactionId& id);
  void ask_outcome(const TransactionId& id);
  void on_outcome(const TransactionId& id, const NodeId& peer, const Result<Bytes>& reply);
  void check_expiry(const TransactionId& id);
  void resolve(const TransactionId& id, const Result<Commit>& outcome);

  LightOptions options_;
  LightSurroundings around_;
  TrustRoot genesis_;
  LightClient client_;
  /// Not on the disk yet.
  bool has_new_roots_ = false;
  bool is_following_ = false;
  bool is_closed_ = false;

  mutable std::mutex head_mutex_;
  LightHead head_;
  std::optional<MonoTime> moved_at_;
  MonoTime started_at_;
  bool is_keeping_ = false;

  std::map<NodeId, Peer> peers_;
  std::size_t queries_count_ = 0;

  std::optional<env::TimerId> tick_;
  MonoTime ticked_at_;
  bool is_hurried_ = false;
  struct HeadWait {
    Height height;
    Turn turn;
    Callback<Result<void>> done;
    std::optional<env::TimerId> timer;
  };
  std::map<std::uint64_t, HeadWait> head_waits_;
  std::size_t hurried_waits_count_ = 0;
  std::uint64_t numbers_ = 0;

  std::unique_ptr<Round> round_;
  std::vector<Callback<Result<Height>>> round_next_;
  Turn highest_shown_;

  std::map<TransactionId, Pending> pending_;
  std::size_t waiters_count_ = 0;
};

}  // namespace oort::chain
