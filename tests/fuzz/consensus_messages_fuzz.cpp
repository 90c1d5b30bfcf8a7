// SPDX-License-Identifier: Apache-2.0
// First byte: which decoder. What decodes must encode to the very bytes it came from.
#include "oort/consensus/evidence.hpp"
#include "oort/consensus/signer_record.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/assert.hpp"

namespace oort::consensus {
namespace {

template <class T>
void try_one(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (!value) return;
  OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
}

void try_proposal(ByteView bytes) {
  const auto message = std::make_shared<const Bytes>(to_bytes(bytes));
  const auto block = decode_proposal(message);
  if (!block) return;
  const Block& b = **block;
  const auto again = encode_proposal({b.header, b.signature}, b.justification, b.payload);
  OORT_ASSERT(*again == *message, "one value has one encoding");
  OORT_ASSERT(b.id == id_of(b.header), "the id is the header's");
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 12) {
    case 0: try_one<Header>(bytes); break;
    case 1: try_one<Vote>(bytes); break;
    case 2: try_one<Certificate>(bytes); break;
    case 3: try_one<Justification>(bytes); break;
    case 4: try_one<Status>(bytes); break;
    case 5: try_one<StatusRequest>(bytes); break;
    case 6: try_one<Evidence>(bytes); break;
    case 7: try_one<SignerRecord>(bytes); break;
    case 8: try_one<ValidatorSet>(bytes); break;
    case 9: try_proposal(bytes); break;
    case 10: try_one<SignedHeader>(bytes); break;
    default:
      for (env::MessageType type = 0x00ff; type < 0x0108; ++type) {
        static_cast<void>(epoch_of(type, bytes));
      }
  }
}

}  // namespace
}  // namespace oort::consensus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::consensus::try_any(std::span(data, size));
  return 0;
}
