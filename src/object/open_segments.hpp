// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gateway_env.hpp"
#include "oort/core/bytes.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::object {

/// How one operation ended on the ledger.
struct Ordered {
  ledger::OperationReceipt receipt;
  Height height;
  std::uint64_t time_ms = 0;
};

/// A small object or part.
struct SmallPut {
  /// At most `GatewayOptions::small_object_bytes_max`, at least 1.
  Bytes plain;
  crypto::SecretKey data_key;
  /// Makes the operation that cites the bytes, once it is known where they lie. Called again when
  /// they had to be put elsewhere.
  UniqueFunction<Result<ledger::SubmittedOperation>(const ledger::Extent&)> make_operation;
  Callback<Result<Ordered>> done;
};

/// Small objects of one class, gathered in an open segment: one append on each replica, one fsync
/// there, one group commit on the ledger for all that came meanwhile.
///
/// Invariants
///   W1  An operation cites bytes only after every replica of its round signed for them.
///   W2  No slot is used twice: a round that failed goes to another segment under other keys.
/// Threads: the strand; sealing and hashing on the pool.
class OpenSegments : public std::enable_shared_from_this<OpenSegments> {
 public:
  OpenSegments(EnvPtr env, ledger::StorageClass storage_class)
      : env_(std::move(env)), storage_class_(storage_class) {}

  /// Fails through `put.done` with QUEUE_FULL, NOT_ENOUGH_NODES or what the ledger answered.
  void put(SmallPut put);
  /// Ends the segment that rested for `idle`, so that background work can seal it.
  void retire_idle(Duration idle);
  /// Whether this segment may still change by this gateway's doing.
  [[nodiscard]] bool is_in_use(const SegmentId& segment) const;

 private:
  struct Waiting {
    SmallPut put;
    std::uint32_t attempts = 0;
  };
  struct Segment {
    SegmentId id;
    std::uint64_t nonce = 0;
    std::vector<NodeId> replicas;
    std::uint64_t length = 0;
    std::uint32_t next_slot = 0;
    // Touched by one round at a time, on the pool.
    crypto::TreeBuilder tree;
    bool is_announced = false;
    bool is_retired = false;
    std::uint32_t submits_open = 0;
    MonoTime used;
    /// Until then an operation of unknown fate may still be ordered.
    MonoTime unknown_until;
  };
  struct Round {
    std::shared_ptr<Segment> segment;
    std::vector<Waiting> puts;
    std::vector<ledger::Extent> extents;
    std::uint64_t offset = 0;
    Bytes bytes;
    TreeRoot root;
    std::vector<std::optional<ledger::ShardReceipt>> receipts;
    std::size_t answers_open = 0;
  };
  using RoundPtr = std::shared_ptr<Round>;

  void start_round();
  [[nodiscard]] Result<void> open_segment();
  void retire(const std::shared_ptr<Segment>& segment);
  void seal(const RoundPtr& round);
  void replicate(const RoundPtr& round);
  void answered(const RoundPtr& round, std::size_t index, Result<AppendShardReply> reply);
  void replicated(const RoundPtr& round);
  void commit(const RoundPtr& round);
  void committed(const RoundPtr& round, std::size_t first, Result<SubmitResult> result);
  void again(std::vector<Waiting> puts, const Error& why);

  EnvPtr env_;
  ledger::StorageClass storage_class_;
  std::deque<Waiting> queue_;
  std::shared_ptr<Segment> current_;
  std::map<SegmentId, std::shared_ptr<Segment>> in_use_;
  bool is_round_open_ = false;
};

}  // namespace oort::object
