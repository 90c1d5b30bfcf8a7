// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {

/// A transaction that was decoded and whose form and signature were checked, once.
struct CheckedTransaction {
  TransactionId id;
  std::size_t bytes = 0;  ///< Encoded.
  ledger::Transaction transaction;
};
/// Owners: the mempool, blocks under execution, gossip queues.
using TransactionRef = std::shared_ptr<const CheckedTransaction>;

/// Transactions that wait for a block, by sender, lane and sequence.
///
/// Invariants
///   P1  At most one transaction per (sender, lane, sequence); bytes and counts stay within the
///       options, whatever is added.
///   P2  Only the last transaction of a lane is ever evicted, and only for one that offers more per
///       byte, so that what stays can still execute.
///   P3  `build` returns each lane's transactions in order, from the next of the state on, without
///       a gap.
///   P4  `ready_count` is zero when `build` would return nothing, so that a leader does not make
///       empty blocks at full speed.
/// Threads: none.
class Mempool {
 public:
  struct Options {
    std::size_t bytes_max = 64 * limits::mib;
    std::size_t count_max = 100'000;
    std::size_t per_sender_count_max = 4096;
    /// How far ahead of the lane's next sequence a transaction may be.
    std::uint64_t sequence_window = 1024;
  };
  /// The next sequence of a lane after the last final block.
  using NextSequence = std::function<std::uint64_t(const AccountId&, std::uint32_t lane)>;

  explicit Mempool(Options options) : options_(options) {}

  /// Takes `transaction`; `next_sequence` is what its lane expects after the last final block.
  /// Fails with ALREADY_EXISTS (the same, or another of that sequence), TRANSACTION_REJECTED (the
  /// sequence is past), QUEUE_FULL.
  [[nodiscard]] Result<void> add(TransactionRef transaction, std::uint64_t next_sequence);

  [[nodiscard]] TransactionRef find(const TransactionId& id) const;
  [[nodiscard]] std::size_t count() const noexcept { return by_id_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// How many could go into a block that are in none yet.
  [[nodiscard]] std::size_t ready_count() const noexcept { return ready_count_; }

  struct Limits {
    std::size_t bytes_max = limits::block_body_bytes_max;
    std::size_t count_max = 10'000;
    std::size_t operations_max = 20'000;
    Height height;  ///< Of the block to be; what expired before it is left out.
  };
  /// What to put into a block whose parent leaves `next` as the lanes' next sequences. Senders take
  /// turns, beginning with another one each time.
  [[nodiscard]] std::vector<TransactionRef> build(const Limits& limits, const NextSequence& next);

  /// These are in a block that is not final; `ready_count` no longer counts them.
  void included(std::span<const TransactionId> ids);
  /// That block was dropped.
  void released(std::span<const TransactionId> ids);
  /// A block is final: `transactions` leave, and so does what can never execute any more.
  /// `next` is the state after it.
  void finalized(std::span<const TransactionRef> transactions, Height height,
                 const NextSequence& next);
  /// Forgets one that cannot execute.
  void remove(const TransactionId& id);

  /// The ids that have waited longest.
  [[nodiscard]] std::vector<TransactionId> oldest(std::size_t count_max) const;

 private:
  struct Slot {
    TransactionRef transaction;
    std::uint32_t included_count = 0;
    std::uint64_t arrival = 0;
  };
  struct Lane {
    std::uint64_t next = 0;
    /// The first sequence from `next` on that is missing.
    std::uint64_t ready_end = 0;
    std::map<std::uint64_t, Slot> slots;
  };
  using LaneKey = std::pair<AccountId, std::uint32_t>;
  using Lanes = std::map<LaneKey, Lane>;
  /// What the last transaction of a lane offers per byte, and the lane.
  using Rank = std::pair<Uint128, LaneKey>;

  [[nodiscard]] static Uint128 rate_of(const CheckedTransaction& transaction) noexcept;
  [[nodiscard]] Result<void> make_room(const CheckedTransaction& transaction);
  void insert(Lane& lane, TransactionRef transaction);
  void erase(Lanes::iterator lane, std::map<std::uint64_t, Slot>::iterator slot);
  void advance(const LaneKey& key, std::uint64_t next);
  /// Counts the slots of a lane that could go into a block; called around every change of it.
  [[nodiscard]] static std::size_t ready_in(const Lane& lane);
  void refresh_tail(const LaneKey& key, const Lane& lane, const TransactionRef& before);
  [[nodiscard]] Slot* slot_of(const TransactionId& id, Lane** lane);

  Options options_;
  Lanes lanes_;
  std::map<TransactionId, std::pair<LaneKey, std::uint64_t>> by_id_;
  std::map<AccountId, std::size_t> per_sender_;
  std::set<Rank> tails_;
  std::map<std::uint64_t, TransactionId> by_arrival_;
  std::set<std::pair<Height, TransactionId>> by_expiry_;
  LaneKey turn_;
  std::size_t bytes_ = 0;
  std::size_t ready_count_ = 0;
  std::uint64_t arrivals_ = 0;
};

}  // namespace oort::chain
