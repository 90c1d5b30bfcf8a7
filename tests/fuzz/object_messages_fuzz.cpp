// SPDX-License-Identifier: Apache-2.0
// First byte: which decoder. What decodes must encode to the very bytes it came from.
#include "oort/core/assert.hpp"
#include "oort/object/sealing.hpp"
#include "oort/object/shard_messages.hpp"
#include "volume_record.hpp"

namespace oort::object {
namespace {

template <class T>
void try_one(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (!value) return;
  OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
}

void try_read_reply(ByteView bytes) {
  const auto reply = codec::from_bytes<ReadShardReply>(bytes);
  if (!reply) return;
  OORT_ASSERT(codec::to_bytes(*reply) == to_bytes(bytes), "one value has one encoding");
  // Whatever a node answers, checking it must not fail an assertion, and no root fits by chance.
  for (const ReadProof proof : {ReadProof::None, ReadProof::Leaves, ReadProof::Paths}) {
    const ReadShard request{
        {}, reply->offset, static_cast<std::uint32_t>(reply->bytes.size()), proof};
    const bool is_good = is_proven(request, *reply, TreeRoot(), reply->length, {});
    OORT_ASSERT(!is_good || proof == ReadProof::None, "nothing hashes to zero");
  }
}

void try_body(ByteView bytes) {
  const auto body = decode_body(bytes);
  if (body) OORT_ASSERT(encode_body(*body) == to_bytes(bytes), "one value has one encoding");
}

void try_part_body(ByteView bytes) {
  const auto body = decode_part_body(bytes);
  if (body) OORT_ASSERT(encode_part_body(*body) == to_bytes(bytes), "one value has one encoding");
}

void try_record(ByteView bytes) {
  if (bytes.size() < VolumeRecord::header_bytes) return;
  const ByteView header = bytes.first(VolumeRecord::header_bytes);
  const auto decoded = decode_record_header(header);
  if (decoded) static_cast<void>(is_intact(*decoded, header, bytes.subspan(header.size())));
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 13) {
    case 0: try_one<AppendShard>(bytes); break;
    case 1: try_one<AppendShardReply>(bytes); break;
    case 2: try_one<ReadShard>(bytes); break;
    case 3: try_read_reply(bytes); break;
    case 4: try_one<StatShard>(bytes); break;
    case 5: try_one<StatShardReply>(bytes); break;
    case 6: try_one<RemoveShard>(bytes); break;
    case 7: try_one<ListShards>(bytes); break;
    case 8: try_one<ListShardsReply>(bytes); break;
    case 9: try_body(bytes); break;
    case 10: try_part_body(bytes); break;
    case 11: try_record(bytes); break;
    default: try_one<RemoveShardReply>(bytes); break;
  }
}

}  // namespace
}  // namespace oort::object

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::object::try_any(std::span(data, size));
  return 0;
}
