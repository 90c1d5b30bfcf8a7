// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/staking_keys.hpp"
#include "oort/ledger/staking_records.hpp"

namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const PoolCreate& operation);
[[nodiscard]] Rejection apply(Call& call, const PoolStake& operation);
[[nodiscard]] Rejection apply(Call& call, const PoolSetCommission& operation);
[[nodiscard]] Rejection apply(Call& call, const PoolSetOnline& operation);
[[nodiscard]] Rejection apply(Call& call, const PoolExit& operation);
[[nodiscard]] Rejection apply(Call& call, const Delegate& operation);
[[nodiscard]] Rejection apply(Call& call, const Undelegate& operation);
[[nodiscard]] Rejection apply(Call& call, const Redelegate& operation);
[[nodiscard]] Rejection apply(Call& call, const RewardClaim& operation);
[[nodiscard]] Rejection apply(Call& call, const BondPost& operation);
[[nodiscard]] Rejection apply(Call& call, const BondWithdraw& operation);

/// Empty where the network began without the module.
[[nodiscard]] std::optional<StakingParams> staking_params(const StateReader& state);
[[nodiscard]] bool is_possible(const StakingParams& params);

/// What `epoch` pays out when it ends, of a pot that holds `mining`.
[[nodiscard]] Oort emission_of(const StakingParams& params, std::uint64_t epoch, Oort mining);

/// Work of the block before its transactions: an epoch may begin.
void begin_staking(Block& block, std::vector<Event>& events);
/// Work of the block after them: what is due returns, a bounded number.
void end_staking(Block& block, std::vector<Event>& events);

/// A fault that costs stake.
struct Fault {
  Bytes32 subject;                  ///< Names it.
  std::uint32_t share = 0;          ///< Of what it reaches.
  std::uint64_t epoch = 0;          ///< In which it happened: what left before is not reached.
  std::optional<AccountId> finder;  ///< Who found it or was harmed.
};
struct Cut {
  Oort burnt;
  Oort compensated;
};
/// Takes the share from the creator's stake, the delegated stake, what left the pool in the fault's
/// epoch or later, and what moved to another pool since (when that is next touched). The finder
/// gets `finder_share` of the creator's part; all the rest is burnt. Does nothing to a pool that is
/// not there. Requires: the module is on.
Cut slash_pool(Block& block, const NodeId& pool, const Fault& fault, std::vector<Event>& events);
/// The same of a node's bond. The finder gets `finder_share` of it.
Cut slash_bond(Block& block, const NodeId& node, const Fault& fault, std::vector<Event>& events);
/// Adds to a bond what a node has earned. Requires: as `give`.
void add_bond(Overlay& state, const NodeId& node, Oort amount, std::vector<Event>& events);

/// A double vote was proven: slashes the offender's pool once, jails it, and the second time sends
/// it away. Does nothing where the module is off or the node has no pool.
void punish_double_vote(Block& block, const Verdict& verdict, const AccountId& finder,
                        std::vector<Event>& events);

/// The factor between stake and voting weight, 750,000 to 1,000,000 millionths: whoever judges
/// honesty sets it, and it counts from the next epoch on.
void set_weight_factor(Overlay& state, const NodeId& node, std::uint32_t millionths);

/// Whether staking can begin so, and its beginning.
[[nodiscard]] Result<void> check_staking(const GenesisParams& genesis, ByteView record);
void enter_staking(Overlay& state, const GenesisParams& genesis, ByteView record);

/// Takes up to `wanted` of a node's bond, which `to` gets as if it had been withdrawn: after the
/// time in which it can still be slashed. Says how much; nothing where staking is off.
Oort assign_bond(Block& block, const NodeId& id, const AccountId& to, Oort wanted,
                 std::vector<Event>& events);

}  // namespace oort::ledger
