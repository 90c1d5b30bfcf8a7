// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/ledger/market_records.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of the market. *Sender* is the account that signed the transaction.
namespace oort::ledger {

struct ProcessorSignature {
  PublicKey key;
  Signature signature;  ///< Over `sale_hash`.
  friend bool operator==(const ProcessorSignature&, const ProcessorSignature&) = default;
};
/// Ordinary money has arrived for `to`. The sender locks the OORT behind the credits.
struct CreditPurchase {
  static constexpr std::uint16_t code = code_of(Module::Market, 1);
  AccountId to;
  Credits amount;
  Bytes reference;  ///< The payment's name outside, 1 to 64 bytes: buys once.
  std::vector<ProcessorSignature> signatures;  ///< Ascending by key.
  friend bool operator==(const CreditPurchase&, const CreditPurchase&) = default;
};
/// What processors sign: H("oort.v1 credit sale", chain ‖ to ‖ amount ‖ reference).
[[nodiscard]] Bytes32 sale_hash(const ChainId& chain, const CreditPurchase& purchase);

/// The sender, a reporter, says what it has seen.
struct OracleReport {
  static constexpr std::uint16_t code = code_of(Module::Market, 2);
  Rate rate;
  friend bool operator==(const OracleReport&, const OracleReport&) = default;
};
/// Adds to the sender's bond as a reporter.
struct OracleBondPost {
  static constexpr std::uint16_t code = code_of(Module::Market, 3);
  Oort amount;
  friend bool operator==(const OracleBondPost&, const OracleBondPost&) = default;
};
/// Returns the whole bond of a sender who is no reporter.
struct OracleBondReturn {
  static constexpr std::uint16_t code = code_of(Module::Market, 4);
  friend bool operator==(const OracleBondReturn&, const OracleBondReturn&) = default;
};

struct EarnerShare {
  AccountId account;
  std::uint32_t weight = 0;
  friend bool operator==(const EarnerShare&, const EarnerShare&) = default;
};
/// Sets `amount` of the sender's money aside, and streams it.
struct EscrowOpen {
  static constexpr std::uint16_t code = code_of(Module::Market, 5);
  Currency currency = Currency::Oort;
  Units amount;
  Units rate;                        ///< Per hour of header time, to all earners together.
  std::vector<EarnerShare> earners;  ///< Ascending by account, weights over zero, at least one.
  std::uint64_t expires_ms = 0;      ///< Header time; 0: never.
  std::uint32_t holdback = 0;        ///< Millionths.
  std::uint64_t holdback_ms = 0;     ///< How long after the end the held-back part waits.
  friend bool operator==(const EscrowOpen&, const EscrowOpen&) = default;
};
/// Adds to what is held. By anybody.
struct EscrowFund {
  static constexpr std::uint16_t code = code_of(Module::Market, 6);
  EscrowId escrow;
  Units amount;
  friend bool operator==(const EscrowFund&, const EscrowFund&) = default;
};
/// Another rate and other weights from now on. By the payer, of a stream.
struct EscrowChange {
  static constexpr std::uint16_t code = code_of(Module::Market, 7);
  EscrowId escrow;
  Units rate;
  std::vector<EarnerShare> earners;
  friend bool operator==(const EscrowChange&, const EscrowChange&) = default;
};
/// Ends the stream; the payer gets back what has not streamed. By the payer, of a stream; by
/// anybody once it has expired.
struct EscrowClose {
  static constexpr std::uint16_t code = code_of(Module::Market, 8);
  EscrowId escrow;
  friend bool operator==(const EscrowClose&, const EscrowClose&) = default;
};
/// Pays the sender what it has earned so far and may take.
struct EscrowWithdraw {
  static constexpr std::uint16_t code = code_of(Module::Market, 9);
  EscrowId escrow;
  friend bool operator==(const EscrowWithdraw&, const EscrowWithdraw&) = default;
};

}  // namespace oort::ledger
