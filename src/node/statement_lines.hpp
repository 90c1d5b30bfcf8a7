// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "oort/chain/chain.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/records.hpp"

/// The lines of statements: what a block says of them, and how they are stored.
namespace oort::node {

/// Why a balance changed: a ledger::Purpose, or one of these, which are below all of those. Numbers
/// are stored.
enum class LineKind : std::uint16_t { Genesis = 0, Transfer = 1, Fee = 2 };

/// One change of one account's balance.
struct Movement {
  AccountId account;
  std::uint16_t purpose = 0;
  bool is_income = false;
  Oort amount;
  Bytes subject;
  std::optional<TransactionId> transaction;
  friend bool operator==(const Movement&, const Movement&) = default;
};
/// All of a block, in an order in which no balance falls below zero: what the block does by itself
/// gives and never takes, so it comes first.
[[nodiscard]] std::vector<Movement> movements_of(const chain::FinalBlock& block);

/// A line as it is stored, under its account and place.
struct StoredLine {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t time_ms = 0;
  std::uint16_t purpose = 0;
  bool is_income = false;
  Oort amount;
  Oort balance_after;
  Bytes subject;  ///< At most 32 bytes.
  std::optional<TransactionId> transaction;
  friend bool operator==(const StoredLine&, const StoredLine&) = default;
};
void encode(codec::Writer& out, const StoredLine& line);
/// Fails with MALFORMED, NOT_CANONICAL, TOO_LARGE or UNSUPPORTED_VERSION.
[[nodiscard]] Result<void> decode(codec::Reader& in, StoredLine& line);

/// For people and programs: "transfer", "reward paid" ….
[[nodiscard]] std::string_view purpose_name(std::uint16_t purpose) noexcept;

}  // namespace oort::node
