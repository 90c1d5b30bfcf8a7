// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

inline constexpr std::size_t access_key_id_bytes_min = 3;
inline constexpr std::size_t access_key_id_bytes_max = 128;
inline constexpr std::size_t scope_buckets_max = 256;

/// What a gateway may do for an owner; a bit of `GatewayGrant::operations`. Numbers are frozen.
enum class GrantedOperation : std::uint32_t {
  CreateBucket = 1U << 0,
  DeleteBucket = 1U << 1,
  ConfigureBucket = 1U << 2,
  PutObject = 1U << 3,
  DeleteObject = 1U << 4,
  ReadObject = 1U << 5,  ///< Judged by gateways and access keys; the ledger sees no reads.
};
inline constexpr std::uint32_t granted_operations_all = (1U << 6) - 1;

/// A credential of the S3 door. The secret is sealed to each gateway that may accept it.
struct AccessKey {
  static constexpr std::uint8_t format_version = 1;
  std::string id;  ///< AWS_ACCESS_KEY_ID: 3 to 128 of [A-Za-z0-9._-].
  AccountId owner;
  std::vector<KeySeal> secrets;   ///< Ascending by gateway.
  std::vector<BucketId> buckets;  ///< Ascending; empty: all of the owner's.
  std::uint32_t operations = granted_operations_all;
  std::uint64_t expires_ms = 0;  ///< Header time; 0: never.
  std::uint64_t created_ms = 0;
  friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

using GrantId = Strong<struct GrantIdTag, std::uint64_t>;

/// An owner's authority to one gateway. Everything that the gateway's transactions do to the
/// owner's buckets is checked against it.
struct GatewayGrant {
  static constexpr std::uint8_t format_version = 1;
  GrantId id;
  AccountId owner;
  AccountId gateway;              ///< The account that signs: `account_of` the gateway's node key.
  std::vector<BucketId> buckets;  ///< Ascending; empty: all of the owner's.
  std::uint32_t operations = 0;   ///< GrantedOperation bits.
  std::uint64_t bytes_max = 0;    ///< Ciphertext that may be committed under it; 0: no limit.
  std::uint64_t bytes_used = 0;
  Oort spend_max;  ///< Operation fees that may be counted under it; 0: no limit.
  Oort spend_used;
  std::uint64_t expires_ms = 0;  ///< Header time; 0: never.
  friend bool operator==(const GatewayGrant&, const GatewayGrant&) = default;
};

}  // namespace oort::ledger
