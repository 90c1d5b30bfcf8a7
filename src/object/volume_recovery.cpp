// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"
#include "volume_store_impl.hpp"

namespace oort::object {
namespace {

std::vector<Bytes32> leaves_of(ByteView payload) {
  std::vector<Bytes32> leaves;
  for (std::size_t i = 0; i + 32 <= payload.size(); i += 32) {
    leaves.push_back(*Bytes32::from(payload.subspan(i, 32)));
  }
  return leaves;
}

/// 0 for a name that is no volume's.
std::uint32_t volume_of_name(std::string_view name) {
  constexpr std::string_view prefix = "volume-";
  if (name.size() != prefix.size() + 10 || !name.starts_with(prefix)) return 0;
  std::uint64_t id = 0;
  for (const char c : name.substr(prefix.size())) {
    if (c < '0' || c > '9') return 0;
    id = id * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return id <= ~std::uint32_t{0} ? static_cast<std::uint32_t>(id) : 0;
}

}  // namespace

Result<void> VolumeStore::Impl::count_shards() {
  const auto iterator = index_.iterate(volume_index::shards_prefix());
  for (; iterator->is_valid(); iterator->next()) ++shards_count_;
  return iterator->status();
}

Result<void> VolumeStore::Impl::recover() {
  OORT_TRY(count_shards());
  std::map<std::uint32_t, VolumeEntry> known;
  const auto iterator = index_.iterate(volume_index::volumes_prefix());
  for (; iterator->is_valid(); iterator->next()) {
    OORT_TRY(const std::uint32_t id, volume_index::volume_of_key(iterator->key()));
    OORT_TRY(known[id], volume_index::decode_volume(iterator->value()));
  }
  OORT_TRY(iterator->status());
  for (const auto& [id, entry] : known) {
    if (!entry.is_dropped) continue;
    OORT_TRY(blobs_.remove(volume_name(id)));
    pending_.erase(volume_index::volume_key(id));
    active_ = std::max(active_, id);
  }
  OORT_TRY(const auto names, blobs_.list());
  for (const std::string& name : names) {
    const std::uint32_t id = volume_of_name(name);
    if (id == 0) continue;
    const auto entry = known.find(id);
    if (entry != known.end() && entry->second.is_dropped) continue;
    OORT_TRY(open_volume(id));
    const VolumeEntry indexed = entry == known.end() ? VolumeEntry{} : entry->second;
    volumes_.at(id).dead_bytes = indexed.dead_bytes;
    OORT_TRY(recover_volume(id, indexed.checkpoint));
  }
  // The highest number ever used stays in use, so that a dropped volume's is not taken again.
  if (!volumes_.contains(active_)) {
    OORT_TRY(open_volume(active_ + 1));
  }
  for (const auto& [id, volume] : volumes_) {
    pending_.put(volume_index::volume_key(id),
                 volume_index::encode_volume({volume.blob->size(), volume.dead_bytes, false}));
  }
  OORT_TRY(index_.write(pending_, env::Sync::Yes));
  pending_.clear();
  has_removal_ = false;
  shards_.clear();
  return {};
}

Result<void> VolumeStore::Impl::recover_volume(std::uint32_t id, std::uint64_t checkpoint) {
  Volume& volume = volumes_.at(id);
  std::uint64_t position = checkpoint;
  if (position > volume.blob->size()) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data,
                volume_name(id) + " is shorter than what was synced of it");
  }
  while (position < volume.blob->size()) {
    OORT_TRY(const auto next, replay_at(id, position));
    if (!next) break;
    position = *next;
  }
  if (position == volume.blob->size()) return {};
  log::info("object", "cut the torn end of a volume",
            {{"volume", id}, {"from_bytes", volume.blob->size()}, {"to_bytes", position}});
  return volume.blob->truncate(position);
}

/// Where the next record begins; empty when no whole record stands at `position`.
Result<std::optional<std::uint64_t>> VolumeStore::Impl::replay_at(std::uint32_t id,
                                                                  std::uint64_t position) {
  const env::Blob& blob = *volumes_.at(id).blob;
  const std::uint64_t rest = blob.size() - position;
  if (rest < VolumeRecord::header_bytes) return std::optional<std::uint64_t>();
  OORT_TRY(const Bytes header, blob.read(position, VolumeRecord::header_bytes));
  const auto decoded = decode_record_header(header);
  if (!decoded) return std::optional<std::uint64_t>();
  const std::uint32_t size = decoded->record.payload_size;
  if (rest - VolumeRecord::header_bytes < size) return std::optional<std::uint64_t>();
  const std::uint64_t begin = position + VolumeRecord::header_bytes;
  OORT_TRY(const Bytes payload, blob.read(begin, size));
  if (!is_intact(*decoded, header, payload)) return std::optional<std::uint64_t>();
  OORT_TRY(replay(decoded->record, {id, begin, size}, payload));
  return std::optional<std::uint64_t>(begin + size);
}

Result<void> VolumeStore::Impl::replay(const VolumeRecord& record, const RecordPlace& place,
                                       ByteView payload) {
  OORT_TRY(ShardEntry * entry, find(record.shard));
  if (entry == nullptr || entry->stat.writer.is_zero()) {
    if (record.type != VolumeRecord::Type::Piece || record.offset != 0) {
      bury(place);
      return {};
    }
    entry = &shards_[record.shard];
    entry->stat.shard = record.shard;
    entry->stat.writer = record.writer;
    ++shards_count_;
  }
  entry->stat.hold_until = std::max(entry->stat.hold_until, record.hold_until);
  if (record.type == VolumeRecord::Type::Piece) return replay_piece(*entry, record, place);
  if (record.offset != entry->stat.length) {
    bury(place);
    return {};
  }
  if (entry->seal) bury(*entry->seal);
  entry->stat.is_sealed = true;
  entry->stat.root = crypto::root_of_leaves(leaves_of(payload), entry->stat.length);
  entry->seal = place;
  put_shard(*entry);
  return {};
}

Result<void> VolumeStore::Impl::replay_piece(ShardEntry& entry, const VolumeRecord& record,
                                             const RecordPlace& place) {
  if (record.offset == entry.stat.length) {
    add_piece(entry, place);
    return {};
  }
  // Compaction wrote this piece again; the copy counts from here on.
  for (Piece& piece : entry.pieces) {
    if (piece.begin != record.offset || piece.place.size != place.size) continue;
    bury(piece.place);
    piece.place = place;
    pending_.put(volume_index::piece_key(record.shard, piece.end()),
                 volume_index::encode_place(place));
    put_shard(entry);
    return {};
  }
  bury(place);
  return {};
}

}  // namespace oort::object
