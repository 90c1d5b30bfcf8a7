// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

/// Where an object should live; the names are S3's. Numbers are frozen.
enum class StorageClass : std::uint8_t {
  Standard = 0,
  StandardIa = 1,
  Glacier = 2,
  DeepArchive = 3,
};
inline constexpr std::uint8_t storage_class_last = 3;

/// What a class promises on this network. The ledger refuses a segment below `tolerance_min` and
/// marks one below `tolerance` as degraded; between them the gateway's `durability` setting rules.
struct ClassPolicy {
  StorageClass storage_class = StorageClass::Standard;
  std::uint8_t replicas = 1;       ///< r of an open segment.
  std::uint8_t data_shards = 1;    ///< k of a sealed one.
  std::uint8_t total_shards = 1;   ///< n of a sealed one.
  std::uint8_t tolerance = 0;      ///< Losses survived from the moment of the reply.
  std::uint8_t tolerance_min = 0;  ///< Below this the ledger refuses.
  friend bool operator==(const ClassPolicy&, const ClassPolicy&) = default;
};
inline constexpr std::size_t class_policies_max = 16;

/// Everything about the network that may be changed while it runs. Windows count blocks unless
/// their name says otherwise.
struct Params {
  static constexpr std::uint8_t format_version = 1;

  // Fees in base units. A transaction pays the sum, whether its operations succeed or not.
  Oort fee_transaction;
  Oort fee_operation;
  Oort fee_byte;

  std::uint64_t epoch_ms = 3'600'000;  ///< Header time.
  std::uint64_t idle_block_ms = 1'000;
  std::uint64_t transaction_lifetime_max = 1'000;  ///< How far ahead `valid_until` may lie.
  std::uint64_t undo_window = 100'000;   ///< A removed version can be restored for so long.
  std::uint64_t orphan_window = 10'000;  ///< An unreferenced segment is kept for so long.
  std::uint64_t hold_margin = 50;        ///< A receipt must hold for at least so long.
  std::uint64_t segment_lease = 1'000;   ///< After it, any replica may seal an open segment.
  std::uint64_t reveal_window = 100;
  std::uint64_t unbonding_epochs = 168;
  std::uint64_t lease_window = 100;

  std::uint16_t validators_max = 100;
  bool distinct_operators = true;     ///< One shard of a segment per operator …
  bool distinct_networks = true;      ///< … per /24 (declared by the node) …
  bool distinct_systems = true;       ///< … and per autonomous system.
  std::vector<ClassPolicy> classes;   ///< Ascending by class, each at most once.
  std::optional<AccountId> governor;  ///< Who may change these, if anybody.

  friend bool operator==(const Params&, const Params&) = default;
};

/// The policy of `storage_class`, if this network has one.
[[nodiscard]] std::optional<ClassPolicy> policy_of(const Params& params,
                                                   StorageClass storage_class) noexcept;

}  // namespace oort::ledger
