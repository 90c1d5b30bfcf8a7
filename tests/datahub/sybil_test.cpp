// SPDX-License-Identifier: Apache-2.0
// What identities that one hand holds do to a campaign, and what gold does to them. Their answers
// are injected into a crowd: `share` of all answers, five identities for each injected answer of a
// sample.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "crowd_data.hpp"
#include "draws.hpp"
#include "oort/datahub/screening.hpp"

namespace oort::datahub {
namespace {

enum class Attack : std::uint8_t { Random, Constant, Collude };

Answers attacked(const CrowdSet& set, Attack attack, std::uint32_t share_percent,
                 std::uint64_t seed) {
  Draws draws(seed);
  const auto per_sample = std::max<std::uint64_t>(1, set.answers.size() / set.counts.samples);
  const auto injected = static_cast<std::uint32_t>(
      (share_percent * per_sample + (100 - share_percent) / 2) / (100 - share_percent));
  const std::uint32_t identities = std::max(injected, 1U) * 5;
  std::vector<Answer> answers = set.answers;
  for (std::uint32_t sample = 0; sample < set.counts.samples; ++sample) {
    const auto common = static_cast<std::uint32_t>(draws.below(set.counts.labels));
    const auto hands = draws.permutation(identities);
    for (std::uint32_t i = 0; i < injected; ++i) {
      const auto own = static_cast<std::uint32_t>(draws.below(set.counts.labels));
      const std::uint32_t label = attack == Attack::Collude  ? common
                                  : attack == Attack::Random ? own
                                                             : 0;
      answers.push_back({sample, set.counts.annotators + hands[i], label});
    }
  }
  AnswerCounts counts = set.counts;
  counts.annotators += identities;
  return *Answers::from(std::move(answers), counts);
}

double accuracy_of(const std::vector<SampleVerdict>& verdicts, const Gold& truth) {
  return gold_hits(verdicts, truth) / static_cast<double>(truth.size());
}

/// A tenth of the known samples, and 20 at least, become gold; the rest is what counts.
std::pair<Gold, Gold> divided(const Gold& known, std::uint64_t seed) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> all(known.begin(), known.end());
  Draws(seed).shuffle(all);
  const std::size_t count = std::max<std::size_t>(20, all.size() / 10);
  const auto cut = all.begin() + static_cast<std::ptrdiff_t>(count);
  return {Gold(all.begin(), cut), Gold(cut, all.end())};
}

struct Row {
  double majority = 0;
  double one_coin = 0;
  double screened = 0;
};
Row run(const CrowdSet& set, Attack attack, std::uint32_t share_percent) {
  const Answers answers = attacked(set, attack, share_percent, 1);
  const auto [gold, rest] = divided(set.gold, 7);
  AggregationOptions majority;
  AggregationOptions one_coin;
  one_coin.method = Method::OneCoin;
  return {accuracy_of(aggregate(answers, majority).verdicts, rest),
          accuracy_of(aggregate(answers, one_coin).verdicts, rest),
          accuracy_of(aggregate(screened(answers, gold), one_coin).verdicts, rest)};
}

/// A crowd of our own, so that the claim is tested where the public sets are not: 400 samples, 40
/// annotators of whom three quarters are right, ten answers a sample.
CrowdSet own_crowd() {
  Draws draws(11);
  CrowdSet set;
  set.counts = {400, 40, 2};
  for (std::uint32_t sample = 0; sample < 400; ++sample) {
    const auto truth = static_cast<std::uint32_t>(draws.below(2));
    set.gold[sample] = truth;
    const auto annotators = draws.permutation(40);
    for (std::uint32_t i = 0; i < 10; ++i) {
      const bool is_right = draws.below(100) < 82;
      set.answers.push_back({sample, annotators[i], is_right ? truth : 1 - truth});
    }
  }
  return set;
}

TEST(Sybils, GoldHoldsWhereConsensusFalls) {
  const CrowdSet set = own_crowd();
  const double clean = run(set, Attack::Random, 0).one_coin;
  const Row row = run(set, Attack::Collude, 50);
  EXPECT_LT(row.majority, 0.65);
  EXPECT_LT(row.one_coin, 0.65);
  EXPECT_GE(row.screened, clean - 0.025);
}

TEST(Sybils, HalfOfRteColludesAndGoldHolds) {
  const auto folder = crowd_folder();
  if (!folder) GTEST_SKIP() << "OORT_CROWD_DATA names no folder of crowd-label sets";
  for (const std::string name : {"rte", "dog", "sp_amt"}) {
    const CrowdSet set = read_crowd_set(*folder, name);
    const double clean = run(set, Attack::Random, 0).screened;
    for (const auto& [attack, word] : {std::pair(Attack::Random, "random"),
                                       {Attack::Constant, "constant"},
                                       {Attack::Collude, "collude"}}) {
      for (const std::uint32_t share : {33U, 50U}) {
        const Row row = run(set, attack, share);
        std::printf("%s %s %u%%: majority %.3f, one-coin %.3f, screened %.3f\n", name.c_str(), word,
                    share, row.majority, row.one_coin, row.screened);
        EXPECT_GE(row.screened, clean - 0.025) << name << " " << word << " " << share;
        if (name == "rte") {
          EXPECT_GE(row.screened, 0.90) << word << " " << share;
        }
      }
    }
    const Row worst = run(set, Attack::Collude, 50);
    EXPECT_LT(worst.one_coin, 0.6) << name;
  }
}

}  // namespace
}  // namespace oort::datahub
