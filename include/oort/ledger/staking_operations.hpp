// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of staking. Pools are named by their nodes.
namespace oort::ledger {

/// By the operator of a super node.
struct PoolCreate {
  static constexpr std::uint16_t code = code_of(Module::Staking, 1);
  NodeId node;
  Oort stake;  ///< At least `creator_stake_min`.
  std::uint32_t commission = 0;
  friend bool operator==(const PoolCreate&, const PoolCreate&) = default;
};
/// The creator adds to its own stake. It takes it out by leaving.
struct PoolStake {
  static constexpr std::uint16_t code = code_of(Module::Staking, 2);
  NodeId pool;
  Oort amount;
  friend bool operator==(const PoolStake&, const PoolStake&) = default;
};
/// Down by any amount, up by at most `commission_step`; once in an epoch.
struct PoolSetCommission {
  static constexpr std::uint16_t code = code_of(Module::Staking, 3);
  NodeId pool;
  std::uint32_t commission = 0;
  friend bool operator==(const PoolSetCommission&, const PoolSetCommission&) = default;
};
/// Goes Offline, or comes back when no fault forbids it.
struct PoolSetOnline {
  static constexpr std::uint16_t code = code_of(Module::Staking, 4);
  NodeId pool;
  bool is_online = false;
  friend bool operator==(const PoolSetOnline&, const PoolSetOnline&) = default;
};
/// Leaves for good. The creator's stake returns once the pool is Exited.
struct PoolExit {
  static constexpr std::uint16_t code = code_of(Module::Staking, 5);
  NodeId pool;
  friend bool operator==(const PoolExit&, const PoolExit&) = default;
};
struct Delegate {
  static constexpr std::uint16_t code = code_of(Module::Staking, 6);
  NodeId pool;
  Oort amount;
  friend bool operator==(const Delegate&, const Delegate&) = default;
};
/// Takes stake out. It returns after `unbonding_epochs`, less what is slashed until then.
struct Undelegate {
  static constexpr std::uint16_t code = code_of(Module::Staking, 7);
  NodeId pool;
  Oort amount;  ///< Zero: all.
  friend bool operator==(const Undelegate&, const Undelegate&) = default;
};
/// Moves stake at once. Faults of `from` from before still reach it for `unbonding_epochs`, and
/// until then it stays where it is.
struct Redelegate {
  static constexpr std::uint16_t code = code_of(Module::Staking, 8);
  NodeId from;
  NodeId to;
  Oort amount;  ///< Zero: all.
  friend bool operator==(const Redelegate&, const Redelegate&) = default;
};
/// Pays what the sender has earned in a pool, as delegator and as creator.
struct RewardClaim {
  static constexpr std::uint16_t code = code_of(Module::Staking, 9);
  NodeId pool;
  friend bool operator==(const RewardClaim&, const RewardClaim&) = default;
};
/// By anyone who wants to vouch for a node; it belongs to the node's operator from then on.
struct BondPost {
  static constexpr std::uint16_t code = code_of(Module::Staking, 16);
  NodeId node;
  Oort amount;
  friend bool operator==(const BondPost&, const BondPost&) = default;
};
/// By the operator. It returns after `unbonding_epochs`, less what is slashed until then.
struct BondWithdraw {
  static constexpr std::uint16_t code = code_of(Module::Staking, 17);
  NodeId node;
  Oort amount;
  friend bool operator==(const BondWithdraw&, const BondWithdraw&) = default;
};

}  // namespace oort::ledger
