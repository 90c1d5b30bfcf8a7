// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "oort/chain/chain.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/transport.hpp"
#include "oort/object/ports.hpp"

/// The chain as the object room sees it: `object::LedgerView` and `object::EventSource`.
namespace oort::node {

[[nodiscard]] object::FinalBlock to_object(const chain::FinalBlock& block);

/// Follows final blocks, remembers when the last one came, and passes them on to the object room.
///
/// Invariants
///   L1  A listener hears every final block above its cursor once, in order, on the room's strand.
///   L2  `when_delivered(h)` runs after the listener has returned from block h.
///   L3  `has_quorum` turns false when no block became final for `quorum_patience`.
/// Threads: calls from any; the listener and waiting tasks run on the room's strand.
class BlockFeed final : public object::EventSource {
 public:
  BlockFeed(chain::Chain& chain, const env::Clock& clock, env::Executor& strand,
            Duration quorum_patience);
  ~BlockFeed() override;
  BlockFeed(const BlockFeed&) = delete;
  BlockFeed& operator=(const BlockFeed&) = delete;

  [[nodiscard]] Result<void> listen(Height after, Listener listener) override;
  /// Runs `task` on the strand, once block `height` was delivered. Call on the strand.
  void when_delivered(Height height, Task task);
  /// Header time of a block that was delivered lately, 0 for any other. Call on the strand.
  [[nodiscard]] std::uint64_t time_of(Height height) const;
  [[nodiscard]] bool has_quorum() const noexcept;

 private:
  struct Shared;
  // Owned together with the blocks on their way to the strand.
  std::shared_ptr<Shared> shared_;
  chain::Chain& chain_;
  chain::SubscriptionId watch_;
  std::optional<chain::SubscriptionId> feed_;
};

/// Final states, and whether the ledger can make a next one.
class SnapshotView final : public object::LedgerView {
 public:
  SnapshotView(chain::Chain& chain, const BlockFeed& feed, env::Executor& strand,
               const env::Transport& transport)
      : chain_(chain), feed_(feed), strand_(strand), transport_(transport) {}

  [[nodiscard]] object::LedgerSnapshot snapshot() const override;
  /// Blocks become final, and the validators that are connected weigh enough for the next one: the
  /// second turns false as soon as a connection breaks.
  [[nodiscard]] bool has_quorum() const noexcept override;
  void read_barrier(Duration deadline, Callback<Result<void>> done) override;

 private:
  chain::Chain& chain_;
  const BlockFeed& feed_;
  env::Executor& strand_;
  const env::Transport& transport_;
};

}  // namespace oort::node
