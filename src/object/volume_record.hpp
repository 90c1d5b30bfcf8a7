// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"

namespace oort::object {

/// Header of a record in a volume file. Frozen: volumes outlive versions of the program.
///
/// Bytes: magic "OOSV", version u8 = 1, type u8, shard index u8, zero u8, segment, generation u32,
/// offset u64, hold_until u64, writer, payload size u32, hash over these 96 bytes and the payload.
struct VolumeRecord {
  enum class Type : std::uint8_t { Piece = 1, Seal = 2 };
  static constexpr std::size_t header_bytes = 128;
  static constexpr std::size_t payload_bytes_max = std::size_t{4} << 20;

  Type type = Type::Piece;
  ShardRef shard;
  /// Of a piece: where in the shard it lies. Of a seal: the shard's length.
  std::uint64_t offset = 0;
  Height hold_until;
  NodeId writer;
  std::uint32_t payload_size = 0;
};

/// Header and payload in one run, ready to be appended.
[[nodiscard]] Bytes encode_record(const VolumeRecord& record, ByteView payload);
struct DecodedRecord {
  VolumeRecord record;
  Bytes32 hash;
};
/// Fails with MALFORMED for anything that `encode_record` does not begin with.
[[nodiscard]] Result<DecodedRecord> decode_record_header(ByteView header);
/// Whether header and payload are what was written.
[[nodiscard]] bool is_intact(const DecodedRecord& decoded, ByteView header, ByteView payload);

}  // namespace oort::object
