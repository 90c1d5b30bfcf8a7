// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence.hpp"

#include <algorithm>

#include "staking/staking.hpp"

namespace oort::ledger {
namespace {

struct Bounds {
  std::uint64_t views = evidence_views_max;
  std::uint32_t proofs_per_block = evidence_per_block_max;
};

/// Where there is stake to lose, governance says for how long evidence counts.
Bounds bounds_of(const StateReader& state) {
  const auto staking = staking_params(state);
  if (!staking) return {};
  return {staking->evidence_views, staking->evidence_per_block};
}

/// Views are compared within one epoch only; how long an earlier one was nobody needs to know.
bool is_in_window(const Block& block, const Verdict& verdict, std::uint64_t views) {
  const BlockContext& now = block.header;
  if (verdict.epoch < now.epoch) {
    return now.epoch.value() - verdict.epoch.value() <= block.params.unbonding_epochs;
  }
  if (verdict.epoch != now.epoch || verdict.view > now.view) return false;
  return now.view.value() - verdict.view.value() <= views;
}

}  // namespace

Rejection apply(Call& call, const EvidenceSubmit& operation) {
  if (call.block.evidence == nullptr) return Rejection::EvidenceInvalid;
  const Bounds bounds = bounds_of(call.state());
  if (call.block.evidence_count >= bounds.proofs_per_block) return Rejection::EvidenceTooMany;
  ++call.block.evidence_count;
  const auto verdict = call.block.evidence->judge(operation.proof, call.state());
  if (!verdict) return Rejection::EvidenceInvalid;
  if (!is_in_window(call.block, *verdict, bounds.views)) return Rejection::EvidenceOutsideWindow;
  if (call.view().evidence(verdict->fault)) return Rejection::EvidenceKnown;
  save(call.state(), keys::evidence(verdict->fault),
       Evidence{.id = verdict->fault,
                .kind = verdict->kind,
                .offender = verdict->offender,
                .reporter = call.sender,
                .height = call.block.header.height,
                .digest = body_digest_of(ByteView(operation.proof))});
  call.events.emplace_back(EvidenceAccepted{verdict->fault, verdict->kind, verdict->offender});
  punish_double_vote(call.block, *verdict, call.sender, call.events);
  return Rejection::None;
}

bool brought_evidence_alone(const Receipt& receipt) noexcept {
  return std::ranges::all_of(receipt.operations, [](const OperationReceipt& operation) {
    return !operation.events.empty() &&
           std::holds_alternative<EvidenceAccepted>(operation.events.front());
  });
}

}  // namespace oort::ledger
