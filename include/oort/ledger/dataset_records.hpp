// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/record.hpp"

/// Versions of datasets, and who may use them. Every record is at most 1 KiB.
namespace oort::ledger {

struct DatasetsParams {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t grant_ms_max = 3'660 * day_ms;  ///< 1 or more.
  friend bool operator==(const DatasetsParams&, const DatasetsParams&) = default;
};
[[nodiscard]] bool is_possible(const DatasetsParams& params);
/// `GenesisModule::genesis` of datasets.
struct DatasetsGenesis {
  static constexpr std::uint8_t format_version = 1;
  DatasetsParams params;
  friend bool operator==(const DatasetsGenesis&, const DatasetsGenesis&) = default;
};

inline constexpr std::size_t artefact_name_bytes_max = 64;
inline constexpr std::size_t licence_bytes_max = 64;
inline constexpr std::size_t dataset_campaigns_max = 8;
inline constexpr std::size_t dataset_parents_max = 7;

/// 1 to 64 of [a-z0-9._-], beginning with a letter or a digit.
[[nodiscard]] bool is_artefact_name(std::string_view name) noexcept;
/// An SPDX expression: 1 to 64 of its characters.
[[nodiscard]] bool is_licence(std::string_view text) noexcept;

/// Major, minor, patch: ordered as such.
struct ArtefactVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  friend bool operator==(const ArtefactVersion&, const ArtefactVersion&) = default;
  friend auto operator<=>(const ArtefactVersion&, const ArtefactVersion&) = default;
};

enum class DatasetAccess : std::uint8_t {
  Closed = 0,  ///< Nobody gets in any more; who has a grant keeps it.
  Open = 1,
  Gated = 2,  ///< The owner decides.
  Sold = 3,
};

/// A sealed version: all but `access`, `price`, `grant_ms` and `taken_down_ms` never change.
struct DatasetVersion {
  static constexpr std::uint8_t format_version = 1;
  DatasetId root;  ///< Of its manifest, by OpenSSF Model Signing: what it is named by.
  AccountId owner;
  std::string name;
  ArtefactVersion version;
  DatasetId previous;  ///< Zero: the first of its name.
  Bytes32 manifest;    ///< SHA-256 of the manifest's statement.
  Bytes32 splits;      ///< SHA-256 of what says which sample is in which split.
  Bytes32 card;        ///< SHA-256 of the Croissant card.
  Bytes32 samples;     ///< Root of the tree of its samples (RFC 6962).
  std::uint64_t samples_count = 0;
  std::uint64_t bytes = 0;
  std::string licence;                ///< SPDX expression.
  std::vector<CampaignId> campaigns;  ///< Ascending.
  std::vector<DatasetId> parents;     ///< Ascending.
  BlockId not_before;
  Height sealed;
  std::uint64_t sealed_ms = 0;
  DatasetAccess access = DatasetAccess::Closed;
  Oort price;                       ///< Of one grant, where it is sold.
  std::uint64_t grant_ms = 0;       ///< How long a grant lasts; 0: for ever.
  std::uint64_t taken_down_ms = 0;  ///< 0: it stands. Every grant is dead, the record stays.
  Bytes32 why;                      ///< Digest of the notice.
  std::uint64_t grants_count = 0;
  std::uint64_t uses_count = 0;
  friend bool operator==(const DatasetVersion&, const DatasetVersion&) = default;
};

/// An owner's name and its newest version.
struct DatasetName {
  static constexpr std::uint8_t format_version = 1;
  DatasetId newest;
  ArtefactVersion version;
  std::uint32_t count = 0;
  friend bool operator==(const DatasetName&, const DatasetName&) = default;
};

enum class GrantStatus : std::uint8_t {
  Requested = 0,
  Granted = 1,
  Refused = 2,
  Revoked = 3,  ///< By the owner; never of a grant that was paid for.
};
struct DatasetGrant {
  static constexpr std::uint8_t format_version = 1;
  GrantStatus status = GrantStatus::Requested;
  DatasetAccess access = DatasetAccess::Open;  ///< How it was asked for.
  Oort paid;
  std::uint64_t since_ms = 0;    ///< Of the status.
  std::uint64_t expires_ms = 0;  ///< 0: never.
  std::uint64_t uses = 0;
  std::uint64_t uses_max = 0;  ///< 0: without a bound.
  friend bool operator==(const DatasetGrant&, const DatasetGrant&) = default;
};
/// Whether it lets its holder use the version now.
[[nodiscard]] bool is_live(const DatasetVersion& version, const DatasetGrant& grant,
                           std::uint64_t now_ms) noexcept;

/// How long one use lets its account read through gateways.
inline constexpr std::uint64_t dataset_opening_ms = day_ms;

/// That an account reads the dataset's objects where their owner has stored them.
struct DatasetOpening {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t until_ms = 0;  ///< Never after the end of the grant that it was opened with.
  friend bool operator==(const DatasetOpening&, const DatasetOpening&) = default;
};
/// Whether the holder of the grant may read now.
[[nodiscard]] bool is_open(const DatasetVersion& version, const DatasetGrant& grant,
                           const DatasetOpening& opening, std::uint64_t now_ms) noexcept;

}  // namespace oort::ledger
