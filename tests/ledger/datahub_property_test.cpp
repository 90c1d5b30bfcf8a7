// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "datahub_kit.hpp"

namespace oort::ledger::test {
namespace {

/// After so many steps the crowd turns to the next campaign, and looks back at times.
constexpr std::uint64_t steps_per_campaign = 150;
constexpr std::uint32_t batches_max = 4;

/// Requesters, stewards, contributors and people who want what is not theirs, at random: pays
/// twice, other people's answers, claims without end, appeals at the wrong time.
class Crowd {
 public:
  explicit Crowd(std::uint32_t seed) : random_(seed) {}

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  crypto::KeyPair sender() {
    switch (pick(4)) {
      case 0: return contributor(static_cast<std::uint8_t>(1 + pick(4)));
      case 1: return keys_of(101);
      default: return keys_of(100);
    }
  }
  std::uint64_t number() {
    const std::uint64_t newest = steps_ / steps_per_campaign;
    return newest > 0 && pick(6) == 0 ? newest - 1 : newest;
  }

  /// The same batch of a campaign has the same contributions whenever it is asked for.
  TestBatch batch(const CampaignId& campaign, std::uint32_t number) {
    const auto seed = std::to_integer<std::uint32_t>(campaign.view()[0]) + number;
    return {campaign, number, {1 + seed % 5, seed % 3 + 1, 4, 2}};
  }
  Operation operation(const TestCampaign& test) {
    ++steps_;
    const std::uint64_t nonce = number();
    const CampaignId campaign = campaign_id_of(account_of(keys_of(100)), nonce);
    const auto found = test.view().campaign(campaign);
    const std::uint32_t known = found ? found->batches_count : 0;
    const auto chosen_number = static_cast<std::uint32_t>(1 + pick(known + 1));
    const TestBatch chosen = batch(campaign, chosen_number);
    const auto place = static_cast<std::size_t>(pick(4));
    Bytes32 pseudonym = chosen.contribution(place).pseudonym;
    for (std::size_t i = 0; i < 4; ++i) {  // One that has appealed, where there is one.
      const Bytes32 other = chosen.contribution(i).pseudonym;
      const auto appeal = test.view().appeal(campaign, chosen_number, other);
      if (appeal && appeal->status == AppealStatus::Open) pseudonym = other;
    }
    const auto few = [&] { return static_cast<std::uint32_t>(pick(6)); };
    switch (pick(20)) {
      case 0: {
        CampaignOpen open = test.open_operation(nonce);
        open.currency = static_cast<Currency>(pick(2));
        if (open.currency == Currency::Credits) open.terms.price = Units(credit);
        open.budget = *open.terms.price.times(10 + pick(40));
        open.terms.holdback = static_cast<std::uint32_t>(pick(500'000));
        return open;
      }
      case 1: return CampaignPause{campaign, pick(2) == 0};
      case 2: return pick(4) == 0 ? Operation(CampaignClose{campaign}) : chosen.commit();
      case 3: return GoldCommit{campaign, gold_commitment({}, digest("gold")), 1};
      case 4:
      case 5:
        return known < batches_max ? Operation(batch(campaign, known + 1).commit())
                                   : Operation(CampaignClose{campaign});
      case 6: return StageOpen{campaign, found ? found->stage : 1, digest("answers")};
      case 7: {
        ResultPost result = test.result(campaign);
        const bool has_gold = found && found->gold != Bytes32{};
        if (has_gold == (pick(8) != 0)) result.gold_root = digest("gold");
        return result;
      }
      case 8:
      case 9:
      case 16: {
        std::vector<std::uint32_t> accepted(4);
        accepted[place] = 1 + few() / 2;
        if (pick(4) == 0) accepted[pick(4)] = few();
        return chosen.payout(accepted);
      }
      case 10:
      case 11: return chosen.appeal(place, few());
      case 12:
        return AppealVote{campaign, chosen_number, pseudonym, static_cast<std::uint32_t>(pick(2))};
      case 13:
      case 19: return AppealExpire{campaign, chosen_number, pseudonym};
      case 14:
      case 17:
      case 18: return chosen.release({place});
      default: return CampaignSettle{campaign};
    }
  }

  /// Mostly moments, at times a whole window.
  std::uint64_t wait_ms() { return pick(8) != 0 ? pick(40) : appeal_ms; }

 private:
  std::uint64_t steps_ = 0;
  std::mt19937_64 random_;
};

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// D1 to D3 after every block; the kit looks at the supply and at every escrow.
std::map<std::string, std::size_t> run_crowd(std::uint32_t seed, std::size_t steps) {
  TrustingVerifier trusting;
  TestCampaign test(trusting);
  Crowd crowd(seed);
  std::map<std::string, std::size_t> accepted;
  for (std::size_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
    if (crowd.pick(8) == 0) test.wait(crowd.wait_ms());
    const Operation operation = crowd.operation(test);
    // Contributions are asked for by who they are of, mostly.
    crypto::KeyPair sender = crowd.sender();
    if (const auto* appeal = std::get_if<AppealOpen>(&operation); appeal && crowd.pick(8) != 0) {
      for (std::uint8_t who = 1; who <= 4; ++who) {
        if (account_of(contributor(who)) == appeal->contribution.account) sender = contributor(who);
      }
    }
    if (test.ledger.send(sender, operation) == Rejection::None) {
      ++accepted[std::string(name_of(operation))];
    }
    expect_campaigns(test.ledger.state());
  }
  EXPECT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  return accepted;
}

TEST(CampaignsProperty, HostileCrowdsAreNeverPaidTwice_D1_D2_D3) {
  const std::size_t seeds = number_from("OORT_PROPERTY_SEEDS", 4);
  const std::size_t steps = number_from("OORT_PROPERTY_STEPS", 1'500);
  std::map<std::string, std::size_t> accepted;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    for (const auto& [name, count] : run_crowd(seed, steps)) accepted[name] += count;
    ASSERT_FALSE(HasFailure());
  }
  // A crowd that is refused everything shows nothing.
  for (const char* name : {"CampaignOpen", "BatchCommit", "ResultPost", "PayoutPost", "AppealOpen",
                           "AppealExpire", "HoldbackRelease", "CampaignSettle"}) {
    EXPECT_GT(accepted[name], 0U) << name;
  }
}

}  // namespace
}  // namespace oort::ledger::test
