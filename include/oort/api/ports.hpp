// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/state.hpp"

/// What the gRPC door needs of the node. Satisfied by `node`; faked in the door's tests.
///
/// Threads: every call may come from any thread and must not block; every callback runs exactly
/// once, on any thread.
namespace oort::api {

/// Which state an answer was read from.
struct StateMark {
  Height height;
  WallTime time;
  Bytes32 root;
  bool is_stale = false;
};

struct OperationOutcome {
  /// module << 8 | n.
  std::uint16_t operation = 0;
  /// 0: applied.
  std::uint16_t rejection = 0;
  std::string rejection_name;
  Bytes result;
};

struct TransactionOutcome {
  Height height;
  std::uint32_t index = 0;
  Oort fee;
  std::vector<OperationOutcome> operations;
};

struct Submitted {
  TransactionId id;
  /// Empty when the caller did not wait for finality.
  std::optional<TransactionOutcome> outcome;
};

struct AccountView {
  StateMark state;
  Oort balance;
  /// (lane, next sequence), ascending.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> lanes;
};

struct BlockView {
  Height height;
  BlockId id;
  BlockId parent;
  Epoch epoch;
  View view;
  WallTime time;
  ValidatorIndex proposer;
  Bytes32 parent_state_root;
  std::vector<TransactionId> transactions;
  /// Canonical bytes.
  Bytes header;
};

struct ChainView {
  ChainId id;
  std::string name;
  StateMark state;
  /// Canonical bytes of the genesis file.
  Bytes genesis;
};

struct ObjectName {
  std::string bucket;
  std::string name;
  bool all_versions = false;  ///< Every version, instead of what the newest one is.
};
/// A key of the state, canonical bytes.
struct StateKey {
  Bytes bytes;
};
using ProofTarget = std::variant<AccountId, ObjectName, StateKey>;
struct Proof {
  Bytes bundle;
  bool is_present = false;
  Height height;
};

/// A proven fault of a validator.
struct FaultView {
  Bytes32 id;
  /// The consensus' number for it.
  std::uint16_t kind = 0;
  NodeId offender;
  AccountId reporter;
  /// When the ledger took it.
  Height height;
};
struct FaultsView {
  StateMark state;
  /// Ascending by id.
  std::vector<FaultView> faults;
};

/// One change of an account's balance.
struct StatementLine {
  Height height;
  /// Its place among the account's lines of that block.
  std::uint32_t index = 0;
  WallTime time;
  std::string purpose;
  bool is_income = false;
  Oort amount;
  Oort balance_after;
  /// What it was about: 32 bytes, 20 of an account, or empty.
  Bytes subject;
  std::optional<TransactionId> transaction;
};
/// Where a page of a statement begins.
struct StatementPlace {
  Height height;
  std::uint32_t index = 0;
};
struct StatementView {
  StateMark state;
  /// In the order in which they happened.
  std::vector<StatementLine> lines;
};

/// Whether a read waits for everything that was final anywhere when it arrived.
enum class Consistency : std::uint8_t { Strong, Local };

class LedgerPort {
 public:
  virtual ~LedgerPort() = default;
  /// Takes canonical bytes of a signed transaction. With `waits`, answers at finality or fails with
  /// NO_QUORUM or DEADLINE_EXCEEDED after `deadline`.
  virtual void submit(Bytes transaction, bool waits, Duration deadline,
                      Callback<Result<Submitted>> done) = 0;
  /// Fails with NOT_FOUND.
  virtual void find_transaction(const TransactionId& id,
                                Callback<Result<TransactionOutcome>> done) = 0;
  virtual void get_account(const AccountId& account, Consistency consistency,
                           Callback<Result<AccountView>> done) = 0;
  /// Fails with NOT_FOUND for a height that is not final here.
  virtual void get_block(Height height, Callback<Result<BlockView>> done) = 0;
  /// Answers once the block of `height` is final here; fails with CANCELLED when the node stops.
  virtual void await_block(Height height, Callback<Result<BlockView>> done) = 0;
  virtual void get_chain(Callback<Result<ChainView>> done) = 0;
  virtual void prove(ProofTarget target, Callback<Result<Proof>> done) = 0;
  /// At most `count_max` faults with id at least `from`, of the last state that the node has. Fails
  /// with NOT_SUPPORTED where the node holds no state.
  virtual void list_faults(const Bytes32& from, std::size_t count_max,
                           Callback<Result<FaultsView>> done) = 0;
  /// At most `count_max` lines from `from` on, once the lines of the last state that the node had
  /// when it was asked are written. Fails with NOT_SUPPORTED where the node holds no state, with
  /// DISK_FAILED or CORRUPT_DATA, with CANCELLED when the node stops.
  virtual void list_statement(const AccountId& account, StatementPlace from, std::size_t count_max,
                              Callback<Result<StatementView>> done) = 0;
};

/// The last state that the node has. Null in `Ports` where it holds none.
class StatePort {
 public:
  using Use = std::function<void(const StateMark& mark, const ledger::StateReader& state)>;
  virtual ~StatePort() = default;
  /// Calls `use` before it returns; the state lives for that call.
  virtual void read(const Use& use) = 0;
};

struct StorageStatus {
  std::uint64_t shards_count = 0;
  std::uint64_t shard_bytes = 0;
  std::uint64_t dead_bytes = 0;
  std::uint64_t free_bytes = 0;
  bool is_read_only = false;
  std::uint64_t missing_shards_count = 0;
  std::uint64_t degraded_segments_count = 0;
  std::uint64_t open_segments_count = 0;
  bool is_repair_paused = false;
};

struct NodeStatus {
  NodeId id;
  std::string name;
  std::string role;
  /// Follows headers and certificates alone; `height` is the verified one.
  bool is_light = false;
  std::string version;
  ChainId chain;
  Height height;
  WallTime time;
  Epoch epoch;
  View view;
  bool is_ready = false;
  std::string not_ready_reason;
  bool has_quorum = false;
  std::uint32_t connected_peers_count = 0;
  Duration uptime{};
  std::string grpc_endpoint;
  std::string s3_endpoint;
  std::string operator_endpoint;
  StorageStatus storage;
};

struct PeerView {
  NodeId id;
  std::string name;
  std::vector<std::string> roles;
  std::string address;
  bool is_connected = false;
  std::string grpc_endpoint;  ///< Empty where its entry on the ledger names none.
};

class NodePort {
 public:
  virtual ~NodePort() = default;
  virtual void get_status(Callback<Result<NodeStatus>> done) = 0;
  virtual void list_peers(Callback<Result<std::vector<PeerView>>> done) = 0;
};

struct BucketView {
  BucketId id;
  std::string name;
  AccountId owner;
  std::string versioning;
  WallTime created;
};
struct BucketsView {
  StateMark state;
  std::vector<BucketView> buckets;
};
struct MissingShard {
  ShardRef shard;
  NodeId node;
  std::string why;
};

/// A bucket's key for those who may open it, as the operation BucketSetKeys takes it.
struct BucketKeysView {
  BucketId bucket;
  AccountId owner;
  std::uint32_t epoch = 0;
  /// Ascending by gateway.
  std::vector<std::pair<NodeId, Bytes>> seals;
};

class ObjectPort {
 public:
  virtual ~ObjectPort() = default;
  virtual void list_buckets(const AccountId& owner, Consistency consistency,
                            Callback<Result<BucketsView>> done) = 0;
  /// All of them, by segment and index.
  virtual void list_missing_shards(Callback<Result<std::vector<MissingShard>>> done) = 0;
  /// Fails with NO_SUCH_BUCKET, with NOT_ALLOWED where this gateway cannot open the bucket, or with
  /// NOT_SUPPORTED where the node is no gateway.
  virtual void seal_bucket_keys(std::string bucket, Callback<Result<BucketKeysView>> done) = 0;
};

struct SealReport {
  std::uint64_t sealed_count = 0;
  std::uint64_t failed_count = 0;
  /// Open ones that are not this gateway's to seal now.
  std::uint64_t left_count = 0;
  /// Why the first of the failed ones failed.
  std::string why;
};

struct RepairReport {
  enum class Kind : std::uint8_t { Nothing, Sealed, Repaired, Failed };
  Kind kind = Kind::Nothing;
  ShardRef shard;
  /// Zero where the shard is one more than before, or for a seal.
  NodeId from;
  NodeId to;
  /// Of a failure.
  std::string why;
};

struct ScrubReport {
  std::uint64_t shards_count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unreadable_count = 0;
  std::uint64_t damaged_count = 0;
  /// The first of them.
  std::vector<ShardRef> damaged;
};

class AdminPort {
 public:
  virtual ~AdminPort() = default;
  virtual void dump_consensus(Callback<Result<std::string>> done) = 0;
  virtual void await_height(Height height, Duration deadline, Callback<Result<Height>> done) = 0;
  /// Fails with DEADLINE_EXCEEDED and what is still missing.
  virtual void await_durable(Duration deadline, Callback<Result<Height>> done) = 0;
  /// These fail with NOT_SUPPORTED where the node is no gateway, `scrub` where it holds no shards.
  virtual void seal_open_segments(Callback<Result<SealReport>> done) = 0;
  virtual void pause_repair(bool is_paused, Callback<Result<void>> done) = 0;
  virtual void step_repair(Callback<Result<RepairReport>> done) = 0;
  virtual void scrub(Callback<Result<ScrubReport>> done) = 0;
  virtual void shut_down() = 0;
};

class AnnotationPort;
class BrokerPort;

/// What one node offers. Null where the node has no such part; its service then answers
/// UNIMPLEMENTED. Borrowed for the server's lifetime.
struct Ports {
  LedgerPort* ledger = nullptr;
  StatePort* state = nullptr;
  NodePort* node = nullptr;
  ObjectPort* object = nullptr;
  AdminPort* admin = nullptr;
  BrokerPort* broker = nullptr;
  AnnotationPort* annotation = nullptr;
};

}  // namespace oort::api
