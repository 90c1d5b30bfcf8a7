// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence.hpp"

#include <algorithm>

namespace oort::ledger {

Rejection apply(Call& call, const EvidenceSubmit& operation) {
  if (call.block.evidence == nullptr) return Rejection::EvidenceInvalid;
  if (call.block.evidence_count >= evidence_per_block_max) return Rejection::EvidenceTooMany;
  ++call.block.evidence_count;
  const auto verdict = call.block.evidence->judge(operation.proof, call.state());
  if (!verdict) return Rejection::EvidenceInvalid;
  const oort::View now = call.block.header.view;
  if (now < verdict->view || now.value() - verdict->view.value() > evidence_views_max) {
    return Rejection::EvidenceOutsideWindow;
  }
  if (call.view().evidence(verdict->fault)) return Rejection::EvidenceKnown;
  save(call.state(), keys::evidence(verdict->fault),
       Evidence{.id = verdict->fault,
                .kind = verdict->kind,
                .offender = verdict->offender,
                .reporter = call.sender,
                .height = call.block.header.height,
                .digest = body_digest_of(ByteView(operation.proof))});
  call.events.emplace_back(EvidenceAccepted{verdict->fault, verdict->kind, verdict->offender});
  return Rejection::None;
}

bool brought_evidence_alone(const Receipt& receipt) noexcept {
  return std::ranges::all_of(receipt.operations, [](const OperationReceipt& operation) {
    return operation.events.size() == 1 &&
           std::holds_alternative<EvidenceAccepted>(operation.events.front());
  });
}

}  // namespace oort::ledger
