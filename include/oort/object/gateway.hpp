// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/object/object_store.hpp"
#include "oort/object/placement.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_client.hpp"

namespace oort::object {

/// What a gateway works with. Everything is borrowed and outlives the last callback.
struct GatewayParts {
  ChainId chain;
  /// The node's key: bucket secrets and access keys are sealed to it, and it signs the operations.
  crypto::KeyPair keys;
  env::Executor& strand;
  /// For hashing, sealing and coding; runs tasks anywhere.
  env::Executor& pool;
  /// Of the strand.
  env::Timers& timers;
  const env::Clock& clock;
  env::Random& random;
  LedgerView& ledger;
  LedgerSubmit& submit;
  EventSource& events;
  ShardClient& shards;
  const PlacementSource& placement;
  /// Of the bucket index; its keys begin with 'I'.
  env::KvStore& index;
};

struct GatewayOptions {
  Durability durability = Durability::Degraded;
  std::string region = "local";
  /// Larger objects are coded directly.
  std::size_t small_object_bytes_max = 64 * 1024;
  /// Plain bytes in one directly coded segment; memory per stream is a small multiple of it.
  std::size_t segment_plain_bytes = std::size_t{8} << 20;
  /// An open segment of this size, or one that rested so long, is sealed and coded.
  std::size_t open_segment_bytes_max = std::size_t{8} << 20;
  Duration open_segment_idle{30'000'000'000};
  /// Plain bytes that may be in coding at once, over all streams.
  std::size_t coding_bytes_max = std::size_t{64} << 20;
  /// Small objects that may wait at once.
  std::size_t small_waiting_max = 4096;
  Duration submit_deadline{30'000'000'000};
  Duration barrier_deadline{5'000'000'000};
  /// For one piece of a shard.
  Duration shard_deadline{10'000'000'000};
  /// After this a shard that is still being put is offered to another node too.
  Duration put_slow_after{3'000'000'000};
  /// After this a read asks further nodes.
  Duration read_hedge_after{250'000'000};
  /// How often background work looks around.
  Duration background_every{2'000'000'000};
  /// Shards repaired and segments sealed at once.
  std::size_t repairs_max = 4;
  /// How long one of the nodes is the one that works on a segment, by the ledger's time.
  Duration worker_turn{20'000'000'000};
};

/// What one forced step of background work did.
struct RepairStep {
  enum class Kind : std::uint8_t {
    /// No segment needs work that could be done now.
    Nothing = 0,
    /// An open segment stands as coded shards.
    Sealed = 1,
    /// The shard `index` was put on `to` in place of the one on `from`; where `from` is zero, the
    /// segment has one shard more.
    Repaired = 2,
    /// It was tried and failed; `why` says at what.
    Failed = 3,
  };
  Kind kind = Kind::Nothing;
  SegmentId segment;
  std::uint8_t index = 0;
  NodeId from;
  NodeId to;
  std::string why;
};

/// A bucket's key, sealed to each gateway that its owner has granted it to.
struct BucketKeySeals {
  BucketId bucket;
  AccountId owner;
  /// What BucketSetKeys must carry: one more than the ledger has.
  std::uint32_t epoch = 0;
  /// Ascending by gateway.
  std::vector<ledger::KeySeal> seals;
};

/// What a forced seal of open segments came to.
struct SealSummary {
  std::uint64_t sealed_count = 0;
  std::uint64_t failed_count = 0;
  /// Open ones that are not this gateway's to seal now: another one's, or its own with operations
  /// whose fate is not known yet.
  std::uint64_t left_count = 0;
  /// Why the first of the failed ones failed.
  std::string why;
};

/// What background work sees; for status and for `devnet wait --durable`.
struct DurabilityState {
  /// Shards that the ledger names on nodes that do not answer, or that are known to be lost. What
  /// no object refers to does not count.
  std::uint64_t missing_shards_count = 0;
  /// Segments that survive fewer losses than their class promises.
  std::uint64_t degraded_segments_count = 0;
  std::uint64_t open_segments_count = 0;
  std::uint64_t repaired_shards_count = 0;
  bool is_paused = false;
  /// Of the oldest state that was looked at.
  Height height;
};
struct MissingShard {
  SegmentId segment;
  std::uint8_t index = 0;
  NodeId node;
  friend bool operator==(const MissingShard&, const MissingShard&) = default;
};

/// An object store over the ledger and the shards of the network's nodes.
///
/// Invariants
///   G1  A put that was acknowledged is fsynced on as many nodes as its tolerance says plus the
///       least that gives it back, and final on the ledger.
///   G2  A read returns the bytes of the version it names or fails; a node that lies is found by
///   its
///       proofs, and asked no more for a while.
///   G3  A list that begins after a write was acknowledged by this gateway shows it.
///   G4  A crash leaves orphans, which nodes collect, and never a part of an object.
///   G5  Memory per stream and over all streams is bounded; the stream's writer feels it.
///   G6  Who does not own a bucket has no use of it but one: while a dataset of its owner is open
///   to
///       the account, it reads and lists the newest objects below `datasets/ROOT/`. An access key
///       does no more than it is for, whosever the bucket.
/// Threads: as ObjectStore.
class Gateway : public ObjectStore {
 public:
  /// Begins to follow the ledger and to work in the background. Fails with DISK_FAILED or
  /// CORRUPT_DATA when the index cannot be opened even after it was emptied.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> start(GatewayParts parts,
                                                              GatewayOptions options);

  /// The last look of background work. Threads: any.
  [[nodiscard]] virtual DurabilityState durability() const = 0;
  /// Shards that need repair, at most `count_max`; `done` runs on the strand.
  virtual void missing_shards(std::size_t count_max,
                              Callback<Result<std::vector<MissingShard>>> done) = 0;
  /// For the owner to put on the ledger, after a grant that is younger than the bucket. Whoever
  /// asks: what comes out is of use to those gateways alone. Fails with NO_SUCH_BUCKET, or with
  /// NOT_ALLOWED where this gateway cannot open the bucket. `done` runs on the strand.
  virtual void seal_bucket_keys(std::string bucket, Callback<Result<BucketKeySeals>> done) = 0;

  /// While paused, background work looks and counts but changes nothing. Lasts until the gateway
  /// is resumed or started anew. Threads: any.
  virtual void pause_repair(bool is_paused) = 0;
  /// Does the first piece of work that the plan has, paused or not and whoever's turn it is, and
  /// says what came of it. `done` runs on the strand.
  virtual void step_repair(Callback<Result<RepairStep>> done) = 0;
  /// Seals this gateway's open segments now instead of when they are large or rested, and those of
  /// dead gateways that fall to it. `done` runs on the strand.
  virtual void seal_open_segments(Callback<Result<SealSummary>> done) = 0;
  /// Stops taking requests and background work; `done` runs when nothing is in flight.
  virtual void stop(Task done) = 0;
};

}  // namespace oort::object
