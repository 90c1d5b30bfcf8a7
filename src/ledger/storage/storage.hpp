// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "call.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/storage_keys.hpp"
#include "oort/ledger/storage_operations.hpp"
#include "oort/ledger/storage_records.hpp"

/// Metering: who pays for the bytes that nodes hold. Off where the genesis does not name the
/// module; what follows then does nothing, and the operations are refused with ModuleOff.
namespace oort::ledger {

[[nodiscard]] Rejection apply(Call& call, const StorageFund& operation);
[[nodiscard]] Rejection apply(Call& call, const StorageWithdraw& operation);
[[nodiscard]] Rejection apply(Call& call, const StorageCollect& operation);

/// Moves the meter to the block's time, at the prices that ruled until now.
void begin_storage(Block& block);
/// Whether `payer` may make another segment: StorageUnfunded or StorageInArrears if not.
[[nodiscard]] Rejection check_payer(const Block& block, const AccountId& payer);
/// The shards of `segment` were `before` and are `after`: its payer pays for these from now on.
void meter(Block& block, const Segment& segment, const std::vector<Shard>& before,
           const std::vector<Shard>& after);
/// Adds money of `from` to the account that has this escrow. Requires: its kind is Storage.
[[nodiscard]] Rejection fund_storage(Call& call, Escrow& escrow, const AccountId& from,
                                     Units amount);

// Genesis, governance and views -------------------------------------------------------------------

[[nodiscard]] std::optional<StorageParams> storage_params(const StateReader& state);
/// What a byte costs in a millisecond, by class, at the market's prices. A rate that is old counts
/// here: what is stored goes on being stored.
[[nodiscard]] ByClass<Wide> storage_prices(const StateReader& state, const StorageParams& params);
/// Fails with BAD_ARGUMENT or as a decoder.
[[nodiscard]] Result<void> check_storage(const GenesisParams& genesis, const Bytes& record);
/// Requires: `check_storage` passed, and the market and the accounts stand in the state.
void enter_storage(Overlay& state, const GenesisParams& genesis, const Bytes& record);

}  // namespace oort::ledger
