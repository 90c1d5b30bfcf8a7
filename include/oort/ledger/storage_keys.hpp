// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Storage.
inline constexpr char storage_params = 'P';
inline constexpr char storage_meter = 'm';
inline constexpr char storage_account = 'a';
inline constexpr char storage_holding = 'h';
}  // namespace oort::ledger::table

/// Where metering keeps what it knows; form as in keys.hpp.
namespace oort::ledger::keys {

[[nodiscard]] Bytes storage_params();
[[nodiscard]] Bytes storage_meter();
[[nodiscard]] Bytes storage_account(const AccountId& payer);
[[nodiscard]] Bytes storage_holding(const NodeId& node, const AccountId& payer);
[[nodiscard]] Bytes storage_holding(const NodeId& node);

}  // namespace oort::ledger::keys
