// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "staking/staking.hpp"

namespace oort::ledger {

/// What one change of staking reads and writes: the state of staking is read once, and every pool
/// that changes is credited with what it has earned first, since its stake is about to change.
class StakingEdit {
 public:
  /// Requires: the module is on.
  StakingEdit(Overlay& state, StakingParams params);

  [[nodiscard]] Overlay& overlay() const noexcept { return *overlay_; }
  [[nodiscard]] const StakingParams& params() const noexcept { return params_; }
  StakingState staking;

  /// Writes `staking` back.
  void save();
  /// Keeps what a withdrawal left over, and moves whole units of it to Pot::Remainders.
  void keep_dust(Uint128 fraction);

 private:
  Overlay* overlay_;
  StakingParams params_;
};

class PoolEdit {
 public:
  /// Credits the pool with what it has earned until now.
  PoolEdit(StakingEdit& edit, const Pool& before);

  Pool pool;

  /// Requires: `may_become`.
  void become(PoolState state);
  /// Between Pending and Candidate, as the stake says. Leaves every other state alone.
  void fit();
  /// Writes the pool, its rank and the weight of the witnesses, and tells of a change.
  void save(std::vector<Event>& events);

 private:
  StakingEdit* edit_;
  Oort stake_before_;
  PoolState state_before_;
};

/// Whether the stake suffices for a witness.
[[nodiscard]] bool has_stake_for_witness(const Pool& pool, const StakingParams& params) noexcept;

/// Empty when there is none of that name.
[[nodiscard]] std::optional<Pool> find_pool(const StateReader& state, const NodeId& node);
/// Takes shares out of a pool; returns what they are worth. What rounding leaves to a pool without
/// shares goes to Pot::Remainders.
[[nodiscard]] Oort take_shares(StakingEdit& edit, Pool& pool, Shares shares);
/// Pays the delegator and carries out what liability demands. Requires: `pool` is credited.
void touch(StakingEdit& edit, Pool& pool, const AccountId& delegator, Delegation& delegation,
           std::vector<Event>& events);
/// Writes a delegation, or forgets it when it is empty.
void put_delegation(Overlay& state, const NodeId& pool, const AccountId& delegator,
                    const Delegation& delegation);

/// Puts `amount`, which was taken out elsewhere, among what returns `epochs` later.
void begin_unbonding(Overlay& state, keys::Leaving kind, const NodeId& node, const AccountId& owner,
                     Oort amount, std::uint64_t epoch, std::uint64_t epochs);
/// Slashes what began to leave in the fault's epoch or later; returns what was taken.
[[nodiscard]] Oort slash_unbonding(Overlay& state, keys::Leaving kind, const NodeId& node,
                                   const Fault& fault);
/// Pays what is due.
void release_due(Block& block, std::uint64_t epoch, std::vector<Event>& events);

/// Begins to leave for good.
void leave(const Block& block, const StakingEdit& edit, PoolEdit& opened);
[[nodiscard]] Bytes32 subject_of(const NodeId& node) noexcept;

inline constexpr std::size_t staking_due_per_block_max = 256;

}  // namespace oort::ledger
