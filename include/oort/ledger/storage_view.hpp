// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "oort/ledger/state.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::ledger {

/// What storage costs and earns, by types. Borrows the state. Empty where the network does not
/// meter. Accounts and holdings are settled up to the state's meter.
class StorageView {
 public:
  explicit StorageView(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] std::optional<StorageParams> params() const;
  [[nodiscard]] std::optional<StorageMeter> meter() const;
  /// What a byte costs now in a millisecond, by class. Requires: the network meters.
  [[nodiscard]] ByClass<Wide> prices() const;
  [[nodiscard]] std::optional<StorageAccount> account(const AccountId& payer) const;
  /// What a node holds for its payers, from `from` on, at most `count_max` of them.
  [[nodiscard]] std::vector<std::pair<AccountId, StorageHolding>> holdings_of(
      const NodeId& node, const AccountId& from, std::size_t count_max) const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
