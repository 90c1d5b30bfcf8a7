// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/staking_records.hpp"

/// What staking tells beside the BalanceChanged of those whom it pays.
namespace oort::ledger {

/// The stake or the state of a pool.
struct PoolChanged {
  static constexpr std::uint16_t code = code_of(Module::Staking, 1);
  NodeId pool;
  PoolState state = PoolState::Pending;
  Oort self;
  Oort delegated;
  friend bool operator==(const PoolChanged&, const PoolChanged&) = default;
};
/// Money that a fault cost, of a pool or of a node's bond.
struct StakeSlashed {
  static constexpr std::uint16_t code = code_of(Module::Staking, 2);
  NodeId node;
  bool is_bond = false;
  std::uint32_t share = 0;
  Oort burnt;
  Oort compensated;  ///< Went to who was harmed or who found it.
  Bytes32 subject;   ///< The fault.
  friend bool operator==(const StakeSlashed&, const StakeSlashed&) = default;
};
struct EpochBegan {
  static constexpr std::uint16_t code = code_of(Module::Staking, 3);
  std::uint64_t epoch = 0;
  Oort fees;      ///< Shared out for the epoch before.
  Oort emission;  ///< Shared out for the epoch before, from Pot::Mining.
  std::uint16_t witnesses_count = 0;
  friend bool operator==(const EpochBegan&, const EpochBegan&) = default;
};
struct BondChanged {
  static constexpr std::uint16_t code = code_of(Module::Staking, 4);
  NodeId node;
  Oort bond;
  friend bool operator==(const BondChanged&, const BondChanged&) = default;
};

}  // namespace oort::ledger
