// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "oort/consensus/core.hpp"
#include "oort/consensus/mutants.hpp"
#include "vote_set.hpp"

namespace oort::consensus {

/// A bucket that fills with time: bounds what is sent again to one peer.
struct Quota {
  bool is_fresh = true;
  std::uint64_t level = 0;
  MonoTime filled_at{};
  /// Whether `bytes` may be sent now; takes them if so. Holds at most one second's worth.
  bool take(std::uint64_t bytes, std::uint64_t bytes_per_second, MonoTime now);
};

/// What is known of one view.
struct ViewState {
  explicit ViewState(View view) noexcept;
  VoteSet notarize;
  VoteSet nullify;
  VoteSet finalize;
  CertificateRef notarization;
  CertificateRef nullification;
  CertificateRef finalization;
  BlockRef proposal;     ///< The leader's first.
  BlockRef unjustified;  ///< Signed by the leader, but its justification fails: votes are guilt.
  [[nodiscard]] VoteSet& votes(VoteKind kind) noexcept;
  [[nodiscard]] CertificateRef& certificate(VoteKind kind) noexcept;
};

/// The engine behind Core. One object, several sources: dispatch and durability (engine.cpp),
/// votes and certificates (votes.cpp), views and timers (views.cpp), proposals (propose.cpp),
/// blocks and commitment (blocks.cpp), retransmission and recovery (standstill.cpp).
class Core::Engine final : public KnownVotes {
 public:
  Engine(const Config& config, EpochStart epoch, const Verifier& verifier, env::Signer* signer);
  Outputs step(const Input& input);
  [[nodiscard]] BlockRef find(const BlockId& id) const;
  [[nodiscard]] std::vector<WalRecord> durable_state() const;
  [[nodiscard]] const SignerRecord& record() const noexcept { return record_; }
  [[nodiscard]] bool knows_past() const noexcept { return knows_past_; }
  [[nodiscard]] const ValidatorSet& set() const noexcept { return epoch_.validators; }
  [[nodiscard]] const Schedule& schedule() const noexcept { return schedule_; }
  [[nodiscard]] EpochContext context() const noexcept;
  [[nodiscard]] Diagnosis diagnose() const;
  [[nodiscard]] bool is_verified(const Ballot& ballot, const CertifiedVote& vote) const override;

 private:
  enum class Check : std::uint8_t { Waiting, Asked, Valid, Invalid };
  struct Node {
    BlockRef block;
    Check check = Check::Waiting;
  };
  /// The last block of the ledger in this epoch, or the anchor.
  struct Root {
    BlockId id;
    View view;
    Height height;
    std::uint64_t time_ms = 0;
  };
  /// A message that waits until the signer record behind it is durable.
  struct Gated {
    std::uint64_t token = 0;
    std::variant<Ballot, BlockRef> what;
  };
  struct Build {
    View view;
    BlockId parent;
    bool must_be_empty = false;
  };
  /// A parent for the current view, and the skips between, lowest first.
  struct Ground {
    Root parent;
    std::vector<const Certificate*> skips;
  };
  struct Recovery {
    std::uint64_t nonce = 0;
    View view_max;
    std::set<ValidatorIndex> heard;
  };

  // engine.cpp
  void on(const Start& start);
  void on(const MessageReceived& received);
  void on(const TimerFired& fired);
  void on(const Persisted& persisted);
  void on(const PayloadBuilt& built);
  void on(const PayloadReady& ready);
  void on(const PayloadChecked& checked);
  void on(const BlockFetched& fetched);
  void on(const Synced& synced);
  void settle();
  void resume(const Start& start);
  void resume_votes();
  void keep(RecordKind kind, SharedBytes bytes);
  void gate(std::variant<Ballot, BlockRef> what);
  void flush_records();
  void release(const Gated& gated);
  void cast(const Ballot& ballot);
  void refuse(std::string_view reason, std::string detail);
  void misbehaved(const NodeId& peer, std::string_view reason);
  void broadcast(env::TrafficClass traffic, env::MessageType type, SharedBytes bytes);
  [[nodiscard]] bool can_sign() const noexcept;

  // votes.cpp
  void on_vote(const NodeId& from, ByteView bytes);
  void on_certificate(const NodeId& from, ByteView bytes);
  void on_evidence(const NodeId& from, ByteView bytes);
  void count(const Vote& vote, bool is_verified);
  bool tally(const Vote& vote, bool is_verified);
  void count_different(const Vote& first, const Vote& second);
  void look_for_guilt(const Vote& vote);
  void look_for_unjustified(const Vote& vote);
  [[nodiscard]] bool is_counted_valid(const Vote& vote);
  [[nodiscard]] const NodeId& node_of(ValidatorIndex validator) const;
  void report(const Evidence& evidence);
  void form(const Vote& latest);
  [[nodiscard]] bool is_of_no_use(ByteView certificate);
  bool learn(const Certificate& certificate, const NodeId& from);
  void store(const CertificateRef& certificate, bool is_own);
  void look_for_second_instance(const Vote& vote);
  void refuse_second_instance(std::string_view what, View in);
  [[nodiscard]] View final_view() const noexcept;
  [[nodiscard]] bool is_admitted(View view) const noexcept;
  ViewState& state(View view);
  [[nodiscard]] const ViewState* find_state(View view) const;

  // views.cpp
  void enter(const CertificateRef& certificate);
  void begin_view();
  void finalize_vote(const Certificate& notarization);
  void nullify();
  void arm_view_timers();
  void set_timer(Timer timer, MonoTime at);
  void cancel_timer(Timer timer);
  [[nodiscard]] Duration backed_off(Duration base) const;
  [[nodiscard]] bool is_leader_silent() const;
  void finalized(const CertificateRef& certificate);

  // propose.cpp
  void consider_proposal();
  void propose(const PayloadBuilt& built);
  [[nodiscard]] std::optional<Ground> choose_ground() const;
  [[nodiscard]] const Certificate* parent_certificate(View view) const;
  [[nodiscard]] const Certificate* widest_skip(View target, View below) const;
  [[nodiscard]] bool must_be_empty(const Root& parent) const;
  [[nodiscard]] Justification justify(const Ground& ground) const;
  [[nodiscard]] Header make_header(const Ground& ground, const AppFields& fields,
                                   const Justification& justification) const;

  // blocks.cpp
  void receive_block(const NodeId& from, const SharedBytes& bytes, bool is_fetched);
  [[nodiscard]] bool has_sound_form(const Block& block) const;
  void accept_block(const BlockRef& block);
  void note_proposal(const BlockRef& block);
  void add_block(const BlockRef& block, Check check);
  void forget_block(const BlockId& id);
  [[nodiscard]] std::optional<Root> base(const BlockId& id) const;
  [[nodiscard]] bool fits_parent(const Block& block, const Root& parent) const;
  [[nodiscard]] bool follows_boundary(const BlockId& parent) const;
  [[nodiscard]] bool is_wanted_checked(const Block& block) const;
  void request_checks();
  void consider_vote();
  [[nodiscard]] bool is_time_acceptable(const Block& block) const;
  void commit();
  void refuse_fork(const std::vector<BlockRef>& path);
  void halt(std::string detail);
  void hand_over(const std::vector<BlockRef>& path);
  void move_root(const Root& root);
  void prune_views();
  [[nodiscard]] std::vector<CertificateRef> missing() const;
  void plan_fetch(bool is_now);
  void fetch_missing(bool only_new);

  // standstill.cpp
  void on_status(const NodeId& from, ByteView bytes);
  void on_status_request(const NodeId& from, ByteView bytes);
  void retransmit();
  void send_votes_again(View view);
  void arm_standstill();
  void send_status(const NodeId* to, std::uint64_t nonce);
  void send_again(const NodeId* to, env::TrafficClass traffic, env::MessageType type,
                  SharedBytes bytes);
  void ask_status();
  void recover_from(const Status& status);
  [[nodiscard]] Duration jitter(Duration bound);

  Config config_;
  EpochStart epoch_;
  Schedule schedule_;
  const Verifier& verifier_;
  env::Signer* signer_;
  std::optional<ValidatorIndex> self_;

  MonoTime now_;
  WallTime wall_;
  Outputs out_;
  bool is_started_ = false;
  bool is_resuming_ = false;  ///< Reading the log: nothing is sent or written.
  bool is_refused_ = false;   ///< Signs nothing more; follows all the same.
  bool is_halted_ = false;    ///< What is final contradicts this node: hands over nothing more.
  bool is_ended_ = false;
  bool is_payload_ready_ = false;
  bool knows_past_ = false;  ///< `record_` holds everything that the key signed.

  View view_;
  MonoTime entered_at_;
  CertificateRef opening_;  ///< Why `view_` was entered; null in view 1.
  SignerRecord record_;
  Root root_;
  CertificateRef final_;  ///< The newest FINALIZE certificate.
  View notarized_max_;
  MonoTime final_at_;
  std::map<View, ViewState> views_;
  std::map<BlockId, Node> blocks_;
  std::map<BlockId, std::uint64_t> fetches_;
  std::optional<Build> build_;
  bool has_idled_ = false;
  std::optional<Recovery> recovery_;

  std::vector<WalRecord> records_;
  bool needs_sync_ = false;
  std::uint64_t token_ = 0;
  std::deque<Gated> gated_;

  std::array<std::optional<MonoTime>, timers_count> deadlines_;
  std::vector<View> last_heard_;
  std::set<Offence> reported_;
  std::map<NodeId, Quota> quotas_;
  Quota broadcast_quota_;
  std::uint64_t jitter_ = 0;
};

template <class T>
[[nodiscard]] SharedBytes shared_bytes(const T& value) {
  return std::make_shared<const Bytes>(codec::to_bytes(value));
}

}  // namespace oort::consensus
