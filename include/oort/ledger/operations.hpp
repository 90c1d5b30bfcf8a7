// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/governance_operations.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/market_operations.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_operations.hpp"
#include "oort/ledger/storage_operations.hpp"

/// What a transaction can ask for. Each operation has a frozen `code`; a changed layout is a new
/// code. Wherever the text says *sender*, the account that signed the transaction is meant.
namespace oort::ledger {

/// By what right the sender acts on an owner's bucket: as the owner, or under a grant.
struct Authority {
  std::optional<GrantId> grant;
  /// Hash of the client's signed request, so that a gateway can be held to it. Zero for an owner.
  Bytes32 request_hash;
  friend bool operator==(const Authority&, const Authority&) = default;
};

// Bank --------------------------------------------------------------------------------------------

struct Transfer {
  static constexpr std::uint16_t code = code_of(Module::Bank, 1);
  AccountId to;
  Oort amount;
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

// Nodes -------------------------------------------------------------------------------------------

/// Enters a node with the sender as its operator.
struct NodeRegister {
  static constexpr std::uint16_t code = code_of(Module::Nodes, 1);
  NodeId node;
  std::uint8_t roles = 0;
  std::vector<Endpoint> endpoints;
  std::string region;
  std::uint32_t system = 0;
  std::uint32_t network = 0;
  std::uint64_t capacity = 0;
  Signature consent;  ///< The node key's, over `node_consent_hash`.
  friend bool operator==(const NodeRegister&, const NodeRegister&) = default;
};
[[nodiscard]] Bytes32 node_consent_hash(const ChainId& chain, const OperatorId& owner,
                                        const NodeId& node);

/// Sent by the operator or by the node's own account. A node cannot leave Faulty by it, nor enter.
struct NodeUpdate {
  static constexpr std::uint16_t code = code_of(Module::Nodes, 2);
  NodeId node;
  NodeStatus status = NodeStatus::Active;
  std::vector<Endpoint> endpoints;
  std::uint64_t capacity = 0;
  friend bool operator==(const NodeUpdate&, const NodeUpdate&) = default;
};

// Objects: buckets --------------------------------------------------------------------------------

struct BucketCreate {
  static constexpr std::uint16_t code = code_of(Module::Objects, 1);
  AccountId owner;
  std::string name;
  KeyMode key_mode = KeyMode::GatewaySealed;
  std::vector<KeySeal> seals;  ///< The first bucket key; ascending by gateway.
  Authority authority;
  friend bool operator==(const BucketCreate&, const BucketCreate&) = default;
};
struct BucketDelete {
  static constexpr std::uint16_t code = code_of(Module::Objects, 2);
  BucketId bucket;
  Authority authority;
  friend bool operator==(const BucketDelete&, const BucketDelete&) = default;
};
/// Enabled or Suspended; a bucket never returns to Disabled.
struct BucketSetVersioning {
  static constexpr std::uint16_t code = code_of(Module::Objects, 3);
  BucketId bucket;
  Versioning versioning = Versioning::Enabled;
  Authority authority;
  friend bool operator==(const BucketSetVersioning&, const BucketSetVersioning&) = default;
};
/// The policy document is the operation's body; a zero digest removes it.
struct BucketSetPolicy {
  static constexpr std::uint16_t code = code_of(Module::Objects, 4);
  BucketId bucket;
  Bytes32 body_digest;
  Authority authority;
  friend bool operator==(const BucketSetPolicy&, const BucketSetPolicy&) = default;
};
/// Rotates the bucket key: `epoch` is the one before plus 1. The owner's alone.
struct BucketSetKeys {
  static constexpr std::uint16_t code = code_of(Module::Objects, 5);
  BucketId bucket;
  std::uint32_t epoch = 0;
  std::vector<KeySeal> seals;
  friend bool operator==(const BucketSetKeys&, const BucketSetKeys&) = default;
};

// Objects: versions -------------------------------------------------------------------------------

/// What must hold of the newest version of the name when the operation runs.
struct Precondition {
  enum class Kind : std::uint8_t {
    None = 0,
    Absent = 1,   ///< No live object: none at all, or a delete marker.
    Present = 2,  ///< A live object, whichever.
    Match = 3,    ///< A live object, of exactly this version.
  };
  Kind kind = Kind::None;
  ObjectVersionId version;  ///< For Match; else zero.
  friend bool operator==(const Precondition&, const Precondition&) = default;
};

/// One version of an object, live or in its bucket's undo window.
struct ObjectVersionRef {
  BucketId bucket;
  NameHash name_hash;
  ObjectVersionId version;
  friend bool operator==(const ObjectVersionRef&, const ObjectVersionRef&) = default;
};

/// Makes a new version. In a bucket whose versioning is not Enabled it takes the place of the null
/// version, which moves into the undo window. The sealed body is the operation's body.
struct ObjectCommit {
  static constexpr std::uint16_t code = code_of(Module::Objects, 16);
  BucketId bucket;
  NameHash name_hash;
  StorageClass storage_class = StorageClass::Standard;
  std::uint64_t size = 0;  ///< Bytes of plain content.
  Bytes32 body_digest;
  /// In segments of the sender. Empty for no content, and when `copy_source` is given.
  std::vector<Extent> extents;
  /// A live version whose ciphertext the new one shares; the same authority must cover its bucket.
  std::optional<ObjectVersionRef> copy_source;
  Precondition precondition;
  Authority authority;
  friend bool operator==(const ObjectCommit&, const ObjectCommit&) = default;
};

/// Newest: puts a delete marker where versions are kept, else removes the null version; nothing to
/// remove is no failure. Null and Version remove that very version into the undo window.
struct ObjectDelete {
  static constexpr std::uint16_t code = code_of(Module::Objects, 17);
  enum class Target : std::uint8_t { Newest = 0, Null = 1, Version = 2 };
  BucketId bucket;
  NameHash name_hash;
  Target target = Target::Newest;
  ObjectVersionId version;  ///< For Version; else zero.
  Precondition precondition;
  Authority authority;
  friend bool operator==(const ObjectDelete&, const ObjectDelete&) = default;
};

/// Brings a version back out of the undo window. The owner's alone.
struct ObjectRestore {
  static constexpr std::uint16_t code = code_of(Module::Objects, 18);
  ObjectVersionRef target;
  friend bool operator==(const ObjectRestore&, const ObjectRestore&) = default;
};

// Objects: segments -------------------------------------------------------------------------------

/// Starts an open segment of the sender, `segment_id_of(sender, nonce)`, with fence 1.
struct SegmentOpen {
  static constexpr std::uint16_t code = code_of(Module::Objects, 32);
  std::uint64_t nonce = 0;
  StorageClass storage_class = StorageClass::Standard;
  std::vector<NodeId> replicas;  ///< In the order of their indices.
  friend bool operator==(const SegmentOpen&, const SegmentOpen&) = default;
};

/// Group commit: `length` bytes from the start, with tree root `root`, are durable on the replicas
/// whose receipts are here. Renews the lease.
struct SegmentAppend {
  static constexpr std::uint16_t code = code_of(Module::Objects, 33);
  SegmentId segment;
  std::uint32_t fence = 0;
  std::uint64_t length = 0;
  TreeRoot root;
  std::vector<ShardReceipt> receipts;  ///< Ascending by index; generation = fence.
  friend bool operator==(const SegmentAppend&, const SegmentAppend&) = default;
};

/// Ends an open segment: its `length` bytes now stand as n coded shards. By its gateway, or, once
/// the lease ran out, by the account of any of its replicas. The fence and the shards' generation
/// become fence + 1.
struct SegmentSeal {
  static constexpr std::uint16_t code = code_of(Module::Objects, 34);
  SegmentId segment;
  std::uint32_t fence = 0;
  std::uint8_t data_shards = 1;
  std::vector<ShardReceipt> receipts;  ///< All n, by index.
  friend bool operator==(const SegmentSeal&, const SegmentSeal&) = default;
};

/// Records a segment that was coded as it streamed, `segment_id_of(sender, nonce)`. The shards'
/// generation is 1.
struct SegmentStore {
  static constexpr std::uint16_t code = code_of(Module::Objects, 35);
  std::uint64_t nonce = 0;
  StorageClass storage_class = StorageClass::Standard;
  std::uint8_t data_shards = 1;
  std::uint64_t length = 0;            ///< Bytes of content.
  TreeRoot root;                       ///< Tree root over the content.
  std::vector<ShardReceipt> receipts;  ///< All n, by index.
  friend bool operator==(const SegmentStore&, const SegmentStore&) = default;
};

/// Repair, move or widen: the shard of `receipt.index` now lives on `receipt.node`, with the same
/// root and length, and a generation one higher (open segments: generation = fence, and the replica
/// holds all `length` bytes). An index just past the last adds a shard, of the others' length and
/// with generation = fence. By the account of any registered node that is not Faulty.
struct ShardReplace {
  static constexpr std::uint16_t code = code_of(Module::Objects, 36);
  SegmentId segment;
  /// Who holds the shard before this; zero when a shard is added. Compare-and-swap.
  NodeId replaces;
  ShardReceipt receipt;
  friend bool operator==(const ShardReplace&, const ShardReplace&) = default;
};

// Objects: multipart uploads ----------------------------------------------------------------------

struct MultipartCreate {
  static constexpr std::uint16_t code = code_of(Module::Objects, 48);
  BucketId bucket;
  NameHash name_hash;
  StorageClass storage_class = StorageClass::Standard;
  Bytes32 body_digest;
  Authority authority;
  friend bool operator==(const MultipartCreate&, const MultipartCreate&) = default;
};
/// Puts a part, or replaces the one of that number.
struct MultipartPart {
  static constexpr std::uint16_t code = code_of(Module::Objects, 49);
  BucketId bucket;
  NameHash name_hash;
  UploadId upload;
  std::uint16_t number = 0;
  std::uint64_t size = 0;
  Bytes32 body_digest;
  std::vector<Extent> extents;
  Authority authority;
  friend bool operator==(const MultipartPart&, const MultipartPart&) = default;
};
/// Makes a version of the parts named, in that order; the other parts are dropped.
struct MultipartComplete {
  static constexpr std::uint16_t code = code_of(Module::Objects, 50);
  BucketId bucket;
  NameHash name_hash;
  UploadId upload;
  std::vector<std::uint16_t> parts;  ///< Ascending, at least one.
  Bytes32 body_digest;               ///< The finished object's.
  Precondition precondition;
  Authority authority;
  friend bool operator==(const MultipartComplete&, const MultipartComplete&) = default;
};
struct MultipartAbort {
  static constexpr std::uint16_t code = code_of(Module::Objects, 51);
  BucketId bucket;
  NameHash name_hash;
  UploadId upload;
  Authority authority;
  friend bool operator==(const MultipartAbort&, const MultipartAbort&) = default;
};

// Access ------------------------------------------------------------------------------------------

/// Owned by the sender.
struct AccessKeyCreate {
  static constexpr std::uint16_t code = code_of(Module::Access, 1);
  std::string id;
  std::vector<KeySeal> secrets;
  std::vector<BucketId> buckets;
  std::uint32_t operations = granted_operations_all;
  std::uint64_t expires_ms = 0;
  friend bool operator==(const AccessKeyCreate&, const AccessKeyCreate&) = default;
};
struct AccessKeyDelete {
  static constexpr std::uint16_t code = code_of(Module::Access, 2);
  std::string id;
  friend bool operator==(const AccessKeyDelete&, const AccessKeyDelete&) = default;
};
/// The sender, as owner, trusts `gateway` so far.
struct GrantCreate {
  static constexpr std::uint16_t code = code_of(Module::Access, 16);
  AccountId gateway;
  std::vector<BucketId> buckets;
  std::uint32_t operations = 0;
  std::uint64_t bytes_max = 0;
  Oort spend_max;
  std::uint64_t expires_ms = 0;
  friend bool operator==(const GrantCreate&, const GrantCreate&) = default;
};
struct GrantRevoke {
  static constexpr std::uint16_t code = code_of(Module::Access, 17);
  GrantId grant;
  friend bool operator==(const GrantRevoke&, const GrantRevoke&) = default;
};

// Evidence, params --------------------------------------------------------------------------------

struct EvidenceSubmit {
  static constexpr std::uint16_t code = code_of(Module::Evidence, 1);
  Bytes proof;  ///< As the consensus encodes it.
  friend bool operator==(const EvidenceSubmit&, const EvidenceSubmit&) = default;
};
/// By the governor alone; replaces any change that still waits.
struct ParamsChange {
  static constexpr std::uint16_t code = code_of(Module::Params, 1);
  Params params;
  Height from;
  friend bool operator==(const ParamsChange&, const ParamsChange&) = default;
};

using Operation =
    std::variant<Transfer, NodeRegister, NodeUpdate, BucketCreate, BucketDelete,
                 BucketSetVersioning, BucketSetPolicy, BucketSetKeys, ObjectCommit, ObjectDelete,
                 ObjectRestore, SegmentOpen, SegmentAppend, SegmentSeal, SegmentStore, ShardReplace,
                 MultipartCreate, MultipartPart, MultipartComplete, MultipartAbort, AccessKeyCreate,
                 AccessKeyDelete, GrantCreate, GrantRevoke, EvidenceSubmit, ParamsChange,
                 // Staking.
                 PoolCreate, PoolStake, PoolSetCommission, PoolSetOnline, PoolExit, Delegate,
                 Undelegate, Redelegate, RewardClaim, BondPost, BondWithdraw,
                 // Governance.
                 ProposalSubmit, ProposalDeposit, VoteCast,
                 // Market.
                 CreditPurchase, OracleReport, OracleBondPost, OracleBondReturn, EscrowOpen,
                 EscrowFund, EscrowChange, EscrowClose, EscrowWithdraw,
                 // Honesty.
                 RoundPost, BaitReveal, PanelCommit, PanelOpen, CaseAppeal, AuditDemand,
                 AuditAnswer, WorkAccuse,
                 // Storage.
                 StorageFund, StorageWithdraw, StorageCollect,
                 // Jobs.
                 OfferPost, OfferWithdraw, JobOpen, JobTakeOver, JobAnchor, JobResult, JobCancel,
                 JobClaim, JobRedeem, JobDispute,
                 // Campaigns.
                 CampaignOpen, CampaignPause, CampaignClose, GoldCommit, BatchCommit, StageOpen,
                 ResultPost, PayoutPost, AppealOpen, AppealVote, AppealExpire, HoldbackRelease,
                 CampaignSettle, ConsentGive, ConsentWithdraw,
                 // Datasets.
                 DatasetSeal, DatasetOffer, DatasetRequest, DatasetDecide, DatasetUse,
                 DatasetTakeDown, DatasetOpen,
                 // Models.
                 TrainingBegin, TrainingRecord, TrainingAttest, ModelRegister, ModelDeploy>;

inline constexpr std::size_t evidence_bytes_max = 64 * 1024;

[[nodiscard]] std::uint16_t code_of(const Operation& operation) noexcept;
[[nodiscard]] std::string_view name_of(const Operation& operation) noexcept;
/// The digest of the body that belongs to the operation; zero for one that has no body.
[[nodiscard]] Bytes32 body_digest_of(const Operation& operation) noexcept;

/// Code u16, then the fields.
[[nodiscard]] Bytes encode_operation(const Operation& operation);
/// Fails with NOT_SUPPORTED for an unknown code, and as every decoder for bad fields.
[[nodiscard]] Result<Operation> decode_operation(ByteView bytes);

}  // namespace oort::ledger
