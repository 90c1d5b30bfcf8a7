// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "oort/object/volume_store.hpp"
#include "volume_index.hpp"
#include "volume_record.hpp"

namespace oort::object {

struct Volume {
  std::unique_ptr<env::Blob> blob;
  std::uint64_t dead_bytes = 0;
  /// Has bytes that the last sync did not cover.
  bool is_dirty = false;
  /// A record in it cannot be walked over, so it is never compacted.
  bool is_broken = false;
};

/// The state of a VolumeStore. What changed since the last sync stands in `pending_`, in order.
struct VolumeStore::Impl {
  Impl(env::BlobStore& blobs, env::KvStore& index, Options options)
      : blobs_(blobs), index_(index), options_(options) {}

  // Opening: volume_recovery.cpp.
  [[nodiscard]] Result<void> recover();
  [[nodiscard]] Result<void> count_shards();
  [[nodiscard]] Result<void> recover_volume(std::uint32_t id, std::uint64_t checkpoint);
  [[nodiscard]] Result<std::optional<std::uint64_t>> replay_at(std::uint32_t id,
                                                               std::uint64_t position);
  [[nodiscard]] Result<void> replay(const VolumeRecord& record, const RecordPlace& place,
                                    ByteView payload);
  [[nodiscard]] Result<void> replay_piece(ShardEntry& entry, const VolumeRecord& record,
                                          const RecordPlace& place);

  // Compaction: volume_compact.cpp.
  [[nodiscard]] std::optional<std::uint32_t> worst_volume() const;
  [[nodiscard]] Result<void> move_records(std::uint32_t from);
  [[nodiscard]] Result<void> move_record(const VolumeRecord& record, const RecordPlace& place,
                                         ByteView raw);
  [[nodiscard]] Result<void> drop_volume(std::uint32_t id);

  // Everything else: volume_store.cpp.
  [[nodiscard]] Result<ShardEntry*> find(const ShardRef& shard);
  [[nodiscard]] Result<ShardEntry*> need(const ShardRef& shard);
  [[nodiscard]] Result<void> check_writable(std::size_t size);
  [[nodiscard]] Result<RecordPlace> write_raw(ByteView raw, std::size_t payload_size);
  [[nodiscard]] Result<RecordPlace> write_record(const VolumeRecord& record, ByteView payload);
  [[nodiscard]] Result<void> open_volume(std::uint32_t id);
  void put_shard(ShardEntry& entry);
  void add_piece(ShardEntry& entry, const RecordPlace& place);
  void forget(ShardEntry& entry);
  void bury(const RecordPlace& place);
  [[nodiscard]] Result<void> read_pieces(const ShardEntry& entry, std::uint64_t offset,
                                         std::span<std::byte> out) const;
  [[nodiscard]] Result<void> build_tree(ShardEntry& entry);
  [[nodiscard]] Result<void> load_leaves(ShardEntry& entry);
  void trim_cache();

 private:
  friend class VolumeStore;

  env::BlobStore& blobs_;
  env::KvStore& index_;
  Options options_;
  std::map<std::uint32_t, Volume> volumes_;
  std::uint32_t active_ = 0;
  std::map<ShardRef, ShardEntry> shards_;
  /// Of the index and of what waits for it.
  std::uint64_t shards_count_ = 0;
  env::KvBatch pending_;
  /// The batch takes something away, which only a synced index makes durable.
  bool has_removal_ = false;
  std::uint64_t uses_ = 0;
  VolumeState state_ = VolumeState::Writable;
};

[[nodiscard]] std::string volume_name(std::uint32_t id);

}  // namespace oort::object
