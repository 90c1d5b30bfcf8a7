// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

/// What metering tells, beside the BalanceChanged of those whom it pays and the EscrowChanged of
/// the escrow behind an account.
namespace oort::ledger {

struct StorageAccountChanged {
  static constexpr std::uint16_t code = code_of(Module::Storage, 1);
  enum class Kind : std::uint8_t {
    Opened = 0,
    Funded = 1,
    Withdrawn = 2,
    Resumed = 3,  ///< It had run dry, and now covers the grace again.
  };
  Kind kind = Kind::Opened;
  AccountId payer;
  Oort amount;
  friend bool operator==(const StorageAccountChanged&, const StorageAccountChanged&) = default;
};

}  // namespace oort::ledger
