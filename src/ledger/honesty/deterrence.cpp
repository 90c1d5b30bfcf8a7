// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "oort/core/assert.hpp"
#include "oort/ledger/honesty_math.hpp"

namespace oort::ledger {
namespace {

constexpr std::uint64_t tasks_max = std::numeric_limits<std::uint64_t>::max() / 2;

std::uint64_t tasks(Uint128 count) noexcept {
  return static_cast<std::uint64_t>(std::min(count, Uint128{tasks_max}));
}

/// What cheating on m tasks is expected to cost, rounded down.
Uint128 loss(Ppb d, std::uint64_t m, Uint128 at_stake) noexcept {
  return saturating_mul_div(at_stake, quint_one - survival(d, m), quint_one, Rounding::Down);
}

/// a · b of two chances, rounded down.
std::uint64_t both(std::uint64_t a, std::uint64_t b) noexcept {
  return static_cast<std::uint64_t>(Uint128{a} * b / ppb_one);
}

}  // namespace

Ppb detection_per_task(const Exposure& exposure) noexcept {
  const std::uint64_t q = exposure.audited.value();
  const std::uint64_t bait = both(q, exposure.unrecognised.value());
  const std::uint64_t again =
      both(both(ppb_one - q, exposure.rechecked.value()), ppb_one - exposure.colluding.value());
  return Ppb(both(ppb_one - exposure.guessed.value(), bait + again));
}

Ppb bait_strength(const Exposure& exposure) noexcept {
  return Ppb(both(ppb_one - exposure.guessed.value(), exposure.unrecognised.value()));
}

bool is_deterred(Ppb d, Uint128 at_stake, const ValueAtRisk& risk) noexcept {
  OORT_ASSERT(risk.gain_max <= risk.gain_sum, "one task is no more than all");
  if (risk.gain_sum == 0) return true;
  const Uint128 whole = risk.gain_sum / risk.gain_max;
  if (whole > tasks_max) return false;
  const std::uint64_t m = tasks(whole);
  const Uint128 gain = risk.gain_max * m;
  if (loss(d, m, at_stake) < gain) return false;
  return gain == risk.gain_sum || loss(d, m + 1, at_stake) >= risk.gain_sum;
}

Uint128 risk_capacity(Ppb d, Uint128 at_stake, Uint128 gain_max) noexcept {
  OORT_ASSERT(gain_max > 0, "a task brings something");
  // The loss is concave and begins at nothing, so it covers m · gain_max up to one m and none
  // above.
  std::uint64_t covered = 0;
  std::uint64_t beyond = tasks(at_stake / gain_max) + 1;
  while (beyond - covered > 1) {
    const std::uint64_t middle = covered + (beyond - covered) / 2;
    const bool is_covered = loss(d, middle, at_stake) >= gain_max * middle;
    (is_covered ? covered : beyond) = middle;
  }
  const Uint128 whole = gain_max * covered;
  return std::max(whole, std::min(loss(d, covered + 1, at_stake), whole + gain_max - 1));
}

Ppb audit_rate_to_deter(const TaskEconomy& economy, const Exposure& exposure,
                        std::uint64_t safety_times) noexcept {
  const Uint128 gain = saturating_mul_div(saturating_sum(economy.saved, economy.damage),
                                          safety_times, 1, Rounding::Up);
  if (gain == 0) return Ppb(0);
  const Uint128 lost =
      saturating_sum(saturating_sum(economy.price, economy.at_stake), economy.damage);
  const Uint128 felt =
      saturating_mul_div(lost, bait_strength(exposure).value(), ppb_one, Rounding::Down);
  if (felt == 0) return Ppb(ppb_one);
  const Uint128 rate = saturating_mul_div(gain, ppb_one, felt, Rounding::Up);
  return Ppb(static_cast<std::uint64_t>(std::min(rate, Uint128{ppb_one})));
}

Ppb audit_rate_to_detect(const AuditPolicy& policy, const Exposure& exposure) noexcept {
  OORT_ASSERT(policy.within > 0, "a cheat is found within some tasks");
  const std::uint64_t missed = policy.missed.value() * ppb_one;
  // Least x with (1 − x)^within <= missed, then q = x / (s · strength).
  std::uint64_t low = 0;
  std::uint64_t high = ppb_one;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (survival(Ppb(middle), policy.within) <= missed) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const std::uint64_t seen = both(policy.cheat_share.value(), bait_strength(exposure).value());
  if (seen == 0 || low > seen) return Ppb(ppb_one);
  return Ppb(static_cast<std::uint64_t>(saturating_mul_div(low, ppb_one, seen, Rounding::Up)));
}

Ppb audit_rate(const AuditPolicy& policy, const TaskEconomy& economy, const Exposure& exposure,
               bool on_probation) noexcept {
  const Ppb deter = audit_rate_to_deter(economy, exposure, policy.safety_times);
  const Ppb detect = audit_rate_to_detect(policy, exposure);
  const Ppb least = on_probation ? std::max(policy.floor, policy.probation) : policy.floor;
  return std::max({deter, detect, least});
}

}  // namespace oort::ledger
