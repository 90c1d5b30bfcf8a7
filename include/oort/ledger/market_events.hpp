// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/ledger/market_records.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"

namespace oort::ledger {

/// An account's credits changed. Its statement in credits is these: they add up to its balance.
struct CreditsChanged {
  static constexpr std::uint16_t code = code_of(Module::Bank, 3);
  AccountId account;
  bool is_income = false;
  Credits amount;
  Purpose purpose = Purpose::CreditsSold;
  Bytes32 subject;  ///< The escrow, or the hash of the sale's reference.
  friend bool operator==(const CreditsChanged&, const CreditsChanged&) = default;
};
struct EscrowChanged {
  static constexpr std::uint16_t code = code_of(Module::Market, 1);
  enum class Kind : std::uint8_t {
    Opened = 0,
    Funded = 1,
    Changed = 2,
    Closed = 3,  ///< `amount` went back to the payer.
    Paid = 4,    ///< `amount` left the escrow for an earner and the protocol.
    Ended = 5,   ///< Everything is paid and the record gone.
    Frozen = 6,
    Thawed = 7,
    Forfeited = 8,  ///< `amount` that was earned went back to the payer.
  };
  Kind kind = Kind::Opened;
  EscrowId escrow;
  Currency currency = Currency::Oort;
  Units amount;
  friend bool operator==(const EscrowChanged&, const EscrowChanged&) = default;
};
/// The block took a sample of the rate.
struct RateSampled {
  static constexpr std::uint16_t code = code_of(Module::Market, 2);
  Rate sample;
  Rate average;
  friend bool operator==(const RateSampled&, const RateSampled&) = default;
};

}  // namespace oort::ledger
