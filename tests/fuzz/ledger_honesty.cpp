// SPDX-License-Identifier: Apache-2.0
// First byte: which of honesty's records the rest is. What decodes has one encoding, and judging it
// ends in a verdict whatever it says.
#include <algorithm>
#include <optional>
#include <vector>

#include "oort/core/assert.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/honesty_records.hpp"

namespace oort::ledger {
namespace {

template <class T>
std::optional<T> try_record(ByteView bytes) {
  auto value = codec::from_bytes<T>(bytes);
  if (!value) return std::nullopt;
  OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
  return *std::move(value);
}

void try_reveal(const Reveal& reveal) {
  RevealContext context;
  context.draw = {reveal.receipt.chain, reveal.epoch, Bytes32{}, 1, 1, 1};
  context.executor_owner = *OperatorId::from(reveal.officer.view().first(20));
  const RevealVerdict verdict = judge(reveal, context);
  OORT_ASSERT(verdict != RevealVerdict::Passed && verdict != RevealVerdict::Fault,
              "no reveal stands in a root of zeros");
}

void try_panel(const PanelAnswer& answer) {
  const std::vector<std::optional<PanelReveal>> reveals(
      3, PanelReveal{commitment_of(answer), answer, {}});
  for (const PanelVote& vote : panel_votes(answer.fault, Bytes32{}, reveals)) {
    OORT_ASSERT(!vote || answer.steps_count == 1, "an empty path opens a single step alone");
  }
}

/// A case ends whatever it was, and punishes nobody who did not vote.
void try_case(const CaseState& state) {
  if (state.round >= panel_rounds_count) return;
  const ListedRoll nobody({});
  FaultCase fault(state);
  Height height = state.deadline;
  for (int i = 0; i < 16 && fault.phase() != CasePhase::Closed; ++i) {
    height = std::max(height, fault.deadline());
    if (height.value() > ~std::uint64_t{0} / 2) return;
    height = height.next();
    fault.step({height, Bytes32{}, nobody});
  }
  OORT_ASSERT(fault.phase() == CasePhase::Closed || fault.deadline() > height,
              "a case ends once nobody speaks");
}

void try_input(std::uint8_t kind, ByteView rest) {
  switch (kind % 11) {
    case 0: try_record<BaitLeaf>(rest); return;
    case 1:
      if (const auto receipt = try_record<WorkReceipt>(rest)) {
        static_cast<void>(is_signed(*receipt));
      }
      return;
    case 2:
      if (const auto reveal = try_record<Reveal>(rest)) try_reveal(*reveal);
      return;
    case 3:
      if (const auto answer = try_record<PanelAnswer>(rest)) try_panel(*answer);
      return;
    case 4:
      if (const auto opening = try_record<TraceOpening>(rest)) {
        static_cast<void>(opens({}, opening->path.index, *opening));
      }
      return;
    case 5: try_record<StorageChallenge>(rest); return;
    case 6:
      if (const auto proof = try_record<StorageProof>(rest)) {
        StorageChallenge challenge;
        challenge.leaf = proof->path.leaf;
        OORT_ASSERT(!proves(*proof, challenge, TreeRoot{}, proof->path.size),
                    "nothing has a root of zeros");
      }
      return;
    case 7:
      if (const auto bundle = try_record<EvidenceBundle>(rest)) {
        OORT_ASSERT(!verdict_of(*bundle) || bundle->fault == case_id_of(bundle->reveal),
                    "a verdict is of the reveal's own case");
      }
      return;
    case 8: try_record<CaseRecord>(rest); return;
    case 9:
      if (const auto state = try_record<CaseState>(rest)) try_case(*state);
      return;
    default:
      if (const auto params = try_record<HonestyParams>(rest)) {
        static_cast<void>(is_possible(*params));
      }
      return;
  }
}

}  // namespace
}  // namespace oort::ledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (size > 0) oort::ledger::try_input(data[0], input.subspan(1));
  return 0;
}
