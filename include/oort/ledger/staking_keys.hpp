// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Staking.
inline constexpr char staking_params = 'P';
inline constexpr char staking_state = 's';
inline constexpr char witnesses = 'w';
inline constexpr char pool = 'p';
inline constexpr char pool_rank = 'r';
inline constexpr char delegation = 'd';
inline constexpr char delegator = 'D';
inline constexpr char unbonding_batch = 'b';
inline constexpr char staking_due = 'u';
inline constexpr char slash_event = 'l';
inline constexpr char epoch_start = 'e';
inline constexpr char weight_factor = 'm';
}  // namespace oort::ledger::table

/// Where staking keeps what it knows; form as in keys.hpp.
namespace oort::ledger::keys {

[[nodiscard]] Bytes staking_params();
[[nodiscard]] Bytes staking_state();
[[nodiscard]] Bytes witnesses();
[[nodiscard]] Bytes pool(const NodeId& node);
/// Heaviest first, then by node: of the pools that are or could be witnesses.
[[nodiscard]] Bytes pool_rank(Oort stake, const NodeId& node);
[[nodiscard]] Bytes delegation(const NodeId& pool, const AccountId& delegator);
[[nodiscard]] Bytes delegations(const NodeId& pool);
/// In which pools an account has stake.
[[nodiscard]] Bytes delegator(const AccountId& delegator, const NodeId& pool);
[[nodiscard]] Bytes delegator(const AccountId& delegator);

/// What leaves. Numbers are frozen.
enum class Leaving : std::uint8_t { Stake = 0, Bond = 1 };
/// `serial` tells batches of one epoch apart: a slashed one takes nothing more in.
[[nodiscard]] Bytes unbonding_batch(Leaving kind, const NodeId& node, std::uint64_t epoch,
                                    std::uint32_t serial);
[[nodiscard]] Bytes unbonding_batches(Leaving kind, const NodeId& node, std::uint64_t epoch);
[[nodiscard]] Bytes unbonding_batches(Leaving kind, const NodeId& node);

/// What an epoch has to look after. Numbers are frozen.
enum class StakingDue : std::uint8_t { Stake = 0, Bond = 1, Exit = 2 };
[[nodiscard]] Bytes staking_due(std::uint64_t epoch, StakingDue kind, ByteView subject);
[[nodiscard]] Bytes staking_due();
[[nodiscard]] Bytes slash_event(const NodeId& pool, std::uint64_t number);
[[nodiscard]] Bytes epoch_start(std::uint64_t epoch);
[[nodiscard]] Bytes weight_factor(const NodeId& node);

}  // namespace oort::ledger::keys
