// SPDX-License-Identifier: Apache-2.0
// First byte: which decoder. What decodes must encode to the very bytes it came from.
#include "oort/chain/body.hpp"
#include "oort/chain/certified.hpp"
#include "oort/chain/epochs.hpp"
#include "oort/chain/light_client.hpp"
#include "oort/chain/messages.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/core/assert.hpp"

namespace oort::chain {
namespace {

template <class T>
void try_one(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (!value) return;
  OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
}

void try_body(ByteView bytes) {
  const auto parts = split_body(bytes);
  if (!parts) return;
  std::size_t size = 0;
  for (const ByteView part : *parts) size += part.size() + 4;
  OORT_ASSERT(bytes.empty() ? size == 0 : size + 5 == bytes.size(), "a body has no slack");
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 12) {
    case 0: try_one<wire::Ids>(bytes); break;
    case 1: try_one<wire::Status>(bytes); break;
    case 2: try_one<wire::BlocksRequest>(bytes); break;
    case 3: try_one<wire::BlocksReply>(bytes); break;
    case 4: try_one<wire::BarrierReply>(bytes); break;
    case 5: try_one<FinalHeaders>(bytes); break;
    case 6: try_one<ProofBundle>(bytes); break;
    case 8: try_one<OutcomeProof>(bytes); break;
    case 9: try_one<BlockProof>(bytes); break;
    case 10: try_one<wire::HandoversReply>(bytes); break;
    case 11: try_one<TrustRoot>(bytes); break;
    default: try_body(bytes);
  }
}

}  // namespace
}  // namespace oort::chain

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::chain::try_any(std::span(data, size));
  return 0;
}
