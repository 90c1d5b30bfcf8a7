// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <sstream>

#include "kit.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger::test {
namespace {

/// One step of a random history; printed when an invariant breaks.
struct Step {
  std::uint8_t sender = 0;
  std::uint64_t wait_ms = 0;
  Operation operation;
};

/// Payers, earners and people who want what is not theirs, over few escrows so that they meet.
class Trade {
 public:
  explicit Trade(std::uint32_t seed) : random_(seed) {}

  Step next(const View& view) {
    Step step;
    step.sender = static_cast<std::uint8_t>(pick(3) == 0 ? 1 + pick(3) : 100 + pick(2));
    step.wait_ms = pick(4) == 0 ? pick(3'000'000) : pick(1'000);
    step.operation = operation(view);
    return step;
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  /// Mostly some money, at times a unit or far too much.
  Units amount() {
    switch (pick(8)) {
      case 0: return Units(pick(3));
      case 1: return Units(~Uint128{0} - pick(3));
      case 2: return Units(Uint128{random_()} << pick(64));
      default: return Units(1 + pick(50'000'000));
    }
  }
  std::vector<EarnerShare> earners() {
    std::vector<EarnerShare> shares;
    for (std::uint8_t seed = 1; seed <= 3; ++seed) {
      if (pick(2) == 0) {
        shares.push_back({account_of(keys_of(seed)), static_cast<std::uint32_t>(pick(7))});
      }
    }
    std::ranges::sort(shares, {}, &EarnerShare::account);
    return shares;
  }
  EscrowId escrow(const View& view) {
    const auto payer = account_of(keys_of(static_cast<std::uint8_t>(100 + pick(2))));
    const auto found = view.escrows_of(payer, {}, 50);
    if (found.empty() || pick(20) == 0) return EscrowId(pick(9));
    return found[pick(found.size())].id;
  }
  Operation operation(const View& view) {
    switch (pick(10)) {
      case 0:
      case 1: {
        const std::uint64_t now = 1'000'000;
        EscrowOpen open{static_cast<Currency>(pick(2)), amount(), amount(), earners(), 0, 0, 0};
        if (pick(2) == 0) open.expires_ms = now + pick(400'000'000);
        if (open.expires_ms != 0) open.holdback = static_cast<std::uint32_t>(pick(1'100'000));
        open.holdback_ms = pick(2) == 0 ? pick(4'000'000) : ~std::uint64_t{0} - pick(2);
        return open;
      }
      case 2: return EscrowFund{escrow(view), amount()};
      case 3: return EscrowChange{escrow(view), amount(), earners()};
      case 4: return EscrowClose{escrow(view)};
      case 5: return OracleBondPost{Oort(pick(1000))};
      case 6: return OracleBondReturn{};
      default: return EscrowWithdraw{escrow(view)};
    }
  }

  std::mt19937_64 random_;
};

std::string text_of(const std::vector<Step>& steps) {
  std::ostringstream out;
  for (const Step& step : steps) {
    out << int{step.sender} << " waits " << step.wait_ms << " ms: " << name_of(step.operation)
        << ' ' << to_hex(encode_operation(step.operation)) << '\n';
  }
  return out.str();
}

struct Outcome {
  std::size_t accepted = 0;
  Bytes32 root;  ///< Of all result roots.
};

/// The invariants are looked at after every block.
Outcome run_trade(std::uint32_t seed, std::size_t steps_count) {
  TrustingVerifier trusting;
  TestLedger ledger(market_genesis(), trusting);
  Trade trade(seed);
  Outcome outcome;
  std::vector<Step> steps;
  for (std::size_t i = 0; i < steps_count; ++i) {
    steps.push_back(trade.next(ledger.view()));
    ledger.time_ms += steps.back().wait_ms;
    const auto done = ledger.run(keys_of(steps.back().sender), steps.back().operation);
    if (done.rejection == Rejection::None) ++outcome.accepted;
    const Bytes32 last = ledger.last().result_root;
    Bytes both = to_bytes(outcome.root.view());
    both.insert(both.end(), last.view().begin(), last.view().end());
    outcome.root = Bytes32(crypto::blake3(both).array());
    if (::testing::Test::HasFailure()) {
      const std::size_t shown = std::min<std::size_t>(steps.size(), 20);
      ADD_FAILURE() << "seed " << seed << ", step " << i << "; the last steps:\n"
                    << text_of({steps.end() - static_cast<std::ptrdiff_t>(shown), steps.end()});
      return outcome;
    }
  }
  return outcome;
}

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(MarketProperty, RandomTradeKeepsTheInvariants_M1_M2_M3) {
  const std::size_t seeds = number_from("OORT_PROPERTY_SEEDS", 4);
  const std::size_t steps = number_from("OORT_PROPERTY_STEPS", 400);
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome = run_trade(seed, steps);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    EXPECT_GT(outcome.accepted, steps / 8) << "seed " << seed;
  }
}

TEST(MarketProperty, EveryBuildComesToTheSameRoots_L1) {
  EXPECT_EQ(run_trade(7, 200).root.hex().substr(0, 32), "b26ae831969b1048af5848bb778cf752");
}

/// A stream read at any moments has streamed what one reading at the end says, until it runs dry.
TEST(MarketProperty, SettlingInPiecesIsSettlingAtOnce_M4) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2'000; ++round) {
    Escrow escrow;
    escrow.funded = escrow.held = Units(random() % 1'000'000);
    escrow.rate = Units(random() % 10'000'000);
    escrow.earners = {{account_of(keys_of(1)), 1, {}, {}}, {account_of(keys_of(2)), 2, {}, {}}};
    const std::uint64_t end = random() % (2 * hour_ms);
    Escrow pieces = escrow;
    for (std::uint64_t now = 0; now < end; now += 1 + random() % 600'000) {
      pieces = settled_at(pieces, now);
    }
    pieces = settled_at(pieces, end);
    const Escrow whole = settled_at(escrow, end);
    EXPECT_EQ(pieces.streamed, whole.streamed);
    Units parts;
    for (const Earner& earner : whole.earners) parts = *parts.plus(earned_by(whole, earner));
    EXPECT_LE(parts, whole.streamed);
    EXPECT_LT(whole.streamed.minus(parts)->units(), whole.earners.size());
  }
}

/// Two streams of half a rate earn no more than one, and pieces are paid no more than the whole.
TEST(MarketProperty, SplittingEarnsNothing_M5) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 5'000; ++round) {
    const Uint128 whole = random() >> (random() % 60);
    const Uint128 first = whole == 0 ? 0 : random() % (whole + 1);
    const auto take = static_cast<std::uint32_t>(random() % parts_per_million);
    const auto discount = static_cast<std::uint32_t>(random() % (std::uint64_t{take} + 1));
    const auto net = [&](Uint128 value) { return value - share_of(value, take, Rounding::Up); };
    const auto off = [&](Uint128 value) { return share_of(value, discount, Rounding::Down); };
    EXPECT_LE(net(first) + net(whole - first), net(whole));
    EXPECT_LE(off(first) + off(whole - first), off(whole));
    EXPECT_LE(off(whole), whole - net(whole)) << "M6";
  }
}

}  // namespace
}  // namespace oort::ledger::test
