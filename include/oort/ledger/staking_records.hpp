// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/ledger/ratio.hpp"
#include "oort/ledger/record.hpp"
#include "oort/ledger/wide.hpp"

/// Stake, its rewards and its penalties. Shares of a whole count millionths. Epochs here are those
/// of the ledger: the first block past each full `Params::epoch_ms` of header time begins one.
namespace oort::ledger {

/// What a delegation holds of its pool; worth `delegated ÷ shares` each, which only slashing moves.
using Shares = Amount<struct SharesTag>;
/// Of a base unit, 2^-128 each.
using Fraction = Amount<struct FractionTag>;

/// Numbers are frozen.
enum class PoolState : std::uint8_t {
  Pending = 0,     ///< Its stake is below what a witness needs.
  Candidate = 1,   ///< Could be a witness; others are heavier, or the epoch has not ended yet.
  Witnessing = 2,  ///< Votes and earns.
  Offline = 3,     ///< Its creator switched it off, or a fault did.
  Exiting = 4,     ///< Earns nothing, takes no stake, and what it holds can still be slashed.
  Exited = 5,      ///< For good; who delegated takes the stake out at once.
};
/// Whether a pool can ever go from one to the other directly.
[[nodiscard]] bool may_become(PoolState from, PoolState to) noexcept;

/// Stake behind a super node, which names it. A node has one pool in its life.
struct Pool {
  static constexpr std::uint8_t format_version = 1;
  NodeId node;
  AccountId creator;
  PoolState state = PoolState::Pending;
  std::uint32_t commission = 0;        ///< Of what the delegated stake earns.
  std::uint64_t commission_epoch = 0;  ///< In which it was changed last.
  Oort self;                           ///< The creator's, without shares.
  Oort delegated;
  Shares shares;      ///< Of all delegations together. Never fewer than `delegated` base units.
  Wide share_ratio;   ///< Earned per share since the beginning, 128 bits behind the point.
  Wide stake_ratio;   ///< `StakingState::ratio` up to which the pool has been credited.
  Wide creator_owed;  ///< Earned by the creator, not withdrawn; 128 bits behind the point.
  std::uint64_t jailed_until = 0;   ///< The first epoch in which it may come back.
  std::uint64_t exits = 0;          ///< The epoch in which Exiting becomes Exited.
  std::uint32_t faults_count = 0;   ///< Proven double votes.
  std::uint64_t slashes_count = 0;  ///< Of its slash events.
  friend bool operator==(const Pool&, const Pool&) = default;
};

/// Shares that came from another pool, and that its faults from before still reach.
struct Liability {
  NodeId source;
  std::uint64_t since = 0;
  std::uint64_t until = 0;
  Shares shares;
  std::uint64_t slashes_seen = 0;  ///< Slash events of the source that were carried out here.
  friend bool operator==(const Liability&, const Liability&) = default;
};
struct Delegation {
  static constexpr std::uint8_t format_version = 1;
  Shares shares;
  Wide share_ratio;  ///< `Pool::share_ratio` up to which the delegator was paid.
  std::optional<Liability> liability;
  friend bool operator==(const Delegation&, const Delegation&) = default;
};

/// Everything that began to leave one pool, or one node's bond, in one epoch, and was slashed alike
/// since.
struct UnbondingBatch {
  static constexpr std::uint8_t format_version = 1;
  Oort held;
  Shares shares;
  friend bool operator==(const UnbondingBatch&, const UnbondingBatch&) = default;
};
/// One account's part of a batch.
struct Unbonding {
  static constexpr std::uint8_t format_version = 1;
  Shares shares;
  friend bool operator==(const Unbonding&, const Unbonding&) = default;
};

struct SlashEvent {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t fault_epoch = 0;
  std::uint64_t epoch = 0;  ///< In which it was carried out.
  std::uint32_t share = 0;
  friend bool operator==(const SlashEvent&, const SlashEvent&) = default;
};

struct StakingState {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t epoch = 0;
  std::uint64_t ends_ms = 0;  ///< The first block of this header time or later begins the next.
  Wide ratio;      ///< Earned per base unit of witnessing stake, 128 bits behind the point.
  Fraction carry;  ///< What the division of the last epoch's rewards left over.
  Fraction dust;   ///< What withdrawals left over; whole units of it go to Pot::Remainders.
  Oort weight;     ///< Stake of all Witnessing pools.
  friend bool operator==(const StakingState&, const StakingState&) = default;
};
/// The Witnessing pools. Ascending.
struct Witnesses {
  static constexpr std::uint8_t format_version = 1;
  std::vector<NodeId> pools;
  friend bool operator==(const Witnesses&, const Witnesses&) = default;
};
/// Where an epoch began, so that a fault can be dated.
struct EpochStart {
  static constexpr std::uint8_t format_version = 1;
  Height height;
  Epoch chain_epoch;
  oort::View view;
  friend bool operator==(const EpochStart&, const EpochStart&) = default;
};

struct StakingParams {
  static constexpr std::uint8_t format_version = 1;
  Oort creator_stake_min = Oort(oort_base_units * 200'000);
  Oort pool_stake_min = Oort(oort_base_units * 500'000);
  Oort delegation_min = Oort(oort_base_units * 1'000);
  std::uint32_t commission_max = 1'000'000;
  std::uint32_t commission_step = 10'000;    ///< By which it may rise, once in an epoch.
  std::uint32_t moved_weight_max = 333'333;  ///< Of the voting weight, in one epoch.
  std::uint32_t double_vote_share = 50'000;  ///< Slashed; doubled for each fault before.
  std::uint32_t finder_share = 500'000;      ///< Of the creator's slashed stake; half at most.
  std::uint64_t jail_epochs = 168;
  Oort emission;                           ///< From Pot::Mining in each epoch, at first.
  std::uint64_t halving_epochs = 35'040;   ///< Four years of hours.
  std::uint64_t evidence_views = 100'000;  ///< For so long a fault can be shown.
  std::uint32_t evidence_per_block = 64;
  friend bool operator==(const StakingParams&, const StakingParams&) = default;
};

/// A pool that is there from the start. Its creator is its node's operator.
struct GenesisPool {
  NodeId node;
  Oort self;
  std::uint32_t commission = 0;
  friend bool operator==(const GenesisPool&, const GenesisPool&) = default;
};
/// `GenesisModule::genesis` of staking. Pot::Stake holds the sum of the pools' stake.
struct StakingGenesis {
  static constexpr std::uint8_t format_version = 1;
  StakingParams params;
  std::vector<GenesisPool> pools;  ///< Ascending by node; each validator has one.
  friend bool operator==(const StakingGenesis&, const StakingGenesis&) = default;
};

[[nodiscard]] Oort stake_of(const Pool& pool) noexcept;
/// What so many shares of the pool are worth, rounded down.
[[nodiscard]] Oort worth_of(const Pool& pool, Shares shares) noexcept;

}  // namespace oort::ledger
