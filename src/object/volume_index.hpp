// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/object/volume_store.hpp"

namespace oort::object {

/// Where the payload of one record lies.
struct RecordPlace {
  std::uint32_t volume = 0;
  /// Of the payload, in the volume file.
  std::uint64_t position = 0;
  std::uint32_t size = 0;
  friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};
/// A run of a shard.
struct Piece {
  std::uint64_t begin = 0;
  RecordPlace place;
  [[nodiscard]] std::uint64_t end() const noexcept { return begin + place.size; }
};

/// A shard as it is used: what the index holds, and the tree of one that still grows.
struct ShardEntry {
  ShardStat stat;
  /// Ascending, without gaps, covering [0, stat.length).
  std::vector<Piece> pieces;
  /// Where the leaves of a sealed shard lie.
  std::optional<RecordPlace> seal;
  /// Of an unsealed shard, once its bytes were read or written in this process.
  std::optional<crypto::TreeBuilder> tree;
  /// Empty until somebody asked; then checked against the root.
  std::vector<Bytes32> leaves;
  /// Changes are in the batch that waits for the next sync.
  bool is_dirty = false;
  std::uint64_t used_at = 0;
};

/// What the index knows of a volume file: everything before `checkpoint` is indexed.
struct VolumeEntry {
  std::uint64_t checkpoint = 0;
  std::uint64_t dead_bytes = 0;
  /// The file is to be removed; nothing in it counts.
  bool is_dropped = false;
  friend bool operator==(const VolumeEntry&, const VolumeEntry&) = default;
};

/// Keys and values of the index. Integers in keys are big-endian, so that their order is that of
/// the numbers; a piece is found by where it ends, so that one seek finds what covers an offset.
namespace volume_index {

[[nodiscard]] Bytes shard_key(const ShardRef& shard);
[[nodiscard]] Bytes piece_key(const ShardRef& shard, std::uint64_t end);
[[nodiscard]] Bytes pieces_prefix(const ShardRef& shard);
[[nodiscard]] Bytes volume_key(std::uint32_t volume);
[[nodiscard]] Bytes shards_prefix();
[[nodiscard]] Bytes volumes_prefix();
/// Fails with CORRUPT_DATA.
[[nodiscard]] Result<ShardRef> shard_of_key(ByteView key);
[[nodiscard]] Result<std::uint32_t> volume_of_key(ByteView key);

[[nodiscard]] Bytes encode_shard(const ShardEntry& entry);
/// Everything but the pieces. Fails with CORRUPT_DATA.
[[nodiscard]] Result<ShardEntry> decode_shard(const ShardRef& shard, ByteView value);
[[nodiscard]] Bytes encode_place(const RecordPlace& place);
[[nodiscard]] Bytes encode_volume(const VolumeEntry& volume);
[[nodiscard]] Result<VolumeEntry> decode_volume(ByteView value);

/// The shard with its pieces; empty when the index has none. Fails with DISK_FAILED, CORRUPT_DATA.
[[nodiscard]] Result<std::optional<ShardEntry>> load(const env::KvReader& index,
                                                     const ShardRef& shard);

}  // namespace volume_index
}  // namespace oort::object
