// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "samples.hpp"

namespace oort::ledger::test {
namespace {

template <class T>
T filled(std::uint8_t byte) {
  T value;
  for (std::byte& each : value.mutable_view()) each = std::byte{byte};
  return value;
}
template <class T>
std::pair<std::string, Bytes> named(const char* name, const T& value) {
  return {name, codec::to_bytes(value)};
}

crypto::MerkleProof path() { return {3, 256, {filled<Bytes32>(1), filled<Bytes32>(2)}}; }
Reveal reveal() {
  Reveal reveal;
  reveal.epoch = Epoch(7);
  reveal.officer = filled<NodeId>(1);
  reveal.drawn = filled<crypto::VrfProof>(2);
  reveal.leaf = {filled<Bytes32>(3), filled<Bytes32>(4), VerdictRule::Tolerance};
  reveal.path = path();
  reveal.salt = filled<Bytes32>(5);
  reveal.answer = filled<Bytes32>(6);
  reveal.receipt = {filled<ChainId>(7), Epoch(7),           {1, 2},
                    filled<Bytes32>(3), filled<Bytes32>(8), filled<Bytes32>(9),
                    {10, 11, 12, 13},   filled<NodeId>(14), filled<Signature>(15)};
  return reveal;
}
RevealContext context() {
  return {{filled<ChainId>(7), Epoch(7), filled<Bytes32>(16), 17, Uint128{1} << 70, 18},
          filled<Bytes32>(19),
          filled<OperatorId>(20),
          filled<OperatorId>(21)};
}
PanelReveal panel_reveal() {
  return {filled<Bytes32>(1),
          {filled<Bytes32>(2), filled<NodeId>(3), filled<Bytes32>(4), filled<Bytes32>(5), 6,
           filled<Bytes32>(7)},
          {filled<Bytes32>(8), path()}};
}
CaseSeat seat() { return {filled<NodeId>(3), filled<Bytes32>(1), panel_reveal()}; }
CaseState court() {
  CaseState court;
  court.id = filled<Bytes32>(1);
  court.claimed = filled<Bytes32>(2);
  court.expected = filled<Bytes32>(3);
  court.rules = {4, 5, 6, 7};
  court.excluded = {filled<OperatorId>(8)};
  court.round = 1;
  court.phase = CasePhase::Opening;
  court.deadline = Height(9);
  court.step_seed = filled<Bytes32>(10);
  court.panel = {seat(), {filled<NodeId>(4), {}, {}}};
  court.verdict = PanelVerdict::Acquitted;
  court.silent = {filled<NodeId>(11)};
  court.votes = {{filled<NodeId>(12), filled<Bytes32>(13)}};
  return court;
}
Standing standing() {
  Standing standing;
  standing.counters = {1, 2};
  standing.score = -3;
  standing.round = 4;
  standing.posted = 5;
  standing.rounds_missed = 6;
  standing.verdicts_count = 7;
  standing.cases_open = 8;
  standing.audits_open = 9;
  standing.unavailable_count = 10;
  standing.risk = {11, 12};
  return standing;
}
StorageChallenge challenge() {
  return {Epoch(1), 2, filled<NodeId>(3), {filled<SegmentId>(4), 5, 6}, 7};
}

}  // namespace

std::vector<Operation> honesty_operations() {
  return {
      RoundPost{filled<NodeId>(1),
                2,
                filled<Bytes32>(3),
                {filled<Bytes32>(4), 5},
                {filled<Bytes32>(6), 7}},
      BaitReveal{reveal()},
      PanelCommit{filled<Bytes32>(1), filled<NodeId>(2), filled<Bytes32>(3)},
      PanelOpen{panel_reveal()},
      CaseAppeal{filled<Bytes32>(1)},
      AuditDemand{filled<SegmentId>(1), 2},
      AuditAnswer{1, {{5000, 1, {filled<Bytes32>(2)}}, to_bytes("leaf")}},
      WorkAccuse{accusation_of(filled<NodeId>(1), reveal().receipt, filled<Bytes32>(2))},
  };
}

std::vector<Event> honesty_events() {
  return {
      RoundBegan{1, 2, Oort(3)},
      RevealJudged{filled<NodeId>(1), filled<NodeId>(2), RevealVerdict::Missed, filled<Bytes32>(3)},
      CaseChanged{filled<Bytes32>(1), CasePhase::Replaying, 2, PanelVerdict::Acquitted},
      NodePunished{filled<NodeId>(1), Offence::FalseAccusation, filled<Bytes32>(2), Oort(3),
                   Oort(4)},
      AuditChanged{AuditChanged::Kind::Missed, 1, filled<NodeId>(2)},
  };
}

std::vector<std::pair<std::string, Bytes>> honesty_records() {
  return {
      named("HonestyParams", HonestyParams{}),
      named("HonestyGenesis", HonestyGenesis{}),
      named("HonestyState", HonestyState{1, Height(2), Oort(3), 4, 5, 6}),
      named("Round", Round{filled<Bytes32>(1), Height(2), Height(3), 4, 5, 6, Oort(7)}),
      named(
          "Posting",
          Posting{
              filled<Bytes32>(1), {filled<Bytes32>(2), 3}, {filled<Bytes32>(4), 5}, Oort(6), 7, 8}),
      named("RollEntry", RollEntry{filled<NodeId>(1), filled<OperatorId>(2), Oort(3), Oort(4)}),
      named("Standing", standing()),
      named("CaseState", court()),
      named("CaseRecord", CaseRecord{reveal(),
                                     context(),
                                     Height(1),
                                     2,
                                     filled<AccountId>(3),
                                     Oort(4),
                                     Oort(5),
                                     {{filled<AccountId>(6), Oort(7), PanelVerdict::Acquitted}},
                                     court()}),
      named("CaseRound", CaseRound{filled<Bytes32>(1), {seat()}}),
      named("EvidenceBundle",
            EvidenceBundle{reveal(),
                           context(),
                           filled<Bytes32>(1),
                           {{filled<Bytes32>(2), {panel_reveal(), std::nullopt}}}}),
      named("Audit", Audit{1, challenge(), filled<TreeRoot>(8), 9, filled<AccountId>(10), Oort(11),
                           true, Height(12), 13, 14}),
      named("HonestyVerdict", HonestyVerdict{filled<NodeId>(1), Offence::MissedForgery,
                                             filled<Bytes32>(2), Height(3), Oort(4), Oort(5)}),
  };
}

}  // namespace oort::ledger::test
