// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/transaction.hpp"

/// What the room needs of the others; `node` satisfies it.
namespace oort::object {

/// The ledger as of one final block. Never changes.
struct LedgerSnapshot {
  Height height;
  /// Header time of that block.
  std::uint64_t time_ms = 0;
  /// Shared by everybody who still reads at this height.
  std::shared_ptr<const ledger::StateReader> state;
  /// It shows all that was acknowledged when it was asked for. Else no quorum could say so, and
  /// what it lacks may be there.
  bool is_current = true;
};

/// Threads: any.
class LedgerView {
 public:
  virtual ~LedgerView() = default;
  /// The newest final state that this node has executed.
  [[nodiscard]] virtual LedgerSnapshot snapshot() const = 0;
  /// Whether the ledger has lately made progress: without it reads may be stale.
  [[nodiscard]] virtual bool has_quorum() const noexcept = 0;
  /// Runs `done` on the store's strand once `snapshot` is at least as new as every write that was
  /// acknowledged, by any node, before this call. Fails with NO_QUORUM or DEADLINE_EXCEEDED.
  virtual void read_barrier(Duration deadline, Callback<Result<void>> done) = 0;
};

struct SubmitResult {
  Height height;
  /// Header time of the block.
  std::uint64_t time_ms = 0;
  /// One per operation, in their order.
  std::vector<ledger::OperationReceipt> receipts;
};

/// Threads: any; callbacks run on the store's strand.
class LedgerSubmit {
 public:
  virtual ~LedgerSubmit() = default;
  /// Has the operations ordered, signed by this node's own account, in the order given and in the
  /// order of the calls; many calls may share a transaction, and one call with more than 256
  /// operations takes several. `done` runs when all are final and `LedgerView::snapshot` shows
  /// them. Fails with NO_QUORUM or DEADLINE_EXCEEDED, after which nothing is known of them, or with
  /// QUEUE_FULL, after which none will be ordered.
  virtual void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
                      Callback<Result<SubmitResult>> done) = 0;
};

/// What one final block did.
struct FinalBlock {
  Height height;
  std::uint64_t time_ms = 0;
  /// Of all its operations and of the block itself, in order.
  std::vector<ledger::Event> events;
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  using Listener = UniqueFunction<void(const FinalBlock&)>;
  /// Gives every final block above `after` to `listener`, in order, without gaps, on the store's
  /// strand, before `LedgerSubmit` answers for that block. Fails with OUT_OF_RANGE where blocks so
  /// old are not kept: the listener then starts from a snapshot. Requires: called once.
  [[nodiscard]] virtual Result<void> listen(Height after, Listener listener) = 0;
};

/// A node as placement sees it.
struct StorageNode {
  NodeId id;
  OperatorId owner;
  std::uint8_t roles = 0;  ///< ledger::NodeRole bits.
  std::string region;
  std::uint32_t system = 0;         ///< Autonomous system; 0: unknown.
  std::uint32_t network = 0;        ///< /24; 0: unknown.
  std::uint64_t capacity_left = 0;  ///< Bytes.
  /// From PoH; 1 is a node in good standing, 0 gets nothing.
  std::uint32_t honest_weight = 1;
  /// Reachable from here now.
  bool is_live = false;
  friend bool operator==(const StorageNode&, const StorageNode&) = default;
};

/// Threads: the store's strand.
class PlacementSource {
 public:
  virtual ~PlacementSource() = default;
  /// Every active node that takes shards, live or not, ascending by id.
  [[nodiscard]] virtual std::vector<StorageNode> nodes() const = 0;
};

}  // namespace oort::object
