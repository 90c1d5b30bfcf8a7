// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/weights.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "oort/core/assert.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

struct Step {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};
using Steps = std::map<NodeId, Step>;

std::uint64_t total_of(const std::vector<Validator>& validators) {
  std::uint64_t total = 0;
  for (const Validator& validator : validators) total += validator.weight;
  return total;
}

std::uint64_t part(std::uint64_t value, std::uint64_t numerator, std::uint64_t denominator) {
  return static_cast<std::uint64_t>(Uint128{value} * numerator / denominator);
}

/// Newcomers only take the places that those who rule now, leaving or not, do not fill.
void keep_places(const std::vector<Validator>& now, std::vector<Validator>& wanted,
                 std::size_t count_max) {
  const auto rules = [&now](const Validator& validator) {
    return std::ranges::binary_search(now, validator.node, {}, &Validator::node);
  };
  const std::size_t places = count_max > now.size() ? count_max - now.size() : 0;
  std::vector<Validator> newcomers;
  std::ranges::copy_if(wanted, std::back_inserter(newcomers),
                       [&](const Validator& validator) { return !rules(validator); });
  if (newcomers.size() <= places) return;
  std::ranges::sort(newcomers, [](const Validator& a, const Validator& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.node < b.node;
  });
  for (std::size_t i = places; i < newcomers.size(); ++i) {
    std::erase(wanted, newcomers[i]);
  }
}

}  // namespace

std::vector<Validator> move_weights(const std::vector<Validator>& now,
                                    std::vector<Validator> wanted, std::uint32_t moved_max,
                                    std::size_t count_max) {
  if (now.empty()) return wanted;
  keep_places(now, wanted, count_max);
  const std::uint64_t total = total_of(wanted);
  const std::uint64_t total_now = total_of(now);
  if (total == 0) return now;
  Steps steps;
  for (const Validator& validator : now) {
    // Nobody who votes is scaled away; who leaves does so by what is lost.
    steps[validator.node].from =
        std::max<std::uint64_t>(part(validator.weight, total, total_now), 1);
  }
  for (const Validator& validator : wanted) steps[validator.node].to = validator.weight;
  std::uint64_t gained = 0;
  std::uint64_t lost = 0;
  for (const auto& [node, step] : steps) {
    if (step.to > step.from) gained += step.to - step.from;
    if (step.to < step.from) lost += step.from - step.to;
  }
  const std::uint64_t limit = part(total, moved_max, parts_per_million);
  std::vector<Validator> moved;
  for (const auto& [node, step] : steps) {
    std::uint64_t weight = step.to;
    if (step.to > step.from && gained > limit) {
      weight = step.from + part(step.to - step.from, limit, gained);
    } else if (step.to < step.from && lost > limit) {
      weight = step.from - part(step.from - step.to, limit, lost);
    }
    if (weight > 0) moved.push_back({node, weight});
  }
  OORT_ASSERT(!moved.empty(), "somebody who is wanted has weight");
  return moved;
}

}  // namespace oort::ledger
