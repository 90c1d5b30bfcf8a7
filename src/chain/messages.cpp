// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/messages.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"

namespace oort::chain::wire {
namespace {

constexpr std::size_t certificate_bytes_max = 64 * limits::kib;

}  // namespace

void encode(codec::Writer& out, const Ids& value) { codec::encode_vector(out, value.ids); }
Result<void> decode(codec::Reader& in, Ids& value) {
  return codec::decode_vector(in, value.ids, ids_count_max);
}

void encode(codec::Writer& out, const Status& value) {
  codec::encode(out, value.height);
  out.boolean(value.is_observer);
}
Result<void> decode(codec::Reader& in, Status& value) {
  OORT_TRY(codec::decode(in, value.height));
  OORT_TRY(value.is_observer, in.boolean());
  return {};
}

void encode(codec::Writer& out, const BlocksRequest& value) { codec::encode(out, value.from); }
Result<void> decode(codec::Reader& in, BlocksRequest& value) {
  return codec::decode(in, value.from);
}

void encode(codec::Writer& out, const BlocksReply& value) {
  out.u32(static_cast<std::uint32_t>(value.proposals.size()));
  for (const Bytes& block : value.proposals) out.blob(block);
  codec::encode_vector(out, value.beyond);
  encode(out, value.certificate);
}
Result<void> decode(codec::Reader& in, BlocksReply& value) {
  OORT_TRY(const std::uint32_t count, in.count(blocks_reply_count_max, 4));
  value.proposals.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView block, in.blob(limits::frame_bytes_max));
    value.proposals.push_back(to_bytes(block));
  }
  OORT_TRY(codec::decode_vector(in, value.beyond, blocks_beyond_count_max));
  return decode(in, value.certificate);
}

void encode(codec::Writer& out, const HandoversReply& value) {
  codec::encode_vector(out, value.handovers);
}
Result<void> decode(codec::Reader& in, HandoversReply& value) {
  return codec::decode_vector(in, value.handovers, handovers_reply_count_max);
}

void encode(codec::Writer& out, const BarrierReply& value) {
  out.boolean(value.certificate.has_value());
  if (value.certificate) out.blob(*value.certificate);
}
Result<void> decode(codec::Reader& in, BarrierReply& value) {
  OORT_TRY(const bool has_certificate, in.boolean());
  value.certificate.reset();
  if (!has_certificate) return {};
  OORT_TRY(const ByteView certificate, in.blob(certificate_bytes_max));
  value.certificate = to_bytes(certificate);
  return {};
}

}  // namespace oort::chain::wire
