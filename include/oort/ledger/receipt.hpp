// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "oort/crypto/tree.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/honesty_events.hpp"
#include "oort/ledger/jobs_events.hpp"
#include "oort/ledger/market_events.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/staking_events.hpp"
#include "oort/ledger/storage_events.hpp"

/// What execution tells: the effects of each operation, for clients and for whoever keeps an index.
/// Each event has a frozen `code`.
namespace oort::ledger {

struct Transferred {
  static constexpr std::uint16_t code = code_of(Module::Bank, 1);
  AccountId from;
  AccountId to;
  Oort amount;
  friend bool operator==(const Transferred&, const Transferred&) = default;
};
/// A balance changed otherwise than by a transfer or a fee. An account's statement is its
/// transfers, its fees and these: they add up to its balance.
struct BalanceChanged {
  static constexpr std::uint16_t code = code_of(Module::Bank, 2);
  AccountId account;
  bool is_income = false;
  Oort amount;
  Purpose purpose = Purpose::RewardPaid;
  Bytes32 subject;  ///< The escrow, pool, proposal or node that it was about.
  friend bool operator==(const BalanceChanged&, const BalanceChanged&) = default;
};
struct NodeChanged {
  static constexpr std::uint16_t code = code_of(Module::Nodes, 1);
  NodeId node;
  NodeStatus status = NodeStatus::Active;
  friend bool operator==(const NodeChanged&, const NodeChanged&) = default;
};
struct BucketChanged {
  static constexpr std::uint16_t code = code_of(Module::Objects, 1);
  enum class Kind : std::uint8_t { Created = 0, Deleted = 1, Versioning = 2, Policy = 3, Keys = 4 };
  Kind kind = Kind::Created;
  BucketId bucket;
  AccountId owner;
  friend bool operator==(const BucketChanged&, const BucketChanged&) = default;
};
/// One link of the bucket's change log, with the head after it.
struct ObjectChanged {
  static constexpr std::uint16_t code = code_of(Module::Objects, 16);
  ObjectChange change = ObjectChange::Put;
  BucketId bucket;
  NameHash name_hash;
  ObjectVersionId version;
  bool is_null_version = false;
  bool is_delete_marker = false;
  std::uint8_t tolerance = 0;
  bool is_degraded = false;
  Bytes32 body_digest;
  std::uint64_t changes_count = 0;
  Bytes32 change_head;
  friend bool operator==(const ObjectChanged&, const ObjectChanged&) = default;
};
/// The undo window of a removed version has passed.
struct ObjectPurged {
  static constexpr std::uint16_t code = code_of(Module::Objects, 17);
  ObjectVersionRef object;
  friend bool operator==(const ObjectPurged&, const ObjectPurged&) = default;
};
struct SegmentChanged {
  static constexpr std::uint16_t code = code_of(Module::Objects, 32);
  enum class Kind : std::uint8_t {
    Opened = 0,
    Appended = 1,
    Sealed = 2,
    Stored = 3,
    ShardReplaced = 4,
    Released = 5,  ///< Nothing refers to it: its shards may be collected.
  };
  Kind kind = Kind::Opened;
  SegmentId segment;
  std::uint64_t length = 0;
  std::uint8_t tolerance = 0;
  bool is_degraded = false;
  friend bool operator==(const SegmentChanged&, const SegmentChanged&) = default;
};
struct MultipartChanged {
  static constexpr std::uint16_t code = code_of(Module::Objects, 48);
  enum class Kind : std::uint8_t { Created = 0, PartPut = 1, Completed = 2, Aborted = 3 };
  Kind kind = Kind::Created;
  BucketId bucket;
  NameHash name_hash;
  UploadId upload;
  std::uint16_t number = 0;  ///< Of the part, for PartPut.
  friend bool operator==(const MultipartChanged&, const MultipartChanged&) = default;
};
struct AccessKeyChanged {
  static constexpr std::uint16_t code = code_of(Module::Access, 1);
  std::string id;
  AccountId owner;
  bool is_deleted = false;
  friend bool operator==(const AccessKeyChanged&, const AccessKeyChanged&) = default;
};
struct GrantChanged {
  static constexpr std::uint16_t code = code_of(Module::Access, 16);
  GrantId grant;
  AccountId owner;
  AccountId gateway;
  bool is_revoked = false;
  friend bool operator==(const GrantChanged&, const GrantChanged&) = default;
};
struct EvidenceAccepted {
  static constexpr std::uint16_t code = code_of(Module::Evidence, 1);
  Bytes32 id;
  std::uint16_t kind = 0;
  NodeId offender;
  friend bool operator==(const EvidenceAccepted&, const EvidenceAccepted&) = default;
};
/// A change was scheduled, or came into force.
struct ParamsChanged {
  static constexpr std::uint16_t code = code_of(Module::Params, 1);
  Height from;
  bool is_in_force = false;
  friend bool operator==(const ParamsChanged&, const ParamsChanged&) = default;
};

using Event = std::variant<Transferred, BalanceChanged, NodeChanged, BucketChanged, ObjectChanged,
                           ObjectPurged, SegmentChanged, MultipartChanged, AccessKeyChanged,
                           GrantChanged, EvidenceAccepted, ParamsChanged,
                           // Staking.
                           PoolChanged, StakeSlashed, EpochBegan, BondChanged,
                           // Governance.
                           ProposalChanged, VoteCounted, ModuleParamsChanged,
                           // Market.
                           CreditsChanged, EscrowChanged, RateSampled,
                           // Honesty.
                           RoundBegan, RevealJudged, CaseChanged, NodePunished, AuditChanged,
                           // Storage.
                           StorageAccountChanged,
                           // Jobs.
                           OfferChanged, JobChanged, JobAnchored, JobPaid, JobDisputed,
                           // Campaigns, datasets, models.
                           CampaignChanged, DatasetChanged, ModelChanged>;
/// Code u16, then the fields.
void encode(codec::Writer& out, const Event& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Event& value);

/// What became of one operation. No events when it was rejected.
struct OperationReceipt {
  Rejection rejection = Rejection::None;
  std::vector<Event> events;
  friend bool operator==(const OperationReceipt&, const OperationReceipt&) = default;
};
/// The first event of a type, or null.
template <class T>
[[nodiscard]] const T* find_event(const OperationReceipt& receipt) noexcept {
  for (const Event& event : receipt.events) {
    if (const T* found = std::get_if<T>(&event)) return found;
  }
  return nullptr;
}

/// What became of a transaction. When `rejection` is not None, nothing happened, no fee was taken,
/// and `operations` is empty; otherwise there is one entry per operation.
struct Receipt {
  static constexpr std::uint8_t format_version = 1;
  TransactionId transaction;
  Rejection rejection = Rejection::None;
  Oort fee;
  std::vector<OperationReceipt> operations;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// What a block did: in its successor's header as `parent_result_root`. Merkle root over the
/// hashes of the receipts, hashed together with the hash of the block's own events.
[[nodiscard]] Bytes32 result_root_of(std::span<const Receipt> receipts,
                                     std::span<const Event> block_events);
[[nodiscard]] Bytes32 receipt_hash_of(const Receipt& receipt);

/// What shows that a receipt is one of a block's: the two parts of the result root, and the path
/// from the receipt to the first. `path.index` is the transaction's place in its block.
struct ReceiptProof {
  Bytes32 receipts_root;
  Bytes32 events_hash;
  crypto::MerkleProof path;
  friend bool operator==(const ReceiptProof&, const ReceiptProof&) = default;
};
void encode(codec::Writer& out, const ReceiptProof& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ReceiptProof& value);
/// Requires: `index` is below the count of receipts.
[[nodiscard]] ReceiptProof prove_receipt(std::span<const Receipt> receipts,
                                         std::span<const Event> block_events, std::size_t index);
[[nodiscard]] bool verify_receipt(const Bytes32& result_root, const ReceiptProof& proof,
                                  const Receipt& receipt);

}  // namespace oort::ledger
