// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence.hpp"

namespace oort::ledger {

Rejection apply(Call& call, const EvidenceSubmit& operation) {
  if (call.block.evidence == nullptr) return Rejection::EvidenceInvalid;
  const auto verdict = call.block.evidence->judge(operation.proof, call.state());
  if (!verdict) return Rejection::EvidenceInvalid;
  if (call.view().evidence(verdict->fault)) return Rejection::EvidenceKnown;
  save(call.state(), keys::evidence(verdict->fault),
       Evidence{.id = verdict->fault,
                .kind = verdict->kind,
                .offender = verdict->offender,
                .reporter = call.sender,
                .height = call.block.header.height,
                .digest = body_digest_of(ByteView(operation.proof))});
  call.events.emplace_back(EvidenceAccepted{verdict->fault, verdict->kind, verdict->offender});
  auto node = call.view().node(verdict->offender);
  if (node && node->status != NodeStatus::Faulty) {
    node->status = NodeStatus::Faulty;
    save(call.state(), keys::node(node->id), *node);
    call.events.emplace_back(NodeChanged{node->id, node->status});
  }
  return Rejection::None;
}

}  // namespace oort::ledger
