// SPDX-License-Identifier: Apache-2.0
#include "oort/object/volume_store.hpp"

#include <algorithm>
#include <array>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"
#include "volume_store_impl.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";

std::string name_of(const ShardRef& shard) {
  return shard.segment.short_hex() + "/" + std::to_string(shard.index) + "/" +
         std::to_string(shard.generation);
}

tl::unexpected<Error> corrupt_shard(const ShardRef& shard) {
  return fail(ErrorCode::DataLoss, reason::corrupt_shard,
              "shard " + name_of(shard) + " is not what was stored; it needs repair");
}

}  // namespace

std::string volume_name(std::uint32_t id) {
  const std::string digits = std::to_string(id);
  return "volume-" + std::string(10 - digits.size(), '0') + digits;
}

std::string_view to_string(VolumeState state) noexcept {
  constexpr std::array<std::string_view, 3> words{"writable", "full", "failed"};
  return words.at(static_cast<std::size_t>(state));
}

Result<ShardEntry*> VolumeStore::Impl::find(const ShardRef& shard) {
  auto found = shards_.find(shard);
  if (found == shards_.end()) {
    OORT_TRY(auto loaded, volume_index::load(index_, shard));
    if (!loaded) return nullptr;
    trim_cache();
    found = shards_.emplace(shard, std::move(*loaded)).first;
  }
  found->second.used_at = ++uses_;
  return &found->second;
}

Result<ShardEntry*> VolumeStore::Impl::need(const ShardRef& shard) {
  OORT_TRY(ShardEntry * entry, find(shard));
  if (entry == nullptr) {
    return fail(ErrorCode::NotFound, reason::not_found, "no shard " + name_of(shard) + " here");
  }
  return entry;
}

void VolumeStore::Impl::trim_cache() {
  if (shards_.size() < options_.cached_shards_max) return;
  std::vector<std::pair<std::uint64_t, ShardRef>> clean;
  for (const auto& [shard, entry] : shards_) {
    if (!entry.is_dirty) clean.emplace_back(entry.used_at, shard);
  }
  std::sort(clean.begin(), clean.end());
  // Half at once, so that the walk is paid for by many uses.
  for (std::size_t i = 0; i < (clean.size() + 1) / 2; ++i) shards_.erase(clean[i].second);
}

Result<void> VolumeStore::Impl::check_writable(std::size_t size) {
  if (state_ == VolumeState::Failed) {
    return fail(ErrorCode::Unavailable, reason::disk_failed,
                "a sync of the shards' disk failed; it is read-only until the node restarts");
  }
  OORT_TRY(const std::uint64_t free, blobs_.free_bytes());
  const bool is_full = free < options_.reserve_bytes + size;
  if (is_full != (state_ == VolumeState::Full)) {
    log::warn(room, is_full ? "disk is full, shards are read-only" : "disk takes shards again",
              {{"free_bytes", free}, {"reserve_bytes", options_.reserve_bytes}});
  }
  state_ = is_full ? VolumeState::Full : VolumeState::Writable;
  if (!is_full) return {};
  return fail(ErrorCode::ResourceExhausted, reason::disk_full,
              "the shards' disk has " + std::to_string(free) + " bytes free and keeps " +
                  std::to_string(options_.reserve_bytes) + " in reserve");
}

Result<void> VolumeStore::Impl::open_volume(std::uint32_t id) {
  OORT_TRY(auto blob, blobs_.open(volume_name(id)));
  Volume& volume = volumes_[id];
  volume.blob = std::move(blob);
  active_ = std::max(active_, id);
  return {};
}

Result<RecordPlace> VolumeStore::Impl::write_raw(ByteView raw, std::size_t payload_size) {
  if (active_ == 0 || volumes_.at(active_).blob->size() >= options_.volume_bytes_max) {
    OORT_TRY(open_volume(active_ + 1));
  }
  Volume& volume = volumes_.at(active_);
  auto begin = volume.blob->append(raw);
  if (!begin) {
    // The blob ends where it did before, so only this record is refused.
    if (begin.error().reason() == reason::disk_full) state_ = VolumeState::Full;
    return fail(std::move(begin).error());
  }
  volume.is_dirty = true;
  return RecordPlace{active_, *begin + VolumeRecord::header_bytes,
                     static_cast<std::uint32_t>(payload_size)};
}

Result<RecordPlace> VolumeStore::Impl::write_record(const VolumeRecord& record, ByteView payload) {
  return write_raw(encode_record(record, payload), payload.size());
}

void VolumeStore::Impl::put_shard(ShardEntry& entry) {
  entry.is_dirty = true;
  pending_.put(volume_index::shard_key(entry.stat.shard), volume_index::encode_shard(entry));
}

void VolumeStore::Impl::add_piece(ShardEntry& entry, const RecordPlace& place) {
  if (place.size > 0) {
    entry.pieces.push_back({entry.stat.length, place});
    entry.stat.length += place.size;
    entry.leaves.clear();
    pending_.put(volume_index::piece_key(entry.stat.shard, entry.stat.length),
                 volume_index::encode_place(place));
  } else {
    bury(place);
  }
  put_shard(entry);
}

void VolumeStore::Impl::bury(const RecordPlace& place) {
  const auto volume = volumes_.find(place.volume);
  if (volume != volumes_.end()) {
    volume->second.dead_bytes += VolumeRecord::header_bytes + place.size;
    volume->second.is_dirty = true;
  }
}

void VolumeStore::Impl::forget(ShardEntry& entry) {
  const ShardRef shard = entry.stat.shard;
  for (const Piece& piece : entry.pieces) {
    bury(piece.place);
    pending_.erase(volume_index::piece_key(shard, piece.end()));
  }
  if (entry.seal) bury(*entry.seal);
  pending_.erase(volume_index::shard_key(shard));
  has_removal_ = true;
  // Until the batch is written the index still knows the shard, so its absence is remembered here.
  entry = ShardEntry{};
  entry.stat.shard = shard;
  entry.is_dirty = true;
  --shards_count_;
}

Result<void> VolumeStore::Impl::read_pieces(const ShardEntry& entry, std::uint64_t offset,
                                            std::span<std::byte> out) const {
  auto piece = std::upper_bound(
      entry.pieces.begin(), entry.pieces.end(), offset,
      [](std::uint64_t at, const Piece& candidate) { return at < candidate.end(); });
  while (!out.empty()) {
    OORT_ASSERT(piece != entry.pieces.end(), "pieces cover the shard");
    const std::uint64_t skip = offset - piece->begin;
    const std::size_t run = std::min<std::size_t>(out.size(), piece->place.size - skip);
    const auto volume = volumes_.find(piece->place.volume);
    if (volume == volumes_.end()) return corrupt_shard(entry.stat.shard);
    auto bytes = volume->second.blob->read(piece->place.position + skip, run);
    if (!bytes) {
      if (bytes.error().code() == ErrorCode::OutOfRange) return corrupt_shard(entry.stat.shard);
      return fail(std::move(bytes).error());
    }
    std::copy(bytes->begin(), bytes->end(), out.begin());
    out = out.subspan(run);
    offset += run;
    ++piece;
  }
  return {};
}

Result<void> VolumeStore::Impl::build_tree(ShardEntry& entry) {
  if (entry.tree) return {};
  crypto::TreeBuilder tree;
  for (const Piece& piece : entry.pieces) {
    // An unsealed shard has no root yet, so its bytes are checked by their record's own hash.
    Volume& volume = volumes_.at(piece.place.volume);
    const std::uint64_t begin = piece.place.position - VolumeRecord::header_bytes;
    OORT_TRY(const Bytes raw,
             volume.blob->read(begin, VolumeRecord::header_bytes + piece.place.size));
    const ByteView header = ByteView(raw).first(VolumeRecord::header_bytes);
    const ByteView payload = ByteView(raw).subspan(VolumeRecord::header_bytes);
    const auto decoded = decode_record_header(header);
    if (!decoded || !is_intact(*decoded, header, payload)) return corrupt_shard(entry.stat.shard);
    tree.update(payload);
  }
  entry.tree = std::move(tree);
  return {};
}

Result<void> VolumeStore::Impl::load_leaves(ShardEntry& entry) {
  if (!entry.leaves.empty()) return {};
  if (!entry.stat.is_sealed) {
    OORT_TRY(build_tree(entry));
    entry.leaves = entry.tree->leaves();
    return {};
  }
  const auto volume = volumes_.find(entry.seal->volume);
  if (volume == volumes_.end()) return corrupt_shard(entry.stat.shard);
  OORT_TRY(const Bytes raw, volume->second.blob->read(entry.seal->position, entry.seal->size));
  std::vector<Bytes32> leaves;
  for (std::size_t i = 0; i + 32 <= raw.size(); i += 32) {
    leaves.push_back(*Bytes32::from(ByteView(raw).subspan(i, 32)));
  }
  if (leaves.size() != crypto::tree_leaves_count(entry.stat.length) ||
      crypto::root_of_leaves(leaves, entry.stat.length) != entry.stat.root) {
    return corrupt_shard(entry.stat.shard);
  }
  entry.leaves = std::move(leaves);
  return {};
}

VolumeStore::VolumeStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VolumeStore::~VolumeStore() = default;

Result<std::unique_ptr<VolumeStore>> VolumeStore::open(env::BlobStore& blobs, env::KvStore& index,
                                                       Options options) {
  auto impl = std::make_unique<Impl>(blobs, index, options);
  OORT_TRY(impl->recover());
  return std::unique_ptr<VolumeStore>(new VolumeStore(std::move(impl)));
}

namespace {

/// Why `bytes` may not be put at `offset` of the shard, if so.
Result<void> check_append(const ShardEntry& entry, bool is_new, std::uint64_t offset,
                          ByteView bytes, const NodeId& writer) {
  const ShardStat& stat = entry.stat;
  // Whoever may put may have a finished shard held for longer.
  const bool only_holds = bytes.empty() && stat.is_sealed;
  if (!is_new && !only_holds && stat.writer != writer) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "another node writes shard " + name_of(stat.shard));
  }
  if (stat.is_sealed && !bytes.empty()) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "shard " + name_of(stat.shard) + " is sealed");
  }
  if (offset != stat.length) {
    return fail(ErrorCode::OutOfRange, reason::bad_argument,
                "shard " + name_of(stat.shard) + " ends at " + std::to_string(stat.length) +
                    ", not at " + std::to_string(offset));
  }
  return {};
}

}  // namespace

Result<ShardStat> VolumeStore::append(const ShardRef& shard, std::uint64_t offset, ByteView bytes,
                                      const NodeId& writer, Height hold_until) {
  if (bytes.size() > piece_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a piece has at most " + std::to_string(piece_bytes_max) + " bytes");
  }
  OORT_TRY(ShardEntry * known, impl_->find(shard));
  const bool is_new = known == nullptr || known->stat.writer.is_zero();
  ShardEntry fresh;
  fresh.stat.shard = shard;
  OORT_TRY(check_append(is_new ? fresh : *known, is_new, offset, bytes, writer));
  OORT_TRY(impl_->check_writable(bytes.size() + VolumeRecord::header_bytes));
  if (known != nullptr && !is_new && !known->stat.is_sealed) OORT_TRY(impl_->build_tree(*known));

  const VolumeRecord record{VolumeRecord::Type::Piece,
                            shard,
                            offset,
                            hold_until,
                            writer,
                            static_cast<std::uint32_t>(bytes.size())};
  OORT_TRY(const RecordPlace place, impl_->write_record(record, bytes));
  if (is_new) {
    impl_->trim_cache();
    known = &(impl_->shards_[shard] = std::move(fresh));
    known->stat.writer = writer;
    known->tree.emplace();
    ++impl_->shards_count_;
  }
  known->used_at = ++impl_->uses_;
  known->stat.hold_until = std::max(known->stat.hold_until, hold_until);
  if (!known->stat.is_sealed) known->tree->update(bytes);
  impl_->add_piece(*known, place);
  return known->stat;
}

Result<ShardStat> VolumeStore::seal(const ShardRef& shard) {
  OORT_TRY(ShardEntry * entry, impl_->need(shard));
  if (entry->stat.writer.is_zero()) {
    return fail(ErrorCode::NotFound, reason::not_found, "no shard " + name_of(shard) + " here");
  }
  if (entry->stat.is_sealed) return entry->stat;
  OORT_TRY(impl_->load_leaves(*entry));
  Bytes payload;
  payload.reserve(entry->leaves.size() * 32);
  for (const Bytes32& leaf : entry->leaves) {
    payload.insert(payload.end(), leaf.array().begin(), leaf.array().end());
  }
  OORT_TRY(impl_->check_writable(payload.size() + VolumeRecord::header_bytes));
  const VolumeRecord record{VolumeRecord::Type::Seal, shard,
                            entry->stat.length,       entry->stat.hold_until,
                            entry->stat.writer,       static_cast<std::uint32_t>(payload.size())};
  OORT_TRY(const RecordPlace place, impl_->write_record(record, payload));
  entry->stat.is_sealed = true;
  entry->stat.root = crypto::root_of_leaves(entry->leaves, entry->stat.length);
  entry->seal = place;
  entry->tree.reset();
  impl_->put_shard(*entry);
  return entry->stat;
}

Result<void> VolumeStore::sync() {
  if (impl_->state_ == VolumeState::Failed) {
    return fail(ErrorCode::Unavailable, reason::disk_failed,
                "a sync of the shards' disk failed; it is read-only until the node restarts");
  }
  for (auto& [id, volume] : impl_->volumes_) {
    if (!volume.is_dirty) continue;
    if (auto synced = volume.blob->sync(); !synced) {
      // Nothing is known of the bytes since the last sync, so nothing may be built on them.
      impl_->state_ = VolumeState::Failed;
      log::error(room, "a sync of the shards' disk failed, shards are read-only",
                 {{"volume", id}, {"error", synced.error().to_string()}});
      return fail(std::move(synced).error());
    }
    impl_->pending_.put(
        volume_index::volume_key(id),
        volume_index::encode_volume({volume.blob->size(), volume.dead_bytes, false}));
  }
  if (impl_->pending_.empty()) return {};
  // The volumes can give back everything but removals, so only those need a synced index.
  const auto sync = impl_->has_removal_ ? env::Sync::Yes : env::Sync::No;
  OORT_TRY(impl_->index_.write(impl_->pending_, sync));
  impl_->pending_.clear();
  impl_->has_removal_ = false;
  for (auto& [id, volume] : impl_->volumes_) volume.is_dirty = false;
  for (auto shard = impl_->shards_.begin(); shard != impl_->shards_.end();) {
    shard->second.is_dirty = false;
    shard = shard->second.stat.writer.is_zero() ? impl_->shards_.erase(shard) : std::next(shard);
  }
  return {};
}

Result<Bytes> VolumeStore::read(const ShardRef& shard, std::uint64_t offset, std::size_t size) {
  OORT_TRY(const ShardEntry* const known, impl_->need(shard));
  const std::uint64_t length = known->stat.length;
  if (known->stat.writer.is_zero()) {
    return fail(ErrorCode::NotFound, reason::not_found, "no shard " + name_of(shard) + " here");
  }
  if (offset > length || size > length - offset) {
    return fail(ErrorCode::OutOfRange, reason::invalid_range,
                "shard " + name_of(shard) + " has " + std::to_string(length) + " bytes");
  }
  OORT_TRY(ShardEntry * entry, impl_->need(shard));
  OORT_TRY(impl_->load_leaves(*entry));
  constexpr std::uint64_t leaf_bytes = crypto::tree_leaf_bytes;
  const std::uint64_t begin = offset / leaf_bytes * leaf_bytes;
  const std::uint64_t end =
      std::min(length, (offset + size + leaf_bytes - 1) / leaf_bytes * leaf_bytes);
  Bytes bytes(end - begin);
  OORT_TRY(impl_->read_pieces(*entry, begin, bytes));
  for (std::uint64_t at = begin; at < end; at += leaf_bytes) {
    const std::uint64_t run = std::min(leaf_bytes, end - at);
    if (!crypto::leaf_matches(entry->leaves, length, at / leaf_bytes,
                              ByteView(bytes).subspan(at - begin, run))) {
      return corrupt_shard(shard);
    }
  }
  if (begin == offset && end == offset + size) return bytes;
  return to_bytes(ByteView(bytes).subspan(offset - begin, size));
}

Result<std::vector<Bytes32>> VolumeStore::leaves(const ShardRef& shard) {
  OORT_TRY(ShardEntry * entry, impl_->need(shard));
  OORT_TRY(impl_->load_leaves(*entry));
  return entry->leaves;
}

Result<std::optional<ShardStat>> VolumeStore::stat(const ShardRef& shard) {
  OORT_TRY(ShardEntry * entry, impl_->find(shard));
  if (entry == nullptr || entry->stat.writer.is_zero()) return std::optional<ShardStat>();
  if (!entry->stat.is_sealed) {
    OORT_TRY(impl_->load_leaves(*entry));
    entry->stat.root = crypto::root_of_leaves(entry->leaves, entry->stat.length);
  }
  return std::optional<ShardStat>(entry->stat);
}

Result<std::vector<ShardStat>> VolumeStore::list(const std::optional<ShardRef>& after,
                                                 std::size_t count_max) {
  std::vector<ShardStat> stats;
  const auto iterator = impl_->index_.iterate(volume_index::shards_prefix());
  if (after) {
    const Bytes key = volume_index::shard_key(*after);
    iterator->seek(key);
    if (iterator->is_valid() && std::ranges::equal(iterator->key(), key)) iterator->next();
  }
  for (; iterator->is_valid() && stats.size() < count_max; iterator->next()) {
    OORT_TRY(const ShardRef shard, volume_index::shard_of_key(iterator->key()));
    OORT_TRY(const ShardEntry entry, volume_index::decode_shard(shard, iterator->value()));
    stats.push_back(entry.stat);
  }
  OORT_TRY(iterator->status());
  return stats;
}

Result<void> VolumeStore::remove(const ShardRef& shard) {
  OORT_TRY(ShardEntry * entry, impl_->find(shard));
  if (entry != nullptr && !entry->stat.writer.is_zero()) impl_->forget(*entry);
  return {};
}

VolumeState VolumeStore::state() const noexcept { return impl_->state_; }

Result<std::uint64_t> VolumeStore::free_bytes() const {
  OORT_TRY(const std::uint64_t free, impl_->blobs_.free_bytes());
  return free - std::min(free, impl_->options_.reserve_bytes);
}

std::uint64_t VolumeStore::shards_count() const noexcept { return impl_->shards_count_; }

std::uint64_t VolumeStore::used_bytes() const noexcept {
  std::uint64_t used = 0;
  for (const auto& [id, volume] : impl_->volumes_) used += volume.blob->size();
  return used;
}

std::uint64_t VolumeStore::dead_bytes() const noexcept {
  std::uint64_t dead = 0;
  for (const auto& [id, volume] : impl_->volumes_) dead += volume.dead_bytes;
  return dead;
}

}  // namespace oort::object
