// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/record.hpp"
#include "oort/ledger/wide.hpp"

/// Bytes that nodes hold, and what they earn by it. A *payer* is the account that made a segment,
/// as a gateway does; it pays for every byte of shards and replicas, parity included, that a node
/// holds for it. Prices are the market's.
namespace oort::ledger {

inline constexpr std::size_t storage_classes_count = std::size_t{storage_class_last} + 1;
/// One value for each class of storage, by its number.
template <class T>
using ByClass = std::array<T, storage_classes_count>;
inline constexpr std::size_t collected_payers_max = 32;

struct StorageParams {
  static constexpr std::uint8_t format_version = 1;
  /// Header time that the market's price of a class is for.
  std::uint64_t month_ms = 30 * day_ms;
  /// How long after its account ran dry a payer may still make segments.
  std::uint64_t grace_ms = 7 * day_ms;
  friend bool operator==(const StorageParams&, const StorageParams&) = default;
};
/// Whether they are within their bounds.
[[nodiscard]] bool is_possible(const StorageParams& params) noexcept;

struct GenesisStorageFund {
  AccountId payer;
  Oort amount;  ///< Taken from the payer's balance.
  friend bool operator==(const GenesisStorageFund&, const GenesisStorageFund&) = default;
};
/// How metering begins. It needs a market, and no segment is there yet.
struct StorageGenesis {
  static constexpr std::uint8_t format_version = 1;
  StorageParams params;
  std::vector<GenesisStorageFund> funds;  ///< Ascending by payer, none zero.
  friend bool operator==(const StorageGenesis&, const StorageGenesis&) = default;
};

/// What one byte has cost since the beginning, in base units with 128 bits behind the point.
struct StorageMeter {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t time_ms = 0;  ///< Header time up to which it counts.
  ByClass<Wide> cost{};
  friend bool operator==(const StorageMeter&, const StorageMeter&) = default;
};

/// What a payer pays for. Its escrow's `held` covers `earned`, always.
struct StorageAccount {
  static constexpr std::uint8_t format_version = 1;
  EscrowId escrow;
  ByClass<std::uint64_t> bytes{};  ///< That all nodes together hold.
  ByClass<Wide> seen{};            ///< `StorageMeter::cost` up to which it was settled.
  ByClass<Wide> index{};  ///< What a byte has earned since the beginning; less, once it ran dry.
  Wide earned;            ///< By all nodes together, not collected.
  std::uint64_t settled_ms = 0;
  std::uint64_t dry_ms = 0;  ///< Header time at which it ran dry; 0: it did not.
  friend bool operator==(const StorageAccount&, const StorageAccount&) = default;
};
/// What one node holds for one payer.
struct StorageHolding {
  static constexpr std::uint8_t format_version = 1;
  ByClass<std::uint64_t> bytes{};
  ByClass<Wide> index{};  ///< `StorageAccount::index` up to which it was settled.
  Wide earned;            ///< Not collected.
  friend bool operator==(const StorageHolding&, const StorageHolding&) = default;
};

/// What a byte costs in a millisecond of header time, 128 bits behind the point, rounded down; at
/// most 2^60 base units.
[[nodiscard]] Wide cost_of_byte(Credits gib_month, Rate rate, const StorageParams& params) noexcept;
/// The account as it stands when the meter says so and its escrow holds `held`: what is earned
/// meanwhile is counted, as far as the escrow can pay. More than 2^60 base units a byte between
/// two settlements count as that.
[[nodiscard]] StorageAccount settled_at(StorageAccount account, const StorageMeter& meter,
                                        Units held) noexcept;
/// The holding of a settled account.
[[nodiscard]] StorageHolding settled_with(StorageHolding holding,
                                          const StorageAccount& account) noexcept;
/// Of a settled account: what nobody has earned, whole base units.
[[nodiscard]] Units unearned(const StorageAccount& account, Units held) noexcept;
/// Of a settled account: whether it ran dry longer ago than the grace.
[[nodiscard]] bool is_in_arrears(const StorageAccount& account, const StorageParams& params,
                                 std::uint64_t now_ms) noexcept;
/// What the account's bytes cost in `span_ms` at these prices, rounded up; the greatest amount
/// where it is more. `prices` are those of `cost_of_byte`.
[[nodiscard]] Units cost_ahead(const StorageAccount& account, const ByClass<Wide>& prices,
                               std::uint64_t span_ms) noexcept;

}  // namespace oort::ledger
