// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/reputation.hpp"

#include <array>
#include <cstddef>
#include <limits>

namespace oort::datahub {

namespace {

constexpr std::uint32_t score_max = 1000;

void count(std::uint32_t& counter) {
  if (counter < std::numeric_limits<std::uint32_t>::max()) ++counter;
}

/// A share of the way, and one point at least, so that a score never rests before its end.
std::uint32_t part_of(std::uint32_t way, std::uint32_t percent) {
  return (way * percent + 99) / 100;
}
void raise(Reputation& reputation, std::uint32_t percent) {
  reputation.score += part_of(score_max - reputation.score, percent);
}
void lower(Reputation& reputation, std::uint32_t percent) {
  reputation.score -= part_of(reputation.score, 3 * percent);
}

constexpr std::array<TierRules, 4> all_rules = {{
    {0, 0, 0, 0, 1, 100, 200'000, false},
    {200, 20, 20, 0, 4, 0, 100'000, false},
    {600, 500, 100, 1'000, 8, 0, 0, true},
    {850, 5'000, 500, 4'000, 16, 0, 0, true},
}};

}  // namespace

Reputation after(Reputation reputation, ReputationEvent event) noexcept {
  switch (event) {
    case ReputationEvent::AnswerAccepted:
      count(reputation.accepted);
      raise(reputation, 1);
      break;
    case ReputationEvent::AnswerRejected:
      count(reputation.rejected);
      lower(reputation, 1);
      break;
    case ReputationEvent::GoldHit:
      count(reputation.gold.hits);
      raise(reputation, 2);
      break;
    case ReputationEvent::GoldMiss:
      count(reputation.gold.misses);
      lower(reputation, 2);
      break;
    case ReputationEvent::ReviewUpheld: raise(reputation, 2); break;
    case ReputationEvent::ReviewOverturned: lower(reputation, 2); break;
    case ReputationEvent::RejectionOverturned:
      if (reputation.rejected > 0) --reputation.rejected;
      count(reputation.accepted);
      raise(reputation, 4);
      break;
  }
  return reputation;
}

const TierRules& rules_of(Tier tier) noexcept { return all_rules[static_cast<std::size_t>(tier)]; }

Tier tier_of(const Reputation& reputation, std::uint64_t bond) noexcept {
  Tier highest = Tier::Trainee;
  if (reputation.strikes >= 2) return highest;
  for (const Tier tier : {Tier::Contributor, Tier::Reviewer, Tier::Expert}) {
    const TierRules& rules = rules_of(tier);
    if (reputation.score >= rules.score_min && reputation.accepted >= rules.accepted_min &&
        reputation.gold.hits >= rules.gold_hits_min && bond >= rules.bond_min) {
      highest = tier;
    }
  }
  return highest;
}

Sanction sanction_of(std::uint32_t strikes, bool is_proven_forgery) noexcept {
  if (is_proven_forgery) return {Penalty::Slash, 0, ppm};
  switch (strikes) {
    case 0: return {Penalty::Warning, 0, 0};
    case 1: return {Penalty::Retraining, 0, 0};
    case 2: return {Penalty::Restriction, 7, 0};
    case 3: return {Penalty::Restriction, 30, 0};
    case 4: return {Penalty::Slash, 90, 100'000};
    default: return {Penalty::Slash, 365, 250'000};
  }
}

}  // namespace oort::datahub
