// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::object {

/// What a storage node knows of a shard, or of a replica of an open segment.
struct ShardStat {
  ShardRef shard;
  /// Bytes that it holds, from the start.
  std::uint64_t length = 0;
  /// Nothing is appended any more.
  bool is_sealed = false;
  /// Tree root over `length` bytes.
  TreeRoot root;
  /// Not to be collected before this height, whatever the ledger says.
  Height hold_until;
  /// The only node that may append to it.
  NodeId writer;
  friend bool operator==(const ShardStat&, const ShardStat&) = default;
};

/// Whether shards can be put. Reading always goes on.
enum class VolumeState : std::uint8_t {
  Writable = 0,
  /// The disk has less than its reserve left; ends by itself when space comes back.
  Full = 1,
  /// A sync failed, so nothing is known of the newest bytes; ends with a restart.
  Failed = 2,
};
[[nodiscard]] std::string_view to_string(VolumeState state) noexcept;

/// Shards on the disk of one node: records in large append-only volume files, found through an
/// index in a KvStore that any crash leaves repairable from the volumes themselves.
///
/// A record is a header of 128 bytes (which shard, what offset, how long, a hash over header and
/// payload) and a payload; a shard is the sequence of its piece records, ended by a seal record
/// that holds the tree's leaves. One `sync` makes everything before it durable: group commit.
///
/// Invariants
///   V1  What was appended before a successful `sync` reads back identical after any crash; what
///       came later is there entirely, record by record, or cut off.
///   V2  No read returns bytes other than those appended: a flipped bit is CORRUPT_SHARD.
///   V3  A full or failing disk refuses new bytes with a clear reason and loses nothing old.
///   V4  Compaction changes where bytes lie and nothing else, whatever crashes when.
/// Threads: none; calls block, so it lives on a strand that may wait for a disk.
class VolumeStore {
 public:
  struct Options {
    /// Where a volume ends and the next begins.
    std::uint64_t volume_bytes_max = std::uint64_t{1} << 30;
    /// Left free for the index and for what must be written to make space.
    std::uint64_t reserve_bytes = std::uint64_t{64} << 20;
    /// Shards whose leaves stay in memory.
    std::size_t cached_shards_max = 256;
  };
  static constexpr std::size_t piece_bytes_max = std::size_t{4} << 20;

  /// Replays what the index does not know yet and cuts off what a crash tore. Borrows both stores;
  /// keys in `index` begin with 'V'. Fails with DISK_FAILED, DISK_FULL or CORRUPT_DATA.
  [[nodiscard]] static Result<std::unique_ptr<VolumeStore>> open(env::BlobStore& blobs,
                                                                 env::KvStore& index,
                                                                 Options options);
  ~VolumeStore();
  VolumeStore(const VolumeStore&) = delete;
  VolumeStore& operator=(const VolumeStore&) = delete;

  /// Puts `bytes` at `offset` of a shard, not yet durably; an empty piece only raises
  /// `hold_until`, which anybody may do for a sealed shard. Fails with OutOfRange unless the shard
  /// ends at `offset`, ALREADY_EXISTS when it is sealed, NOT_ALLOWED for another writer, TOO_LARGE,
  /// DISK_FULL or DISK_FAILED.
  [[nodiscard]] Result<ShardStat> append(const ShardRef& shard, std::uint64_t offset,
                                         ByteView bytes, const NodeId& writer, Height hold_until);
  /// Ends the shard; sealing a sealed one changes nothing. Fails with NOT_FOUND, DISK_FULL,
  /// DISK_FAILED.
  [[nodiscard]] Result<ShardStat> seal(const ShardRef& shard);
  /// Everything before is durable. Fails with DISK_FAILED or DISK_FULL.
  [[nodiscard]] Result<void> sync();

  /// Exactly `size` bytes, each leaf checked. Fails with NOT_FOUND, OUT_OF_RANGE, CORRUPT_SHARD,
  /// DISK_FAILED.
  [[nodiscard]] Result<Bytes> read(const ShardRef& shard, std::uint64_t offset, std::size_t size);
  /// The values of all leaves, from which a reader checks any range. Fails like `read`.
  [[nodiscard]] Result<std::vector<Bytes32>> leaves(const ShardRef& shard);
  [[nodiscard]] Result<std::optional<ShardStat>> stat(const ShardRef& shard);
  /// Up to `count_max` shards greater than `after`, ascending; from the first without it.
  [[nodiscard]] Result<std::vector<ShardStat>> list(const std::optional<ShardRef>& after,
                                                    std::size_t count_max);
  /// Forgets a shard; durable with the next `sync`. A missing one is no error.
  [[nodiscard]] Result<void> remove(const ShardRef& shard);
  /// Rewrites the one closed volume with the most dead bytes, if more than half of it is dead, and
  /// tells whether there was one. Fails like `append` and `sync`.
  [[nodiscard]] Result<bool> compact();

  [[nodiscard]] VolumeState state() const noexcept;
  /// Bytes that may still be put. Fails with DISK_FAILED.
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;
  /// Shards that were put and not removed.
  [[nodiscard]] std::uint64_t shards_count() const noexcept;
  /// Bytes of the volumes, live and dead.
  [[nodiscard]] std::uint64_t used_bytes() const noexcept;
  /// Those of them that removed shards left behind, until `compact` takes them away.
  [[nodiscard]] std::uint64_t dead_bytes() const noexcept;

 private:
  struct Impl;
  explicit VolumeStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oort::object
