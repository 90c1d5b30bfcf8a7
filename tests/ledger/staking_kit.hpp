// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kit.hpp"
#include "oort/ledger/staking_keys.hpp"
#include "oort/ledger/staking_records.hpp"

/// A small network with stake: pools of nodes 1 to 3 with 100 OORT each, node 4 without one.
namespace oort::ledger::test {

[[nodiscard]] Oort whole(std::uint64_t oort);
/// Least stakes of 100 (creator), 200 (pool) and 10 (delegation); epochs of 1 s; unbonding takes 4
/// of them; 8 OORT of emission in each of the first 16 epochs.
[[nodiscard]] StakingParams small_staking();
[[nodiscard]] GenesisParams staking_genesis(StakingParams params = small_staking());

template <class T>
[[nodiscard]] std::optional<T> read_record(const StateReader& state, const Bytes& key) {
  const auto bytes = state.get(key);
  if (!bytes) return std::nullopt;
  return *codec::from_bytes<T>(*bytes);
}
[[nodiscard]] Pool pool_in(const TestLedger& ledger, std::uint8_t node);
[[nodiscard]] StakingState staking_in(const TestLedger& ledger);
/// Empty blocks until the next epoch has begun.
void next_epoch(TestLedger& ledger, std::uint64_t count = 1);

/// Fails the test where staking owes another sum than its pots hold, or an index is wrong.
void expect_staking(const StateReader& state);

}  // namespace oort::ledger::test
