// SPDX-License-Identifier: Apache-2.0
// Cases on their way: what sides and panelists say, and what heights do.
#include <algorithm>

#include "bank/bank.hpp"
#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

using keys::HonestyDue;

void change_cases_open(Overlay& state, const HonestyParams& params, const NodeId& executor,
                       bool is_opened) {
  HonestyState honesty = honesty_state(state);
  Standing standing = standing_now(state, params, honesty.round, executor);
  honesty.cases_open += is_opened ? 1 : ~std::uint64_t{0};
  standing.cases_open += is_opened ? 1 : ~std::uint32_t{0};
  save(state, keys::honesty_state(), honesty);
  save_standing(state, executor, standing);
}

CaseChanged told(const CaseState& court) {
  return {court.id, court.phase, court.round, court.verdict};
}

void put_case(Overlay& state, const CaseRecord& record) {
  save(state, keys::fault_case(record.court.id), record);
}

/// Whose turn it was is over: keeps the panel as it was, for whoever asks why.
void keep_round(Overlay& state, const CaseState& before) {
  save(state, keys::case_round(before.id, before.round), CaseRound{before.step_seed, before.panel});
}

/// The case, where it can be asked something, and the machine that it is.
struct OpenCase {
  CaseRecord record;
  FaultCase court;
};
Accepted<OpenCase> find_case(const Call& call, const Bytes32& fault) {
  if (!honesty_params(call.state())) return Refused(Rejection::ModuleOff);
  auto record = load<CaseRecord>(call.state(), keys::fault_case(fault));
  if (!record) return Refused(Rejection::CaseUnknown);
  FaultCase court(record->court);
  return OpenCase{*std::move(record), std::move(court)};
}

/// Once all have spoken, the next block goes on.
void save_spoken(Call& call, OpenCase& open) {
  open.record.court = open.court.state();
  put_case(call.state(), open.record);
  if (!open.court.is_ready()) return;
  due_at(call.state(), call.block.header.height.next(), HonestyDue::Case, open.court.id().view());
}

/// The operator that the standing verdict is against; nobody's for a split.
std::optional<OperatorId> loser_of(const CaseRecord& record) {
  switch (record.court.verdict) {
    case PanelVerdict::Convicted: return record.context.executor_owner;
    case PanelVerdict::Acquitted: return record.context.officer_owner;
    case PanelVerdict::Split: break;
  }
  return std::nullopt;
}

}  // namespace

Rejection open_case(Call& call, const HonestyParams& params, const Reveal& reveal,
                    const RevealContext& context) {
  const Bytes key = keys::posting(reveal.epoch.value(), reveal.officer);
  auto posting = load<Posting>(call.state(), key);
  OORT_ASSERT(posting.has_value(), "the reveal was judged by its root");
  if (posting->cases_count >= params.cases_per_officer) return Rejection::CasesTooMany;
  ++posting->cases_count;
  save(call.state(), key, *posting);
  const auto round = load<Round>(call.state(), keys::round(reveal.epoch.value()));
  OORT_ASSERT(round.has_value(), "the last round is kept");

  const FaultCase court(reveal, context, params.rules, call.block.header.height);
  const Rejection refused = debit(call.state(), call.events, call.sender, params.case_bond,
                                  Purpose::CaseBondPosted, court.id());
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Honesty, params.case_bond);
  CaseRecord record;
  record.reveal = reveal;
  record.context = context;
  record.opened = call.block.header.height;
  record.staking_epoch = round->staking_epoch;
  record.payer = call.sender;
  record.bond = params.case_bond;
  record.seat_pay = params.seat_pay;
  record.court = court.state();
  put_case(call.state(), record);
  due_at(call.state(), call.block.header.height.next(), HonestyDue::Case, court.id().view());
  change_cases_open(call.state(), params, reveal.receipt.executor, true);
  call.events.emplace_back(
      RevealJudged{reveal.officer, reveal.receipt.executor, RevealVerdict::Fault, court.id()});
  call.events.emplace_back(told(record.court));
  return Rejection::None;
}

Rejection apply(Call& call, const PanelCommit& operation) {
  auto open = find_case(call, operation.fault);
  if (!open) return open.error();
  const auto node = own_node(call, operation.panelist);
  if (!node) return node.error();
  if (open->court.phase() != CasePhase::Committing ||
      call.block.header.height > open->court.deadline()) {
    return Rejection::CasePhaseWrong;
  }
  if (!open->court.commit(operation.panelist, operation.commitment)) return Rejection::SeatWrong;
  save_spoken(call, *open);
  return Rejection::None;
}

Rejection apply(Call& call, const PanelOpen& operation) {
  const PanelAnswer& answer = operation.reveal.answer;
  auto open = find_case(call, answer.fault);
  if (!open) return open.error();
  const auto node = own_node(call, answer.panelist);
  if (!node) return node.error();
  if (open->court.phase() != CasePhase::Opening ||
      call.block.header.height > open->court.deadline()) {
    return Rejection::CasePhaseWrong;
  }
  // What does not open its commitment would be silence, and stands in the way of what does.
  if (commitment_of(answer) != operation.reveal.commitment) return Rejection::SeatWrong;
  if (!open->court.open(operation.reveal)) return Rejection::SeatWrong;
  save_spoken(call, *open);
  return Rejection::None;
}

Rejection apply(Call& call, const CaseAppeal& operation) {
  auto open = find_case(call, operation.fault);
  if (!open) return open.error();
  const auto params = honesty_params(call.state());
  const PanelVerdict against = open->court.verdict();
  const auto loser = loser_of(open->record);
  if (open->court.phase() != CasePhase::Appealable || !loser) return Rejection::CasePhaseWrong;
  const bool is_convicted = against == PanelVerdict::Convicted;
  const Reveal& reveal = open->record.reveal;
  const auto side = own_node(call, is_convicted ? reveal.receipt.executor : reveal.officer);
  if (!side) return side.error();
  if (!open->court.appeal(call.block.header.height)) return Rejection::CasePhaseWrong;
  const Rejection refused = debit(call.state(), call.events, call.sender, params->appeal_bond,
                                  Purpose::CaseBondPosted, operation.fault);
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Honesty, params->appeal_bond);
  open->record.appeals.push_back({call.sender, params->appeal_bond, against});
  open->record.court = open->court.state();
  put_case(call.state(), open->record);
  due_at(call.state(), call.block.header.height.next(), HonestyDue::Case, operation.fault.view());
  call.events.emplace_back(told(open->record.court));
  return Rejection::None;
}

void go_on_with_case(Block& block, const HonestyParams& params, const Bytes32& fault,
                     std::vector<Event>& events) {
  auto record = load<CaseRecord>(block.state, keys::fault_case(fault));
  if (!record || record->court.phase == CasePhase::Closed) return;
  const CaseState before = record->court;
  const RoundRoll roll(block.state, honesty_state(block.state).round - 1, params.stake_min);
  FaultCase court(before);
  court.step({block.header.height, beacon_value(block.state), roll});
  if (court.state() == before) return;
  record->court = court.state();
  if (before.phase == CasePhase::Opening) keep_round(block.state, before);
  put_case(block.state, *record);
  events.emplace_back(told(record->court));
  if (court.phase() != CasePhase::Closed) {
    return due_at(block.state, later(court.deadline(), 1), HonestyDue::Case, fault.view());
  }
  change_cases_open(block.state, params, record->reveal.receipt.executor, false);
  settle(block, params, *record, events);
  const std::uint64_t kept = params.keep_rounds * params.round_blocks;
  due_at(block.state, block.height_after(kept), HonestyDue::ForgetCase, fault.view());
}

void forget_case(Overlay& state, const Bytes32& fault) {
  state.erase(keys::fault_case(fault));
  for (std::uint32_t round = 0; round < panel_rounds_count; ++round) {
    const Bytes key = keys::case_round(fault, round);
    if (state.get(key)) state.erase(key);
  }
}

}  // namespace oort::ledger
