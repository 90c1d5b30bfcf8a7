// SPDX-License-Identifier: Apache-2.0
#include "volume_index.hpp"

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::object::volume_index {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t shard_ref_bytes = 32 + 1 + 4;

void big_endian(codec::Writer& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    out.u8(static_cast<std::uint8_t>(value >> (8 * (size - 1 - i))));
  }
}

std::uint64_t from_big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

void write_shard(codec::Writer& out, const ShardRef& shard) {
  codec::encode(out, shard.segment);
  out.u8(shard.index);
  big_endian(out, shard.generation, 4);
}

tl::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "the shard index holds a broken " + std::string(what));
}

void write_place(codec::Writer& out, const RecordPlace& place) {
  out.u32(place.volume);
  out.u64(place.position);
  out.u32(place.size);
}

Result<RecordPlace> read_place(codec::Reader& in) {
  RecordPlace place;
  OORT_TRY(place.volume, in.u32());
  OORT_TRY(place.position, in.u64());
  OORT_TRY(place.size, in.u32());
  return place;
}

Result<ShardEntry> read_shard(const ShardRef& shard, codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != format_version) return corrupt("version of a shard");
  ShardEntry entry;
  entry.stat.shard = shard;
  OORT_TRY(entry.stat.length, in.u64());
  OORT_TRY(entry.stat.is_sealed, in.boolean());
  OORT_TRY(codec::decode(in, entry.stat.root));
  OORT_TRY(codec::decode(in, entry.stat.hold_until));
  OORT_TRY(codec::decode(in, entry.stat.writer));
  OORT_TRY(const bool has_seal, in.boolean());
  if (has_seal) {
    OORT_TRY(entry.seal, read_place(in));
  }
  OORT_TRY(in.finish());
  return entry;
}

Result<VolumeEntry> read_volume(codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != format_version) return corrupt("version of a volume");
  VolumeEntry volume;
  OORT_TRY(volume.checkpoint, in.u64());
  OORT_TRY(volume.dead_bytes, in.u64());
  OORT_TRY(volume.is_dropped, in.boolean());
  OORT_TRY(in.finish());
  return volume;
}

}  // namespace

Bytes shards_prefix() { return oort::to_bytes("Vs"); }
Bytes volumes_prefix() { return oort::to_bytes("Vv"); }

Bytes shard_key(const ShardRef& shard) {
  codec::Writer out;
  out.raw(as_bytes("Vs"));
  write_shard(out, shard);
  return std::move(out).take();
}

Bytes pieces_prefix(const ShardRef& shard) {
  codec::Writer out;
  out.raw(as_bytes("Ve"));
  write_shard(out, shard);
  return std::move(out).take();
}

Bytes piece_key(const ShardRef& shard, std::uint64_t end) {
  codec::Writer out;
  out.raw(as_bytes("Ve"));
  write_shard(out, shard);
  big_endian(out, end, 8);
  return std::move(out).take();
}

Bytes volume_key(std::uint32_t volume) {
  codec::Writer out;
  out.raw(as_bytes("Vv"));
  big_endian(out, volume, 4);
  return std::move(out).take();
}

Result<ShardRef> shard_of_key(ByteView key) {
  if (key.size() != 2 + shard_ref_bytes) return corrupt("key of a shard");
  ShardRef shard;
  shard.segment = *SegmentId::from(key.subspan(2, 32));
  shard.index = std::to_integer<std::uint8_t>(key[34]);
  shard.generation = static_cast<std::uint32_t>(from_big_endian(key.subspan(35, 4)));
  return shard;
}

Result<std::uint32_t> volume_of_key(ByteView key) {
  if (key.size() != 6) return corrupt("key of a volume");
  return static_cast<std::uint32_t>(from_big_endian(key.subspan(2, 4)));
}

Bytes encode_shard(const ShardEntry& entry) {
  codec::Writer out;
  out.u8(format_version);
  out.u64(entry.stat.length);
  out.boolean(entry.stat.is_sealed);
  codec::encode(out, entry.stat.root);
  codec::encode(out, entry.stat.hold_until);
  codec::encode(out, entry.stat.writer);
  out.boolean(entry.seal.has_value());
  if (entry.seal) write_place(out, *entry.seal);
  return std::move(out).take();
}

Result<ShardEntry> decode_shard(const ShardRef& shard, ByteView value) {
  codec::Reader in(value);
  auto entry = read_shard(shard, in);
  if (!entry) return corrupt("shard");
  return entry;
}

Bytes encode_place(const RecordPlace& place) {
  codec::Writer out;
  write_place(out, place);
  return std::move(out).take();
}

Bytes encode_volume(const VolumeEntry& volume) {
  codec::Writer out;
  out.u8(format_version);
  out.u64(volume.checkpoint);
  out.u64(volume.dead_bytes);
  out.boolean(volume.is_dropped);
  return std::move(out).take();
}

Result<VolumeEntry> decode_volume(ByteView value) {
  codec::Reader in(value);
  auto volume = read_volume(in);
  if (!volume) return corrupt("volume");
  return volume;
}

Result<std::optional<ShardEntry>> load(const env::KvReader& index, const ShardRef& shard) {
  OORT_TRY(const auto value, index.get(shard_key(shard)));
  if (!value) return std::optional<ShardEntry>();
  OORT_TRY(auto entry, decode_shard(shard, *value));
  const Bytes prefix = pieces_prefix(shard);
  const auto iterator = index.iterate(prefix);
  std::uint64_t begin = 0;
  for (; iterator->is_valid(); iterator->next()) {
    codec::Reader in(iterator->value());
    const auto place = read_place(in);
    if (!place || iterator->key().size() != prefix.size() + 8) return corrupt("piece");
    const std::uint64_t end = from_big_endian(iterator->key().subspan(prefix.size()));
    if (end != begin + place->size) return corrupt("run of pieces");
    entry.pieces.push_back({begin, *place});
    begin = end;
  }
  OORT_TRY(iterator->status());
  if (begin != entry.stat.length) return corrupt("length of a shard");
  return std::optional<ShardEntry>(std::move(entry));
}

}  // namespace oort::object::volume_index
