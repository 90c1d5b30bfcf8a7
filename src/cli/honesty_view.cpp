// SPDX-License-Identifier: Apache-2.0
#include "honesty_view.hpp"

#include <string_view>

#include "oort/core/reasons.hpp"
#include "oort/honesty/explain.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::cli {
namespace {

std::string_view name_of(ledger::PanelVerdict verdict) {
  switch (verdict) {
    case ledger::PanelVerdict::Convicted: return "convicted";
    case ledger::PanelVerdict::Acquitted: return "acquitted";
    case ledger::PanelVerdict::Split: return "split";
  }
  return "unknown";
}

}  // namespace

Json to_json(const ledger::EvidenceBundle& evidence) {
  const ledger::Reveal& reveal = evidence.reveal;
  Json panels = Json::array();
  for (const auto& round : evidence.rounds) {
    const auto votes = ledger::panel_votes(evidence.fault, round.seed, round.seats);
    Json seats = Json::array();
    for (std::size_t i = 0; i < votes.size(); ++i) {
      const auto& seat = round.seats[i];
      seats.push_back({{"node", seat ? Json(seat->answer.panelist.hex()) : Json()},
                       {"result", votes[i] ? Json(votes[i]->hex()) : Json()}});
    }
    panels.push_back(std::move(seats));
  }
  const auto verdict = ledger::verdict_of(evidence);
  return {{"case", evidence.fault.hex()},
          {"round", reveal.epoch.value()},
          {"officer", reveal.officer.hex()},
          {"executor", reveal.receipt.executor.hex()},
          {"claimed", reveal.receipt.result_hash.hex()},
          {"expected", reveal.answer.hex()},
          {"panels", std::move(panels)},
          {"leads_to", verdict ? Json(name_of(*verdict)) : Json()},
          {"explanation", honesty::explain(evidence)}};
}

std::string to_text(const ledger::EvidenceBundle& evidence) {
  std::string text = "case " + evidence.fault.hex() + "\n";
  for (const std::string& line : honesty::explain(evidence)) text += line + "\n";
  return text;
}

Result<ledger::PanelVerdict> verify_evidence(const ledger::EvidenceBundle& evidence,
                                             const ChainId& chain) {
  if (evidence.context.draw.chain != chain || evidence.reveal.receipt.chain != chain) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                "nothing is proven: the evidence is of another network");
  }
  const auto verdict = ledger::verdict_of(evidence);
  if (!verdict) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                "nothing is proven: " + verdict.error().detail());
  }
  return *verdict;
}

}  // namespace oort::cli
