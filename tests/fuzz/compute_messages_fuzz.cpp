// SPDX-License-Identifier: Apache-2.0
// First byte: which decoder. What decodes must encode to the very bytes it came from.
#include <cstdint>
#include <span>

#include "oort/compute/messages.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute {
namespace {

template <class Message>
void try_message(ByteView bytes) {
  const auto message = message_from<Message>(bytes);
  if (!message) return;
  OORT_ASSERT(message_bytes(*message) == to_bytes(bytes), "one value has one encoding");
}

template <class Record>
void try_record(ByteView bytes) {
  const auto record = codec::from_bytes<Record>(bytes);
  if (!record) return;
  OORT_ASSERT(codec::to_bytes(*record) == to_bytes(bytes), "one value has one encoding");
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 24) {
    case 0: try_message<NodeOffer>(bytes); break;
    case 1: try_message<LeaseGrant>(bytes); break;
    case 2: try_message<LeaseAnswer>(bytes); break;
    case 3: try_message<LeaseStart>(bytes); break;
    case 4: try_message<Heartbeat>(bytes); break;
    case 5: try_message<Renewal>(bytes); break;
    case 6: try_message<LeaseStop>(bytes); break;
    case 7: try_message<TaskResult>(bytes); break;
    case 8: try_message<ResultSeen>(bytes); break;
    case 9: try_message<InputAsk>(bytes); break;
    case 10: try_message<InputPiece>(bytes); break;
    case 11: try_message<OutputAsk>(bytes); break;
    case 12: try_message<OutputPiece>(bytes); break;
    case 13: try_message<TaskCheckpoint>(bytes); break;
    case 14: try_message<LogPiece>(bytes); break;
    case 15: try_message<Adopt>(bytes); break;
    case 16: try_message<Holding>(bytes); break;
    case 17: try_message<SpecCopy>(bytes); break;
    case 18: try_message<SpecAsk>(bytes); break;
    case 19: try_message<SpecHeld>(bytes); break;
    case 20: try_message<JournalCopy>(bytes); break;
    case 21: try_message<JournalHeld>(bytes); break;
    case 22: try_record<TaskEnvelope>(bytes); break;
    default: try_record<JournalEntry>(bytes); break;
  }
}

}  // namespace
}  // namespace oort::compute

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::compute::try_any(std::span(data, size));
  return 0;
}
