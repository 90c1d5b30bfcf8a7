// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/explain.hpp"

#include <algorithm>

#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {
namespace {

using Lines = std::vector<std::string>;

/// What was said before any panel was asked.
void explain_claim(const EvidenceBundle& bundle, Lines& lines) {
  const ledger::Reveal& reveal = bundle.reveal;
  const bool is_bare = ledger::is_accusation(reveal);
  const std::string epoch = "epoch " + std::to_string(reveal.epoch.value()) + ": ";
  const std::string task = "task " + reveal.leaf.task_commitment.short_hex();
  if (is_bare) {
    lines.push_back(epoch + "node " + reveal.officer.short_hex() + " accuses, by a receipt for " +
                    task);
  } else {
    lines.push_back(epoch + "officer " + reveal.officer.short_hex() +
                    " had hidden a task with a known answer");
    lines.push_back(task + " stands at leaf " + std::to_string(reveal.path.index) +
                    " of the root " + bundle.context.root.short_hex() +
                    " posted before it was sent");
  }
  lines.push_back("executor " + reveal.receipt.executor.short_hex() + " signed the result " +
                  reveal.receipt.result_hash.short_hex() + "; " +
                  (is_bare ? "the accuser's answer is " : "the committed answer is ") +
                  reveal.answer.short_hex());
}

std::string whose(const Bytes32& result, const ledger::Reveal& reveal) {
  if (result == reveal.answer) {
    return ledger::is_accusation(reveal) ? "the accuser's answer" : "the officer's answer";
  }
  if (result == reveal.receipt.result_hash) return "the executor's result";
  return "a third result " + result.short_hex();
}

void explain_round(const EvidenceBundle& bundle, std::size_t number, Lines& lines) {
  const EvidenceBundle::Round& round = bundle.rounds[number];
  const auto votes = ledger::panel_votes(bundle.fault, round.seed, round.seats);
  lines.push_back("panel " + std::to_string(number + 1) + " of " +
                  std::to_string(round.seats.size()) + " nodes executed the task again:");
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const auto& seat = round.seats[i];
    const std::string name = seat ? "node " + seat->answer.panelist.short_hex() : "a node";
    if (!seat) {
      lines.push_back("  " + name + " kept silent");
    } else if (!votes[i]) {
      lines.push_back("  " + name + " did not open the trace that it committed to");
    } else {
      lines.push_back("  " + name + " found " + whose(*votes[i], bundle.reveal));
    }
  }
}

std::string verdict_line(const EvidenceBundle& bundle) {
  if (bundle.rounds.empty()) return "verdict: none yet; the panel has not been heard";
  const EvidenceBundle::Round& last = bundle.rounds.back();
  const auto votes = ledger::panel_votes(bundle.fault, last.seed, last.seats);
  switch (ledger::judge_panel(votes, bundle.reveal.receipt.result_hash, bundle.reveal.answer)) {
    case ledger::PanelVerdict::Convicted:
      return "verdict: the executor " + bundle.reveal.receipt.executor.short_hex() +
             " returned a wrong result";
    case ledger::PanelVerdict::Acquitted:
      return "verdict: the officer " + bundle.reveal.officer.short_hex() + " accused falsely";
    case ledger::PanelVerdict::Split: break;
  }
  return "verdict: none; the panel is not unanimous, and nobody is slashed by it";
}

}  // namespace

std::vector<std::string> explain(const EvidenceBundle& bundle) {
  const ledger::Reveal& reveal = bundle.reveal;
  Lines lines;
  explain_claim(bundle, lines);
  const ledger::RevealVerdict compared = ledger::judge(reveal, bundle.context);
  lines.push_back("the reveal checks as " + std::string(ledger::to_string(compared)));
  if (compared != ledger::RevealVerdict::Fault) {
    lines.emplace_back("verdict: none; this reveal opens no case");
    return lines;
  }
  for (std::size_t i = 0; i < bundle.rounds.size(); ++i) explain_round(bundle, i, lines);
  lines.push_back(verdict_line(bundle));
  return lines;
}

std::vector<std::string> explain(const ledger::StorageChallenge& challenge,
                                 const std::optional<ledger::StorageProof>& proof,
                                 const TreeRoot& root, std::uint64_t length) {
  Lines lines;
  lines.push_back("epoch " + std::to_string(challenge.epoch.value()) + ": the beacon asked node " +
                  challenge.node.short_hex() + " for leaf " + std::to_string(challenge.leaf) +
                  " of shard " + std::to_string(challenge.shard.index) + " of segment " +
                  challenge.shard.segment.short_hex());
  if (!proof) {
    lines.emplace_back("verdict: no answer came within the window");
  } else if (ledger::proves(*proof, challenge, root, length)) {
    lines.push_back("verdict: the leaf stands under the shard's root " + root.short_hex());
  } else {
    lines.push_back("verdict: what came is not that leaf under the shard's root " +
                    root.short_hex());
  }
  return lines;
}

std::vector<std::string> explain(ledger::Offence offence, const ledger::SlashShares& shares) {
  return {std::string(ledger::to_string(offence)) + " cost " + to_text(shares.self_taken) +
              " OORT of the self-bond and " + to_text(shares.delegated_taken) + " delegated",
          "victim " + to_text(shares.victim) + ", finder " + to_text(shares.finder) + ", burnt " +
              to_text(shares.burnt)};
}

}  // namespace oort::honesty
