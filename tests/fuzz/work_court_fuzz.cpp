// SPDX-License-Identifier: Apache-2.0
// What panels and accusers ask each other, and what officers keep. First byte: which decoder. What
// decodes must encode to the very bytes it came from.
#include <cstddef>
#include <cstdint>
#include <span>

#include "honesty_driver.hpp"
#include "honesty_tasks.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/bytes.hpp"
#include "work_court.hpp"

namespace oort::node {
namespace {

template <class Record>
void try_record(ByteView bytes) {
  const auto record = codec::from_bytes<Record>(bytes);
  if (!record) return;
  OORT_ASSERT(codec::to_bytes(*record) == to_bytes(bytes), "one value has one encoding");
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 4) {
    case 0: try_record<InputOfWork>(bytes); break;
    case 1: try_record<AccusedWork>(bytes); break;
    case 2: {
      try_record<BaitTask>(bytes);
      // Whatever decodes can be ordered, and shown.
      const auto bait = codec::from_bytes<BaitTask>(bytes);
      if (!bait) break;
      OORT_ASSERT(handover_of(*bait, 1).payer == bait->payer, "the payer orders it");
      OORT_ASSERT(work_of(*bait).round == bait->round, "it is of its round");
      break;
    }
    default: try_record<HonestyMemory>(bytes); break;
  }
}

}  // namespace
}  // namespace oort::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::node::try_any(std::span(data, size));
  return 0;
}
