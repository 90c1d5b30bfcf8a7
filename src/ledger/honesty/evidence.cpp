// SPDX-License-Identifier: Apache-2.0
#include "oort/core/reasons.hpp"
#include "oort/ledger/honesty_case.hpp"

namespace oort::ledger {
namespace {

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, "evidence: " + std::move(detail));
}

Result<void> check(const EvidenceBundle& bundle) {
  if (bundle.fault != case_id_of(bundle.reveal)) return refuse("the case is of another reveal");
  const RevealVerdict compared = judge(bundle.reveal, bundle.context);
  if (compared != RevealVerdict::Fault) {
    return refuse("the reveal opens no case: " + std::string(to_string(compared)));
  }
  if (bundle.rounds.empty() || bundle.rounds.size() > panel_rounds_count) {
    return refuse("a case has one to three panels");
  }
  for (std::uint32_t i = 0; i < bundle.rounds.size(); ++i) {
    if (bundle.rounds[i].seats.size() > panel_size(i)) return refuse("a panel is too great");
  }
  return {};
}

}  // namespace

Result<PanelVerdict> verdict_of(const EvidenceBundle& bundle) {
  OORT_TRY(check(bundle));
  const EvidenceBundle::Round& last = bundle.rounds.back();
  const auto size = panel_size(static_cast<std::uint32_t>(bundle.rounds.size()) - 1);
  if (last.seats.size() != size) return PanelVerdict::Split;
  const auto votes = panel_votes(bundle.fault, last.seed, last.seats);
  return judge_panel(votes, bundle.reveal.receipt.result_hash, bundle.reveal.answer);
}

}  // namespace oort::ledger
