// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "volume_store_impl.hpp"

namespace oort::object {

std::optional<std::uint32_t> VolumeStore::Impl::worst_volume() const {
  std::optional<std::uint32_t> worst;
  std::uint64_t dead_most = 0;
  for (const auto& [id, volume] : volumes_) {
    if (id == active_ || volume.is_broken) continue;
    const bool is_half_dead = volume.dead_bytes * 2 > volume.blob->size();
    const bool is_empty = volume.blob->size() == 0;
    if ((is_half_dead && volume.dead_bytes > dead_most) || (is_empty && !worst)) {
      worst = id;
      dead_most = volume.dead_bytes;
    }
  }
  return worst;
}

Result<void> VolumeStore::Impl::move_record(const VolumeRecord& record, const RecordPlace& place,
                                            ByteView raw) {
  OORT_TRY(ShardEntry * entry, find(record.shard));
  if (entry == nullptr) return {};
  if (record.type == VolumeRecord::Type::Seal) {
    if (entry->seal != place) return {};
    OORT_TRY(entry->seal, write_raw(raw, place.size));
    bury(place);
    put_shard(*entry);
    return {};
  }
  for (Piece& piece : entry->pieces) {
    if (piece.place != place) continue;
    OORT_TRY(piece.place, write_raw(raw, place.size));
    pending_.put(volume_index::piece_key(record.shard, piece.end()),
                 volume_index::encode_place(piece.place));
    bury(place);
    put_shard(*entry);
    return {};
  }
  return {};
}

Result<void> VolumeStore::Impl::move_records(std::uint32_t from) {
  Volume& volume = volumes_.at(from);
  const std::uint64_t end = volume.blob->size();
  std::uint64_t position = 0;
  while (position < end) {
    const std::uint64_t header_size =
        std::min<std::uint64_t>(VolumeRecord::header_bytes, end - position);
    OORT_TRY(Bytes raw, volume.blob->read(position, header_size));
    const auto decoded = decode_record_header(raw);
    const std::uint64_t begin = position + VolumeRecord::header_bytes;
    if (!decoded || end - begin < decoded->record.payload_size) {
      volume.is_broken = true;
      log::warn("object", "a volume cannot be compacted: a record's header is broken",
                {{"volume", from}, {"position", position}});
      return fail(ErrorCode::DataLoss, reason::corrupt_data,
                  volume_name(from) + " holds a broken record at " + std::to_string(position));
    }
    const std::uint32_t size = decoded->record.payload_size;
    OORT_TRY(const Bytes payload, volume.blob->read(begin, size));
    // A damaged payload moves as it is: its shard's leaves keep telling that it is damaged.
    raw.insert(raw.end(), payload.begin(), payload.end());
    OORT_TRY(move_record(decoded->record, {from, begin, size}, raw));
    position = begin + size;
  }
  return {};
}

Result<void> VolumeStore::Impl::drop_volume(std::uint32_t id) {
  // Said durably before the file goes, so that a crash in between finds nothing to replay.
  env::KvBatch batch;
  batch.put(volume_index::volume_key(id), volume_index::encode_volume({0, 0, true}));
  OORT_TRY(index_.write(batch, env::Sync::Yes));
  volumes_.erase(id);
  OORT_TRY(blobs_.remove(volume_name(id)));
  pending_.erase(volume_index::volume_key(id));
  return {};
}

Result<bool> VolumeStore::compact() {
  const auto worst = impl_->worst_volume();
  if (!worst) return false;
  if (impl_->state_ == VolumeState::Failed) return false;
  OORT_TRY(impl_->move_records(*worst));
  // Holds that were raised stand in the index alone once their records go.
  impl_->has_removal_ = true;
  OORT_TRY(sync());
  OORT_TRY(impl_->drop_volume(*worst));
  return true;
}

}  // namespace oort::object
