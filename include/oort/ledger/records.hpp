// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/record.hpp"
#include "oort/ledger/shard_receipt.hpp"

namespace oort::ledger {

inline constexpr std::size_t lanes_per_account_max = 64;
inline constexpr std::size_t endpoints_per_node_max = 16;
inline constexpr std::size_t host_bytes_max = 255;
inline constexpr std::size_t region_bytes_max = 64;

/// One of an account's independent sequences of transactions.
struct Lane {
  std::uint32_t lane = 0;
  std::uint64_t next_sequence = 0;  ///< What the next transaction of the lane must carry.
  friend bool operator==(const Lane&, const Lane&) = default;
};
struct Account {
  static constexpr std::uint8_t format_version = 1;
  Oort balance;
  std::vector<Lane> lanes;  ///< Ascending; a lane that is not here stands at 0.
  friend bool operator==(const Account&, const Account&) = default;
};
/// 0 for a lane that was never used.
[[nodiscard]] std::uint64_t next_sequence_of(const Account& account, std::uint32_t lane) noexcept;

/// Money of no account. A pot belongs to one module, and nobody else puts in or draws. Numbers are
/// frozen, whether the module is built or not.
enum class Pot : std::uint8_t {
  Escrow = 1,        ///< Market: funded by payers, not yet paid out or refunded.
  Reserve = 2,       ///< Market: OORT locked behind the credits that were sold.
  Stake = 3,         ///< Staking: delegated to pools.
  Unbonding = 4,     ///< Staking: on its way out, still slashable.
  Rewards = 5,       ///< Staking: earned by pools and delegators, not withdrawn.
  Mining = 6,        ///< Staking: what emission is paid from.
  Treasury = 7,      ///< Governance.
  Deposits = 8,      ///< Governance: of proposals that still run.
  Remainders = 9,    ///< Bank: what rounding leaves over.
  OracleBonds = 10,  ///< Market: of those who report the rate.
  Honesty = 11,      ///< Honesty: bonds of cases, fees of audits, and the fund for rewards.
};
inline constexpr std::uint8_t pot_last = 11;

/// Why a balance changed, `module << 8 | n`: for statements. Numbers are frozen.
enum class Purpose : std::uint16_t {
  EscrowFunded = 0x0801,
  EscrowPaid = 0x0802,
  EscrowRefunded = 0x0803,
  CreditsSold = 0x0804,
  OracleBondPosted = 0x0805,
  OracleBondReturned = 0x0806,
  EscrowDiscounted = 0x0807,
  StakeDelegated = 0x0201,
  StakeReturned = 0x0202,
  RewardPaid = 0x0203,
  BondPosted = 0x0204,
  BondReturned = 0x0205,
  FaultCompensated = 0x0206,
  DepositPaid = 0x0301,
  DepositReturned = 0x0302,
  TreasurySpent = 0x0303,
  CaseBondPosted = 0x0501,
  CaseBondReturned = 0x0502,
  SeatPaid = 0x0503,
  RevealPaid = 0x0504,
  AuditFeePosted = 0x0505,
  AuditFeePaid = 0x0506,
  AuditFeeReturned = 0x0507,
  AccusedCompensated = 0x0508,
  StoragePaid = 0x1001,
  DatasetBought = 0x0b01,
  DatasetSold = 0x0b02,
};

struct PotBalance {
  static constexpr std::uint8_t format_version = 1;
  Oort balance;
  friend bool operator==(const PotBalance&, const PotBalance&) = default;
};

/// Where all the money is: `total` = balances of all accounts + bonds + `fees` + all pots.
struct Supply {
  static constexpr std::uint8_t format_version = 1;
  Oort total;
  Oort fees;  ///< Collected and not yet distributed.
  friend bool operator==(const Supply&, const Supply&) = default;
};

/// Bits of `Node::roles`. Numbers are frozen.
enum class NodeRole : std::uint8_t { Super = 1, Archive = 2, Edge = 4 };
enum class NodeStatus : std::uint8_t {
  Active = 0,
  Draining = 1,  ///< Keeps what it has; gets nothing new.
  Retired = 2,   ///< Holds nothing.
  Faulty = 3,    ///< Gets nothing at all; nobody enters or leaves it by an operation.
};
enum class EndpointKind : std::uint8_t { Peer = 0, S3 = 1, Grpc = 2 };
struct Endpoint {
  EndpointKind kind = EndpointKind::Peer;
  std::string host;  ///< A name or an address in text.
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
/// A machine of the network. Its Ed25519 key is its name, its TLS key and its voting key.
struct Node {
  static constexpr std::uint8_t format_version = 1;
  NodeId id;
  OperatorId owner;        ///< Two nodes of one operator are one fault domain.
  std::uint8_t roles = 0;  ///< NodeRole bits.
  NodeStatus status = NodeStatus::Active;
  std::vector<Endpoint> endpoints;
  std::string region;
  std::uint32_t system = 0;    ///< Autonomous system number, declared; 0: unknown.
  std::uint32_t network = 0;   ///< First three octets of the IPv4 address, declared; 0: unknown.
  std::uint64_t capacity = 0;  ///< Bytes offered for shards.
  Oort bond;
  friend bool operator==(const Node&, const Node&) = default;
};
[[nodiscard]] constexpr bool has_role(const Node& node, NodeRole role) noexcept {
  return (node.roles & static_cast<std::uint8_t>(role)) != 0;
}

struct Validator {
  NodeId node;
  std::uint64_t weight = 0;
  friend bool operator==(const Validator&, const Validator&) = default;
};
/// Who votes in an epoch; a validator's index is its place in the list.
struct ValidatorSet {
  static constexpr std::uint8_t format_version = 1;
  Epoch epoch;
  std::vector<Validator> validators;  ///< Ascending by node; weights over zero.
  friend bool operator==(const ValidatorSet&, const ValidatorSet&) = default;
};

/// A proven fault. What was proven is judged by whoever knows the protocol; see EvidenceVerifier.
struct Evidence {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 id;              ///< One per fault, so that a fault counts once.
  std::uint16_t kind = 0;  ///< The consensus' number for it.
  NodeId offender;
  AccountId reporter;
  Height height;   ///< When the ledger took it.
  Bytes32 digest;  ///< H("oort.v1 body", proof bytes).
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// Randomness that nobody chose: folds the VRF output of every block.
struct Beacon {
  static constexpr std::uint8_t format_version = 1;
  Height height;
  Epoch epoch;
  Bytes32 value;
  friend bool operator==(const Beacon&, const Beacon&) = default;
};

/// Parameters that rule from a height on.
struct PendingParams {
  static constexpr std::uint8_t format_version = 1;
  Params params;
  Height from;
  friend bool operator==(const PendingParams&, const PendingParams&) = default;
};

}  // namespace oort::ledger
