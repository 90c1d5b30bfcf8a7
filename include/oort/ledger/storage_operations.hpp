// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of storage's metering. *Sender* is the account that signed the transaction.
namespace oort::ledger {

/// Adds the sender's money to a payer's storage account, which the first funding opens. By anybody.
struct StorageFund {
  static constexpr std::uint16_t code = code_of(Module::Storage, 1);
  AccountId payer;
  Oort amount;
  friend bool operator==(const StorageFund&, const StorageFund&) = default;
};
/// Takes back what nobody has earned from the sender's account, but for what the grace costs.
struct StorageWithdraw {
  static constexpr std::uint16_t code = code_of(Module::Storage, 2);
  Oort amount;
  friend bool operator==(const StorageWithdraw&, const StorageWithdraw&) = default;
};
/// Pays a node's operator what the node has earned from these payers; those of whom it holds
/// nothing are passed over. By the operator, or by the node's own account.
struct StorageCollect {
  static constexpr std::uint16_t code = code_of(Module::Storage, 3);
  NodeId node;
  std::vector<AccountId> payers;  ///< Ascending, 1 to `collected_payers_max`.
  friend bool operator==(const StorageCollect&, const StorageCollect&) = default;
};

}  // namespace oort::ledger
