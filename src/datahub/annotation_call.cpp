// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/annotation_call.hpp"

#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {
namespace {

constexpr crypto::Context call_context("oort.v1 annotation call");
constexpr crypto::Context order_context("oort.v1 annotation order");

}  // namespace

Bytes32 annotation_call_hash(const ChainId& chain, const CampaignId& campaign, AnnotationVerb verb,
                             std::uint64_t valid_until_ms, ByteView argument) {
  codec::Writer out;
  codec::encode(out, chain);
  codec::encode(out, campaign);
  out.u8(static_cast<std::uint8_t>(verb));
  out.u64(valid_until_ms);
  out.raw(argument);
  return crypto::hash(call_context, out.bytes());
}

Bytes order_argument(ByteView order) { return to_bytes(crypto::hash(order_context, order).view()); }

Bytes assignment_argument(AssignmentId id) { return codec::to_bytes(id); }

Bytes answer_argument(AssignmentId id, std::string_view label) {
  codec::Writer out;
  codec::encode(out, id);
  out.raw(as_bytes(label));
  return std::move(out).take();
}

}  // namespace oort::datahub
