// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/market.pb.h>

#include <cstdint>

#include "oort/core/result.hpp"
#include "oort/ledger/state.hpp"

/// What storage costs and earns, as messages. `now_ms` is the header time of the state.
namespace oort::api {

[[nodiscard]] Result<void> fill(const ledger::StateReader& state, v1::GetStoragePriceResponse* out);
[[nodiscard]] Result<void> fill(const ledger::StateReader& state, std::uint64_t now_ms,
                                const v1::GetStorageAccountRequest& request,
                                v1::GetStorageAccountResponse* out);
[[nodiscard]] Result<void> fill(const ledger::StateReader& state,
                                const v1::ListStorageHoldingsRequest& request,
                                v1::ListStorageHoldingsResponse* out);

}  // namespace oort::api
