// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/record.hpp"

/// What the ledger keeps of Proof of Honesty. Its epochs are *rounds* of `round_blocks` blocks,
/// numbered from 1; the `Epoch` of a reveal, a work receipt or a storage challenge is a round.
/// Shares count millionths.
namespace oort::ledger {

struct HonestyParams {
  static constexpr std::uint8_t format_version = 1;

  std::uint64_t round_blocks = 18'000;
  std::uint64_t post_blocks = 6'000;  ///< Of a round, in which its roots are posted.
  std::uint64_t keep_rounds = 24;     ///< Rounds and closed cases are kept for so many; 2 or more.
  Oort stake_min = Oort(oort_base_units * 100);  ///< Of a node that posts: bond and own pool stake.
  std::uint32_t officers_expected = 16;
  std::uint32_t judged_per_block = 64;  ///< Reveals that one block judges.

  Prior prior;
  Ppb lost_per_round{10'000'000};       ///< By which counters fade.
  std::uint32_t each_operator_max = 2;  ///< Baits of one officer's operator that count in a round.
  SprtGoals goals;
  Ppb detection{50'000'000};  ///< d of a task, measured: what a limit of risk is computed from.

  CaseRules rules;
  Oort case_bond = Oort(oort_base_units * 100);  ///< By the officer; prepays every seat.
  Oort seat_pay = Oort(oort_base_units * 2);
  Oort appeal_bond = Oort(oort_base_units * 100);
  std::uint32_t cases_per_officer = 16;  ///< Opened in one round.
  Oort reveal_pay;                       ///< For each reveal that passed, while the fund lasts.
  std::uint32_t paid_reveals_max = 8;    ///< Of one officer in a round.

  /// Of the self-bond, by `Offence`.
  std::array<std::uint32_t, offences_count> slashed = {1'000'000, 50'000,    1'000,     500'000,
                                                       500'000,   1'000'000, 1'000'000, 250'000};
  std::uint32_t pool_part = 100'000;  ///< Of that share, what the node's pool loses.

  std::uint64_t audit_every_blocks = 0;         ///< The beacon asks for one leaf; 0: it never does.
  std::uint64_t audit_blocks = 1'800;           ///< To answer.
  Oort audit_fee = Oort(oort_base_units / 10);  ///< Of who demands one; the node's if it answers.
  std::uint32_t audits_per_node = 16;           ///< Demanded ones that may be open.
  std::uint32_t misses_max = 3;  ///< Of one shard in a row: until then it counts as unavailable.
  friend bool operator==(const HonestyParams&, const HonestyParams&) = default;
};

/// `GenesisModule::genesis` of honesty. What Pot::Honesty holds at genesis is the fund.
struct HonestyGenesis {
  static constexpr std::uint8_t format_version = 1;
  HonestyParams params;
  friend bool operator==(const HonestyGenesis&, const HonestyGenesis&) = default;
};

struct HonestyState {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t round = 0;
  Height ends;              ///< The first block of the next round.
  Oort fund;                ///< What Pot::Honesty holds for nobody yet: rewards come out of it.
  std::uint64_t swept = 0;  ///< The oldest round that may still have records.
  std::uint64_t audits_count = 0;
  std::uint64_t cases_open = 0;
  friend bool operator==(const HonestyState&, const HonestyState&) = default;
};

struct Round {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 seed;  ///< The beacon in its first block: draws its officers.
  Height starts;
  Height posts_until;  ///< The last block that takes its roots.
  std::uint64_t staking_epoch = 0;
  std::uint32_t officers_expected = 0;
  std::uint64_t nodes_count = 0;  ///< Nodes that posted.
  Oort weight;                    ///< Their honest weight, in base units.
  friend bool operator==(const Round&, const Round&) = default;
};

/// A Merkle root over so many leaves.
struct CountedRoot {
  Bytes32 root;
  std::uint32_t count = 0;
  friend bool operator==(const CountedRoot&, const CountedRoot&) = default;
};
/// What a node posted in a round.
struct Posting {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 baits;            ///< Of this round: `BaitTree`'s root.
  CountedRoot assignments;  ///< What it handed out in the round before.
  CountedRoot receipts;     ///< What it signed in the round before.
  Oort weight;
  std::uint32_t paid_count = 0;   ///< Of its reveals.
  std::uint32_t cases_count = 0;  ///< That it opened.
  friend bool operator==(const Posting&, const Posting&) = default;
};
/// A place in a round's roll. Places are filled in order, so that a weight finds its node in a
/// logarithm of reads.
struct RollEntry {
  static constexpr std::uint8_t format_version = 1;
  NodeId node;
  OperatorId owner;
  Oort below;  ///< Weight of all places before.
  Oort weight;
  friend bool operator==(const RollEntry&, const RollEntry&) = default;
};

/// What is known of one node.
struct Standing {
  static constexpr std::uint8_t format_version = 1;
  HonestyCounters counters;
  std::int64_t score = 0;    ///< Of the sequential test.
  std::uint64_t round = 0;   ///< Up to which the counters have faded.
  std::uint64_t posted = 0;  ///< The last round in which it posted; 0 for never.
  std::uint64_t rounds_missed = 0;
  std::uint64_t verdicts_count = 0;
  std::uint32_t cases_open = 0;  ///< About its results: it takes no work while there are any.
  std::uint32_t audits_open = 0;
  std::uint64_t unavailable_count = 0;
  ValueAtRisk risk;  ///< What it could gain with the leases that it holds.
  friend bool operator==(const Standing&, const Standing&) = default;
};

struct Appeal {
  AccountId from;
  Oort bond;
  PanelVerdict against = PanelVerdict::Split;
  friend bool operator==(const Appeal&, const Appeal&) = default;
};
/// A fault and what became of it.
struct CaseRecord {
  static constexpr std::uint8_t format_version = 1;
  Reveal reveal;
  RevealContext context;
  Height opened;
  std::uint64_t staking_epoch = 0;  ///< Of the task: what began to leave since is reached.
  AccountId payer;                  ///< Of the bond.
  Oort bond;
  Oort seat_pay;
  std::vector<Appeal> appeals;
  CaseState court;
  friend bool operator==(const CaseRecord&, const CaseRecord&) = default;
};
/// A panel as it was when it had ended.
struct CaseRound {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 seed;  ///< That drew the step of the traces.
  std::vector<CaseSeat> seats;
  friend bool operator==(const CaseRound&, const CaseRound&) = default;
};

/// A node's leaf that is asked for.
struct Audit {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t number = 0;
  StorageChallenge challenge;
  TreeRoot root;
  std::uint64_t length = 0;
  std::optional<AccountId> challenger;  ///< Nobody: the beacon.
  Oort fee;
  bool is_drawn = false;  ///< The leaf is known.
  Height deadline;
  std::uint32_t misses = 0;  ///< Of the same shard just before.
  std::uint64_t staking_epoch = 0;
  friend bool operator==(const Audit&, const Audit&) = default;
};

/// One line of a node's history: what was proven against it.
struct HonestyVerdict {
  static constexpr std::uint8_t format_version = 1;
  NodeId node;
  Offence offence = Offence::WrongResult;
  Bytes32 subject;  ///< The case or the audit.
  Height height;
  Oort burnt;
  Oort compensated;
  friend bool operator==(const HonestyVerdict&, const HonestyVerdict&) = default;
};
/// So many of a node are kept, the newest.
inline constexpr std::uint64_t verdicts_kept = 64;

/// Of an audit's draws and verdicts: H("oort.v1 storage audit", number).
[[nodiscard]] Bytes32 audit_subject(std::uint64_t number);
/// Whether a module can run with these.
[[nodiscard]] bool is_possible(const HonestyParams& params);

}  // namespace oort::ledger
