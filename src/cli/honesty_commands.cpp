// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/honesty.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "command.hpp"
#include "honesty_view.hpp"
#include "key_file.hpp"
#include "named.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

using Stub = v1::HonestyService::Stub;

constexpr Duration read_deadline = 10s;
constexpr std::int32_t page_size = 1'000;

struct Arguments {
  std::string node;
  std::string fault;
  std::string bundle;
};

/// HonestyService of one node.
struct Client {
  std::string endpoint;
  std::unique_ptr<Stub> stub;

  template <class Response, class Method, class Request>
  Result<Response> ask(Method method, const Request& request) const {
    return call<Response>(endpoint, read_deadline, *stub, method, request);
  }
  /// All pages; `use` takes each.
  template <class Response, class Method, class Request, class Use>
  Result<void> ask_all(Method method, Request request, const Use& use) const {
    request.mutable_page()->set_page_size(page_size);
    do {
      OORT_TRY(const auto page, ask<Response>(method, request));
      use(page);
      request.mutable_page()->set_page_token(page.next_page_token());
    } while (!request.page().page_token().empty());
    return {};
  }
};

Result<Client> open_honesty(const Session& session) {
  OORT_TRY(std::string endpoint, session.endpoint());
  auto stub = v1::HonestyService::NewStub(connect(endpoint));
  return Client{std::move(endpoint), std::move(stub)};
}

/// "93.2 %", of parts per billion.
std::string credibility_text(std::uint64_t ppb) {
  const std::uint64_t thousandths = ppb / 1'000'000;
  return std::to_string(thousandths / 10) + "." + std::to_string(thousandths % 10) + " %";
}
/// "2.50" of millionths of a bait.
std::string baits_text(std::uint64_t micro) {
  const std::uint64_t hundredths = micro / 10'000 % 100;
  return std::to_string(micro / 1'000'000) + (hundredths < 10 ? ".0" : ".") +
         std::to_string(hundredths);
}

Json to_json(const v1::HonestyStanding& standing) {
  return {{"node", hex_of(standing.node())},
          {"credibility", standing.credibility()},
          {"passed_micro", standing.passed_micro()},
          {"failed_micro", standing.failed_micro()},
          {"stake", standing.stake()},
          {"weight", standing.weight()},
          {"posted", standing.posted()},
          {"rounds_missed", standing.rounds_missed()},
          {"verdicts_count", standing.verdicts_count()},
          {"cases_open", standing.cases_open()},
          {"audits_open", standing.audits_open()},
          {"unavailable_count", standing.unavailable_count()}};
}

Json to_json(const v1::HonestyVerdict& verdict) {
  return {{"node", hex_of(verdict.node())},
          {"offence", verdict.offence()},
          {"subject", hex_of(verdict.subject())},
          {"height", verdict.height()},
          {"burnt", verdict.burnt()},
          {"compensated", verdict.compensated()}};
}

Json to_json(const v1::HonestyCase& one) {
  Json panel = Json::array();
  for (const std::string& node : one.panel()) panel.push_back(hex_of(node));
  return {{"case", hex_of(one.case_())},
          {"officer", hex_of(one.officer())},
          {"executor", hex_of(one.executor())},
          {"opened", one.opened()},
          {"phase", one.phase()},
          {"panels_count", one.panels_count()},
          {"deadline", one.deadline()},
          {"verdict", one.verdict().empty() ? Json() : Json(one.verdict())},
          {"panel", std::move(panel)}};
}

Result<void> show_round(const Session& session, const Arguments&) {
  OORT_TRY(const Client client, open_honesty(session));
  OORT_TRY(const auto round,
           client.ask<v1::GetHonestyRoundResponse>(&Stub::GetRound, v1::GetHonestyRoundRequest()));
  const Json value = {{"round", round.round()},
                      {"starts", round.starts()},
                      {"posts_until", round.posts_until()},
                      {"ends", round.ends()},
                      {"nodes_count", round.nodes_count()},
                      {"weight", round.weight()},
                      {"officers_expected", round.officers_expected()},
                      {"cases_open", round.cases_open()},
                      {"audits_count", round.audits_count()},
                      {"fund", round.fund()}};
  session.show(value, [&] {
    std::fputs(columns({{"round", std::to_string(round.round())},
                        {"ends at height", std::to_string(round.ends())},
                        {"roots posted", std::to_string(round.nodes_count())},
                        {"honest weight", oort_text(round.weight())},
                        {"cases open", std::to_string(round.cases_open())},
                        {"audits so far", std::to_string(round.audits_count())},
                        {"fund", oort_text(round.fund())}})
                   .c_str(),
               stdout);
  });
  return {};
}

Result<void> show_one_standing(const Session& session, const Client& client, const NodeId& node) {
  v1::GetStandingRequest request;
  request.set_node(std::string(as_text(node.view())));
  OORT_TRY(const auto response, client.ask<v1::GetStandingResponse>(&Stub::GetStanding, request));
  Json value = to_json(response.standing());
  Json verdicts = Json::array();
  std::vector<std::vector<std::string>> rows = {{"HEIGHT", "PROVEN", "BURNT", "PAID", "CASE"}};
  for (const v1::HonestyVerdict& verdict : response.verdicts()) {
    verdicts.push_back(to_json(verdict));
    rows.push_back({std::to_string(verdict.height()), verdict.offence(), oort_text(verdict.burnt()),
                    oort_text(verdict.compensated()), hex_of(verdict.subject())});
  }
  value["verdicts"] = std::move(verdicts);
  session.show(value, [&] {
    const v1::HonestyStanding& standing = response.standing();
    std::fputs(columns({{"node", hex_of(standing.node())},
                        {"credibility", credibility_text(standing.credibility())},
                        {"baits passed", baits_text(standing.passed_micro())},
                        {"baits failed", baits_text(standing.failed_micro())},
                        {"stake", oort_text(standing.stake())},
                        {"honest weight", oort_text(standing.weight())},
                        {"last root", "round " + std::to_string(standing.posted())},
                        {"rounds missed", std::to_string(standing.rounds_missed())},
                        {"cases open", std::to_string(standing.cases_open())}})
                   .c_str(),
               stdout);
    if (rows.size() > 1) std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> show_standing(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Client client, open_honesty(session));
  if (!arguments.node.empty()) {
    OORT_TRY(const NodeId node, node_named(session, arguments.node));
    return show_one_standing(session, client, node);
  }
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "CREDIBILITY", "PASSED", "FAILED", "STAKE", "VERDICTS", "CASES"}};
  OORT_TRY(client.ask_all<v1::ListStandingsResponse>(
      &Stub::ListStandings, v1::ListStandingsRequest(), [&](const v1::ListStandingsResponse& page) {
        for (const v1::HonestyStanding& standing : page.standings()) {
          list.push_back(to_json(standing));
          rows.push_back({hex_of(standing.node()), credibility_text(standing.credibility()),
                          baits_text(standing.passed_micro()), baits_text(standing.failed_micro()),
                          oort_text(standing.stake()), std::to_string(standing.verdicts_count()),
                          std::to_string(standing.cases_open())});
        }
      }));
  session.show({{"standings", list}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> list_cases(const Session& session, const Arguments&) {
  OORT_TRY(const Client client, open_honesty(session));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"CASE", "EXECUTOR", "OPENED", "PHASE", "VERDICT"}};
  OORT_TRY(client.ask_all<v1::ListCasesResponse>(
      &Stub::ListCases, v1::ListCasesRequest(), [&](const v1::ListCasesResponse& page) {
        for (const v1::HonestyCase& one : page.cases()) {
          list.push_back(to_json(one));
          rows.push_back({hex_of(one.case_()), hex_of(one.executor()).substr(0, 16),
                          std::to_string(one.opened()), one.phase(),
                          one.verdict().empty() ? "-" : one.verdict()});
        }
      }));
  session.show({{"cases", list}}, [&] {
    if (rows.size() == 1) {
      std::puts("nobody is accused");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

Result<void> list_audits(const Session& session, const Arguments&) {
  OORT_TRY(const Client client, open_honesty(session));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"AUDIT", "NODE", "SEGMENT", "SHARD", "LEAF", "UNTIL", "MISSES"}};
  OORT_TRY(client.ask_all<v1::ListAuditsResponse>(
      &Stub::ListAudits, v1::ListAuditsRequest(), [&](const v1::ListAuditsResponse& page) {
        for (const v1::StorageAudit& audit : page.audits()) {
          list.push_back({{"audit", audit.number()},
                          {"node", hex_of(audit.node())},
                          {"segment", hex_of(audit.segment())},
                          {"shard", audit.shard()},
                          {"leaf", audit.is_drawn() ? Json(audit.leaf()) : Json()},
                          {"deadline", audit.deadline()},
                          {"misses", audit.misses()}});
          rows.push_back({std::to_string(audit.number()), hex_of(audit.node()).substr(0, 16),
                          hex_of(audit.segment()).substr(0, 16), std::to_string(audit.shard()),
                          audit.is_drawn() ? std::to_string(audit.leaf()) : "-",
                          std::to_string(audit.deadline()), std::to_string(audit.misses())});
        }
      }));
  session.show({{"audits", list}}, [&] {
    if (rows.size() == 1) {
      std::puts("no audit is open");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

Result<void> show_case(const Session& session, const Arguments& arguments) {
  const auto fault = Bytes32::from_hex(arguments.fault);
  if (!fault) {
    return fail(
        ErrorCode::InvalidArgument, reason::bad_argument,
        "'" + arguments.fault + "': write 64 hexadecimal digits, from `oortd honesty cases`");
  }
  OORT_TRY(const Client client, open_honesty(session));
  v1::GetCaseRequest request;
  request.set_case_(std::string(as_text(fault->view())));
  OORT_TRY(const auto response, client.ask<v1::GetCaseResponse>(&Stub::GetCase, request));
  OORT_TRY(const auto evidence,
           codec::from_bytes<ledger::EvidenceBundle>(as_bytes(response.evidence())));
  if (!arguments.bundle.empty()) {
    OORT_TRY(write_file(arguments.bundle, as_bytes(response.evidence()), 0644));
  }
  Json value = to_json(response.case_());
  value["evidence"] = cli::to_json(evidence);
  session.show(value, [&] {
    std::fputs(to_text(evidence).c_str(), stdout);
    std::printf("the case is %s\n", response.case_().phase().c_str());
    if (arguments.bundle.empty()) return;
    std::printf("%s: the evidence, %zu bytes; check it with `oortd verify`\n",
                arguments.bundle.c_str(), response.evidence().size());
  });
  return {};
}

}  // namespace

void add_honesty_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group = app.add_subcommand("honesty", "Proof of Honesty: standings, cases, evidence")
                        ->require_subcommand(1);
  add(group, session, arguments, "round", "The present round", show_round);
  CLI::App* standing = add(group, session, arguments, "standing",
                           "What is known of one node, or of all", show_standing);
  standing->add_option("NODE", arguments.node, "64 hexadecimal digits, or a name: super-1");
  standing->footer("Example: oortd honesty standing super-2");
  add(group, session, arguments, "cases", "Who is accused, and what became of it", list_cases);
  add(group, session, arguments, "audits", "Leaves that nodes are asked to show", list_audits);
  CLI::App* shown =
      add(group, session, arguments, "show", "A case's evidence, in words", show_case);
  shown->add_option("CASE", arguments.fault, "64 hexadecimal digits")->required();
  shown->add_option("--bundle", arguments.bundle, "Where to write the evidence");
  shown->footer("Check it offline with: oortd verify FILE --genesis genesis.oort");
}

}  // namespace oort::cli
