// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/volume_store.hpp"

namespace oort::object {

/// Stores and serves shards for other nodes, and for its own through the same door.
///
/// Invariants
///   H1  A receipt is signed only after an fsync that covers what it states.
///   H2  A shard is collected only at a final height past its `hold_until`, and only when the state
///       of that height has no record that names it.
///   H3  Only registered nodes that are not faulty may put; only its writer may continue a shard.
///   H4  A damaged shard is found by scrubbing, and from then on every question after it says so.
///   H5  A receipt of work is signed only for what can be answered in one way for ever: a sealed
///       shard that the ledger names as it is here, in a round that runs.
/// Threads: `handle` on the strand; the volumes are touched on the disk strand alone, where puts
/// that wait together share one fsync.
class ShardService {
 public:
  struct Parts {
    ChainId chain;
    NodeId self;
    env::Executor& strand;
    /// A strand that may wait for the disk.
    env::Executor& disk;
    VolumeStore& volumes;
    env::Signer& signer;
    const LedgerView& ledger;
  };

  /// Borrows its parts until after the last callback ran.
  explicit ShardService(Parts parts);
  ~ShardService();
  ShardService(const ShardService&) = delete;
  ShardService& operator=(const ShardService&) = delete;

  /// Answers requests of the range `message_range::object`.
  void attach(env::Transport& transport);
  /// One request, as if it came from `from`. `reply` runs on the strand.
  void handle(const NodeId& from, env::MessageType type, Bytes payload,
              Callback<Result<Bytes>> reply);

  /// Housekeeping, a bounded piece of work a call: removes shards that nothing refers to, compacts
  /// what that leaves, and reads on through the sealed shards to compare them with their trees.
  /// Tells how many shards went. `done` runs on the strand.
  void collect(Callback<Result<std::uint64_t>> done);

  /// What a walk over all sealed shards found.
  struct ScrubSummary {
    std::uint64_t shards_count = 0;
    std::uint64_t bytes = 0;
    /// The disk did not give them, for another reason than damage.
    std::uint64_t unreadable_count = 0;
    std::uint64_t damaged_count = 0;
    /// The first 1,000 of them.
    std::vector<ShardRef> damaged;
  };
  /// Compares every sealed shard with its tree, now; other requests come in between. Fails with
  /// DISK_FAILED or CORRUPT_DATA where the shards cannot be listed. `done` runs on the strand.
  void scrub(Callback<Result<ScrubSummary>> done);

  /// What the node has, for status. `done` runs on the strand.
  struct Usage {
    VolumeState state = VolumeState::Writable;
    std::uint64_t shards_count = 0;
    /// Of the volumes on the disk, of which removed shards left `dead_bytes` behind.
    std::uint64_t used_bytes = 0;
    std::uint64_t dead_bytes = 0;
    std::uint64_t free_bytes = 0;
  };
  void usage(Callback<Result<Usage>> done);

  struct Impl;

 private:
  // Shared with the tasks that wait on an executor.
  std::shared_ptr<Impl> impl_;
};

}  // namespace oort::object
