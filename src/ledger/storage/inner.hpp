// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oort/ledger/market_records.hpp"
#include "storage/storage.hpp"

/// What the sources of metering share.
namespace oort::ledger {

/// A payer's account as it stands at the block's meter, and the escrow behind it.
struct OpenAccount {
  StorageAccount account;
  Escrow escrow;
};
[[nodiscard]] std::optional<OpenAccount> open_account(const Block& block, const AccountId& payer);
void save_account(Overlay& state, const AccountId& payer, const StorageAccount& account);
/// Saves a settled holding; one that neither holds nor has earned anything goes, and what is behind
/// its point is taken out of what `account` owes.
void save_holding(Overlay& state, const NodeId& node, const AccountId& payer,
                  const StorageHolding& holding, StorageAccount& account);

}  // namespace oort::ledger
