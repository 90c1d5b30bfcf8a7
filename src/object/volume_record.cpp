// SPDX-License-Identifier: Apache-2.0
#include "volume_record.hpp"

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::object {
namespace {

constexpr std::uint32_t magic = 0x5653'4f4f;  // "OOSV", little-endian.
constexpr std::uint8_t format_version = 1;
constexpr std::size_t hashed_bytes = 96;
constexpr crypto::Context record_context{"oort.v1 volume record"};

}  // namespace

Bytes encode_record(const VolumeRecord& record, ByteView payload) {
  OORT_ASSERT(payload.size() == record.payload_size, "the header states the payload's size");
  OORT_ASSERT(payload.size() <= VolumeRecord::payload_bytes_max, "pieces are bounded");
  codec::Writer out;
  out.u32(magic);
  out.u8(format_version);
  out.u8(static_cast<std::uint8_t>(record.type));
  out.u8(record.shard.index);
  out.u8(0);
  codec::encode(out, record.shard.segment);
  out.u32(record.shard.generation);
  out.u64(record.offset);
  out.u64(record.hold_until.value());
  codec::encode(out, record.writer);
  out.u32(record.payload_size);
  OORT_ASSERT(out.bytes().size() == hashed_bytes, "the header's layout is frozen");
  const Bytes32 hash = crypto::hash(record_context, out.bytes(), payload);
  codec::encode(out, hash);
  out.raw(payload);
  return std::move(out).take();
}

Result<DecodedRecord> decode_record_header(ByteView header) {
  codec::Reader in(header);
  DecodedRecord decoded;
  VolumeRecord& record = decoded.record;
  OORT_TRY(const std::uint32_t found_magic, in.u32());
  OORT_TRY(const std::uint8_t version, in.u8());
  OORT_TRY(const std::uint8_t type, in.u8());
  OORT_TRY(record.shard.index, in.u8());
  OORT_TRY(const std::uint8_t zero, in.u8());
  OORT_TRY(codec::decode(in, record.shard.segment));
  OORT_TRY(record.shard.generation, in.u32());
  OORT_TRY(record.offset, in.u64());
  OORT_TRY(codec::decode(in, record.hold_until));
  OORT_TRY(codec::decode(in, record.writer));
  OORT_TRY(record.payload_size, in.u32());
  OORT_TRY(codec::decode(in, decoded.hash));
  OORT_TRY(in.finish());
  const bool is_type = type == static_cast<std::uint8_t>(VolumeRecord::Type::Piece) ||
                       type == static_cast<std::uint8_t>(VolumeRecord::Type::Seal);
  if (found_magic != magic || version != format_version || zero != 0 || !is_type ||
      record.payload_size > VolumeRecord::payload_bytes_max) {
    return fail(ErrorCode::DataLoss, reason::malformed, "no volume record begins here");
  }
  record.type = static_cast<VolumeRecord::Type>(type);
  return decoded;
}

bool is_intact(const DecodedRecord& decoded, ByteView header, ByteView payload) {
  return payload.size() == decoded.record.payload_size &&
         crypto::hash(record_context, header.first(hashed_bytes), payload) == decoded.hash;
}

}  // namespace oort::object
