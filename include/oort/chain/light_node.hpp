// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "oort/chain/certified.hpp"
#include "oort/chain/light_client.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/core/callback.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"

namespace oort::chain {

/// The world around a light node; all of it outlives the node.
struct LightSurroundings {
  env::Clock& clock;
  /// The light node's own strand and the timers on it. Everything of it lives there.
  env::Executor& strand;
  env::Timers& timers;
  /// Runs one blocking task at a time, in order: the newest head on its way to the disk.
  env::Executor& disk;
  env::Random& random;
  /// Holds two blobs. `head`: the newest verified header with its certificate. `epochs`: the roots
  /// of the epochs that were followed, on the disk before any head of theirs.
  env::BlobStore& store;
  env::Transport& transport;
  const consensus::Verifier& votes = consensus::ed25519_verifier();
  const ledger::SignatureVerifier& signatures = ledger::ed25519_verifier();
  /// Told, on the strand, when the head cannot be kept any more; the light node has stopped then.
  /// Empty: the process logs it and ends.
  std::function<void(const Error&)> on_failure;
};

struct LightOptions {
  /// How often super nodes are asked for their newest header: while nobody waits, and while
  /// somebody does.
  Duration follow_interval = 500ms;
  Duration hurry_interval = 30ms;
  /// How many super nodes are asked each time, and how many get a transaction.
  std::size_t followed_count = 2;
  std::size_t takers_count = 2;
  Duration request_deadline = 1s;
  Duration barrier_deadline = 2s;
  Duration read_deadline = 5s;
  Duration submit_deadline = 15s;
  /// A taken transaction without an outcome is given to others after so long.
  Duration push_interval = 2s;
  /// For how long a super node is asked last: after it lied, did not answer, or was so many
  /// heights behind.
  Duration lie_penalty = 60s;
  Duration silence_penalty = 3s;
  Duration lag_penalty = 2s;
  std::uint64_t lag_max = 32;
};

/// The newest header that is proven final and durable here. Height 0: none yet.
struct LightHead {
  Height height;
  BlockId block;
  View view;
  std::uint64_t time_ms = 0;
  Turn turn;  ///< Where a chain stands behind that block.
  friend bool operator==(const LightHead&, const LightHead&) = default;
};

/// Whether a read waits for everything that was final anywhere when it arrived.
enum class Freshness : std::uint8_t { Local, Strong };

/// A value of the state, or its absence, and the bytes that prove it.
struct Proven {
  Verified shown;  ///< Of one key.
  Bytes bundle;
  /// Null: the state has no such key.
  [[nodiscard]] const Bytes* value() const {
    return shown.records.empty() ? nullptr : &shown.records.front().value;
  }
};

struct LightDiagnosis {
  LightHead head;
  Duration head_age{0};  ///< Since the head last moved; since the start where it did not.
  std::size_t waiting_count = 0;
  std::size_t submits_count = 0;
  struct Peer {
    NodeId node;
    bool is_connected = false;
    Height height;  ///< The newest header that it proved.
    std::uint64_t lies_count = 0;
    Duration shunned_for{0};
    std::string why;  ///< Of the last penalty.
  };
  std::vector<Peer> peers;
};
/// One fact a line, for people.
[[nodiscard]] std::string to_text(const LightDiagnosis& diagnosis);

/// Follows the ledger without its state: knows the newest final header, asks super nodes for
/// everything else, and believes nothing but what that header's certificate, or a newer one,
/// covers.
///
/// A super node's word alone decides nothing. What cannot be proven (that a transaction is nowhere,
/// or is refused) counts when validators of more than a third of the weight say so: then one of
/// them is correct.
///
/// Invariants
///   F1  `head` was certified by a quorum of the validators of its epoch, and each epoch's by the
///       one before, from the genesis on.
///   F2  The head's height never decreases, nor over a restart: it is on the disk before anyone
///       learns of it.
///   F3  A read returns what a verified bundle for that very key shows, of a state no older than
///       the head's parent state when the read arrived; a strong one, no older than any transaction
///       that any node acknowledged before.
///   F4  A transaction's outcome is told only as its certified receipt shows it; that it expired,
///       only when its account's proven lane shows that it never took effect.
///   F5  While validators of a quorum answer truthfully, others that lie or are silent delay a call
///       and change no answer.
///   F6  Every queue, wait and message is bounded.
/// Threads: every call from any thread; callbacks run on the strand.
class LightNode {
 public:
  /// Reads the head that was kept. Blocks.
  /// Fails with WRONG_GENESIS, CORRUPT_DATA, DISK_FAILED, BAD_ARGUMENT.
  [[nodiscard]] static Result<std::unique_ptr<LightNode>> open(const ledger::GenesisParams& genesis,
                                                               LightOptions options,
                                                               LightSurroundings around);
  /// After this returns on the strand, no callback runs.
  ~LightNode();
  LightNode(const LightNode&) = delete;
  LightNode& operator=(const LightNode&) = delete;

  /// Begins to follow. Requires: called once.
  void start();

  [[nodiscard]] LightHead head() const;
  /// When the head last moved in this process; nothing before it did.
  [[nodiscard]] std::optional<MonoTime> moved_at() const;

  /// What the state holds under `key`. Fails with BAD_ARGUMENT for an impossible key, NO_QUORUM (a
  /// strong read without a quorum), NOT_READY (no newer block became final), QUEUE_FULL, or
  /// PEER_UNREACHABLE when nobody proved it in time.
  void read(Bytes key, Freshness freshness, Callback<Result<Proven>> done);

  /// The same, with bytes that prove it to anybody who has the genesis file: those of a read may be
  /// of use only to who follows the epochs.
  void prove(Bytes key, Freshness freshness, Callback<Result<Proven>> done);

  /// Gives a transaction to super nodes; `done` hears what became of it. A receipt with a rejection
  /// is a success of this call. Fails as Chain::submit.
  void submit(ledger::Transaction transaction, Callback<Result<Commit>> done);
  /// Where a transaction stands. Fails with NOT_FOUND, or as `read`.
  void find(const TransactionId& id, Callback<Result<Commit>> done);

  /// The block of a height, once it is final: its header first, and the ids of its transactions.
  /// Fails with BAD_ARGUMENT for height 0, QUEUE_FULL, or PEER_UNREACHABLE.
  void block(Height height, Callback<Result<BlockProof>> done);

  void diagnose(Callback<LightDiagnosis> done);
  [[nodiscard]] const TrustRoot& trust_root() const noexcept;

 private:
  class Impl;
  explicit LightNode(std::shared_ptr<Impl> impl);
  // Owned together with the tasks and callbacks that are on their way.
  std::shared_ptr<Impl> impl_;
};

}  // namespace oort::chain
