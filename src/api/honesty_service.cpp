// SPDX-License-Identifier: Apache-2.0
#include "honesty_service.hpp"

#include <oort/v1/honesty.grpc.pb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::HonestyView;
using ledger::StateReader;

constexpr std::string_view service_name = "HonestyService";

Result<void> need_honesty(const HonestyView& view) {
  if (view.params()) return {};
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network has no honesty: its genesis does not begin it");
}

tl::unexpected<Error> not_there(const std::string& what) {
  return fail(ErrorCode::NotFound, reason::not_found, what);
}

std::string name_of(ledger::CasePhase phase) {
  switch (phase) {
    case ledger::CasePhase::Committing: return "committing";
    case ledger::CasePhase::Opening: return "opening";
    case ledger::CasePhase::Appealable: return "appealable";
    case ledger::CasePhase::Replaying: return "replaying";
    case ledger::CasePhase::Closed: return "closed";
    case ledger::CasePhase::Drawing: return "drawing";
  }
  return "unknown";
}

std::string name_of(ledger::PanelVerdict verdict) {
  switch (verdict) {
    case ledger::PanelVerdict::Convicted: return "convicted";
    case ledger::PanelVerdict::Acquitted: return "acquitted";
    case ledger::PanelVerdict::Split: return "split";
  }
  return "unknown";
}

void write(const HonestyView& view, const NodeId& node, v1::HonestyStanding* out) {
  const ledger::Standing standing = view.standing(node);
  out->set_node(to_field(node.view()));
  out->set_credibility(view.credibility(node).value());
  out->set_passed_micro(standing.counters.passed_micro);
  out->set_failed_micro(standing.counters.failed_micro);
  out->set_stake(digits_of(view.stake_of(node)));
  out->set_weight(digits_of(view.weight_of(node)));
  out->set_posted(standing.posted);
  out->set_rounds_missed(standing.rounds_missed);
  out->set_verdicts_count(standing.verdicts_count);
  out->set_cases_open(standing.cases_open);
  out->set_audits_open(standing.audits_open);
  out->set_unavailable_count(standing.unavailable_count);
}

void write(const ledger::HonestyVerdict& verdict, v1::HonestyVerdict* out) {
  out->set_node(to_field(verdict.node.view()));
  out->set_offence(std::string(ledger::to_string(verdict.offence)));
  out->set_subject(to_field(verdict.subject.view()));
  out->set_height(verdict.height.value());
  out->set_burnt(digits_of(verdict.burnt));
  out->set_compensated(digits_of(verdict.compensated));
}

void write(const ledger::CaseRecord& record, v1::HonestyCase* out) {
  const ledger::CaseState& court = record.court;
  out->set_case_(to_field(court.id.view()));
  out->set_officer(to_field(record.reveal.officer.view()));
  out->set_executor(to_field(record.reveal.receipt.executor.view()));
  out->set_opened(record.opened.value());
  out->set_phase(name_of(court.phase));
  out->set_panels_count(court.round + 1);
  out->set_deadline(court.deadline.value());
  // A panel has ended once somebody has voted or kept silent.
  if (!court.votes.empty() || !court.silent.empty()) out->set_verdict(name_of(court.verdict));
  out->set_claimed(to_field(court.claimed.view()));
  out->set_expected(to_field(court.expected.view()));
  for (const ledger::CaseSeat& seat : court.panel) out->add_panel(to_field(seat.node.view()));
}

void write(const ledger::Audit& audit, v1::StorageAudit* out) {
  out->set_number(audit.number);
  out->set_node(to_field(audit.challenge.node.view()));
  out->set_segment(to_field(audit.challenge.shard.segment.view()));
  out->set_shard(audit.challenge.shard.index);
  out->set_is_drawn(audit.is_drawn);
  out->set_leaf(audit.challenge.leaf);
  out->set_deadline(audit.deadline.value());
  out->set_misses(audit.misses);
}

void fill_round(const HonestyView& view, v1::GetHonestyRoundResponse* out) {
  const auto state = view.state().value_or(ledger::HonestyState{});
  out->set_round(state.round);
  out->set_ends(state.ends.value());
  out->set_cases_open(state.cases_open);
  out->set_audits_count(state.audits_count);
  out->set_fund(digits_of(state.fund));
  const auto round = view.round(state.round);
  if (!round) return;
  out->set_starts(round->starts.value());
  out->set_posts_until(round->posts_until.value());
  out->set_nodes_count(round->nodes_count);
  out->set_weight(digits_of(round->weight));
  out->set_officers_expected(round->officers_expected);
}

/// Where a page begins whose token is an identifier.
template <class Id>
Result<Id> read_from(const v1::PageRequest& request) {
  if (request.page_token().empty()) return Id();
  const auto from = Id::from_hex(request.page_token());
  if (!from) return fail(bad_page_token());
  return *from;
}

Result<void> fill_standings(const StateReader& state, const v1::PageRequest& request,
                            v1::ListStandingsResponse* out) {
  OORT_TRY(const std::size_t count_max, read_page_size(request.page_size()));
  OORT_TRY(const NodeId from, read_from<NodeId>(request));
  const HonestyView view(state);
  for (const ledger::Node& node : ledger::View(state).nodes(from, count_max + 1)) {
    if (static_cast<std::size_t>(out->standings_size()) == count_max) {
      out->set_next_page_token(node.id.hex());
      break;
    }
    write(view, node.id, out->add_standings());
  }
  return {};
}

Result<void> fill_standing(const StateReader& state, const std::string& field,
                           v1::GetStandingResponse* out) {
  OORT_TRY(const NodeId node, read_id<NodeId>("node", field));
  if (!ledger::View(state).node(node)) return not_there("no node " + node.hex() + " is registered");
  const HonestyView view(state);
  write(view, node, out->mutable_standing());
  for (const ledger::HonestyVerdict& verdict : view.verdicts(node, 0, ledger::verdicts_kept)) {
    write(verdict, out->add_verdicts());
  }
  return {};
}

Result<void> fill_cases(const HonestyView& view, const v1::PageRequest& request,
                        v1::ListCasesResponse* out) {
  OORT_TRY(const std::size_t count_max, read_page_size(request.page_size()));
  OORT_TRY(const Bytes32 from, read_from<Bytes32>(request));
  for (const ledger::CaseRecord& record : view.cases(from, count_max + 1)) {
    if (static_cast<std::size_t>(out->cases_size()) == count_max) {
      out->set_next_page_token(record.court.id.hex());
      break;
    }
    write(record, out->add_cases());
  }
  return {};
}

Result<void> fill_case(const HonestyView& view, const std::string& field,
                       v1::GetCaseResponse* out) {
  OORT_TRY(const Bytes32 fault, read_id<Bytes32>("case", field));
  const auto record = view.fault_case(fault);
  const auto evidence = view.evidence(fault);
  if (!record || !evidence) return not_there("there is no case " + fault.hex());
  write(*record, out->mutable_case_());
  out->set_evidence(to_field(codec::to_bytes(*evidence)));
  return {};
}

Result<void> fill_audits(const HonestyView& view, const v1::PageRequest& request,
                         v1::ListAuditsResponse* out) {
  OORT_TRY(const std::size_t count_max, read_page_size(request.page_size()));
  std::uint64_t from = 0;
  if (!request.page_token().empty()) {
    OORT_TRY(from, read_number_token(request.page_token()));
  }
  for (const ledger::Audit& audit : view.audits(from, count_max + 1)) {
    if (static_cast<std::size_t>(out->audits_size()) == count_max) {
      out->set_next_page_token(std::to_string(audit.number));
      break;
    }
    write(audit, out->add_audits());
  }
  return {};
}

class HonestyService final : public v1::HonestyService::CallbackService {
 public:
  explicit HonestyService(StatePort* state) : state_(state) {}

  ServerUnaryReactor* GetRound(CallbackServerContext* context, const v1::GetHonestyRoundRequest*,
                               v1::GetHonestyRoundResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      fill_round(HonestyView(state), response);
      return Result<void>();
    });
  }
  ServerUnaryReactor* ListStandings(CallbackServerContext* context,
                                    const v1::ListStandingsRequest* request,
                                    v1::ListStandingsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_standings(state, request->page(), response);
    });
  }
  ServerUnaryReactor* GetStanding(CallbackServerContext* context,
                                  const v1::GetStandingRequest* request,
                                  v1::GetStandingResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_standing(state, request->node(), response);
    });
  }
  ServerUnaryReactor* ListCases(CallbackServerContext* context, const v1::ListCasesRequest* request,
                                v1::ListCasesResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_cases(HonestyView(state), request->page(), response);
    });
  }
  ServerUnaryReactor* GetCase(CallbackServerContext* context, const v1::GetCaseRequest* request,
                              v1::GetCaseResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_case(HonestyView(state), request->case_(), response);
    });
  }
  ServerUnaryReactor* ListAudits(CallbackServerContext* context,
                                 const v1::ListAuditsRequest* request,
                                 v1::ListAuditsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_audits(HonestyView(state), request->page(), response);
    });
  }

 private:
  template <class Response, class Fill>
  ServerUnaryReactor* answered(CallbackServerContext& context, Response* response,
                               const Fill& fill) {
    return answer(state_, context, service_name,
                  [&](const StateMark& mark, const StateReader& state) -> Result<void> {
                    OORT_TRY(need_honesty(HonestyView(state)));
                    write(mark, response->mutable_state());
                    return fill(state);
                  });
  }

  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_honesty_service(StatePort* state) {
  return std::make_unique<HonestyService>(state);
}

}  // namespace oort::api
