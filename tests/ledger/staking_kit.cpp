// SPDX-License-Identifier: Apache-2.0
#include "staking_kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace oort::ledger::test {
namespace {

template <class Use>
void for_keys(const StateReader& state, char table, Use use) {
  const Bytes prefix = keys::prefix(Module::Staking, table);
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    use(key.subspan(2), value);
    return true;
  });
}

std::map<NodeId, Pool> pools_of(const StateReader& state) {
  std::map<NodeId, Pool> pools;
  for_keys(state, table::pool, [&](ByteView, ByteView value) {
    const Pool pool = *codec::from_bytes<Pool>(value);
    pools.emplace(pool.node, pool);
  });
  return pools;
}

void expect_stake(const StateReader& state, const std::map<NodeId, Pool>& pools) {
  std::map<NodeId, Uint128> shares;
  for_keys(state, table::delegation, [&](ByteView key, ByteView value) {
    const Delegation delegation = *codec::from_bytes<Delegation>(value);
    EXPECT_FALSE(delegation.shares.is_zero());
    if (delegation.liability) {
      EXPECT_LE(delegation.liability->shares, delegation.shares);
    }
    shares[*NodeId::from(key.first(32))] += delegation.shares.units();
  });
  Uint128 stake = 0;
  Uint128 weight = 0;
  std::size_t ranked = 0;
  for (const auto& [node, pool] : pools) {
    EXPECT_TRUE(pool.shares.units() == shares[node]) << "G1: shares are what delegations hold";
    EXPECT_GE(pool.shares.units(), pool.delegated.units()) << "G1";
    stake += stake_of(pool).units();
    const bool is_witness = pool.state == PoolState::Witnessing;
    if (is_witness) weight += stake_of(pool).units();
    const bool is_ranked = is_witness || pool.state == PoolState::Candidate;
    if (is_ranked) ++ranked;
    EXPECT_EQ(state.get(keys::pool_rank(stake_of(pool), node)).has_value(), is_ranked) << "G4";
  }
  for_keys(state, table::pool_rank, [&](ByteView, ByteView) { --ranked; });
  EXPECT_EQ(ranked, 0U) << "G4: a rank is left over";
  EXPECT_TRUE(View(state).pot(Pot::Stake).units() == stake) << "G1";
  const auto staking = read_record<StakingState>(state, keys::staking_state());
  EXPECT_TRUE(staking->weight.units() == weight) << "G4";
}

void expect_unbonding(const StateReader& state) {
  std::map<Bytes, Uint128, KeyLess> parts;
  for_keys(state, table::staking_due, [&](ByteView key, ByteView value) {
    const auto kind = std::to_integer<std::uint8_t>(key[8]);
    if (kind == static_cast<std::uint8_t>(keys::StakingDue::Exit)) return;
    Bytes batch = {static_cast<std::byte>(kind)};
    batch.insert(batch.end(), key.begin() + 9, key.begin() + 9 + 44);
    parts[batch] += codec::from_bytes<Unbonding>(value)->shares.units();
  });
  Uint128 held = 0;
  for_keys(state, table::unbonding_batch, [&](ByteView key, ByteView value) {
    const UnbondingBatch batch = *codec::from_bytes<UnbondingBatch>(value);
    EXPECT_TRUE(batch.shares.units() == parts[to_bytes(key)]) << "G3";
    EXPECT_LE(batch.held.units(), batch.shares.units()) << "G3";
    parts.erase(to_bytes(key));
    held += batch.held.units();
  });
  EXPECT_TRUE(parts.empty()) << "G3: something leaves without a batch";
  EXPECT_TRUE(View(state).pot(Pot::Unbonding).units() == held) << "G3";
}

void expect_rewards(const StateReader& state, const std::map<NodeId, Pool>& pools) {
  const auto staking = *read_record<StakingState>(state, keys::staking_state());
  Wide owed = {0, staking.carry.units()};
  owed = plus(owed, {0, staking.dust.units()});
  for (const auto& [node, pool] : pools) {
    owed = plus(owed, pool.creator_owed);
    if (pool.state != PoolState::Witnessing) continue;
    owed = plus(owed, times(minus(staking.ratio, pool.stake_ratio), stake_of(pool).units()));
  }
  for_keys(state, table::delegation, [&](ByteView key, ByteView value) {
    const Delegation delegation = *codec::from_bytes<Delegation>(value);
    const Pool& pool = pools.at(*NodeId::from(key.first(32)));
    const Wide each = minus(pool.share_ratio, delegation.share_ratio);
    owed = plus(owed, times(each, delegation.shares.units()));
  });
  const Wide held{View(state).pot(Pot::Rewards).units(), 0};
  EXPECT_TRUE(owed == held) << "G2: the pot holds exactly what is owed";
}

}  // namespace

Oort whole(std::uint64_t oort) { return Oort(oort_base_units * oort); }

StakingParams small_staking() {
  StakingParams params;
  params.creator_stake_min = whole(100);
  params.pool_stake_min = whole(200);
  params.delegation_min = whole(10);
  params.jail_epochs = 2;
  params.emission = whole(8);
  params.halving_epochs = 16;
  return params;
}

GenesisParams staking_genesis(StakingParams params) {
  GenesisParams genesis = small_genesis();
  genesis.time_ms = 1'000'000;  // Where a TestLedger begins.
  genesis.params.epoch_ms = 1000;
  genesis.params.unbonding_epochs = 4;
  StakingGenesis staking;
  staking.params = params;
  Oort sum;
  genesis.validators.clear();
  for (const Node& node : genesis.nodes) {
    if (node.id == keys_of(4).node_id() || node.id == keys_of(5).node_id()) continue;
    staking.pools.push_back({node.id, params.pool_stake_min, 100'000});
    sum = *sum.plus(params.pool_stake_min);
    genesis.validators.push_back({node.id, 1});
  }
  for (std::uint8_t seed = 11; seed <= 15; ++seed) {
    genesis.accounts.push_back({account_of(keys_of(seed)), whole(10'000)});
  }
  std::ranges::sort(genesis.accounts, {}, &GenesisAccount::id);
  genesis.pots = {{Pot::Stake, sum}, {Pot::Mining, whole(1'000)}};
  genesis.modules = {{Module::Staking, codec::to_bytes(staking)}};
  return genesis;
}

Pool pool_in(const TestLedger& ledger, std::uint8_t node) {
  const auto pool = read_record<Pool>(ledger.state(), keys::pool(keys_of(node).node_id()));
  EXPECT_TRUE(pool.has_value());
  return pool.value_or(Pool{});
}

StakingState staking_in(const TestLedger& ledger) {
  return read_record<StakingState>(ledger.state(), keys::staking_state()).value();
}

void next_epoch(TestLedger& ledger, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    ledger.time_ms = staking_in(ledger).ends_ms;
    ledger.pass(1);
  }
}

void expect_staking(const StateReader& state) {
  const auto pools = pools_of(state);
  expect_stake(state, pools);
  expect_unbonding(state);
  expect_rewards(state, pools);
}

}  // namespace oort::ledger::test
