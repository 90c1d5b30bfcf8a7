// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/datahub/screening.hpp"

/// What is remembered of a contributor over campaigns, and what that opens. Integers alone, so the
/// ledger can do the same.
///
/// Invariants
///   T1  A score stays within 0 … 1,000; what went well never lowers it, what went badly never
///   raises
///       it.
///   T2  A higher tier asks for at least as much of everything, and limits and withholds at most as
///       much.
///   T3  Sanctions grow from one to the next; a quarter of the bond is the most, save for a proven
///       forgery.
namespace oort::datahub {

enum class Tier : std::uint8_t { Trainee = 0, Contributor = 1, Reviewer = 2, Expert = 3 };

struct Reputation {
  std::uint32_t score = 100;  ///< 0 … 1,000.
  std::uint32_t accepted = 0;
  std::uint32_t rejected = 0;
  GoldRecord gold;
  std::uint32_t strikes = 0;  ///< Sanctions that stand.
  friend bool operator==(const Reputation&, const Reputation&) noexcept = default;
};

enum class ReputationEvent : std::uint8_t {
  AnswerAccepted = 0,
  AnswerRejected = 1,
  GoldHit = 2,
  GoldMiss = 3,
  ReviewUpheld = 4,
  ReviewOverturned = 5,
  RejectionOverturned = 6,  ///< An appeal was right: the rejection becomes an acceptance.
};
/// Good news closes a share of the gap to 1,000, bad news takes a share of the score: 1 % for an
/// answer, 2 % for gold and reviews, and bad news counts three times. Counts stop at their
/// greatest.
[[nodiscard]] Reputation after(Reputation reputation, ReputationEvent event) noexcept;

/// What a tier asks for and gives.
struct TierRules {
  std::uint32_t score_min = 0;
  std::uint32_t accepted_min = 0;
  std::uint32_t gold_hits_min = 0;
  std::uint64_t bond_min = 0;     ///< In thousandths of the campaign rule's unit of bond.
  std::uint32_t open_max = 0;     ///< Leases at a time.
  std::uint32_t answers_max = 0;  ///< In all; 0: no end.
  std::uint32_t held_back_ppm = 0;
  bool may_review = false;
};
[[nodiscard]] const TierRules& rules_of(Tier tier) noexcept;
/// The highest tier whose every demand is met. Two strikes or more leave a trainee.
[[nodiscard]] Tier tier_of(const Reputation& reputation, std::uint64_t bond) noexcept;

enum class Penalty : std::uint8_t { Warning = 0, Retraining = 1, Restriction = 2, Slash = 3 };
struct Sanction {
  Penalty penalty = Penalty::Warning;
  std::uint32_t days = 0;       ///< Of restriction.
  std::uint32_t slash_ppm = 0;  ///< Of the bond.
  friend bool operator==(const Sanction&, const Sanction&) noexcept = default;
};
/// What the next offence of somebody with so many strikes costs.
[[nodiscard]] Sanction sanction_of(std::uint32_t strikes, bool is_proven_forgery) noexcept;

}  // namespace oort::datahub
