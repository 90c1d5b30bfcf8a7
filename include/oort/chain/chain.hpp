// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/chain/certified.hpp"
#include "oort/chain/light_client.hpp"
#include "oort/chain/mempool.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/consensus/core.hpp"
#include "oort/core/callback.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/state.hpp"

namespace oort::chain {

/// The proposer's contribution to the beacon. Production: the ECVRF of `crypto`.
class Vrf {
 public:
  virtual ~Vrf() = default;
  /// Requires: this node is a validator.
  [[nodiscard]] virtual crypto::VrfProof prove(ByteView alpha) = 0;
  /// Hash of the output, or nothing when the proof is not `key`'s for `alpha`.
  [[nodiscard]] virtual std::optional<Bytes32> verify(const PublicKey& key, ByteView alpha,
                                                      const crypto::VrfProof& proof) const = 0;
};
/// `keys` are null on a node that never proposes.
[[nodiscard]] std::unique_ptr<Vrf> make_vrf(const crypto::KeyPair* keys);

/// The world around a chain; all of it outlives the chain.
struct Surroundings {
  env::Clock& clock;
  /// The chain's own strand and the timers on it. Everything of the chain lives there.
  env::Executor& strand;
  env::Timers& timers;
  /// Checks signatures of transactions.
  env::Executor& pool;
  /// Each runs one blocking task at a time, in order: the log that votes wait for, and the store.
  /// They may be one and the same.
  env::Executor& log_disk;
  env::Executor& store_disk;
  env::Random& random;
  env::KvStore& store;
  env::BlobStore& logs;
  env::Transport& transport;
  /// Null: observe and serve, never vote.
  env::Signer* signer = nullptr;
  Vrf& vrf;
  const consensus::Verifier& votes = consensus::ed25519_verifier();
  const ledger::SignatureVerifier& signatures = ledger::ed25519_verifier();
  /// Told, on the strand, when the disk cannot be trusted any more or the ledger has diverged; the
  /// chain has stopped then. Empty: the process logs it and ends.
  std::function<void(const Error&)> on_failure;
};

struct Options {
  consensus::Config consensus;
  Mempool::Options mempool;
  /// Without finality for so long, `submit` answers NO_QUORUM.
  Duration submit_deadline = 15s;
  Duration barrier_deadline = 2s;
  /// How often this node tells others how far it is.
  Duration status_interval = 500ms;
  Duration request_deadline = 3s;
  std::size_t accounts_cache_bytes = 192 * limits::mib;
  std::size_t index_cache_bytes = 64 * limits::mib;
  std::uint64_t retained_blocks = 256;
  std::size_t log_bytes_max = 32 * limits::mib;  ///< The log is compacted beyond.
};

/// Writes the log of a validator's key that was just made and has signed nothing, so that it may
/// vote at once. Without a log a key's past counts as unknown, and the node asks all others before
/// it votes: a new network would wait for ever. Does nothing where there is a log. Blocks.
/// Fails with CORRUPT_WAL, DISK_FULL, DISK_FAILED.
[[nodiscard]] Result<void> begin_log(env::BlobStore& logs, env::Random& random);

/// The state after a final block, frozen; durable on this node. Threads: any.
class FinalView {
 public:
  virtual ~FinalView() = default;
  [[nodiscard]] virtual Height height() const noexcept = 0;
  [[nodiscard]] virtual const BlockId& block() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t time_ms() const noexcept = 0;
  [[nodiscard]] virtual const ledger::StateReader& state() const noexcept = 0;
};
using FinalViewRef = std::shared_ptr<const FinalView>;
/// Owned by all who ask for it; never changed.
using ValidatorSetRef = std::shared_ptr<const consensus::ValidatorSet>;

/// One final block, as subscribers see it.
struct FinalBlock {
  consensus::Header header;
  BlockId id;
  std::vector<TransactionRef> transactions;
  std::vector<ledger::Receipt> receipts;  ///< One per transaction.
  std::vector<ledger::Event> events;      ///< Of the block itself.
};
using FinalBlockRef = std::shared_ptr<const FinalBlock>;
using SubscriptionId = Strong<struct SubscriptionIdTag, std::uint64_t>;

/// Why the chain moves or does not.
struct Diagnosis {
  consensus::Diagnosis engine;
  Height committed;  ///< Durable here.
  BlockId committed_block;
  Epoch epoch;                       ///< That the next block is of.
  std::size_t validators_count = 0;  ///< Of that epoch.
  std::uint64_t committed_time_ms = 0;
  Height highest_claim;  ///< What peers say; not proven.
  std::size_t commits_waiting = 0;
  std::size_t blocks_in_memory = 0;
  std::size_t pool_count = 0;
  std::size_t pool_bytes = 0;
  std::size_t pool_ready = 0;
  std::size_t submits_waiting = 0;
  bool is_syncing = false;
  std::string voting_refused;  ///< Empty: votes, or observes.
  struct Timer {
    std::string name;
    Duration in{0};
  };
  std::vector<Timer> timers;
  struct Peer {
    NodeId node;
    Height height;
    Duration heard_ago{0};
  };
  std::vector<Peer> peers;
};
/// One fact a line, for people.
[[nodiscard]] std::string to_text(const Diagnosis& diagnosis);

/// What turns agreement into a ledger: carries out the engine's outputs, builds, checks and
/// executes blocks, stores what is final, and brings transactions and lagging nodes forward.
///
/// Invariants
///   B1  State, receipts, certificate and block of one height reach the store in one batch, in the
///       order of heights; a crash anywhere leaves a prefix of the chain.
///   B2  What `submit` acknowledged is final and durable here.
///   B3  Nothing that a peer says is believed without a certificate; a height that is only claimed
///       moves nothing but the choice whom to ask.
///   B4  A fork that is not final leaves no trace in the store.
///   B5  Every queue, cache and wait is bounded.
///   B6  A view that the read barrier returned shows every transaction that any node acknowledged
///       before the barrier was asked.
///   E1  An epoch ends where the ledger says so: see Execution.
///   E2  A block is certified by the validators of its epoch, and by no others.
///   E3  The next epoch begins here when the last block of the one before is final and durable, and
///       not before; a start goes on in the epoch that the newest durable block leaves.
///   B7  Misconduct that a validator here found is brought to the ledger until it stands there, and
///       stands there once.
/// Threads: every call from any thread; callbacks run on the chain's strand. A disk that fails ends
/// the process: a validator must not go on with a state that it does not know.
class Chain {
 public:
  /// Opens the store and the log; the first time, from `genesis`. Blocks.
  /// Fails with WRONG_GENESIS, CORRUPT_DATA, CORRUPT_WAL, DISK_FULL, DISK_FAILED, BAD_ARGUMENT.
  [[nodiscard]] static Result<std::unique_ptr<Chain>> open(const ledger::GenesisParams& genesis,
                                                           Options options, Surroundings around);
  /// After this returns on the strand, no callback runs.
  ~Chain();
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  /// Begins to take part. Requires: called once, after the transport's handlers of all rooms were
  /// set; this chain set its own in `open`.
  void start();

  /// The newest final and durable state: no round trip, so it may lag behind other nodes.
  [[nodiscard]] FinalViewRef view() const;
  /// The newest state after asking a quorum what was certified: see B6. Waits that come together
  /// share one round trip. Fails with NO_QUORUM after the deadline.
  void barrier(Callback<Result<FinalViewRef>> done);

  /// Puts a transaction on its way; `done` hears of it when it is final and durable here.
  /// A receipt with a rejection is a success of this call. Fails as check_static, check_signature
  /// and Mempool::add; with TRANSACTION_EXPIRED when it can never be executed any more; with
  /// NO_QUORUM after the deadline: it may still be executed until `valid_until`, and to submit it
  /// again is harmless and tells.
  void submit(ledger::Transaction transaction, Callback<Result<Commit>> done);
  /// Where a transaction stands. Fails with NOT_FOUND.
  void find(const TransactionId& id, Callback<Result<Commit>> done);

  using BlockHandler = UniqueFunction<void(FinalBlockRef)>;
  /// Every final block from `from` on, in order, each once.
  SubscriptionId subscribe(Height from, BlockHandler handler);
  void unsubscribe(SubscriptionId id);

  /// A bundle for the range at the newest height that is provable: one below the newest final
  /// block. With more than `records_max` records the range ends behind the last of so many, and
  /// without a bound it is whole. Fails with NOT_READY before there is such a height, TOO_LARGE for
  /// what no bundle can hold, BAD_ARGUMENT for an empty range or one of both trees.
  void prove(KeyRange range, std::size_t records_max, Callback<Result<ProofBundle>> done);
  /// The newest final header with its certificate. Fails with NOT_READY at genesis.
  void head(Callback<Result<FinalHeaders>> done);

  void diagnose(Callback<Diagnosis> done);
  /// That of the genesis.
  [[nodiscard]] const TrustRoot& trust_root() const noexcept;
  /// Those who certify the next block, as of the newest final one here.
  [[nodiscard]] ValidatorSetRef validators() const;

 private:
  class Impl;
  explicit Chain(std::shared_ptr<Impl> impl);
  // Owned together with the tasks and callbacks that are on their way.
  std::shared_ptr<Impl> impl_;
};

}  // namespace oort::chain
