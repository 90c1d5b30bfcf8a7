// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "oort/codec/codec.hpp"
#include "oort/ledger/weights.hpp"
#include "staking_kit.hpp"

namespace oort::ledger::test {
namespace {

using Stake = std::pair<NodeId, AccountId>;

/// What a distribution that walks over everybody would pay: with 64 bits behind the point, where
/// each step errs by less than 2^-60 base units.
class Naive {
 public:
  /// Requires: called with the state before the block that begins the epoch.
  void share(const StateReader& before, Uint128 rewards) {
    const auto staking = *read_record<StakingState>(before, keys::staking_state());
    if (staking.weight.is_zero()) return;
    const Bytes prefix = keys::prefix(Module::Staking, table::pool);
    before.scan(prefix, prefix, [&](ByteView, ByteView value) {
      const Pool pool = *codec::from_bytes<Pool>(value);
      if (pool.state == PoolState::Witnessing) share_pool(before, pool, rewards, staking.weight);
      return true;
    });
  }
  void paid(const Stake& stake, Uint128 amount) {
    paid_[stake] += amount;
    ++payments_[stake];
  }
  /// Nobody was paid more than the naive sum, nor less by over a base unit for each payment.
  /// Requires: everybody has just been paid.
  void compare() const {
    for (const auto& [stake, earned] : earned_) {
      const Uint128 whole = divide(earned, Uint128{1} << 64).whole.low;
      const auto found = paid_.find(stake);
      const Uint128 sum = found == paid_.end() ? 0 : found->second;
      const Uint128 payments = found == paid_.end() ? 1 : payments_.at(stake);
      EXPECT_LE(sum, whole + 1) << "G2";
      EXPECT_GE(sum + payments + 1, whole) << "G2";
    }
  }

 private:
  void add(const NodeId& pool, const AccountId& account, const Wide& amount) {
    Wide& sum = earned_[{pool, account}];
    sum = plus(sum, amount);
  }
  /// rewards × stake ÷ weight, 64 bits behind the point.
  static Wide part(Uint128 rewards, Oort stake, Oort weight) {
    const Wide product = product_of(rewards, stake.units());
    return divide(times(product, Uint128{1} << 64), weight.units()).whole;
  }
  void share_pool(const StateReader& before, const Pool& pool, Uint128 rewards, Oort weight) {
    const Wide all = part(rewards, pool.delegated, weight);
    const Wide commission = divide(times(all, pool.commission), parts_per_million).whole;
    const Wide community = minus(all, commission);
    add(pool.node, pool.creator, plus(part(rewards, pool.self, weight), commission));
    const Bytes prefix = keys::delegations(pool.node);
    before.scan(prefix, prefix, [&](ByteView key, ByteView value) {
      const auto delegation = *codec::from_bytes<Delegation>(value);
      add(pool.node, *AccountId::from(key.last(20)),
          divide(times(community, delegation.shares.units()), pool.shares.units()).whole);
      return true;
    });
  }

  std::map<Stake, Wide> earned_;
  std::map<Stake, Uint128> paid_;
  std::map<Stake, Uint128> payments_;
};

/// Random operations of few accounts on few pools, hostile ones among them.
class Chaos {
 public:
  explicit Chaos(std::uint32_t seed) : ledger_(staking_genesis(), trusting_), random_(seed) {
    for (std::uint8_t number = 11; number <= 15; ++number) people_.push_back(keys_of(number));
    people_.push_back(ledger_.owner);
    people_.push_back(ledger_.stranger);
  }

  TestLedger& ledger() { return ledger_; }
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;

  void run_block() {
    if (pick(4) == 0) ledger_.time_ms = staking_in(ledger_).ends_ms + pick(300);
    std::vector<Transaction> transactions;
    for (const crypto::KeyPair& sender : people_) {
      std::vector<SubmittedOperation> operations;
      const std::uint32_t count = 1 + pick(4);
      for (std::uint32_t i = 0; i < count; ++i) operations.push_back({operation(), {}});
      transactions.push_back(ledger_.make(sender, std::move(operations), pick(8) == 0 ? 1 : 0));
    }
    execute(transactions);
  }
  /// Everybody is paid, and what is owed must be what was earned.
  void settle() {
    std::vector<Transaction> transactions;
    for (const crypto::KeyPair& sender : people_) {
      std::vector<SubmittedOperation> claims;
      for (std::uint8_t node = 1; node <= 4; ++node) claims.push_back({RewardClaim{id(node)}, {}});
      transactions.push_back(ledger_.make(sender, std::move(claims)));
    }
    execute(transactions);
    naive_.compare();
  }
  /// Everybody takes everything out, and it is there.
  void leave() {
    next_epoch(ledger_, 6);  // What came from another pool is free to go by then.
    std::vector<Transaction> transactions;
    for (const crypto::KeyPair& sender : people_) {
      std::vector<SubmittedOperation> operations;
      for (std::uint8_t node = 1; node <= 4; ++node) {
        operations.push_back({Undelegate{id(node), Oort()}, {}});
        operations.push_back({PoolExit{id(node)}, {}});
      }
      transactions.push_back(ledger_.make(sender, std::move(operations)));
    }
    ledger_.block(transactions);
    next_epoch(ledger_, 6);
    expect_staking(ledger_.state());
    EXPECT_EQ(ledger_.view().pot(Pot::Stake), Oort()) << "everyone can withdraw";
    EXPECT_EQ(ledger_.view().pot(Pot::Unbonding), Oort()) << "everyone can withdraw";
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  NodeId id(std::uint8_t number) { return keys_of(number).node_id(); }
  NodeId node() { return id(static_cast<std::uint8_t>(1 + pick(5))); }
  Oort amount() {
    if (pick(5) == 0) return Oort();
    return Oort(oort_base_units * pick(120) + random_());
  }
  Operation operation() {
    switch (pick(16)) {
      case 0: return PoolCreate{node(), amount(), pick(1'200'000)};
      case 1: return PoolStake{node(), amount()};
      case 2: return PoolSetCommission{node(), pick(300'000)};
      case 3:
        return pick(4) == 0 ? Operation(PoolSetOnline{node(), pick(3) != 0})
                            : Operation(PoolSetOnline{node(), true});
      case 4: return pick(60) == 0 ? Operation(PoolExit{node()}) : Operation(RewardClaim{node()});
      case 5:
      case 6: return Undelegate{node(), amount()};
      case 7:
      case 8: return Redelegate{node(), node(), amount()};
      case 9: return RewardClaim{node()};
      case 10: return BondPost{node(), Oort(random_())};
      case 11: return BondWithdraw{node(), Oort(random_())};
      case 12: return evidence();
      default: return Delegate{node(), amount()};
    }
  }
  /// A fault now and then; the rest of it proves nothing.
  Operation evidence() {
    if (pick(12) != 0) return EvidenceSubmit{to_bytes("nothing")};
    Bytes proof = to_bytes(node().view());
    proof.push_back(std::byte{0});
    const std::uint64_t salt = random_();
    for (int i = 0; i < 8; ++i) {
      proof.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(salt >> (8 * i))));
    }
    return EvidenceSubmit{proof};
  }
  void execute(const std::vector<Transaction>& transactions) {
    const MemoryState before = ledger_.state();
    const ExecutionResult& result = ledger_.block(transactions);
    for (const Event& event : result.block_events) {
      if (const auto* began = std::get_if<EpochBegan>(&event)) {
        naive_.share(before, began->fees.units() + began->emission.units());
      }
    }
    for (const Receipt& receipt : result.receipts) {
      for (const OperationReceipt& done : receipt.operations) look_at(done);
    }
    expect_staking(ledger_.state());
  }
  void look_at(const OperationReceipt& done) {
    ++(done.rejection == Rejection::None ? accepted : refused);
    for (const Event& event : done.events) {
      const auto* change = std::get_if<BalanceChanged>(&event);
      if (change == nullptr || change->purpose != Purpose::RewardPaid) continue;
      naive_.paid({NodeId(change->subject.array()), change->account}, change->amount.units());
    }
  }

  TrustingVerifier trusting_;
  TestLedger ledger_;
  std::mt19937 random_;
  std::vector<crypto::KeyPair> people_;
  Naive naive_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// OORT_STAKING_SEEDS and OORT_STAKING_OPERATIONS give it more to do, OORT_STAKING_SEED one seed.
TEST(StakingProperty, RandomOperationsKeepTheInvariants_G1_G2_G3_G4_G5) {
  const std::uint64_t seeds = from_environment("OORT_STAKING_SEEDS", 3);
  const std::uint64_t operations = from_environment("OORT_STAKING_OPERATIONS", 1'200);
  const std::uint64_t first = from_environment("OORT_STAKING_SEED", 1);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Chaos chaos(static_cast<std::uint32_t>(seed));
    std::uint64_t blocks = 0;
    while (chaos.accepted + chaos.refused < operations) {
      chaos.run_block();
      if (++blocks % 16 == 0) chaos.settle();
      ASSERT_FALSE(::testing::Test::HasFailure())
          << "OORT_STAKING_SEEDS=1 OORT_STAKING_SEED=" << seed
          << " OORT_STAKING_OPERATIONS=" << chaos.accepted + chaos.refused
          << " is the shortest run of this seed that fails";
    }
    chaos.settle();
    chaos.leave();
    EXPECT_GT(chaos.accepted, operations / 10) << "seed " << seed;
    EXPECT_GT(chaos.refused, operations / 10) << "seed " << seed;
    ASSERT_FALSE(::testing::Test::HasFailure())
        << "OORT_STAKING_SEEDS=1 OORT_STAKING_SEED=" << seed;
  }
}

/// 60 OORT as one delegation and as three of 20: the three never earn more together.
TEST(StakingProperty, SplittingADelegationNeverEarnsMore_G2) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 10; ++round) {
    StakingParams params = small_staking();
    params.emission = Oort(random() % 1'000'000'007);
    TestLedger ledger(staking_genesis(params));
    const NodeId pool = keys_of(1).node_id();
    const std::vector<crypto::KeyPair> parts = {ledger.owner, keys_of(12), keys_of(13)};
    ASSERT_EQ(ledger.send(ledger.stranger, Delegate{pool, whole(60)}), Rejection::None);
    for (const crypto::KeyPair& part : parts) {
      ASSERT_EQ(ledger.send(part, Delegate{pool, whole(20)}), Rejection::None);
    }
    const auto claim = [&](const crypto::KeyPair& who) {
      Uint128 sum = 0;
      for (const Event& event : ledger.run(who, RewardClaim{pool}).events) {
        const auto* change = std::get_if<BalanceChanged>(&event);
        if (change != nullptr) sum += change->amount.units();
      }
      return sum;
    };
    for (int epoch = 0; epoch < 4; ++epoch) {
      next_epoch(ledger);
      const Uint128 together = claim(ledger.stranger);
      Uint128 split = 0;
      for (const crypto::KeyPair& part : parts) split += claim(part);
      EXPECT_LE(split, together);
      EXPECT_LE(together, split + 3);
    }
  }
}

std::map<NodeId, Uint128> weights_of(const std::vector<Validator>& validators) {
  std::map<NodeId, Uint128> weights;
  for (const Validator& validator : validators) weights[validator.node] = validator.weight;
  return weights;
}

TEST(StakingProperty, AThirdOfTheWeightMovesAtMost_G6) {
  std::mt19937 random(5);
  const auto some = [&] {
    std::vector<Validator> validators;
    for (std::uint8_t i = 0; i < 20; ++i) {
      if (random() % 2 == 0) continue;
      std::array<std::byte, 32> bytes{};
      bytes[0] = static_cast<std::byte>(i);
      validators.push_back({NodeId(bytes), 1 + random() % 1'000'000});
    }
    return validators;
  };
  for (int round = 0; round < 2000; ++round) {
    const auto now = some();
    const auto wanted = some();
    if (now.empty() || wanted.empty()) continue;
    const auto moved = move_weights(now, wanted, 333'333, 100);
    Uint128 total_now = 0;
    Uint128 total = 0;
    for (const Validator& validator : now) total_now += validator.weight;
    for (const Validator& validator : wanted) total += validator.weight;
    auto before = weights_of(now);
    auto after = weights_of(moved);
    Uint128 gained = 0;
    Uint128 lost = 0;
    for (auto& [node, weight] : before) weight = weight * total / total_now;
    for (const auto& [node, weight] : before) {
      if (after[node] < weight) lost += weight - after[node];
    }
    for (const auto& [node, weight] : after) {
      if (weight > before[node]) gained += weight - before[node];
    }
    // Rounding is one whole OORT of weight for each validator.
    EXPECT_LE(gained * 3, total + 3 * 20);
    EXPECT_LE(lost * 3, total + 3 * 20);
    EXPECT_TRUE(std::ranges::is_sorted(moved, {}, &Validator::node));
    // And it arrives.
    auto on_the_way = moved;
    for (int i = 0; i < 12; ++i) on_the_way = move_weights(on_the_way, wanted, 333'333, 100);
    const auto at_last = weights_of(on_the_way);
    for (const Validator& validator : wanted) {
      EXPECT_TRUE(at_last.contains(validator.node)) << "round " << round;
    }
  }
}

TEST(StakingProperty, NewcomersWaitForAPlace_G6) {
  const auto validator = [](std::uint8_t number, std::uint64_t weight) {
    std::array<std::byte, 32> bytes{};
    bytes[0] = static_cast<std::byte>(number);
    return Validator{NodeId(bytes), weight};
  };
  const std::vector<Validator> now = {validator(1, 100), validator(2, 100)};
  const auto moved =
      move_weights(now, {validator(2, 100), validator(3, 50), validator(4, 60)}, 333'333, 3);
  EXPECT_EQ(moved.size(), 3U);
  EXPECT_TRUE(std::ranges::any_of(
      moved, [&](const Validator& found) { return found.node == validator(4, 0).node; }));
}

}  // namespace
}  // namespace oort::ledger::test
