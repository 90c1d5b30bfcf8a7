// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "client.hpp"
#include "ledger_client.hpp"
#include "oort/consensus/evidence.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

std::string words_of(std::uint32_t number) {
  const auto kind = static_cast<consensus::EvidenceKind>(number);
  if (static_cast<std::uint32_t>(kind) == number) {
    switch (kind) {
      case consensus::EvidenceKind::DoubleNotarize: return "two notarizations";
      case consensus::EvidenceKind::DoubleFinalize: return "two finalizations";
      case consensus::EvidenceKind::NotarizeAndFinalize: return "notarized one, finalized another";
      case consensus::EvidenceKind::NullifyAndFinalize: return "finalized a view that it gave up";
      case consensus::EvidenceKind::DoubleProposal: return "two proposals";
      case consensus::EvidenceKind::UnjustifiedVote: return "a vote without justification";
    }
  }
  return "kind " + std::to_string(number);
}

Result<void> list_evidence(const Session& session) {
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto all, client.evidence());
  Json evidence = Json::array();
  std::vector<std::vector<std::string>> rows = {{"FAULT", "OFFENDER", "HEIGHT", "WHAT"}};
  for (const v1::Evidence& one : all) {
    evidence.push_back({{"fault", hex_of(one.fault())},
                        {"fault_kind", one.kind()},
                        {"offender", hex_of(one.offender())},
                        {"reporter", hex_of(one.reporter())},
                        {"recorded_at", one.height()}});
    rows.push_back({hex_of(one.fault()), hex_of(one.offender()), std::to_string(one.height()),
                    words_of(one.kind())});
  }
  session.show({{"evidence", evidence}}, [&] {
    if (all.empty()) {
      std::puts("no validator was proven to have broken the protocol");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

}  // namespace

void add_evidence_commands(CLI::App& app, Session& session) {
  CLI::App* evidence =
      app.add_subcommand("evidence", "Validators that broke the protocol")->require_subcommand(1);
  CLI::App* list = evidence->add_subcommand("list", "Every proven fault on the ledger");
  list->footer("Prove one to others with: oortd proof evidence FAULT --out FILE");
  list->callback([&session] { session.action = [&session] { return list_evidence(session); }; });
}

}  // namespace oort::cli
